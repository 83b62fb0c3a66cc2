"""The code systems of our answers. They have no domain of ours to stand under, so each is a UUID that stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from codesafety.arguments import expect
from codesafety.diagnostics import shortened
from codesafety.errors import CodesafetyError, ConfigurationError, InputError
from codesafety.report import InvolvedEntry, Report, ReportItem, Result

RULE = "urn:uuid:c28d27e2-4ace-5324-b5ef-6326c7e5af2b"
"""Of rules: `ruleset/rule`."""
ANSWER = "urn:uuid:659ff02e-5953-5abd-9eca-21edb05efa90"
"""Of the decision (`hold`, `review`, `note`, `none`), and of what an answer says beside findings (`beside.Code`)."""
REASON = "urn:uuid:998529c3-9ca7-5b94-85ff-c046f9b7a9e2"
"""Of the reasons for which a rule lets a finding be set aside, and of our own three."""

_Version = TypeVar("_Version", bound=str)


def rule_coding(result: Result) -> dict[str, str]:
    """Return the rule of a result as a Coding, of FHIR or of CDS Hooks."""
    return {"system": RULE, "code": result.rule, "display": result.title or result.rule}


def is_report(report: object) -> None:
    """Raise ConfigurationError for anything but a report."""
    expect(report, Report, "report", "what `engine.assess` returned")


def known(version: _Version, versions: Iterable[_Version], standard: str) -> _Version:
    """Return the version. Raises ConfigurationError where we do not answer in it."""
    if version not in versions:
        raise ConfigurationError(f"no version of {standard} that is answered\n  = help: ask for {', '.join(versions)}")
    return version


def without_unknown_codes(report: Report) -> Callable[[str], str]:
    """Return what leaves out of a sentence each code, with its system, that the terminology has no term for.

    A sender may have written anything there. The place says which code it is, and the report has it.
    """
    of: list[ReportItem | InvolvedEntry] = [*report.items, *(entry for result in report.results for entry in result.entries)]
    unknown = {(one.code, one.system or "no system") for one in of if one.code and not one.term}
    written = sorted(
        (form for code, system in unknown for form in (f"code {code} ({system})", f"code {code}")), key=len, reverse=True
    )
    if not written:
        return str
    pattern = re.compile("|".join(map(re.escape, written)))
    return lambda words: pattern.sub("a code that is not known here", words)


def told_of(error: CodesafetyError) -> str:
    """Return what an error says, in one line and without the name of a file."""
    return shortened(error.message if isinstance(error, InputError) else str(error).partition("\n")[0])
