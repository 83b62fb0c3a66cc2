"""Whether two entries say the same: same code, day, value and components."""

from __future__ import annotations

from collections.abc import Iterator

from codesafety.evaluation.calendar import Interval
from codesafety.evaluation.codes import Codebook, CodeInfo
from codesafety.evaluation.facts import ItemFact, date_of
from codesafety.ir.units.families import convert
from codesafety.record import Component, Entry, Quantity, Value

Lacking = tuple[tuple[int, str], ...]
"""(0 or 1 for the side, field) of what is missing."""
_Same = tuple[bool | None, tuple[int, ...]]
"""True, false or None for unknown, and then the sides that lack something."""
_SAME: _Same = True, ()
_OTHER: _Same = False, ()
_BOTH = 0, 1


def same_entry(one: ItemFact, other: ItemFact) -> tuple[bool | None, Lacking]:
    """Return whether two entries say the same, or None and what is missing on which side."""
    lacking: dict[tuple[int, str], None] = {}
    for field, (same, sides) in _compared(one, other):
        if same is False:
            return False, ()
        lacking.update(((side, field), None) for side in sides)
    return (None, tuple(lacking)) if lacking else (True, ())


def _compared(one: ItemFact, other: ItemFact) -> Iterator[tuple[str, _Same]]:
    yield "code", _codings(one.infos, other.infos)
    yield "date", _days(one.day, other.day)
    yield "value", _values(one.value, other.value, one.codebook)
    if one.component is None and other.component is None:
        yield from (("value", same) for same in _components(one, other))


def same_codes(one: tuple[CodeInfo, ...], other: tuple[CodeInfo, ...]) -> bool | None:
    """True if they share a code; false if both speak in one system and share none; else None."""
    if any(key in j.keys for i in one for key in i.keys for j in other):
        return True
    if any(i.speaks and j.speaks and i.system == j.system for i in one for j in other):
        return False
    return None


def _codings(one: tuple[CodeInfo, ...], other: tuple[CodeInfo, ...]) -> _Same:
    same = same_codes(one, other)
    return (same, ()) if same is not None else (None, _lacking(*(any(i.speaks for i in infos) for infos in (one, other))))


def _days(one: Interval | None, other: Interval | None) -> _Same:
    if one is not None and other is not None and (one[1] < other[0] or other[1] < one[0]):
        return _OTHER
    exact = [day is not None and day[0] == day[1] for day in (one, other)]
    return _SAME if all(exact) else (None, _lacking(*exact))


def _lacking(one: bool, other: bool) -> tuple[int, ...]:
    """Return the sides that do not tell; both, where each tells and they cannot be compared."""
    return tuple(side for side, tells in enumerate((one, other)) if not tells) or _BOTH


def _values(one: Value | None, other: Value | None, codebook: Codebook) -> _Same:
    """Two values are the same where both are missing, or equal after conversion of units. Two of different kinds may be."""
    if not _holds(one) and not _holds(other):
        return _SAME
    if one is None or other is None or not (_holds(one) and _holds(other)):
        return None, _lacking(_holds(one), _holds(other))
    if one.quantity is not None and other.quantity is not None:
        return _quantities(one.quantity, other.quantity)
    if one.codings and other.codings:
        if {(c.system, c.code) for c in one.codings} == {(c.system, c.code) for c in other.codings}:
            return _SAME
        looked_up = (tuple(codebook.entry(c.system, c.code) for c in value.codings) for value in (one, other))
        return _codings(*looked_up)
    if one.date is not None and other.date is not None:
        return _days(date_of(one.date), date_of(other.date))
    if one.boolean is not None and other.boolean is not None:
        return one.boolean == other.boolean, ()
    return (one.text == other.text, ()) if _is_text(one) and _is_text(other) else (None, _BOTH)


def _holds(value: Value | None) -> bool:
    """Return whether a value says anything."""
    if value is None:
        return False
    if value.quantity is not None:
        return value.quantity.value is not None
    return bool(value.codings or value.text) or value.date is not None or value.boolean is not None


def _is_text(value: Value) -> bool:
    return value.quantity is None and value.date is None and value.boolean is None and not value.codings


def _quantities(one: Quantity, other: Quantity) -> _Same:
    assert one.value is not None and other.value is not None
    if one.comparator != other.comparator:
        return _OTHER
    if one.unit == other.unit:
        return one.value == other.value, ()
    number = convert(one.value, one.unit, other.unit) if one.unit is not None and other.unit is not None else None
    return (number == other.value, ()) if number is not None else (None, _lacking(one.unit is not None, other.unit is not None))


def _components(one: ItemFact, other: ItemFact) -> Iterator[_Same]:
    """Compare the components of two entries, code by code; of one that stands on one side only the other says nothing."""
    assert isinstance(one.model, Entry) and isinstance(other.model, Entry)
    here, there = _by_code(one.model.components), _by_code(other.model.components)
    for code in here.keys() | there.keys():
        left, right = here.get(code, []), there.get(code, [])
        yield from (_values(a, b, one.codebook) for a, b in zip(left, right, strict=False))
        if len(left) != len(right):
            yield None, (0,) if len(left) < len(right) else (1,)


def _by_code(components: tuple[Component, ...]) -> dict[frozenset[tuple[str, str]], list[Value | None]]:
    """Return the values of components by their codes, in an order that does not depend on the sender's."""
    found: dict[frozenset[tuple[str, str]], list[Value | None]] = {}
    for part in components:
        found.setdefault(frozenset((c.system or "", c.code or "") for c in part.codings), []).append(part.value)
    return {code: sorted(values, key=_as_sent) for code, values in found.items()}


def _as_sent(value: Value | None) -> str:
    """Return all of a value but where it stands."""
    return "" if value is None else value.model_dump_json(exclude={"codings": {"__all__": {"path"}}})
