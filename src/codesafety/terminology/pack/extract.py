"""The dm+d extract that is shipped with the library, so that rules about medicines work where no release is loaded.

It is a pack that holds products alone. `data/README.md` says from what it is made, how each fact was derived, and what is left
out. What could not be derived is None. Source of the products and names: dm+d, © NHSBSA, Open Government Licence v3.0.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from codesafety.terminology.pack.file import Pack
from codesafety.terminology.pack.products import DmdSection

PACK = Path(__file__).resolve().parent.parent / "dmd" / "data" / "dmd-extract.pack"


@cache
def shipped_products() -> DmdSection:
    """Return the shipped extract, opened at the first call. Raises PackError where it is missing or damaged."""
    return DmdSection(Pack(PACK))
