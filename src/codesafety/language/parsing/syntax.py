"""The syntax tree of rule files: what was written, where, and nothing of what it means.

Every node keeps its span; spans do not take part in comparison, so that two texts that differ in layout give equal trees.
Runs of white space inside quoted text are one space. Numbers and codes stay text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from codesafety.diagnostics import Span

# ------------------------------------------------------------------------------------------------ words and literals


@dataclass(frozen=True, slots=True)
class Word:
    """A name, a dotted path, a `ruleset/name` or a keyword that carries meaning."""

    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    """Quoted text, without its quotes."""

    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Number:
    """`24`, `-2.5`."""

    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class DateText:
    """`2025-06` or `2025-06-01`, not yet known to be a day of the calendar."""

    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Version:
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Code:
    """`77386006 |Pregnancy|` or `"O80"`."""

    code: str
    quoted: bool
    term: str | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Amount:
    """`24 weeks`; `24 years 6 months`, whose second part is `more`."""

    number: Number
    unit: Word
    more: Amount | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`140 "mm[Hg]"`. `comparator`: of a result such as `<5`, in an example; its unit may then be absent."""

    number: Number
    unit: Text | None
    span: Span = field(compare=False)
    comparator: Word | None = None


Operand = Word | DateText
Length = Amount | Word
Bound = Number | Word


@dataclass(frozen=True, slots=True)
class Age:
    """`age at e`."""

    operand: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two or more operands and the marks between them, as written: they may be mixed, which the checker refuses."""

    parts: tuple[Expression, ...]
    operators: tuple[Word, ...]
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Grouped:
    """A number in brackets."""

    expression: Expression
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


Expression = Word | DateText | Number | Quantity | Amount | Age | Arithmetic | Grouped

# ------------------------------------------------------------------------------------------------ conditions


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more conditions and the words between them, as written: they may be mixed, which the checker refuses."""

    parts: tuple[Condition, ...]
    connectives: tuple[Word, ...]
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Bracketed:
    condition: Condition
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Negation:
    """`not ( … )`."""

    condition: Condition
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Binder:
    """`entry e in pregnant`, `medication b of the same order as a`."""

    kind: Word
    name: Word
    set: Word | None
    order_of: OrderOf | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class OrderOf:
    """`of the same order as m`."""

    of: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RowBinder:
    """`row r of mce`."""

    name: Word
    table: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantifier:
    """`exists`, `no`, `at least N [UNIT with]`, `fewer than N [episodes more than LENGTH apart with]`.

    `found`: of what was seen only. `unit`: what is counted, items where it is None; `apart` makes it episodes.
    """

    word: Literal["exists", "no", "at_least", "fewer"]
    n: Bound | None
    unit: Word | None
    apart: Length | None
    found: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantified:
    quantifier: Quantifier
    binder: Binder
    including: Word | None
    called: Word | None
    where: Condition | None
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Edge:
    """`before m`, `until m`, `after m`, of a `latest` or an `earliest`."""

    relation: Literal["before", "until", "after"]
    operand: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ordered:
    """`latest entry x in S before e as last where ( … ) has ( … )`."""

    order: Literal["latest", "earliest"]
    binder: Binder
    edge: Edge | None
    called: Word | None
    where: Condition | None
    has: Condition
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Several:
    """`at least N of ( …, … )`, `fewer than N of ( …, … )`."""

    word: Literal["at_least", "fewer"]
    n: Bound
    parts: tuple[Condition, ...]
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Missing:
    operand: Expression
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class IsWord:
    """`patient.gender is male`, `e is incoming`, `a.route is b.route`."""

    operand: Expression
    word: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class About:
    operand: Expression
    subject: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class DateRelation:
    left: Expression
    relation: Literal["before", "after", "same day"]
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Distance:
    """`is within LENGTH SIDE …`, `is more than LENGTH SIDE …`, `is less than LENGTH SIDE …`."""

    left: Expression
    relation: Literal["within", "beyond", "nearer"]
    length: Length
    side: Word
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class SameAs:
    left: Expression
    what: Literal["product", "entry"]
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    operand: Expression
    set: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """`shares an ingredient with`, `has the same ingredients as`."""

    left: Expression
    relation: Literal["shares", "same"]
    right: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Contradicts:
    operand: Expression
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Overlaps:
    left: Expression
    right: Operand
    length: Length | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Differs:
    """`left differs by more than N % from right`."""

    left: Expression
    percent: Number
    right: Expression
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """`left rises from right by more than AMOUNT`. `amount`: a number, a quantity, or a number of per cent."""

    left: Expression
    direction: Literal["rises", "falls"]
    right: Expression
    amount: Number | Quantity
    percent: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Expression
    operator: Word
    right: Expression
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class InRange:
    """`left is from low to high`, both ends included."""

    left: Expression
    low: Expression
    high: Expression
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Says:
    """`t denies S`, `t affirms S`."""

    operand: Expression
    what: Literal["denies", "affirms"]
    set: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A named condition, `in_pathway(e)`, or a plugin's predicate, `plugin/name(e, x)`."""

    name: Word
    arguments: tuple[Word, ...]
    span: Span = field(compare=False)


Predicate = (
    Missing
    | IsWord
    | About
    | DateRelation
    | Distance
    | SameAs
    | Membership
    | Ingredients
    | Contradicts
    | Overlaps
    | Differs
    | Change
    | Comparison
    | InRange
    | Says
    | Call
)
Condition = Junction | Bracketed | Negation | Quantified | Ordered | Several | Predicate

# ------------------------------------------------------------------------------------------------ examples


@dataclass(frozen=True, slots=True)
class Attribute:
    """`date 2025-06-01`, `possible`, `about family` (whose name is `about`)."""

    name: Word
    value: Word | DateText | Version | Code | Number | Quantity | Amount | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GivenFields:
    target: Word
    attributes: tuple[Attribute, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GivenItem:
    """`code` is a Word where it is a code column of the family's row."""

    side: Word
    kind: Word
    code: Code | Word
    attributes: tuple[Attribute, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GivenNone:
    """`given no record`."""

    target: Word
    span: Span = field(compare=False)


Given = GivenFields | GivenItem | GivenNone


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sentence`: what `say` must come to, where the example demands it."""

    word: Literal["fires", "clear", "cannot tell"]
    missing: tuple[Word, ...]
    sentence: Text | None
    span: Span = field(compare=False)


# ------------------------------------------------------------------------------------------------ parts of declarations


@dataclass(frozen=True, slots=True)
class Setting:
    """A part that is one keyword (`title`, `cannot tell`, `valid from` ...) and one value."""

    keyword: str
    value: Word | Text | Number | DateText | Version | Amount | Quantity
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Uses:
    ruleset: Word
    version: Version
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    low: Number | Amount | Quantity
    high: Number | Amount | Quantity
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    """`text` is a Word where it is a text column of the family's row."""

    text: Text | Word
    url: str | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Allow:
    """`allow CS437 because "…"`: what the linter would tell of this declaration, and why it is meant."""

    check: Word
    reason: Text
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ecl:
    """An expression constraint, kept whole: what stands between the braces. `inner` covers exactly `text`."""

    text: str
    inner: Span = field(compare=False)
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Codes:
    part: Literal["codes", "perhaps"]
    system: Word | None
    codes: tuple[Code, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Include:
    sets: tuple[Word, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Except:
    members: tuple[Code | Word, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Key:
    """`system` is None where the key names the rows of a family."""

    column: Word
    system: Word | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """`unit`: of a column of values, in UCUM, or the column that gives it. `open`: the word behind, where there is one."""

    name: Word
    type: Word
    unit: Text | Word | None
    open: Word | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RowValid:
    first: Word
    last: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Hazards:
    ids: tuple[Word, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RuleRef:
    """A rule, or one row of a family: `pathway-age[uti]`."""

    name: Word
    row: Word | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class AfterRules:
    rules: tuple[RuleRef, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Assume:
    """`assume "mm[Hg]" for e.value`. `unit` is a Word where it is a column of the row."""

    unit: Text | Word
    target: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Overridable:
    reasons: tuple[Word, ...]
    length: Length
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class TextBinder:
    """`text t`; the first word is not reserved, and may be another."""

    kind: Word
    name: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """`for …`. `subject` is a Word for `for message`."""

    subject: Binder | TextBinder | Word
    partner: Binder | RowBinder | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class When:
    condition: Condition
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Unless:
    label: Text
    condition: Condition
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Example:
    """`row`: the one row of a family that it is of."""

    name: Text
    row: Word | None
    givens: tuple[Given, ...]
    outcome: Outcome
    span: Span = field(compare=False)


# ------------------------------------------------------------------------------------------------ declarations


@dataclass(frozen=True, slots=True)
class Ruleset:
    name: Word
    parts: tuple[Setting | Uses | Allow, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Limit:
    name: Word
    title: Text
    parts: tuple[Setting | Range | Source | Allow, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ValueSet:
    name: Word
    title: Text
    parts: tuple[Ecl | Setting | Codes | Include | Except | Source | Allow, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    name: Word
    file: Text
    parts: tuple[Key | Column | RowValid | Source | Allow, ...]
    span: Span = field(compare=False)


RulePart = Setting | Hazards | Source | Allow | AfterRules | Overridable | Assume | Trigger | When | Unless | Example


@dataclass(frozen=True, slots=True)
class Parameter:
    kind: Word
    name: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Define:
    """A named condition."""

    name: Word
    parameters: tuple[Parameter, ...]
    title: Text
    condition: Condition
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """`each`: the row and the table of a family."""

    name: Word
    each: RowBinder | None
    parts: tuple[RulePart, ...]
    span: Span = field(compare=False)


Declaration = Ruleset | Limit | ValueSet | Table | Define | Rule


@dataclass(frozen=True, slots=True)
class File:
    """One rule file. `text` is what was read, by which spans are to be understood.

    `broken`: what its other declarations, whose form is wrong, would declare: the reserved word and the name.
    """

    name: str = field(compare=False)
    text: str = field(compare=False, repr=False)
    declarations: tuple[Declaration, ...]
    broken: tuple[tuple[str, Word], ...] = ()
