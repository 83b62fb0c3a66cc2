"""The Expression Constraint Language, whole (2.3): parse to data, write it canonically, evaluate it over a release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codesafety.terminology.ecl.canonical import canonical
from codesafety.terminology.ecl.concepts import NamedConcept, concepts
from codesafety.terminology.ecl.parser import parse

if TYPE_CHECKING:
    from codesafety.terminology.ecl.context import Kind, Substrate, Value
    from codesafety.terminology.ecl.expansion import Expansion, expand, select
    from codesafety.terminology.ecl.membership import Rows

__all__ = [
    "Expansion",
    "Kind",
    "NamedConcept",
    "Rows",
    "Substrate",
    "Value",
    "canonical",
    "concepts",
    "expand",
    "parse",
    "select",
]

_HOMES = {
    "Expansion": "expansion",
    "Kind": "context",
    "Rows": "membership",
    "Substrate": "context",
    "Value": "context",
    "expand": "expansion",
    "select": "expansion",
}


def __getattr__(name: str) -> Any:
    """Import what evaluates when it is first asked for: whoever only parses, as the rules' checker does, needs no release."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from importlib import import_module

    module = import_module(f"{__name__}.{home}")
    for other, where in _HOMES.items():
        if where == home:
            globals()[other] = getattr(module, other)
    return globals()[name]
