"""What callers hand over, looked at where it comes in: of a wrong kind it is an error of ours that says what to give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from codesafety.errors import ConfigurationError

_Given = TypeVar("_Given")


def expect(given: object, kinds: type | tuple[type, ...], name: str, help: str) -> None:
    """Raise ConfigurationError where an argument is of none of these kinds. A truth value is no number."""
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    if type(given) in wanted:
        return  # as nearly all are
    if not isinstance(given, wanted) or (isinstance(given, bool) and bool not in wanted):
        raise ConfigurationError(f"the argument `{name}` is of another kind than it can be\n  = help: give {help}")


def expect_all(given: Iterable[_Given], kinds: type | tuple[type, ...], name: str, help: str) -> tuple[_Given, ...]:
    """Return all that an argument lists. Raises ConfigurationError where it is no list, or one thing in it is of another kind."""
    several: Any = given
    expect(several, Iterable, name, help)
    if isinstance(several, str | bytes):
        raise ConfigurationError(f"the argument `{name}` is one text, and no list\n  = help: give {help}")
    listed = tuple(several)
    for one in listed:
        expect(one, kinds, name, help)
    return listed
