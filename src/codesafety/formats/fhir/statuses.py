"""What each status that FHIR has for a resource means for the record: every word, of STU3 and of R4.

A word that FHIR does not have for the element is never taken for a good one: nothing is told of such an item, and the word is
reported by its path. Where two elements or two codings of a status say different things, the one that withdraws counts.
Source: HL7 FHIR STU3 (3.0.2) and R4 (4.0.1), the value sets that bind each element; published in docs/reference/statuses.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from codesafety.formats.fhir.tree import Node
from codesafety.formats.fhir.values import child_text, one, text

Meaning = Literal["counts", "withdrawn", "absent", "planned", "possible", "past", "unknown"]
Words = Mapping[str, Meaning]

WITHDRAWN = "entered-in-error"
_ERROR: Words = {WITHDRAWN: "withdrawn"}

_OBSERVED: Words = {
    "registered": "unknown",  # there is no result yet
    "preliminary": "counts",
    "final": "counts",
    "amended": "counts",
    "corrected": "counts",
    "cancelled": "unknown",  # what was not measured is neither there nor not there
    "unknown": "counts",  # which status it has is not known; GP systems send it with everything
    **_ERROR,
}
_REPORTED: Words = {**_OBSERVED, "partial": "counts", "appended": "counts"}
_EVENT_STU3: Words = {
    "preparation": "planned",
    "in-progress": "counts",
    "suspended": "unknown",  # begun, and how far cannot be told
    "aborted": "unknown",
    "completed": "counts",
    "unknown": "counts",
    **_ERROR,
}
_EVENT_R4: Words = {
    "preparation": "planned",
    "in-progress": "counts",
    "not-done": "absent",
    "on-hold": "unknown",
    "stopped": "unknown",
    "completed": "counts",
    "unknown": "counts",
    **_ERROR,
}
_REQUEST_STU3: Words = {
    "draft": "planned",
    "active": "planned",
    "suspended": "planned",
    "cancelled": "unknown",  # no plan any more, and what of it was done cannot be told
    "completed": "planned",  # what was asked for; what was done has a resource of its own
    "unknown": "planned",
    **_ERROR,
}
_REQUEST_R4: Words = {
    "draft": "planned",
    "active": "planned",
    "on-hold": "planned",
    "revoked": "unknown",
    "completed": "planned",
    "unknown": "planned",
    **_ERROR,
}
_GOAL: Words = {
    **dict.fromkeys(("proposed", "planned", "accepted", "on-hold"), "planned"),
    "cancelled": "unknown",  # no goal any more, which does not say that what it aimed at is absent
    "rejected": "unknown",
    **_ERROR,
}
_USE: Words = {
    "active": "counts",
    "completed": "counts",
    "intended": "planned",
    "stopped": "past",
    "on-hold": "unknown",
    **_ERROR,
}
_CLINICAL_STU3: Words = {
    "active": "counts",
    "recurrence": "counts",
    "inactive": "past",
    "remission": "past",
    "resolved": "past",
}
_CLINICAL_ALLERGY: Words = {"active": "counts", "inactive": "past", "resolved": "past"}
_VERIFIED: Words = {
    "provisional": "possible",
    "differential": "possible",
    "confirmed": "counts",
    "refuted": "absent",
    **_ERROR,
}
_VERIFIED_ALLERGY: Words = {"unconfirmed": "counts", "confirmed": "counts", "refuted": "absent", **_ERROR}
_DOCUMENT: Words = {"current": "counts", "superseded": "past", **_ERROR}
_COMPOSED: Words = {"preliminary": "counts", "final": "counts", "amended": "counts", **_ERROR}
_STATED: Words = {
    # A medicine counts as given, or to be given, unless it is withdrawn or absent.
    **dict.fromkeys(("active", "completed", "intended", "stopped", "on-hold"), "counts"),
    **_ERROR,
}
_ASKED: Words = {
    **dict.fromkeys(("active", "on-hold", "completed", "stopped", "unknown"), "counts"),
    "cancelled": "absent",
    "draft": "absent",
    **_ERROR,
}
_DISPENSED: Words = {
    # Stopped before it was handed over, it was not supplied: see medicines.
    **dict.fromkeys(("preparation", "in-progress", "on-hold", "completed", "stopped"), "counts"),
    **_ERROR,
}
_ADMINISTERED: Words = {**dict.fromkeys(("in-progress", "on-hold", "completed", "stopped", "unknown"), "counts"), **_ERROR}
_ENCOUNTERED: Words = {
    "planned": "planned",
    **dict.fromkeys(("arrived", "triaged", "in-progress", "onleave", "finished", "unknown"), "counts"),
    "cancelled": "absent",  # it ended before it began
    **_ERROR,
}
_CONSENTED: Words = {
    "draft": "planned",
    "proposed": "planned",
    "active": "counts",
    "rejected": "absent",
    "inactive": "past",
    **_ERROR,
}
_HISTORY: Words = {"partial": "counts", "completed": "counts", "health-unknown": "unknown", **_ERROR}
_ANSWERED: Words = {
    "in-progress": "counts",
    "completed": "counts",
    "amended": "counts",
    "stopped": "unknown",
    **_ERROR,
}
_SAMPLED: Words = {"available": "counts", "unavailable": "counts", "unsatisfactory": "counts", **_ERROR}

Versions = tuple[Words, Words]
"""The words of STU3 and those of R4; empty where that version has no such element."""
STATUSES: Mapping[str, Mapping[str, Versions]] = {
    "Observation": {"status": (_OBSERVED, _OBSERVED)},
    "Condition": {
        "verificationStatus": ({**_VERIFIED, "unknown": "counts"}, {**_VERIFIED, "unconfirmed": "counts"}),
        "clinicalStatus": (_CLINICAL_STU3, {**_CLINICAL_STU3, "relapse": "counts"}),
    },
    "Procedure": {"status": (_EVENT_STU3, _EVENT_R4)},
    "AllergyIntolerance": {
        "verificationStatus": (_VERIFIED_ALLERGY, _VERIFIED_ALLERGY),
        "clinicalStatus": (_CLINICAL_ALLERGY, _CLINICAL_ALLERGY),
    },
    "Immunization": {
        "status": ({"completed": "counts", **_ERROR}, {"completed": "counts", "not-done": "absent", **_ERROR}),
    },
    "FamilyMemberHistory": {"status": (_HISTORY, _HISTORY)},
    "DiagnosticReport": {"status": (_REPORTED, _REPORTED)},
    "DocumentReference": {"status": (_DOCUMENT, _DOCUMENT), "docStatus": (_COMPOSED, _COMPOSED)},
    "QuestionnaireResponse": {"status": (_ANSWERED, _ANSWERED)},
    "ClinicalImpression": {
        "status": (
            {"draft": "unknown", "completed": "counts", **_ERROR},
            {"in-progress": "unknown", "completed": "counts", **_ERROR},
        ),
    },
    "ProcedureRequest": {"status": (_REQUEST_STU3, {})},
    "ServiceRequest": {"status": ({}, _REQUEST_R4)},
    "ReferralRequest": {"status": (_REQUEST_STU3, {})},
    "DeviceRequest": {"status": (_REQUEST_STU3, _REQUEST_R4)},
    "Goal": {
        "status": (
            {
                **_GOAL,
                **dict.fromkeys(
                    ("in-progress", "on-target", "ahead-of-target", "behind-target", "sustaining", "achieved"), "planned"
                ),
            },
            {},
        ),
        "lifecycleStatus": ({}, {**_GOAL, "active": "planned", "completed": "planned"}),
    },
    "CarePlan": {"status": (_REQUEST_STU3, _REQUEST_R4)},
    "Flag": {"status": ({"active": "counts", "inactive": "past", **_ERROR},) * 2},
    "Specimen": {"status": (_SAMPLED, _SAMPLED)},
    "Consent": {"status": (_CONSENTED, _CONSENTED)},
    "RiskAssessment": {"status": (_OBSERVED, _OBSERVED)},
    "Communication": {"status": (_EVENT_STU3, _EVENT_R4)},
    "CommunicationRequest": {"status": (_REQUEST_STU3, _REQUEST_R4)},
    "AdverseEvent": {"actuality": ({}, {"actual": "counts", "potential": "possible"})},
    "DetectedIssue": {"status": (_OBSERVED, _OBSERVED)},
    "DeviceUseStatement": {"status": (_USE, _USE)},
    "Media": {"status": ({}, _EVENT_R4)},
    "ImagingStudy": {
        "status": (
            {},
            {"registered": "unknown", "available": "counts", "cancelled": "unknown", "unknown": "counts", **_ERROR},
        ),
    },
    "NutritionOrder": {
        "status": (
            {
                **dict.fromkeys(("proposed", "draft", "planned", "requested", "active", "on-hold", "completed"), "planned"),
                "cancelled": "unknown",
                **_ERROR,
            },
            _REQUEST_R4,
        ),
    },
    "Encounter": {"status": (_ENCOUNTERED, _ENCOUNTERED)},
    "Composition": {"status": (_COMPOSED, _COMPOSED)},
    "Medication": {"status": ({"active": "counts", "inactive": "counts", **_ERROR},) * 2},
    "MedicationStatement": {
        "status": (_STATED, {**_STATED, "unknown": "counts", "not-taken": "absent"}),
        "taken": ({"y": "counts", "n": "absent", "unk": "counts", "na": "counts"}, {}),
    },
    "MedicationRequest": {"status": (_ASKED, _ASKED)},
    "MedicationDispense": {
        "status": (_DISPENSED, {**_DISPENSED, "cancelled": "absent", "declined": "absent", "unknown": "counts"}),
    },
    "MedicationAdministration": {"status": (_ADMINISTERED, {**_ADMINISTERED, "not-done": "absent"})},
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one status element says: the word as sent, and what it means. `meaning` is None where FHIR has no such word for it.

    `differing`: it says two things.
    """

    word: str | None
    meaning: Meaning | None
    differing: bool = False


def statuses_of(resource: Node) -> dict[str, Said]:
    """Return what each status element of a resource says, by element; those that were not sent are left out."""
    if resource.said is None:
        resource.said = _statuses_of(resource)
    return resource.said  # type: ignore[no-any-return]


_PLAIN: dict[str | None, tuple[tuple[str, dict[str, Said]], ...]] = {
    kind: tuple(
        # STU3 and R4 never mean two things by one word, so that a reader need not know which of them was sent.
        (name, {word: Said(word, meaning) for words in versions for word, meaning in words.items()})
        for name, versions in elements.items()
    )
    for kind, elements in STATUSES.items()
}
"""What each word says that stands for itself, by resource and element."""


def _statuses_of(resource: Node) -> dict[str, Said]:
    found: dict[str, Said] = {}
    for name, known in _PLAIN.get(resource.resource_type, ()):
        held = resource.held.get(name)
        if held is None:
            continue
        if type(held) is str:
            found[name] = known[held] if held in known else Said(held, None)
            continue
        node = one(resource, name)
        words = _words(node)
        if node is not None and words:
            meanings = _meanings(words, known)
            if meanings:
                meanings |= _meanings(_words_beside(node), known)
            found[name] = _beside(node, _together(words, meanings), known)
    return found


def _meanings(words: list[str], known: dict[str, Said]) -> dict[str, Meaning]:
    return {word: said.meaning for word in words if (said := known.get(word)) is not None and said.meaning is not None}


def _words(node: Node | None) -> list[str]:
    """Return the words of a status: a plain code, or, as R4 has some, a concept's codes, else its text."""
    if node is None:
        return []
    if "coding" not in node.held and "text" not in node.held:
        word = text(node)
        return [] if word is None else [word]
    codes = [code for coding in node.all("coding") if (code := child_text(coding, "code")) is not None]
    words = child_text(node, "text")
    return codes or ([] if words is None else [_as_code(words)])


def _words_beside(node: Node) -> list[str]:
    """Return the displays and the text of a status that is a concept: a word of FHIR among them may contradict the code."""
    said = (child_text(node, "text"), *(child_text(coding, "display") for coding in node.all("coding")))
    return [_as_code(words) for words in said if words is not None] if node.kind == "element" else []


def _as_code(words: str) -> str:
    return "-".join(words.lower().split())


def _together(words: list[str], meanings: dict[str, Meaning]) -> Said:
    for word, meaning in meanings.items():
        if meaning == "withdrawn":
            return Said(word, meaning)
    if not meanings:
        return Said(words[0], None)
    first = next(iter(meanings))
    differing = len(set(meanings.values())) > 1
    return Said(first, "unknown" if differing else meanings[first], differing)


_LEAVES_OPEN = re.compile(
    r"\b(?:no|not|non|nil|none|never|neg|negative|absent|undetected|nonreactive|indetermin\w+|equivocal|inconclus\w+|unknown"
    r"|uncertain|unconfirmed|possible|probable|suspected|provisional|differential|refuted|excluded|ruled out|disproved|unlikely"
    r"|error|wrong|incorrect|invalid|void|cancelled|canceled|rejected|withdrawn|deleted|retracted)\b|\?|(?<!\w)-ve\b",
    re.IGNORECASE,
)


def leaves_open(words: str) -> bool:
    """Return whether words beside a status, or of an interpretation, deny, doubt or withdraw."""
    return _LEAVES_OPEN.search(words) is not None


def _beside(node: Node, said: Said, known: dict[str, Said]) -> Said:
    """Return a status together with the words that stand beside its code, which may say another thing."""
    if said.meaning is None or "coding" not in node.held:
        return said
    for words in (child_text(node, "text"), *(child_text(coding, "display") for coding in node.all("coding"))):
        alike = None if words is None else known.get(_as_code(words))
        meaning = None if alike is None else alike.meaning
        if words is None or meaning == said.meaning:
            continue
        if meaning == "withdrawn":
            return replace(said, word=WITHDRAWN, meaning=meaning)
        if meaning is not None or (said.word not in ("unconfirmed", "unknown") and leaves_open(words)):
            return replace(said, meaning="unknown")
    return said


def is_void(resource: Node) -> bool:
    """Return whether its sender has withdrawn a resource, or says that it never took place."""
    return not VOID.isdisjoint([said.meaning for said in statuses_of(resource).values()])


VOID = frozenset[Meaning | None](["withdrawn", "absent"])
