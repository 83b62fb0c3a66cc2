"""Which concepts an expression constraint names, with the terms written beside them and their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codesafety.terminology.ecl.node import Node
from codesafety.terminology.ecl.syntax import Concept, Expression


class NamedConcept(NamedTuple):
    """`term` is None where none was written; `position` counts characters from 0."""

    code: str
    term: str | None
    position: int


def concepts(expression: Expression) -> Iterator[NamedConcept]:
    """Yield every concept that the text names, in the order of the text, each as often as it is named.

    A keyword that stands for a concept (`type = syn`, `prefer`) names none.
    """
    found: list[NamedConcept] = []
    waiting: list[object] = [expression]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Concept):
            if item.position is not None:
                found.append(NamedConcept(item.code, item.term, item.position))
        elif isinstance(item, tuple):
            waiting.extend(item)
        elif isinstance(item, Node):
            waiting.extend(getattr(item, name) for name in item.__match_args__)
    yield from sorted(found, key=lambda concept: concept.position)
