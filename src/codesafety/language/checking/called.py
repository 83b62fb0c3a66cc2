"""Where `as NAME` may stand: only where what `say` shows by that name is surely found when the rule fires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from codesafety.diagnostics import Diagnostics
from codesafety.language.parsing import syntax
from codesafety.plain import names_of

Names = Mapping[str, syntax.Word]
_WHERE = "name it on the conjunction of `when`, or in every alternative of an `or`"


def named_in(condition: syntax.Condition, diagnostics: Diagnostics) -> Names:
    """Return the names under which something is found whenever a condition is true. Those that stand elsewhere are reported."""
    match condition:
        case syntax.Bracketed(condition=inner):
            return named_in(inner, diagnostics)
        case syntax.Junction(parts=parts, connectives=connectives):
            found = [named_in(part, diagnostics) for part in parts]
            if connectives[0].text == "and":
                return reduce(lambda one, other: {**one, **other}, found, {})
            for names in found:
                for name, word in names.items():
                    if not all(name in other for other in found):
                        diagnostics.error(
                            "CS236",
                            f"`{name}` is found in one alternative of this `or` and not in every other",
                            word.span,
                            f"write `as {name}` in each of them, for the sentence must never be empty",
                        )
            return {name: word for name, word in found[0].items() if all(name in other for other in found)}
        case syntax.Quantified(called=syntax.Word() as word) if condition.quantifier.word == "exists":
            refuse_names(condition.where, diagnostics, "inside another quantifier")
            return {word.text: word}
        case syntax.Ordered(called=syntax.Word() as word):
            refuse_names((condition.where, condition.has), diagnostics, "inside another quantifier")
            return {word.text: word}
        case syntax.Quantified() | syntax.Ordered():
            refuse_names(
                condition, diagnostics, "inside another quantifier" if condition.called is None else "in a count or a `no`"
            )
        case syntax.Negation():
            refuse_names(condition, diagnostics, "in a `not`")
        case _:
            refuse_names(condition, diagnostics, "among parts of which not all need to hold")
    return {}


def refuse_names(node: Any, diagnostics: Diagnostics, where: str) -> None:
    """Report every `as NAME` in a tree."""
    for word in _called(node):
        diagnostics.error("CS236", f"`as {word.text}` cannot stand {where}: nothing may have been found there", word.span, _WHERE)


def _called(node: Any) -> Iterator[syntax.Word]:
    if isinstance(node, tuple):
        for part in node:
            yield from _called(part)
    else:
        if isinstance(node, syntax.Quantified | syntax.Ordered) and node.called is not None:
            yield node.called
        for name in names_of(node):
            yield from _called(getattr(node, name))
