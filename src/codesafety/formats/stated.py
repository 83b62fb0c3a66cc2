"""What the status words of native JSON and of tables mean: by the one table of FHIR's, for the kind of item that carries them.

A word of another kind's means what it means there, where that is one thing; a word that FHIR does not have is never taken for a
good one: it is listed as broken, which is held, and of the entry nothing is told. What the source itself says of assertion and
temporality stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from codesafety.formats.fhir.entries import SHAPES
from codesafety.formats.fhir.statuses import STATUSES, VOID, WITHDRAWN, Meaning
from codesafety.record import Assertion, Entry, Medication, NotRead

_ELEMENTS = {"verification": ("verificationStatus",), "clinical_status": ("clinicalStatus",)}
"""Where FHIR has the words of a field; those of `status` may stand in any element of a resource."""
_CLINICAL = frozenset(word for words in STATUSES["Condition"]["clinicalStatus"] for word in words)
_VERIFIES = frozenset(word for words in STATUSES["Condition"]["verificationStatus"] for word in words) - {
    word
    for elements in STATUSES.values()
    for element, versions in elements.items()
    if element != "verificationStatus"
    for words in versions
    for word in words
}
"""Words that FHIR has for no status but the verification of a condition."""
_MEDICINES = {
    "statement": ("MedicationStatement",),
    "plan": ("MedicationRequest",),
    "request": ("MedicationRequest",),
    "dispense": ("MedicationDispense",),
    "administration": ("MedicationAdministration",),
}
_ALL_MEDICINES = tuple(name for name in STATUSES if name.startswith("Medication") and name != "Medication")
_NOT_PLANNED = tuple(name for name in STATUSES if name in SHAPES and not SHAPES[name].planned)


def folded(words: str | None) -> str | None:
    """Return a status word as FHIR spells it, from a table's cell: `Entered in Error` is entered-in-error."""
    return None if words is None else "-".join(words.lower().replace("_", " ").split())


def is_void(resource_type: str, status: str | None) -> bool:
    """Return whether a status word withdraws a resource of a type, or says that it never took place, as FHIR has it."""
    return any(words.get(status or "") in VOID for words in STATUSES[resource_type]["status"])


def of_entry(entry: Entry) -> tuple[Entry, tuple[NotRead, ...]]:
    """Return an entry with what its status words say of it, and a line for each that is none of FHIR's."""
    entry = _in_their_fields(entry)
    own = (entry.resource_type,) if entry.resource_type in STATUSES else _of_kind(entry.kind)
    sent = {name: word for name in ("status", *_ELEMENTS) if (word := getattr(entry, name)) is not None}
    told = {name: _meaning(name, word, own, _NOT_PLANNED) for name, word in sent.items()}
    means = {meaning or "unknown" for meaning in told.values()}
    order: tuple[Assertion, ...] = ("unknown", "absent", "possible", "planned")
    said = next((word for word in order if word in means), None)
    changed = {
        "assertion": "unknown" if None in told.values() else entry.assertion or said,
        "temporality": entry.temporality or ("past" if "past" in means else None),
    }
    if (entry.assertion, entry.temporality) != (changed["assertion"], changed["temporality"]):
        entry = entry.model_copy(update=changed)
    return entry, tuple(_strange(entry, name) for name, meaning in told.items() if meaning is None)


def _in_their_fields(entry: Entry) -> Entry:
    """Return an entry whose one status, where FHIR has it as another (`refuted`, or `resolved` of a condition), is that as well."""
    fields: dict[str, str] = {}
    if entry.status in _VERIFIES and entry.verification is None:
        fields["verification"] = entry.status
    if entry.status in _CLINICAL and entry.kind in ("condition", "allergy") and entry.clinical_status is None:
        fields["clinical_status"] = entry.status
    return entry.model_copy(update=fields) if fields else entry


def of_medication(medication: Medication) -> tuple[NotRead, ...]:
    """Return a line where the status of a medication is none of FHIR's."""
    own = _MEDICINES[medication.kind]
    if medication.status is None or _meaning("status", medication.status, own, _ALL_MEDICINES) is not None:
        return ()
    return (_strange(medication, "status"),)


def _strange(item: Entry | Medication, field: str) -> NotRead:
    return NotRead(
        path=f"{item.path}.{field}",
        reason="a status that no such item has: nothing can be told of it",
        resource_type=item.resource_type,
        resource_id=item.resource_id,
        broken=True,
    )


@lru_cache(maxsize=1024)
def _of_kind(kind: str) -> tuple[str, ...]:
    return tuple(name for name, shape in SHAPES.items() if shape.kind == kind and not shape.planned and name in STATUSES)


def _meaning(field: str, word: str, own: tuple[str | None, ...], others: tuple[str, ...]) -> Meaning | None:
    """Return what a word means of these resource types, else of others; unknown where they differ, None where none has it."""
    if word == WITHDRAWN:
        return "withdrawn"
    for types in (own, others):
        found = set(_meanings(field, word, types))
        if found:
            return found.pop() if len(found) == 1 else "unknown"
    return None


def _meanings(field: str, word: str, types: tuple[str | None, ...]) -> Iterator[Meaning]:
    for name in types:
        for element, versions in STATUSES.get(name or "", {}).items():
            if element in _ELEMENTS.get(field, (element,)):
                yield from (meaning for words in versions if (meaning := words.get(word)) is not None)
