"""Where it matters on which day a patient is made up: a month is 28 to 31 days, so that lengths near each other change places."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from codesafety import ir
from codesafety.authoring.lint.patients import Node, Tie

STARTS = tuple(
    date(*day).toordinal() for day in ((2024, 2, 29), (2025, 2, 28), (2025, 3, 1), (2025, 3, 31), (2025, 7, 31), (2024, 3, 1))
)
"""Days before which months and years are short, and long: they show much, and are not all."""
_OFF = 5
"""How far some months are at most from as many times their mean, with the days beside each bound."""
_MEAN = 146_097 / 4_800
_MOST_TOGETHER = 5


def uneven(ties: Sequence[Tie]) -> set[Node]:
    """Return the days of which another start may tell apart what one start does not.

    Between two days: lengths of months and of days that are near each other. Between three or more that are compared in a ring: also
    where such lengths come near each other one after the other. Days alone are alike on every start, and so are months alone of two.
    """
    between: dict[frozenset[Node], list[_Length]] = {}
    for tie in ties:
        between.setdefault(frozenset((tie.one, tie.other)), []).extend(_lengths(tie))
    found: set[Node] = set()
    for pair, lengths in between.items():
        if not any(isinstance(node, ir.DateLiteral) for node in pair) and _near(lengths, 2):
            found |= pair
    for nodes, pairs in _joined(between):
        if len(pairs) >= len(nodes) > 2 and _near([one for pair in pairs for one in between[pair]], len(nodes)):
            found |= nodes
    return found


@dataclass(frozen=True, slots=True, order=True)
class _Length:
    """A length in days, those of months by their mean. `from_birth`: it is an age, and begins where every other age does."""

    days: float
    in_months: bool
    from_birth: bool


def _lengths(tie: Tie) -> Iterator[_Length]:
    """Yield the lengths at which what is asked of two days changes: an age lasts until the next one."""
    if tie.length is not None:
        per = {ir.Unit.DAYS: 1, ir.Unit.WEEKS: 7, ir.Unit.MONTHS: _MEAN, ir.Unit.YEARS: 12 * _MEAN}[tie.length.unit]
        in_months = tie.length.unit in (ir.Unit.MONTHS, ir.Unit.YEARS)
        for n in (float(tie.length.n), float(tie.length.n) + 1)[: 2 if tie.age else 1]:
            yield _Length(n * per, in_months, tie.age)


def _joined(pairs: Collection[frozenset[Node]]) -> Iterator[tuple[set[Node], list[frozenset[Node]]]]:
    """Yield the days that hang together, with the pairs that join them."""
    left = list(pairs)
    while left:
        nodes = set(left[0])
        while more := [pair for pair in left if pair & nodes and not pair <= nodes]:
            nodes.update(*more)
        yield nodes, [pair for pair in left if pair <= nodes]
        left = [pair for pair in left if not pair <= nodes]


def _near(lengths: Iterable[_Length], most: int) -> bool:
    """Return whether some of these lengths, forwards and backwards, may come to nothing on one start and not on another."""
    every = sorted({one for one in lengths if one.days})
    for some in range(2, min(most, _MOST_TOGETHER) + 1):
        for chosen in itertools.combinations_with_replacement(every, some):
            months = sum(one.in_months for one in chosen)
            if not months or months == some == 2:
                continue
            for signs in itertools.product((1, -1), repeat=some):
                signed = set(zip(signs, chosen, strict=True))
                cancel = any(one.from_birth and (-sign, one) in signed for sign, one in signed)
                if not cancel and abs(sum(sign * one.days for sign, one in zip(signs, chosen, strict=True))) <= _OFF * months:
                    return True
    return False
