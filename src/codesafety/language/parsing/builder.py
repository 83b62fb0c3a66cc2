"""Productions of the grammar to syntax classes, applied while the parser reduces: no tree of the generator's is ever built.

Children are passed with all their tokens, so that a position in the list is a position in the production. Tokens that carry
text arrive as syntax words already (the methods named like terminals); keywords stay tokens.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from codesafety.diagnostics import Span
from codesafety.language.parsing import syntax as s
from codesafety.language.parsing.tokens import Token

MAX_DEPTH: Final = 32
"""How deep brackets may stand in brackets. Published rules need 4."""


class TooDeep(Exception):
    """Brackets nested beyond MAX_DEPTH."""

    def __init__(self, span: Span) -> None:
        self.span = span


Children = list[Any]
_SPACE = re.compile(r"[\s\u200b\u2060\ufeff]+")


def _over(children: Children) -> Span:
    first, last = children[0], children[-1]
    if type(first) is Token:
        return Span(first.file, first.start_pos, last.end_pos if type(last) is Token else last.span.end)
    start = first.span
    return Span(start.file, start.start, last.end_pos if type(last) is Token else last.span.end)


def _word(item: Any) -> s.Word:
    return s.Word(item.value, Span(item.file, item.start_pos, item.end_pos)) if type(item) is Token else item


def _depth(*conditions: Any) -> int:
    return max((getattr(c, "depth", 0) for c in conditions), default=0)


def _deeper(condition: Any, span: Span) -> int:
    depth: int = getattr(condition, "depth", 0) + 1
    if depth > MAX_DEPTH:
        raise TooDeep(span)
    return depth


class _Part(NamedTuple):
    """A clause of a quantifier: its keyword, what stands in it, and where it ends."""

    word: str
    held: Any
    end: int


def _of(parts: Children, word: str) -> Any:
    return next((part.held for part in parts if type(part) is _Part and part.word == word), None)


def _end(part: Any) -> int:
    end: int = part.end if type(part) is _Part else part.span.end
    return end


def unquoted(value: str) -> str:
    """Return quoted text without its quotes, each run of white space as one space."""
    return _SPACE.sub(" ", value[1:-1]).strip()


class Builder:
    # -------------------------------------------------------------------------------------------- terminals

    def NAME(self, t: Token) -> s.Word:
        return s.Word(t.value, Span(t.file, t.start_pos, t.end_pos))

    DOTTED = REF = HAZARD = CHECK = CMP = PLUS = MINUS = TIMES = SLASH = HISTORY = NAME

    def NUMBER(self, t: Token) -> s.Number:
        return s.Number(t.value, Span(t.file, t.start_pos, t.end_pos))

    def STRING(self, t: Token) -> s.Text:
        return s.Text(unquoted(t.value), Span(t.file, t.start_pos, t.end_pos))

    def DATE(self, t: Token) -> s.DateText:
        return s.DateText(t.value, Span(t.file, t.start_pos, t.end_pos))

    def VERSION(self, t: Token) -> s.Version:
        return s.Version(t.value, Span(t.file, t.start_pos, t.end_pos))

    # -------------------------------------------------------------------------------------------- declarations

    def start(self, c: Children) -> tuple[s.Declaration, ...]:
        return tuple(c)

    def ruleset(self, c: Children) -> s.Ruleset:
        return s.Ruleset(c[1], tuple(c[3:-1]), _over(c))

    def limit(self, c: Children) -> s.Limit:
        return s.Limit(c[1], c[2], tuple(c[4:-1]), _over(c))

    def valueset(self, c: Children) -> s.ValueSet:
        return s.ValueSet(c[1], c[2], tuple(c[4:-1]), _over(c))

    def table(self, c: Children) -> s.Table:
        return s.Table(c[1], c[3], tuple(c[5:-1]), _over(c))

    def define(self, c: Children) -> s.Define:
        closing = next(i for i, part in enumerate(c) if type(part) is Token and part.type == "RPAR")
        return s.Define(c[1], tuple(c[3:closing:2]), c[closing + 1], c[closing + 3], _over(c))

    def parameter(self, c: Children) -> s.Parameter:
        return s.Parameter(_word(c[0]), c[1], _over(c))

    def rule(self, c: Children) -> s.Rule:
        each = c[2] if isinstance(c[2], s.RowBinder) else None
        return s.Rule(c[1], each, tuple(c[3 if each is None else 4 : -1]), _over(c))

    def each(self, c: Children) -> s.RowBinder:
        return s.RowBinder(c[3], c[5], _over(c))

    # -------------------------------------------------------------------------------------------- parts

    def title(self, c: Children) -> s.Setting:
        return s.Setting(c[0].value, c[1], _over(c))

    version = language = limit_default = frozen = phrases = action = severity = because = say = title

    def labelled(self, c: Children) -> s.Setting:
        return s.Setting(c[0].text, c[1], _over(c))

    def cannot_tell(self, c: Children) -> s.Setting:
        return s.Setting(f"{c[0].value} {c[1].value}", c[2], _over(c))

    valid_from = valid_until = cannot_tell

    def uses(self, c: Children) -> s.Uses:
        return s.Uses(c[1], c[2], _over(c))

    def limit_range(self, c: Children) -> s.Range:
        return s.Range(c[1], c[3], _over(c))

    def amount(self, c: Children) -> s.Number | s.Quantity | s.Amount:
        return c[0] if len(c) == 1 else s.Quantity(c[0], c[1], _over(c))

    def number(self, c: Children) -> s.Number:
        return c[0] if len(c) == 1 else s.Number(f"-{c[1].text}", _over(c))

    def span(self, c: Children) -> s.Amount:
        more = s.Amount(c[2], _word(c[3]), None, _over(c[2:])) if len(c) > 2 else None
        return s.Amount(c[0], _word(c[1]), more, _over(c))

    def source(self, c: Children) -> s.Source:
        url = _SPACE.sub("", c[2].value[1:-1]) if len(c) > 2 else None
        return s.Source(c[1], url, _over(c))

    def allow(self, c: Children) -> s.Allow:
        return s.Allow(c[1], c[3], _over(c))

    def ecl(self, c: Children) -> s.Ecl:
        token: Token = c[0]
        inner = token.value[token.value.index("{") + 1 : -1]
        text = inner.strip()
        start = token.end_pos - 1 - len(inner) + (len(inner) - len(inner.lstrip()))
        return s.Ecl(text, Span(token.file, start, start + max(len(text), 1)), token.span)

    def codes(self, c: Children) -> s.Codes:
        return s.Codes(c[0].value, None, c[1][0], Span(c[0].file, c[0].start_pos, c[1][1].end))

    def codes_of(self, c: Children) -> s.Codes:
        return s.Codes(c[0].value, c[1], c[2][0], Span(c[0].file, c[0].start_pos, c[2][1].end))

    perhaps, perhaps_of = codes, codes_of

    def code_list(self, c: Children) -> tuple[tuple[s.Code, ...], Span]:
        return tuple(c[::2]), _over(c)

    def include(self, c: Children) -> s.Include:
        return s.Include(tuple(c[1::2]), _over(c))

    def except_(self, c: Children) -> s.Except:
        return s.Except(tuple(c[1::2]), _over(c))

    def key(self, c: Children) -> s.Key:
        return s.Key(c[1], c[3] if len(c) > 2 else None, _over(c))

    key_of_names = key

    def column(self, c: Children) -> s.Column:
        return s.Column(c[1], _word(c[2]), None, c[3] if len(c) > 3 else None, _over(c))

    def column_of_values(self, c: Children) -> s.Column:
        return s.Column(c[1], c[2], c[4], c[5] if len(c) > 5 else None, _over(c))

    def row_valid(self, c: Children) -> s.RowValid:
        return s.RowValid(c[2], c[4], _over(c))

    def hazard(self, c: Children) -> s.Hazards:
        return s.Hazards(tuple(c[1::2]), _over(c))

    def after_rule(self, c: Children) -> s.AfterRules:
        return s.AfterRules(tuple(c[2::2]), _over(c))

    def rule_ref(self, c: Children) -> s.RuleRef:
        return s.RuleRef(c[0], c[2] if len(c) > 1 else None, _over(c))

    def assume(self, c: Children) -> s.Assume:
        return s.Assume(c[1], c[3], _over(c))

    def overridable(self, c: Children) -> s.Overridable:
        return s.Overridable(tuple(c[2:-2:2]), c[-1], _over(c))

    def for_(self, c: Children) -> s.Trigger:
        subject, partner = c[1]
        last = partner or subject
        return s.Trigger(subject, partner, Span(c[0].file, c[0].start_pos, last.span.end))

    def trigger(self, c: Children) -> tuple[s.Binder, None]:
        return c[0], None

    def message(self, c: Children) -> tuple[s.Word, None]:
        return c[0], None

    def texts(self, c: Children) -> tuple[s.TextBinder, s.Binder | None]:
        return s.TextBinder(c[0], c[1], _over(c[:2])), c[3] if len(c) > 2 else None

    text_pair = texts

    def pair(self, c: Children) -> tuple[s.Binder, s.Binder]:
        return c[0], c[2]

    def rows(self, c: Children) -> tuple[s.Binder, s.RowBinder]:
        return c[0], s.RowBinder(c[3], c[5], _over(c[2:]))

    def binder(self, c: Children) -> s.Binder:
        *rest, order_of = c if type(c[-1]) is s.OrderOf else (*c, None)
        return s.Binder(_word(c[0]), c[1], rest[3] if len(rest) > 2 else None, order_of, _over(c))

    def order_of(self, c: Children) -> s.OrderOf:
        return s.OrderOf(c[1], _over(c))

    def when(self, c: Children) -> s.When:
        return s.When(c[1], _over(c))

    def unless(self, c: Children) -> s.Unless:
        return s.Unless(c[1], c[2], _over(c))

    def code(self, c: Children) -> s.Code:
        head = c[0]
        term = _SPACE.sub(" ", c[1].value[1:-1]).strip() if len(c) > 1 else None
        return s.Code(head.text, type(head) is s.Text, term, _over(c))

    # -------------------------------------------------------------------------------------------- conditions

    def junction(self, c: Children) -> s.Junction:
        return s.Junction(tuple(c[::2]), tuple([_word(t) for t in c[1::2]]), _over(c), _depth(*c[::2]))

    def bracketed(self, c: Children) -> s.Bracketed:
        span = _over(c)
        return s.Bracketed(c[1], span, _deeper(c[1], span))

    def negation(self, c: Children) -> s.Negation:
        span = _over(c)
        return s.Negation(c[2], span, _deeper(c[2], span))

    def quantified(self, c: Children) -> s.Quantified:
        quantifier, binder, *rest = c
        including, called, where = (_of(rest, part) for part in ("including", "as", "where"))
        span = Span(quantifier.span.file, quantifier.span.start, _end(c[-1]))
        return s.Quantified(quantifier, binder, including, called, where, span, 0 if where is None else _deeper(where, span))

    def ordered(self, c: Children) -> s.Ordered:
        order, binder, *rest = c
        called, where, has = (_of(rest, part) for part in ("as", "where", "has"))
        span = Span(order.file, order.start_pos, _end(c[-1]))
        edge = next((part for part in rest if type(part) is s.Edge), None)
        depth = max(_deeper(part, span) for part in (where, has) if part is not None)
        return s.Ordered(order.value, binder, edge, called, where, has, span, depth)

    def several(self, c: Children) -> s.Several:
        span, parts = _over(c), tuple(c[5:-1:2])
        return s.Several("at_least" if c[0].value == "at" else "fewer", c[2], parts, span, max(_deeper(p, span) for p in parts))

    def quantifier(self, c: Children) -> s.Quantifier:
        word = c[0].value
        if word in ("exists", "no"):
            return s.Quantifier(word, None, None, None, len(c) > 1, _over(c))
        unit, apart = c[3] if len(c) > 3 else (None, None)
        return s.Quantifier("at_least" if word == "at" else "fewer", c[2], unit, apart, False, _over(c[:3]))

    def counted(self, c: Children) -> tuple[s.Word, s.Length | None]:
        return _word(c[0]), c[3] if len(c) > 2 else None

    def edge(self, c: Children) -> s.Edge:
        return s.Edge(c[0].value, c[1], _over(c))

    def including(self, c: Children) -> _Part:
        return _Part(c[0].value, c[-1], c[-1].span.end)

    as_ = including

    def where(self, c: Children) -> _Part:
        return _Part(c[0].value, c[2], c[-1].end_pos)

    has = where

    def is_(self, c: Children) -> bool:
        return len(c) > 1

    def missing(self, c: Children) -> s.Missing:
        return s.Missing(c[0], c[1], _over(c))

    def is_word(self, c: Children) -> s.IsWord:
        return s.IsWord(c[0], _word(c[2]), c[1], _over(c))

    def about(self, c: Children) -> s.About:
        return s.About(c[0], c[3], c[1], _over(c))

    def before(self, c: Children) -> s.DateRelation:
        return s.DateRelation(c[0], "before", c[3], c[1], _over(c))

    def after(self, c: Children) -> s.DateRelation:
        return s.DateRelation(c[0], "after", c[3], c[1], _over(c))

    def same_day(self, c: Children) -> s.DateRelation:
        return s.DateRelation(c[0], "same day", c[3], c[1], _over(c))

    def within(self, c: Children) -> s.Distance:
        return s.Distance(c[0], "within", c[3], _word(c[4]), c[5], c[1], _over(c))

    def beyond(self, c: Children) -> s.Distance:
        return s.Distance(c[0], "beyond", c[4], _word(c[5]), c[6], c[1], _over(c))

    def nearer(self, c: Children) -> s.Distance:
        return s.Distance(c[0], "nearer", c[4], _word(c[5]), c[6], c[1], _over(c))

    def same_as(self, c: Children) -> s.SameAs:
        return s.SameAs(c[0], "product" if "product" in c[2].value else "entry", c[3], c[1], _over(c))

    def in_(self, c: Children) -> s.Membership:
        return s.Membership(c[0], c[2], False, _over(c))

    def not_in(self, c: Children) -> s.Membership:
        return s.Membership(c[0], c[3], True, _over(c))

    def shares(self, c: Children) -> s.Ingredients:
        return s.Ingredients(c[0], "shares" if c[1].value.startswith("shares") else "same", c[2], _over(c))

    def contradicts(self, c: Children) -> s.Contradicts:
        return s.Contradicts(c[0], _over(c))

    def overlaps(self, c: Children) -> s.Overlaps:
        return s.Overlaps(c[0], c[2], c[6] if len(c) > 3 else None, _over(c))

    def differs(self, c: Children) -> s.Differs:
        return s.Differs(c[0], c[5], c[8], _over(c))

    def changes(self, c: Children) -> s.Change:
        amount, percent, end = c[7]
        return s.Change(c[0], c[1].value, c[3], amount, percent, Span(c[0].span.file, c[0].span.start, end))

    def change(self, c: Children) -> tuple[s.Number | s.Quantity, bool, int]:
        span = _over(c)
        if len(c) == 1:
            return c[0], False, span.end
        return (c[0], True, span.end) if type(c[1]) is Token else (s.Quantity(c[0], c[1], span), False, span.end)

    def compare(self, c: Children) -> s.Comparison:
        return s.Comparison(c[0], c[1], c[2], _over(c))

    def in_range(self, c: Children) -> s.InRange:
        return s.InRange(c[0], c[3], c[5], c[1], _over(c))

    def says(self, c: Children) -> s.Says:
        return s.Says(c[0], c[1].value, c[2], _over(c))

    def call(self, c: Children) -> s.Call:
        return s.Call(c[0], tuple(c[2:-1:2]), _over(c))

    def arithmetic(self, c: Children) -> s.Arithmetic:
        return s.Arithmetic(tuple(c[::2]), tuple(c[1::2]), _over(c), _depth(*c[::2]))

    def quantity(self, c: Children) -> s.Quantity:
        return s.Quantity(c[0], c[1], _over(c))

    def age(self, c: Children) -> s.Age:
        return s.Age(c[2], _over(c))

    def grouped(self, c: Children) -> s.Grouped:
        span = _over(c)
        return s.Grouped(c[1], span, _deeper(c[1], span))

    # -------------------------------------------------------------------------------------------- examples

    def example(self, c: Children) -> s.Example:
        return s.Example(c[1], None, tuple(c[3:-3]), c[-2], _over(c))

    def example_of(self, c: Children) -> s.Example:
        return s.Example(c[1], c[3], tuple(c[5:-3]), c[-2], _over(c))

    def given_fields(self, c: Children) -> s.GivenFields:
        return s.GivenFields(c[1], tuple(c[2::2]), _over(c))

    def given_item(self, c: Children) -> s.GivenItem:
        return s.GivenItem(c[1], _word(c[2]), c[3], tuple(c[5::2]), _over(c))

    def given_none(self, c: Children) -> s.GivenNone:
        return s.GivenNone(c[2], _over(c))

    def attr_about(self, c: Children) -> s.Attribute:
        return s.Attribute(_word(c[0]), c[1], _over(c))

    def attr(self, c: Children) -> s.Attribute:
        return s.Attribute(_word(c[0]), c[1] if len(c) > 1 else None, _over(c))

    def value_code(self, c: Children) -> s.Code:
        code: s.Code = c[0]
        return code

    def bounded(self, c: Children) -> s.Quantity:
        return s.Quantity(c[1], c[2] if len(c) > 2 else None, _over(c), c[0])

    def outcome(self, c: Children) -> s.Outcome:
        if c[0].value == "cannot":
            return s.Outcome("cannot tell", tuple(c[3::2]), None, _over(c))
        return s.Outcome(c[0].value, (), c[1] if len(c) > 1 else None, _over(c))
