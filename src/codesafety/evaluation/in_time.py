"""A call of what others wrote, given up after some seconds."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_time(seconds: float, called: str, function: Callable[..., T], *arguments: object) -> tuple[T, ...]:
    """Return what a function returns, alone in a tuple; an empty one where it has not answered in time. Raises what it raises.

    One that does not answer is left to its thread, `called` after it, which nothing can end: it ends with the process.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def answer() -> None:
        try:
            answers.append(function(*arguments))
        except BaseException as error:  # noqa: BLE001  raised again, where the call was made
            errors.append(error)

    asked = Thread(target=answer, name=f"codesafety {called}", daemon=True)
    asked.start()
    asked.join(seconds)
    if errors:
        raise errors[0]
    return tuple(answers)
