"""The names of codes that are shipped with the library, so that words can be compared with codes where no release is loaded.

It is a pack that holds a table of codes. `words/data/README.md` says from what it is made. Source of the names: SNOMED Code
Usage in Primary Care in England, 2018-19, NHS Digital, Open Government Licence v3.0.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from codesafety.terminology.pack.code_table import CodeTable
from codesafety.terminology.pack.file import Pack

PACK = Path(str(files("codesafety.terminology.words").joinpath("data", "names.pack")))


@cache
def shipped_names() -> CodeTable:
    """Return the shipped names, opened at the first call. Raises PackError where they are missing or damaged."""
    return CodeTable(Pack(PACK))
