"""The steps that generated functions call: each answers true, false or, where it cannot be told, the missing fields' names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from codesafety import ir
from codesafety.evaluation.atoms import compare, converted, plain, products_answer
from codesafety.evaluation.calendar import NEVER, OPEN_END, OPEN_START, Interval, add, completed
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.facts import CodingFact, ItemFact, Unseen, date_of, dosage
from codesafety.evaluation.outcome import Bindable
from codesafety.evaluation.predicates import BoundPredicate, ask
from codesafety.evaluation.sameness import same_codes, same_entry
from codesafety.evaluation.words import contradicts
from codesafety.ir import Unit
from codesafety.record import Medication, Quantity, Value
from codesafety.terminology.interface import Product
from codesafety.terminology.interface import Status as CodeStatus

Answer = bool | frozenset[str]
"""True, false, or the names of what is missing: then it cannot be told."""
Amount = tuple[Decimal, str | None, str | None] | frozenset[str]
"""A number, its unit and its comparator; or what is missing."""
Operand = ItemFact | Unseen

# ------------------------------------------------------------------------------------------------ truth


def every(parts: Iterable[Answer]) -> Answer:
    """Kleene `and`, with the union of what is missing."""
    missing: frozenset[str] | None = None
    for part in parts:
        if part is False:
            return False
        if part is not True:
            missing = part if missing is None else missing | part
    return True if missing is None else missing


def some(parts: Iterable[Answer]) -> Answer:
    """Kleene `or`, with the union of what is missing."""
    missing: frozenset[str] | None = None
    for part in parts:
        if part is True:
            return True
        if part is not False:
            missing = part if missing is None else missing | part
    return False if missing is None else missing


def opposite(part: Answer) -> Answer:
    """Kleene `not`."""
    return not part if isinstance(part, bool) else part


def known_or(answer: bool | None, missing: frozenset[str]) -> Answer:
    return missing if answer is None else answer


def told(answer: bool | None, *names: str) -> Answer:
    return frozenset(names) if answer is None else answer


def lone(name: str) -> frozenset[str]:
    return frozenset((name,))


Judge = Callable[[Operand], Answer]


def some_member(
    members: Iterable[ItemFact], excluded: frozenset[int], unseen: Iterable[Unseen], judge: Judge, judge_unseen: Judge
) -> Answer:
    """Answer whether one of the members, but for those excluded, is as asked; unseen ones are members too."""
    found = [judge(member) for member in members if member.index not in excluded]
    found += [judge_unseen(member) for member in unseen]
    return some(found)


def at_least(
    needed: Decimal | None,
    needed_name: str,
    members: Iterable[ItemFact],
    excluded: frozenset[int],
    unseen: Iterable[Unseen],
    judge: Judge,
    judge_unseen: Judge,
    date_name: str,
) -> Answer:
    """Answer whether members stand on N different days; every member that is not false may add one (table 4)."""
    if needed is None:
        return frozenset((needed_name,))
    judged: list[tuple[Operand, Answer]] = [(m, judge(m)) for m in members if m.index not in excluded]
    judged += [(m, judge_unseen(m)) for m in unseen]
    sure: set[int] = set()
    open_members: list[tuple[Operand, Answer]] = []
    for member, answer in judged:
        if answer is False:
            continue
        first, last = member.span
        if answer is True and first == last:
            sure.add(first)
        else:
            open_members.append((member, answer))
    if len(sure) >= needed:
        return True
    days = set(sure)
    undated, unbounded = 0, False
    missing: set[str] = set()
    for member, answer in open_members:
        first, last = member.span
        exact = first == last
        if exact and first in sure:
            continue
        if isinstance(member, Unseen):
            unbounded = True
        elif exact:
            days.add(first)
        else:
            undated += 1
            missing.add(date_name)
        if not isinstance(answer, bool):
            missing |= answer
    return False if not unbounded and len(days) + undated < needed else frozenset(missing)


# ------------------------------------------------------------------------------------------------ context


def entry_stands(item: ItemFact, assertion: str, subject: str, temporality: str) -> Answer:
    """Answer whether an item stands as an entry by default; the three names are those of its fields."""
    if item.stands != 1:
        return item.stands == 2
    said = item.context
    missing = []
    if said[0] is None or said[0] == "possible":
        missing.append(assertion)
    if said[1] is None:
        missing.append(subject)
    if said[2] is None:
        missing.append(temporality)
    return frozenset(missing)


def row_valid(item: ItemFact, row: ir.TableRow, name: str) -> Answer:
    """Answer whether a row is in force on an item's day."""
    first = OPEN_START if row.first is None else row.first
    last = OPEN_END if row.last is None else row.last
    if row.first is None and row.last is None:
        return True
    day = item.span
    if first <= day[0] and day[1] <= last:
        return True
    return False if day[1] < first or last < day[0] else frozenset((name,))


# ------------------------------------------------------------------------------------------------ words and codes


def person_word(raw: str | None) -> str | None:
    return None if raw in ("unknown", "other") else raw


def plain_word(raw: object) -> str | None:
    """Return a word as rules compare it, or None where it cannot be told."""
    if raw is None or raw == "unknown":
        return None
    return str(raw) if not isinstance(raw, bool) else "true" if raw else "false"


def same_word(one: str | None, other: str | None, names: tuple[str, str]) -> Answer:
    if one is not None and other is not None:
        return one == other
    return frozenset(name for name, word in zip(names, (one, other), strict=True) if word is None)


def same_concept(one: tuple[CodeInfo, ...], other: tuple[CodeInfo, ...], names: tuple[str, str]) -> Answer:
    if one and other:
        return told(same_codes(one, other), *names)
    return frozenset(name for name, infos in zip(names, (one, other), strict=True) if not infos)


def filed(scene: Scene, item: ItemFact, name: str) -> Answer:
    """Answer whether the record holds a copy of an item."""
    answer, lacking = scene.facts.already_filed(item)
    return told(answer) if lacking is None else frozenset((lacking if lacking == "record" else f"{name}.{lacking}",))


def coding_is(scene: Scene, coding: CodingFact, word: str, name: str) -> Answer:
    """Answer whether a coding is well formed, known or active."""
    info = coding.info
    if info.code is None:
        return frozenset((f"{name}.code",))
    if info.system is None:
        return frozenset((f"{name}.system",))
    formed = bool(info.well_formed)
    if info.system != "sct":
        return formed if word == "well-formed" else frozenset((f"release.{info.system}",))
    if word == "well-formed" or (word == "known" and not formed):
        return formed
    if not formed:
        return frozenset((f"{name}.code",))
    status = scene.concepts.terminology.status(info.code)
    if status is CodeStatus.CANNOT_TELL:
        return frozenset(("release",))
    if word == "known":
        return status is not CodeStatus.UNKNOWN
    return frozenset((f"{name}.code",)) if status is CodeStatus.UNKNOWN else status is CodeStatus.ACTIVE


def words_contradict(scene: Scene, coding: CodingFact, name: str) -> Answer:
    answer, lacking = contradicts(coding, scene.concepts.terminology)
    if lacking is None:
        return told(answer)
    return frozenset((lacking if lacking.startswith("release") else f"{name}.{lacking}",))


def cell_codings(scene: Scene, cell: str | None) -> tuple[CodeInfo, ...]:
    """Return what a table's cell of codes means; empty where the cell is."""
    return () if cell is None else (scene.facts.codebook.key(cell),)


def is_missing(raw: object) -> bool:
    return raw is None or raw in ("", (), frozenset())


# ------------------------------------------------------------------------------------------------ dates


def empty_cells(*cells: tuple[ir.Cell, str]) -> frozenset[str]:
    """Return the names of the columns that hold no number."""
    return frozenset(name for cell, name in cells if not isinstance(cell, Decimal))


def span_of(text: str | None) -> Interval:
    return date_of(text) or NEVER


def cell_span(cell: ir.Cell) -> Interval:
    return cell if isinstance(cell, tuple) else NEVER


def inexact(*dates: tuple[Interval, str]) -> frozenset[str]:
    """Return the names of the dates that are not one exact day."""
    return frozenset(name for (first, last), name in dates if first != last)


def same_day(one: Interval, other: Interval) -> bool | None:
    if one[0] == one[1] == other[0] == other[1]:
        return True
    return False if one[1] < other[0] or other[1] < one[0] else None


def within(one: Interval, other: Interval, earlier: int | None, later: int | None, unit: Unit) -> bool | None:
    """Answer whether `one` lies between `other` less `earlier` and `other` plus `later` units; None: 0 units (table 6)."""
    first, last = other
    if one[0] >= (add(last, -earlier, unit) if earlier is not None else last) and one[1] <= (
        add(first, later, unit) if later is not None else first
    ):
        return True
    if one[1] < (add(first, -earlier, unit) if earlier is not None else first) or one[0] > (
        add(last, later, unit) if later is not None else last
    ):
        return False
    return None


def beyond(one: Interval, other: Interval, earlier: int | None, later: int | None, unit: Unit) -> bool | None:
    """Answer whether `one` is more than `earlier` units before, or more than `later` units after, `other`; None: not asked."""
    first, last = other
    if (earlier is not None and one[1] < add(first, -earlier, unit)) or (later is not None and one[0] > add(last, later, unit)):
        return True
    if (earlier is None or one[0] >= add(last, -earlier, unit)) and (later is None or one[1] <= add(first, later, unit)):
        return False
    return None


def nearer(one: Interval, other: Interval, earlier: int | None, later: int | None, unit: Unit) -> bool | None:
    """Answer as `within`, without the last day on either side (table 22)."""
    first, last = other
    if (one[0] > add(last, -earlier, unit) if earlier is not None else one[0] >= last) and (
        one[1] < add(first, later, unit) if later is not None else one[1] <= first
    ):
        return True
    if (one[1] <= add(first, -earlier, unit) if earlier is not None else one[1] < first) or (
        one[0] >= add(last, later, unit) if later is not None else one[0] > last
    ):
        return False
    return None


def column_number(cell: ir.Cell) -> Decimal | None:
    return cell if isinstance(cell, Decimal) else None


def column_length(cell: ir.Cell) -> int | None:
    """Return a length from a table's column in whole units, as a written length counts."""
    return int(cell) if isinstance(cell, Decimal) else None


def column_up(cell: ir.Cell) -> int | None:
    return whole_up(cell) if isinstance(cell, Decimal) else None


def column_above(cell: ir.Cell) -> int | None:
    return whole_above(cell) if isinstance(cell, Decimal) else None


def whole_up(n: Decimal) -> int:
    """Return the least whole number not below `n`: an age has reached `n` when it has reached that."""
    return int(n.to_integral_value(ROUND_CEILING))


def whole_above(n: Decimal) -> int:
    """Return the least whole number above `n`: an age is at most `n` while it has not reached that."""
    return int(n.to_integral_value(ROUND_FLOOR)) + 1


def age_in(scene: Scene, at: Interval, low: int | None, above: int | None, unit: Unit) -> bool | None:
    """Answer whether the completed age at a day is at least `low` and less than `above` (table 7)."""
    born = scene.born
    if at[1] < born[0] or born is NEVER or at is NEVER:
        return None
    least = 0 if at[0] < born[1] else completed(born[1], at[0], unit)
    most = completed(born[0], at[1], unit)
    if (low is None or least >= low) and (above is None or most < above):
        return True
    if (low is not None and most < low) or (above is not None and least >= above):
        return False
    return None


def age_lacks(scene: Scene, at: Interval, at_name: str, cells: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return what is missing where an age cannot be told: birth and the day, or, before birth, the day alone; and columns."""
    born = scene.born
    if born is not NEVER and at is not NEVER and at[1] < born[0]:
        return frozenset((at_name,)) | cells
    return inexact((born, "patient.born"), (at, at_name)) | cells


# ------------------------------------------------------------------------------------------------ medicines


def products(what: str, one: ItemFact, other: ItemFact, names: tuple[str, str]) -> Answer:
    """Answer how two medicines' products compare. `what`: product, SharesIngredient or SameIngredients."""
    sides = one.product, other.product
    answer = products_answer(what, *sides)
    if answer is not None:
        return answer
    field = "product" if what == "product" else "ingredients"

    def lacks(product: Product | None) -> bool:
        return product is None or (product.same_product if field == "product" else product.ingredients) is None

    return frozenset(f"{name}.{field}" for name, product in zip(names, sides, strict=True) if lacks(product))


def twins(one: ItemFact, other: ItemFact, names: tuple[str, str]) -> Answer:
    """Answer whether two entries say the same."""
    answer, lacking = same_entry(one, other)
    return answer if answer is not None else frozenset(f"{names[side]}.{field}" for side, field in lacking)


def _courses(sides: Sequence[Operand], names: Sequence[str]) -> tuple[list[Interval], list[Interval], set[str]]:
    """Return first days, last days, and what of them is not one exact day."""
    missing: set[str] = set()
    starts: list[Interval] = []
    ends: list[Interval] = []
    for side, name in zip(sides, names, strict=True):
        if isinstance(side, Unseen):
            start, end = side.day, None
            missing.add(side.called)
        else:
            start, end = side.course
            if start is None or start[0] != start[1]:
                missing.add(f"{name}.date")
            if end is None or end[0] != end[1]:
                missing.add(f"{name}.end")
        start = start or (OPEN_START, OPEN_END)
        starts.append(start)
        ends.append(end or (start[0], OPEN_END))
    return starts, ends, missing


def overlap(one: Operand, other: Operand, names: tuple[str, str], days: int) -> Answer:
    """Answer whether two courses share more than `days` days."""
    starts, ends, missing = _courses((one, other), names)
    if min(e[0] for e in ends) - max(s[1] for s in starts) + 1 > days:
        return True
    return False if min(e[1] for e in ends) - max(s[0] for s in starts) + 1 <= days else frozenset(missing)


def overlap_lacks(one: Operand, other: Operand, names: tuple[str, str], column: str) -> frozenset[str]:
    """Return what is missing where the days to compare with are."""
    return frozenset(_courses((one, other), names)[2] | {column})


def products_unseen(called: str, item: ItemFact, name: str, field: str) -> frozenset[str]:
    """Return what is missing where one of two medicines was not seen."""
    product = item.product
    known = product is not None and (product.same_product if field == "product" else product.ingredients) is not None
    return frozenset((called,)) if known else frozenset((called, f"{name}.{field}"))


# ------------------------------------------------------------------------------------------------ values


def amount(raw: Decimal | Quantity | Value | None, name: str) -> Amount:
    """Return a field's number, unit and comparator."""
    if isinstance(raw, Value):
        raw = raw.quantity
    if isinstance(raw, Decimal):
        return raw, None, None
    if isinstance(raw, Quantity) and raw.value is not None:
        return raw.value, raw.unit, raw.comparator
    return frozenset((name,))


def amount_of_dosage(item: ItemFact, name: str) -> Amount:
    """Return dose x times a day x days."""
    assert isinstance(item.model, Medication)
    number, lacking = dosage(item.model)
    return (number, None, None) if number is not None else frozenset(f"{name}.{field}" for field in lacking)


def in_unit(value: Amount, unit: str | None) -> Amount:
    """Return a number that was sent without a unit as one in `unit`."""
    return value if isinstance(value, frozenset) or value[1] else (value[0], unit, value[2])


def compared(value: Amount, operator: str, bound: Decimal, unit: str | None, counts: bool, name: str) -> Answer:
    """Answer `value operator bound`; `counts`: a number of things, compared whatever its unit."""
    if isinstance(value, frozenset):
        return value
    number = value[0] if counts else converted(value[0], value[1] or None, unit)
    return told(None if number is None else compare(number, value[2], operator, bound), name)


def counts_differ(one: Amount, other: Amount, percent: Decimal, names: tuple[str, str]) -> Answer:
    """Answer whether two numbers of things differ by more than a percentage of the second."""
    if isinstance(one, frozenset) or isinstance(other, frozenset):
        return frozenset().union(*(side for side in (one, other) if isinstance(side, frozenset)))
    bounds = [name for name, side in zip(names, (one, other), strict=True) if side[2] is not None]
    return frozenset(bounds) if bounds else abs(one[0] - other[0]) * 100 > percent * abs(other[0])


# ------------------------------------------------------------------------------------------------ plugins


def custom(scene: Scene, predicate: BoundPredicate, values: Sequence[Bindable], names: Sequence[str]) -> Answer:
    """Ask a plugin's predicate. Raises PluginError where it fails."""
    return ask(predicate, [plain(value, scene.facts) for value in values], names)
