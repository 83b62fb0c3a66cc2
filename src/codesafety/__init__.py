"""Stop wrong clinical codes before they enter a patient's record.

import codesafety

engine = codesafety.load()
submission = engine.read("message.xml")
report = engine.assess(submission)
print(report.decision)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from codesafety.engine import Engine, load
    from codesafety.errors import (
        CodesafetyError,
        ConfigurationError,
        Declined,
        InputError,
        PluginError,
        RuleError,
    )
    from codesafety.plugins import hookimpl
    from codesafety.profile import Override, Profile, RuleChange
    from codesafety.record import Entry, Medication, Message, Patient, Record, Submission
    from codesafety.report import Report

_HOMES = {
    "Engine": "engine",
    "load": "engine",
    "CodesafetyError": "errors",
    "ConfigurationError": "errors",
    "Declined": "errors",
    "InputError": "errors",
    "PluginError": "errors",
    "RuleError": "errors",
    "hookimpl": "plugins",
    "Override": "profile",
    "Profile": "profile",
    "RuleChange": "profile",
    "Entry": "record",
    "Medication": "record",
    "Message": "record",
    "Patient": "record",
    "Record": "record",
    "Submission": "record",
    "Report": "report",
}

__all__ = [
    "CodesafetyError",
    "ConfigurationError",
    "Declined",
    "Engine",
    "Entry",
    "InputError",
    "Medication",
    "Message",
    "Override",
    "Patient",
    "PluginError",
    "Profile",
    "Record",
    "Report",
    "RuleChange",
    "RuleError",
    "Submission",
    "__version__",
    "hookimpl",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import codesafety` costs next to nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `codesafety` has no attribute `{name}`")
    from importlib import import_module

    value = getattr(import_module(f"codesafety.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
