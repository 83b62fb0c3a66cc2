"""What is written as plain data comes back equal in everything, and nothing else is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codesafety.plain import Later, decode, encode


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    number: Decimal | int | bool | None = None
    colour: Colour | None = None
    place: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Branch:
    parts: tuple[object, ...]
    words: frozenset[str] = frozenset()
    cells: Mapping[str, object] = field(default_factory=dict, hash=False)
    many: Sequence[Leaf] = ()


CLASSES = (Colour, Leaf, Empty, Branch)
TEXTS = st.text(st.characters(), max_size=3)
LEAVES = st.builds(
    Leaf,
    TEXTS,
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.none() | st.just(Colour.RED),
    st.integers(0, 1),
)
TREES = st.recursive(
    LEAVES | st.just(Empty()) | TEXTS,
    lambda inner: st.builds(
        Branch,
        st.lists(inner, max_size=3).map(tuple),
        st.frozensets(TEXTS, max_size=3),
        st.dictionaries(TEXTS, inner, max_size=2),
        st.lists(LEAVES, max_size=2).map(tuple),
    ),
    max_leaves=12,
)


@given(TREES, st.booleans())
def test_a_value_comes_back_as_it_was(value: object, later: bool) -> None:
    back = decode(encode(value, CLASSES, [(Branch, "many")] if later else ()), CLASSES)
    assert back == value
    assert repr(back).replace("frozenset()", "") == repr(value).replace("frozenset()", "") or _sets(value)


def _sets(value: object) -> bool:
    """Whether a value holds a set of several words, whose order in a repr is nobody's."""
    if not isinstance(value, Branch):
        return False
    return len(value.words) > 1 or any(map(_sets, (*value.parts, *value.cells.values())))


def test_numbers_that_are_equal_stay_what_they_are() -> None:
    value = (1, True, Decimal(1), Decimal("1.0"), "1", 0, False, None)
    assert repr(decode(encode(value, ()), ())) == "(1, True, Decimal('1'), Decimal('1.0'), '1', 0, False, None)"


def test_what_is_equal_becomes_one_and_what_takes_no_part_in_comparison_is_kept() -> None:
    one, other, third = decode(encode((Leaf("a", place=1), Leaf("a", place=1), Leaf("a", place=2)), CLASSES), CLASSES)
    assert one is other and third is not one
    assert (one.place, third.place) == (1, 2)


def test_a_part_that_is_read_later_is_that_tuple() -> None:
    leaves = (Leaf("a"), Leaf("b"))
    back = decode(encode(Branch((), many=leaves), CLASSES, [(Branch, "many")]), CLASSES)
    assert isinstance(back.many, Later)
    assert back == Branch((), many=leaves) and Branch((), many=leaves) == back
    assert (len(back.many), back.many[1], back.many[:1], [*back.many]) == (2, Leaf("b"), (Leaf("a"),), [*leaves])
    assert hash(back.many) == hash(leaves) and repr(back.many) == repr(leaves)
    assert back.many != leaves[:1] and back.many == decode(encode(back.many[:], CLASSES), CLASSES)


@pytest.mark.parametrize("value", [1.5, b"1", Decimal, {1}, [1], Leaf("a", 1.5)])  # type: ignore[arg-type]
def test_what_is_none_of_ours_is_not_written(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be stored"):
        encode(value, CLASSES)


def test_a_class_that_the_reader_does_not_know_is_not_made() -> None:
    with pytest.raises(KeyError):
        decode(encode(Leaf("a"), CLASSES), (Empty,))
