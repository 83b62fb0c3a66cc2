"""Frozen dataclasses as plain data, and back: each value once, by columns, so that reading it back is quick and runs no code."""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum, EnumMeta
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints, overload

_TUPLE, _SET, _MAPPING, _DECIMAL, _ARRAY, _LATER = "tuple", "set", "mapping", "decimal", "array", "later"
_T = TypeVar("_T")
LAYOUT = 2
"""Changes where `encode` lays values out otherwise."""


def encode(value: object, classes: Iterable[type], later: Collection[tuple[type, str]] = ()) -> bytes:
    """Return a value as bytes. `classes`: the dataclasses and enumerations of which it may be made.

    It may hold tuples, sets of texts, mappings, decimals, arrays of long numbers without a sign, texts, whole numbers, truth values and None beside them. Raises
    TypeError for anything else. `later`: fields (class, name) whose tuples are read when they are first looked at.
    """
    encoder = _Encoder({one: one.__name__ for one in classes}, later)
    first = encoder.whole(value)
    rest = zlib.compress(_Encoder(encoder.names, ()).whole(tuple(encoder.later)), 1)
    return b"%d\n%b%b" % (len(first), first, rest)


def decode(raw: bytes | memoryview, classes: Iterable[type]) -> Any:
    """Return the value again, equal in everything; what was equal in it is one object. Raises for what `encode` did not write."""
    known: dict[str, Any] = {one.__name__: one for one in classes}
    first, rest = headed(memoryview(raw))
    return _made({**known, _LATER: _Rest(bytes(rest), known).part}, first)


_LONGEST_NUMBER = 20


def headed(raw: memoryview) -> tuple[memoryview, memoryview]:
    """Return the part of some bytes whose length stands in a line before it, and what is behind it. Raises ValueError where none does."""
    begins = bytes(raw[:_LONGEST_NUMBER]).index(b"\n") + 1
    ends = begins + int(bytes(raw[:begins]))
    return raw[begins:ends], raw[ends:]


def _made(known: Mapping[str, Any], raw: memoryview) -> Any:
    """Return what an encoder wrote: `atoms` are texts and numbers; each step makes values of one class from what is there by then,
    told by their places in columns; `at` is the place of the whole. Behind it stand the numbers of all arrays."""
    head, numbers = headed(raw)
    plain = json.loads(bytes(head))

    def numbered(first: int, until: int) -> array[int]:
        found = array("Q")
        size = found.itemsize
        if not 0 <= first <= until <= len(numbers) // size:
            raise ValueError("there are no such numbers")
        found.frombytes(numbers[first * size : until * size])
        return _turned(found)

    simple: dict[str, Callable[..., Any]] = {_DECIMAL: Decimal, _ARRAY: numbered}
    values: list[Any] = list(plain["atoms"])
    at = values.__getitem__
    for name, columns in plain["steps"]:
        if name == _TUPLE:
            values += [tuple(map(at, places)) for places in columns]
        elif name == _SET:
            values += [frozenset(map(at, places)) for places in columns]
        elif name == _MAPPING:
            values += [dict(zip(at(keys), at(contents), strict=True)) for keys, contents in columns]
        else:
            make = simple[name] if name in simple else known[name]
            values += list(map(make, *(list(map(at, column)) for column in columns))) if columns else [make()]
    return at(plain["at"])


def _turned(numbers: array[int]) -> array[int]:
    """Return numbers with the least of their bytes first, as they are written, or as this machine has them: each is the other's turn."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


class _Rest:
    """What is read later: all of it, when one of its parts is first looked at."""

    def __init__(self, raw: bytes, known: Mapping[str, Any]) -> None:
        self._raw, self._known = raw, known

    @cached_property
    def parts(self) -> tuple[tuple[Any, ...], ...]:
        made: tuple[tuple[Any, ...], ...] = _made(self._known, memoryview(zlib.decompress(self._raw)))
        return made

    def part(self, number: int) -> Later[Any]:
        return Later(self, number)


def conform(value: object, hint: object, most: int) -> list[Any]:
    """Return each dataclass within a value, once. Raises ValueError where anything is not what its field declares.

    So it does for what written out were more than `most` values, for nesting without reason, and for a number without a size:
    what others wrote is then no more than a program of ours might have made.
    """
    conformer = _Conformer(most)
    conformer.size(value, hint, 0)
    return conformer.found


_DEEPEST = 200
_GREATEST_EXPONENT = 60


class _Conformer:
    def __init__(self, most: int) -> None:
        self.found: list[Any] = []
        self._most = most
        self._sizes: dict[tuple[int, Any], int] = {}

    def size(self, value: object, hint: Any, depth: int) -> int:
        """Return of how many values one is made."""
        kind = type(value)
        if kind in _simple(hint):
            return 1
        if kind in (str, int, bool, Decimal) or value is None or isinstance(value, Enum):
            if not _is_one(value, hint):
                raise ValueError(f"a {kind.__name__} where there can be none")
            return 1
        if isinstance(value, array) and hint is array:
            return len(value)
        known = self._sizes.get((id(value), hint))
        if known is None:
            if depth > _DEEPEST:
                raise ValueError("it is nested too deeply")
            known = 1
            for part, of in self._parts(value, hint):
                known += 1 if type(part) in _simple(of) else self.size(part, of, depth + 1)
            self._sizes[id(value), hint] = known
            if known > self._most:
                raise ValueError("it is larger than anything that is made")
        return known

    def _parts(self, value: object, hint: Any) -> Iterator[tuple[object, Any]]:
        of = next((one for one in _alternatives(hint) if _holds(value, one)), None)
        if of is None:
            raise ValueError(f"a {type(value).__name__} where there can be none")
        given = get_args(of)
        if isinstance(value, tuple) and get_origin(of) is tuple and given[-1] is not Ellipsis:
            return zip(value, given, strict=True)
        if isinstance(value, tuple | frozenset):
            return ((part, given[0]) for part in value)
        if isinstance(value, dict):
            return ((part, of_one) for pair in value.items() for part, of_one in zip(pair, given, strict=True))
        self.found.append(value)
        return ((getattr(value, name), of_one) for name, of_one in _hints(cast(Hashable, type(value))))


@cache
def _hints(kind: Any) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((name, hints[name]) for name in _names(kind))


@cache
def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


@cache
def _simple(hint: Any) -> frozenset[type]:
    """Return the classes of which a hint allows every value, and each value is one by itself."""
    classes = (NoneType if one is None else one for one in _alternatives(hint))
    return frozenset(one for one in classes if one in (str, int, bool, NoneType) or isinstance(one, EnumMeta))


def _is_one(value: object, hint: Any) -> bool:
    """Return whether a value that is made of no others is what a hint declares: one of its words, or a number of a size."""
    if isinstance(value, Decimal):
        return Decimal in _alternatives(hint) and value.is_finite() and abs(value.adjusted()) <= _GREATEST_EXPONENT
    return any(get_origin(one) is Literal and (type(value), value) in _words(one) for one in _alternatives(hint))


@cache
def _words(hint: Any) -> frozenset[tuple[type, object]]:
    return frozenset((type(word), word) for word in get_args(hint))


def _holds(value: object, hint: Any) -> bool:
    """Return whether a value that is made of others is of the class of a hint."""
    origin = get_origin(hint)
    if origin in (Sequence, Set) and is_dataclass(value):
        return isinstance(value, origin)
    if origin in (tuple, Sequence):
        return type(value) is tuple
    if origin in (dict, Mapping):
        return type(value) is dict
    return type(value) is (frozenset if origin is Set else origin or hint)


class Later(Sequence[_T]):
    """A tuple that is read when it is first looked at: equal to that tuple, and as immutable."""

    __slots__ = ("_number", "_rest")

    def __init__(self, rest: _Rest, number: int) -> None:
        self._rest, self._number = rest, number

    @property
    def _all(self) -> tuple[_T, ...]:
        return self._rest.parts[self._number]

    @overload
    def __getitem__(self, at: int) -> _T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[_T, ...]: ...
    def __getitem__(self, at: int | slice) -> _T | tuple[_T, ...]:
        return self._all[at]

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[_T]:
        return iter(self._all)

    def __eq__(self, other: object) -> bool:
        return self._all == (other._all if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)


def names_of(value: object) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass's instance; none of what is no such thing."""
    return _names(type(value))  # type: ignore[arg-type]  # types are hashable; no call of `cast` for each


def parts_of(nodes: Iterable[object]) -> Iterator[object]:
    """Yield the dataclasses' instances among some nodes, and all that they are made of, each before its parts."""
    waiting = [*nodes][::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += node[::-1]
        elif names := names_of(node):
            yield node
            waiting += [getattr(node, name) for name in reversed(names)]


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


class _Encoder:
    def __init__(self, names: Mapping[type, str], later: Collection[tuple[type, str]]) -> None:
        self.names = names
        self.later: list[tuple[object, ...]] = []
        self._is_later = frozenset(later)
        self._places: dict[tuple[Any, ...], int] = {}
        """A number for each value that is met, by its class and what it is made of."""
        self._levels: list[int] = []
        """By number: how many steps lie beneath a value."""
        self._numbers = array("Q")
        self._arrays: dict[bytes, tuple[int, int]] = {}
        """Where the numbers of an array stand among those of all."""

    def whole(self, value: object) -> bytes:
        last = self._place(value)
        made = list(self._places)
        groups: dict[tuple[int, Any], list[int]] = {(0, None): []}
        for number, level in enumerate(self._levels):
            groups.setdefault((level, made[number][0] if level else None), []).append(number)
        in_order = sorted(groups, key=lambda group: group[0])
        places = {number: place for place, number in enumerate(n for group in in_order for n in groups[group])}
        atoms, *steps = in_order
        plain = {
            "atoms": [made[number][1] for number in groups[atoms]],
            "steps": [
                [kind, _columns(kind, [[places[part] for part in made[number][1:]] for number in groups[level, kind]])]
                for level, kind in steps
            ],
            "at": places[last],
        }
        head = json.dumps(plain, separators=(",", ":"), allow_nan=False).encode()
        return b"%d\n%b%b" % (len(head), head, _turned(self._numbers).tobytes())

    def _place(self, value: object) -> int:
        kind = type(value)
        if value is None or kind in (str, int, bool):
            return self._number((kind, value), 0)
        if isinstance(value, tuple):
            return self._made(_TUPLE, value)
        if kind is frozenset:
            return self._made(_SET, sorted(value))  # type: ignore[call-overload]
        if isinstance(value, Mapping):
            return self._made(_MAPPING, (tuple(value), tuple(value.values())))
        if kind is Decimal:
            return self._made(_DECIMAL, (str(value),))
        if isinstance(value, array) and value.typecode == "Q":
            first = len(self._numbers)
            place = self._arrays.setdefault(value.tobytes(), (first, first + len(value)))
            if place[0] == first:
                self._numbers.extend(value)
            return self._made(_ARRAY, place)
        if kind not in self.names:
            raise TypeError(f"a {kind.__name__} cannot be stored")
        if isinstance(value, Enum):
            return self._made(self.names[kind], (value.value,))
        parts = [self._field(kind, name, getattr(value, name)) for name in names_of(value)]
        return self._joined(self.names[kind], parts)

    def _field(self, kind: type, name: str, value: object) -> int:
        if (kind, name) not in self._is_later or not isinstance(value, tuple):
            return self._place(value)
        self.later.append(value)
        return self._made(_LATER, (len(self.later) - 1,))

    def _made(self, kind: str, parts: Sequence[object]) -> int:
        return self._joined(kind, [self._place(part) for part in parts])

    def _joined(self, kind: str, places: Sequence[int]) -> int:
        level = 1 + max((self._levels[place] for place in places), default=0)
        return self._number((kind, *places), level)

    def _number(self, key: tuple[Any, ...], level: int) -> int:
        found = self._places.setdefault(key, len(self._places))
        if found == len(self._levels):
            self._levels.append(level)
        return found


def _columns(kind: str, rows: list[list[int]]) -> list[list[int]]:
    """Return rows as they are where their lengths may differ, else turned into columns."""
    return rows if kind in (_TUPLE, _SET, _MAPPING) else [list(column) for column in zip(*rows, strict=True)]
