"""CSV files beside rule files: frozen value sets and tables. What is wrong with a line is reported with that line.

Lines `# key: value` at the top say where the file comes from. Then a header, then rows; UTF-8, commas, quotes as in RFC 4180.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean, listed
from codesafety.ir.words import CLAUSE_BEGINS, words_of
from codesafety.language import codes, schema
from codesafety.language.dates import interval
from codesafety.language.parsing.conflicts import without_conflicts
from codesafety.language.quantities import unit
from codesafety.terminology import sctid, systems
from codesafety.terminology.bare_codes import BareCodes

_PROVENANCE: Final = re.compile(r"#\s*([A-Za-z][\w .-]*?)\s*:\s*(.+?)\s*$")
OPEN_TYPES: Final = ("number", "value", "days", "weeks", "months", "years")
"""The types of the columns of which `open` may be said: an empty cell is no bound."""
_FROZEN_COLUMNS: Final = ("system", "code", "term", "assertion", "subject", "time")
_MOST_WORDS: Final = 8
_NAME: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_CONTEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "assertion": tuple(w for w in schema.ASSERTIONS if w != "unknown"),
    "subject": tuple(w for w in schema.SUBJECTS if w != "unknown"),
    "time": tuple(w for w in schema.TEMPORALITIES if w != "unknown"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its cells by column and where it stands."""

    cells: Mapping[str, str]
    span: Span
    number: int


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that could be cut into rows. `provenance` holds the lines `# key: value` in their order."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    provenance: tuple[tuple[str, str], ...]
    header: Span
    head: str = ""
    """The header as it was read."""

    def cell(self, column: str) -> Span:
        """Return where a column is named."""
        start = self.header.start + max(self.head.find(column), 0)
        return Span(self.header.file, start, start + len(column))

    @property
    def sources(self) -> tuple[ir.Source, ...]:
        return tuple(ir.Source(f"{key}: {value}") for key, value in self.provenance)


def read(text: str, file: str, diagnostics: Diagnostics) -> DataFile | None:
    """Return the rows of a data file, or None where it has no header. Every line that does not fit is reported."""
    provenance: list[tuple[str, str]] = []
    header: tuple[str, ...] | None = None
    header_span, head = Span(file, 0, 0), ""
    lines: list[Line] = []
    for number, span, raw in _lines(without_conflicts(text, file, diagnostics), file):
        if header is None and raw.lstrip().startswith("#"):
            said = _PROVENANCE.match(raw.lstrip())
            if said is None:
                diagnostics.error("CS226", "a line about the file is written `# key: value`", span, "write it so, or remove it")
            else:
                provenance.append((said[1].lower(), said[2]))
            continue
        if not raw.strip():
            continue
        try:
            (cells,) = csv.reader([raw], strict=True)
        except csv.Error:
            diagnostics.error("CS226", "this line is no CSV", span, 'a quote inside quotes is doubled: ""')
            continue
        cells = [cell.strip() for cell in cells]
        if header is None:
            other = next((mark for mark in ";\t|" if mark in raw and "," not in raw), None)
            if other is not None:
                called = {";": "semicolons", "\t": "tabs", "|": "bars"}[other]
                diagnostics.error(
                    "CS226", f"the cells are parted by {called}", span, "save the file as CSV, with commas between the cells"
                )
                return None
            header, header_span, head = tuple(cells), span, raw
            twice = {c for c in cells if cells.count(c) > 1}
            if twice:
                diagnostics.error("CS226", f"the column `{sorted(twice)[0]}` is there twice", span, "name every column once")
            continue
        if len(cells) != len(header):
            diagnostics.error(
                "CS226",
                f"this line has {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, the header has {len(header)}",
                span,
                "text that holds a comma stands in quotes",
            )
            continue
        lines.append(Line(dict(zip(header, cells, strict=True)), span, number))
    if header is None:
        diagnostics.error("CS226", "the file has no header", header_span, "name the columns in its first line")
        return None
    return DataFile(header, tuple(lines), tuple(provenance), header_span, head)


_BARE: Final = re.compile(r"\ufeff?((?:#[^\n]*\n)*)code\n")


def bare(text: str) -> tuple[ir.BareRows, tuple[ir.Source, ...]] | None:
    """Return the rows of a frozen file that holds whole SNOMED CT ids, each once, and nothing else, with where it comes from.

    None for any other file, and for one in which something is wrong: `read` and `frozen` say what.
    """
    text = text.replace("\r\n", "\n")
    head = _BARE.match(text)
    if head is None:
        return None
    said = [_PROVENANCE.match(line) for line in head[1].splitlines()]
    codes = [line for line in text[head.end() :].split("\n") if line]
    if not codes or None in said or not sctid.are_concept_ids(codes):
        return None
    found = BareCodes.of(codes)
    if len(found) < len(codes):
        return None
    return ir.BareRows(found), tuple(ir.Source(f"{line[1].lower()}: {line[2]}") for line in said if line is not None)


def _lines(text: str, file: str) -> Iterator[tuple[int, Span, str]]:
    at = 1 if text.startswith("\ufeff") else 0
    for number, raw in enumerate(text[at:].split("\n"), start=1):
        line = raw.rstrip("\r")
        yield number, Span(file, at, at + len(line)), line
        at += len(raw) + 1


def frozen(data: DataFile, diagnostics: Diagnostics) -> tuple[ir.FrozenRow, ...]:
    """Return the rows of a frozen value set."""
    for column in data.columns:
        if column not in _FROZEN_COLUMNS:
            diagnostics.error(
                "CS226",
                f"a frozen file has no column `{column}`",
                data.cell(column),
                did_you_mean(column, _FROZEN_COLUMNS) or f"its columns are {listed(_FROZEN_COLUMNS, 'and')}",
            )
    if "code" not in data.columns:
        if any(did_you_mean(column, ("code",)) for column in data.columns):
            return ()  # it is misspelt, which has been said
        diagnostics.error(
            "CS226", "a frozen file needs a column `code`", data.header, f"its columns are {listed(_FROZEN_COLUMNS, 'and')}"
        )
        return ()
    rows: list[ir.FrozenRow] = []
    seen: dict[tuple[str, str | None], int] = {}
    for line in data.lines:
        cells = line.cells
        system = systems.canonical(cells.get("system")) or codes.SCT
        code = cells["code"]
        wrong = codes.snomed_damage(code) if system == codes.SCT else None if code else ("it is empty", "write the code")
        if wrong is not None:
            diagnostics.error(
                "CS209",
                f"`{code}` is no {'SNOMED CT concept' if system == codes.SCT else 'code'}: {wrong[0]}",
                line.span,
                wrong[1],
            )
            continue
        context = {}
        for name, words in _CONTEXT.items():
            said = cells.get(name) or None
            if said is not None and said not in words:
                diagnostics.error(
                    "CS206",
                    f"`{name}` cannot be `{said}`",
                    line.span,
                    schema.meant(said, words),
                )
                said = None
            context[name] = said
        row = ir.FrozenRow(
            system,
            systems.normal_code(system, code),
            cells.get("term") or None,
            context["assertion"],
            context["subject"],
            context["time"],
        )
        key = (ir.code_key(row.system, row.code), row.term)  # a code may stand on several lines, with its synonyms
        if key in seen:
            diagnostics.error("CS226", f"`{code}` is on line {seen[key]} already", line.span, "remove one of the lines")
            continue
        seen[key] = line.number
        rows.append(row)
    return tuple(rows)


def phrases(data: DataFile, diagnostics: Diagnostics) -> ir.Phrases:
    """Return the phrases that affirm or deny a value set, of one to eight words."""
    if missing_columns(data, [("phrase", data.header), ("says", data.header)], diagnostics):
        return ()
    found: dict[tuple[str, ...], tuple[Literal["denies", "affirms"], int]] = {}
    for line in data.lines:
        words, said = words_of(line.cells["phrase"]), line.cells["says"]
        ends = next((word for word in words[1:] if word in CLAUSE_BEGINS), None)
        if ends is not None:
            diagnostics.error(
                "CS226",
                f"this phrase is never found: a clause ends before `{ends}`",
                line.span,
                f"list what stands before `{ends}`, or behind it",
            )
        elif not 1 <= len(words) <= _MOST_WORDS:
            diagnostics.error(
                "CS226",
                f"a phrase has one to {_MOST_WORDS} words, and this one {len(words)}",
                line.span,
                "make it shorter" if words else "write words",
            )
        elif words in found:
            diagnostics.error("CS226", f"this phrase is on line {found[words][1]} already", line.span, "remove one of the lines")
        elif said == "denies":
            found[words] = ("denies", line.number)
        elif said == "affirms":
            found[words] = ("affirms", line.number)
        else:
            diagnostics.error("CS226", f"`says` cannot be `{said}`", line.span, schema.meant(said, ("affirms", "denies")))
    if not data.lines:
        diagnostics.error("CS212", "this list of phrases has no rows", data.header, "add phrases to the file")
    return tuple((words, said) for words, (said, _) in found.items())


def cell(text: str, column: str, type: ir.ColumnType, line: Line, system: str, diagnostics: Diagnostics) -> ir.Cell:
    """Return one cell of a table as its column's type says; None where it is empty. What does not fit is reported."""
    if not text:
        return None
    match type:
        case "sex":
            if text in schema.SEXES:
                return text
            diagnostics.error(
                "CS227", f"`{column}`: `{text}` is no sex", line.span, "write `male` or `female`, or leave it empty"
            )
            return None
        case "number" | "value" | "days" | "weeks" | "months" | "years":
            if _NUMBER.fullmatch(text) and (type in ("number", "value") or text.isdigit()):
                return Decimal(text)
            diagnostics.error(
                "CS227",
                f"`{column}`: `{text}` is no {'number' if type in ('number', 'value') else f'whole number of {type}'}",
                line.span,
                "write digits only",
            )
            return None
        case "date":
            return interval(text, line.span, diagnostics, f"`{column}`: ")
        case "code":
            wrong = codes.snomed_damage(text) if system == codes.SCT else None
            if wrong is not None:
                diagnostics.error("CS209", f"`{column}`: `{text}` is no code: {wrong[0]}", line.span, wrong[1])
                return None
            return ir.code_key(system, systems.normal_code(system, text))
        case "unit":
            return unit(text, line.span, diagnostics)
        case "text" | "set":
            return text


def rows(
    data: DataFile,
    *,
    key: str,
    system: str | None,
    columns: Mapping[str, ir.Column],
    valid: tuple[str, str] | None,
    diagnostics: Diagnostics,
) -> tuple[ir.TableRow, ...]:
    """Return the rows of a table. The columns are known to be in the file. `system` None: the key names the rows."""
    made: list[ir.TableRow] = []
    named: dict[str, int] = {}
    for line in data.lines:
        code = line.cells[key]
        if system is None and not _row_name(code, key, line, named, diagnostics):
            continue
        wrong = codes.snomed_damage(code) if system == codes.SCT else None if code else ("it is empty", "write the code")
        if wrong is not None:
            diagnostics.error("CS209", f"`{key}`: `{code}` is no code: {wrong[0]}", line.span, wrong[1])
            continue
        cells = {
            name: cell(line.cells[name], name, column.type, line, column.system or system or codes.SCT, diagnostics)
            for name, column in columns.items()
        }
        _say_units(line, columns, diagnostics)
        empty = [
            name
            for name, column in columns.items()
            if system is None and not line.cells[name] and not column.open and column.type != "text"
        ]
        for name in empty:
            may_be_open = (
                " the cell, or write `open` behind the column's type" if columns[name].type in OPEN_TYPES else " the cell"
            )
            diagnostics.error("CS227", f"`{name}` is empty", line.span, f"fill{may_be_open}")
        if empty:
            continue
        first = last = None
        if valid is not None:
            start, end = line.cells[valid[0]], line.cells[valid[1]]
            begins = interval(start, line.span, diagnostics, f"`{valid[0]}`: ") if start else None
            ends = interval(end, line.span, diagnostics, f"`{valid[1]}`: ") if end else None
            first, last = begins and begins[0], ends and ends[1]
            if first is not None and last is not None and first > last:
                diagnostics.error(
                    "CS207", f"this row ends ({end}) before it begins ({start})", line.span, "give the earlier date first"
                )
        row_key = code if system is None else ir.code_key(system, systems.normal_code(system, code))
        made.append(ir.TableRow(row_key, cells, first, last, line.number))
    return tuple(made)


def _row_name(name: str, column: str, line: Line, named: dict[str, int], diagnostics: Diagnostics) -> bool:
    """Return whether a row has a name of its own; what is wrong with it is reported."""
    if not _NAME.fullmatch(name):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        diagnostics.error(
            "CS227",
            f"`{column}`: `{name}` is no name of a row",
            line.span,
            f"write it as rules are named: `{plain}`" if plain[:1].isalpha() else "write small letters, digits, `-` and `_`",
        )
        return False
    if name in named:
        diagnostics.error(
            "CS204", f"there is a row `{name}` already, on line {named[name]}", line.span, "give each row a name of its own"
        )
        return False
    named[name] = line.number
    return True


def _say_units(line: Line, columns: Mapping[str, ir.Column], diagnostics: Diagnostics) -> None:
    """Report a value whose unit its row does not say."""
    for name, column in columns.items():
        if column.unit_column is not None and line.cells[name] and line.cells.get(column.unit_column) == "":
            diagnostics.error(
                "CS227",
                f"`{name}`: `{line.cells[name]}` has no unit",
                line.span,
                f"write the unit into `{column.unit_column}`",
            )


def missing_columns(data: DataFile, wanted: Sequence[tuple[str, Span]], diagnostics: Diagnostics) -> bool:
    """Report columns that a table names and its file has not; return whether there are any."""
    absent = [(name, span) for name, span in wanted if name not in data.columns]
    for name, span in absent:
        diagnostics.error(
            "CS227",
            f"the file has no column `{name}`",
            span,
            did_you_mean(name, data.columns) or f"its columns are {listed(data.columns, 'and')}",
        )
    return bool(absent)
