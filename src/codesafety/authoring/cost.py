"""What a rule costs, said before it runs: how it is triggered, how it is joined, and how it grows (table 27)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from codesafety import ir
from codesafety.evaluation.binding import Binding
from codesafety.ir import Kind


@dataclass(frozen=True, slots=True)
class Cost:
    """In words: `triggered` by what, `joined` with what (None: nothing), and what one message costs at most, `grows`."""

    triggered: str
    joined: str | None
    grows: str


def cost(rule: ir.Rule, binding: Binding) -> Cost:
    """Return what a rule costs. i: the items of the message that trigger it; k: members that it looks through, on both sides."""
    one, other = rule.trigger.subject, rule.trigger.partner
    inner = max((_depth(c) for c in (rule.when, *(u.condition for u in rule.unless)) if c is not None), default=0)
    looked = sorted(
        {_members(var, binding) for c in (rule.when, *(u.condition for u in rule.unless)) if c is not None for var in _drawn(c)}
    )
    factors = ["1" if one.kind is Kind.MESSAGE else "i"]
    joined = None
    if other is not None and other.kind is Kind.ROW:
        joined = f"with the rows of `{_local(other.table)}` that have the item's code"
    elif other is not None:
        joined = f"with {_members(other, binding)}"
        factors.append("k")
    factors += ["k"] * inner
    grows = " × ".join(factors)
    if looked:
        grows += f" (k: {', '.join(looked)})"
    return Cost(_triggered(one, binding), joined, "once a message" if grows == "1" else f"{grows}, at most")


def _triggered(var: ir.Var, binding: Binding) -> str:
    match var.kind:
        case Kind.MESSAGE:
            return "once, by the message"
        case Kind.CODING:
            return "by each coding that was sent" if var.set is None else f"by each coding {_in(var.set, binding)}"
        case Kind.TEXT:
            return "by the words of each incoming item, and by each text without a code"
        case _:
            return (
                f"by each incoming {var.kind.value} {_in(var.set, binding)}" if var.set else f"by each incoming {var.kind.value}"
            )


def _members(var: ir.Var, binding: Binding) -> str:
    if var.order_of is not None:
        return f"the parts of the order of `{var.order_of.name}`{f' {_in(var.set, binding)}' if var.set else ''}"
    what = {"entry": "entries", "history": "histories", "mention": "mentions", "medication": "medications"}[var.kind.value]
    return f"{what} {_in(var.set, binding)}" if var.set else f"all {what}"


def _in(name: str, binding: Binding) -> str:
    bound = binding.sets.get(name)
    return f"in `{_local(name)}`" + (f" ({_codes(len(bound.members))})" if bound is not None else "")


def _codes(n: int) -> str:
    return "1 code" if n == 1 else f"{n:,} codes"


def _local(name: str | None) -> str:
    return (name or "").rpartition("/")[2]


def _drawn(condition: ir.Condition) -> Iterator[ir.Var]:
    if isinstance(condition, ir.Quantified | ir.Ordered):
        yield condition.var
    for part in ir.inner(condition):
        yield from _drawn(part)


def _depth(condition: ir.Condition) -> int:
    below = max((_depth(part) for part in ir.inner(condition)), default=0)
    return below + isinstance(condition, ir.Quantified | ir.Ordered)
