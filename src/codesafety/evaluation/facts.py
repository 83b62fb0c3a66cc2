"""A submission and a record, flattened once: what the evaluators look at.

Whatever a rule triggers on is worked out when it is first asked for; an item that no rule concerns costs a look-up a code.
None stands for "not known" throughout. Every interval is of days, see `calendar`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from codesafety.evaluation.calendar import OPEN_START, Interval
from codesafety.evaluation.codes import Codebook, CodeInfo
from codesafety.evaluation.items import (
    ENVELOPE,
    CodingFact,
    ItemFact,
    SentConcept,
    TextFact,
    Unseen,
    date_of,
    dosage,
    sent_concepts,
)
from codesafety.evaluation.nhs_number import check_nhs_number
from codesafety.evaluation.work import Readings, Work
from codesafety.record import (
    Coverage,
    Entry,
    ItemKind,
    Medication,
    NotRead,
    Patient,
    Qualifier,
    Record,
    Submission,
    TextItem,
    day_interval,
)

__all__ = [
    "NOT_COMPARED",
    "CodingFact",
    "Facts",
    "Identity",
    "ItemFact",
    "PatientFact",
    "TextFact",
    "Unseen",
    "compare_identity",
    "date_of",
    "dosage",
    "may_be",
    "order_groups",
    "same_part",
    "sent_concepts",
]

_NO_RECORD = (Unseen("record", False, None),)


@dataclass(frozen=True, slots=True)
class Identity:
    """Message and record compared. `nhs_number`: same, different or not compared; `differing`: patient fields that differ."""

    nhs_number: Literal["same", "different", "not_compared"]
    differing: tuple[str, ...] = ()


NOT_COMPARED = Identity("not_compared")
"""Of a message without a record."""


class PatientFact:
    """The record's patient where a record is given, completed by the message's. A field on which they differ is unknown."""

    __slots__ = ("born", "deceased", "died", "gender", "nhs_number", "sex_at_birth")

    def __init__(self, incoming: Patient, record: Patient | None, differing: Iterable[str]) -> None:
        if record is None:
            self.nhs_number, self.gender, self.sex_at_birth = incoming.nhs_number, incoming.gender, incoming.sex_at_birth
            self.born, self.died = date_of(incoming.born), date_of(incoming.died)
            deceased = incoming.deceased
        else:
            out = frozenset(differing)

            def field(name: str) -> Any:
                if name in out:
                    return None
                on_record = getattr(record, name)
                return getattr(incoming, name) if on_record in (None, "unknown") else on_record

            self.nhs_number, self.gender, self.sex_at_birth = field("nhs_number"), field("gender"), field("sex_at_birth")
            self.born = None if "born" in out else _narrower(incoming.born, record.born)
            self.died = None if "died" in out else _narrower(incoming.died, record.died)
            deceased = field("deceased")
        self.deceased: bool | None = True if self.died is not None else deceased

    @property
    def nhs_number_check(self) -> str | None:
        """What is to be said of the NHS number; None where there is none."""
        return check_nhs_number(self.nhs_number) if self.nhs_number else None


def _lines(item: ItemFact) -> Iterator[str]:
    """Yield the words that were sent with an item: its text, its codings' displays and descriptions, and a value that is text."""
    concept = item.component if item.component is not None else item.model
    if concept.text:
        yield concept.text
    for coding in item.codings:
        yield from (words for words in (coding.display, *coding.other_displays) if words)
    value = getattr(concept, "value", None)
    if value is not None and value.text:
        yield value.text


def _words_of_qualifier(qualifier: Qualifier) -> Iterator[str]:
    """Yield the words of a qualifier: what was found, how, why, where."""
    if qualifier.text:
        yield qualifier.text
    yield from (coding.display for coding in qualifier.codings if coding.display)


def _day_of_words(text: TextItem) -> Interval | None:
    """Return the day of words without a code: their own, their consultation's, else some day up to that on which they were recorded."""
    recorded = date_of(text.recorded)
    return date_of(text.date) or date_of(text.consultation_date) or (recorded and (OPEN_START, recorded[1]))


def _narrower(one: str | None, other: str | None) -> Interval | None:
    a, b = date_of(one), date_of(other)
    if a is None or b is None:
        return a or b
    return max(a[0], b[0]), min(a[1], b[1])


class Facts:
    """A submission with its record, ready for the evaluators. Build it once a message."""

    def __init__(self, submission: Submission, record: Record | None, codebook: Codebook, work: Work | None = None) -> None:
        self.work = work or Work()
        self.is_looked_up = False
        """Whether every code of an incoming item has been looked up in the codebook, now or for another message."""
        self.submission = submission
        self.identity = compare_identity(submission, record)
        self.record = None if self.identity.nhs_number == "different" else record
        self.codebook = codebook
        self._texts: dict[int | None, list[TextFact]] = {}
        self._alike: dict[int, tuple[object, ...]] = {}
        self._sent: dict[int, str] = {}

    @cached_property
    def readings(self) -> Readings:
        return Readings(self.work)

    @cached_property
    def patient(self) -> PatientFact:
        record = self.record.patient if self.record is not None else None
        return PatientFact(self.submission.patient, record, self.identity.differing)

    @cached_property
    def incoming(self) -> list[ItemFact]:
        """Every entry, component and medication of the message, in its order: entries, each before its components, first."""
        incoming: list[ItemFact] = []
        _flatten(self.submission.entries, self.submission.medications, True, incoming, self.codebook)
        return incoming

    @cached_property
    def items(self) -> list[ItemFact]:
        """Every item of both sides, the incoming ones first, in the order of their source."""
        items = list(self.incoming)
        if self.record is not None:
            _flatten(self.record.entries, self.record.medications, False, items, self.codebook)
        return items

    @cached_property
    def message_infos(self) -> tuple[CodeInfo, ...]:
        """What each coding of the message's service means."""
        return tuple([self.codebook.entry(c.system, c.code) for c in self.submission.message.service])

    @cached_property
    def unseen_entries(self) -> tuple[Unseen, ...]:
        return self._unseen("entry")

    @cached_property
    def unseen_medications(self) -> tuple[Unseen, ...]:
        return self._unseen("medication")

    def parts(self, subject: ItemFact) -> list[ItemFact]:
        """Return an incoming item and its components: they belong to one resource, and what is found falls on it."""
        more = len(subject.model.components) if isinstance(subject.model, Entry) else 0
        return self.incoming[subject.index : subject.index + 1 + more]

    def unseen(self, is_entry: bool) -> tuple[Unseen, ...]:
        return self.unseen_entries if is_entry else self.unseen_medications

    def _unseen(self, kind: ItemKind) -> tuple[Unseen, ...]:
        if self.record is None and not self.submission.not_read:
            return _NO_RECORD
        found: list[Unseen] = []
        if self.record is None:
            found += _NO_RECORD
        else:
            coverage = self._coverage(kind)
            if coverage is None:
                found += _NO_RECORD
            elif coverage.since is not None:
                found.append(Unseen("record", False, (OPEN_START, day_interval(coverage.since)[1] - 1)))
        if any(hides(unread, kind) for unread in self.submission.not_read):
            found.append(Unseen("message.unread", True, None))
        return tuple(found)

    def _coverage(self, kind: ItemKind) -> Coverage | None:
        """Return for what the record is complete: for nothing of a kind of which something in it was not read, whatever it declares."""
        return None if self.record is None or kind in self._hidden else self.record.covers(kind)

    @cached_property
    def _hidden(self) -> frozenset[ItemKind]:
        """The kinds of which something in the record was not read."""
        kinds: tuple[ItemKind, ...] = ("entry", "medication")
        lines = () if self.record is None else self.record.not_read
        return frozenset(kind for kind in kinds if any(hides(unread, kind) for unread in lines))

    @cached_property
    def message_day(self) -> Interval | None:
        """The message's own day, else the latest day or recorded day of its items."""
        sent = date_of(self.submission.message.sent)
        if sent is not None:
            return sent
        days = [day for item in self.incoming for day in (item.day, date_of(item.model.recorded)) if day is not None]
        return max(days, key=lambda day: day[1]) if days else None

    def codings(self, item: ItemFact) -> Iterator[CodingFact]:
        """Yield every coding sent with an item, or with a component of one."""
        for concept, text, is_product, role in sent_concepts(item):
            look_up = self.codebook.product if is_product else self.codebook.entry
            sent = SentConcept(concept, self.readings)
            for place, coding in enumerate(concept):
                yield CodingFact(place, sent, text, look_up(coding.system, coding.code), self.codebook, item, role)

    def texts(self, subject: ItemFact | None) -> list[TextFact]:
        """Return the words of an incoming item and its components, or (None) of what came without a code or was noted beside one, each
        with its place.

        Not of what was entered in error, nor of what is about somebody else.
        """
        place = None if subject is None else subject.index
        if place not in self._texts:
            self._texts[place] = list(self._words_without_a_code() if subject is None else self._words_of(subject))
        return self._texts[place]

    def _words_without_a_code(self) -> Iterator[TextFact]:
        for text in self.submission.texts:
            for words in (text.text, *text.notes) if not text.entered_in_error else ():
                if words:
                    yield TextFact((words,), text.path, _day_of_words(text), None)
        asked: set[tuple[str, Interval | None]] = set()
        for item in self.incoming:  # what was noted beside a code is no part of its words, and may speak of it
            if item.component is None and (item.model.notes or item.model.qualifiers) and self._is_of_the_patient(item):
                yield from (TextFact((words,), item.path, item.day, None) for words in item.model.notes)
                said = {(words, item.day): None for q in item.model.qualifiers for words in _words_of_qualifier(q)}
                yield from (TextFact((words,), item.path, item.day, None) for words, day in said if (words, day) not in asked)
                asked |= said.keys()

    def _words_of(self, subject: ItemFact) -> Iterator[TextFact]:
        for part in self.parts(subject):
            lines = tuple(_lines(part))
            if lines and self._is_of_the_patient(part):
                yield TextFact(lines, part.path, part.day, part)

    @staticmethod
    def _is_of_the_patient(part: ItemFact) -> bool:
        return not part.model.entered_in_error and (not part.is_entry or part.context[1] in (None, "patient"))

    def message_codings(self) -> Iterator[CodingFact]:
        """Yield the codings of the message itself, beside texts, of the envelope, and those that were not judged.

        What the envelope says many times (the order of lists, the kind of participants) is yielded once, at its first place.
        """
        message = self.submission.message
        envelope = {
            (tuple((c.system, c.code, c.display) for c in q.codings), q.text): (q.codings, q.text)
            for q in reversed(self.submission.envelope)
        }
        for concept, text, role in [
            (message.service, None, None),
            *((q.codings, q.text, q.role) for q in message.qualifiers),
            *((q.codings, q.text, q.role) for item in self.submission.texts for q in item.qualifiers),
            *((*sent, ENVELOPE) for sent in reversed(envelope.values())),
            *(((c,), None, None) for line in self.submission.not_read for c in line.codings),
        ]:
            sent = SentConcept(concept, self.readings)
            for place, coding in enumerate(concept):
                yield CodingFact(place, sent, text, self.codebook.entry(coding.system, coding.code), self.codebook, None, role)

    def same_order(self, one: ItemFact, other: ItemFact) -> bool:
        """Return whether two medications are parts of one order: linked by reference or order number."""
        if one.is_entry or other.is_entry:
            return False
        return self._groups[one.index] == self._groups[other.index]

    def order_of(self, medication: ItemFact) -> frozenset[int]:
        """Return the places of every part of a medication's order, its own among them: one object for all of its parts."""
        return self._orders[self._groups[medication.index]]

    @cached_property
    def _orders(self) -> dict[int, frozenset[int]]:
        parts: dict[int, list[int]] = {}
        for index, group in self._groups.items():
            parts.setdefault(group, []).append(index)
        return {group: frozenset(indexes) for group, indexes in parts.items()}

    def copies_of(self, item: ItemFact) -> Set[int]:
        """Return the places of what the other side has under an item's own id, of its kind and of its part (table 10)."""
        return self._under_the_id_of(item, not item.incoming)

    def shared_id(self, item: ItemFact) -> str | None:
        """Return an item's id where its own side has another item of its kind and part under it: counts take them for one."""
        return item.id if len(self._under_the_id_of(item, item.incoming)) > 1 else None

    def _under_the_id_of(self, item: ItemFact, incoming: bool) -> Set[int]:
        if item.id is None:
            return frozenset()
        return self._copies.get((item.id, incoming, *_part_of(item)), frozenset())

    @cached_property
    def _copies(self) -> dict[_Resent, set[int]]:
        found: dict[_Resent, set[int]] = {}
        for item in self.items:
            if item.id is not None:
                found.setdefault((item.id, item.incoming, *_part_of(item)), set()).add(item.index)
        return found

    def alike(self, item: ItemFact) -> tuple[object, ...]:
        """Return what items share that no rule can tell apart which looks at the two sides of a pair alone, and at no id.

        It is all that was sent, but for where an item stands and what it and its links are called.
        """
        found = self._alike.get(item.index)
        if found is None:
            sent = self._sent.get(id(item.model))
            if sent is None:
                sent = self._sent[id(item.model)] = item.model.model_dump_json(exclude=_NAMES, warnings=False)
            part = None if item.component is None else item.component.model_dump_json(exclude=_NAMES, warnings=False)
            found = self._alike[item.index] = item.incoming, sent, part, item.id is None, bool(self.copies_of(item))
        return found

    def order_number(self, medication: ItemFact) -> int:
        """Return a number that the parts of one order share, and no other medication has."""
        return self._groups[medication.index]

    def key_of(self, item: ItemFact) -> Hashable:
        """Return what an item shares with its copies, or with the parts of its order, and with nothing else of its kind."""
        return self.copy_key_of(item) if item.is_entry else self.order_number(item)

    def copy_key_of(self, item: ItemFact) -> Hashable:
        """Return what an item shares with its copies, and with nothing else of its kind."""
        return item.index if item.id is None else (item.id, _part_of(item))

    @cached_property
    def _groups(self) -> dict[int, int]:
        return order_groups([item for item in self.items if not item.is_entry])

    def is_another(self, candidate: ItemFact, named: ItemFact) -> bool:
        """Return whether `candidate` is another than an item that the rule already names (table 10)."""
        if candidate is named:
            return False
        if (
            candidate.incoming != named.incoming
            and candidate.id is not None
            and candidate.id == named.id
            and candidate.is_entry == named.is_entry
            and same_part(candidate, named)
        ):
            return False
        return not self.same_order(candidate, named)

    def is_replaced(self, item: ItemFact) -> bool:
        """Return whether a record's item came in the message that this one replaces."""
        replaces = self.submission.message.replaces
        return replaces is not None and not item.incoming and item.model.message_id == replaces

    def already_filed(self, item: ItemFact) -> tuple[bool | None, str | None]:
        """Return whether the record holds a copy of an incoming item, and what is missing where that cannot be told."""
        if not item.incoming:
            return True, None
        if self.copies_of(item):
            return True, None
        if self.record is None:
            return None, "record"
        coverage = self._coverage("entry" if item.is_entry else "medication")
        held = self.record.entries if item.is_entry else self.record.medications
        if coverage is not None and coverage.since is None and not held:
            return False, None  # there is nothing that could be a copy, whatever the item is called
        if item.id is None:
            return None, "id"
        if coverage is None:
            return None, "record"
        if coverage.since is None or (item.day is not None and item.day[0] >= day_interval(coverage.since)[1]):
            return False, None
        return None, "record"


_PLACES = {"__all__": {"path"}}
_CODED: dict[str, Any] = {"path": True, "codings": _PLACES, "value": {"codings": _PLACES}}
_NAMES: dict[str, Any] = {
    **_CODED,
    **dict.fromkeys(("id", "resource_id", "order", "based_on"), True),
    **dict.fromkeys(("products", "not_given_reason", "supply_type", "route", "form"), _PLACES),
    "components": {"__all__": _CODED},
    "qualifiers": {"__all__": {"codings": _PLACES}},
    "references": {"__all__": {"path", "target"}},
}
"""The fields of an item and of its parts that say where it stands, or are names."""
_Resent = tuple[str, bool, bool, "frozenset[str] | None"]
"""An id, whether incoming, whether an entry, and the codes of a component."""


def _part_of(item: ItemFact) -> tuple[bool, frozenset[str] | None]:
    """Return what `same_part` and the kind compare, as a key: None for a whole resource."""
    return item.is_entry, None if item.component is None else frozenset(key for info in item.infos for key in info.keys)


def same_part(one: ItemFact, other: ItemFact) -> bool:
    """Return whether both are whole resources, or components that carry the same codes."""
    if one.component is None or other.component is None:
        return one.component is other.component
    return {k for i in one.infos for k in i.keys} == {k for i in other.infos for k in i.keys}


_ENTRIES = frozenset(
    {
        "AllergyIntolerance",
        "ClinicalImpression",
        "Condition",
        "DiagnosticReport",
        "Encounter",
        "FamilyMemberHistory",
        "Immunization",
        "Observation",
        "Procedure",
        "QuestionnaireResponse",
        "Specimen",
    }
)
"""Resources that are never a medication. Of any other that is not understood nothing is known."""


def hides(unread: NotRead, kind: ItemKind) -> bool:
    """Return whether what was not read may hold a coded item of this kind."""
    return (unread.coded or (unread.whole and unread.broken)) and may_be(unread.resource_type, kind)


def may_be(resource_type: str | None, kind: ItemKind) -> bool:
    """Return whether a resource that was not read may hold an item of this kind."""
    if resource_type is not None and resource_type.startswith("Medication"):
        return kind == "medication"
    return kind == "entry" or resource_type not in _ENTRIES


def order_groups(medications: Sequence[ItemFact]) -> dict[int, int]:
    """Return a group number for each medication: those linked by reference or order number share one."""
    parent = {m.index: m.index for m in medications}

    def find(i: int) -> int:
        while parent[i] != i:
            i = parent[i] = parent[parent[i]]
        return i

    owner: dict[tuple[str, str], int] = {}
    for m in medications:
        model = m.model
        assert isinstance(model, Medication)
        links = [("id", based) for based in model.based_on]
        if model.id is not None:
            links.append(("id", model.id))
        if model.order is not None:
            links.append(("order", model.order))
        for link in links:
            if link in owner:
                parent[find(m.index)] = find(owner[link])
            else:
                owner[link] = m.index
    return {m.index: find(m.index) for m in medications}


def _flatten(
    entries: Sequence[Entry], medications: Sequence[Medication], incoming: bool, out: list[ItemFact], codebook: Codebook
) -> None:
    index = len(out)
    append = out.append
    for entry in entries:
        append(ItemFact(entry, None, incoming, index, codebook, True))
        index += 1
        for component in entry.components:
            append(ItemFact(entry, component, incoming, index, codebook, True))
            index += 1
    for medication in medications:
        append(ItemFact(medication, None, incoming, index, codebook, False))
        index += 1


def compare_identity(submission: Submission, record: Record | None) -> Identity:
    """Compare the patient of a message with the record's."""
    if record is None:
        return NOT_COMPARED
    one, other = submission.patient, record.patient
    if one.nhs_number is None or other.nhs_number is None:
        nhs: Literal["same", "different", "not_compared"] = "not_compared"
    else:
        nhs = "same" if _digits(one.nhs_number) == _digits(other.nhs_number) else "different"
    differing = []
    if one.gender and other.gender and "unknown" not in (one.gender, other.gender) and one.gender != other.gender:
        differing.append("gender")
    if (
        one.sex_at_birth
        and other.sex_at_birth
        and "unknown" not in (one.sex_at_birth, other.sex_at_birth)
        and one.sex_at_birth != other.sex_at_birth
    ):
        differing.append("sex_at_birth")
    for name in ("born", "died"):
        a, b = date_of(getattr(one, name)), date_of(getattr(other, name))
        if a is not None and b is not None and (a[1] < b[0] or b[1] < a[0]):
            differing.append(name)
    if one.deceased is not None and other.deceased is not None and one.deceased != other.deceased:
        differing.append("deceased")
    return Identity(nhs, tuple(differing))


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
