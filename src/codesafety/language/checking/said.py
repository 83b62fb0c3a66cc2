"""`t denies S`, `t affirms S`: only where they can raise a finding, for words are no promise and their silence is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codesafety import ir
from codesafety.diagnostics import Diagnostics
from codesafety.ir import Kind
from codesafety.language.checking.scope import RuleScope
from codesafety.language.parsing import syntax
from codesafety.plain import names_of


def says(node: syntax.Says, scope: RuleScope) -> ir.Condition | None:
    """Return what `t denies S` means, or None where it means nothing; that is reported."""
    var = scope.var(node.operand, (Kind.TEXT,), f"{node.what} something")
    name = scope.ruleset.set_name(node.set)
    listed = scope.ruleset.names.phrases.get(name or "", frozenset())
    if name is not None and name not in scope.ruleset.names.phrases:
        scope.diagnostics.error(
            "CS237",
            f"the value set `{node.set.text}` lists no phrases",
            node.set.span,
            f'add a list of words to it: `phrases "codes/{node.set.text.rpartition("/")[2]}_phrases.csv"`',
        )
        return None
    if listed and node.what not in listed:
        scope.diagnostics.error(
            "CS237",
            f"no phrase of `{node.set.text}` {node.what} it",
            node.set.span,
            f"add one to its list: `…,{node.what}`",
        )
        return None
    return None if var is None or name is None else ir.Says(var, node.what, name, node.span)


def refuse_silence(node: Any, diagnostics: Diagnostics) -> None:
    """Report every `denies` and `affirms` of a condition that stands where words that say nothing would make it true."""
    match node:
        case syntax.Negation():
            refuse_words(node.condition, diagnostics, "under `not`")
        case syntax.Quantified(quantifier=syntax.Quantifier(word="no" | "fewer")):
            refuse_words(node.where, diagnostics, "under `no` or `fewer than`")
        case syntax.Several(word="fewer"):
            refuse_words(node.parts, diagnostics, "under `fewer than`")
        case tuple():
            for part in node:
                refuse_silence(part, diagnostics)
        case _:
            for name in names_of(node):
                refuse_silence(getattr(node, name), diagnostics)


def refuse_words(node: Any, diagnostics: Diagnostics, where: str) -> None:
    """Report every `denies` and `affirms` of a tree."""
    for found in _said(node):
        diagnostics.error(
            "CS237",
            f"`{found.what}` cannot stand {where}: words that nobody listed say nothing, and prove nothing",
            found.span,
            "ask it in `when`, where it can raise a finding, or leave it out: what words do not say cannot be asked",
        )


def _said(node: Any) -> Iterator[syntax.Says]:
    if isinstance(node, syntax.Says):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _said(part)
    else:
        for name in names_of(node):
            yield from _said(getattr(node, name))
