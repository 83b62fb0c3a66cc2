"""What makes a program visit a rule, and which applications it then has to ask about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from operator import attrgetter
from typing import Any, Literal

from codesafety import ir
from codesafety.evaluation.atoms import comes_first
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.answers import Answer, every, history_stands, lone, stands, told
from codesafety.evaluation.compiled.joins import together
from codesafety.evaluation.compiled.needed import needed, share_a_day
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.compiled.standing import rows_of
from codesafety.evaluation.compiled.writer import Shape, Side
from codesafety.evaluation.facts import ItemFact, TextFact
from codesafety.evaluation.outcome import Application, Bindable, Status
from codesafety.evaluation.work import A_PAIR
from codesafety.ir import Kind
from codesafety.plain import parts_of

Found = list[tuple[Shape | Literal["no_row", "not_understood"], Bindable, Any]]
"""Applications that may fire or cannot be told: shape, trigger, partner (of `not_understood`: the variable of its side, and what
the partners are called, if none of them was seen)."""
Ask = Callable[[Scene, Any], "int | Found"]
Asked = Mapping[Shape | Side, Callable[..., Any]]


@dataclass(frozen=True, eq=False)
class Trigger:
    """One way into a rule: an item of `kind`, in `set` or with rows in `table` if any. `ask` is falsy where it is clear.

    `lost` is asked instead where the set has nothing to say of the item. `make` writes what asks, when it is first needed: of
    many rules a message concerns few.
    """

    number: int
    rule: ir.Rule
    kind: Kind
    make: Callable[[], Ask]
    set: str | None = None
    table: str | None = None
    lost: NotUnderstood | None = None

    @cached_property
    def ask(self) -> Ask:
        try:
            return self.make()
        except Exception as error:  # noqa: BLE001  as when it is asked: a rule that cannot be written breaks alone
            return _broken(error)


def _broken(error: Exception) -> Ask:
    def ask(scene: Scene, item: ItemFact) -> Found:
        raise error.with_traceback(None)

    return ask


def triggers_of(
    number: int, rule: ir.Rule, binding: Binding, numbers: Mapping[str, int], asked: Callable[[], Asked]
) -> Iterator[Trigger]:
    """Yield the ways into a rule."""
    one, other = rule.trigger.subject, rule.trigger.partner
    if other is None:
        yield Trigger(number, rule, one.kind, lambda: _alone(one, numbers, asked()), one.set, lost=NotUnderstood(one))
    elif one.kind is Kind.TEXT:
        yield Trigger(number, rule, one.kind, lambda: _of_words(rule, numbers, asked()))
    elif other.kind is Kind.ROW:
        assert other.table is not None
        yield Trigger(number, rule, one.kind, lambda: _with_rows(rule, binding, numbers, asked()), table=other.table)
    else:
        as_subject = partial(_as_subject, number, rule, binding, numbers)
        of_its_order = other.order_of is not None
        lost = NotUnderstood(one, other.kind is not Kind.MEDICATION, of_its_order)
        yield Trigger(number, rule, one.kind, lambda: as_subject(asked()), one.set, lost=lost)
        if not rule.trigger.unordered:
            as_partner = partial(_as_partner, number, rule, binding, numbers)
            lost = NotUnderstood(other, one.kind is not Kind.MEDICATION, of_its_order)
            yield Trigger(number, rule, other.kind, lambda: as_partner(asked()), other.set, lost=lost)


def _may_stand(kind: Kind) -> Callable[[ItemFact], int]:
    """Return what tells whether an item may stand as one of a kind by default."""
    match kind:
        case Kind.MENTION:
            return lambda item: 2
        case Kind.HISTORY:
            return attrgetter("history")
        case _:
            return attrgetter("stands")


def _context(item: ItemFact, var: ir.Var) -> Answer:
    """Return whether an item stands as one of its kind by default, with what is missing."""
    match var.kind:
        case Kind.MENTION:
            return True
        case Kind.HISTORY:
            return history_stands(item, var.name)
        case _:
            return stands(item, var.name)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What answers for items of which a trigger's set has nothing to say: it cannot be told, whatever else the rule asks.

    `beside`: whether the rule's partners are entries, where it has partners; `of_its_order`: whether they are parts of one order.
    """

    var: ir.Var
    beside: bool | None = None
    of_its_order: bool = False

    def __call__(self, scene: Scene, item: ItemFact) -> int | Found:
        if not _may_stand(self.var.kind)(item):
            return False
        unseen: frozenset[str] = frozenset()
        if self.beside is not None and not _has_seen_another(scene, item, self.beside, self.of_its_order):
            unseen = frozenset(member.called for member in scene.unseen(self.beside))
            if not unseen:
                return False
        return [("not_understood", item, (self.var, unseen))]


LostAnswer = tuple[Trigger, tuple[frozenset[str], ...], frozenset[str]]
"""What is missing of each application that cannot be told, and of all of them."""


class Lost:
    """Rules that no item of a plan can be told of: every way into them is lost. Items that stand alike are answered once."""

    def __init__(self, triggers: Sequence[Trigger]) -> None:
        self.triggers = triggers
        self._beside = {
            (t.lost.beside, t.lost.of_its_order) for t in triggers if t.lost is not None and t.lost.beside is not None
        }

    def ask(self, scene: Scene, item: ItemFact) -> tuple[LostAnswer, ...]:
        """Return what cannot be told of an item, by rules in their order."""
        others = tuple([_has_seen_another(scene, item, *each) for each in self._beside])
        said = (item.history, item.context) if item.is_entry else ()
        question = self, item.stands, said, others
        return scene.answered_once(question, partial(self._answers, scene, item))

    def _answers(self, scene: Scene, item: ItemFact) -> tuple[LostAnswer, ...]:
        every: dict[int, tuple[Trigger, dict[frozenset[str], None]]] = {}
        for trigger in self.triggers:
            assert trigger.lost is not None
            for _, _, (var, unseen) in trigger.lost(scene, item) or ():  # type: ignore[union-attr]
                application = not_understood_application(item, var, unseen)
                if application.status is Status.CANNOT_TELL:
                    every.setdefault(trigger.number, (trigger, {}))[1][application.missing] = None
        return tuple((trigger, tuple(missing), frozenset().union(*missing)) for trigger, missing in every.values())


def not_understood_application(item: ItemFact, var: ir.Var, unseen: frozenset[str]) -> Application:
    """Return the application of an item of which a trigger's set has nothing to say (table 8).

    `unseen`: what its partners are called, if none of them was seen: there may be none, and then it is no application.
    """
    answer = _missing(var.name, var.kind, unseen, _context(item, var))
    if isinstance(answer, bool):
        return Application(item, None, Status.CLEAR)
    return Application(item, None, Status.CANNOT_TELL, answer)


@lru_cache(maxsize=4096)
def _missing(name: str, kind: Kind, unseen: frozenset[str], context: Answer) -> Answer:
    """Return one set of what is missing for all items that miss it: a message of unknown codes has very many such answers."""
    return every([lone(f"{name}.{'product' if kind is Kind.MEDICATION else 'code'}") | unseen, context])


def _alone(one: ir.Var, numbers: Mapping[str, int], asked: Asked) -> Ask:
    ask = asked["one"]
    if one.kind is not Kind.CODING or one.set is None:
        return ask
    number = numbers[one.set]

    def ask_member(scene: Scene, coding: Any) -> int | Found:
        return scene.coding_member(coding, number) is not False and ask(scene, coding)

    return ask_member


def _candidates(
    rule: ir.Rule,
    wanted: ir.Var,
    binding: Binding,
    numbers: Mapping[str, int],
    may: Callable[..., bool] | None,
    *narrow: Callable[..., list[ItemFact]] | None,
) -> Callable[[Scene, ItemFact], list[ItemFact]]:
    """Return what finds the members that may stand beside an item: of medicines whose days must meet, those whose days may.

    `may`: what they are asked by themselves, if anything. `narrow`: what leaves out those whose days do not go with the item's, on
    each side that they may stand on.
    """
    one, other = rule.trigger.subject, rule.trigger.partner
    assert other is not None
    lists = _lists(rule, wanted, numbers, may)
    if looks_no_further(rule) and other.order_of is None:
        every_list = lists
        lists = lambda scene, item: tuple([scene.of_each_kind(found) for found in every_list(scene, item)])  # noqa: E731
    overlaps = needed(rule.when, ir.Overlaps, one.slot, other.slot)
    if share_a_day(overlaps, binding):
        return lambda scene, item: together(scene.at_one_time(found, item) for found in lists(scene, item))
    narrowing = [each for each in narrow if each is not None]
    if len(narrowing) == len(narrow):
        return lambda scene, item: together(each(scene, found, item) for found in lists(scene, item) for each in narrowing)
    return lambda scene, item: together(lists(scene, item))


def looks_no_further(rule: ir.Rule) -> bool:
    """Return whether a rule looks at both sides of a pair alone, and at no name: then items that are alike answer alike.

    What quantifiers find may be another item beside each of them, a predicate may look at anything, and where a rule is in
    force depends on the item that it falls on.
    """
    return rule.valid_from is rule.valid_until is None and _looks(rule) == (True, False)


def may_repeat(rule: ir.Rule) -> bool:
    """Return whether a rule looks through members, and gives the same answer of items that are alike and each alone in its order."""
    return _looks(rule) == (True, True)


def _looks(rule: ir.Rule) -> tuple[bool, bool]:
    """Return whether a rule asks for no id and no order, and no predicate, which may look at anything; and whether it quantifies."""
    at_no_name, quantifies = True, False
    for part in parts_of((rule.when, *(unless.condition for unless in rule.unless))):
        match part:
            case ir.Custom() | ir.Field(name="id" | "order"):
                at_no_name = False
            case ir.Quantified() | ir.Ordered():
                quantifies = True
    return at_no_name, quantifies


def _lists(
    rule: ir.Rule, wanted: ir.Var, numbers: Mapping[str, int], may: Callable[..., bool] | None
) -> Callable[[Scene, ItemFact], tuple[list[ItemFact], ...]]:
    """Return what finds lists of the members of a set, of those that share an item's key or its order, or of all."""
    one, other = rule.trigger.subject, rule.trigger.partner
    assert other is not None
    members = _members(wanted, numbers, may)
    if other.order_of is not None:
        return lambda scene, item: (scene.of_the_order(members(scene), item),)
    if wanted.set is not None:
        return lambda scene, item: (members(scene),)
    if needed(rule.when, ir.SameProduct, one.slot, other.slot):
        return lambda scene, item: scene.possible_products(members(scene), item)
    if needed(rule.when, ir.SharesIngredient, one.slot, other.slot):
        return lambda scene, item: scene.possible_ingredients(members(scene), item)
    same_code_and_day = bool(needed(rule.when, ir.FieldSame, one.slot, other.slot)) and bool(
        needed(rule.when, ir.SameDay, one.slot, other.slot)
    )
    if same_code_and_day or needed(rule.when, ir.SameEntry, one.slot, other.slot):
        return lambda scene, item: (scene.possible_twins(members(scene), item),)
    return lambda scene, item: (members(scene),)


def _members(wanted: ir.Var, numbers: Mapping[str, int], may: Callable[..., bool] | None) -> Callable[[Scene], list[ItemFact]]:
    """Return what finds the members of a set, or everyone: of them those that may do by themselves."""
    is_entry = wanted.kind is not Kind.MEDICATION
    every: Callable[[Scene], list[ItemFact]]
    if wanted.set is None:
        every = lambda scene: scene.everyone(is_entry)  # noqa: E731
    else:
        number = numbers[wanted.set]
        every = lambda scene: scene.members(number, is_entry)  # noqa: E731
    return every if may is None else lambda scene: scene.by_themselves(every(scene), may)


def _as_subject(number: int, rule: ir.Rule, binding: Binding, numbers: Mapping[str, int], asked: Asked) -> Ask:
    """Ask about an item in the trigger's place, beside every partner; a pair without order stands incoming first."""
    other = rule.trigger.partner
    assert other is not None
    as_subject, as_partner = asked.get("subject", _anything), asked.get("partner", _anything)
    partners, subjects = asked.get("partners"), asked.get("subjects")
    beside_a_subject = _candidates(rule, other, binding, numbers, asked.get("partner"), partners)
    beside_a_partner = _candidates(rule, other, binding, numbers, asked.get("subject"), subjects)
    beside_either = _candidates(rule, other, binding, numbers, asked.get("either"), partners, subjects)
    pair, unseen_partner = asked["pair"], asked["unseen_partner"]
    is_entry = other.kind is not Kind.MEDICATION
    may_stand = _may_stand(rule.trigger.subject.kind)
    unordered = rule.trigger.unordered
    no_others = _no_others(other)

    def ask(scene: Scene, item: ItemFact) -> bool | Found:
        if not may_stand(item):
            return False
        is_subject, is_partner = as_subject(scene, item), unordered and as_partner(scene, item)
        if not (is_subject or is_partner):
            return False
        find = beside_a_partner if not is_subject else beside_either if is_partner else beside_a_subject
        found: Found = []
        excluded = None
        scene.work.spend(A_PAIR)  # before the members are gathered
        for member in scene.work.counted(find(scene, item)):
            if excluded is None:
                excluded = no_others(scene, item)
            if member.index in excluded:
                continue
            first, second = (member, item) if unordered and not comes_first(item, member) else (item, member)
            if scene.may_fire(number, pair, first, second):
                found.append(("pair", first, second))
        for unseen in scene.unseen(is_entry):
            if unseen_partner(scene, item, unseen):
                found.append(("unseen_partner", item, unseen))
        return found

    return ask


def _anything(scene: Scene, item: ItemFact) -> bool:
    """Return that an item may stand where a rule asks nothing of it by itself."""
    return True


def _no_others(partner: ir.Var) -> Callable[[Scene, ItemFact], frozenset[int]]:
    """Return what tells which items are no other than one, beside such a partner."""
    return Scene.excluded if partner.order_of is None else Scene.selves


def _of_words(rule: ir.Rule, numbers: Mapping[str, int], asked: Asked) -> Ask:
    """Ask about words beside every partner but the item whose words they are.

    Of words that are alike the first stand beside every partner, so that each is told; the others beside those of each kind.
    """
    other = rule.trigger.partner
    assert other is not None
    is_entry = other.kind is not Kind.MEDICATION
    pair, unseen_partner = asked["pair"], asked["unseen_partner"]
    listed = None if other.set is None else numbers[other.set]
    no_further, narrow = looks_no_further(rule), asked.get("partners")

    def ask(scene: Scene, text: TextFact) -> bool | Found:
        found: Found = []
        members = scene.everyone(is_entry) if listed is None else scene.members(listed, is_entry)
        scene.work.spend(A_PAIR)
        if no_further and scene.heard(pair, text):
            members = scene.of_each_kind(members)
        if narrow is not None:
            members = narrow(scene, members, text)
        excluded = scene.excluded(text.item)
        for member in scene.work.counted(members):
            if member.index not in excluded and pair(scene, text, member):
                found.append(("pair", text, member))
        for unseen in scene.unseen(is_entry):
            if unseen_partner(scene, text, unseen):
                found.append(("unseen_partner", text, unseen))
        return found

    return ask


def _as_partner(number: int, rule: ir.Rule, binding: Binding, numbers: Mapping[str, int], asked: Asked) -> Ask:
    """Ask about an item in the partner's place, beside everything that may stand in the trigger's."""
    one, other = rule.trigger.subject, rule.trigger.partner
    assert other is not None
    find = _candidates(rule, one, binding, numbers, asked.get("subject"), asked.get("subjects"))
    pair, unseen_subject, as_partner = asked["pair"], asked["unseen_subject"], asked.get("partner", _anything)
    is_entry = one.kind is not Kind.MEDICATION
    may_stand = _may_stand(other.kind)
    no_others = _no_others(other)

    def ask(scene: Scene, item: ItemFact) -> bool | Found:
        if not may_stand(item) or not as_partner(scene, item):
            return False
        found: Found = []
        excluded = None
        scene.work.spend(A_PAIR)  # before the members are gathered
        for member in scene.work.counted(find(scene, item)):
            if excluded is None:
                excluded = no_others(scene, item)
            if member.index not in excluded and scene.may_fire(number, pair, member, item):
                found.append(("pair", member, item))
        for unseen in scene.unseen(is_entry):
            if unseen_subject(scene, unseen, item):
                found.append(("unseen_subject", unseen, item))
        return found

    return ask


def _with_rows(rule: ir.Rule, binding: Binding, numbers: Mapping[str, int], asked: Asked) -> Ask:
    """Ask about an item beside each row of its code; without rows and without a code of the table's system, it is unknown."""
    one, row = rule.trigger.subject, rule.trigger.partner
    assert row is not None and row.table is not None
    rows = binding.tables[row.table]
    system = binding.table_systems[row.table]
    pair = asked["pair"]
    number = numbers[one.set] if one.set is not None else None
    may_stand = _may_stand(one.kind)

    def ask(scene: Scene, item: ItemFact) -> bool | Found:
        if number is not None and scene.member(item, number) is False:
            return False
        found: Found = []
        every_row = rows_of(item.infos, rows)
        for each in every_row:
            if pair(scene, item, each):
                found.append(("pair", item, each))
        if not every_row and not any(info.speaks and info.system == system for info in item.infos):
            if may_stand(item):
                found.append(("no_row", item, None))
        return found

    return ask


def no_row_application(scene: Scene, trigger: Trigger, item: ItemFact) -> Application:
    """Return the application of an item whose rows cannot be looked up: no code of it is one of the table's system."""
    one = trigger.rule.trigger.subject
    parts: list[Answer] = [lone(f"{one.name}.code")]
    if one.set is not None:
        field = "product" if one.kind is Kind.MEDICATION else "code"
        parts.append(told(scene.member(item, scene.concepts.numbers[one.set]), f"{one.name}.{field}"))
    parts.append(_context(item, one))
    answer = every(parts)
    if isinstance(answer, bool):
        return Application(item, None, Status.CLEAR)
    return Application(item, None, Status.CANNOT_TELL, answer)


# ------------------------------------------------------------------------------------------------ what was never visited


@dataclass(frozen=True, slots=True)
class Category:
    """Rules that have, or do not have, an application for an item all alike."""

    sort: Literal["message", "coding", "text", "words", "one", "row", "pair"]
    is_entry: bool = True
    partner_is_entry: bool = True
    unordered: bool = False
    of_its_order: bool = False
    table: str | None = None
    rows: Mapping[str, tuple[ir.TableRow, ...]] | None = field(default=None, compare=False)
    system: str | None = None

    def applies(self, scene: Scene, subject: ItemFact | None) -> bool:
        """Return whether a rule of this category has an application for a whole incoming item, or for the message (None)."""
        match self.sort:
            case "message":
                return subject is None
            case "coding":
                if subject is None:
                    return next(scene.facts.message_codings(), None) is not None
                return any(scene.codings(part) for part in scene.facts.parts(subject))
            case "text":
                return bool(scene.facts.texts(subject))
            case "words":
                return any(
                    _has_another(scene, text.item, self.partner_is_entry, of_its_order=False)
                    if text.item is not None
                    else bool(scene.unseen(self.partner_is_entry) or scene.everyone(self.partner_is_entry))
                    for text in scene.facts.texts(subject)
                )
            case "one":
                return subject is not None and subject.is_entry == self.is_entry
            case "row":
                return (
                    subject is not None
                    and subject.is_entry == self.is_entry
                    and any(self._has_row(part) for part in scene.facts.parts(subject))
                )
            case "pair":
                if subject is None:
                    return False
                sides = {(self.is_entry, self.partner_is_entry)}
                if not self.unordered:
                    sides.add((self.partner_is_entry, self.is_entry))
                return any(
                    subject.is_entry == own and _has_another(scene, part, wanted, self.of_its_order)
                    for own, wanted in sides
                    for part in scene.facts.parts(subject)
                )

    def _has_row(self, part: ItemFact) -> bool:
        assert self.rows is not None
        return bool(rows_of(part.infos, self.rows)) or not any(i.speaks and i.system == self.system for i in part.infos)


def _has_another(scene: Scene, item: ItemFact, is_entry: bool, of_its_order: bool) -> bool:
    return bool(scene.unseen(is_entry)) or _has_seen_another(scene, item, is_entry, of_its_order)


def _has_seen_another(scene: Scene, item: ItemFact, is_entry: bool, of_its_order: bool) -> bool:
    everyone = scene.everyone(is_entry)
    if of_its_order:
        everyone, excluded = scene.of_the_order(everyone, item), scene.selves(item)
    else:
        excluded = scene.excluded(item)
    return any(other.index not in excluded for other in everyone)


def category(rule: ir.Rule, binding: Binding) -> Category:
    one, other = rule.trigger.subject, rule.trigger.partner
    is_entry = one.kind is not Kind.MEDICATION
    if one.kind is Kind.MESSAGE:
        return Category("message")
    if one.kind is Kind.CODING:
        return Category("coding")
    if one.kind is Kind.TEXT:
        return Category("text") if other is None else Category("words", partner_is_entry=other.kind is not Kind.MEDICATION)
    if other is None:
        return Category("one", is_entry)
    if other.kind is Kind.ROW:
        assert other.table is not None
        return Category(
            "row", is_entry, table=other.table, rows=binding.tables[other.table], system=binding.table_systems[other.table]
        )
    return Category("pair", is_entry, other.kind is not Kind.MEDICATION, rule.trigger.unordered, other.order_of is not None)


def listed_sets(rules: Iterable[ir.Rule]) -> frozenset[str]:
    """Return the value sets whose members some rule looks through: partners' and quantified ones."""
    found: set[str] = set()
    for rule in rules:
        if rule.trigger.partner is not None:
            found.update(var.set for var in (rule.trigger.subject, rule.trigger.partner) if var.set is not None)
        for condition in (rule.when, *(u.condition for u in rule.unless)):
            if condition is not None:
                found.update(_quantified_sets(condition))
    return frozenset(found)


def _quantified_sets(condition: ir.Condition) -> Iterator[str]:
    if isinstance(condition, ir.Quantified | ir.Ordered) and condition.var.set is not None:
        yield condition.var.set
    for part in ir.inner(condition):
        yield from _quantified_sets(part)
