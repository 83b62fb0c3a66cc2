"""Units as rule files and tables write them."""

from __future__ import annotations

from codesafety.diagnostics import Diagnostics, Span, did_you_mean
from codesafety.ir import units


def unit(text: str, span: Span, diagnostics: Diagnostics) -> str | None:
    """Return a unit, or None where it is none; that is reported."""
    if units.known(text):
        return text
    instead = units.written_as(text)
    help = f'in UCUM it is written `"{instead}"`' if instead else did_you_mean(text, units.names())
    diagnostics.error(
        "CS208",
        f"`{text}` is not a unit that this library knows",
        span,
        help or 'units are written in UCUM: `"mm[Hg]"`, `"mmol/L"`, `"kg/m2"`',
    )
    return None
