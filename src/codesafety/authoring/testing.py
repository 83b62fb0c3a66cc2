"""Run the examples that rules carry: each becomes a submission and a record, and both evaluators must answer as it expects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from codesafety import ir
from codesafety.arguments import expect, expect_all
from codesafety.diagnostics import position
from codesafety.evaluation.binding import Binding, bind
from codesafety.evaluation.compiled.program import Program, compile_program
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.outcome import Outcome, RunResult, Status
from codesafety.evaluation.reference.comparisons import conjunction
from codesafety.evaluation.reference.explanation import AS_EXPECTED, say, words_of
from codesafety.evaluation.reference.interpreter import Interpreter, frames_of
from codesafety.evaluation.reference.run import run_reference
from codesafety.record import (
    Coding,
    Coverage,
    Entry,
    Medication,
    Message,
    NotRead,
    Patient,
    Quantity,
    Record,
    Reference,
    Submission,
    TextItem,
    Value,
)
from codesafety.terminology.interface import (
    CodeContext,
    Product,
    Replacements,
    Terminology,
    WordsVerdict,
)
from codesafety.terminology.interface import Status as CodeStatus

_ASSERTIONS = {"present", "absent", "possible", "planned"}
_SKIN_FORMS = ("gel", "cream", "ointment", "lotion")


@dataclass(frozen=True, slots=True)
class Given:
    """What an example gives, as an engine would be given it."""

    submission: Submission
    record: Record | None


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What an example expected, and what each evaluator answered: an outcome and the missing fields.

    `reference_said` and `compiled_said`: what the rule said, once an outcome that fires, where the example demands a sentence.
    """

    rule: str
    example: ir.Example
    expected: tuple[str, frozenset[str]]
    reference: tuple[str, frozenset[str]]
    compiled: tuple[str, frozenset[str]]
    reference_said: tuple[str, ...] = ()
    compiled_said: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    """Of one that is not as expected: which parts of `when` did not hold, and what else decided."""

    @property
    def passed(self) -> bool:
        sentence = self.example.sentence
        said = sentence is None or (sentence in self.reference_said and sentence in self.compiled_said)
        return said and self.expected == self.reference == self.compiled

    @property
    def expected_in_words(self) -> str:
        return in_words(self.expected, () if self.example.sentence is None else (self.example.sentence,))

    @property
    def reference_in_words(self) -> str:
        return in_words(self.reference, self.reference_said)

    @property
    def compiled_in_words(self) -> str:
        return in_words(self.compiled, self.compiled_said)


class Texts(dict[str, str]):
    """The texts of rule files, those that are not given read when they are asked for; empty where it is no file."""

    def __missing__(self, file: str) -> str:
        try:
            self[file] = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            self[file] = ""
        return self[file]

    def line(self, example: ir.Example) -> int | None:
        """Return the line on which an example begins, from 1; None where its file is none."""
        text = self[example.span.file]
        return position(text, example.span.start)[0] if text else None

    def givens(self, example: ir.Example) -> list[str]:
        """Return what an example gives, as its file writes it: one line each."""
        text = " ".join(self[example.span.file][example.span.start : example.span.end].split())
        body, _, _ = text.rpartition(" expect ")
        return [f"given {given}" for given in body.split(" given ")[1:]]


def in_words(answer: tuple[str, frozenset[str]], said: Sequence[str] = ()) -> str:
    """Return an answer as rule files write it: an outcome, and what is missing or was said."""
    outcome, missing = answer
    if missing:
        return f"{outcome}: {', '.join(sorted(missing))}"
    return " ".join([outcome, *(f'"{sentence}"' for sentence in dict.fromkeys(said))])


def failure(result: ExampleResult, texts: Texts) -> Iterator[str]:
    """Yield the lines that tell of an example that failed: where, given, expected, got, and the clause that decided."""
    line = texts.line(result.example)
    if line is not None:
        yield f"at         {result.example.span.file}:{line}"
    yield from _labelled("given", [given.removeprefix("given ") for given in texts.givens(result.example)])
    yield f"expected   {result.expected_in_words}"
    if result.reference_in_words == result.compiled_in_words:
        yield f"got        {result.reference_in_words}"
    else:
        yield f"reference  {result.reference_in_words}"
        yield f"compiled   {result.compiled_in_words}"
    yield from _labelled("because", result.why)


def _labelled(label: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{'' if number else label:9}  {line}"


class ExampleTerminology:
    """A terminology in which codes of the system `test` may be medicines, for use in examples.

    Such a medicine is known by its term in the rule file alone: its identity is its code, and one whose form is a gel, cream,
    ointment or lotion has the route `test "cutaneous"`. Everything else is the terminology that it wraps.
    """

    def __init__(self, base: Terminology) -> None:
        self._base = base

    @property
    def name(self) -> str:
        return self._base.name

    @property
    def edition(self) -> str | None:
        return self._base.edition

    @property
    def digest(self) -> str:
        return self._base.digest

    @property
    def has_release(self) -> bool:
        return self._base.has_release

    def expand(self, ecl: str) -> frozenset[str]:
        return self._base.expand(ecl)

    def status(self, code: str) -> CodeStatus:
        return self._base.status(code)

    def replacements(self, code: str) -> Replacements:
        return self._base.replacements(code)

    def terms(self, code: str) -> tuple[str, ...]:
        return self._base.terms(code)

    def judge_words(self, code: str, words: str) -> WordsVerdict:
        return self._base.judge_words(code, words)

    def contrary(self, one: str, other: str) -> bool:
        return self._base.contrary(one, other)

    def context(self, code: str) -> CodeContext:
        return self._base.context(code)

    def product_by_name(self, code: str, name: str) -> Product | None:
        return self._base.product_by_name(code, name)

    def product(self, code: str) -> Product | None:
        if not code.startswith("test|"):
            return self._base.product(code)
        terms = self._base.terms(code)
        on_skin = any(term.lower().split()[-1] in _SKIN_FORMS for term in terms)
        return Product(
            code,
            "vmp",
            terms[0] if terms else None,
            frozenset({code}),
            code,
            None,
            routes=frozenset({"test|cutaneous"}) if on_skin else None,
        )


def build(example: ir.Example) -> Given:
    """Return the submission and record that an example describes. What it does not say is missing; the record is complete."""
    fields: dict[str, dict[str, Any]] = {"patient": {}, "message": {}}
    record: Literal[False] | str | None = None
    unread: list[NotRead] = []
    texts: dict[str, list[TextItem]] = {"incoming": [], "record": []}
    items: dict[tuple[str, str], list[Any]] = {(s, k): [] for s in ("incoming", "record") for k in ("entry", "medication")}
    for given in example.givens:
        match given:
            case ir.GivenNoRecord():
                record = False
            case ir.GivenFields("record", attributes):
                record = next(a.value for a in attributes if a.name == "complete_from")
            case ir.GivenFields(target, attributes):
                for attribute in attributes:
                    if attribute.name == "unread":
                        unread.append(_unread(attribute.value or ""))
                    elif attribute.name == "service":
                        assert attribute.code is not None
                        fields["message"]["service"] = (Coding(system=attribute.code.system, code=attribute.code.code),)
                    elif attribute.name == "deceased":
                        fields[target][attribute.name] = attribute.value == "true"
                    else:
                        fields[target][attribute.name] = attribute.value
            case ir.GivenText(side, attributes):
                words = texts[side]
                path = f"{side}.text[{len(words)}]"
                words.append(TextItem(path=path, **{a.name: a.value for a in attributes}))
            case ir.GivenItem():
                made = items[given.side, given.kind]
                path = f"{given.side}.{given.kind}[{len(made)}]"
                made.append(_entry(given, path) if given.kind == "entry" else _medication(given, path))
    patient = Patient(**fields["patient"])
    submission = Submission(
        patient=patient,
        message=Message(**fields["message"]),
        entries=tuple(items["incoming", "entry"]),
        medications=tuple(items["incoming", "medication"]),
        texts=tuple(texts["incoming"]),
        not_read=tuple(unread),
        format="example",
    )
    if record is False:
        return Given(submission, None)
    kinds: tuple[Literal["entry", "medication"], ...] = ("entry", "medication")
    return Given(
        submission,
        Record(
            patient=patient,
            entries=tuple(items["record", "entry"]),
            medications=tuple(items["record", "medication"]),
            texts=tuple(texts["record"]),
            complete=tuple(Coverage(kind=kind, since=record) for kind in kinds),
        ),
    )


def _unread(path: str) -> NotRead:
    return NotRead(path=path, reason="given as unread", whole=True, coded=True)


def _coding(given: ir.GivenItem, display: str | None) -> Coding:
    return Coding(system=given.code.system or None, code=given.code.code, display=display)


def _entry(given: ir.GivenItem, path: str) -> Entry:
    fields: dict[str, Any] = {"path": path}
    display: str | None = None
    more: list[Coding] = []
    for a in given.attributes:
        match a.name:
            case "display":
                display = a.value
            case "system":
                pass
            case "also":
                more.append(_also(a.value or ""))
            case "about":
                fields["subject"] = a.value
            case "history" | "past":
                fields["temporality"] = "past"
            case "entered-in-error":
                fields["status"] = "entered-in-error"
            case name if name in _ASSERTIONS and a.value is None:
                fields["assertion"] = name
            case "value":
                fields["value"] = _value(a)
            case "references":
                fields["references"] = _references(a)
            case name:
                fields[name] = a.value
    return Entry(codings=(_coding(given, display), *more), **fields)


def _medication(given: ir.GivenItem, path: str) -> Medication:
    fields: dict[str, Any] = {"path": path}
    display: str | None = None
    more: list[Coding] = []
    for a in given.attributes:
        match a.name:
            case "display":
                display = a.value
            case "system":
                pass
            case "also":
                more.append(_also(a.value or ""))
            case "date":
                fields["handed_over"] = a.value
            case "not-given":
                fields["not_given"] = True
            case "entered-in-error":
                fields["status"] = "entered-in-error"
            case "order":
                fields["order"] = None if a.value == "none" else a.value
            case "based_on":
                fields["based_on"] = (*fields.get("based_on", ()), a.value)
            case "quantity":
                fields["quantity"] = Quantity(value=a.number, unit=a.unit, comparator=a.comparator)
            case "strength":
                fields["strength"] = f"{a.number} {a.unit}"
            case "route" | "form" | "supply_type" | "not_given_reason" if a.code is not None:
                fields[a.name] = (Coding(system=a.code.system, code=a.code.code),)
            case "references":
                fields["references"] = _references(a)
            case "as_needed":
                fields["as_needed"] = a.value == "true"
            case name:
                fields[name] = a.number if a.number is not None else a.value
    return Medication(products=(_coding(given, display), *more), **fields)


def _references(a: ir.Attribute) -> tuple[Reference, ...]:
    return (Reference(role="given", resolved=a.value == "resolved"),)


def _also(text: str) -> Coding:
    system, code, display, *_ = [*text.split(" ", 2), None, None]
    return Coding(system=system, code=code, display=display)


def _value(a: ir.Attribute) -> Value:
    if a.number is not None:
        return Value(quantity=Quantity(value=Decimal(a.number), unit=a.unit, comparator=a.comparator))
    if a.code is not None:
        return Value(codings=(Coding(system=a.code.system, code=a.code.code, display=a.code.term),))
    if a.value in ("true", "false"):
        return Value(boolean=a.value == "true")
    text = a.value or ""
    return Value(date=text) if text[:4].isdigit() else Value(text=text)


def answer(run: RunResult, rule: str) -> tuple[str, frozenset[str]]:
    """Return what a rule answered for a whole example: fires, else cannot tell with everything missing, else clear."""
    mine: list[Outcome] = [o for o in run.outcomes if o.rule.name == rule]
    if any(o.status is Status.FIRES for o in mine):
        return "fires", frozenset()
    untold = [o.missing for o in mine if o.status is Status.CANNOT_TELL]
    if untold:
        return "cannot tell", frozenset().union(*untold)
    if any(b.rule == rule for b in run.broken):
        return "not checked", frozenset()
    return "clear", frozenset()


def sentences(run: RunResult, interpreter: Interpreter) -> tuple[str, ...]:
    """Return what the one rule of a run says wherever it fires, with items named by their terms alone."""
    fires = [o for o in run.outcomes if o.status is Status.FIRES]
    return tuple(say(o.rule, o.applications, interpreter, AS_EXPECTED) for o in fires)


def run_examples(binding: Binding, *, rules: Sequence[ir.Rule] | None = None) -> Iterator[ExampleResult]:
    """Yield the result of every example, asked of both evaluators. `binding` is bound to an `ExampleTerminology`."""
    expect(binding, Binding, "binding", "what `bind_for_examples` returned")
    for rule in binding.rules if rules is None else expect_all(rules, ir.Rule, "rules", "a list of an engine's rules"):
        alone = alone_with(binding, rule)
        program: Program = compile_program(alone)
        for example in rule.examples:
            given = build(example)
            slow_facts, fast_facts = (Facts(given.submission, given.record, alone.codebook) for _ in range(2))
            slow, fast = run_reference(alone, slow_facts), program.run(fast_facts)
            said = [
                () if example.sentence is None else sentences(run, Interpreter(alone, facts))
                for run, facts in ((slow, slow_facts), (fast, fast_facts))
            ]
            expected = (example.expect, frozenset(example.missing))
            result = ExampleResult(rule.name, example, expected, answer(slow, rule.name), answer(fast, rule.name), *said)
            yield result if result.passed else replace(result, why=why(rule, Interpreter(alone, slow_facts)))


def why(rule: ir.Rule, interpreter: Interpreter) -> tuple[str, ...]:
    """Return what decided, of every application of a rule: parts of `when` that are not so or cannot be told, exceptions that held.

    By the rule's own words. Nothing where the rule fires, but for exceptions that could not be told.
    """
    untold = "cannot tell whether it is what the rule ranges over"
    found: list[str] = []
    subjects = [None, *(item for item in interpreter.facts.incoming if item.component is None)]
    applied = False
    for application in (one for subject in subjects for one in interpreter.applications(rule, subject)):
        if rule.trigger.partner is not None and application.partner is None:  # its own item was not understood
            if application.status is Status.CANNOT_TELL:
                found.append(f"{untold}: {', '.join(sorted(application.missing))}")
            continue
        frame = frames_of(rule, application.subject, application.partner)[0]
        of_trigger, missing = conjunction(interpreter.of_trigger(rule, frame))
        if of_trigger is False:
            continue
        applied = True
        if of_trigger is None:
            found.append(f"{untold}: {', '.join(sorted(missing))}")
        for part in parts_of(rule.when):
            value, names = interpreter.judge(part, frame)
            words = words_of(part, rule)
            if value is None:
                found.append(f"cannot tell: {words} ({', '.join(sorted(names))})")
            elif value is False:
                found.append(f"not so: {words}")
        found += [f"exception: {rule.unless[at].label}" for at in application.applied]
        found += [f"exception that could not be told: {rule.unless[at].label}" for at, _ in application.untested]
    return tuple(dict.fromkeys(found)) if applied or found else ("nothing that is incoming is what the rule ranges over",)


def parts_of(condition: ir.Condition | None) -> Iterator[ir.Condition]:
    """Yield what must hold together for a condition to hold."""
    if isinstance(condition, ir.And):
        for part in condition.parts:
            yield from parts_of(part)
    elif condition is not None:
        yield condition


def alone_with(binding: Binding, rule: ir.Rule) -> Binding:
    """Return the binding with one rule only."""
    return replace(binding, rules=(rule,))


def bind_for_examples(rulesets: Sequence[ir.Ruleset], terminology: Terminology, **more: Any) -> Binding:
    """Bind rulesets to a terminology in which the system `test` has medicines."""
    rulesets = expect_all(rulesets, ir.Ruleset, "rulesets", "an engine's `rulesets`")
    expect(terminology, Terminology, "terminology", "an engine's `terminology`")
    return bind(rulesets, ExampleTerminology(terminology), **more)
