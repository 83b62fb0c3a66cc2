"""Quantifiers: how members are drawn, chosen, counted and named, syntax to ir."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Literal

from codesafety import ir
from codesafety.diagnostics import Span
from codesafety.ir import FieldType, Kind
from codesafety.language.checking.doubtful import warn_of_itself, warn_of_parts
from codesafety.language.checking.scope import ITEMS, RuleScope
from codesafety.language.checking.times import date_operand
from codesafety.language.parsing import syntax

Check = Callable[[syntax.Condition, RuleScope, int], "ir.Condition | None"]
"""What a condition means in a scope, so many quantifiers deep."""
_DEEPEST: Final = 2
"""How deep quantifiers may stand in quantifiers: cost is bounded by the number of items to this power."""
_DAYS: Final = (ir.Unit.DAYS, ir.Unit.WEEKS)


def quantified(node: syntax.Quantified, scope: RuleScope, depth: int, check: Check) -> ir.Condition | None:
    """Return what `exists`, `no` or a count means, or None where something in it is wrong; that is reported."""
    quantifier = node.quantifier
    n = _number(quantifier, scope)
    counted = _counted(quantifier, scope)
    including = _including(node, scope)
    if quantifier.found and not scope.in_exception:
        scope.diagnostics.error(
            "CS236",
            "`found` asks of what was seen only, which proves nothing here: what was not looked at is not absent",
            quantifier.span,
            f'write `{quantifier.word}`; `found` may stand in an exception: `unless "…" {quantifier.word} found …`',
        )
    if _too_deep(node.span, scope, depth):
        return None
    drawn = _Drawn(node.binder, node.called, scope)
    where = None if node.where is None else check(node.where, scope, depth + 1)
    drawn.let_go(unasked=node.where is None)
    wrong = (quantifier.n is not None and n is None) or (node.including is not None and including is None)
    if wrong or counted is None or (node.where is not None and where is None) or drawn.wrong:
        return None
    if including is not None and _is_elsewhere(including, node, drawn.var, scope):
        return None
    if including is not None and where is not None:
        warn_of_itself(where, drawn.var, including, scope)
    called = None if node.called is None else node.called.text
    return ir.Quantified(quantifier.word, drawn.var, where, n, node.span, counted, including, called, quantifier.found)


def ordered(node: syntax.Ordered, scope: RuleScope, depth: int, check: Check) -> ir.Condition | None:
    """Return what `latest` or `earliest` means: its edge is the first part of what chooses."""
    to = None if node.edge is None else date_operand(node.edge.operand, scope)
    beside_an_item = any(var.kind in ITEMS for var in scope.variables.values())
    if _too_deep(node.span, scope, depth):
        return None
    drawn = _Drawn(node.binder, node.called, scope)
    where = None if node.where is None else check(node.where, scope, depth + 1)
    has = check(node.has, scope, depth + 1)
    drawn.let_go()
    wrong = (node.edge is not None and to is None) or (node.where is not None and where is None)
    if wrong or has is None or drawn.wrong:
        return None
    chosen = [part for part in (None if node.edge is None else _edge(node.edge, to, drawn.var), where) if part is not None]
    if node.edge is None and (where is None or not _dates(where, drawn.var)) and beside_an_item:
        scope.diagnostics.warning(
            "CS416",
            f"this is the {node.order} of all, after the rule's own item too",
            Span(node.span.file, node.span.start, node.binder.span.end),
            f"write `{node.order} {_written(node.binder)} until ITEM`, `before ITEM` or `after ITEM`",
        )
    called = None if node.called is None else node.called.text
    chooses = None if not chosen else chosen[0] if len(chosen) == 1 else ir.And(tuple(chosen), node.span)
    return ir.Ordered(node.order, drawn.var, chooses, has, called, node.span)


def several(node: syntax.Several, scope: RuleScope, depth: int, check: Check) -> ir.Condition | None:
    """Return what `at least N of` or `fewer than N of` some conditions means."""
    parts = [check(part, scope, depth) for part in node.parts]
    n = _of_parts(node, scope)
    checked = tuple(part for part in parts if part is not None)
    if n is None or len(checked) < len(parts):
        return None
    warn_of_parts(checked, scope, together=False)
    made = ir.Several(checked, n, node.span)
    return made if node.word == "at_least" else ir.Not(made, node.span)


def _too_deep(span: Span, scope: RuleScope, depth: int) -> bool:
    if depth == _DEEPEST:
        scope.diagnostics.error(
            "CS222",
            "quantifiers are nested more than two deep",
            span,
            "let the rule's own variable be one of those that are compared, or split the rule",
        )
    return depth == _DEEPEST


class _Drawn:
    """The variable of a quantifier, which is seen in its brackets only. What is wrong with it is reported."""

    def __init__(self, binder: syntax.Binder, called: syntax.Word | None, scope: RuleScope) -> None:
        kind = Kind(binder.kind.text)
        self.scope = scope
        self.name = binder.name
        self.errors = len(scope.diagnostics.errors)
        scope.refuse_set_as_name(binder)
        set_name = scope.set_name(binder.set) if binder.set else None
        order_of = scope.order_of(binder) if binder.order_of else None
        self.wrong = (binder.set is not None and set_name is None) or (binder.order_of is not None and order_of is None)
        if kind not in ITEMS:
            scope.diagnostics.error(
                "CS205",
                "codings cannot be counted: they belong to their entry",
                binder.kind.span,
                "write `entry`, `history`, `mention` or `medication`",
            )
            self.wrong = True
        self.shadowed = scope.variables.get(binder.name.text)
        self.var = scope.bind(binder.name, kind, scope.next_slot, set=set_name, order_of=order_of)
        scope.next_slot += 1
        if called is not None:
            scope.call(called, self.var)

    def let_go(self, *, unasked: bool = False) -> None:
        """Take the variable out of sight again. `unasked`: nothing is asked of it, on purpose."""
        scope, var = self.scope, self.var
        if unasked:
            scope.used.add(var.name)
        if var.name not in scope.used and len(scope.diagnostics.errors) == self.errors:
            scope.diagnostics.warning(
                "CS407",
                f"`{var.name}` is bound and never used",
                self.name.span,
                "say in the brackets what is asked of it, or leave the `where` out",
            )
        if self.shadowed is not None:
            scope.variables[var.name] = self.shadowed
        else:
            del scope.variables[var.name]
            scope.gone.add(var.name)


# ------------------------------------------------------------------------------------------------ counting


def _number(quantifier: syntax.Quantifier, scope: RuleScope) -> ir.Bound | None:
    """Return how many a count asks for; None where it asks for none, or for what is no number."""
    if quantifier.n is None:
        return None
    n = scope.bound(quantifier.n)
    if isinstance(quantifier.n, syntax.Number) and n == 0:
        scope.diagnostics.error(
            "CS207",
            f"`{_words(quantifier.word)} 0{' ' + quantifier.unit.text if quantifier.unit else ''}` says nothing",
            quantifier.n.span,
            "write 1 or more, or use `exists` or `no`",
        )
    if isinstance(quantifier.n, syntax.Word) and isinstance(n, ir.LimitRef) and scope.unit_of_length(n) is not None:
        scope.diagnostics.error(
            "CS205",
            f"the limit `{quantifier.n.text}` is a length and no number",
            quantifier.n.span,
            "use a number, or a limit without a unit",
        )
        return None
    return n


def _counted(quantifier: syntax.Quantifier, scope: RuleScope) -> Literal["items", "days"] | ir.LengthLike | None:
    """Return what is counted; None where it cannot be, which is reported."""
    unit = quantifier.unit
    if quantifier.n is None or (unit is not None and unit.text in ("days", "day")):
        return "days"
    if unit is None:
        return "items"
    if quantifier.apart is None:
        scope.diagnostics.error(
            "CS208",
            f"days are counted here, not `{unit.text}`",
            unit.span,
            "write `at least 2 days with …`, and the stretch of time in the `where`",
        )
        return None
    apart = scope.length(quantifier.apart)
    if apart is None:
        return None
    if scope.unit_of_length(apart) not in _DAYS:
        scope.diagnostics.error(
            "CS208",
            "episodes are told apart by days: months have no one length",
            quantifier.apart.span,
            "give it in `days` or `weeks`",
        )
        return None
    if isinstance(apart, ir.Length) and apart.n == 0:
        scope.diagnostics.error(
            "CS207",
            "episodes more than 0 days apart are days",
            quantifier.apart.span,
            f"count days, `{_words(quantifier.word)} 2 days with …`, or write how far apart two illnesses are",
        )
        return None
    return apart


def _including(node: syntax.Quantified, scope: RuleScope) -> ir.Var | None:
    """Return the variable whose own item counts too; None where there is none, or it cannot be counted; that is reported."""
    word, kind = node.including, node.binder.kind.text
    if word is None:
        return None
    if node.quantifier.n is None:
        scope.diagnostics.error(
            "CS236",
            f"`including` stands in a count: `{node.quantifier.word}` asks of others than the rule's own item",
            word.span,
            f"take `including {word.text}` out, or count: `at least 2 {kind} … including {word.text} where ( … )`",
        )
        return None
    medication = kind == Kind.MEDICATION
    return scope.var(
        word,
        (Kind.MEDICATION,) if medication else tuple(k for k in ITEMS if k is not Kind.MEDICATION),
        f"can be counted among {'medications' if medication else 'these'}",
    )


def _is_elsewhere(including: ir.Var, node: syntax.Quantified, drawn: ir.Var, scope: RuleScope) -> bool:
    """Return whether the item that is to be counted too is no part of the order whose parts are counted; that is reported."""
    order_of = drawn.order_of
    if order_of is None or order_of.slot in (including.slot, including.order_of and including.order_of.slot):
        return False
    assert node.including is not None
    scope.diagnostics.error(
        "CS236",
        f"`{including.name}` is no part of the order of `{order_of.name}`, whose parts are counted",
        node.including.span,
        f"write `including {order_of.name}`",
    )
    return True


def _of_parts(node: syntax.Several, scope: RuleScope) -> Decimal | ir.LimitRef | None:
    """Return how many of its parts a condition asks for: from 2 to one less than there are."""
    words, parts = _words(node.word), len(node.parts)
    n = scope.bound(node.n)
    if n is None or (isinstance(n, Decimal) and n != n.to_integral_value()):
        return None  # which has been told
    if isinstance(n, ir.Field):
        scope.diagnostics.error(
            "CS205",
            f"`{words} … of` takes a number that is known before a patient is seen",
            node.n.span,
            "write a number, or name a limit",
        )
        return None
    limit = scope.ruleset.names.limits.get(n.name) if isinstance(n, ir.LimitRef) else None
    numbers = (
        [n] if isinstance(n, Decimal) else [x for x in (limit.default, limit.low, limit.high) if x is not None] if limit else []
    )
    if all(isinstance(x, Decimal) and 2 <= x < parts for x in numbers):
        return n
    written = f"{words} {node.n.text} of"
    if n == 1:
        help = "write `or` between the parts" if node.word == "at_least" else "write `not ( … or … )`"
    elif n == parts:
        help = "write `and` between the parts" if node.word == "at_least" else "write `not ( … and … )`"
    else:
        help = "join the two with `and` or `or`"
        if parts > 2:
            help = f"write a number from 2 to {parts - 1}" if parts > 3 else "write 2: with three parts it is the only choice"
    scope.diagnostics.error("CS207", f"`{written}` {parts} conditions is no choice between some of them", node.n.span, help)
    return None


def _written(binder: syntax.Binder) -> str:
    of = f" of the same order as {binder.order_of.of.text}" if binder.order_of else ""
    return f"{binder.kind.text} {binder.name.text}{f' in {binder.set.text}' if binder.set else ''}{of}"


def _words(word: Literal["exists", "no", "at_least", "fewer"]) -> str:
    return "at least" if word == "at_least" else "fewer than"


# ------------------------------------------------------------------------------------------------ choosing


def _edge(edge: syntax.Edge, to: ir.DateOperand | None, var: ir.Var) -> ir.Condition:
    """Return on which side of a day the one that is chosen must stand. `until`: it is not after that day."""
    assert to is not None
    own = ir.Field(var.name, "date", FieldType.DATE, var, span=var.span)
    match edge.relation:
        case "before":
            return ir.Before(own, to, edge.span)
        case "after":
            return ir.Before(to, own, edge.span)
        case "until":
            return ir.Not(ir.Before(to, own, edge.span), edge.span)


def _dates(condition: ir.Condition, var: ir.Var) -> bool:
    """Return whether a condition says when a member was."""
    sides = (getattr(condition, side, None) for side in ("left", "right"))
    if any(isinstance(s, ir.Field) and s.type is FieldType.DATE and s.var is not None and s.var.slot == var.slot for s in sides):
        return True
    return any(_dates(part, var) for part in ir.inner(condition))
