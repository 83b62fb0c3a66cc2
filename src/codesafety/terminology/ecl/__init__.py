"""The Expression Constraint Language, whole (2.3): parse to data, write it canonically, evaluate it over a release."""

from __future__ import annotations

from codesafety.terminology.ecl.canonical import canonical
from codesafety.terminology.ecl.concepts import NamedConcept, concepts
from codesafety.terminology.ecl.context import Kind, Substrate, Value
from codesafety.terminology.ecl.expand import Expansion, expand, select
from codesafety.terminology.ecl.membership import Rows
from codesafety.terminology.ecl.parser import parse

__all__ = [
    "Expansion", "Kind", "NamedConcept", "Rows", "Substrate", "Value", "canonical", "concepts", "expand", "parse", "select",
]
