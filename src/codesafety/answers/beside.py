"""What every answer says beside findings: what was not checked, not read, not judged, not told, or set aside by a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from codesafety.answers.codes import without_unknown_codes
from codesafety.answers.screen import not_judged, not_read
from codesafety.diagnostics import count
from codesafety.report import Decision, NotReadItem, Report, decision_of_unread, strictest

Code = Literal[
    "not-checked", "broken", "not-read", "not-judged", "error", "not-kept", "cannot-tell", "never-given", "set-aside", "profile"
]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is no finding: what it asks for, in our own words, and where."""

    code: Code
    action: Decision
    text: str
    paths: tuple[str, ...] = ()


def beside(report: Report) -> Iterator[Line]:
    """Yield what stands beside findings, what asks for a person first.

    Why a resource was not read may name it as its sender did: that stands in the report alone.
    """
    failed: dict[str, list[str]] = {}
    for line in report.not_checked:
        if line.rule is not None:
            failed.setdefault(f"The rule {line.rule} was not checked: {line.reason}.", []).extend(
                [line.path] if line.path else []
            )
        elif line.plugin is not None:
            failed.setdefault(f"Not checked: the plugin {line.plugin} failed.", []).extend([line.path] if line.path else [])
    for failure, where in failed.items():
        yield Line("not-checked", "hold", failure, tuple(where))
    broken = [n for n in report.not_read if n.broken]
    yield from _unread("broken", broken, "place", "not checked: the format is broken there")
    yield from _unread("not-read", not_read(report), "resource", "not read: of no kind that a reader understands")
    yield from _unread("not-judged", not_judged(report), "code", "not judged: seen by no rule about entries")
    for error in report.errors:
        yield Line("error", strictest("review", report.decision), f"{error[:1].upper()}{error[1:]}.")
    details = [n for n in report.not_read if decision_of_unread(n) == "none"]
    yield from _unread("not-kept", details, "element", "not kept: of no kind that a record holds")
    plain = without_unknown_codes(report)
    for missing in report.missing_inputs:
        yield Line("cannot-tell", "none", f"{plain(missing.message)}.", (missing.path,) if missing.path else ())
    if report.never_given:
        yield Line("never-given", "none", f"Never given here: {', '.join(report.never_given)}.")
    for result in report.results:
        if result.overridden is not None:
            paths = tuple(entry.path for entry in result.entries if entry.side == "incoming")
            text = f"Set aside by a person until {result.overridden.until}: {result.title or result.rule}."
            yield Line("set-aside", "none", text, paths)
    if report.profile is not None and report.profile.in_force:
        off = sum(change.action == "off" for change in report.profile.in_force)
        text = f"The profile switches {count(off, 'rule')} off, and lowers {len(report.profile.in_force) - off}."
        yield Line("profile", "none", text)


def _unread(code: Code, lines: Sequence[NotReadItem], what: str, words: str) -> Iterator[Line]:
    if lines:
        action = strictest(*map(decision_of_unread, lines))
        yield Line(code, action, f"{count(len(lines), what)} {words}.", tuple(line.path for line in lines))
