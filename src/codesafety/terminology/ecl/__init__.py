"""The Expression Constraint Language, whole (2.3): parse to data, write it canonically, evaluate it over a release."""

from __future__ import annotations

from codesafety.terminology.ecl.parser import parse

__all__ = ["parse"]
