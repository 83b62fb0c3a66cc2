"""Families: one rule for each row of a table, with the row's cells in place of `row.column`.

The cells are put into the syntax, before anything is checked: what a family's rule means is what a rule with those words means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final, cast, get_args, get_type_hints

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span
from codesafety.language.parsing import syntax
from codesafety.plain import names_of

MOST_ROWS: Final = 1_000
_LENGTHS: Final = ("days", "weeks", "months", "years")


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row of a family: how the rule calls it, its table and itself."""

    name: syntax.Word
    table: ir.Table
    row: ir.TableRow

    def text(self, column: str, span: Span) -> syntax.Text | None:
        """Return a cell as text that people read, a length with its unit; empty where it is. None: there is no such column.

        `…` stands for a cell that is wrong, which has been said.
        """
        if column not in self.table.columns:
            return None
        declared, cell = self.table.columns[column], self.row.cells.get(column)
        unit = self.unit(column) if declared.type == "value" else declared.type
        if cell is None:
            return syntax.Text("no limit" if declared.open else "" if declared.type == "text" else "…", span)
        if isinstance(cell, tuple):
            first, last = (date.fromordinal(day).isoformat() for day in cell)
            return syntax.Text(first if first == last else f"{first} to {last}", span)
        if isinstance(cell, Decimal) and unit in _LENGTHS:
            return syntax.Text(f"{cell} {unit.removesuffix('s') if cell == 1 else unit}", span)
        return syntax.Text(f"{cell} {unit}" if declared.type == "value" else str(cell), span)

    def unit(self, column: str) -> str:
        """Return the unit of a column of values in this row."""
        declared = self.table.columns[column]
        return declared.unit or str(self.row.cells.get(declared.unit_column or ""))


def written_out(node: syntax.Rule, row: Row, diagnostics: Diagnostics) -> syntax.Rule:
    """Return a family's rule for one row: the cells in place of the columns, and of the examples those that are the row's.

    An empty cell of text is nothing: the row has no such title, reason or source.
    """
    substitution = _Substitution(row, diagnostics)
    made = substitution.of(dataclasses.replace(node, each=None, parts=tuple(filter(substitution.is_of_the_row, node.parts))))
    assert isinstance(made, syntax.Rule)
    return made


@cache
def _kinds(node: type) -> dict[str, tuple[type, ...]]:
    """Return what may stand as each part of a node, or within it where it is a list."""

    def named(hint: Any) -> tuple[type, ...]:
        return (hint,) if isinstance(hint, type) else tuple(kind for one in get_args(hint) for kind in named(one))

    return {name: named(hint) for name, hint in get_type_hints(node).items()}


class _Substitution:
    def __init__(self, row: Row, diagnostics: Diagnostics) -> None:
        self.row = row
        self.diagnostics = diagnostics

    def is_of_the_row(self, part: syntax.RulePart) -> bool:
        match part:
            case syntax.Example(row=syntax.Word(text=name)):
                return name == self.row.row.key
            case syntax.Setting(value=syntax.Word() as word) | syntax.Source(text=syntax.Word() as word) if self._is_text(word):
                return bool(self._text(word).text)
        return True

    def of(self, node: Any) -> Any:
        match node:
            case syntax.Word():
                return self._cell(node) if self._column(node) else node
            case syntax.InRange():
                return self._range(node)
            case syntax.Setting(value=syntax.Word() as word) if self._is_text(word):
                return dataclasses.replace(node, value=self._text(word))
            case syntax.Source(text=syntax.Word() as word) if self._is_text(word):
                return dataclasses.replace(node, text=self._text(word))
            case syntax.Assume(unit=syntax.Word() as word) if self._is_text(word):
                return dataclasses.replace(node, unit=self._text(word))
            case syntax.GivenItem(code=syntax.Word() as word) if column := self._column(word):
                return self._given(node, column)
            case Span():
                return node
            case tuple():
                return tuple([self.of(part) for part in node])
            case _ if names := names_of(node):
                parts = {name: (getattr(node, name), self.of(getattr(node, name))) for name in names}
                changed = {name: new for name, (old, new) in parts.items() if new != old}
                for name in tuple(changed):
                    put = changed[name] if isinstance(changed[name], tuple) else (changed[name],)
                    if not all(isinstance(one, _kinds(cast(Hashable, type(node)))[name]) for one in put):
                        del changed[name]  # the column's name stays, and is reported where it says nothing
                return dataclasses.replace(node, **changed) if changed else node
        return node

    def _column(self, word: Any) -> str | None:
        """Return the column that a word names, where it names one of this row's."""
        base, dot, column = word.text.partition(".") if isinstance(word, syntax.Word) else ("", "", "")
        return column if dot and base == self.row.name.text and column in self.row.table.columns else None

    def _is_text(self, word: syntax.Word) -> bool:
        column = self._column(word)
        return column is not None and self.row.table.columns[column].type in ("text", "unit")

    def _text(self, word: syntax.Word) -> syntax.Text:
        return syntax.Text(str(self.row.row.cells.get(word.text.partition(".")[2]) or ""), word.span)

    def _is_open(self, word: Any) -> bool:
        column = self._column(word)
        return column is not None and self.row.table.columns[column].open and self.row.row.cells.get(column) is None

    def _cell(self, word: syntax.Word) -> Any:
        """Return what a row says in a column, as it would be written there; the column's name where that cannot be written."""
        column, span = word.text.partition(".")[2], word.span
        type, cell = self.row.table.columns[column].type, self.row.row.cells.get(column)
        match type, cell:
            case "set" | "sex", str():
                return syntax.Word(cell, span)
            case "number", Decimal():
                return syntax.Number(str(cell), span)
            case "value", Decimal():
                return syntax.Quantity(syntax.Number(str(cell), span), syntax.Text(self.row.unit(column), span), span)
            case "date", (first, last) if first == last:
                return syntax.DateText(date.fromordinal(first).isoformat(), span)
            case _, Decimal() if type in _LENGTHS:
                return syntax.Amount(syntax.Number(str(cell), span), syntax.Word(type, span), None, span)
        return word

    def _given(self, node: syntax.GivenItem, column: str) -> syntax.GivenItem:
        cell, span = self.row.row.cells.get(column), node.code.span
        if self.row.table.columns[column].type != "code" or not isinstance(cell, str):
            return node
        system, bar, code = cell.partition("|")
        attributes = self.of(node.attributes)
        if bar:
            attributes = (syntax.Attribute(syntax.Word("system", span), syntax.Word(system, span), span), *attributes)
        return dataclasses.replace(node, code=syntax.Code(code if bar else cell, bool(bar), None, span), attributes=attributes)

    def _range(self, node: syntax.InRange) -> syntax.Condition:
        """Return a range as the row has it: an end that it leaves open is none."""
        left, low, high = self.of(node.left), self.of(node.low), self.of(node.high)
        open_below, open_above = self._is_open(node.low), self._is_open(node.high)
        if not open_below and not open_above:
            return dataclasses.replace(node, left=left, low=low, high=high)
        if open_below and open_above:
            self.diagnostics.error(
                "CS227",
                f"the row `{self.row.row.key}` leaves both ends of this range open",
                node.span,
                "give one of the two, or take the row out",
            )
        if open_above:
            made: syntax.Condition = syntax.Comparison(left, syntax.Word(">=", node.span), low, node.span)
        elif isinstance(left, syntax.Age):
            return dataclasses.replace(node, left=left, low=syntax.Number("0", node.low.span), high=high)
        else:
            made = syntax.Comparison(left, syntax.Word("<=", node.span), high, node.span)
        return syntax.Negation(made, node.span) if node.negated else made
