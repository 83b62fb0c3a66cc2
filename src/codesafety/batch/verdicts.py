"""What rules can have to say of a row, from all of it but its patient, its name and its dates: worked out once for all rows that are alike.

A representative of such rows is read by the reader and asked of the program. A rule that looks at nothing else has answered for all of them. Of
one that looks at dates or at the patient, the reference judges what is the same in each; what is left is a small question of days, age and gender,
which columns answer (`sieve`). A rule that looks at other items is said to: which side of a pair the row may be, and in which sets it is looked for.

Nothing here says that a rule fires. It says of rows that a rule is certainly clear of them, or cannot be told for want of a whole input alone, which
counts for nothing (`never`). Every other row is answered as a message is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from codesafety import ir
from codesafety.engine import Engine
from codesafety.evaluation.atoms import is_kind
from codesafety.evaluation.compiled.needed import needed
from codesafety.evaluation.compiled.number_steps import days_window
from codesafety.evaluation.compiled.standing import rows_of
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import Bindable, RunResult, Status
from codesafety.evaluation.reference.comparisons import Bound, Frame
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.plain import parts_of
from codesafety.record import Entry, Medication, Record, Submission
from codesafety.terminology.sctid import Damage

Tree = tuple[Any, ...]
"""A question of days, age and gender: ("and" | "or" | "not", trees ...), or one comparison of columns; ("beside", set): whether another row of the
patient's and the day may be in a set; ("?",) is none that columns answer."""
NOT_ASKED: Tree = ("?",)
ALL = "*"
"""In the place of a value set: every item."""
_OF_OTHERS = (ir.Quantified, ir.Ordered, ir.Custom)
_OF_DAYS = (ir.AgeCompare, ir.AgeRange, ir.Before, ir.SameDay, ir.Within, ir.Beyond, ir.Nearer, ir.Overlaps, ir.SameEntry)
_VARY = frozenset(
    {"date", "end_date", "recorded", "start", "end", "course", "id", "order", "handed_over", "prepared", "authored"}
)
_COLUMNS = {"date": "day", "start": "day", "end_date": "end_day", "recorded": "recorded_day"}
_DATED = frozenset({ir.Kind.ENTRY, ir.Kind.HISTORY, ir.Kind.MENTION, ir.Kind.MEDICATION})
_FAR = 4_000_000
"""Days: more than there are to count."""
_OF_PATIENT = {"born": "born_day", "died": "died_day", "gender": "gender", "deceased": "deceased", "sex_at_birth": "sex_at_birth"}


@dataclass(frozen=True, slots=True)
class Question:
    """One rule that may have something to say. It has not where one of the trees is false; nor, if `whole`, where all are true: then it wants
    for a whole input alone. `needs`: the sets whose members it looks for beside the row."""

    trees: tuple[Tree, ...]
    whole: bool
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """A side of a pair that a row may be. Two rows make a pair only under one token; `?` goes with any.

    Of rules whose untold pairs are told of the second side alone (`Verdicts.told_of_partner`): `lacks`, of that side, that its own code is not
    known; `holds`, of the first, where all that is asked of it and of its patient is certainly so.
    """

    rule: int
    side: int
    token: str
    lacks: bool = False
    holds: tuple[Tree, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of all rows that are alike.

    `kept`: each is answered as a message is, whatever its dates and its patient. `whole`: and so are all rows of its patient, for what the row
    comes to is no one item. `needs`: the sets whose members rules look for beside a row that is answered. `medicine`: it is one, and no entry.
    `beside_any`: a rule about pairs does not understand its code, and says so where the patient has any other item.
    """

    kept: bool
    whole: bool = False
    questions: frozenset[Question] = frozenset()
    roles: frozenset[Role] = frozenset()
    listed: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    medicine: bool = False
    beside_any: bool = False


class _Conjunct:
    """One condition of those that must all hold, and what is looked at in it."""

    def __init__(self, condition: ir.Condition) -> None:
        self.condition = condition
        self.varies = _varies((condition,))
        self.slots = frozenset(part.slot for part in parts_of((condition,)) if isinstance(part, ir.Var))


class Verdicts:
    """Works out verdicts by one engine, for scans beside one record (the empty one that is complete, or none)."""

    def __init__(self, engine: Engine, record: Record | None) -> None:
        self.engine, self.record = engine, record
        self.rules = engine.binding.rules
        self._varies = [
            rule.valid_from is not None or rule.valid_until is not None or _varies(_conditions(rule)) for rule in self.rules
        ]
        self._needs = [frozenset(_needs(_conditions(rule))) for rule in self.rules]
        self._conjuncts = [
            [_Conjunct(one) for one in (() if rule.when is None else _conjuncts(rule.when))] for rule in self.rules
        ]
        interpreter = Interpreter(engine.binding, Facts(Submission(format="flat-table"), record, engine.binding.codebook))
        self.windows = {
            number: window
            for number, rule in enumerate(self.rules)
            if _is_pair(rule) and (window := _window(rule, interpreter)) is not None
        }
        """Of rules about pairs: how many days after the first side the other must be, at least and at most, or the rule is clear."""
        self.of_everybody = frozenset(
            name for rule, needs in zip(self.rules, self._needs) if rule.trigger.subject.kind is ir.Kind.MESSAGE for name in needs
        )
        """What rules about the message as a whole look for: no row of it is left out."""

        self.told_of_partner = frozenset(
            number
            for number, rule in enumerate(self.rules)
            if _is_pair(rule) and not self._needs[number] and _is_of_partner(rule, interpreter)
        )
        """Rules on an entry any number of days after another. Where that one's code is not known, whichever entry is after it says the same of it."""
        self.counts_record = not (record is not None and record.complete)
        """Whether what cannot be told beside a partner wants for the record too, whose line counts the entries."""

        self._swayed = frozenset(number for number, rule in enumerate(self.rules) if _is_pair(rule) and _is_swayed(rule))

    def needs(self, rule: int) -> frozenset[str]:
        return self._needs[rule]

    def of(self, submission: Submission) -> Verdict:
        """Return the verdict on rows of which this is one, alone, of an unknown patient, on some exact day."""
        items: tuple[Entry | Medication, ...] = (*submission.entries, *submission.medications)
        if len(items) != 1 or submission.texts:
            return Verdict(True, whole=True)
        facts = Facts(submission, self.record, self.engine.binding.codebook)
        (item, *parts) = facts.incoming
        if parts:
            return Verdict(True, whole=True)
        run = self.engine.program.run(facts)
        kept = bool(
            submission.not_read
            or run.broken
            or items[0].subject in ("another", "unknown")
            or any(info.damage is Damage.EXPRESSION for info in item.infos)
        )
        interpreter = Interpreter(self.engine.binding, facts)
        missing = self._missing(run)
        questions: set[Question] = set()
        roles: set[Role] = set()
        triggers = self.engine.program.triggers_on(item)
        told = {info.system for info in item.infos if info.speaks}
        sets = {trigger.set for trigger in triggers if trigger.set is not None and _is_pair(trigger.rule)}
        for number in sorted({trigger.number for trigger in triggers}):
            rule = self.rules[number]
            if _is_pair(rule):
                mine = set(self._roles(number, rule, item, facts, interpreter))
                kept = kept or (bool(mine) and not self._is_quiet(missing.get(number)))
                roles |= mine
                if number in self._swayed:
                    questions |= set(self._alone(number, rule, item, facts, interpreter))
            elif not self._varies[number]:
                kept = kept or not self._is_quiet(missing.get(number))
            else:
                for frame in _frames(rule, item, facts, interpreter):
                    asked = self._question(number, rule, frame, interpreter, self._conjuncts[number])
                    if asked is not None and (asked.trees or not asked.whole):
                        questions.add(asked)
        needs = {name for asked in questions for name in asked.needs} | {
            name for role in roles for name in self._needs[role.rule]
        }
        return Verdict(
            kept,
            False,
            frozenset(questions),
            frozenset(roles),
            self.engine.program.listed_with(item),
            frozenset(needs),
            medicine=not item.is_entry,
            beside_any=any(self.engine.binding.sets[name].systems.isdisjoint(told) for name in sets),
        )

    def _is_quiet(self, missing: frozenset[str] | None) -> bool:
        """Return whether an answer counts for nothing: clear, or wanting for whole inputs that are never given."""
        return missing is None or (bool(missing) and missing <= self.engine.never)

    def _question(
        self,
        number: int,
        rule: ir.Rule,
        frame: Frame,
        interpreter: Interpreter,
        conjuncts: Iterable[_Conjunct],
        lacking: Iterable[str] = (),
    ) -> Question | None:
        """Return what is left to ask of a rule about one of the item's facts; None where it is clear. `lacking`: what it wants for in any case."""
        trees: list[Tree] = _in_force(rule)
        lacking = set(lacking)
        truths = interpreter.of_trigger(rule, frame)
        for one in conjuncts:
            if one.varies:
                match _reduced(one.condition, frame, interpreter):
                    case False:
                        return None
                    case tuple() as tree:
                        trees.append(tree)
            else:
                truths.append(interpreter.judge(one.condition, frame))
        for value, missing in truths:
            if value is False:
                return None
            lacking |= missing
        whole = self._is_quiet(frozenset(lacking)) and not rule.unless
        return Question(tuple(trees), whole, self._needs[number])

    def _alone(self, number: int, rule: ir.Rule, item: ItemFact, facts: Facts, interpreter: Interpreter) -> Iterator[Question]:
        """Yield what is left to ask of an item that may be a side of a pair whose other side was not seen, where its day or its patient sways it."""
        scene = self.engine.program.scene(facts)
        one, other = rule.trigger.subject, rule.trigger.partner
        assert other is not None
        for var, unseen in ((one, other), (other, one)):
            if not scene.unseen(unseen.kind is not ir.Kind.MEDICATION):
                continue
            by_itself = replace(rule, trigger=ir.Trigger(var))
            mine = [each for each in self._conjuncts[number] if each.slots <= {var.slot}]
            for bound in _bindable(var, item, facts):
                asked = self._question(number, by_itself, {var.slot: Bound(bound, var.name)}, interpreter, mine, {"record"})
                if asked is not None:
                    yield asked

    def _roles(self, number: int, rule: ir.Rule, item: ItemFact, facts: Facts, interpreter: Interpreter) -> Iterator[Role]:
        one, other = rule.trigger.subject, rule.trigger.partner
        assert other is not None
        for side, var in enumerate((one, other)):
            for bound in _bindable(var, item, facts):
                frame: Frame = {var.slot: Bound(bound, var.name)}
                if not self._may_be(number, var, frame, interpreter):
                    continue
                lacks, holds = False, None
                if number in self.told_of_partner:
                    alone = replace(rule, trigger=ir.Trigger(var))
                    lacks = side == 1 and self._lacks_code(alone, frame, item, interpreter)
                    holds = self._holds(number, alone, other, frame, item, interpreter) if side == 0 else None
                yield from (Role(number, side, token, lacks, holds) for token in _tokens(rule, one, other, item))
                break

    def _lacks_code(self, alone: ir.Rule, frame: Frame, item: ItemFact, interpreter: Interpreter) -> bool:
        """Return whether of the second side nothing is missing but what its code means."""
        name = alone.trigger.subject.set
        assert name is not None
        in_set, *rest = interpreter.of_trigger(alone, frame)
        return (
            in_set[0] is None
            and self.engine.binding.sets[name].holds(item.infos) is None
            and all(told is True for told, _ in rest)
        )

    def _holds(
        self, number: int, alone: ir.Rule, other: ir.Var, frame: Frame, item: ItemFact, interpreter: Interpreter
    ) -> tuple[Tree, ...] | None:
        """Return the questions that must all be so, for all that is asked of the first side alone to be; None where it is not, or not known to be."""
        assert other.set is not None
        told = {info.system for info in item.infos if info.speaks}
        if told.isdisjoint(self.engine.binding.sets[other.set].systems):
            return None  # its own line says that its code is not understood
        trees: list[Tree] = []
        asked = [_reduced(one.condition, frame, interpreter) for one in self._conjuncts[number] if other.slot not in one.slots]
        for one in (*asked, *(value is True for value, _ in interpreter.of_trigger(alone, frame))):
            match one:
                case bool():
                    if not one:
                        return None
                case tree:
                    trees.append(tree)
        return tuple(trees)

    def _may_be(self, number: int, var: ir.Var, frame: Frame, interpreter: Interpreter) -> bool:
        """Return whether what is asked of one side of a pair alone may hold of it."""
        bound = frame[var.slot].value
        if isinstance(bound, ItemFact) and var.set is not None and self.engine.binding.sets[var.set].holds(bound.infos) is False:
            return False
        return not any(
            one.slots <= {var.slot} and not one.varies and interpreter.judge(one.condition, frame)[0] is False
            for one in self._conjuncts[number]
        )

    def _missing(self, run: RunResult) -> dict[int, frozenset[str]]:
        """Return what each rule lacks that could not be told, by its number; nothing of one that fires."""
        found: dict[int, frozenset[str]] = {}
        for outcome in run.outcomes:
            number = self.engine.program.number(outcome.rule.name)
            lacks = outcome.missing if outcome.status is Status.CANNOT_TELL else frozenset()
            before = found.get(number, lacks)
            found[number] = before | lacks if before and lacks else frozenset()
        return found


def _conditions(rule: ir.Rule) -> tuple[ir.Condition, ...]:
    return (*(() if rule.when is None else (rule.when,)), *(unless.condition for unless in rule.unless))


def _varies(conditions: Iterable[ir.Condition]) -> bool:
    """Return whether conditions look at what rows that are alike do not share."""
    return any(
        isinstance(part, (*_OF_OTHERS, *_OF_DAYS))
        or (isinstance(part, ir.Field) and (part.base == "patient" or (part.var is not None and part.name in _VARY)))
        for condition in conditions
        for part in parts_of((condition,))
    )


def _needs(conditions: Iterable[ir.Condition]) -> Iterator[str]:
    for condition in conditions:
        for part in parts_of((condition,)):
            if isinstance(part, ir.Quantified | ir.Ordered):
                yield part.var.set or ALL
            elif isinstance(part, ir.Custom):
                yield ALL


def _is_pair(rule: ir.Rule) -> bool:
    return rule.trigger.partner is not None and rule.trigger.partner.kind is not ir.Kind.ROW


def _conjuncts(condition: ir.Condition) -> Iterator[ir.Condition]:
    match condition:
        case ir.And(parts):
            for part in parts:
                yield from _conjuncts(part)
        case ir.Named(part=part):
            yield from _conjuncts(part)
        case _:
            yield condition


def _bindable(var: ir.Var, item: ItemFact, facts: Facts) -> Iterator[Bindable]:
    """Yield what a variable can stand for in one item."""
    match var.kind:
        case ir.Kind.CODING:
            yield from facts.codings(item)
        case ir.Kind.TEXT:
            yield from (*facts.texts(item), *facts.texts(None))
        case kind if is_kind(item, kind):
            yield item


def _frames(rule: ir.Rule, item: ItemFact, facts: Facts, interpreter: Interpreter) -> Iterator[Frame]:
    """Yield what a rule of one item ranges over: each of its facts, beside each row of its code where it looks one up."""
    one, row = rule.trigger.subject, rule.trigger.partner
    for bound in _bindable(one, item, facts):
        frame: Frame = {one.slot: Bound(bound, one.name)}
        if row is None:
            yield frame
            continue
        assert row.table is not None
        for each in rows_of(item.infos, interpreter.binding.tables[row.table]):
            yield {**frame, row.slot: Bound(each, row.name)}


def _tokens(rule: ir.Rule, one: ir.Var, other: ir.Var, item: ItemFact) -> tuple[str, ...]:
    """Return under what an item makes a pair: a product, an ingredient or a code where the rule needs one in common."""
    if not item.is_entry:
        product = item.product
        if needed(rule.when, ir.SameProduct, one.slot, other.slot):
            return (product.same_product,) if product is not None and product.same_product is not None else ("?",)
        if needed(rule.when, ir.SharesIngredient, one.slot, other.slot):
            if product is None or product.ingredients is None or product.same_product is None:
                return ("?",)
            return (product.same_product, *sorted(product.ingredients))
    elif needed(rule.when, ir.FieldSame, one.slot, other.slot):
        if not item.infos or any(info.system != "sct" or not info.speaks for info in item.infos):
            return ("?",)
        return tuple(sorted({key for info in item.infos for key in info.keys}))
    return ("",)


def _reduced(condition: ir.Condition, frame: Frame, interpreter: Interpreter) -> bool | Tree:
    """Return a condition with what is the same in all rows put in: true, false, or what is left to ask."""
    if not _varies((condition,)):
        value, _ = interpreter.judge(condition, frame)
        return NOT_ASKED if value is None else value
    match condition:
        case ir.Named(part=part):
            return _reduced(part, frame, interpreter)
        case ir.And(parts) | ir.Or(parts):
            absorbs = isinstance(condition, ir.Or)
            asked: list[Tree] = []
            for part in parts:
                match _reduced(part, frame, interpreter):
                    case bool() as told if told is absorbs:
                        return told
                    case tuple() as tree:
                        asked.append(tree)
            return ("or" if absorbs else "and", *asked) if asked else not absorbs
        case ir.Not(part):
            match _reduced(part, frame, interpreter):
                case bool() as told:
                    return not told
                case tree:
                    return ("not", tree)
        case ir.Before(left, right) | ir.SameDay(left, right):
            sides = _column(left, frame), _column(right, frame)
            return NOT_ASKED if None in sides else ("before" if isinstance(condition, ir.Before) else "same", *sides)
        case ir.Within(left, right, length, side) | ir.Beyond(left, right, length, side) | ir.Nearer(left, right, length, side):
            sides, n = (_column(left, frame), _column(right, frame)), _length(length, frame, interpreter)
            if None in sides or n is None:
                return NOT_ASKED
            least, most = days_window(int(n.n), n.unit)
            return (type(condition).__name__.lower(), side, *sides, least, most + 1)
        case ir.IsMissing(ir.Field() as field):
            column = _column(field, frame) or (_OF_PATIENT.get(field.name) if field.base == "patient" else None)
            return NOT_ASKED if column is None or isinstance(column, int) else ("missing", column)
        case ir.Quantified(quantifier="exists" | "no") if (name := _beside(condition, frame)) is not None:
            return ("beside", name) if condition.quantifier == "exists" else ("not", ("beside", name))
        case ir.FieldIs(ir.Field(base="patient", name="gender" | "sex_at_birth" | "deceased") as field, word):
            return ("is", _OF_PATIENT[field.name], word)
        case ir.AgeCompare(at, operator, length):
            day, n = _column(at, frame), _length(length, frame, interpreter)
            if day is None or n is None or not n.n:
                return NOT_ASKED
            tree = ("younger", day, *days_window(int(n.n), n.unit))
            return tree if operator == "<" else ("not", tree)
        case ir.AgeRange(at, low, high):
            day, first, last = _column(at, frame), _length(low, frame, interpreter), _length(high, frame, interpreter)
            if day is None or first is None or last is None or not first.n:
                return NOT_ASKED
            upto = ("younger", day, *days_window(int(last.n) + 1, last.unit))
            return ("and", ("not", ("younger", day, *days_window(int(first.n), first.unit))), upto)
        case _:
            return NOT_ASKED


def _column(operand: ir.DateOperand, frame: Frame) -> str | int | None:
    """Return the column of a day, or the day itself where the rule writes one; None where columns do not have it."""
    match operand:
        case ir.DateLiteral(first, last):
            return first if first == last else None
        case ir.Field(base="patient", name="born" | "died" as name):
            return _OF_PATIENT[name]
        case ir.Field(var=ir.Var() as var, name=name) if var.slot in frame and not isinstance(frame[var.slot].value, ir.TableRow):
            held = frame[var.slot].value
            if name == "end" and isinstance(held, ItemFact) and held.course.end is None:
                return "end_day"  # it is what the row says, and follows from nothing else
            return _COLUMNS.get(name)
    return None


def _beside(asked: ir.Quantified, frame: Frame) -> str | None:
    """Return the set of which another incoming row of the row's day is looked for; None where rows of other days or a record may do too."""
    var = asked.var
    if var.set is None or var.kind not in _DATED or var.order_of is not None or asked.including is not None:
        return None
    where = list(() if asked.where is None else _conjuncts(asked.where))
    incoming = any(isinstance(one, ir.ItemIs) and one.var.slot == var.slot and one.word is ir.ItemWord.INCOMING for one in where)
    days = ((one.left, one.right) for one in where if isinstance(one, ir.SameDay))
    same_day = any(
        {_day_of_slot(left), _day_of_slot(right)} in [{var.slot, slot} for slot in frame if slot != var.slot]
        and _column(left if _day_of_slot(right) == var.slot else right, frame) == "day"
        for left, right in days
    )
    return var.set if incoming and same_day else None


def _day_of_slot(operand: ir.DateOperand) -> int | None:
    """Return the slot of the variable of whose day an operand speaks, or None."""
    match operand:
        case ir.Field(var=ir.Var() as var, name=name) if _COLUMNS.get(name) == "day":
            return var.slot
    return None


def _is_of_partner(rule: ir.Rule, interpreter: Interpreter) -> bool:
    """Return whether a rule asks of both sides of a pair, together, only that the first is more than some days after the second."""
    one, other = rule.trigger.subject, rule.trigger.partner
    if other is None or (one.kind, other.kind) != (ir.Kind.ENTRY, ir.Kind.ENTRY) or other.set is None or one.set is not None:
        return False
    if rule.trigger.unordered or rule.unless or rule.cannot_tell is not None or rule.valid_from or rule.valid_until:
        return False
    if rule.when is None or other.order_of is not None:
        return False
    both = [each for each in _conjuncts(rule.when) if other.slot in _Conjunct(each).slots]
    match both:
        case [ir.Beyond(left, right, length, "after")] if (days := _length(length, {}, interpreter)) is not None:
            exact = days.unit in (ir.Unit.DAYS, ir.Unit.WEEKS)
            return exact and _is_day_of(left, one) and _is_day_of(right, other)
    return False


def _is_day_of(operand: ir.DateOperand, var: ir.Var) -> bool:
    return isinstance(operand, ir.Field) and _COLUMNS.get(operand.name) == "day" and _day_of_slot(operand) == var.slot


def _in_force(rule: ir.Rule) -> list[Tree]:
    """Return what is left to ask of the days on which a rule holds."""
    trees: list[Tree] = []
    if rule.valid_from is not None:
        trees.append(("not", ("before", "day", rule.valid_from.first)))
    if rule.valid_until is not None:
        trees.append(("not", ("before", rule.valid_until.last, "day")))
    return trees


def _is_swayed(rule: ir.Rule) -> bool:
    """Return whether a rule may be clear of an item on one day and not on another, or of one patient and not of another of whom less is known."""
    parts = [part for condition in _conditions(rule) for part in parts_of((condition,))]
    return (
        rule.valid_from is not None
        or rule.valid_until is not None
        or any(isinstance(part, ir.DateLiteral | ir.AgeCompare | ir.AgeRange) for part in parts)
        or any(
            isinstance(part, ir.IsMissing) and isinstance(part.field, ir.Field) and part.field.base == "patient" for part in parts
        )
    )


def _window(rule: ir.Rule, interpreter: Interpreter) -> tuple[int, int] | None:
    """Return how many days after the trigger its partner is, at least and at most, where a rule about a pair is not certainly clear; None: any."""
    one, other = rule.trigger.subject, rule.trigger.partner
    assert other is not None
    if not {one.kind, other.kind} <= _DATED:
        return None
    least, most = -_FAR, _FAR
    if needed(rule.when, ir.SameEntry, one.slot, other.slot):
        least = most = 0
    for condition in () if rule.when is None else _conjuncts(rule.when):
        match condition:
            case ir.Before(left, right):
                away = (1, _FAR)
            case ir.SameDay(left, right):
                away = (0, 0)
            case (
                ir.Within(left, right, length, side) | ir.Nearer(left, right, length, side) | ir.Beyond(left, right, length, side)
            ):
                n = _length(length, {}, interpreter)
                if n is None:
                    continue
                low, high = days_window(int(n.n), n.unit)
                one_way = side in ("before", "after")
                if isinstance(condition, ir.Beyond):
                    if not one_way:
                        continue
                    away = (low + 1, _FAR)
                else:
                    away = (0 if one_way else -high - 1, high + 1)
                if side == "after":
                    away = (-away[1], -away[0])
            case _:
                continue
        slots = [_day_of_slot(left), _day_of_slot(right)]
        if slots == [other.slot, one.slot]:
            away = (-away[1], -away[0])
        elif slots != [one.slot, other.slot]:
            continue
        least, most = max(least, away[0]), min(most, away[1])
    return None if (least, most) == (-_FAR, _FAR) else (least, most)


def _length(length: ir.LengthLike, frame: Frame, interpreter: Interpreter) -> ir.Length | None:
    """Return a length in whole units; None where it is none, or the row's cell is empty or the item's own value."""
    if isinstance(length, ir.Field) and (length.var is None or not isinstance(frame[length.var.slot].value, ir.TableRow)):
        return None
    found = interpreter.length(length, frame)
    return found if found is not None and found.n == int(found.n) and found.n >= 0 else None
