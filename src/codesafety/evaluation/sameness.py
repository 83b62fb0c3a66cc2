"""Whether two entries say the same: same code, day, value and components."""

from __future__ import annotations

from codesafety.evaluation.codes import CodeInfo
from codesafety.evaluation.facts import ItemFact
from codesafety.ir.units.families import convert
from codesafety.record import Component, Entry, Quantity, Value

Lacking = tuple[tuple[int, str], ...]
"""(0 or 1 for the side, field) of what is missing."""


def same_entry(one: ItemFact, other: ItemFact) -> tuple[bool | None, Lacking]:
    """Return whether two entries say the same, or None and what is missing on which side."""
    lacking: list[tuple[int, str]] = []
    codes = same_codes(one.infos, other.infos)
    if codes is False:
        return False, ()
    if codes is None:
        lacking += [(side, "code") for side, item in enumerate((one, other)) if not any(i.speaks for i in item.infos)] or [
            (0, "code"),
            (1, "code"),
        ]
    days = (one.day, other.day)
    a, b = days
    if a is not None and b is not None and (a[1] < b[0] or b[1] < a[0]):
        return False, ()
    lacking += [(side, "date") for side, day in enumerate(days) if day is None or day[0] != day[1]]
    if not same_value(one.value, other.value) or not _same_components(one, other):
        return False, ()
    return (None, tuple(lacking)) if lacking else (True, ())


def same_codes(one: tuple[CodeInfo, ...], other: tuple[CodeInfo, ...]) -> bool | None:
    """True if they share a code; false if both speak in one system and share none; else None."""
    if any(key in j.keys for i in one for key in i.keys for j in other):
        return True
    if any(i.speaks and j.speaks and i.system == j.system for i in one for j in other):
        return False
    return None


def same_value(one: Value | None, other: Value | None) -> bool:
    """Two values are the same where both are absent, or equal after conversion of units."""
    if one is None or other is None:
        return one is other
    if one.quantity is not None and other.quantity is not None:
        return _same_quantity(one.quantity, other.quantity)
    if one.codings or other.codings:
        return {(c.system, c.code) for c in one.codings} == {(c.system, c.code) for c in other.codings}
    return (one.quantity, one.date, one.boolean, one.text) == (other.quantity, other.date, other.boolean, other.text)


def _same_quantity(one: Quantity, other: Quantity) -> bool:
    if one.value is None or other.value is None or one.comparator != other.comparator:
        return one == other
    if one.unit == other.unit:
        return one.value == other.value
    if one.unit is None or other.unit is None:
        return False
    return convert(one.value, one.unit, other.unit) == other.value


def _same_components(one: ItemFact, other: ItemFact) -> bool:
    if one.component is not None or other.component is not None:
        return True
    assert isinstance(one.model, Entry) and isinstance(other.model, Entry)
    return _multiset(one.model.components) == _multiset(other.model.components)


def _multiset(components: tuple[Component, ...]) -> list[str]:
    return sorted(
        repr((sorted((c.system or "", c.code or "") for c in part.codings), part.value.model_dump() if part.value else None))
        for part in components
    )
