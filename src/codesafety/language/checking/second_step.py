"""What came with the second version of the language: a ruleset that uses it says `language 2`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codesafety.diagnostics import Span
from codesafety.language.checking.scope import RulesetScope
from codesafety.language.parsing import syntax
from codesafety.plain import names_of


def require_second_step(node: syntax.Declaration, scope: RulesetScope) -> None:
    """Report the first thing of a declaration that the first version of the language does not have."""
    found = next(_second_step(node), None)
    if found is not None:
        what, span = found
        scope.diagnostics.error("CS223", f"{what} came with language 2", span, "write `language 2` in the ruleset's header")


def _second_step(node: Any) -> Iterator[tuple[str, Span]]:
    if isinstance(node, tuple):
        for part in node:
            yield from _second_step(part)
        return
    names = names_of(node)
    if not names or isinstance(node, Span):
        return
    what = _what(node)
    if what is not None:
        yield what, getattr(node, "span")  # noqa: B009  every node has one, and `Any` has none
        return
    for name in names:
        yield from _second_step(getattr(node, name))


def _what(node: Any) -> str | None:
    """Return what a node is called, where the first version of the language has no such thing."""
    match node:
        case syntax.Define():
            return "a named condition"
        case syntax.RowBinder() | syntax.Rule(each=None):
            return None
        case syntax.Rule():
            return "a family"
        case syntax.RuleRef(row=syntax.Word()) | syntax.Example(row=syntax.Word()):
            return "a row of a family"
        case syntax.Key(system=None):
            return "a table whose rows have names"
        case syntax.Column(type=syntax.Word(text="set" | "value" | "unit")) | syntax.Column(open=syntax.Word()):
            return "such a column"
        case syntax.Column(unit=syntax.Word() | syntax.Text()):
            return "such a column"
        case syntax.Setting(keyword="phrases"):
            return "a list of phrases"
        case syntax.Setting(keyword="default", value=syntax.Quantity()) | syntax.Range(low=syntax.Quantity()):
            return "a limit with a unit"
        case syntax.Assume():
            return "an assumed unit"
        case syntax.TextBinder():
            return "a rule over words"
        case syntax.Binder(kind=syntax.Word(text="history")):
            return "`history`"
        case syntax.OrderOf():
            return "`of the same order as`"
        case syntax.Ordered():
            return f"`{node.order}`"
        case syntax.Several():
            return "counting conditions"
        case syntax.Quantified(including=syntax.Word()) | syntax.Quantified(called=syntax.Word()):
            return "this part of a quantifier"
        case syntax.Quantifier(found=True):
            return "`found`"
        case syntax.Quantifier(apart=syntax.Amount() | syntax.Word()):
            return "counting episodes"
        case syntax.Quantifier(word="at_least" | "fewer", unit=None):
            return "counting items"
        case syntax.Amount(more=syntax.Amount()):
            return "a length of two parts"
        case syntax.Arithmetic() | syntax.Grouped():
            return "arithmetic"
        case syntax.Change() | syntax.Says():
            return f"`{node.direction if isinstance(node, syntax.Change) else node.what}`"
        case syntax.Distance(relation="nearer"):
            return "`less than … before`"
        case syntax.Distance(side=syntax.Word(text="from")):
            return "`… from`"
        case syntax.Outcome(sentence=syntax.Text()):
            return "an expected sentence"
        case syntax.InRange(left=left) if not isinstance(left, syntax.Age):
            return "a range of values"
        case syntax.InRange(low=syntax.Amount()):
            return "a range whose ends have units of their own"
        case syntax.Quantity(comparator=syntax.Word()):
            return "a value that is a bound"
        case syntax.Comparison(left=left, right=right):
            if not isinstance(right, syntax.Age) and (
                (isinstance(left, syntax.Age) and isinstance(right, syntax.Amount | syntax.Word))
                or (isinstance(left, syntax.Word) and isinstance(right, syntax.Number | syntax.Quantity))
            ):
                return None
            return "this comparison"
    return None
