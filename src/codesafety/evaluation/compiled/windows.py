"""Between which days an item must lie for a comparison of dates to hold, or not to hold (tables 6 and 22): what joins go by."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from codesafety import ir
from codesafety.evaluation.calendar import NEVER
from codesafety.evaluation.compiled.needed import Part
from codesafety.evaluation.compiled.operands import Frame, Operands
from codesafety.evaluation.compiled.python_syntax import call, const, difference, item, name

_CLIPPED = 3
"""By how many days a length that is added and taken away again may miss the day, where it is one of months."""


@dataclass(slots=True)
class Window:
    """What an item's last day may not be before, and its first day not after: a superset of the days on which it may do."""

    lows: list[ast.expr] = field(default_factory=list)
    highs: list[ast.expr] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lows or self.highs)

    def bounds(self) -> tuple[ast.expr, ast.expr]:
        return _one("max", self.lows, NEVER[0]), _one("min", self.highs, NEVER[1])


def _one(which: str, bounds: list[ast.expr], none: int) -> ast.expr:
    return const(none) if not bounds else bounds[0] if len(bounds) == 1 else call(which, *bounds)


def narrow(window: Window, part: Part, slot: int, frame: Frame, of: Operands) -> bool:
    """Narrow a window to what a comparison leaves of the days of what stands in a slot; return whether it is such a comparison."""
    condition, holds = part
    if not isinstance(condition, ir.Before | ir.SameDay | ir.Within | ir.Beyond | ir.Nearer):
        return False
    is_left, is_right = (_is_day_of(operand, slot) for operand in (condition.left, condition.right))
    other = condition.right if is_left else condition.left
    if is_left is is_right or (isinstance(other, ir.Field) and other.var is not None and other.var.slot not in frame):
        return False
    span = of.span(other, frame)
    first, last = item(span, 0), item(span, 1)
    match condition:
        case ir.Before():
            if is_left is holds:
                window.highs.append(difference(last, const(1)) if holds else last)
            else:
                window.lows.append(difference(first, const(-1)) if holds else first)
        case ir.SameDay() if holds:
            window.lows.append(first)
            window.highs.append(last)
        case ir.Within() | ir.Beyond() | ir.Nearer() if holds and not isinstance(condition.length, ir.Field):
            length = of.binding.length(condition.length)
            on_both = condition.side in ("of", "from")
            is_earlier, is_later = (on_both or (condition.side == side) is is_left for side in ("before", "after"))
            if length.n < 0 or (on_both and isinstance(condition, ir.Beyond)):
                return False
            n, unit = int(length.n), name(f"UNIT_{length.unit.value}")
            clipped = _CLIPPED if length.unit in (ir.Unit.MONTHS, ir.Unit.YEARS) else 0

            def moved(day: ast.expr, by: int, wider: int) -> ast.expr:
                return difference(call("add", day, const(by), unit), const(-wider))

            if isinstance(condition, ir.Beyond):
                window.highs += [moved(last, -n, clipped)] if is_earlier else []
                window.lows += [moved(first, n, -clipped)] if is_later else []
            else:
                window.lows.append(moved(first, -n, -clipped) if is_earlier else first)
                window.highs.append(moved(last, n, clipped) if is_later else last)
        case _:
            return False
    return True


def _is_day_of(operand: ir.DateOperand, slot: int) -> bool:
    return isinstance(operand, ir.Field) and operand.name == "date" and operand.var is not None and operand.var.slot == slot
