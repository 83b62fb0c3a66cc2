"""Run every rule on every item with the interpreter: the slow answer that the compiled program must equal."""

from __future__ import annotations

from collections import Counter

from codesafety.evaluation.binding import Binding
from codesafety.evaluation.facts import Facts, ItemFact
from codesafety.evaluation.outcome import Broken, Outcome, RunResult, Status, Tally, why_broken
from codesafety.evaluation.reference.interpreter import Interpreter
from codesafety.evaluation.work import A_RULE


def run_reference(binding: Binding, facts: Facts, *, skip: frozenset[str] = frozenset()) -> RunResult:
    """Return every outcome that fires or cannot be told, asked rule by rule and item by item. `skip` names rules left out.

    A rule that raises is reported in `broken` with the items that it was to judge; the others are answered.
    """
    interpreter = Interpreter(binding, facts)
    subjects: list[ItemFact | None] = [None, *(item for item in facts.incoming if item.component is None)]
    outcomes: list[Outcome] = []
    tallies: dict[int | None, Tally] = {}
    broken: dict[tuple[str, str, str | None], list[int | None]] = {}
    for subject in subjects:
        place = subject.index if subject is not None else None
        counts: Counter[Status] = Counter()
        for rule in binding.rules:
            if rule.name in skip:
                continue
            try:
                facts.work.in_time()
                facts.work.spend_alone(A_RULE)
                outcome = interpreter.outcome(rule, subject)
            except Exception as error:  # noqa: BLE001  a broken rule is shown as not checked and holds its items
                broken.setdefault((rule.name, *why_broken(error)), []).append(place)
                continue
            counts[outcome.status] += 1
            if outcome.status in (Status.FIRES, Status.CANNOT_TELL):
                outcomes.append(outcome)
        tallies[place] = Tally(
            counts[Status.FIRES] + counts[Status.CLEAR],
            counts[Status.CANNOT_TELL],
            counts[Status.NOT_APPLICABLE],
            counts[Status.NOT_IN_FORCE],
        )
    return RunResult(
        tuple(outcomes), tallies, tuple(Broken(rule, why, plugin, tuple(at)) for (rule, why, plugin), at in broken.items())
    )
