"""Frozen slotted data classes that cost nothing to define.

`dataclass` generates and compiles six methods for every class: forty classes of syntax are a quarter of what a fresh process
needs to its first answer. Here the methods are written once. To a type checker the classes are data classes.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import get_annotations
from typing import ClassVar, Self, TypeVar, cast, dataclass_transform

Class = TypeVar("Class", bound="type[Node]")

BESIDE = ("term", "position")
"""Fields for people and for checks of code against term: they take no part in equality."""


class Node:
    """The base of all: fields in the order of the class, compared by type and by all fields but BESIDE."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, object]] = {}
    _put: ClassVar[tuple[Callable[[Node, object], None], ...]] = ()  # the slots' own setters, which a frozen class lacks

    def __init__(self, *values: object, **named: object) -> None:
        for put, value in zip(self._put, values, strict=False):
            put(self, value)
        if named or len(values) != len(self._put):
            self._complete(len(values), named)

    def _complete(self, given: int, named: dict[str, object]) -> None:
        """Fill the fields after the first `given` by name or by default."""
        names = self.__match_args__
        if given > len(names) or not named.keys() <= set(names[given:]):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(names)}")
        for name, put in zip(names[given:], self._put[given:], strict=True):
            if name in named:
                put(self, named[name])
            elif name in self._defaults:
                put(self, self._defaults[name])
            else:
                raise TypeError(f"{type(self).__name__} lacks {name}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__match_args__)})"

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)

    def _compared(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__ if name not in BESIDE)


@dataclass_transform(frozen_default=True)
def node(cls: Class) -> Class:
    """Make a frozen slotted class of a class body with annotated fields, as `dataclass(frozen=True, slots=True)` does."""
    names = tuple(get_annotations(cls))
    body = {name: value for name, value in cls.__dict__.items() if name not in (*names, "__dict__", "__weakref__")}
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    made = cast(
        "Class",
        type.__new__(
            type, cls.__name__, cls.__bases__, {**body, "__slots__": names, "__match_args__": names, "_defaults": defaults}
        ),
    )
    made._put = tuple(made.__dict__[name].__set__ for name in names)
    return made
