"""What a message reader is: it recognises a source and turns it into a submission or a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from codesafety.markup import Declared as Declared
from codesafety.markup import hardened_parser as hardened_parser
from codesafety.record import Record, Submission
from codesafety.terminology.heads import may_change_what_is_said as may_change_what_is_said
from codesafety.terminology.heads import names_codes as names_codes
from codesafety.terminology.heads import system_of as system_of
from codesafety.terminology.sctid import is_concept_id as is_concept_id
from codesafety.terminology.words.reach import denies_something as denies_something

MAX_BYTES = 64 * 1024 * 1024
"""The largest single message or record that the built-in readers take, in bytes."""
MAX_DEPTH = 100
"""How deep elements may nest. Real messages stay under 30."""
MAX_ELEMENTS = 2_000_000
"""How many elements one message or record may hold."""
MAX_ATTRIBUTES = 100
"""How many attributes one XML element may have. FHIR has at most three."""
MAX_COMMENTS = 1_000
"""How many comments of one XML message are read."""
MAX_COLUMNS = 1_000
"""How many columns one table may have."""
MAX_ROWS = 100_000
"""How many rows of one table one patient may have, or nobody."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes to be read and a name for them in errors. `path` is set where they came from a file or folder on disk."""

    data: bytes = field(repr=False)
    name: str = "input"
    path: Path | None = None

    @property
    def head(self) -> bytes:
        """The first 4 KiB, without a byte-order mark: enough to recognise a format by."""
        return self.data[:4096].removeprefix(b"\xef\xbb\xbf")


@runtime_checkable
class Reader(Protocol):
    """A reader. It is pure: no clock, no network, no state.

    `recognises` is cheap and never raises. `read` and `read_record` raise InputError where the source as a whole cannot be
    read and Declined where it is understood and is not for this reader; everything smaller that cannot be read goes to
    `not_read`, by path, and nothing is lost.
    """

    @property
    def name(self) -> str:
        """A stable short name, shown in every report: `fhir-stu3-update-record`."""
        ...

    def recognises(self, source: Source) -> bool: ...

    def read(self, source: Source) -> Submission: ...

    def read_record(self, source: Source) -> Record: ...


@runtime_checkable
class TableReader(Protocol):
    """A reader of a source that holds many patients (OMOP, flat tables): it yields one submission a patient."""

    @property
    def name(self) -> str: ...

    def recognises(self, source: Source) -> bool: ...

    def read_many(self, source: Source) -> Iterable[tuple[str, Submission]]:
        """Yield (a pseudonymous row key, submission). `source.path` is a file or folder; `source.data` is empty."""
        ...
