"""Made-up patients: each choice that a condition depends on, with the finite cases in which its answer may differ.

A choice is a field of the patient, the message or an item. Its options are one on each side of every bound that the rules
name: of ages the day before a birthday and the birthday itself, of numbers the bound and what lies just beside it, of codes one
for each combination of the sets that are asked. `None` is missing.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.codes import NO_CONTEXT
from codesafety.ir.units import families
from codesafety.language.schema import FIELDS, PATIENT, SEXES, SUBJECTS
from codesafety.record import Entry, Medication

Key = Hashable
"""Whose choice it is: `patient`, `message`, `record`, the slot of a rule's own item, or a quantifier's place."""
Choice = tuple[Key, str]
Option = Hashable
World = Mapping[Choice, Option]
RECORD: Choice = ("record", "there")
MOST_OPTIONS = 40
"""Options of one choice that are tried; what has more is not decided."""
_DAY = date(2025, 6, 15).toordinal()
_NEUTRAL = ir.CodeRef("sct", "404684003", "Clinical finding")
_FAR = 3000
"""Days by which something is surely before or after something else."""
_CONTEXTS: tuple[tuple[str, ...], ...] = (
    *tuple(
        tuple(word for word in (assertion, about, time) if word)
        for assertion in ("", "absent", "possible", "planned")
        for about in ("", *(f"about {subject}" for subject in SUBJECTS if subject != "patient"))
        for time in ("", "past")
    ),
    ("entered-in-error",),
)
_OF_CONTEXT = frozenset({"assertion", "subject", "temporality"})
_NUMBERS = frozenset({"value", "dose", "quantity", "times_a_day", "days_supply", "strength"})


@dataclass(frozen=True, slots=True)
class Coded:
    """A code that an item may have, and the row of a table that goes with it."""

    code: ir.CodeRef
    row: ir.TableRow | None = field(default=None, hash=False, compare=False)
    at: int = 0
    also: tuple[ir.CodeRef, ...] = ()


@dataclass(slots=True)
class Item:
    """An item of a made-up patient: a rule's own, or a member that a quantifier may find."""

    key: Key
    kind: ir.Kind
    name: str
    sets: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    copies: int = 1
    apart: int = 1
    """Days from one copy to the one before it."""

    @property
    def is_medication(self) -> bool:
        return self.kind is ir.Kind.MEDICATION

    def overlaps(self, other: Item, binding: Binding) -> bool:
        """Return whether an item of the one may be found by a quantifier of the other."""
        if self.is_medication != other.is_medication:
            return False
        if not self.sets or not other.sets:
            return True
        return any(binding.sets[one].members & binding.sets[two].members for one in self.sets for two in other.sets)


def label(key: str) -> ir.CodeRef:
    """Return the code that a member of a set is."""
    system, bar, code = key.partition("|")
    return ir.CodeRef(system, code) if bar else ir.CodeRef("sct", key)


def codes_of(item: Item, binding: Binding) -> tuple[list[Option], bool]:
    """Return one code for each combination of the sets that are asked, and whether those are all.

    An item may have several codings, and is in every set that one of them is in: of two sets without a code of both, one of each.
    """
    asked = sorted({*item.sets, *item.asked})
    look_up = binding.codebook.product if item.is_medication else binding.codebook.entry
    chosen: dict[Hashable, str] = {}
    for name in [*item.sets, *sorted(item.asked - set(item.sets))]:
        for key in sorted(binding.sets[name].members, key=_plainest) + sorted(binding.sets[name].perhaps, key=_plainest):
            code = label(key)
            info = look_up(code.system, code.code)
            member_of = tuple(binding.sets[one].holds((info,)) for one in asked)
            chosen.setdefault((member_of, info.context != NO_CONTEXT and info.context), key)
    codes = [label(key) for key in chosen.values()]
    options: list[Option] = [Coded(code) for code in codes]
    if item.asked or not item.sets:
        options.append(Coded(_NEUTRAL))
    if item.asked and len(asked) > 1:
        options += [Coded(one, also=(other,)) for one, other in itertools.combinations(codes, 2)]
        options.append(Coded(codes[0], also=tuple(codes[1:])))
    if not options:
        return [Coded(_NEUTRAL)], False
    return options[:MOST_OPTIONS], len(options) <= MOST_OPTIONS and len(asked) < 4


def _plainest(key: str) -> tuple[bool, int, str]:
    """Return by what a code is chosen to stand for others: short ones of SNOMED CT first."""
    return key.startswith("test|"), len(key), key


def contexts_of(item: Item, wide: bool) -> list[Option]:
    if not wide:
        return [()]
    return [(), ("entered-in-error",)] if item.is_medication else list(_CONTEXTS)


def words_of(choice: Choice, kind: ir.Kind, asked: Iterable[str]) -> list[Option]:
    """Return the words that a field is asked of, two others that it may have, and None."""
    base, name = choice
    of = PATIENT if base == "patient" else FIELDS[kind]
    known = of[name].words if name in of else None
    named = [word for word in sorted(set(asked)) if word and (known is None or word in known)]
    if name in ("gender", "sex_at_birth"):
        known = SEXES
    others = ["another"] if known is None else [word for word in known if word not in named][:2]
    return [*named, *others, None]


def is_choice(field: ir.Field) -> bool:
    """Return whether a made-up patient may be given this field in any way."""
    if field.base == "patient":
        return field.name in PATIENT and field.name not in ("nhs_number", "nhs_number_check", "died")
    if field.base == "message":
        return field.name in ("sent", "service")
    if field.var is None or field.var.kind in (ir.Kind.ROW, ir.Kind.CODING, ir.Kind.TEXT):
        return False
    if field.type is ir.FieldType.DATE:
        return field.name == "date"
    if field.name in _OF_CONTEXT:
        return field.var.kind is not ir.Kind.MEDICATION
    if field.name in _NUMBERS or field.name == "code":
        return field.name != "code"
    model = Medication if field.var.kind is ir.Kind.MEDICATION else Entry
    return field.type is ir.FieldType.WORD and field.name in model.model_fields


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as it may be sent."""

    number: Decimal
    unit: str | None


def amounts(bounds: Iterable[ir.Quantity], assumed: str | None, together: bool) -> tuple[list[Option], bool]:
    """Return numbers on, below and above each bound, and one without a unit, and None; and whether all could be compared."""
    written = list(dict.fromkeys(bounds))
    unit = next((q.unit for q in written if q.unit), assumed)
    cuts: set[Decimal] = {Decimal(0), Decimal(1)} if together or not written else set()
    whole = True
    for quantity in written:
        if quantity.unit in (None, unit) or unit is None:
            cuts.add(quantity.number)
            continue
        converted = families.convert(quantity.number, quantity.unit, unit)
        if converted is None:
            whole = False
            continue
        cuts.add(converted)
    ordered = sorted(cuts)
    step = min([abs(b - a) for a, b in itertools.pairwise(ordered)] or [Decimal(2)]) / 2 or Decimal(1)
    step = min(step, Decimal(1))
    found = sorted({near for cut in ordered for near in (cut - step, cut, cut + step)})
    options: list[Option] = [Amount(number.normalize() if number else Decimal(0), unit) for number in found]
    if together:
        options.append(Amount(max(ordered) + 7, unit))
    bare = [Amount(ordered[-1], None)] if unit is not None and ordered else []
    kept = [*options, None, *bare]
    return kept[: MOST_OPTIONS + 4], whole and len(kept) <= MOST_OPTIONS + 4


Node = Choice | ir.DateLiteral
"""A day: a choice, or one that a rule names."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Two days that a condition compares, and the length between them at which its answer changes. `born`: an age."""

    one: Node
    other: Node
    length: ir.Length | None = None
    age: bool = False


def days(node: Choice, ties: Sequence[Tie], placed: Mapping[Choice, Sequence[int]]) -> list[int]:
    """Return the days on each side of every bound between a node and those that are placed, and one between each two."""
    found: set[int] = set()
    for tie in ties:
        if node not in (tie.one, tie.other):
            continue
        other = tie.other if tie.one == node else tie.one
        if isinstance(other, ir.DateLiteral):
            starts: Sequence[int] = [other.first, other.last]
        else:
            starts = placed.get(other, ())
        for start in starts:
            found.update(_beside(start, tie, back=node[1] == "born"))
    ordered = sorted(day for day in found if 1 < day < calendar.LAST_DAY)
    between = [(a + b) // 2 for a, b in itertools.pairwise(ordered) if b - a > 2]
    return [*ordered, *between]


def _beside(start: int, tie: Tie, *, back: bool) -> Iterator[int]:
    if tie.length is None:
        yield from (start - _FAR, start - 1, start, start + 1, start + _FAR)
        return
    n, unit = int(tie.length.n), tie.length.unit
    yield from (start - 1, start, start + 1)
    if tie.age:  # an age is completed on its birthday, and lasts until the next one
        moved = (calendar.add(start, -more if back else more, unit) for more in (n, n + 1))
        yield from (day + beside for day in moved for beside in (-1, 0, 1))
        return
    for sign in (-1, 1):
        moved_day = calendar.add(start, sign * n, unit)
        yield from (moved_day - 1, moved_day, moved_day + 1)


def start_day(rules: Sequence[ir.Rule]) -> int:
    """Return a day on which rules are in force, if there is one."""
    first = max((rule.valid_from.first for rule in rules if rule.valid_from is not None), default=None)
    last = min((rule.valid_until.last for rule in rules if rule.valid_until is not None), default=None)
    day = _DAY
    if last is not None:
        day = min(day, last)
    if first is not None:
        day = max(day, first)
    return day


# ------------------------------------------------------------------------------------------------ a patient as an example


def example(world: World, items: Sequence[Item], name: str = "") -> ir.Example:
    """Return a made-up patient as rule files write one."""
    givens: list[ir.Given] = []
    patient = tuple(
        ir.Attribute(choice[1], _day(option) if choice[1] == "born" else str(option))
        for choice, option in world.items()
        if choice[0] == "patient" and option is not None
    )
    if patient:
        givens.append(ir.GivenFields("patient", patient))
    message = tuple(
        ir.Attribute("sent", _day(option)) if choice[1] == "sent" else _coded("service", option)
        for choice, option in world.items()
        if choice[0] == "message" and option is not None and (choice[1] == "sent" or isinstance(option, Coded))
    )
    if message:
        givens.append(ir.GivenFields("message", message))
    if world.get(RECORD) is False:
        givens.append(ir.GivenNoRecord())
    for item in items:
        givens += _items(item, world)
    return ir.Example(name, tuple(givens), "clear")


def _coded(name: str, option: Option) -> ir.Attribute:
    assert isinstance(option, Coded)
    return ir.Attribute(name, code=option.code)


def _items(item: Item, world: World) -> Iterator[ir.GivenItem]:
    how_many = world.get((item.key, "present"), 1)
    coded = world[item.key, "code"]
    if not how_many or not isinstance(coded, Coded):
        return
    kind: Literal["entry", "medication"] = "medication" if item.is_medication else "entry"
    side = world.get((item.key, "side"), "incoming")
    if side == "record" and world.get(RECORD) is False:
        return
    for copy in range(int(str(how_many))):
        attributes = [ir.Attribute("also", f"{code.system} {code.code}") for code in coded.also]
        for (key, name), option in world.items():
            if key != item.key or option is None or name in ("present", "code", "side"):
                continue
            if name == "date":
                attributes.append(ir.Attribute("date", _day(int(str(option)) - copy * item.apart)))
            elif name == "context":
                assert isinstance(option, tuple)
                attributes += [_word(word) for word in option]
            elif isinstance(option, Amount):
                attributes.append(ir.Attribute(name, number=option.number, unit=option.unit))
            else:
                attributes.append(ir.Attribute(name, str(option)))
        assert side in ("incoming", "record")
        yield ir.GivenItem(side, kind, coded.code, tuple(attributes))


def _word(word: str) -> ir.Attribute:
    head, _, subject = word.partition(" ")
    return ir.Attribute(head, subject or None)


def _day(option: Option) -> str:
    return date.fromordinal(int(str(option))).isoformat()


def written(patient: ir.Example, terms: Mapping[str, str]) -> str:
    """Return what a patient is given, as a rule file writes it; codes with the terms that are known."""
    return "\n".join(f"given {_given(given, terms)}" for given in patient.givens)


def _given(given: ir.Given, terms: Mapping[str, str]) -> str:
    match given:
        case ir.GivenNoRecord():
            return "no record"
        case ir.GivenFields(target, attributes):
            return f"{target} {', '.join(_attribute(a) for a in attributes)}"
        case ir.GivenText(side, attributes):
            return f"{side} text {', '.join(_attribute(a) for a in attributes)}"
        case ir.GivenItem(side, kind, code, attributes):
            if code.system == "sct":
                term = code.term or terms.get(code.key)
                called, more = code.code + (f" |{term}|" if term else ""), []
            else:
                called, more = f'"{code.code}"', [f"system {code.system}"]
            return f"{side} {kind} {', '.join([called, *more, *(_attribute(a) for a in attributes)])}"


def _attribute(a: ir.Attribute) -> str:
    if a.code is not None:
        code = a.code.code if a.code.system == "sct" else f'"{a.code.code}", system {a.code.system}'
        return f"{a.name} {code}"
    if a.number is not None:
        unit = "" if a.unit is None else f' "{a.unit}"'
        return f"{a.name} {a.comparator or ''}{a.number:f}{unit}"
    if a.name == "also":
        return f'also "{a.value}"'
    return a.name if a.value is None else f"{a.name} {a.value}"
