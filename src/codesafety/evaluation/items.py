"""One entry, component, medication or coding, as rules see it. What is costly is worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from codesafety.evaluation.calendar import NEVER, OPEN_END, OPEN_START, Interval, add
from codesafety.evaluation.codes import NO_CONTEXT, Codebook, CodeInfo
from codesafety.evaluation.denials import Answer, affirms, answer, denies_itself
from codesafety.evaluation.phrases import MOST_LETTERS, Phrases, Says, clauses, says
from codesafety.evaluation.work import Readings, TooManyWords
from codesafety.ir import Unit
from codesafety.record import (
    Coding,
    Component,
    Entry,
    Medication,
    Value,
    day_interval,
)
from codesafety.terminology.interface import Product
from codesafety.terminology.systems import SCT, of_the_form

ENVELOPE = "/"
"""Stands for the role of every coding of the envelope. No element has it, and no extension goes by it."""
_LABELS = ("meta.", "category", "format")
"""How the roles begin that say what kind of thing was sent, in whatever system."""
SENTINEL_DATES = frozenset({"1900-01-01", "9999-12-31"})
"""Dates that systems write where none is known; they are missing."""
_NOT_GIVEN_STATUSES = frozenset({"cancelled", "entered-in-error", "not-done", "declined", "draft", "not-taken"})
_GIVEN_STATUSES = frozenset({"active", "completed", "in-progress", "intended", "on-hold", "preparation", "stopped", "unknown"})
"""Words that FHIR has for a medicine's status and that leave it counting. Of any other word nothing is known."""


def date_of(text: str | None) -> Interval | None:
    """Return the days that a date as sent may mean; None where it is missing or a sentinel."""
    return None if text is None else _date(text)


@lru_cache(maxsize=65536)
def _date(text: str) -> Interval | None:
    return None if text[:10] in SENTINEL_DATES else day_interval(text)


@dataclass(frozen=True, slots=True)
class Course:
    """The days of a medication, as far as they were sent.

    Start to end; else start + days of the course, else days supplied, - 1; active without end: open; else the end is
    missing. A supply of no days, or of fewer, says nothing of the end.
    """

    start: Interval | None
    end: Interval | None
    days: Interval | None
    """The fewest and the most days that it takes, where its end follows from its start: both are then one question."""
    start_name: Literal["date", "start"]
    """The field to name where the start is not one exact day: the item's date, where no start was sent."""

    @property
    def ends_before_it_starts(self) -> bool:
        """Whether one of its days must be wrong: which, cannot be told, and it is no course."""
        return self.start is not None and self.end is not None and self.end[1] < self.start[0]

    @property
    def end_name(self) -> str:
        """The field to name where the end is not one exact day: an end that follows from the start lacks only what that does."""
        return self.start_name if self.days is not None and self.days[0] == self.days[1] else "end"


class ItemFact:
    """One entry, component or medication, on one side. Components share their entry's dates and context.

    `infos`, `day`, `span`, `context`, `stands`, `history`, `product` and `course` are worked out when they are first asked for.
    """

    __slots__ = (
        "codebook",
        "component",
        "context",
        "course",
        "day",
        "history",
        "incoming",
        "index",
        "infos",
        "is_entry",
        "model",
        "product",
        "span",
        "stands",
    )

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
    history: int
    """Whether an entry says that the patient has or had it (table 18): 2 yes, 1 unknown, 0 no."""
    product: Product | None
    """The medicine, by the first of its codings that the terminology knows as one."""
    course: Course
    """The days of a medication."""

    def __init__(
        self,
        model: Entry | Medication,
        component: Component | None,
        incoming: bool,
        index: int,
        codebook: Codebook,
        is_entry: bool,
    ) -> None:
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
            elif name == "history":
                found = self.history = _find_history(self)
            elif name == "span":
                found = self.span = _find_span(self)
            elif name == "day":
                found = self.day = day_of(self.model)
            elif name == "infos":
                found = self.infos = _find_infos(self)
            elif name == "context":
                found = self.context = _find_context(self)
            elif name == "product":
                found = self.product = next((i.product for i in self.infos if i.product is not None), None)
            elif name == "course":
                found = self.course = _find_course(self)
            else:
                raise AttributeError(name)
            return found

    def prepare(self, infos: tuple[CodeInfo, ...]) -> None:
        """Fill at once, from codes already looked up, the slots that nearly every rule asks for."""
        self.infos = infos
        self.stands = _find_stands(self)
        day = self.day = day_of(self.model)
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
    def given(self) -> bool | None:
        """Whether the patient was given it or is to be: never one stopped before supply, cancelled or entered in error.

        None: its status is no word that a medicine's can be."""
        model = self.model
        assert isinstance(model, Medication)
        if model.subject in ("another", "baby", "family"):
            return False
        if model.not_given or model.status in _NOT_GIVEN_STATUSES:
            return False
        if model.status is not None and model.status not in _GIVEN_STATUSES:
            return None
        return not (model.kind == "dispense" and model.status == "stopped" and model.handed_over is None)


def _find_course(item: ItemFact) -> Course:
    model = item.model
    assert isinstance(model, Medication)
    sent = date_of(model.start)
    start = sent or item.day
    named: Literal["date", "start"] = "date" if sent is None else "start"
    if model.end is not None:
        return Course(start, date_of(model.end), None, named)
    least, most = model.course_days, model.course_days_max
    runs = model.kind == "plan" and model.status == "active"  # the days that a plan supplies are those of each issue
    if least is None and most is None and not runs:
        least = most = model.days_supply
    if least is None and most is None:
        return Course(start, (OPEN_END, OPEN_END) if model.status == "active" else None, None, named)
    days = _whole_days(least, most)
    if days is None or start is None:
        return Course(start, None, days, named)
    return Course(start, (add(start[0], days[0] - 1, Unit.DAYS), add(start[1], days[1] - 1, Unit.DAYS)), days, named)


def _whole_days(least: Decimal | None, most: Decimal | None) -> Interval | None:
    """Return the fewest and the most days of a course, a part of a day being one; None where what was sent does not say."""
    first, last = (None if n is None else int(n.to_integral_value(ROUND_CEILING)) for n in (least, most))
    fewest = max(first or 1, 1)
    if last is None:
        return (fewest, OPEN_END) if fewest > 1 else None
    return (fewest, last) if fewest <= last else None


def _find_infos(item: ItemFact) -> tuple[CodeInfo, ...]:
    book = item.codebook
    if item.is_entry:
        return tuple([book.entry(c.system, c.code) for c in item.codings])
    return tuple([book.product(c.system, c.code, c.display) for c in item.codings])


def day_of(model: Entry | Medication) -> Interval | None:
    """Return the days that an item may be of, by the one documented order (see `codesafety.record`)."""
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
    day = item.day = day_of(item.model)
    return day or NEVER


_BY_DEFAULT = ("present", "patient", "current")


def _find_context(item: ItemFact) -> tuple[str | None, str | None, str | None]:
    model = item.model
    assert isinstance(model, Entry)
    codes = [info.context for info in item.infos]
    untold = any(not c.told for c in codes)
    contrary = item.codebook.are_contrary(item.infos)
    said = _said(item, model)
    return (
        _together(said, [c.assertion for c in codes], untold or contrary, "present"),
        _together(model.subject, [c.subject for c in codes], untold, "patient"),
        _together(model.temporality, [c.temporality for c in codes], untold, "current"),
    )


def _said(item: ItemFact, model: Entry) -> str | None:
    """Return what the message says: of the entry, of the part, and by the value. Two that differ are unknown (table 9)."""
    of_part = item.component.assertion if item.component is not None else None
    spoken = {said for said in (model.assertion, of_part, value_answer(item)) if said is not None}
    if len(spoken) > 1:
        return "unknown"
    return spoken.pop() if spoken else None


def value_answer(item: ItemFact) -> Answer | None:
    """Return how the value of an entry or component denies its own code, or leaves it open."""
    return answer(item.value, item.codings, _text(item), item.codebook.terminology)


def _text(item: ItemFact) -> str | None:
    return item.component.text if item.component is not None else item.model.text


def yes_or_no(item: ItemFact) -> Literal["affirms", "denies", "contrary"] | None:
    """Return what the value of an entry or component answers to its code; None where it is no answer, or leaves it open.

    Contrary: code and value can be read two ways. The code itself denies something, and the value is yes, no or what the code
    denies; or the value is yes, and the message says that it is not so.
    """
    said, yes = value_answer(item), affirms(item.value)
    if said == "unknown" or not (said or yes):
        return None
    told = (getattr(item.model, "assertion", None), item.component.assertion if item.component is not None else None)
    denied = any(info.context.assertion == "absent" for info in item.infos)
    if denied or (yes and "absent" in told) or denies_itself(item.codings, _text(item), item.codebook.terminology):
        return "contrary"
    return "affirms" if yes else "denies"


def _says_nothing(item: ItemFact, model: Entry) -> bool:
    """Whether neither message nor code says anything of an entry's context, which is so for most: then the default holds."""
    if model.assertion is not None or model.subject is not None or model.temporality is not None:
        return False
    component = item.component
    if component is not None and component.assertion is not None:
        return False
    if (model.value if component is None else component.value) is not None and value_answer(item) is not None:
        return False
    infos = item.infos
    if len(infos) == 1:
        return infos[0].context is NO_CONTEXT
    return all(info.context is NO_CONTEXT for info in infos) and not item.codebook.are_contrary(infos)


def _find_stands(item: ItemFact) -> int:
    if not item.is_entry:
        given = item.given
        return 1 if given is None else 2 if given else 0
    model = item.model
    assert isinstance(model, Entry)
    if model.entered_in_error:
        return 0
    if _says_nothing(item, model):
        return 2
    context = item.context
    if context == _BY_DEFAULT:
        return 2
    assertion, subject, temporality = context
    possible = assertion in (None, "possible", "present") and subject in (None, "patient") and temporality in (None, "current")
    return 1 if possible else 0


def _find_history(item: ItemFact) -> int:
    model = item.model
    assert isinstance(model, Entry)
    if model.entered_in_error:
        return 0
    if _says_nothing(item, model):
        return 2
    assertion, subject, _ = item.context
    if (assertion, subject) == ("present", "patient"):
        return 2
    return 1 if assertion in (None, "possible", "present") and subject in (None, "patient") else 0


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


Siblings = Literal["alone", "compatible", "contrary"]


class SentConcept:
    """The codings of one concept as sent, for all of its codings: `siblings` is worked out when it is first asked for."""

    __slots__ = ("codings", "readings", "siblings")

    def __init__(self, codings: Sequence[Coding], readings: Readings) -> None:
        self.codings = codings
        self.readings = readings
        self.siblings: tuple[Siblings | None, ...] | None = None


class CodingFact:
    """One coding as sent, with its concept, the words that came with it and its item (None: the message)."""

    __slots__ = ("codebook", "coding", "concept", "info", "item", "place", "role", "words")

    def __init__(
        self,
        place: int,
        concept: SentConcept,
        text: str | None,
        info: CodeInfo,
        codebook: Codebook,
        item: ItemFact | None,
        role: str | None = None,
    ) -> None:
        """`role`: the element that it stands in, `ENVELOPE` for one of the envelope; None for what the item or the message is."""
        self.coding = coding = concept.codings[place]
        self.concept, self.place = concept, place
        self.info = info
        self.codebook = codebook
        self.item = item
        self.role = role
        self.words = tuple(
            dict.fromkeys(w for w in (coding.display, *coding.other_displays, text) if w is not None and w.strip())
        )

    @property
    def is_label(self) -> bool:
        """Whether it is clinical for nobody: of another system than SNOMED CT, and of the envelope, a tag or a category, or of a
        list that the form of messages defines itself (a status, a kind of prescription) beside what the item is."""
        system = self.info.system
        if self.role is None or system in (None, SCT):
            return False
        if self.role == ENVELOPE or of_the_form(system):
            return True
        is_named_so = self.role.startswith(_LABELS) or self.role.endswith("identifier.type")
        return is_named_so and "xtension" not in (self.coding.path or "")  # an extension goes by whatever its sender calls it


class TextFact:
    """The words of one incoming item or of a resource without a code (`item` None), for rules over words (table 25)."""

    __slots__ = ("_clauses", "_said", "day", "item", "lines", "path", "span")

    def __init__(self, lines: tuple[str, ...], path: str, day: Interval | None, item: ItemFact | None) -> None:
        self.lines = lines
        self.path = path
        self.day = day
        self.span = day or NEVER
        self.item = item
        self._clauses: tuple[tuple[str, ...], ...] | None = None
        self._said: dict[str, Says | None] = {}

    @property
    def clauses(self) -> tuple[tuple[str, ...], ...]:
        """The words of each clause. Raises TooManyWords for a text that is not asked for its length."""
        if self._clauses is None:
            text = "\n".join(self.lines)
            if len(text) > MOST_LETTERS:
                raise TooManyWords
            self._clauses = clauses(text)
        return self._clauses

    def says_of(self, set_name: str, phrases: Phrases) -> Says | None:
        """Return what the words say of a set, by its phrases: read once, though a rule may ask beside every entry.

        Raises TooManyWords as `clauses` does.
        """
        if set_name not in self._said:
            self._said[set_name] = says(self.clauses, phrases)
        return self._said[set_name]


@dataclass(frozen=True, slots=True)
class Unseen:
    """The one more member that stands for what was not looked at (table 5)."""

    called: Literal["record", "message.unread"]
    incoming: bool
    day: Interval | None

    @property
    def span(self) -> Interval:
        return self.day or NEVER


def sent_concepts(item: ItemFact) -> Iterator[tuple[tuple[Coding, ...], str | None, bool, str | None]]:
    """Yield (codings, words, whether they are of a product, role beside what the item is) for every concept of an item, as sent."""
    model = item.model
    if item.component is not None:
        component = item.component
        yield component.codings, component.text, False, None
        if component.value is not None:
            yield component.value.codings, component.value.text, False, None
        return
    if isinstance(model, Entry):
        yield model.codings, model.text, False, None
        if model.value is not None:
            yield model.value.codings, model.value.text, False, None
    else:
        yield model.products, model.text, True, None
        for role in ("not_given_reason", "supply_type", "route", "form"):
            yield getattr(model, role), None, False, role
    for qualifier in model.qualifiers:
        yield qualifier.codings, qualifier.text, False, qualifier.role


def dosage(medication: Medication) -> tuple[Decimal | None, tuple[str, ...]]:
    """Return dose x times a day x days, or None and the fields that are missing."""
    missing = tuple(name for name in ("dose", "times_a_day", "days_supply") if getattr(medication, name) is None)
    if missing:
        return None, missing
    assert medication.dose is not None and medication.times_a_day is not None and medication.days_supply is not None
    return medication.dose * medication.times_a_day * medication.days_supply, ()
