"""Stop wrong clinical codes before they enter a patient's record.

import codesafety

engine = codesafety.load()
submission = engine.read("message.xml")
report = engine.assess(submission)
print(report.decision)

load                          rules, terminology and plugins to an Engine; once a process
Follower                      an Engine of the newest bundle at a place
Engine                        read, read_record, assess, deliver
Submission, Record            what is about to be filed, and what is held; `.of` makes them of items
Patient, Message              of whom, and in what it came
Entry, Medication             the items; `.of` makes one of a code
Coding, Value, Quantity       what they hold
Report                        the answer
Profile, RuleChange, Override what one practice and one person decide
CodesafetyError and others    whatever is raised on purpose
hookimpl                      marks the hooks of a plugin

Beside these: codesafety.answers, .decision_log, .plugins, .record, .report, .testing. The pages: docs/reference/api.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from codesafety.engine import Engine, load
    from codesafety.errors import (
        BundleError,
        CodesafetyError,
        ConfigurationError,
        Declined,
        InputError,
        LogError,
        PluginError,
        RuleError,
    )
    from codesafety.following import Follower
    from codesafety.plugins import hookimpl
    from codesafety.profile import Override, Profile, RuleChange
    from codesafety.record import Coding, Entry, Medication, Message, Patient, Quantity, Record, Submission, Value
    from codesafety.report import Report

_HOMES = {
    "Engine": "engine",
    "load": "engine",
    "BundleError": "errors",
    "CodesafetyError": "errors",
    "ConfigurationError": "errors",
    "Declined": "errors",
    "InputError": "errors",
    "LogError": "errors",
    "PluginError": "errors",
    "RuleError": "errors",
    "Follower": "following",
    "hookimpl": "plugins",
    "Override": "profile",
    "Profile": "profile",
    "RuleChange": "profile",
    "Coding": "record",
    "Entry": "record",
    "Medication": "record",
    "Message": "record",
    "Patient": "record",
    "Quantity": "record",
    "Record": "record",
    "Submission": "record",
    "Value": "record",
    "Report": "report",
}

__all__ = [
    "BundleError",
    "CodesafetyError",
    "Coding",
    "ConfigurationError",
    "Declined",
    "Engine",
    "Entry",
    "Follower",
    "InputError",
    "LogError",
    "Medication",
    "Message",
    "Override",
    "Patient",
    "PluginError",
    "Profile",
    "Quantity",
    "Record",
    "Report",
    "RuleChange",
    "RuleError",
    "Submission",
    "Value",
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
