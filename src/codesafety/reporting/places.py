"""Where an item stands, in words that a practice knows: `medication list, 3rd`, counted in the order sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from codesafety.record import Entry, Medication, Record, Submission, TextItem

_BY_HEADING = {
    "allergies-and-adverse-reactions": "allergies",
    "clinical-summary": "clinical summary",
    "diagnoses": "diagnoses",
    "examination-findings": "examination findings",
    "investigation-results": "investigation results",
    "medications-and-medical-devices": "medications",
    "pregnancy-status": "pregnancy status",
    "presenting-complaints-or-issues": "presenting complaints",
    "problem-list": "problem list",
    "procedures": "procedures",
    "social-context": "social context",
    "vaccinations": "vaccinations",
}
"""Headings of the record standard. Any other is a sender's own text, and is not shown."""
_BY_RESOURCE = {
    "ClinicalImpression": "clinical impressions",
    "Consent": "consents",
    "DiagnosticReport": "reports",
    "DocumentReference": "documents",
    "QuestionnaireResponse": "questionnaires",
    "ReferralRequest": "referrals",
    "Specimen": "specimens",
}
_BY_KIND = {
    "allergy": "allergies",
    "condition": "problem list",
    "document": "documents",
    "encounter": "consultations",
    "family-history": "family history",
    "immunization": "vaccinations",
    "observation": "observations",
    "procedure": "procedures",
    "statement": "medication list",
    "plan": "authorisations",
    "request": "prescriptions",
    "dispense": "medicines supplied",
    "administration": "medicines given",
}


@dataclass(frozen=True, slots=True)
class Places:
    """The places of what was sent, and of what is on the record, by path."""

    sent: Mapping[str, str]
    filed: Mapping[str, str]

    def of(self, path: str, *, incoming: bool = True) -> str:
        """Return the place of the item that holds `path`; of what is in no item, `the message`, or `the record`."""
        known = self.sent if incoming else self.filed
        while path not in known and path:
            path = path.rpartition(".")[0]
        return known.get(path, "the message" if incoming else "the record")


def places(submission: Submission, record: Record | None) -> Places:
    """Return the places of every item of both sides."""
    return Places(dict(_counted(submission)), dict(_counted(record)) if record is not None else {})


def _counted(source: Submission | Record) -> Iterator[tuple[str, str]]:
    so_far: Counter[str] = Counter()
    items: Iterable[Entry | Medication | TextItem] = chain(source.entries, source.medications, source.texts)
    for item in items:
        words = _list_of(item)
        so_far[words] += 1
        yield item.path, f"{words}, {ordinal(so_far[words])}"


def _list_of(item: Entry | Medication | TextItem) -> str:
    heading = _BY_HEADING.get(item.heading or "") or _BY_RESOURCE.get(item.resource_type or "")
    if heading is not None:
        return heading
    if isinstance(item, TextItem):
        return "texts"
    return _BY_KIND.get(item.kind, "entries")


def ordinal(n: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    return f"{n}{'th' if n % 100 in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"
