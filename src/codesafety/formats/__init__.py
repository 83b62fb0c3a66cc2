"""The built-in readers. They come in through the same hook as a supplier's and import only what a supplier may import."""

from __future__ import annotations

from codesafety.formats.fhir.access_record import AccessRecordReader
from codesafety.formats.fhir.r4 import R4Reader
from codesafety.formats.fhir.update_record import UpdateRecordReader
from codesafety.formats.native import NativeReader
from codesafety.formats.tables.flat import FlatReader
from codesafety.formats.tables.omop import OmopReader
from codesafety.plugins.reading import Reader, TableReader

READERS: tuple[Reader, ...] = (NativeReader(), AccessRecordReader(), R4Reader(), UpdateRecordReader())
"""In the order in which they are asked whether they recognise a source. The last takes any other FHIR there is."""

TABLE_READERS: tuple[TableReader, ...] = (OmopReader(), FlatReader())
"""For files and folders of tables. polars is imported when one of them first reads, and not before."""

__all__ = [
    "READERS",
    "TABLE_READERS",
    "AccessRecordReader",
    "FlatReader",
    "NativeReader",
    "OmopReader",
    "R4Reader",
    "UpdateRecordReader",
]
