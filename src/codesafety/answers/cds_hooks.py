"""A report as the cards of a CDS Hooks response: a card a finding, one for each thing missed, one for what could not be told.

Cards have no suggestions: what to do is for whoever reads them. The reasons by which a card can be answered are the rule's own,
which set the finding aside for as long as the rule says; then our own three; then, in 3.0, those of HL7's list that fit.
Source: CDS Hooks 2.0 and 3.0 (ballot of 2026), HL7 Non-Adherence Reason Codes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args
from uuid import UUID, uuid5

from codesafety.answers.beside import Line, beside
from codesafety.answers.codes import ANSWER, REASON, is_report, known, rule_coding, without_unknown_codes
from codesafety.answers.paths import fhirpaths
from codesafety.answers.screen import Finding, Screen, screen
from codesafety.report import Decision, Report, Result

CdsHooksVersion = Literal["2.0", "3.0"]

_INDICATOR: dict[Decision, str] = {"none": "info", "note": "info", "review": "warning", "hold": "critical"}
_LONGEST = 139  # a summary has fewer than 140 characters
_MOST_PATHS = 10
_CARDS = UUID("ae42e986-6358-5b01-bd72-cc84fc342898")
_OWN = {
    "code-is-right": "The code is right, and what it disagrees with is not",
    "code-is-wrong": "The code is wrong",
    "both-are-right": "Both are right",
}
HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
_HL7_REASONS = {
    "patient-ineligible": "Patient does not meet eligibility for recommended action",
    "action-completed": "Recommended action was already completed",
    "wrong-time-workflow": "PC CDS delivered at wrong time in workflow or patient lifecycle",
    "inappropriate-recipient": "PC CDS delivered to inappropriate recipient/role",
    "need-more-info": "Could not address recommended action due to need for more information/pending results/pending consult",
    "expert-contradicts": "Advice from expert contradicts the recommended action",
    "recipient-does-not-trust": "Recipient does not agree with or trust the recommended action",
}


def cds_hooks(report: Report, version: CdsHooksVersion) -> dict[str, Any]:
    """Return the response of a CDS service. No card at all: nothing was found, everything was told, read and checked."""
    is_report(report)
    known(version, get_args(CdsHooksVersion), "CDS Hooks")
    return {"cards": list(_cards(report, screen(report), version))}


def known_reasons() -> frozenset[tuple[str, str]]:
    """Return (system, code) of the reasons that every card offers for setting it aside."""
    return frozenset([*((REASON, code) for code in _OWN), *((HL7, code) for code in _HL7_REASONS)])


def uuids(report: Report) -> dict[str, str]:
    """Return the card, by its uuid, on which each finding that is shown stands, by the id of its result."""
    is_report(report)
    return {
        result.id: _uuid(report, *(one.id for one in finding.results))
        for finding in screen(report).findings
        for result in finding.results
    }


def _cards(report: Report, shown: Screen, version: CdsHooksVersion) -> Iterator[dict[str, Any]]:
    plain = without_unknown_codes(report)
    for finding in shown.findings:
        first = finding.results[0]
        yield {
            "uuid": _uuid(report, *(result.id for result in finding.results)),
            "summary": _cut(finding.title),
            "indicator": _INDICATOR[finding.action],
            "source": {**_source(report, first), "topic": rule_coding(first)},
            "detail": "\n\n".join(_detail(finding, plain)),
            "overrideReasons": _reasons(first, version),
        }
    lines = list(beside(report))
    for line in lines:
        if line.action != "none":
            yield _card(report, line.code, line.text, line.action, "\n".join(_lines(line)))
    told = [*map(plain, shown.told), *(line.text for line in lines if line.action == "none" and line.code != "cannot-tell")]
    if told:
        detail = "\n".join(f"- {_marked(text)}" for text in told)
        yield _card(report, "cannot-tell", _beside(shown, lines), "none", f"{detail}\n\n{_marked(shown.foot)}")


def _card(report: Report, code: str, summary: str, action: Decision, detail: str) -> dict[str, Any]:
    return {
        "uuid": _uuid(report, code, summary),
        "summary": _cut(summary),
        "indicator": _INDICATOR[action],
        "source": {"label": f"codesafety {report.engine.version}", "topic": {"system": ANSWER, "code": code, "display": summary}},
        "detail": detail,
    }


def _lines(line: Line) -> Iterator[str]:
    paths = fhirpaths(line.paths)
    yield _marked(line.text)
    if paths:
        yield ""
    yield from (f"- `{path}`" for path in paths[:_MOST_PATHS])
    if len(paths) > _MOST_PATHS:
        yield f"- and {len(paths) - _MOST_PATHS} more"


def _beside(shown: Screen, lines: list[Line]) -> str:
    return "What could not be told, and why" if shown.told else f"{len(lines)} remarks on how the message was read"


def _source(report: Report, result: Result) -> dict[str, str]:
    if not result.source:
        return {"label": f"codesafety {report.engine.version}"}
    first = result.source[0]
    return {"label": _cut(first.text), **({"url": first.url} if first.url else {})}


def _detail(finding: Finding, plain: Callable[[str], str]) -> Iterator[str]:
    yield _marked(plain(" ".join(filter(None, (finding.message, finding.clear_if)))))
    if finding.where:
        yield _marked(f"{finding.where[0]}.")
    yield f"`{finding.rule}`" + _marked("".join(f"; {beside}" for beside in finding.beside))
    sources = [_marked(source.text) + (f" <{source.url}>" if source.url else "") for source in finding.results[0].source]
    if sources:
        yield "\n".join(f"- {source}" for source in sources)


def _reasons(result: Result, version: CdsHooksVersion) -> list[dict[str, str]]:
    own = result.overridable_by.reasons if result.overridable_by else ()
    reasons = [(REASON, reason, reason.replace("-", " ").capitalize()) for reason in own]
    reasons += [(REASON, code, display) for code, display in _OWN.items()]
    if version == "3.0":
        reasons += [(HL7, code, display) for code, display in _HL7_REASONS.items()]
    return [{"system": system, "code": code, "display": display} for system, code, display in reasons]


def _uuid(report: Report, *of: str) -> str:
    """Return the same for the same card about the same input, so that feedback finds it again."""
    return str(uuid5(_CARDS, " ".join((report.digests.input, report.digests.record or "", *of))))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2].rpartition(' ')[0]} …"


def _marked(text: str) -> str:
    """Return words as Markdown that shows them as they are."""
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", " ".join(text.split()))
