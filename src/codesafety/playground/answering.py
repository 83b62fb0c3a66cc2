"""What some rules say, what is wrong with them, what each answers for a patient, and for whom it fires. Nothing is kept but what rules mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

from codesafety import ir
from codesafety.authoring.drawn import as_svg
from codesafety.authoring.picture import picture
from codesafety.authoring.testing import bind_for_examples, build
from codesafety.authoring.why import Clause, Trace, as_paragraph, trace
from codesafety.builtin import all_rulesets
from codesafety.diagnostics import Diagnostic, Diagnostics
from codesafety.engine import frozen_terminology, installed_predicates, open_terminology, text_source
from codesafety.errors import CodesafetyError, InputError, RuleError
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.work import NotAsked
from codesafety.formats.native import plain_json, validated
from codesafety.language.drafts import Checked, Drafts
from codesafety.language.parsing import syntax
from codesafety.record import Record, Submission

_FILE: Final = Path("this page", "rules")
"""What the text is called; it is no file, and rules that name files beside them find none."""


class Playground:
    """Answers one page. What was checked of the text before is kept, so that a key costs one rule."""

    def __init__(self, release: Path | None = None) -> None:
        self._release = open_terminology(release)[0]
        self._predicates = installed_predicates()
        signatures = {name: one.signature for name, one in self._predicates.items()}
        self._drafts = Drafts(others={path.name: path for path in all_rulesets()}, predicates=signatures, beside=_nothing)
        self._lock = Lock()

    def answer(self, rules: str, patient: str) -> dict[str, Any]:
        """Return what is wrong with `rules`, what each rule that is right answers for `patient`, and the patients of its examples.

        `patient`: JSON, `{"submission": …, "record": … or null}`. Places are counted as JavaScript counts them, in UTF-16.
        """
        with self._lock:
            self._drafts.write(_FILE, rules)
            checked = self._drafts.checked()
            problems = list(self._problems(checked.diagnostics, rules))
            own = self._own(checked)
            wrong = None
            answers: list[dict[str, Any]] = []
            try:
                submission, record = _patient(patient)
                if any(self._drafts.in_the_way(checked)):
                    answers = [
                        _not_checked(_head(rule), "Something that rules may need is wrong. Put it right first.") for rule in own
                    ]
                elif own:
                    binding = self._binding(checked)
                    answers = [_answered(binding, rule, checked, submission, record) for rule in own]
            except InputError as error:
                wrong = str(error)
            except RuleError as error:
                problems += self._problems(error.diagnostics, rules)
                answers = [
                    _not_checked(_head(rule), "Something of these rules cannot be used here. Put it right first.") for rule in own
                ]
            except CodesafetyError as error:
                problems.append({"start": 0, "end": 0, "severity": "error", "code": "", "message": str(error), "help": None})
        named = [rule.family.rpartition("/")[2] for rule in own]
        answers += [
            _not_checked({"name": name}, "This rule is wrong. Put it right first.")
            for name in self._written()
            if name not in named
        ]
        patients = [
            {"name": f"{rule.name.rpartition('/')[2]}: {example.name}", "patient": _as_patient(example)}
            for rule in own
            for example in rule.examples
        ]
        return {"problems": problems, "rules": answers, "patients": patients, "patient_problem": wrong}

    def picture(self, rules: str, name: str) -> dict[str, Any]:
        """Return for whom the rule of a name fires, as SVG and in sentences; or no picture, and why there is none."""
        with self._lock:
            self._drafts.write(_FILE, rules)
            checked = self._drafts.checked()
            rule = next((one for one in self._own(checked) if _head(one)["name"] == name), None)
            if rule is None or any(self._drafts.in_the_way(checked)):
                return _not_drawn("This rule, or something that it may need, is wrong. Put it right first.")
        try:
            drawn = picture(self._binding(checked), rule)
        except CodesafetyError as error:
            return _not_drawn(str(error))
        if drawn is None:
            return _not_drawn("No patient is known for whom it fires, or neither age, gender nor time changes what it answers.")
        return {"svg": as_svg(drawn), "sentences": drawn.sentences(), "why": None}

    def _own(self, checked: Checked) -> list[ir.Rule]:
        return [rule for found in checked.loaded.rulesets for rule in found.rules if self._is_own(rule)]

    def _written(self) -> list[str]:
        """Return the names of the rules in the text, of those too that are wrong."""
        parsed = [piece.syntax for piece in self._drafts.pieces(_FILE)]
        right = [node.name.text for one in parsed for node in one.declarations if isinstance(node, syntax.Rule)]
        return [*right, *(word.text for one in parsed for kind, word in one.broken if kind == "rule")]

    def _is_own(self, rule: ir.Rule) -> bool:
        piece = self._drafts.piece(rule.span.file)
        return piece is not None and piece.path == _FILE

    def _problems(self, diagnostics: Sequence[Diagnostic], rules: str) -> Iterator[dict[str, Any]]:
        found = []
        for one in diagnostics:
            piece = self._drafts.piece(one.span.file)
            at = piece.start if piece is not None and piece.path == _FILE else None
            start, end = (0, 0) if at is None else (at + one.span.start, at + one.span.end)
            found.append((start, end, one))
        for start, end, one in sorted(found, key=lambda each: each[:2]):
            yield {
                "start": _units(rules[:start]),
                "end": _units(rules[:end]),
                "line": rules.count("\n", 0, start) + 1,
                "severity": one.severity.value,
                "code": one.code,
                "message": one.message,
                "help": one.help,
            }

    def _binding(self, checked: Checked) -> Binding:
        loaded = checked.loaded
        terminology = self._release or frozen_terminology(loaded.rulesets)
        return bind_for_examples(loaded.rulesets, terminology, predicates=self._predicates, sources=loaded.sources)


def _nothing(_root: Path, _names: Sequence[str], _told: Diagnostics) -> dict[str, bytes]:
    """Read nothing of this machine for a page."""
    return {}


def _head(rule: ir.Rule) -> dict[str, Any]:
    return {"name": rule.name.rpartition("/")[2], "title": rule.title, "action": rule.action.value}


def _answered(binding: Binding, rule: ir.Rule, checked: Checked, submission: Submission, record: Record | None) -> dict[str, Any]:
    ruleset = next(one for one in checked.loaded.rulesets if one.name == rule.ruleset)
    try:
        told = trace(binding, rule, ruleset, submission, record, texts=checked.loaded.sources)
    except NotAsked as error:
        return _not_checked(_head(rule), f"The rule was {error.reason}.")
    if not told.agreed:
        return _not_checked(_head(rule), "The two evaluators do not agree: report this.")
    return {**_head(rule), "answer": told.answer, "paragraph": as_paragraph(told), "asked": list(_asked(told))}


def _not_drawn(why: str) -> dict[str, Any]:
    return {"svg": None, "sentences": [], "why": why}


def _not_checked(head: dict[str, Any], why: str) -> dict[str, Any]:
    return {"title": None, "action": None, **head, "answer": "not checked", "paragraph": why, "asked": []}


def _asked(told: Trace) -> Iterator[dict[str, Any]]:
    for one in told.asked:
        yield {
            "about": " with ".join(one.about) or "the message",
            "outcome": one.outcome,
            "clauses": [_clause(clause) for clause in one.clauses],
            "exceptions": [_clause(clause) for clause in one.exceptions],
        }


def _clause(clause: Clause) -> dict[str, Any]:
    notes = [f"{name}: {text}" for name, text in clause.facts]
    notes += [f"missing: {', '.join(clause.missing)}"] if clause.missing and not clause.parts else []
    return {"words": clause.words, "value": clause.value, "notes": notes, "parts": [_clause(part) for part in clause.parts]}


def _patient(text: str) -> tuple[Submission, Record | None]:
    """Return the submission and the record of a patient. Raises InputError, which repeats nothing of them."""
    held = plain_json(text_source(text, "patient"))
    if not isinstance(held, dict) or set(held) - {"submission", "record"}:
        raise InputError("a patient has a `submission` and a `record`", help='write {"submission": {}, "record": null}')
    record = held.get("record")
    return (
        validated(Submission, held.get("submission", {}), "submission"),
        None if record is None else validated(Record, record, "record"),
    )


def _as_patient(example: ir.Example) -> dict[str, Any]:
    given = build(example)
    record = None if given.record is None else given.record.model_dump(mode="json", exclude_defaults=True)
    return {"submission": given.submission.model_dump(mode="json", exclude_defaults=True), "record": record}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
