"""The steps that generated functions call: each answers true, false or, where it cannot be told, the missing fields' names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from codesafety import ir
from codesafety.evaluation.atoms import compare, converted, day_name, plain, share_a_code
from codesafety.evaluation.calendar import LAST_DAY, NEVER, OPEN_END, OPEN_START, Interval, add, completed
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.compiled.scene import Scene
from codesafety.evaluation.facts import CodingFact, ItemFact, Unseen, date_of, dosage
from codesafety.evaluation.items import Course
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


# ------------------------------------------------------------------------------------------------ context


def stands(item: ItemFact, name: str) -> Answer:
    """Answer whether an item stands as an entry or a medication by default. `name`: what the rule calls it."""
    if item.stands != 1:
        return item.stands == 2
    if not item.is_entry:
        return frozenset((f"{name}.status",))
    said = item.context
    missing = []
    if said[0] is None or said[0] == "possible":
        missing.append(f"{name}.assertion")
    if said[1] is None:
        missing.append(f"{name}.subject")
    if said[2] is None:
        missing.append(f"{name}.temporality")
    return frozenset(missing)


def history_stands(item: ItemFact, name: str) -> Answer:
    """Answer whether an item says that the patient has or had it. `name`: what the rule calls it."""
    if item.history != 1:
        return item.history == 2
    said = item.context
    missing = [f"{name}.assertion"] if said[0] is None or said[0] == "possible" else []
    return frozenset([*missing, f"{name}.subject"] if said[1] is None else missing)


def at_least_of(needed: Decimal, parts: tuple[Answer, ...]) -> Answer:
    """Answer whether so many parts hold."""
    told = parts.count(True)
    untold = [part for part in parts if not isinstance(part, bool)]
    if told >= needed:
        return True
    return False if told + len(untold) < needed else frozenset().union(*untold)


def holding(parts: tuple[object, ...]) -> int:
    """Return how many of the parts are true."""
    return sum(1 for part in parts if part)


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


def plain_word(raw: object) -> str | None:
    """Return a word as rules compare it, or None where it cannot be told."""
    if raw in (None, "", "unknown"):
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


def no_ingredients(item: ItemFact, label: str) -> Answer:
    """Answer whether a medicine has no ingredients: an appliance. Of one that nobody knows it cannot be told."""
    product = item.product
    return frozenset((label,)) if product is None else not product.ingredients


def is_missing(raw: object) -> bool:
    return raw is None or raw in ("", (), frozenset())


# ------------------------------------------------------------------------------------------------ dates


def empty_cells(*cells: tuple[ir.Cell, str]) -> frozenset[str]:
    """Return the names of the columns that hold no number."""
    return frozenset(name for cell, name in cells if not isinstance(cell, Decimal))


def day_label(item: ItemFact, name: str, field: str) -> str:
    """Return the name under which a medication's start or end is listed."""
    return f"{name}.{day_name(item, field)}"


def span_of(text: str | None) -> Interval:
    return date_of(text) or NEVER


def cell_span(cell: ir.Cell) -> Interval:
    return cell if isinstance(cell, tuple) else NEVER


def inexact(*dates: tuple[Interval, str]) -> frozenset[str]:
    """Return the names of the dates that are not one exact day."""
    return frozenset([name for (first, last), name in dates if first != last])


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


def age_lacks(scene: Scene, at: Interval, at_name: str | None, cells: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return what is missing where an age cannot be told: birth and the day, or, before birth, the day alone; and columns.

    `at_name` None: the rule writes the day, so that what lies before birth is birth's fault.
    """
    born = scene.born
    if born is not NEVER and at is not NEVER and at[1] < born[0]:
        return frozenset((at_name or "patient.born",)) | cells
    day = () if at_name is None else ((at, at_name),)
    return inexact((born, "patient.born"), *day) | cells


# ------------------------------------------------------------------------------------------------ medicines


def products(scene: Scene, what: str, one: ItemFact, other: ItemFact, names: tuple[str, str]) -> Answer:
    """Answer how two medicines' products compare. `what`: product, SharesIngredient or SameIngredients."""
    sides = one.product, other.product
    answer = scene.products(what, *sides)
    if answer is not None:
        return answer
    if share_a_code(one, other):
        return True
    field = "product" if what == "product" else "ingredients"

    def lacks(product: Product | None) -> bool:
        return product is None or (product.same_product if field == "product" else product.ingredients) is None

    return frozenset(f"{name}.{field}" for name, product in zip(names, sides, strict=True) if lacks(product))


def twins(one: ItemFact, other: ItemFact, names: tuple[str, str]) -> Answer:
    """Answer whether two entries say the same."""
    answer, lacking = same_entry(one, other)
    return answer if answer is not None else frozenset(f"{names[side]}.{field}" for side, field in lacking)


def _days(side: Operand) -> tuple[int, int, int, int, int, int]:
    """Return the least and the most of a course's start, of its end and of the days that it takes."""
    course = side.course if isinstance(side, ItemFact) else Course(side.day, None, None, "date")
    if course.ends_before_it_starts:
        course = Course(None, None, None, "date")
    first, last = course.start or (OPEN_START, LAST_DAY)
    if course.days is not None:
        return first, last, *(course.end or (OPEN_START, OPEN_END)), *course.days
    earliest, latest = course.end or (first, OPEN_END)
    return first, min(last, latest), max(earliest, first), latest, max(earliest - last + 1, 1), latest - first + 1


def _lacking_days(side: Operand, name: str) -> set[str]:
    """Return the names of the days of a course that are not exact."""
    if isinstance(side, Unseen):
        return {side.called}
    course = side.course
    if course.ends_before_it_starts:
        return {f"{name}.end"}
    days = ((course.start_name, course.start), (course.end_name, course.end))
    return {f"{name}.{field}" for field, day in days if day is None or day[0] < day[1]}


def overlap(one: Operand, other: Operand, names: tuple[str, str], days: int) -> Answer:
    """Answer whether two courses share more than `days` days: neither is too short, nor ends too soon after the other starts.

    What a course may be is told by its start, its end and its length together: the two of one course do not vary apart.
    """
    first, last, earliest, latest, least, most = _days(one)
    first2, last2, earliest2, latest2, least2, most2 = _days(other)
    if min(least, least2, earliest - last2 + 1, earliest2 - last + 1) > days:
        return True
    if min(most, most2, latest - first2 + 1, latest2 - first + 1) <= days:
        return False
    return frozenset(_lacking_days(one, names[0]) | _lacking_days(other, names[1]))


def overlap_lacks(one: Operand, other: Operand, names: tuple[str, str], column: str) -> frozenset[str]:
    """Return what is missing where the days to compare with are."""
    return frozenset(_lacking_days(one, names[0]) | _lacking_days(other, names[1]) | {column})


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
