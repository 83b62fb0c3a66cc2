"""A plugin's predicate: asked in a bounded time, and whatever it does is an answer or a failure with a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from codesafety import ir
from codesafety.errors import PluginError
from codesafety.evaluation.in_time import in_time

PREDICATE_TIMEOUT_S = 1
"""How long one call of a predicate may take: some ten thousand times what one that computes takes."""
_HUNG = f"it did not answer within {PREDICATE_TIMEOUT_S} s, and is not asked again"


@dataclass(frozen=True, slots=True)
class Missing:
    """A plugin predicate's "cannot tell": those of its declared fields that it would have needed, at least one."""

    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoundPredicate:
    """A plugin's predicate with its declared types. `plugin` is filled in when an engine is loaded."""

    signature: ir.Signature
    call: Callable[..., bool | Missing]
    plugin: str = ""
    owners: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    """The places of the arguments that have a field, where those are not all; filled in when an engine is loaded."""
    hung: Event = field(default_factory=Event, init=False, repr=False, compare=False)
    """Set once a call was given up."""


def ask(predicate: BoundPredicate, arguments: Sequence[Any], names: Sequence[str]) -> bool | frozenset[str]:
    """Return the answer, or what is missing, named after the rule's variables `names`.

    Raises PluginError for any other answer and for whatever the call raises. One that does not answer in time is left to
    its thread, which nothing can end, and is never called again: no more threads are lost than were asking at that moment.
    """
    name = predicate.signature.name
    if predicate.hung.is_set():
        raise PluginError(predicate.plugin, name, _HUNG)

    def answer() -> Any:
        try:
            return predicate.call(*arguments)
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything, and no signal reaches this thread
            return PluginError(predicate.plugin, name, error)

    match in_time(PREDICATE_TIMEOUT_S, name, answer):
        case ():
            predicate.hung.set()
            raise PluginError(predicate.plugin, name, _HUNG)
        case (bool() as told,):
            return told
        case (Missing(fields),):
            return _named(predicate, fields, names)
        case (PluginError() as failed,):
            raise failed
        case _:
            raise PluginError(predicate.plugin, name, "it answered neither true, false nor Missing")


def _named(predicate: BoundPredicate, fields: tuple[str, ...], names: Sequence[str]) -> frozenset[str]:
    if not isinstance(fields, tuple) or not fields or any(one not in predicate.signature.fields for one in fields):
        raise PluginError(
            predicate.plugin, predicate.signature.name, "its Missing names a field that it did not declare, or none"
        )
    everywhere = tuple(range(len(names)))
    return frozenset(f"{names[place]}.{one}" for one in fields for place in predicate.owners.get(one, everywhere))
