"""The Expression Constraint Language, whole (2.3): parse to data, write it canonically, evaluate it over a release."""

from __future__ import annotations

from codesafety.terminology.ecl.canonical import canonical
from codesafety.terminology.ecl.concepts import NamedConcept, concepts
from codesafety.terminology.ecl.parser import parse

__all__ = ["NamedConcept", "canonical", "concepts", "parse"]
