"""Why a rule answered as it did for one message, clause by clause, also where it did not fire or was never asked.

The reference evaluator answers, and the trace holds what it came to. As in a report, nothing here names a private field, quotes
what was sent or shows a birth date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from codesafety import ir
from codesafety.authoring.coverage import words_at
from codesafety.authoring.lint.told import local
from codesafety.authoring.testing import alone_with, answer
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.compiled.program import compile_program
from codesafety.evaluation.facts import Facts, ItemFact, TextFact, Unseen
from codesafety.evaluation.outcome import PRIVATE, Application, Bindable, Status
from codesafety.evaluation.reference.comparisons import Bound, Frame, Truth, conjunction, disjunction
from codesafety.evaluation.reference.explanation import facts_of, label, reads_private, say
from codesafety.evaluation.reference.interpreter import Interpreter, frames_of
from codesafety.record import Record, Submission

TRACE_VERSION: Final = "1"
_MOST_MEMBERS = 5
"""Members of a quantifier whose clauses are shown; of the others it is said how many there are."""
_PRIVATE_WORDS = "what is private to the patient"


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a rule: its words, what it came to, the facts it used, what was missing, and its own parts.

    `value` is `true`, `false`, `cannot tell`, or `not shown` of what is private.
    """

    words: str
    value: str
    facts: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    parts: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule asked of one item, or of a pair: what of, where they stand in the message, the outcome, and its clauses."""

    about: tuple[str, ...]
    paths: tuple[str, ...]
    outcome: str
    clauses: tuple[Clause, ...]
    exceptions: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One rule and one message. `answer`: fires, clear, cannot tell, or not asked; `reason`: why it was not asked.

    `compiled`: what the evaluator that answers messages says; None where the rule was not asked. `passed_over`: how many items or
    pairs are not what the rule ranges over; `asked` holds the others.
    """

    rule: str
    title: str | None
    version: str
    digest: str
    answer: str
    reason: str | None
    missing: tuple[str, ...]
    says: str | None
    compiled: str | None
    asked: tuple[Asked, ...]
    passed_over: int

    @property
    def agreed(self) -> bool:
        return self.compiled is None or self.compiled == self.answer

    def as_data(self) -> dict[str, Any]:
        """Return the trace as plain data, to be kept as evidence."""
        return {
            "rule": self.rule,
            "title": self.title,
            "ruleset_version": self.version,
            "ruleset_digest": self.digest,
            "answer": self.answer,
            "reason": self.reason,
            "missing": list(self.missing),
            "says": self.says,
            "compiled": self.compiled,
            "passed_over": self.passed_over,
            "asked": [
                {
                    "about": list(one.about),
                    "paths": list(one.paths),
                    "outcome": one.outcome,
                    "clauses": [_clause_data(c) for c in one.clauses],
                    "exceptions": [_clause_data(c) for c in one.exceptions],
                }
                for one in self.asked
            ],
        }


def _clause_data(clause: Clause) -> dict[str, Any]:
    return {
        "words": clause.words,
        "value": clause.value,
        "facts": dict(clause.facts),
        "missing": list(clause.missing),
        "parts": [_clause_data(part) for part in clause.parts],
    }


def trace(
    binding: Binding,
    rule: ir.Rule,
    ruleset: ir.Ruleset,
    submission: Submission,
    record: Record | None,
    texts: Mapping[str, str],
    *,
    not_asked: str | None = None,
) -> Trace:
    """Return why a rule answers as it does for a message. `texts`: the rule files, for the words of clauses. `not_asked`: why it is not asked at all, as one that a profile has off.

    Raises WorkSpent where that takes more work than a message may.
    """
    alone = alone_with(binding, rule)
    tracer = _Tracer(alone, Facts(submission, record, binding.codebook), rule, texts)
    asked, passed_over = tracer.asked()
    told = tracer.answer()
    compiled = answer(compile_program(alone).run(Facts(submission, record, binding.codebook)), rule.name)[0]
    reason = not_asked or tracer.why_not_asked(asked)
    return Trace(
        rule.name,
        rule.title,
        ruleset.version,
        ruleset.digest,
        "not asked" if reason else told,
        reason,
        () if reason else tracer.missing,
        None if reason else tracer.says,
        None if reason else compiled,
        tuple(asked),
        passed_over,
    )


class _Tracer(Interpreter):
    """The reference evaluator with one rule and one message, which keeps what each clause came to."""

    def __init__(self, binding: Binding, facts: Facts, rule: ir.Rule, texts: Mapping[str, str]) -> None:
        super().__init__(binding, facts)
        self._rule = rule
        self._texts = texts
        self._subjects: list[ItemFact | None] = [None, *(item for item in facts.incoming if item.component is None)]
        self.outcomes = [self.outcome(rule, subject) for subject in self._subjects]
        self.missing = tuple(sorted(frozenset().union(*(o.missing for o in self.outcomes if o.status is Status.CANNOT_TELL))))

    def answer(self) -> str:
        statuses = {one.status for one in self.outcomes}
        return "fires" if Status.FIRES in statuses else "cannot tell" if Status.CANNOT_TELL in statuses else "clear"

    @property
    def says(self) -> str | None:
        fires = [one for one in self.outcomes if one.status is Status.FIRES]
        return say(self._rule, fires[0].applications, self) if fires else None

    def why_not_asked(self, asked: Sequence[Asked]) -> str | None:
        """Return why a rule was never asked: it is not in force, or nothing that is incoming is what it ranges over."""
        rule, one = self._rule, self._rule.trigger.subject
        if any(o.status in (Status.FIRES, Status.CANNOT_TELL) for o in self.outcomes):
            return None
        if any(o.status is Status.NOT_IN_FORCE for o in self.outcomes):
            ends = [f"{word} {day.text}" for word, day in (("from", rule.valid_from), ("until", rule.valid_until)) if day]
            return f"it is in force {' '.join(ends)}, which the message's day is not"
        if asked:
            return None
        if all(o.status is Status.NOT_APPLICABLE for o in self.outcomes):
            return f"nothing that is incoming is a {one.kind.value}"
        own = [var for var in (one, rule.trigger.partner) if var is not None and var.set is not None]
        sets = " with one in ".join(f"`{var.set.rpartition('/')[2]}`" for var in own if var.set is not None)
        return f"nothing that is incoming has a code in {sets}" if sets else "nothing that is incoming is what it ranges over"

    def asked(self) -> tuple[list[Asked], int]:
        """Return each application of the rule to what may be its own items, and how many others there were."""
        found: dict[tuple[str, ...], Asked] = {}
        passed_over = 0
        for subject in self._subjects:
            for application in self.applications(self._rule, subject):
                one = self._of(application)
                if one is None:
                    passed_over += 1
                else:
                    found.setdefault((*one.paths, *one.about), one)
        return list(found.values()), passed_over

    def _of(self, application: Application) -> Asked | None:
        rule = self._rule
        own = [b for b in (application.subject, application.partner) if b is not None]
        about = tuple(self._label(b) for b in own)
        paths = tuple(b.path for b in own if isinstance(b, ItemFact))
        outcome = application.status.value.replace("-", " ").replace("_", " ")
        if rule.trigger.partner is not None and application.partner is None:  # its own item was not understood
            if application.status is not Status.CANNOT_TELL:
                return None
            missing = tuple(sorted(application.missing - PRIVATE))
            return Asked(about, paths, outcome, (Clause("it is what the rule ranges over", "cannot tell", (), missing),), ())
        frames = frames_of(rule, application.subject, application.partner)
        of_trigger = self.of_trigger(rule, frames[0])
        if conjunction(of_trigger)[0] is False:
            return None
        clauses = [self._of_trigger(of_trigger)]
        if rule.when is not None:
            clauses += self._clauses(rule.when, self._telling(rule.when, frames))
        exceptions = [
            self._clause(u.condition, self._telling(u.condition, frames), words=u.label, private=u.private) for u in rule.unless
        ]
        return Asked(about, paths, outcome, tuple(clauses), tuple(exceptions))

    def _telling(self, condition: ir.Condition, frames: Sequence[Frame]) -> Frame:
        """Return the order of a pair in which a condition comes to what both orders together come to."""
        whole = disjunction(self.judge(condition, frame) for frame in frames)[0]
        return next(frame for frame in frames if self.judge(condition, frame)[0] is whole)

    def _of_trigger(self, parts: Sequence[Truth]) -> Clause:
        value, missing = conjunction(parts)
        own = [v for v in (self._rule.trigger.subject, self._rule.trigger.partner) if v is not None]
        return Clause(f"for {' with '.join(map(_drawn, own))}", _value(value), (), tuple(sorted(missing - PRIVATE)))

    def _clauses(self, condition: ir.Condition, frame: Frame) -> Iterator[Clause]:
        """Yield what must hold together, each by itself."""
        if isinstance(condition, ir.And):
            for part in condition.parts:
                yield from self._clauses(part, frame)
        else:
            yield self._clause(condition, frame)

    def _clause(self, condition: ir.Condition, frame: Frame, *, words: str | None = None, private: bool = False) -> Clause:
        if private or reads_private(condition):
            return Clause(_PRIVATE_WORDS, "not shown")
        value, missing = self.judge(condition, frame)
        written = words or (condition.title if isinstance(condition, ir.Named) else words_at(condition, self._texts))
        parts: tuple[Clause, ...] = ()
        facts: dict[str, str] = {}
        match condition:
            case ir.Not(part=ir.And() | ir.Or() | ir.Quantified() | ir.Several() | ir.Named() as inside):
                parts = (self._clause(inside, frame),)
            case ir.Not(part=inside):
                facts = dict(self._facts_of(inside, frame))
            case ir.And() | ir.Or() | ir.Several() | ir.Named():
                parts = tuple(self._clause(part, frame) for part in ir.inner(condition))
            case ir.Quantified():
                parts = tuple(self._members(condition, frame))
            case _:
                facts = dict(self._facts_of(condition, frame))
        return Clause(written, _value(value), tuple(facts.items()), tuple(sorted(missing - PRIVATE)), parts)

    def _facts_of(self, condition: ir.Condition, frame: Frame) -> Iterator[tuple[str, str]]:
        match condition:
            case ir.InSet(ir.Var() as var):
                yield f"{var.name}.code", self._label(frame[var.slot].value)
            case _:
                yield from facts_of(condition, frame, self)

    def _members(self, condition: ir.Quantified, frame: Frame) -> Iterator[Clause]:
        """Yield the members that count or may, and those of the kind and set that do not."""
        judged = [(m, truth) for m, truth in self._judged(condition, frame) if truth[0] is not False]
        members: list[tuple[ItemFact | Unseen, Truth]] = [
            *judged,
            *((item, (False, frozenset[str]())) for item in self.passed_over(condition, frame)),
        ]
        for member, (value, missing) in members[:_MOST_MEMBERS]:
            inner: Frame = {**frame, condition.var.slot: Bound(member, condition.var.name)}
            asked = condition.where is not None and isinstance(member, ItemFact)
            parts = tuple(self._clauses(condition.where, inner)) if asked and condition.where is not None else ()
            yield Clause(
                f"{condition.var.name}: {self._label(member)}", _value(value), (), tuple(sorted(missing - PRIVATE)), parts
            )
        if len(members) > _MOST_MEMBERS:
            yield Clause(f"and {len(members) - _MOST_MEMBERS} more", "not shown")

    def _label(self, value: Bindable) -> str:
        match value:
            case Unseen():
                return f"one that was not seen ({value.called})"
            case TextFact():
                return "words that came in"
            case ir.TableRow():
                return f"the row {value.key}"
            case _:
                return label(value, self.facts)


def _value(value: bool | None) -> str:
    return "cannot tell" if value is None else "true" if value else "false"


# ------------------------------------------------------------------------------------------------ for people


def as_text(one: Trace) -> Iterator[str]:
    """Yield the lines of a trace as an author reads it."""
    yield f"{one.rule} {one.version}: {one.answer}" + (f": {one.reason}" if one.reason else "")
    if one.missing:
        yield f"  missing: {', '.join(one.missing)}"
    if one.says:
        yield f"  says: {one.says}"
    for asked in one.asked:
        where = f" ({', '.join(asked.paths)})" if asked.paths else ""
        yield f"  {' with '.join(asked.about) or 'the message'}{where}: {asked.outcome}"
        for clause in asked.clauses:
            yield from _lines(clause, 4)
        for clause in asked.exceptions:
            yield "    unless"
            yield from _lines(clause, 6)
    if one.passed_over:
        yield f"  {one.passed_over} not what the rule ranges over"


def _lines(clause: Clause, indent: int) -> Iterator[str]:
    used = [f"{name}: {text}" for name, text in clause.facts]
    lacks = [f"missing: {', '.join(clause.missing)}"] if clause.missing and not clause.parts else []
    yield f"{' ' * indent}{clause.value:12}{clause.words}" + "".join(f" [{note}]" for note in (*used, *lacks))
    for part in clause.parts:
        yield from _lines(part, indent + 4)


def as_paragraph(one: Trace) -> str:
    """Return a trace as one paragraph, for a reader who writes no rules."""
    name = f"The check “{one.title or one.rule}” (version {one.version})"
    if one.answer == "not asked":
        return f"{name} was not asked: {one.reason}."
    about = "; ".join(dict.fromkeys(" with ".join(asked.about) or "the message" for asked in one.asked[:3]))
    more = f" and {len(one.asked) - 3} more" if len(one.asked) > 3 else ""
    looked = f"It looked at {about}{more}."
    if one.answer == "fires":
        return f"{name} raised this: {one.says} {looked} Everything that it asks for was so, and no exception was."
    if one.answer == "cannot tell":
        return f"{name} could not be told, because this is missing: {', '.join(one.missing) or 'something private'}. {looked}"
    why = list(dict.fromkeys(_against(clause) for asked in one.asked for clause in asked.clauses if clause.value == "false"))
    excused = dict.fromkeys(c.words for asked in one.asked for c in asked.exceptions if c.value == "true")
    told = [*(f"it is not so that {words}" for words in why[:3]), *(f"an exception holds: {words}" for words in excused)]
    return f"{name} raised nothing. {looked} {('Because ' + ', and '.join(told)) if told else 'Something private decided'}."


def _against(clause: Clause) -> str:
    used = "; ".join(f"{name}: {text}" for name, text in clause.facts)
    return f"“{clause.words}”" + (f" ({used})" if used else "")


def _drawn(var: ir.Var) -> str:
    """Return what a rule ranges over as it is written."""
    source = f" in {local(var.set)}" if var.set else f" of {local(var.table)}" if var.table else ""
    return "message" if var.kind is ir.Kind.MESSAGE else f"{var.kind.value} {var.name}{source}"
