"""What generated functions look at: one message's facts, with the members of value sets listed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import TypeVar

from codesafety.evaluation.atoms import item_codings, products_answer
from codesafety.evaluation.calendar import NEVER, Interval, add
from codesafety.evaluation.codes import BoundSet, CodeInfo
from codesafety.evaluation.compiled.joins import Medicines, Spread, Twins, course_days, of_each_kind
from codesafety.evaluation.compiled.standing import Concept, Concepts
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact, Unseen
from codesafety.evaluation.outcome import Application
from codesafety.evaluation.work import A_PAIR
from codesafety.ir import Unit
from codesafety.record import Message
from codesafety.terminology.interface import Product

T = TypeVar("T")

_NOBODY: list[ItemFact] = []
_NONE: frozenset[int] = frozenset()


class Scene:
    """One run over one message. Not shared between threads."""

    __slots__ = (
        "_any",
        "_asked",
        "_by_medicine",
        "_codings",
        "_concepts",
        "_courses",
        "_days",
        "_everyone",
        "_excluded",
        "_kinds",
        "_memo",
        "_of_orders",
        "_selves",
        "_sure",
        "_twins",
        "born",
        "born_first",
        "born_last",
        "concepts",
        "facts",
        "gender",
        "judged",
        "message",
        "patient",
        "sets",
        "sex_at_birth",
        "unseen_entries",
        "unseen_medications",
        "work",
    )

    def __init__(self, facts: Facts, concepts: Concepts, sets: tuple[BoundSet, ...]) -> None:
        self.facts = facts
        self.work = facts.work
        self.concepts = concepts
        self.sets = sets
        self.message: Message = facts.submission.message
        patient = self.patient = facts.patient
        self.gender = patient.gender if patient.gender in ("male", "female") else None
        self.sex_at_birth = patient.sex_at_birth if patient.sex_at_birth in ("male", "female") else None
        self.born: Interval = patient.born or NEVER
        self.born_first, self.born_last = self.born
        self.unseen_entries = facts.unseen_entries
        self.unseen_medications = facts.unseen_medications
        self._everyone: tuple[list[ItemFact], list[ItemFact]] | None = None
        self._any: tuple[dict[int, list[ItemFact]], dict[int, list[ItemFact]]] | None = None
        self._sure: tuple[dict[int, list[ItemFact]], dict[int, list[ItemFact]]] = ({}, {})
        self._by_medicine: dict[int, Medicines] = {}
        self._courses: dict[int, Spread] = {}
        self._days: dict[int, Spread] = {}
        self._kinds: dict[int, list[ItemFact]] = {}
        self._twins: dict[int, Twins] = {}
        self._concepts: dict[int, Concept] = {}
        self._asked: dict[tuple[int, int, int], bool] = {}
        self.judged: dict[tuple[int, int, int], Application] = {}
        """Pairs of which both sides are incoming, by rule: each falls on two items, and is judged once."""
        self._excluded: dict[int, frozenset[int]] = {}
        self._selves: dict[int, frozenset[int]] = {}
        self._of_orders: dict[int, dict[int, list[ItemFact]]] = {}
        self._codings: dict[int, tuple[CodingFact, ...]] = {}
        self._memo: dict[object, object] = {}

    # ------------------------------------------------------------------------------------------ members

    def everyone(self, is_entry: bool) -> list[ItemFact]:
        """Return every entry or medication of both sides, without what the message replaces."""
        if self._everyone is None:
            facts = self.facts
            found: tuple[list[ItemFact], list[ItemFact]] = ([], [])
            for item in facts.items:
                if not facts.is_replaced(item):
                    found[item.is_entry].append(item)
            self._everyone = found
        return self._everyone[is_entry]

    def _list(self) -> tuple[dict[int, list[ItemFact]], dict[int, list[ItemFact]]]:
        of = self.concepts.of
        every: tuple[dict[int, list[ItemFact]], dict[int, list[ItemFact]]] = ({}, {})
        for is_entry in (False, True):
            any_of, sure_of = every[is_entry], self._sure[is_entry]
            for item in self.everyone(is_entry):
                concept = of(item)
                for number in concept.listed_sure:
                    any_of.setdefault(number, []).append(item)
                    sure_of.setdefault(number, []).append(item)
                for number in concept.listed_unsure:
                    any_of.setdefault(number, []).append(item)
        self._any = every
        return every

    def members(self, number: int, is_entry: bool) -> list[ItemFact]:
        """Return the items that are in a set, and those of which it cannot be told, in their order."""
        return (self._any or self._list())[is_entry].get(number, _NOBODY)

    def sure_members(self, number: int, is_entry: bool) -> list[ItemFact]:
        """Return the items that are in a set."""
        if self._any is None:
            self._list()
        return self._sure[is_entry].get(number, _NOBODY)

    def possible_products(self, medicines: list[ItemFact], item: ItemFact) -> tuple[list[ItemFact], ...]:
        """Return lists of those of some listed medicines that are not surely another product than this (a superset; for joins only)."""
        return self._medicines(medicines).of_product(item) or (medicines,)

    def possible_ingredients(self, medicines: list[ItemFact], item: ItemFact) -> tuple[list[ItemFact], ...]:
        """Return lists of those of some listed medicines that may share an ingredient with this (a superset; for joins only)."""
        return self._medicines(medicines).of_ingredient(item) or (medicines,)

    def _medicines(self, medicines: list[ItemFact]) -> Medicines:
        found = self._by_medicine.get(id(medicines))
        if found is None:
            found = self._by_medicine[id(medicines)] = Medicines(medicines)  # the list is the scene's own, and stays
        return found

    def possible_twins(self, entries: list[ItemFact], item: ItemFact) -> list[ItemFact]:
        """Return those of some listed entries that may say the same as this one (a superset; for joins only)."""
        twins = self._twins.get(id(entries))
        if twins is None:
            twins = self._twins[id(entries)] = Twins(entries)  # the list is the scene's own, and stays
        return twins.of(item)

    def of_each_kind(self, items: list[ItemFact]) -> list[ItemFact]:
        """Return the listed items without those for which others that are alike can stand as partners."""
        found = self._kinds.get(id(items))
        if found is None:
            found = self._kinds[id(items)] = of_each_kind(items, self.facts)  # the list is the scene's own, and stays
        return found

    def heard(self, pair: Callable[..., bool], text: TextFact) -> bool:
        """Return whether a rule's pair was asked of words that are alike; from now on it was."""
        item = None if text.item is None else self.facts.alike(text.item)
        question = pair, text.lines, text.day, item
        if question in self._memo:
            return True
        self._memo[question] = True
        return False

    def of_the_order(self, medicines: list[ItemFact], item: ItemFact) -> list[ItemFact]:
        """Return those of some listed medicines that are parts of this one's order, itself among them."""
        orders = self._of_orders.get(id(medicines))
        if orders is None:
            orders = self._of_orders[id(medicines)] = {}  # the list is the scene's own, and stays
            for medicine in medicines:
                orders.setdefault(self.facts.order_number(medicine), []).append(medicine)
        return orders.get(self.facts.order_number(item), _NOBODY)

    def at_one_time(self, medicines: list[ItemFact], item: ItemFact) -> list[ItemFact]:
        """Return those of some listed medicines whose days may meet this one's (a superset; for joins only)."""
        courses = self._courses.get(id(medicines))
        if courses is None:
            courses = self._courses[id(medicines)] = Spread(medicines, course_days)  # the list is the scene's own, and stays
        return courses.between(*course_days(item))

    def between(self, items: list[ItemFact], first: int, last: int) -> list[ItemFact]:
        """Return those of some listed items that may be of a day from the first to the last (for joins only)."""
        days = self._days.get(id(items))
        if days is None:
            days = self._days[id(items)] = Spread(items, attrgetter("span"))  # the list is the scene's own, and stays
        return days.between(first, last)

    def by_themselves(self, members: list[ItemFact], may: Callable[..., bool]) -> list[ItemFact]:
        """Return those of some listed members that may do by what is asked of each by itself, which is asked once."""
        question = id(members), may  # the list is the scene's own, and stays
        if question not in self._memo:
            found = [member for member in self.work.counted(members) if may(self, member)]
            self._memo[question] = found if len(found) < len(members) else members  # one list, one index of it
        return self._memo[question]  # type: ignore[return-value]

    def products(self, what: str, one: Product | None, other: Product | None) -> bool | None:
        """Answer how two products compare, worked out once for each two: rules ask it again and again of few products."""
        question = what, id(one), id(other)
        if question not in self._memo:
            self._memo[question] = products_answer(what, one, other)
        return self._memo[question]  # type: ignore[return-value]

    def unseen(self, is_entry: bool) -> tuple[Unseen, ...]:
        return self.unseen_entries if is_entry else self.unseen_medications

    # ------------------------------------------------------------------------------------------ who is another

    def excluded(self, *named: ItemFact | None) -> frozenset[int]:
        """Return the places of what is no other than the items named: themselves, copies, parts of their order (table 10)."""
        if len(named) == 1 and named[0] is not None:
            return self._excluded_by(named[0])
        return _NONE.union(*(self._excluded_by(item) for item in named if item is not None))

    def _excluded_by(self, item: ItemFact) -> frozenset[int]:
        found = self._excluded.get(item.index)
        if found is None:
            own = self._self(item)
            found = own if item.is_entry else self.facts.order_of(item)
            if not own <= found:  # a copy whose order number is another
                found |= own
            self._excluded[item.index] = found
        return found

    def selves(self, *named: ItemFact | None) -> frozenset[int]:
        """Return the places of the items named and of their copies: what no part of their order is (table 30)."""
        return _NONE.union(*(self._self(item) for item in named if item is not None))

    def _self(self, item: ItemFact) -> frozenset[int]:
        found = self._selves.get(item.index)
        if found is None:
            found = self._selves[item.index] = frozenset((item.index, *self.facts.copies_of(item)))
        return found

    def may_fire(self, number: int, pair: Callable[..., bool], first: ItemFact, second: ItemFact) -> bool:
        """Ask a rule's pair whether it may fire or cannot be told; once where both sides are incoming, though it falls on each."""
        if not (first.incoming and second.incoming):
            self.work.spend(A_PAIR)
            return pair(self, first, second)
        question = number, first.index, second.index
        found = self._asked.get(question)
        if found is None:
            self.work.spend(A_PAIR)
            found = self._asked[question] = pair(self, first, second)
        return found

    def once(self, item: ItemFact, *unseen: Unseen, function: Callable[..., T]) -> T:
        """Return what a function that looks through members gives of an incoming item: worked out once for items that are alike.

        Two that are alike, of one order if of any, and of one id if that is not their own, could change places, and nobody would
        know. Not so a copy.
        """
        if not item.incoming or len(self.selves(item)) > 1:
            return function(self, item, *unseen)
        order = self.facts.order_number(item) if len(self.excluded(item)) > 1 else None
        question = function, unseen, self.facts.alike(item), order, self.facts.shared_id(item)
        if question not in self._memo:
            self._memo[question] = function(self, item, *unseen)
        return self._memo[question]  # type: ignore[return-value]

    def answered_once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """Return the answer to a question, on which alone it depends: worked out once."""
        if question not in self._memo:
            self._memo[question] = answer()
        return self._memo[question]  # type: ignore[return-value]

    # ------------------------------------------------------------------------------------------ membership

    def member(self, item: ItemFact, number: int) -> bool | None:
        """Return whether an item is in a set; None where it cannot be told."""
        concept = self._concepts.get(item.index)
        if concept is None:
            concept = self._concepts[item.index] = self.concepts.of(item)
        return True if number in concept.sure else None if number in concept.unsure else False

    def coding_member(self, coding: CodingFact, number: int) -> bool | None:
        """Return whether one coding, by itself, is in a set."""
        concept = self.concepts.of_coding(coding.info)
        return True if number in concept.sure else None if number in concept.unsure else False

    def codings_of(self, item: ItemFact, name: str) -> tuple[CodeInfo, ...]:
        """Return the looked-up codings of a coded field of an item, looked up once."""
        question = item.index, name
        if question not in self._memo:
            self._memo[question] = item_codings(item, name)
        return self._memo[question]  # type: ignore[return-value]

    def infos_member(self, infos: tuple[CodeInfo, ...], number: int) -> bool | None:
        """Return whether a coded field is in a set."""
        return self.sets[number].holds(infos)

    def codings(self, item: ItemFact) -> tuple[CodingFact, ...]:
        """Return every coding sent with an incoming item."""
        found = self._codings.get(item.index)
        if found is None:
            found = self._codings[item.index] = tuple(self.facts.codings(item))
        return found

    # ------------------------------------------------------------------------------------------ ages

    def younger(self, last: int, n: int, unit: Unit) -> bool:
        """Return whether on day `last` the patient, born as early as may be, has not completed `n` units."""
        return add(self.born_first, n, unit) > last

    def not_reached(self, first: int, n: int, unit: Unit) -> bool:
        """Return whether on day `first` the patient, born as late as may be, has not completed `n` units."""
        return add(self.born_last, n, unit) > first
