"""Predicates: whatever one does, the answer is true, false or cannot tell, or the item is held and the plugin named."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.made import PREGNANT, entry, install, load, plugin, predicate, rule, run, sent

from codesafety import Engine, PluginError, Report
from codesafety.plugins import BoundPredicate, Kind, Missing, Signature

NEITHER = "it answered neither true, false nor Missing"
UNDECLARED = "its Missing names a field that it did not declare, or none"
HUNG = "it did not answer within 1 s, and is not asked again"


def leave(entry: object) -> bool:
    sys.exit(0)


def recurse(entry: object) -> bool:
    return recurse(entry)


def raising(error: BaseException) -> Callable[[object], bool]:
    def call(entry: object) -> bool:
        raise error

    return call


class Hanging:
    """Hangs until it is let go, and counts how often it was called."""

    def __init__(self) -> None:
        self.calls = 0
        self.over = threading.Event()

    def __call__(self, entry: object) -> bool:
        self.calls += 1
        self.over.wait(30)
        return True


def asked(folder: Path, call: Callable[..., object], evaluator: str = "compiled") -> Engine:
    made = plugin(predicates=[predicate(call)])
    return load(rule(folder, "made/asked(e)"), plugins=[made], evaluator=evaluator)


def outcomes(report: Report) -> list[tuple[str, tuple[str, ...]]]:
    return [(r.outcome, r.missing) for r in report.results if r.rule == "made/r0"]


FAILS = {
    "raises": (raising(ValueError("secret")), "ValueError"),
    "exits": (leave, "SystemExit"),
    "ends as a generator": (raising(GeneratorExit()), "GeneratorExit"),
    "interrupts": (raising(KeyboardInterrupt()), "KeyboardInterrupt"),
    "recurses without end": (recurse, "RecursionError"),
    "has no memory left": (raising(MemoryError()), "MemoryError"),
    "answers None": (lambda entry: None, NEITHER),
    "answers a number": (lambda entry: 1, NEITHER),
    "answers an error": (lambda entry: ValueError("secret"), NEITHER),
    "misses a field that it did not declare": (lambda entry: Missing(("value",)), UNDECLARED),
    "misses a field that is none": (lambda entry: Missing(("secret",)), UNDECLARED),
    "misses nothing": (lambda entry: Missing(()), UNDECLARED),
    "misses the letters of a word": (lambda entry: Missing("date"), UNDECLARED),  # type: ignore[arg-type]
    "misses what is no name": (lambda entry: Missing(([],)), UNDECLARED),  # type: ignore[arg-type]
    "hangs": (lambda entry: time.sleep(1.5), HUNG),
}


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize("case", FAILS)
def test_one_that_fails_is_named_and_its_item_is_held(case: str, evaluator: str, tmp_path: Path) -> None:
    call, reason = FAILS[case]
    report = asked(tmp_path, call, evaluator).assess(sent(entry(PREGNANT), entry("60001007")))
    assert [n.model_dump() for n in report.not_checked] == [
        {"path": "entry[0]", "rule": "made/r0", "plugin": "made", "reason": f"plugin `made` failed: {reason}"}
    ]
    assert report.decision == "hold"
    assert [item.decision for item in report.items] == ["hold", "none"]
    assert outcomes(report) == []
    assert "secret" not in report.model_dump_json()


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(True, [("fires", ())]), (False, []), (Missing(("date",)), [("cannot_tell", ("e.date",))])],
)
def test_one_that_answers_is_believed(answer: object, outcome: object, evaluator: str, tmp_path: Path) -> None:
    report = asked(tmp_path, lambda entry: answer, evaluator).assess(sent(entry(PREGNANT)))
    assert (outcomes(report), report.not_checked) == (outcome, ())


# ------------------------------------------------------------------------------------------------ one that hangs


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
def test_one_that_hung_is_called_once_and_holds_every_later_item(evaluator: str, tmp_path: Path) -> None:
    hanging = Hanging()
    engine = asked(tmp_path, hanging, evaluator)
    before = time.monotonic()
    for _ in range(3):
        report = engine.assess(sent(*[entry(PREGNANT)] * 5))
        assert [(n.path, n.reason) for n in report.not_checked] == [
            (f"entry[{place}]", f"plugin `made` failed: {HUNG}") for place in range(5)
        ]
    assert hanging.calls == 1
    assert time.monotonic() - before < 2
    hanging.over.set()


def whitewash(given: Any) -> bool:
    """Change whatever can be reached: past a frozen model's own refusal, too."""
    for coding in getattr(given, "codings", ()):
        coding.__dict__.update(code="1", system="none", display="Pregnant")
    for name in type(given).model_fields:
        if name != "path":
            given.__dict__.pop(name, None)
            object.__setattr__(given, name, ())
    return False


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize("variable", ["e", "c"])
def test_one_that_changes_what_it_is_handed_changes_no_answer(variable: str, evaluator: str, tmp_path: Path) -> None:
    kinds = {"e": Kind.ENTRY, "c": Kind.CODING}
    heads = {"e": "entry e in watched", "c": "coding c in watched"}
    (tmp_path / "made.rules").write_text(
        'ruleset made { title "Made" version 1.0.0 language 1 review none }\n'
        f'valueset watched "Watched" {{ codes {PREGNANT} |Pregnant| }}\n'
        f'rule a {{ action note for {heads[variable]} when made/asked({variable}) say "x" }}\n'
        'rule b { action hold for coding d in watched when d contradicts its words say "x" }\n'
        'rule c { action hold for entry f in watched when f is after 2026-02-01 say "x" }\n'
    )
    submission = sent(entry(PREGNANT, text="Not pregnant"), entry(PREGNANT, text="Not pregnant"))
    before = submission.model_dump_json()
    called: list[Any] = []

    def call(given: Any) -> bool:
        called.append(given)
        return whitewash(given)

    made = plugin(predicates=[predicate(call, kinds=(kinds[variable],), fields=())])
    report = load(tmp_path / "made.rules", plugins=[made], evaluator=evaluator).assess(submission)
    assert called
    assert submission.model_dump_json() == before
    assert {r.rule for r in report.results if r.outcome == "fires"} == {"made/b", "made/c"}


def test_one_that_hung_takes_no_other_predicate_rule_or_engine_with_it(tmp_path: Path) -> None:
    hanging = Hanging()
    made = plugin(predicates=[predicate(hanging, "made/hangs"), predicate(lambda entry: True, "made/answers")])
    rules = rule(tmp_path, "made/hangs(e)", "made/answers(e)")
    report = load(rules, plugins=[made]).assess(sent(entry(PREGNANT)))
    assert [n.rule for n in report.not_checked] == ["made/r0"]
    assert [r.rule for r in report.results if r.outcome == "fires"] == ["made/r1"]
    hanging.over.set()
    assert load(rules, plugins=[made]).assess(sent(entry(PREGNANT))).not_checked == ()


def test_no_more_threads_are_lost_than_were_asking(tmp_path: Path) -> None:
    hanging = Hanging()
    engine = asked(tmp_path, hanging)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(engine.assess, [sent(entry(PREGNANT))] * 40))
    assert [report.decision for report in reports] == ["hold"] * 40
    assert hanging.calls <= 4
    assert sum(thread.name == "codesafety made/asked" for thread in threading.enumerate()) == hanging.calls
    hanging.over.set()


def test_many_threads_are_answered_alike(tmp_path: Path) -> None:
    engine = asked(tmp_path, lambda entry: entry.date == "2026-03-01")
    dates = [f"2026-03-{1 + n % 2:02}" for n in range(64)]
    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(engine.assess, [sent(entry(PREGNANT, date=date)) for date in dates]))
    assert [bool(outcomes(report)) for report in reports] == [date == "2026-03-01" for date in dates]


PROCESS = """
import sys
from codesafety.plugins import BoundPredicate, Kind, Signature, hookimpl

def hangs(entry):
    while True:
        pass

def leaves(entry):
    print("asked")
    sys.exit(0)

@hookimpl
def codesafety_predicates():
    print("loaded")
    return [BoundPredicate(Signature("made/hangs", (Kind.ENTRY,)), hangs), BoundPredicate(Signature("made/leaves", (Kind.ENTRY,)), leaves)]
"""


@pytest.mark.parametrize("condition", ["made/hangs(e)", "made/leaves(e)"])
def test_a_process_that_serves_lines_answers_each_line_and_ends(condition: str, tmp_path: Path) -> None:
    install(tmp_path, PROCESS)
    line = sent(entry(PREGNANT)).model_dump_json(exclude_defaults=True)
    arguments = ["check", "--jsonl", "--rules", str(rule(tmp_path, condition))]
    done = run(tmp_path, "-m", "codesafety", *arguments, stdin=f"{line}\n{line}\n")
    ready, *answers = map(json.loads, done.stdout.splitlines())
    assert ready["ready"] is True
    assert [answer["decision"] for answer in answers] == ["hold", "hold"], done.stderr
    assert [answer["not_checked"][0]["plugin"] for answer in answers] == ["made", "made"]


def test_what_a_plugin_prints_is_no_answer(tmp_path: Path) -> None:
    install(tmp_path, PROCESS)
    message = tmp_path / "message.json"
    message.write_text(sent(entry(PREGNANT)).model_dump_json(exclude_defaults=True))
    arguments = ["check", str(message), "--format", "json", "--rules", str(rule(tmp_path, "made/leaves(e)"))]
    done = run(tmp_path, "-m", "codesafety", *arguments)
    assert json.loads(done.stdout)["decision"] == "hold"
    assert done.stderr.splitlines()[0] == "loaded"
    assert "asked" in done.stderr


@pytest.mark.parametrize("command", ["check", "lint", "test", "list"])
def test_what_a_plugin_prints_is_no_answer_of_what_authors_ask(command: str, tmp_path: Path) -> None:
    install(tmp_path, PROCESS)
    done = run(tmp_path, "-m", "codesafety", "rules", command, str(rule(tmp_path, "made/leaves(e)")), "--format", "json")
    json.loads(done.stdout)
    assert "loaded" in done.stderr


# ------------------------------------------------------------------------------------------------ what is missing, of which argument


def test_a_missing_field_is_named_of_the_arguments_that_have_it(tmp_path: Path) -> None:
    rules = tmp_path / "two.rules"
    rules.write_text(
        'ruleset two { title "Two" version 1.0.0 language 1 review none }\n'
        f'valueset watched "Watched" {{ codes {PREGNANT} }}\n'
        'valueset drug "Drug" { codes 322236009 }\n'
        'rule r { action note for entry e in watched with medication m in drug when made/two(e, m) say "{e} {m}" }\n',
        encoding="utf-8",
    )
    two = predicate(
        lambda e, m: Missing(("days_supply", "date")), "made/two", (Kind.ENTRY, Kind.MEDICATION), ("days_supply", "date")
    )
    drug = {"path": "m", "products": [{"system": "http://snomed.info/sct", "code": "322236009"}], "start": "2026-03-04"}
    submission = sent(entry(PREGNANT)).model_validate({**sent(entry(PREGNANT)).model_dump(), "medications": [drug]})
    for evaluator in ("compiled", "reference"):
        report = load(rules, plugins=[plugin(predicates=[two])], evaluator=evaluator).assess(submission)
        told = {missing for r in report.results for missing in r.missing}
        assert told >= {"e.date", "m.date", "m.days_supply"}
        assert "e.days_supply" not in told


# ------------------------------------------------------------------------------------------------ refused when loaded

CALL = lambda entry: True  # noqa: E731
MISDECLARED = {
    "no predicate": ("made/asked", "it returned something that is no BoundPredicate"),
    "no signature": (BoundPredicate("made/asked", CALL), "a predicate has no signature with a name"),  # type: ignore[arg-type]
    "a name without its plugin": (predicate(CALL, "asked"), "the predicate `asked` is not named `plugin/name`, in small letters"),
    "a name that no rule can call": (predicate(CALL, "Made/Asked"), "is not named `plugin/name`, in small letters"),
    "no arguments": (predicate(CALL, kinds=()), "the predicate `made/asked` has no kinds of arguments"),
    "a kind that is a word": (predicate(CALL, kinds=("entry",)), "the predicate `made/asked` has no kinds of arguments"),  # type: ignore[arg-type]
    "a field that no argument has": (
        predicate(CALL, fields=("date", "days_supply")),
        "the predicate `made/asked` names fields that none of its arguments has: days_supply",
    ),
    "fields that are a word": (
        BoundPredicate(Signature("made/asked", (Kind.ENTRY,), "date"), CALL),  # type: ignore[arg-type]
        "the fields of the predicate `made/asked` are no tuple",
    ),
    "a text": (predicate(CALL, kinds=(Kind.TEXT,)), "the predicate `made/asked` takes a text, which no predicate is handed"),
    "what cannot be called": (predicate(True), "the predicate `made/asked` cannot be called"),  # type: ignore[arg-type]
    "another number of arguments": (
        predicate(CALL, kinds=(Kind.ENTRY, Kind.ENTRY)),
        "the predicate `made/asked` does not take the arguments that it declares",
    ),
}


@pytest.mark.parametrize("case", MISDECLARED)
def test_one_that_is_declared_wrongly_refuses_to_load(case: str) -> None:
    given, words = MISDECLARED[case]
    with pytest.raises(PluginError) as caught:
        load(plugins=[plugin(predicates=[given])])
    assert str(caught.value).startswith("plugin `made` failed in `codesafety_predicates`: ")
    assert words in str(caught.value)


def test_two_of_one_name_refuse_to_load() -> None:
    one, other = (plugin(name, predicates=[predicate(CALL)]) for name in ("one", "other"))
    with pytest.raises(
        PluginError, match="plugin `one` failed in `codesafety_predicates`: the predicate `made/asked` is declared twice"
    ):
        load(plugins=[one, other])


def test_the_plugin_that_brought_it_is_named_whatever_it_says(tmp_path: Path) -> None:
    accusing = BoundPredicate(Signature("made/asked", (Kind.ENTRY,)), leave, "another")
    engine = load(rule(tmp_path, "made/asked(e)"), plugins=[plugin(predicates=[accusing])])
    assert [n.plugin for n in engine.assess(sent(entry(PREGNANT))).not_checked] == ["made"]


def test_a_field_of_a_row_may_be_any_column() -> None:
    lookup = predicate(lambda e, row: True, "made/row", (Kind.ENTRY, Kind.ROW), ("date", "limit"))
    engine = load(plugins=[plugin(predicates=[lookup])])
    assert engine.binding.predicates["made/row"].owners == {"date": (0,), "limit": (1,)}


# ------------------------------------------------------------------------------------------------ one that keeps state


@pytest.mark.parametrize("evaluator", ["compiled", "reference"])
@pytest.mark.parametrize("first", range(6))
def test_one_that_fails_only_later_is_no_exception_of_assess(first: int, evaluator: str, tmp_path: Path) -> None:
    calls: list[object] = []

    def later(entry: object) -> bool:
        calls.append(entry)
        if len(calls) > first:
            raise ValueError("secret")
        return True

    report = asked(tmp_path, later, evaluator).assess(sent(entry(PREGNANT)))
    failed = len(calls) > first
    assert report.decision == ("hold" if failed else "note")
    assert [(n.path, n.rule, n.plugin) for n in report.not_checked] == [("entry[0]", "made/r0", "made")] * failed
    assert bool(outcomes(report)) is not failed
