"""What a word of a rule stands for: variables, fields, limits, sets, tables and other rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from codesafety import ir
from codesafety.diagnostics import Diagnostics, Span, did_you_mean, listed
from codesafety.ir import FieldType, Kind
from codesafety.language import schema
from codesafety.language.dates import interval
from codesafety.language.parsing import syntax
from codesafety.language.parsing.remedies import NO_CLOCK, NUMBER_WORDS
from codesafety.language.schema import FieldSpec

if TYPE_CHECKING:
    from codesafety.language.checking import families

_COLUMN_TYPES: Final[Mapping[str, FieldType]] = {
    "sex": FieldType.WORD,
    "set": FieldType.TEXT,
    "code": FieldType.CODINGS,
    "number": FieldType.NUMBER,
    "value": FieldType.NUMBER,
    "unit": FieldType.TEXT,
    "text": FieldType.TEXT,
    "date": FieldType.DATE,
    "days": FieldType.NUMBER,
    "weeks": FieldType.NUMBER,
    "months": FieldType.NUMBER,
    "years": FieldType.NUMBER,
}
_UNITS: Final = {
    unit: ir.Unit(unit if unit.endswith("s") else unit + "s")
    for unit in ("days", "day", "weeks", "week", "months", "month", "years", "year")
}
_ARTICLE: Final = {
    Kind.ENTRY: "an entry",
    Kind.HISTORY: "a history",
    Kind.MENTION: "a mention",
    Kind.MEDICATION: "a medication",
    Kind.CODING: "a coding",
    Kind.TEXT: "a text",
    Kind.MESSAGE: "the message",
    Kind.ROW: "a row of a table",
}
_AN_EXPRESSION: Final[Mapping[type, str]] = {
    syntax.DateText: "a date",
    syntax.Number: "a number",
    syntax.Quantity: "a quantity",
    syntax.Amount: "a length",
    syntax.Age: "an age",
    syntax.Arithmetic: "a calculation",
    syntax.Grouped: "a calculation",
}
_DECLARED: Final = {
    "value set": 'valueset {} "…" {{ … }}',
    "limit": 'limit {} "…" {{ default … }}',
    "table": 'table {} from "…" {{ … }}',
    "rule": "rule {} {{ … }}",
    "named condition": 'define {}(entry e) "…" {{ … }}',
}
ITEMS: Final = (Kind.ENTRY, Kind.HISTORY, Kind.MENTION, Kind.MEDICATION)


_SUGGESTIONS: Final = 100
"""After so many errors no near names are looked for: that takes longer than all the rest."""


def a_kind(kind: Kind) -> str:
    """Return a kind with its article: `an entry`."""
    return _ARTICLE[kind]


def unit_of(word: syntax.Word) -> ir.Unit:
    """Return the unit of time that a reserved word stands for."""
    return _UNITS[word.text]


def date_literal(date: syntax.DateText | syntax.Number, diagnostics: Diagnostics) -> ir.DateLiteral | None:
    """Return a date written in a rule file, or None where the calendar has no such day; that is reported."""
    days = interval(date.text, date.span, diagnostics)
    return None if days is None else ir.DateLiteral(*days, date.text, date.span)


@dataclass(frozen=True, slots=True)
class Use:
    """A place that names a declaration: `what` it is (`value set`, `limit`, `table`, `rule`, `named condition`), by its whole name."""

    span: Span
    what: str
    name: str


@dataclass(slots=True)
class Names:
    """What is declared where. Keys are whole names: `ruleset/name`."""

    sets: dict[str, Span] = field(default_factory=dict)
    phrases: dict[str, frozenset[str] | None] = field(default_factory=dict)
    """What the phrases of each set that lists words may say; None where the list is wrong, which has been said."""
    limits: dict[str, ir.Limit | None] = field(default_factory=dict)
    """None: declared, and wrong in itself, which has been said."""
    tables: dict[str, ir.Table | None] = field(default_factory=dict)
    rules: dict[str, Span] = field(default_factory=dict)
    """Families by the name of the whole; their rows are in `families`."""
    broken: set[str] = field(default_factory=set)
    """Rules whose form is wrong."""
    families: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The rows of each family."""
    defines: dict[str, Defined] = field(default_factory=dict)
    predicates: Mapping[str, ir.Signature] = field(default_factory=dict)
    terms: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The first term of each code and the set that gives it."""
    uses: list[Use] = field(default_factory=list)
    """Every place that names a declaration, as it was looked up."""


@dataclass(slots=True)
class Defined:
    """A named condition, and the ruleset whose names its words are. `wrong`: in itself, which has been said."""

    node: syntax.Define | None  # None: its form is wrong
    scope: RulesetScope
    wrong: bool = False


@dataclass(slots=True)
class RulesetScope:
    """The names that one ruleset sees: its own and, by their whole names, those of the rulesets that it uses."""

    ruleset: str
    uses: frozenset[str]
    names: Names
    diagnostics: Diagnostics
    language: int = 1

    def whole(self, word: syntax.Word, declared: Iterable[str], what: str) -> str | None:
        """Return the whole name of a set, limit, table or rule, or None where there is none; that is reported."""
        ruleset, slash, local = word.text.rpartition("/")
        if not slash:
            ruleset, local = self.ruleset, word.text
        elif ruleset != self.ruleset and ruleset not in self.uses:
            self.diagnostics.error(
                "CS203",
                f"`{word.text}` is of the ruleset `{ruleset}`, which is not used here",
                word.span,
                did_you_mean(ruleset, [self.ruleset, *sorted(self.uses)])
                or f"add `uses {ruleset} VERSION` to `ruleset {self.ruleset}`",
            )
            return None
        name = f"{ruleset}/{local}"
        if name in declared:
            self.names.uses.append(Use(word.span, what, name))
            return name
        if len(self.diagnostics.found) > _SUGGESTIONS:
            self.diagnostics.error("CS203", f"there is no {what} `{word.text}`", word.span, "check the spelling")
            return None
        seen = [n.removeprefix(f"{self.ruleset}/") for n in declared if n.rpartition("/")[0] in {self.ruleset, *self.uses}]
        self.diagnostics.error(
            "CS203",
            f"there is no {what} `{word.text}`",
            word.span,
            did_you_mean(word.text, seen) or self._another(word.text, what),
        )
        return None

    def _another(self, name: str, what: str) -> str:
        if name in NUMBER_WORDS and what == "limit":
            return f"write the number in digits: `{NUMBER_WORDS[name]}`"
        whole = name if "/" in name else f"{self.ruleset}/{name}"
        for kind, declared in (
            ("value set", self.names.sets),
            ("limit", self.names.limits),
            ("table", self.names.tables),
            ("rule", self.names.rules),
            ("named condition", self.names.defines),
        ):
            if kind != what and whole in declared:
                return f"`{name}` is a {kind}"
        if "." in name:
            return f"no {what} has a dot in its name; in a family a column stands for what its type says"
        return "check the spelling" if "/" in name else f"check the spelling, or declare it: `{_DECLARED[what].format(name)}`"

    def set_name(self, word: syntax.Word) -> str | None:
        return self.whole(word, self.names.sets, "value set")

    def limit(self, word: syntax.Word) -> tuple[ir.LimitRef, ir.Limit | None] | None:
        name = self.whole(word, self.names.limits, "limit")
        return None if name is None else (ir.LimitRef(name, word.span), self.names.limits[name])


_OF_THE_PATIENT: Final = {
    **dict.fromkeys(("birth", "dob", "birthday"), "patient.born"),
    "death": "patient.died",
    "sex": "patient.gender",
}
"""Names that people bring for days of the patient."""


@dataclass(slots=True)
class RuleScope:
    """The names that one rule sees. Variables are added as they are bound."""

    ruleset: RulesetScope
    next_slot: int
    variables: dict[str, ir.Var] = field(default_factory=dict)
    row: families.Row | None = None
    """Of a family's rule: the row that it is."""
    used: set[str] = field(default_factory=set)
    """Variables that something in the rule mentions."""
    gone: set[str] = field(default_factory=set)
    """Variables of quantifiers, which are not seen outside their brackets."""
    all_variables: dict[str, ir.Var] = field(default_factory=dict)
    """Every variable of the rule, for what examples expect to be missing."""
    sex: list[ir.Field] = field(default_factory=list)
    """Where the rule tests gender or sex at birth."""
    private: bool = False
    in_exception: bool = False
    """Whether what is read stands in an `unless`."""
    called: dict[str, list[ir.Var]] = field(default_factory=dict)
    """What quantifiers find, by the names that `say` may use: the variable of each quantifier."""
    calls: tuple[str, ...] = ()
    """The named conditions whose words are being read, outermost first."""
    conditions: int = 0
    """How many conditions have been read, named ones written out."""
    items: frozenset[str] = frozenset()
    """Parameters that may be of any dated kind."""
    assumed: dict[str, str | ir.Field] = field(default_factory=dict)
    """The unit of a number that is sent without one, by the field."""
    read_as: dict[str, ir.Field] = field(default_factory=dict)
    """Fields that took such a unit."""

    @property
    def diagnostics(self) -> Diagnostics:
        return self.ruleset.diagnostics

    def bind(
        self,
        name: syntax.Word,
        kind: Kind,
        slot: int,
        *,
        set: str | None = None,
        table: str | None = None,
        order_of: ir.Var | None = None,
    ) -> ir.Var:
        """Add a variable. A name that is reserved or taken is reported, and bound all the same."""
        self._not_taken(name, None)
        var = ir.Var(name.text, kind, slot, set, table, name.span, order_of)
        self.variables[name.text] = var
        self.all_variables.setdefault(name.text, var)
        return var

    def set_name(self, word: syntax.Word) -> str | None:
        """Return the whole name of a value set, or None where a word names none; that is reported."""
        base, dot, column = word.text.partition(".")
        if self.row is None or not dot or "/" in word.text or base != self.row.name.text:
            return self.ruleset.set_name(word)
        self._of_the_row(word, column)
        return None

    def order_of(self, binder: syntax.Binder) -> ir.Var | None:
        """Return the medication of whose order a member is drawn, or None where it has none; that is reported.

        Parts of one order are parts of each other's: it is the one that is drawn from no order itself.
        """
        assert binder.order_of is not None
        of = self.var(binder.order_of.of, (Kind.MEDICATION,), "has an order")
        if binder.kind.text != Kind.MEDICATION:
            self.diagnostics.error(
                "CS205",
                f"`{binder.kind.text}` is no part of an order: medications are",
                binder.kind.span,
                f"write `medication {binder.name.text}`, or take `of the same order as {binder.order_of.of.text}` out",
            )
            return None
        return of and (of.order_of or of)

    def refuse_set_as_name(self, binder: syntax.Binder) -> None:
        """Report a variable that is called as a value set is, where no set is drawn from: the set was meant."""
        if binder.set is None and f"{self.ruleset.ruleset}/{binder.name.text}" in self.ruleset.names.sets:
            free = next((name for name in "exyz" if name not in self.variables), "…")
            self.diagnostics.error(
                "CS204",
                f"`{binder.name.text}` is a value set",
                binder.name.span,
                f"write `{binder.kind.text} {free} in {binder.name.text}`",
            )

    def call(self, name: syntax.Word, var: ir.Var) -> None:
        """Name what a quantifier finds. A name that is reserved or taken by another variable is reported."""
        self._not_taken(name, var)
        self.called.setdefault(name.text, []).append(var)

    def _not_taken(self, name: syntax.Word, but: ir.Var | None) -> None:
        """Report a name that has a meaning of its own, or that of the family's row or of another variable than `but`."""
        other = self.variables.get(name.text)
        if name.text in schema.RESERVED_NAMES:
            place, message = None, f"`{name.text}` has a meaning of its own and cannot be a variable"
        elif self.row is not None and name.text == self.row.name.text:
            place, message = self.row.name.span, f"`{name.text}` is the row of this family"
        elif other is not None and other is not but:
            place, message = other.span, f"`{name.text}` is bound already"
        else:
            return
        self.diagnostics.error(
            "CS204",
            message,
            name.span,
            f"choose another name, such as `{name.text[0]}`" if place is None else "choose another name",
            () if place is None else ((place, "bound here"),),
        )

    def var(self, word: syntax.Expression, wanted: tuple[Kind, ...], doing: str, *, instead: str | None = None) -> ir.Var | None:
        """Return the variable of a word, or None where it is none or of another kind; that is reported, and what to do `instead`."""
        found = self.operand(word)
        if found is None:
            return None
        assert isinstance(word, syntax.Word)  # nothing else stands for anything
        if isinstance(found, ir.Field):
            self.diagnostics.error(
                "CS205",
                f"`{word.text}` is a field, and only {_list_of(wanted)} {doing}",
                word.span,
                f"name the variable: `{found.base}`" if found.var else self._instead(None, wanted),
            )
            return None
        if found.kind not in wanted:
            self.diagnostics.error(
                "CS205",
                f"`{word.text}` is {a_kind(found.kind)}, and only {_list_of(wanted)} {doing}",
                word.span,
                instead or self._instead(found, wanted),
            )
            return None
        return found

    def _instead(self, var: ir.Var | None, wanted: tuple[Kind, ...]) -> str:
        """Return which variable is of one of these kinds, or that one is to be drawn. `var`: the one that was named."""
        for other in self.variables.values():
            if other.kind in wanted:
                return f"`{other.name}` is {a_kind(other.kind)}"
        if var is None or var.kind is Kind.ROW:
            return f"name {_list_of(wanted)}"
        return f"draw it from another kind: `{wanted[0].value} {var.name}`"

    def is_limit(self, word: syntax.Word) -> bool:
        """Return whether a word without a dot names a limit, or nearly one and nothing else."""
        limits = [name.rpartition("/")[2] for name in self.ruleset.names.limits]
        if word.text in self.variables:
            return False
        return word.text in limits or (
            did_you_mean(word.text, limits) is not None and did_you_mean(word.text, self.variables) is None
        )

    def with_assumed(self, found: ir.Field) -> ir.Field:
        """Return a field as a number is read from it: with the unit that the rule assumes where none is sent."""
        if found.as_written not in self.assumed or found.type is FieldType.NUMBER:
            return found
        read = self.read_as[found.as_written] = replace(found, unit=self.assumed[found.as_written])
        return read

    def operand(self, word: syntax.Expression, *, open_too: bool = False) -> ir.Var | ir.Field | None:
        """Return what a word stands for, or None where it stands for nothing; that is reported.

        `open_too`: also an open column, whose empty cell is no bound, which only a range and a message understand.
        """
        found = self._operand(word)
        if isinstance(found, ir.Field) and found.open and not open_too:
            self._open(word)
            return None
        return found

    def _open(self, word: syntax.Expression) -> None:
        assert isinstance(word, syntax.Word)
        self.diagnostics.error(
            "CS205",
            f"`{word.text}` may be empty, which is no bound",
            word.span,
            "an `open` column stands in `is from … to …`; take `open` out to have an empty cell missing",
        )

    def _operand(self, word: syntax.Expression) -> ir.Var | ir.Field | None:
        if not isinstance(word, syntax.Word):
            self.diagnostics.error(
                "CS205", f"{_AN_EXPRESSION[type(word)]} is not what this can be said of", word.span, "name a variable or a field"
            )
            return None
        base, dot, name = word.text.partition(".")
        if base in ("patient", "message") and base not in self.variables:
            fields = schema.PATIENT if base == "patient" else schema.MESSAGE
            if not dot:
                help = (
                    "name a field, such as `patient.gender`; what the patient has is coded: `exists history x in SET`"
                    if base == "patient"
                    else "name a field, such as `message.service`"
                )
                self.diagnostics.error("CS205", f"`{base}` by itself says nothing that can be tested", word.span, help)
                return None
            return self._field(word, base, name, fields, None)
        var = self.variables.get(base)
        if var is None:
            if self.row is not None and base == self.row.name.text:
                self._of_the_row(word, name)
            else:
                self._unknown_variable(word, base)
            return None
        self.used.add(var.name)
        if not dot:
            return var
        if var.kind is Kind.ROW:
            return self._column(word, var, name)
        return self._field(word, var.name, name, schema.FIELDS[var.kind], var)

    def _of_the_row(self, word: syntax.Word, name: str) -> None:
        """Report a column of a family's row that cannot stand where it does: one that can has its cell there instead."""
        assert self.row is not None
        columns = self.row.table.columns
        if name in columns and columns[name].open and self.row.row.cells.get(name) is None:
            self._open(word)
            return
        if name in columns and columns[name].type != "text" and self.row.row.cells.get(name) is None:
            return  # what is wrong with the cell has been said
        if name in columns:
            self.diagnostics.error(
                "CS205",
                f"`{word.text}` is a column of type `{columns[name].type}`, which says nothing here",
                word.span,
                "text stands in `source`, `because`, `title` and in a message; a set behind `in`; a code in an example",
            )
            return
        near = did_you_mean(name, columns)
        self.diagnostics.error(
            "CS201",
            f"unknown field `{word.text}`: the table has no such column" if name else f"`{word.text}` is a whole row",
            word.span,
            near.replace("`", f"`{self.row.name.text}.", 1)
            if near
            else f"the columns are {listed((f'{self.row.name.text}.{c}' for c in columns), 'and')}",
        )

    def _unknown_variable(self, word: syntax.Word, base: str) -> None:
        span = Span(word.span.file, word.span.start, word.span.start + len(base))
        apart = _apart(word.text, [*self.variables, "patient", "message"])
        if apart is not None:
            span, base, help = word.span, word.text, f"marks stand between spaces: `{apart}`"
        elif base in ("today", "now"):
            help = NO_CLOCK
        elif base in _OF_THE_PATIENT:
            help = f"it is the patient's: `{_OF_THE_PATIENT[base]}`"
        elif base == "age":
            help = "an age is an age at something: `age at e`"
        elif f"{self.ruleset.ruleset}/{base}" in self.ruleset.names.limits and word.text == base:
            help = "a limit stands for a number or a length in a condition; it is not shown, and every report lists it"
        elif base in self.gone:
            help = f"`{base}` is bound by a quantifier and can be used in its brackets only; `as {base}` behind it lets `say` name what is found"
        elif word.text == base and (home := self._home_of(base)) is not None:
            help = f"did you mean `{home}.{base}`?"
        else:
            help = did_you_mean(base, [*self.variables, "patient", "message"]) or (
                f"this rule binds {listed(self.variables, 'and')}" if self.variables else "name `message` or `patient`"
            )
        self.diagnostics.error("CS202", f"nothing here is called `{base}`", span, help)

    def _home_of(self, field: str) -> str | None:
        """Return what has a field of this name, where a field was written without it."""
        if field in schema.PATIENT:
            return "patient"
        if field in schema.MESSAGE:
            return "message"
        return next((name for name, var in self.variables.items() if field in schema.FIELDS.get(var.kind, ())), None)

    def _field(
        self, word: syntax.Word, base: str, name: str, fields: Mapping[str, FieldSpec], var: ir.Var | None
    ) -> ir.Field | None:
        spec = fields.get(name)
        if base in self.items and not all(name in schema.FIELDS[kind] for kind in (Kind.ENTRY, Kind.MEDICATION)):
            self._not_of_every_item(word, base, name)
            return None
        if spec is None:
            near = did_you_mean(name, fields)
            apart = _apart(word.text, [*self.variables, "patient", "message"])
            elsewhere = name in schema.PATIENT and base != "patient"
            help = (
                f"marks stand between spaces: `{apart}`"
                if apart is not None
                else f"did you mean `patient.{name}`?"
                if elsewhere
                else near.replace("`", f"`{base}.", 1)
                if near
                else _not_a_field(base, name) or f"the fields are {listed((f'{base}.{f}' for f in fields), 'and')}"
            )
            self.diagnostics.error("CS201", f"unknown field `{word.text}`", word.span, help)
            return None
        found = ir.Field(base, name, spec.type, var, spec.private, None, word.span)
        if base == "patient" and name in ("gender", "sex_at_birth"):
            self.sex.append(found)
            self.private = self.private or spec.private
        return found

    def _not_of_every_item(self, word: syntax.Word, base: str, name: str) -> None:
        """Report a field that is asked of an item and that not every dated one has."""
        of = {kind: schema.FIELDS[kind] for kind in (Kind.ENTRY, Kind.MEDICATION)}
        shared = [field for field in of[Kind.ENTRY] if field in of[Kind.MEDICATION]]
        asked = f"of an item may be asked {listed((f'{base}.{field}' for field in shared), 'and')}"
        having = next((kind for kind, fields in of.items() if name in fields), None)
        if having is None:
            near = did_you_mean(name, shared)
            help = near.replace("`", f"`{base}.", 1) if near else asked
            self.diagnostics.error("CS201", f"unknown field `{word.text}`", word.span, help)
            return
        other = Kind.MEDICATION if having is Kind.ENTRY else Kind.ENTRY
        self.diagnostics.error(
            "CS201",
            f"an item is an entry or a medication, and {a_kind(other)} has no `{name}`",
            word.span,
            f"write `{having.value} {base}` in place of `item {base}`; {asked}",
        )

    def _column(self, word: syntax.Word, row: ir.Var, name: str) -> ir.Field | None:
        table = self.ruleset.names.tables.get(row.table or "")
        if table is None:
            return None  # the table itself has been reported
        column = table.columns.get(name)
        if column is None:
            near = did_you_mean(name, table.columns)
            help = (
                near.replace("`", f"`{row.name}.", 1)
                if near
                else f"the columns are {listed((f'{row.name}.{c}' for c in table.columns), 'and')}"
                if table.columns
                else f"declare it in the table: `column {name} TYPE`"
            )
            self.diagnostics.error("CS201", f"unknown field `{word.text}`: the table has no such column", word.span, help)
            return None
        length = ir.Unit(column.type) if column.type in set(ir.Unit) else None
        unit: str | ir.Field | None = column.unit
        if column.unit_column is not None:
            unit = ir.Field(row.name, column.unit_column, FieldType.TEXT, row, span=word.span)
        return ir.Field(row.name, name, _COLUMN_TYPES[column.type], row, False, length, word.span, unit, column.open)

    # -------------------------------------------------------------------------------------------- lengths and bounds

    def length(self, length: syntax.Length) -> ir.LengthLike | None:
        """Return a length: written, a limit or a row's column. What is none is reported."""
        if isinstance(length, syntax.Amount):
            return written_length(length, self.diagnostics)
        if "." in length.text and "/" not in length.text:
            column = self.operand(length)
            if column is None:
                return None
            if isinstance(column, ir.Field) and column.column_unit is not None:
                return column
            self.diagnostics.error(
                "CS205",
                f"`{length.text}` is no length",
                length.span,
                "use a length such as `9 months`, a limit, or a column with a unit of time",
            )
            return None
        found = self.ruleset.limit(length)
        if found is None:
            return None
        reference, limit = found
        if limit is not None and not isinstance(limit.default, ir.Length):
            self.diagnostics.error(
                "CS205",
                f"the limit `{length.text}` is a {'number' if isinstance(limit.default, Decimal) else 'quantity'} and no length",
                length.span,
                "give its default and range a unit: `default 24 weeks`",
            )
            return None
        return reference

    def bound(self, bound: syntax.Bound) -> ir.Bound | None:
        """Return a number: written, a limit or a row's column. What is none is reported."""
        if isinstance(bound, syntax.Number):
            return self.whole_number(bound)
        if "." in bound.text and "/" not in bound.text:
            column = self.operand(bound)
            if column is None:
                return None
            if (
                isinstance(column, ir.Field)
                and column.type is FieldType.NUMBER
                and column.unit is None
                and column.var is not None
                and column.var.kind is Kind.ROW
            ):
                return column
            self.diagnostics.error(
                "CS205",
                f"`{bound.text}` is no number of a table's row",
                bound.span,
                "use a number, a limit, or a column of numbers",
            )
            return None
        found = self.ruleset.limit(bound)
        return None if found is None else found[0]

    def unit_of_length(self, length: ir.LengthLike) -> ir.Unit | None:
        """Return the unit in which a length is given, or None where that is not known."""
        match length:
            case ir.Length(unit=unit):
                return unit
            case ir.Field(column_unit=unit):
                return unit
            case ir.LimitRef(name=name):
                limit = self.ruleset.names.limits.get(name)
                return limit.default.unit if limit is not None and isinstance(limit.default, ir.Length) else None

    def whole_number(self, number: syntax.Number) -> Decimal:
        return whole_number(number, self.diagnostics)


def whole_number(number: syntax.Number, diagnostics: Diagnostics) -> Decimal:
    """Return a number of units of time; one that is not whole, or more than there are days, is reported."""
    value = Decimal(number.text)
    if value != value.to_integral_value():
        diagnostics.error(
            "CS207", f"`{number.text}` is no whole number", number.span, "write a whole number, of a smaller unit if need be"
        )
    elif value > 1_000_000:
        diagnostics.error("CS207", f"`{number.text}` is more than any calendar holds", number.span, "write a smaller number")
    return value


_HOLDS: Final = {(ir.Unit.YEARS, ir.Unit.MONTHS): 12, (ir.Unit.WEEKS, ir.Unit.DAYS): 7}
"""The pairs of units that a length of two parts may have, and how many of the smaller make up the larger."""


def written_length(amount: syntax.Amount, diagnostics: Diagnostics) -> ir.Length | None:
    """Return a written length; one of two parts adds up in the smaller unit. Two that do not add up are reported."""
    unit, more = unit_of(amount.unit), amount.more
    n = whole_number(amount.number, diagnostics)
    if more is None:
        return ir.Length(n, unit)
    holds = _HOLDS.get((unit, unit_of(more.unit)))
    if holds is None:
        diagnostics.error(
            "CS208",
            f"{unit.value} and {unit_of(more.unit).value} do not add up",
            amount.span,
            "write years and months, weeks and days, or one unit",
        )
        return None
    return ir.Length(n * holds + whole_number(more.number, diagnostics), unit_of(more.unit))


def _list_of(kinds: tuple[Kind, ...]) -> str:
    words = [a_kind(kind) for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _apart(written: str, known: Collection[str]) -> str | None:
    """Return what is one word for want of spaces around a mark, with them: `a.value-b.value`. None where it is none of that."""
    parts = written.split("-")
    if len(parts) < 2 or any(part.partition(".")[0] not in known and not part.isdigit() for part in parts):
        return None
    return " - ".join(parts)


def _not_a_field(base: str, name: str) -> str | None:
    if name == "age":
        return "an age is always an age at something: `age at e`"
    if name == "sex" and base == "patient":
        return "there are two: `patient.gender` and `patient.sex_at_birth`"
    if name in ("dob", "birth_date", "birthdate", "date_of_birth") and base == "patient":
        return "did you mean `patient.born`?"
    return None
