"""What one message may cost: work that is counted, so that the same input always gets the same answer, and a deadline.

Work is counted before it is done, in two purses of one size: what rules do that compare items with each other, which may grow
faster than the message, and what each item costs by itself. One that is spent leaves the other.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal, TypeVar

T = TypeVar("T")

WORK_BUDGET = 8_000_000
"""Units of work for one message: about two seconds of it, and many times what the costliest record that is known takes."""
A_MEMBER, A_PAIR, A_JUDGEMENT = 1, 15, 100
"""What it takes to look at a member in `exists` and the like, to ask whether a pair may fire, and to judge one to its end: about
what each costs in time, in units of about a quarter of a microsecond."""
A_RULE, AN_ANSWER = 5, 50
"""What it takes to ask one rule about one item or coding, and to judge and report one that fires or cannot be told."""
A_READING, A_LETTER = 500, 10
"""What it takes to read words beside a code, and more for each of their letters."""
MOST_COUNTED = 1_000
"""Letters of the longest words that are read to their end: what is longer takes no longer."""
AN_EXPLANATION = 100
"""What it takes to explain one finding, in members that the reference looks at."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every message of one engine may cost."""

    work_budget: int = WORK_BUDGET
    deadline_s: float | None = None

    def work(self) -> Work:
        """Return the whole of it, for one message that is begun now."""
        return Work(self.work_budget, None if self.deadline_s is None else monotonic() + self.deadline_s)


class NotAsked(Exception):
    """A rule was not asked, or not to its end: the budget is spent, or the deadline has passed."""

    reason = "not asked"


class WorkSpent(NotAsked):
    reason = "not asked: the budget of work for one message is spent"


class DeadlinePassed(NotAsked):
    reason = "not asked: the deadline for one message is over"


class TooManyWords(NotAsked):
    reason = "not asked: the words are longer than 20,000 letters"


NOT_ASKED = frozenset((WorkSpent.reason, DeadlinePassed.reason, TooManyWords.reason))


class Work:
    """The work that is left for one message. Not shared between threads."""

    __slots__ = ("_until", "budget", "left", "left_alone")

    def __init__(self, budget: int = WORK_BUDGET, until: float | None = None) -> None:
        """`until`: when the deadline is, by the monotonic clock."""
        self.budget = self.left = self.left_alone = budget
        self._until = until

    def spend(self, units: int) -> None:
        """Count units before they are done. Raises WorkSpent where fewer are left; then none is left for anything else."""
        if units > self.left:
            self.left = 0
            raise WorkSpent
        self.left -= units

    def spend_alone(self, units: int) -> None:
        """Count units that one item takes by itself. Raises WorkSpent as `spend` does."""
        if units > self.left_alone:
            self.left_alone = 0
            raise WorkSpent
        self.left_alone -= units

    def ask(self, rules: int) -> None:
        """Count so many rules that are about to be asked of one item. Raises NotAsked as `in_time` and `spend_alone` do."""
        if self._until is not None and monotonic() > self._until:
            raise DeadlinePassed
        left = self.left_alone - rules * A_RULE
        if left < 0:
            self.left_alone = 0
            raise WorkSpent
        self.left_alone = left

    def counted(self, members: Sequence[T]) -> Sequence[T]:
        """Return members that are about to be looked at."""
        self.spend(len(members) * A_MEMBER)
        return members

    def found(self, members: Sequence[T], member: T) -> Literal[True]:
        """Give back what was counted for the members behind the one that was looked for."""
        self.left += (len(members) - 1 - members.index(member)) * A_MEMBER
        return True

    def in_time(self) -> None:
        """Raise DeadlinePassed where it has. Asked between rules and items, never inside one."""
        if self._until is not None and monotonic() > self._until:
            raise DeadlinePassed


class Readings:
    """What was read of the words of one message: the same words beside the same code once, and counted before."""

    __slots__ = ("_found", "_work", "in_doubt")

    def __init__(self, work: Work) -> None:
        self.in_doubt: dict[str, None] = {}
        """The paths of codings whose own words a rule read, and which they may deny."""
        self._found: dict[Hashable, Any] = {}
        self._work = work

    def once(self, question: Hashable, letters: int, read: Callable[[], T]) -> T:
        """Return what `read` gives, which depends on the question alone. Raises WorkSpent where that may not be asked any more."""
        if question not in self._found:
            self._work.spend_alone(A_READING + min(letters, MOST_COUNTED) * A_LETTER)
            self._found[question] = read()
        return self._found[question]  # type: ignore[no-any-return]
