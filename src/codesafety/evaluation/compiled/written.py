"""What a single comparison is written as: an expression for its answer, for what is missing, and shorter ones for its bounds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from codesafety.evaluation.compiled.operands import Place, Truthfulness
from codesafety.evaluation.compiled.python_syntax import FALSE, attribute, call, const, either_or, union

Expression = Callable[[], ast.expr]
"""An expression that is written when it is asked for: of the four forms of a step, one or two are needed."""


@dataclass(slots=True)
class Written:
    """A step as written. `sort`: "bool" is true or false; "open" may be None, and then `lacking` says what is missing;
    "answer" is true, false or the missing names themselves. `sure` and `maybe`: shorter forms of the two bounds, if any.
    """

    sort: Truthfulness
    value: Expression
    lacking: Expression | None = None
    sure: Expression | None = None
    maybe: Expression | None = None


def three(sure: Expression, maybe: Expression) -> ast.expr:
    """Return true, false or None from the two bounds."""
    return either_or(sure(), const(True), either_or(maybe(), const(None), FALSE))


def called(*places: Place) -> ast.expr:
    parts = [call("lone", attribute(p.value, "called")) for p in places]
    return parts[0] if len(parts) == 1 else union(parts[0], parts[1])


def untold(lacking: ast.expr) -> Written:
    """A step that cannot be told, whatever the rest says."""
    return Written("open", lambda: const(None), lambda: lacking, sure=lambda: FALSE, maybe=lambda: const(True))


def static(label: ast.expr) -> object:
    assert isinstance(label, ast.Constant)
    return label.value
