"""A submission and a record, flattened once: what the evaluators look at.

Whatever a rule triggers on is worked out when it is first asked for; an item that no rule concerns costs a look-up a code.
None stands for "not known" throughout. Every interval is of days, see `calendar`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from codesafety.evaluation.calendar import NEVER, OPEN_END, OPEN_START, Interval, add
from codesafety.evaluation.codes import NO_CODE, NO_CONTEXT, BoundSet, Codebook, CodeInfo
from codesafety.ir import Unit
from codesafety.record import (
    Coding,
    Component,
    Entry,
    ItemKind,
    Medication,
    Patient,
    Record,
    Submission,
    Value,
    day_interval,
)
from codesafety.terminology.interface import Product

SENTINEL_DATES = frozenset({"1900-01-01", "9999-12-31"})
"""Dates that systems write where none is known; they are missing."""
_NOT_GIVEN_STATUSES = frozenset({"cancelled", "entered-in-error", "not-done", "declined", "draft", "not-taken"})


def date_of(text: str | None) -> Interval | None:
    """Return the days that a date as sent may mean; None where it is missing or a sentinel."""
    return None if text is None else _date(text)


@lru_cache(maxsize=65536)
def _date(text: str) -> Interval | None:
    return None if text[:10] in SENTINEL_DATES else day_interval(text)


class ItemFact:
    """One entry, component or medication, on one side. Components share their entry's dates and context.

    `infos`, `day`, `span`, `context` and `stands` are worked out when they are first asked for.
    """

    __slots__ = ("codebook", "component", "context", "day", "incoming", "index", "infos", "is_entry", "model", "span", "stands")

    infos: tuple[CodeInfo, ...]
    """What each coding of the concept as sent means."""
    day: Interval | None
    """The item's own day, by the one documented order (see `codesafety.record`)."""
    span: Interval
    """`day`, or `NEVER` where it is missing: every comparison with it is open."""
    context: tuple[str | None, str | None, str | None]
    """Assertion, subject and temporality of an entry, the message's and the code's together; None: unknown."""
    stands: int
    """Whether it stands as an entry or a medication by default context: 2 yes, 1 unknown, 0 no."""

    def __init__(self, model: Entry | Medication, component: Component | None, incoming: bool, index: int,
                 codebook: Codebook, is_entry: bool) -> None:
        self.model = model
        self.component = component
        self.incoming = incoming
        self.index = index
        self.codebook = codebook
        self.is_entry = is_entry

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            """Fill an empty slot: called once a slot, and never again."""
            if name == "stands":
                found = self.stands = _find_stands(self)
            elif name == "span":
                found = self.span = _find_span(self)
            elif name == "day":
                found = self.day = _find_day(self)
            elif name == "infos":
                found = self.infos = _find_infos(self)
            elif name == "context":
                found = self.context = _find_context(self)
            else:
                raise AttributeError(name)
            return found

    def prepare(self, infos: tuple[CodeInfo, ...]) -> None:
        """Fill at once, from codes already looked up, the slots that nearly every rule asks for."""
        self.infos = infos
        self.stands = _find_stands(self)
        day = self.day = _find_day(self)
        self.span = day or NEVER

    def __repr__(self) -> str:
        return f"<{'incoming' if self.incoming else 'record'} {self.path}>"

    @property
    def path(self) -> str:
        return (self.component.path if self.component is not None else None) or self.model.path

    @property
    def codings(self) -> tuple[Coding, ...]:
        """The codings of the concept as sent: the component's, the entry's or the product's."""
        if self.component is not None:
            return self.component.codings
        return self.model.codings if isinstance(self.model, Entry) else self.model.products

    @property
    def id(self) -> str | None:
        return self.model.id

    @property
    def value(self) -> Value | None:
        """The value of an entry or component."""
        if self.component is not None:
            return self.component.value
        return self.model.value if isinstance(self.model, Entry) else None

    # ------------------------------------------------------------------------------------------ medications

    @property
    def given(self) -> bool:
        """Whether it was given or is to be: never one stopped before supply, cancelled or entered in error."""
        model = self.model
        assert isinstance(model, Medication)
        if model.not_given or model.status in _NOT_GIVEN_STATUSES:
            return False
        return not (model.kind == "dispense" and model.status == "stopped" and model.handed_over is None)

    @property
    def product(self) -> Product | None:
        for info in self.infos:
            if info.product is not None:
                return info.product
        return None

    @property
    def course(self) -> tuple[Interval | None, Interval | None]:
        """First and last day of a medication, each an interval or None where missing.

        Start to end; else start + days supplied - 1; active without end: open; else the end is missing.
        """
        model = self.model
        assert isinstance(model, Medication)
        start = date_of(model.start) or self.day
        end = date_of(model.end)
        if end is None and model.days_supply is not None and start is not None:
            days = int(model.days_supply.to_integral_value(ROUND_CEILING)) - 1
            end = add(start[0], days, Unit.DAYS), add(start[1], days, Unit.DAYS)
        if end is None and model.end is None and model.days_supply is None and model.status == "active":
            end = (OPEN_END, OPEN_END)
        return start, end


def _find_infos(item: ItemFact) -> tuple[CodeInfo, ...]:
    look_up = item.codebook.entry if item.is_entry else item.codebook.product
    return tuple([look_up(c.system, c.code) for c in item.codings])


def _find_day(item: ItemFact) -> Interval | None:
    model = item.model
    if isinstance(model, Entry):
        if model.date is not None and (found := _date(model.date)) is not None:
            return found
        candidates: tuple[str | None, ...] = (model.consultation_date,)
    else:
        candidates = (model.handed_over, model.prepared, model.start, model.authored)
    for text in candidates:
        if text is not None and (found := _date(text)) is not None:
            return found
    recorded = date_of(model.recorded)
    return None if recorded is None else (OPEN_START, recorded[1])


def _find_span(item: ItemFact) -> Interval:
    day = item.day = _find_day(item)
    return day or NEVER


_BY_DEFAULT = ("present", "patient", "current")


def _find_context(item: ItemFact) -> tuple[str | None, str | None, str | None]:
    model = item.model
    assert isinstance(model, Entry)
    codes = [info.context for info in item.infos]
    untold = any(not c.told for c in codes)
    said: str | None = model.assertion
    value = item.value
    if value is not None and value.boolean is False:
        said = "absent" if said is None else said if said == "absent" else "unknown"
    return (
        _together(said, [c.assertion for c in codes], untold, "present"),
        _together(model.subject, [c.subject for c in codes], untold, "patient"),
        _together(model.temporality, [c.temporality for c in codes], untold, "current"),
    )



def _says_nothing(item: ItemFact, model: Entry) -> bool:
    """Whether neither message nor code says anything of an entry's context, which is so for most: then the default holds."""
    if model.assertion is not None or model.subject is not None or model.temporality is not None:
        return False
    value = model.value if item.component is None else item.component.value
    if value is not None and value.boolean is False:
        return False
    infos = item.infos
    return infos[0].context is NO_CONTEXT if len(infos) == 1 else all(info.context is NO_CONTEXT for info in infos)


def _find_stands(item: ItemFact) -> int:
    if not item.is_entry:
        return 2 if item.given else 0
    model = item.model
    assert isinstance(model, Entry)
    if model.status == "entered-in-error":
        return 0
    if _says_nothing(item, model):
        return 2
    context = item.context
    if context == _BY_DEFAULT:
        return 2
    assertion, subject, temporality = context
    possible = assertion in (None, "possible", "present") and subject in (None, "patient") and temporality in (None, "current")
    return 1 if possible else 0


def _together(said: str | None, by_code: Sequence[str | None], untold: bool, default: str) -> str | None:
    """Combine what the message says with what its codes say (table 9); None: unknown."""
    if untold or said == "unknown":
        return None
    spoken = {s for s in by_code if s is not None}
    if len(spoken) > 1:
        return None
    if not spoken:
        return said if said is not None else default
    code = spoken.pop()
    if said is None:
        return code
    return code if said == code and said != "absent" else None


class CodingFact:
    """One coding as sent, with the words that came with it and the item that it belongs to (None: the message)."""

    __slots__ = ("coding", "info", "item", "words")

    def __init__(self, coding: Coding, text: str | None, info: CodeInfo, item: ItemFact | None) -> None:
        self.coding = coding
        self.info = info
        self.item = item
        self.words = tuple(dict.fromkeys(w for w in (coding.display, text) if w is not None and w.strip()))


@dataclass(frozen=True, slots=True)
class Unseen:
    """The one more member that stands for what was not looked at (table 5)."""

    called: Literal["record", "message.unread"]
    incoming: bool
    day: Interval | None

    @property
    def span(self) -> Interval:
        return self.day or NEVER


_NO_RECORD = (Unseen("record", False, None),)


@dataclass(frozen=True, slots=True)
class Identity:
    """Message and record compared. `nhs_number`: same, different or not compared; `differing`: patient fields that differ."""

    nhs_number: Literal["same", "different", "not_compared"]
    differing: tuple[str, ...] = ()


_NOT_COMPARED = Identity("not_compared")


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
                return on_record if on_record is not None else getattr(incoming, name)

            self.nhs_number, self.gender, self.sex_at_birth = field("nhs_number"), field("gender"), field("sex_at_birth")
            self.born = None if "born" in out else _narrower(incoming.born, record.born)
            self.died = None if "died" in out else _narrower(incoming.died, record.died)
            deceased = field("deceased")
        self.deceased: bool | None = True if self.died is not None else deceased


def _narrower(one: str | None, other: str | None) -> Interval | None:
    a, b = date_of(one), date_of(other)
    if a is None or b is None:
        return a or b
    return max(a[0], b[0]), min(a[1], b[1])


class Facts:
    """A submission with its record, ready for the evaluators. Build it once a message."""

    __slots__ = ("_groups", "_incoming", "_items", "_patient", "codebook", "identity", "message_infos", "record", "submission",
                 "unseen_entries", "unseen_medications")

    def __init__(self, submission: Submission, record: Record | None, codebook: Codebook) -> None:
        self.submission = submission
        self.identity = compare_identity(submission, record)
        self.record = None if self.identity.nhs_number == "different" else record
        self.codebook = codebook
        self._patient: PatientFact | None = None
        self._incoming: list[ItemFact] | None = None
        self._items: list[ItemFact] | None = None
        self._groups: dict[int, int] | None = None
        self.message_infos = tuple([codebook.entry(c.system, c.code) for c in submission.message.service])
        self.unseen_entries = self._unseen("entry")
        self.unseen_medications = self._unseen("medication")

    @property
    def patient(self) -> PatientFact:
        if self._patient is None:
            record = self.record.patient if self.record is not None else None
            self._patient = PatientFact(self.submission.patient, record, self.identity.differing)
        return self._patient

    @property
    def incoming(self) -> list[ItemFact]:
        """Every entry, component and medication of the message, in its order: entries, each before its components, first."""
        if self._incoming is None:
            self._incoming = []
            _flatten(self.submission.entries, self.submission.medications, True, self._incoming, self.codebook)
        return self._incoming

    @property
    def items(self) -> list[ItemFact]:
        """Every item of both sides, the incoming ones first, in the order of their source."""
        if self._items is None:
            items = list(self.incoming)
            if self.record is not None:
                _flatten(self.record.entries, self.record.medications, False, items, self.codebook)
            self._items = items
        return self._items

    def parts(self, subject: ItemFact) -> list[ItemFact]:
        """Return an incoming item and its components: they belong to one resource, and what is found falls on it."""
        more = len(subject.model.components) if isinstance(subject.model, Entry) else 0
        return self.incoming[subject.index:subject.index + 1 + more]

    def unseen(self, is_entry: bool) -> tuple[Unseen, ...]:
        return self.unseen_entries if is_entry else self.unseen_medications

    def _unseen(self, kind: ItemKind) -> tuple[Unseen, ...]:
        if self.record is None and not self.submission.not_read:
            return _NO_RECORD
        found: list[Unseen] = []
        if self.record is None:
            found += _NO_RECORD
        else:
            coverage = self.record.covers(kind)
            if coverage is None:
                found += _NO_RECORD
            elif coverage.since is not None:
                found.append(Unseen("record", False, (OPEN_START, day_interval(coverage.since)[1] - 1)))
        for unread in self.submission.not_read:
            if unread.whole and unread.coded and may_be(unread.resource_type, kind):
                found.append(Unseen("message.unread", True, None))
                break
        return tuple(found)

    @property
    def message_day(self) -> Interval | None:
        """The message's own day, else the latest day or recorded day of its items."""
        sent = date_of(self.submission.message.sent)
        if sent is not None:
            return sent
        days = [day for item in self.incoming for day in (item.day, date_of(item.model.recorded)) if day is not None]
        return max(days, key=lambda day: day[1]) if days else None

    def codings(self, item: ItemFact) -> Iterator[CodingFact]:
        """Yield every coding sent with an item, or with a component of one."""
        for coding, text, is_product in sent_codings(item):
            look_up = self.codebook.product if is_product else self.codebook.entry
            yield CodingFact(coding, text, look_up(coding.system, coding.code), item)

    def message_codings(self) -> Iterator[CodingFact]:
        """Yield the codings of the message itself."""
        message = self.submission.message
        for coding, text in [
            *((c, None) for c in message.service),
            *((c, q.text) for q in message.qualifiers for c in q.codings),
        ]:
            yield CodingFact(coding, text, self.codebook.entry(coding.system, coding.code), None)

    def same_order(self, one: ItemFact, other: ItemFact) -> bool:
        """Return whether two medications are parts of one order: linked by reference or order number."""
        if one.is_entry or other.is_entry:
            return False
        groups = self._order_groups()
        return groups[one.index] == groups[other.index]

    def order_of(self, medication: ItemFact) -> list[int]:
        """Return the places of every part of a medication's order, its own among them."""
        groups = self._order_groups()
        group = groups[medication.index]
        return [index for index, other in groups.items() if other == group]

    def _order_groups(self) -> dict[int, int]:
        if self._groups is None:
            self._groups = order_groups([item for item in self.items if not item.is_entry])
        return self._groups

    def is_another(self, candidate: ItemFact, named: ItemFact) -> bool:
        """Return whether `candidate` is another than an item that the rule already names (table 10)."""
        if candidate is named:
            return False
        if candidate.incoming != named.incoming and candidate.id is not None and candidate.id == named.id \
                and candidate.is_entry == named.is_entry and same_part(candidate, named):
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
        if item.id is not None and any(
            not other.incoming and other.id == item.id and other.is_entry == item.is_entry and same_part(other, item)
            for other in self.items
        ):
            return True, None
        if self.record is None:
            return None, "record"
        if item.id is None:
            return None, "id"
        coverage = self.record.covers("entry" if item.is_entry else "medication")
        if coverage is None:
            return None, "record"
        if coverage.since is None or (item.day is not None and item.day[0] >= day_interval(coverage.since)[1]):
            return False, None
        return None, "record"


def same_part(one: ItemFact, other: ItemFact) -> bool:
    """Return whether both are whole resources, or components that carry the same codes."""
    if one.component is None or other.component is None:
        return one.component is other.component
    return {k for i in one.infos for k in i.keys} == {k for i in other.infos for k in i.keys}


def may_be(resource_type: str | None, kind: ItemKind) -> bool:
    """Return whether a resource that was not read may hold an item of this kind."""
    if resource_type is None:
        return True
    return resource_type.startswith(("Medication", "Immunization")) == (kind == "medication") or resource_type == "Unknown"


def sent_codings(item: ItemFact) -> Iterator[tuple[Coding, str | None, bool]]:
    """Yield (coding, words of its concept, whether it is a product) for every coding of an item, as sent."""
    model = item.model
    if item.component is not None:
        component = item.component
        for coding in component.codings:
            yield coding, component.text, False
        if component.value is not None:
            for coding in component.value.codings:
                yield coding, component.value.text, False
        return
    if isinstance(model, Entry):
        for coding in model.codings:
            yield coding, model.text, False
        if model.value is not None:
            for coding in model.value.codings:
                yield coding, model.value.text, False
    else:
        for coding in model.products:
            yield coding, model.text, True
        for group in (model.not_given_reason, model.supply_type, model.route, model.form):
            for coding in group:
                yield coding, None, False
    for qualifier in model.qualifiers:
        for coding in qualifier.codings:
            yield coding, qualifier.text, False


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


def _flatten(entries: Sequence[Entry], medications: Sequence[Medication], incoming: bool, out: list[ItemFact],
             codebook: Codebook) -> None:
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
        return _NOT_COMPARED
    one, other = submission.patient, record.patient
    if one.nhs_number is None or other.nhs_number is None:
        nhs: Literal["same", "different", "not_compared"] = "not_compared"
    else:
        nhs = "same" if _digits(one.nhs_number) == _digits(other.nhs_number) else "different"
    differing = []
    if one.gender and other.gender and "unknown" not in (one.gender, other.gender) and one.gender != other.gender:
        differing.append("gender")
    if one.sex_at_birth and other.sex_at_birth and "unknown" not in (one.sex_at_birth, other.sex_at_birth) \
            and one.sex_at_birth != other.sex_at_birth:
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


def holds(bound: BoundSet, infos: tuple[CodeInfo, ...]) -> bool | None:
    return bound.holds(infos or (NO_CODE,))


def dosage(medication: Medication) -> tuple[Decimal | None, tuple[str, ...]]:
    """Return dose x times a day x days, or None and the fields that are missing."""
    missing = tuple(name for name in ("dose", "times_a_day", "days_supply") if getattr(medication, name) is None)
    if missing:
        return None, missing
    assert medication.dose is not None and medication.times_a_day is not None and medication.days_supply is not None
    return medication.dose * medication.times_a_day * medication.days_supply, ()
