"""Units as rule files and tables write them."""

from __future__ import annotations

from codesafety.diagnostics import Diagnostics, Span
from codesafety.ir.units import families, spelling


def unit(text: str, span: Span, diagnostics: Diagnostics) -> str | None:
    """Return a unit, or None where it is none; that is reported."""
    if families.known(text):
        meant = spelling.mistaken(text)
        if meant is not None:
            diagnostics.warning(
                "CS419", f"`{text}` is a unit of UCUM, and hardly the one that is meant", span, f"did you mean `{meant}`?"
            )
        return text
    diagnostics.error(
        "CS208",
        f"`{text}` is not how a unit is written",
        span,
        spelling.remedy(text) or 'units are written in UCUM: `"mm[Hg]"`, `"mmol/L"`, `"kg/m2"`',
    )
    return None
