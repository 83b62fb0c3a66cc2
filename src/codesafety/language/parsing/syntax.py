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
    """`24 weeks`, or a bare number where a limit has no unit."""

    number: Number
    unit: Word | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantity:
    """`140 "mm[Hg]"` in an example."""

    number: Number
    unit: Text
    span: Span = field(compare=False)


Operand = Word | DateText
Length = Amount | Word
Bound = Number | Word

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
    """`entry e in pregnant`."""

    kind: Word
    name: Word
    set: Word | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class RowBinder:
    """`row r of mce`."""

    name: Word
    table: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Quantified:
    """`n` and `unit` belong to `at least` and `fewer than`."""

    quantifier: Literal["exists", "no", "at_least", "fewer"]
    n: Bound | None
    unit: Word | None
    binder: Binder
    where: Condition | None
    span: Span = field(compare=False)
    depth: int = field(compare=False, default=0)


@dataclass(frozen=True, slots=True)
class Missing:
    operand: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class IsWord:
    """`patient.gender is male`, `e is incoming`, `a.route is b.route`."""

    operand: Operand
    word: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class About:
    operand: Operand
    subject: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class DateRelation:
    left: Operand
    relation: Literal["before", "after", "same day"]
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Distance:
    """`is within LENGTH SIDE …`, `is more than LENGTH SIDE …`."""

    left: Operand
    relation: Literal["within", "beyond"]
    length: Length
    side: Word
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class SameAs:
    left: Operand
    what: Literal["product", "entry"]
    right: Operand
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Membership:
    operand: Operand
    set: Word
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """`shares an ingredient with`, `has the same ingredients as`."""

    left: Operand
    relation: Literal["shares", "same"]
    right: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Contradicts:
    operand: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Overlaps:
    left: Operand
    right: Operand
    length: Length | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Differs:
    left: Operand
    percent: Number
    right: Operand
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    operand: Operand
    operator: Word
    number: Number
    unit: Text | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class AgeComparison:
    operand: Operand
    operator: Word
    length: Length
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class AgeRange:
    operand: Operand
    low: Bound
    high: Length
    negated: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A plugin's predicate: `plugin/name(e, x)`."""

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
    | Comparison
    | AgeComparison
    | AgeRange
    | Call
)
Condition = Junction | Bracketed | Negation | Quantified | Predicate

# ------------------------------------------------------------------------------------------------ examples


@dataclass(frozen=True, slots=True)
class Attribute:
    """`date 2025-06-01`, `possible`, `about family` (whose name is `about`)."""

    name: Word
    value: Word | DateText | Version | Code | Quantity | Amount | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GivenFields:
    target: Word
    attributes: tuple[Attribute, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class GivenItem:
    side: Word
    kind: Word
    code: Code
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
    word: Literal["fires", "clear", "cannot tell"]
    missing: tuple[Word, ...]
    span: Span = field(compare=False)


# ------------------------------------------------------------------------------------------------ parts of declarations


@dataclass(frozen=True, slots=True)
class Setting:
    """A part that is one keyword (`title`, `cannot tell`, `valid from` ...) and one value."""

    keyword: str
    value: Word | Text | Number | DateText | Version | Amount
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Uses:
    ruleset: Word
    version: Version
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Range:
    low: Amount
    high: Amount
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Source:
    text: Text
    url: str | None
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
    column: Word
    system: Word
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    name: Word
    type: Word
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
class AfterRules:
    rules: tuple[Word, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Overridable:
    reasons: tuple[Word, ...]
    length: Length
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """`for …`. `subject` is a Word for `for message`."""

    subject: Binder | Word
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
    name: Text
    givens: tuple[Given, ...]
    outcome: Outcome
    span: Span = field(compare=False)


# ------------------------------------------------------------------------------------------------ declarations


@dataclass(frozen=True, slots=True)
class Ruleset:
    name: Word
    parts: tuple[Setting | Uses, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Limit:
    name: Word
    title: Text
    parts: tuple[Setting | Range | Source, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class ValueSet:
    name: Word
    title: Text
    parts: tuple[Ecl | Setting | Codes | Include | Except | Source, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    name: Word
    file: Text
    parts: tuple[Key | Column | RowValid | Source, ...]
    span: Span = field(compare=False)


RulePart = Setting | Hazards | Source | AfterRules | Overridable | Trigger | When | Unless | Example


@dataclass(frozen=True, slots=True)
class Rule:
    name: Word
    parts: tuple[RulePart, ...]
    span: Span = field(compare=False)


Declaration = Ruleset | Limit | ValueSet | Table | Rule


@dataclass(frozen=True, slots=True)
class File:
    """One rule file. `text` is what was read, by which spans are to be understood."""

    name: str = field(compare=False)
    text: str = field(compare=False, repr=False)
    declarations: tuple[Declaration, ...]
