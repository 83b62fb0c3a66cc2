"""The examples that rules carry: those that say nothing, those that say it twice, and bounds that none of them comes near."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from typing import Any, Final

from codesafety import ir
from codesafety.authoring.lint import patients
from codesafety.authoring.lint.logic import of_firing, silent_ways
from codesafety.authoring.lint.solving import Problem
from codesafety.authoring.lint.told import Bench, every
from codesafety.authoring.testing import answer, build
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference


def look(bench: Bench) -> None:
    for rule in bench.families:
        _repeated(rule, bench)
        _touching(rule, bench)
        if rule.row is None:
            _bounds(rule, bench)


def _repeated(rule: ir.Rule, bench: Bench) -> None:
    seen: dict[str, ir.Example] = {}
    for one in rule.examples:
        key = what_is_given(one)
        other = seen.setdefault(key, one)
        if other is not one:
            bench.tell(
                "CS481", f"the example “{one.name}” gives what “{other.name}” gives", one.span,
                "change what it gives, or take it out", rule, related=((other.span, "the other example"),),
            )  # fmt: skip


def what_is_given(example: ir.Example) -> str:
    """Return what an example gives, alike for two that give the same."""
    return repr([plain(given) for given in example.givens])


def plain(node: Any) -> Any:
    """Return a node without the places where it is written."""
    if is_dataclass(node):
        return [type(node).__name__, *(plain(getattr(node, f.name)) for f in fields(node) if f.compare and f.name != "term")]
    return [plain(one) for one in node] if isinstance(node, tuple) else node


def _touching(rule: ir.Rule, bench: Bench) -> None:
    """Tell of examples that are clear because they hold nothing that the rule is about, where no other is clear for a reason."""
    clear = [one for one in rule.examples if one.expect == "clear"]
    idle = [one for one in clear if not _touches(rule, one, bench)]
    if not idle or len(idle) < len(clear):
        return
    for one in idle:
        bench.tell(
            "CS480", f"the example “{one.name}” is clear because it holds nothing that the rule is about", one.span,
            "give what the rule ranges over, so that its condition is what decides", rule,
        )  # fmt: skip


def _touches(rule: ir.Rule, example: ir.Example, bench: Bench) -> bool:
    """Return whether an example gives an item of a kind and set that the rule ranges over, in whatever context."""
    one, other = rule.trigger.subject, rule.trigger.partner
    if one.kind in (ir.Kind.MESSAGE, ir.Kind.CODING, ir.Kind.TEXT):
        return True
    given = build(example)
    items = Facts(given.submission, given.record, bench.binding.codebook).items
    for var in (one, other):
        if var is None or var.kind is ir.Kind.ROW:
            continue
        of_kind = [item for item in items if item.is_entry == (var.kind is not ir.Kind.MEDICATION)]
        if any(var.set is None or bench.binding.sets[var.set].holds(item.infos) is not False for item in of_kind):
            return True
    return False


# ------------------------------------------------------------------------------------------------ bounds


def _bounds(rule: ir.Rule, bench: Bench) -> None:
    """Tell of written bounds that may be far off without any example being answered otherwise."""
    if not rule.examples or rule.trigger.subject.kind is ir.Kind.TEXT:
        return
    for condition, put in places(rule):
        for part in every(condition):
            for (bound, far), (_, near) in zip(_moved(part, _far), _moved(part, _next), strict=True) if part.span.file else ():
                others = [put(replaced(condition, part, other)) for other in far]
                if any(answered for other in others for answered in _differs(rule, other, bench)):
                    continue
                bench.tell(
                    "CS482",
                    f"no example comes near {bound}: with half of it, or twice, each is answered as before",
                    part.span,
                    "add an example on each side of it",
                    rule,
                    patients=_near(rule, [put(replaced(condition, part, other)) for other in near], bench),
                )


def _near(rule: ir.Rule, others: Sequence[ir.Rule], bench: Bench) -> list[str]:
    """Return a patient for whom it matters where the bound is, and how the rule answers."""
    for other in others:
        problem = Problem(bench.binding, [rule, other], bench.program)
        ways = [
            *((([*of_firing(rule), way]), "fires") for way in silent_ways(other, 1)),
            *((([*of_firing(other, 1), way]), "clear") for way in silent_ways(rule)),
        ]
        for wanted, outcome in ways:
            found = problem.find(wanted, confirm={0: outcome})
            if isinstance(found, ir.Example):
                return [f"{patients.written(found, bench.terms)}\nexpect {outcome}"]
    return []


def places(rule: ir.Rule) -> Iterator[tuple[ir.Condition, Any]]:
    if rule.when is not None:
        yield rule.when, lambda made: replace(rule, when=made)
    for at, one in enumerate(rule.unless):
        yield (
            one.condition,
            lambda made, at=at: replace(
                rule, unless=tuple(replace(u, condition=made) if i == at else u for i, u in enumerate(rule.unless))
            ),
        )


_BOUNDS: Final[dict[type, tuple[str, ...]]] = {
    ir.AgeCompare: ("length",), ir.Within: ("length",), ir.Beyond: ("length",), ir.Nearer: ("length",), ir.Compare: ("right",),
    ir.AgeRange: ("low", "high"), ir.InRange: ("low", "high"),
}  # fmt: skip
"""What holds the bounds of a comparison."""
_ENDS: Final = {"low": "the lower end of this range", "high": "the upper end of this range"}


def _moved(part: ir.Condition, move: Callable[[Decimal], Iterable[Decimal]]) -> Iterator[tuple[str, list[ir.Condition]]]:
    """Yield what each written bound of a comparison is called, and the comparison with that bound moved."""
    for name in _BOUNDS.get(type(part), ()):
        called = _ENDS.get(name, "this bound")
        match getattr(part, name):
            case ir.Length(n) as length if n > 1:
                yield called, [replace(part, **{name: replace(length, n=Decimal(int(other)))}) for other in move(n)]  # type: ignore[arg-type]
            case ir.Quantity(number) as bound if number:
                yield called, [replace(part, **{name: replace(bound, number=other)}) for other in move(number)]  # type: ignore[arg-type]


def _far(n: Decimal) -> tuple[Decimal, Decimal]:
    return n / 2, n * 2


def _next(n: Decimal) -> tuple[Decimal, Decimal]:
    return n - 1, n + 1


def replaced(condition: Any, part: ir.Condition, other: ir.Condition) -> Any:
    if condition is part:
        return other
    if isinstance(condition, tuple):
        return tuple(replaced(one, part, other) for one in condition)
    if is_dataclass(condition) and not isinstance(condition, ir.Var | ir.Field | type):
        return replace(
            condition, **{f.name: replaced(getattr(condition, f.name), part, other) for f in fields(condition) if f.init}
        )
    return condition


def _differs(rule: ir.Rule, changed: ir.Rule, bench: Bench) -> Iterator[bool]:
    alone = replace(bench.binding, rules=(changed,))
    for example in rule.examples:
        given = build(example)
        run = run_reference(alone, Facts(given.submission, given.record, bench.binding.codebook))
        yield answer(run, rule.name) != (example.expect, frozenset(example.missing))
