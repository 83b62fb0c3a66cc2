"""What a checked rule means: typed, frozen, a closed union of nodes.

The checker writes these and two evaluators read them; nothing here knows of text, grammar or patients' data. Names of sets,
tables and rules are whole: `ruleset/name`. Every node keeps the span of the words that it came from; spans do not take part
in comparison.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, overload

from codesafety.diagnostics import Span
from codesafety.terminology.bare_codes import BareCodes

NOWHERE = Span("", 0, 0)


class Kind(StrEnum):
    """What a variable stands for."""

    ENTRY = "entry"  # a code asserted present, about the patient, current, not entered in error
    HISTORY = "history"  # a code that the patient has or had: present, whenever, not entered in error
    MENTION = "mention"  # a code in any context
    MEDICATION = "medication"  # given or to be given
    CODING = "coding"  # one coding as sent
    TEXT = "text"  # words that came in, beside a code or without one
    MESSAGE = "message"
    ROW = "row"  # a row of a table


class Unit(StrEnum):
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


class Action(StrEnum):
    """What a finding asks for, least to most strict. `none` means that no loaded rule objected."""

    NONE = "none"
    NOTE = "note"
    REVIEW = "review"
    HOLD = "hold"

    @property
    def rank(self) -> int:
        return ("none", "note", "review", "hold").index(self.value)


# ------------------------------------------------------------------------------------------------ operands


@dataclass(frozen=True, slots=True)
class Var:
    """A bound variable. `slot` is its place in the frame: 0 the trigger, 1 its partner or row, then quantified ones."""

    name: str
    kind: Kind
    slot: int
    set: str | None = None  # the value set it is drawn from, if any
    table: str | None = None  # for a row
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    order_of: Var | None = None  # a part of this medication's own order; it is itself drawn from no order


class FieldType(StrEnum):
    DATE = "date"  # an interval of days
    WORD = "word"  # one of a closed list (gender, subject, status ...)
    VALUE = "value"  # quantity, date, boolean or codings: decided by what was sent
    QUANTITY = "quantity"  # a number with the unit that was sent
    NUMBER = "number"  # an exact decimal: it counts, or is a column's
    CODINGS = "codings"  # one concept's codings (service, route, form, product ...)
    TEXT = "text"  # an identifier or words: only `is missing` and equality


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the patient (`var` None, base `patient`), the message, an item or a row's column.

    `name` is the field's canonical name (`born`, `date`, `value`, `route`, a column). `as_written` is what `missing` lists.
    `unit` is that of a number which comes without one, of a column of values or by the rule's `assume`: UCUM, or the column
    of the row that holds it. `open`: a column whose empty cell is no bound.
    """

    base: str  # "patient", "message" or the variable's name
    name: str
    type: FieldType
    var: Var | None = None
    private: bool = False  # patient.sex_at_birth: tested, never named
    column_unit: Unit | None = None  # for a table column that is a length
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    unit: str | Field | None = None
    open: bool = False

    @property
    def as_written(self) -> str:
        return f"{self.base}.{self.name}"


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """A date written in the rule, as an interval of ordinals."""

    first: int
    last: int
    text: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


FOUND_SLOT = -1
"""The slot of the variable that a placeholder of found items speaks of, one after the other."""

DateOperand = Field | DateLiteral
"""An item's own day is `Field(base=e, name="date")`."""


@dataclass(frozen=True, slots=True)
class Length:
    """A stretch of calendar time."""

    n: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class LimitRef:
    """A named limit: `ruleset/name`. A deployment may set it within its range; it is bound when the rules are compiled.

    `unit`: in a range of ages, of a limit that is a bare number.
    """

    name: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    unit: Unit | None = None


Bound = Decimal | Field | LimitRef
"""A number: written, a row's column, or a limit."""
LengthLike = Length | LimitRef | Field
"""A length: written, a limit, or a row's column with a unit. Of an age: also a value in years, months, weeks or days."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a rule file writes, with its UCUM unit or without one."""

    number: Decimal
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left OPERATOR right`: exact rational numbers, whose units are computed too."""

    operator: Literal["+", "-", "*", "/"]
    left: Number
    right: Number
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


Number = Field | Quantity | LimitRef | Arithmetic
"""What is compared as a number."""


def fields_of(number: Number) -> tuple[Field, ...]:
    """Return the fields of which a number is made, in their order."""
    match number:
        case Field():
            return (number,)
        case Arithmetic(left=left, right=right):
            return (*fields_of(left), *fields_of(right))
        case _:
            return ()


# ------------------------------------------------------------------------------------------------ conditions


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; `is not` and `not in` are written with it too."""

    part: Condition
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """A named condition where it is called: what it means there, its parameters replaced. `title` is what people read."""

    name: str  # ruleset/name
    title: str
    part: Condition
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Quantified:
    """`exists`, `no`, `at least N …`, `fewer than N …`. `where` None: no further condition.

    Membership of `var.set` and the default context of its kind belong to the member's condition. `counted`: items, days, or
    episodes, which are runs of days without a gap of more than that length. `including`: its own item is a member too.
    `called`: what `say` calls the members found. `found`: what was not seen is no member.
    """

    quantifier: Literal["exists", "no", "at_least", "fewer"]
    var: Var
    where: Condition | None
    n: Bound | None = None
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    counted: Literal["items", "days"] | LengthLike = "days"
    including: Var | None = None
    called: str | None = None
    found: bool = False


@dataclass(frozen=True, slots=True)
class Ordered:
    """`latest entry x in S before e where ( … ) has ( … )`: `where`, of which the edge is a part, chooses; `has` is asked."""

    order: Literal["latest", "earliest"]
    var: Var
    where: Condition | None
    has: Condition
    called: str | None = None
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Several:
    """`at least N of ( …, … )`. `fewer than` is its negation."""

    parts: tuple[Condition, ...]
    n: Decimal | LimitRef
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class IsMissing:
    """`FIELD is missing`: true or false; unknown only of the ingredients of a medicine that nobody knows."""

    field: Field
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FieldIs:
    """`patient.gender is male`, `e.status is final`."""

    field: Field
    word: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class FieldSame:
    """`a.route is b.route`, `patient.gender is r.sex`: both fields of one type."""

    left: Field
    right: Field
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


class ItemWord(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"
    POSSIBLE = "possible"
    PLANNED = "planned"
    PAST = "past"
    INCOMING = "incoming"
    ALREADY_FILED = "already-filed"
    ENTERED_IN_ERROR = "entered-in-error"


class CodingWord(StrEnum):
    WELL_FORMED = "well-formed"
    KNOWN = "known"
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class ItemIs:
    var: Var
    word: ItemWord
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class CodingIs:
    var: Var
    word: CodingWord
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class About:
    """`e is about family`."""

    var: Var
    subject: Literal["patient", "family", "baby", "another"]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class InSet:
    """`e in S`, `message.service in S`, `a.route in S`, `c in S`."""

    operand: Var | Field
    set: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Before:
    """`left is before right`. `after` is written with the sides swapped."""

    left: DateOperand
    right: DateOperand
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SameDay:
    left: DateOperand
    right: DateOperand
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Within:
    """`left is within LENGTH before | after | of right`."""

    left: DateOperand
    right: DateOperand
    length: LengthLike
    side: Literal["before", "after", "of"]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Beyond:
    """`left is more than LENGTH before | after | from right`."""

    left: DateOperand
    right: DateOperand
    length: LengthLike
    side: Literal["before", "after", "from"]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Nearer:
    """`left is less than LENGTH before | after | from right`: as `within`, without the last day."""

    left: DateOperand
    right: DateOperand
    length: LengthLike
    side: Literal["before", "after", "from"]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SameProduct:
    left: Var
    right: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SharesIngredient:
    left: Var
    right: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SameIngredients:
    left: Var
    right: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class SameEntry:
    """Same code, day, value and components."""

    left: Var
    right: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Overlaps:
    """`a overlaps b by more than N days`."""

    left: Var
    right: Var
    days: LengthLike
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Differs:
    """`left differs | rises | falls … by more than`: N per cent of `right`, or an amount (table 17)."""

    left: Number
    right: Number
    by: Decimal | Quantity
    direction: Literal["differs", "rises", "falls"] = "differs"
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Contradicts:
    """`c contradicts its words`."""

    var: Var
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Says:
    """`t denies S`, `t affirms S`: by a phrase of the set's own list, in a clause that nothing turns round. Never unknown."""

    var: Var
    what: Literal["denies", "affirms"]
    set: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`e.value > 300 "mm[Hg]"`, `a.value <= b.value`."""

    left: Number
    operator: Literal["<", "<=", ">", ">="]
    right: Number
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class InRange:
    """`e.value is from r.low to r.high`: both ends included; an end that is an open column's empty cell is no bound."""

    number: Number
    low: Number
    high: Number
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AgeCompare:
    """`age at e < 12 years`, `age at e >= 50 years`, `age at e < e.value`."""

    at: DateOperand
    operator: Literal["<", ">="]
    length: LengthLike
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class AgeRange:
    """`age at e is from 16 to 64 years`: inclusive, in completed units of each end."""

    at: DateOperand
    low: LengthLike
    high: LengthLike
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Custom:
    """A plugin's typed, pure predicate: `plugin/name(e, x)`."""

    name: str
    arguments: tuple[Var, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


Condition = (
    And
    | Or
    | Not
    | Named
    | Quantified
    | Ordered
    | Several
    | IsMissing
    | FieldIs
    | FieldSame
    | ItemIs
    | CodingIs
    | About
    | InSet
    | Before
    | SameDay
    | Within
    | Beyond
    | Nearer
    | SameProduct
    | SharesIngredient
    | SameIngredients
    | SameEntry
    | Overlaps
    | Differs
    | Contradicts
    | Says
    | Compare
    | InRange
    | AgeCompare
    | AgeRange
    | Custom
)


def inner(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions of which a condition is made; none where it is a single comparison."""
    match condition:
        case And(parts) | Or(parts) | Several(parts):
            return parts
        case Not(part) | Named(part=part):
            return (part,)
        case Quantified(where=where):
            return () if where is None else (where,)
        case Ordered(where=where, has=has):
            return (has,) if where is None else (where, has)
        case _:
            return ()


# ------------------------------------------------------------------------------------------------ declarations


@dataclass(frozen=True, slots=True)
class Source:
    text: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """A check of the linter that is not told of a declaration, and why: `CS437`, or a team's own `acme/no-hold`."""

    check: str
    reason: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class CodeRef:
    """A code as a rule file writes it. `system` is a short name (`sct`, `icd10cm` ...)."""

    system: str
    code: str
    term: str | None = None
    span: Span = dataclasses.field(default=NOWHERE, compare=False)

    @property
    def key(self) -> str:
        """How members of sets are compared: the bare id for SNOMED CT and dm+d, else `system|code`."""
        return code_key(self.system, self.code)


def code_key(system: str, code: str) -> str:
    """Return how a coding is compared: SNOMED CT and dm+d are one id space and go by the bare id."""
    return code if system == "sct" else f"{system}|{code}"


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """A row of a frozen file; context columns are None where the row says nothing."""

    system: str
    code: str
    term: str | None
    assertion: str | None = None
    subject: str | None = None
    temporality: str | None = None


@dataclass(frozen=True, slots=True)
class BareRows(Sequence[FrozenRow]):
    """The rows of a frozen file of SNOMED CT ids and nothing else, in the order of their numbers."""

    codes: BareCodes

    @overload
    def __getitem__(self, at: int) -> FrozenRow: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[FrozenRow, ...]: ...
    def __getitem__(self, at: int | slice) -> FrozenRow | tuple[FrozenRow, ...]:
        if isinstance(at, slice):
            return tuple([FrozenRow("sct", str(code), None) for code in self.codes.ids[at]])
        return FrozenRow("sct", str(self.codes.ids[at]), None)

    def __len__(self) -> int:
        return len(self.codes)


Phrases = tuple[tuple[tuple[str, ...], Literal["denies", "affirms"]], ...]
"""The words of each phrase that says or denies a set, and which of the two."""


@dataclass(frozen=True, slots=True)
class ValueSet:
    name: str  # ruleset/name
    title: str
    ecl: str | None = None
    ecl_span: Span = dataclasses.field(default=NOWHERE, compare=False)
    frozen_file: str | None = None
    frozen: Sequence[FrozenRow] | None = None
    phrases: Phrases = ()
    codes: tuple[CodeRef, ...] = ()
    perhaps: tuple[CodeRef, ...] = ()
    includes: tuple[str, ...] = ()
    except_codes: tuple[CodeRef, ...] = ()
    except_sets: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    allowed: tuple[Allowed, ...] = ()

    @property
    def worded(self) -> Sequence[FrozenRow]:
        """The rows of the frozen file, which may have terms and contexts; none of one that has neither."""
        return () if self.frozen is None or isinstance(self.frozen, BareRows) else self.frozen


ColumnType = Literal["sex", "code", "number", "value", "unit", "text", "date", "set", "days", "weeks", "months", "years"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. `unit`: of values, in UCUM; `unit_column`: the column that holds it. `open`: an empty cell is no bound.

    `system`: of a column of codes, where it is not the key's.
    """

    type: ColumnType
    unit: str | None = None
    unit_column: str | None = None
    open: bool = False
    system: str | None = None


Cell = str | Decimal | tuple[int, int] | None
"""A table's cell: a word, code or text; a number; an interval of days; None where empty."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the key as `code_key`, or the row's name; cells by column, and the days it is in force (None: open)."""

    key: str
    cells: dict[str, Cell] = dataclasses.field(hash=False)
    first: int | None = None
    last: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    name: str  # ruleset/name
    key_column: str
    system: str | None  # None: the key names the rows, each of which is a rule of every family over the table
    columns: dict[str, Column] = dataclasses.field(hash=False)
    rows: tuple[TableRow, ...] = ()
    sources: tuple[Source, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    allowed: tuple[Allowed, ...] = ()


LimitValue = Length | Decimal | Quantity


@dataclass(frozen=True, slots=True)
class Limit:
    """A named, cited number, quantity or length. `low` and `high` bound what a deployment may set it to."""

    name: str  # ruleset/name
    title: str
    default: LimitValue
    low: LimitValue | None = None
    high: LimitValue | None = None
    sources: tuple[Source, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    allowed: tuple[Allowed, ...] = ()


# ------------------------------------------------------------------------------------------------ rules


@dataclass(frozen=True, slots=True)
class Trigger:
    """What a rule ranges over. `partner` is a second item or a row; `unordered`: both sides from one kind and set."""

    subject: Var
    partner: Var | None = None
    unordered: bool = False


@dataclass(frozen=True, slots=True)
class Unless:
    """An exception and the words that name it."""

    label: str
    condition: Condition
    private: bool = False  # tests a private field: never named, neither as applied nor as untested
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A typed field in a message: `{e}`, `{age at e}`, `{r.min_age}`, `{e.value}`.

    `found`: of each item that a quantifier found under that name; the operand's variable stands for one of them.
    """

    kind: Literal["item", "field", "age", "found"]
    operand: Var | Field


@dataclass(frozen=True, slots=True)
class Overridable:
    reasons: tuple[str, ...]
    length: LengthLike


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of an example's item or field: a bare word (`possible`, `history`), or a name with its value.

    `value` is text: a word, a date, an identifier; `code` a code with its system; `number` with `unit` (a UCUM string for a
    quantity) and `comparator` (of a result such as `<5`); `about` the subject of `about family`.
    """

    name: str
    value: str | None = None
    code: CodeRef | None = None
    number: Decimal | None = None
    unit: str | None = None
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    comparator: Literal["<", "<=", ">=", ">"] | None = None


@dataclass(frozen=True, slots=True)
class GivenFields:
    """`given patient gender male`, `given message service X`, `given record complete_from 2020-01-01`."""

    target: Literal["patient", "message", "record"]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class GivenItem:
    """`given incoming entry 77386006, date 2025-06-01`."""

    side: Literal["incoming", "record"]
    kind: Literal["entry", "medication"]
    code: CodeRef
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenText:
    """`given incoming text "…", date 2025-06-01`."""

    side: Literal["incoming", "record"]
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class GivenNoRecord:
    """`given no record`."""


Given = GivenFields | GivenItem | GivenText | GivenNoRecord


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    givens: tuple[Given, ...]
    expect: Literal["fires", "clear", "cannot tell"]
    missing: tuple[str, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    sentence: str | None = None  # what `say` must come to


@dataclass(frozen=True, slots=True)
class Rule:
    name: str  # ruleset/name
    title: str | None
    action: Action
    cannot_tell: Action | None  # None: not named; what cannot be told is listed and decides nothing
    severity: str | None
    hazards: tuple[str, ...]
    sources: tuple[Source, ...]
    because: str | None
    valid_from: DateLiteral | None
    valid_until: DateLiteral | None
    after: tuple[str, ...]  # ruleset/name
    overridable: Overridable | None
    trigger: Trigger
    when: Condition | None
    unless: tuple[Unless, ...]
    say: tuple[str | Placeholder, ...]
    examples: Sequence[Example] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False)
    text: str = dataclasses.field(default="", compare=False, repr=False)  # the rule as written
    row: str | None = None  # of a family: the row that this rule is
    assumed: tuple[Field, ...] = ()  # fields whose number may come without a unit, with the unit in which it is then read
    allowed: tuple[Allowed, ...] = ()

    @property
    def ruleset(self) -> str:
        return self.name.rpartition("/")[0]

    @property
    def family(self) -> str:
        """The rule's name without its row: what names every rule of the family, or the rule itself."""
        return self.name if self.row is None else self.name.removesuffix(f"[{self.row}]")


@dataclass(frozen=True, slots=True)
class Use:
    ruleset: str
    version: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Ruleset:
    name: str
    title: str
    version: str
    language: int
    review: str  # `none`: no clinician has reviewed it
    uses: tuple[Use, ...]
    limits: tuple[Limit, ...]
    valuesets: tuple[ValueSet, ...]
    tables: tuple[Table, ...]
    rules: tuple[Rule, ...]
    digest: str  # blake2b-16 (hex) over the files, names and contents, in name order
    allowed: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """A plugin predicate's declared types: kinds of its arguments and the fields that it may name as missing."""

    name: str  # plugin/name
    kinds: tuple[Kind, ...]
    fields: tuple[str, ...] = ()


def bare_lists(rulesets: Sequence[Ruleset]) -> dict[str, BareCodes]:
    """Return the codes of frozen files that hold nothing else, by their value sets."""
    return {s.name: s.frozen.codes for ruleset in rulesets for s in ruleset.valuesets if isinstance(s.frozen, BareRows)}
