"""What fields hold and how single values compare: the steps below truth tables, shared by both evaluators."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from codesafety import ir
from codesafety.evaluation import calendar
from codesafety.evaluation.calendar import Interval
from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.facts import CodingFact, Facts, ItemFact, TextFact, Unseen, date_of, dosage
from codesafety.evaluation.items import yes_or_no
from codesafety.evaluation.outcome import Bindable
from codesafety.evaluation.strengths import strength
from codesafety.evaluation.words import siblings
from codesafety.ir.units import families
from codesafety.record import Coding, Component, Entry, Medication, Message, Quantity
from codesafety.terminology import sctid
from codesafety.terminology.dmd.relations import same_ingredients, same_product, shares_ingredient
from codesafety.terminology.interface import Product
from codesafety.terminology.systems import SHORT_NAMES, nearly, respelt


def item_of(value: Bindable) -> ItemFact | None:
    if isinstance(value, CodingFact | TextFact):
        return value.item
    return value if isinstance(value, ItemFact) else None


def is_kind(item: ItemFact, kind: ir.Kind) -> bool:
    return item.is_entry != (kind is ir.Kind.MEDICATION)


def comes_first(one: ItemFact, other: ItemFact | Unseen) -> bool:
    """The first of a pair without order is the incoming one; if both are, the earlier in the message."""
    if isinstance(other, Unseen) or not other.incoming:
        return True
    return one.index < other.index


def exact_day(member: ItemFact | Unseen) -> int | None:
    day = member.day
    return day[0] if day is not None and day[0] == day[1] else None


def decide(
    condition: ir.Before | ir.SameDay | ir.Within | ir.Beyond | ir.Nearer, a: Interval, b: Interval, length: ir.Length | None
) -> bool | None:
    """Tables 6 and 22, row by row: true when it holds for every day, false when for none, else None."""
    match condition:
        case ir.Before():
            yes, no = a[1] < b[0], a[0] >= b[1]
        case ir.SameDay():
            yes, no = a[0] == a[1] == b[0] == b[1], a[1] < b[0] or b[1] < a[0]
        case ir.Within(side="before"):
            yes = a[0] >= moved(b[1], length, -1) and a[1] <= b[0]
            no = a[1] < moved(b[0], length, -1) or a[0] > b[1]
        case ir.Within(side="after"):
            yes = a[0] >= b[1] and a[1] <= moved(b[0], length, 1)
            no = a[1] < b[0] or a[0] > moved(b[1], length, 1)
        case ir.Within():
            yes = a[0] >= moved(b[1], length, -1) and a[1] <= moved(b[0], length, 1)
            no = a[1] < moved(b[0], length, -1) or a[0] > moved(b[1], length, 1)
        case ir.Beyond(side="before"):
            yes, no = a[1] < moved(b[0], length, -1), a[0] >= moved(b[1], length, -1)
        case ir.Beyond(side="after"):
            yes, no = a[0] > moved(b[1], length, 1), a[1] <= moved(b[0], length, 1)
        case ir.Beyond():
            yes = a[1] < moved(b[0], length, -1) or a[0] > moved(b[1], length, 1)
            no = a[0] >= moved(b[1], length, -1) and a[1] <= moved(b[0], length, 1)
        case ir.Nearer(side="before"):
            yes = a[0] > moved(b[1], length, -1) and a[1] <= b[0]
            no = a[1] <= moved(b[0], length, -1) or a[0] > b[1]
        case ir.Nearer(side="after"):
            yes = a[0] >= b[1] and a[1] < moved(b[0], length, 1)
            no = a[1] < b[0] or a[0] >= moved(b[1], length, 1)
        case ir.Nearer():
            yes = a[0] > moved(b[1], length, -1) and a[1] < moved(b[0], length, 1)
            no = a[1] <= moved(b[0], length, -1) or a[0] >= moved(b[1], length, 1)
    return True if yes else False if no else None


def moved(day: int, length: ir.Length | None, sign: int) -> int:
    assert length is not None
    return calendar.add(day, sign * int(length.n), length.unit)


def item_date(item: ItemFact, name: str) -> Interval | None:
    """Return a date field of an item as an interval."""
    if name == "date":
        return item.day
    if name == "value":
        value = item.value
        return date_of(value.date) if value is not None else None
    if name in ("start", "end"):
        return item.course.start if name == "start" else item.course.end
    return date_of(getattr(item.model, name))


def day_name(item: ItemFact, name: str) -> str:
    """Return the field to name where a date is not one exact day: one missing day has one name, whichever field asks for it."""
    if name not in ("start", "end"):
        return name
    return item.course.start_name if name == "start" else item.course.end_name


def item_field(item: ItemFact, name: str) -> Any:
    """Return a field of an item as rules see it: context is the message's and the code's together."""
    if name == "value":
        return item.value
    if name in ("assertion", "subject", "temporality"):
        return item.context[("assertion", "subject", "temporality").index(name)]
    if name in ("code", "product"):
        return tuple(c for c in item.codings if c.code)
    if name == "ingredients":
        return item.product.ingredients if item.product is not None else None
    if name in ("route", "form"):
        return item_codings(item, name)
    if name == "dosage":
        assert isinstance(item.model, Medication)
        return dosage(item.model)[0]
    if name == "strength":
        return strength(item)
    if name == "references":
        return _references(item)
    if name == "answer":
        return yes_or_no(item)
    if name in ("unit", "unit_check"):
        quantity = _quantity(item)
        return quantity and (quantity.unit if name == "unit" else unit_check(quantity))
    return getattr(item.model, name)


def _references(item: ItemFact) -> str | None:
    """Return dangling where nothing in the source answers to a reference, else resolved; None where that cannot be told."""
    told = {reference.resolved for reference in item.model.references} - {None}
    return "dangling" if False in told else "resolved" if told else None


def _quantity(item: ItemFact) -> Quantity | None:
    if isinstance(item.model, Medication):
        return item.model.quantity
    return item.value.quantity if item.value is not None else None


def unit_check(quantity: Quantity) -> str | None:
    """Return what is to be said of a number's unit: valid, other_spelling, not_a_unit; none. None: there is no number."""
    if quantity.value is None:
        return None
    return families.check(quantity.unit) if quantity.unit else "none"


def item_codings(item: ItemFact, name: str) -> tuple[CodeInfo, ...]:
    """Return the looked-up codings of a coded field; a route or form that was not sent is the product's own, if known."""
    if name in ("code", "product"):
        return item.infos
    if name == "value":
        return tuple(item.codebook.entry(c.system, c.code) for c in (item.value.codings if item.value is not None else ()))
    sent: tuple[Coding, ...] = getattr(item.model, name)
    if sent:
        return tuple(item.codebook.entry(c.system, c.code) for c in sent)
    product = item.product
    if product is None or name not in ("route", "form"):
        return ()
    known = product.routes if name == "route" else product.forms
    return tuple(item.codebook.key(key) for key in sorted(known or ()))


def word_of(field: ir.Field, raw: Any) -> str | None:
    """Return a word as it can be compared, or None where it cannot be told."""
    if raw in (None, "", "unknown") or (raw == "other" and field.base == "patient" and field.name in ("gender", "sex_at_birth")):
        return None
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def coding_field(coding: CodingFact, name: str) -> Any:
    """Return a field of a coding as rules see it; `in_a_medicine` and `status` are of the resource that it stands in."""
    match name:
        case "damage":
            return coding.info.damage
        case "system_check":
            return system_check(coding)
        case "siblings":
            return siblings(coding)
        case "in_a_medicine":
            return coding.item is not None and not coding.item.is_entry
        case "status":
            return coding.item.model.status if coding.item is not None else None
        case _:
            return getattr(coding.coding, name)


def system_check(coding: CodingFact) -> str | None:
    """Return what is to be said of a code's system: known, respelt, nearly_known, misplaced, other; left_out, none. None: no code.

    Misplaced: under another system, and a code that SNOMED CT is known to have. Left out: no system by a SNOMED CT id. The
    system of a code that a supplier maps is known.
    """
    system, code = coding.info.system, coding.info.code
    if code is None:
        return None
    if system is None:
        return "left_out" if sctid.is_concept_id(code) else "none"
    if nearly(system) is not None:
        return "nearly_known"
    if respelt(coding.coding.system):
        return "respelt"
    return "misplaced" if coding.info.misplaced else "known" if system in SHORT_NAMES else "other"


_RELATIONS = {"product": same_product, "SharesIngredient": shares_ingredient, "SameIngredients": same_ingredients}


def products_answer(what: str, one: Product | None, other: Product | None) -> bool | None:
    """Return how two products compare; None where an identity is not known."""
    return _RELATIONS[what](one, other).holds


def share_a_code(one: ItemFact, other: ItemFact) -> bool:
    """Return whether two medicines bear the same code: they are one product, whatever is known of it."""
    return any(i.is_one_thing and (i.system, i.code) == (j.system, j.code) for i in one.infos for j in other.infos)


def compare(number: Decimal, comparator: str | None, operator: str, bound: Decimal) -> bool | None:
    """Return `number operator bound`; a value that is itself a bound (`<5`) answers only where every number would agree."""
    if comparator is None:
        match operator:
            case "<":
                return number < bound
            case "<=":
                return number <= bound
            case ">":
                return number > bound
            case _:
                return number >= bound
    below = comparator in ("<", "<=")
    strict = comparator in ("<", ">")
    if below:
        if operator in ("<", "<="):
            return True if number < bound or (number == bound and (strict or operator == "<=")) else None
        return False if number < bound or (number == bound and (strict or operator == ">")) else None
    if operator in (">", ">="):
        return True if number > bound or (number == bound and (strict or operator == ">=")) else None
    return False if number > bound or (number == bound and (strict or operator == "<")) else None


def plain(value: Bindable, facts: Facts) -> Entry | Component | Medication | Coding | Message | dict[str, ir.Cell]:
    """Return what a plugin's predicate is handed: the public model of an item, coding or the message.

    It is a copy, all the way down: whatever a predicate does to it, the rules go on to see what was sent.
    """
    match value:
        case ItemFact():
            return (value.component if value.component is not None else value.model).model_copy(deep=True)
        case CodingFact():
            return value.coding.model_copy(deep=True)
        case ir.TableRow():
            return dict(value.cells)
        case _:
            return facts.submission.message.model_copy(deep=True)


def converted(number: Decimal, unit: str | None, wanted: str | None) -> Decimal | None:
    """Return a number in the wanted unit, or None where it does not convert; a unit on one side only does not."""
    if unit == wanted:
        return number
    return None if unit is None or wanted is None else families.convert(number, unit, wanted)
