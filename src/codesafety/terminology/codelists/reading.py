"""Published lists of codes: CSV or TSV, whole or gzipped, with columns under any of the names in use.

Codes stay the text that the file holds, damage and all: nothing is converted, stripped or repaired here. What the file does
not say (a term, a system) is None. A file that cannot be read for certain is a ReleaseError with file and line.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from codesafety.paths import refuse_endless
from codesafety.terminology.errors import ReleaseError
from codesafety.terminology.heads import is_known, plain, system_in, system_of, words
from codesafety.terminology.systems import SCT

MAX_BYTES = 4 * 2**30
"""A list that unpacks to more than this is refused: the largest published tables of codes are some hundred megabytes."""
LONGEST_LINE = 2**20

_GENERAL_NAMES = ("conceptcode", "clinicalcode", "codeid", "conceptid")
_TERM_NAMES = (
    "term",
    "preferredterm",
    "fsn",
    "fullyspecifiedname",
    "display",
    "displayname",
    "description",
    "name",
    "conceptname",
    "label",
    "codedescription",
    "codeterm",
    "snomedterm",
    "snomeddescription",
    "dmdname",
    "nm",
    "desc",
    "title",
    "codename",
    "rubric",
    "termtext",
    "conceptterm",
    "meaning",
    "vmpnm",
    "ampnm",
    "vtmnm",
)
_TERM_WORDS = frozenset({"term", "description", "name", "nm", "desc", "fsn", "display", "label", "title"})
_SYSTEM_NAMES = ("system", "codesystem", "codingsystem", "terminology", "vocabulary", "vocabularyid", "codetype", "scheme")
_OTHER_SYSTEM = 2 + len(_GENERAL_NAMES)
_WEAK = _OTHER_SYSTEM + 1  # the rank of names that other columns than those of codes have too
_SAMPLE = 200
_SHOWN = 80  # characters of a column's name
_MOST_NAMED = 5  # columns in a note
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?\s*', re.IGNORECASE)  # Excel's own first line
_NUMERIC = re.compile(r"[\s'\"=\ufeff\u00a0]*\d[\d\s,.]{4,}(?:[eE]\+?\d+)?[\s'\"\u00a0]*", re.ASCII)
_NOT_TEXT = {
    b"PK\x03\x04": "is a zip archive or a workbook (.xlsx)",
    b"\xd0\xcf\x11\xe0": "is an old workbook (.xls)",
    b"%PDF": "is a PDF",
    b"PAR1": "is a parquet file",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `line` counts from 1, where the row begins; `cells` are all its cells as written.

    `term` and `system` are None where the list has no such column or the cell is empty. A `ragged` row has another number of
    cells than the header: its term is None, because which cells it is made of cannot be told.
    """

    line: int
    code: str
    term: str | None
    system: str | None
    cells: tuple[str, ...]
    ragged: bool = False


@dataclass(frozen=True, slots=True)
class Codelist:
    """A list that was opened: where its columns are. Iterate it for its rows; each iteration reads the file anew.

    `notes` say what a person should know of how the file was read (another encoding, no header).
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...] | None
    code_column: int
    term_column: int | None
    system_column: int | None
    system: str | None
    notes: tuple[str, ...]

    def __iter__(self) -> Iterator[Row]:
        rows = _cells(self.path, self.encoding, self.delimiter)
        width = len(self.header) if self.header is not None else None
        if self.header is not None:
            next(rows)
        for line, cells in rows:
            width = len(cells) if width is None else width
            ragged = len(cells) < width or any(cell for cell in cells[width:])
            yield Row(
                line=line,
                code=cells[self.code_column] if self.code_column < len(cells) else "",
                term=None if ragged else self._cell(cells, self.term_column),
                system=system_in(self._cell(cells, self.system_column)) or self.system,
                cells=tuple(cells),
                ragged=ragged,
            )

    @staticmethod
    def _cell(cells: Sequence[str], column: int | None) -> str | None:
        return cells[column] if column is not None and column < len(cells) and cells[column].strip() else None


def read_codelist(path: Path | str) -> Iterator[Row]:
    """Return the rows of a list, one by one."""
    return iter(open_codelist(path))


def open_codelist(path: Path | str) -> Codelist:
    """Return a list with its columns found, by their names and by what stands in them.

    Raises ReleaseError where the file cannot be read as text, or no column holds codes.
    """
    path = Path(path)
    encoding, notes = _encoding(path)
    delimiter = _delimiter(path, encoding)
    sample = list(islice(_cells(path, encoding, delimiter), _SAMPLE))
    if not sample:
        raise ReleaseError(str(path), None, "the list is empty", "give a list with a column of codes")
    line, first = sample[0]
    header: tuple[str, ...] | None = tuple(cell.strip() for cell in first)
    if any(_NUMERIC.fullmatch(cell) for cell in first):
        header, body = None, [cells for _, cells in sample]
        notes.append("no header: the columns were found by what stands in them")
    else:
        body = [cells for _, cells in sample[1:]]
    code_column = _code_column(header, body)
    if code_column is None:
        raise ReleaseError(
            str(path),
            line,
            "no column holds codes",
            f"name one of its {len(first)} columns `code`",
        )
    if header is not None and (others := _other_code_columns(header, body, code_column)):
        read, *left = (f"`{header[column][:_SHOWN]}` (column {column + 1})" for column in (code_column, *others))
        more = f" and {len(left) - _MOST_NAMED} more" if len(left) > _MOST_NAMED else ""
        notes.append(f"only the codes of {read} are checked, and not those of {', '.join(left[:_MOST_NAMED])}{more}")
    term_column = _term_column(header, body, code_column)
    return Codelist(
        path,
        encoding,
        delimiter,
        header,
        code_column,
        term_column,
        _named(header, _SYSTEM_NAMES),
        _system_told(header, code_column, term_column),
        tuple(notes),
    )


def _open(path: Path) -> io.BufferedReader | gzip.GzipFile:
    try:
        refuse_endless(path)
        with path.open("rb") as file:
            start = file.read(4)
        for magic, what in _NOT_TEXT.items():
            if start.startswith(magic):
                raise ReleaseError(str(path), None, f"{what}, and no list of codes", "export the list as CSV, its codes as text")
        return gzip.open(path) if start[:2] == b"\x1f\x8b" else path.open("rb")
    except OSError as error:
        raise ReleaseError(str(path), None, (error.strerror or "cannot be read").lower()) from None


def _encoding(path: Path) -> tuple[str, list[str]]:
    """Return the encoding, by decoding the whole file: a byte that is no UTF-8 may stand in its last line."""
    with _open(path) as file:
        start = file.read(3)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16", ["read as UTF-16"]
    if _first_undecodable(path, "utf-8") is None:
        return "utf-8-sig", []
    line = _first_undecodable(path, "cp1252")
    if line is not None:
        raise ReleaseError(str(path), line, "is neither UTF-8 nor Windows-1252 text", "save the list as UTF-8")
    return "cp1252", ["not UTF-8: read as Windows-1252"]


def _first_undecodable(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, size, since = 1, 0, 0
    try:
        with _open(path) as file:
            while chunk := file.read(2**20):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise ReleaseError(str(path), None, f"unpacks to more than {MAX_BYTES} bytes")
                if b"\x00" in chunk:
                    raise ReleaseError(
                        str(path),
                        line + chunk[: chunk.index(b"\x00")].count(b"\n"),
                        "holds a NUL byte",
                        "save the list as UTF-8 text",
                    )
                decoder.decode(chunk)
                line += chunk.count(b"\n")
                since = len(chunk) - chunk.rindex(b"\n") - 1 if b"\n" in chunk else since + len(chunk)
                if since > LONGEST_LINE:
                    raise ReleaseError(str(path), line, f"a line of more than {LONGEST_LINE >> 20} MiB: refused")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + error.object[: error.start].count(b"\n")
    except (OSError, EOFError, zlib.error):
        raise ReleaseError(str(path), line, "the gzip data is damaged or cut short", "fetch the file again") from None
    return None


def _delimiter(path: Path, encoding: str) -> str:
    with _open(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        first = next((line for line in text if line.strip() and not line.startswith("#")), "")
    if (told := _SEPARATOR.fullmatch(first)) is not None:
        return told[1]
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max((",", "\t", ";", "|"), key=unquoted.count)


def _cells(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of every row that is not blank."""
    with _open(path) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        before = 0
        first = ""
        for first in text:  # what stands above the table, as `# source: ...`, is no row of it
            if not first.startswith("#") and not _SEPARATOR.fullmatch(first):
                break
            before += 1
            first = ""
        above = before
        reader = csv.reader(chain([first], text), delimiter=delimiter, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise ReleaseError(
                    str(path),
                    before + 1,
                    f"not a row of a table: {error}",
                    "a quote inside a cell is written twice, in a quoted cell",
                ) from None
            line, before = before + 1, above + reader.line_num
            if any(cell.strip() for cell in cells):
                yield line, cells


def _named(header: tuple[str, ...] | None, names: Sequence[str]) -> int | None:
    spelled = [plain(name) for name in header or ()]
    return next((spelled.index(name) for name in names if name in spelled), None)


def _likeness(body: Sequence[Sequence[str]], column: int) -> float:
    """Return the share of a column's filled cells that could be identifiers, whole or damaged."""
    filled = [cells[column] for cells in body if column < len(cells) and cells[column].strip()]
    return sum(_NUMERIC.fullmatch(cell) is not None for cell in filled) / len(filled) if filled else 0.0


def _rank(head: str) -> int | None:
    """Return how well a column is named as one of codes: `code`, an id of SNOMED CT, a general name, another system's."""
    told, system, spelled = set(words(head)), system_of(head), plain(head)
    if told & _TERM_WORDS:
        return None
    if spelled == "code":
        return 0
    if system == SCT and is_known(head):
        return 1
    if spelled in _GENERAL_NAMES:
        return 2 + _GENERAL_NAMES.index(spelled)
    if system is not None and (is_known(head) or "code" in told):
        return _OTHER_SYSTEM
    return _WEAK if told & {"code", "codes", "id", "ids"} or system is not None else None


def _code_column(header: tuple[str, ...] | None, body: Sequence[Sequence[str]]) -> int | None:
    """Return the column of codes: the best named of those that hold identifiers, else one that is named as codes are.

    A column of numbers that has no such name is one only where no other is: it may hold how often each code was used.
    """
    named = {column: rank for column, name in enumerate(header or ()) if (rank := _rank(name)) is not None}
    width = max((len(cells) for cells in body), default=len(header or ()))
    likely = [column for column in range(width) if _likeness(body, column) >= 0.5]
    strong = [column for column, rank in named.items() if rank < _WEAK]
    for columns in ([column for column in likely if column in named], strong, likely, list(named)):
        if columns:
            return min(columns, key=lambda column: (named.get(column, 0), column))
    return None


def _other_code_columns(header: tuple[str, ...], body: Sequence[Sequence[str]], chosen: int) -> list[int]:
    """Return the columns that are named as ones of codes too: by a code system, or in general and full of identifiers."""
    ranks = [_rank(name) for name in header]
    return [
        column
        for column, rank in enumerate(ranks)
        if column != chosen and rank is not None and (rank < _WEAK or _likeness(body, column) >= 0.5)
    ]


def _term_column(header: tuple[str, ...] | None, body: Sequence[Sequence[str]], code_column: int) -> int | None:
    named = _named(header, _TERM_NAMES)
    if named is not None and named != code_column:
        return named
    for column, name in enumerate(header or ()):
        if column != code_column and _TERM_WORDS.intersection(words(name)):
            return column
    if header is not None:
        return None
    width = max((len(cells) for cells in body), default=0)
    texts = {
        column: sum(len(cells[column]) for cells in body if column < len(cells))
        for column in range(width)
        if column != code_column and _likeness(body, column) < 0.1
    }
    longest = max(texts, key=lambda column: texts[column], default=None)
    return longest if longest is not None and texts[longest] >= 4 * len(body) else None


def _system_told(header: tuple[str, ...] | None, code_column: int, term_column: int | None) -> str | None:
    """Return the system that the name of the column of codes tells, else that of the terms beside it; None where neither does."""
    for column in (code_column, term_column):
        if header is not None and column is not None and column < len(header) and (system := system_of(header[column])):
            return system
    return None
