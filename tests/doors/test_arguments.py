"""A wrong argument of the public API is an error of ours, which says what to give: whatever is asked, and whatever is given."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.places import EXAMPLES

import codesafety
from codesafety import CodesafetyError, ConfigurationError, InputError, answers, profile, record, report, testing
from codesafety.plugins import Source
from codesafety.record import Model, RecordError

WRONG: list[Any] = [
    None,
    True,
    7,
    -1,
    1.5,
    "",
    "no such thing",
    "\0",
    b"",
    b"\xff",
    [],
    [None],
    [7],
    ("a", "b"),
    {},
    {"a": object()},
    set(),
    object(),
    float("nan"),
    Path("no/such/file"),
    lambda: None,
    datetime.date(2026, 3, 4),
    codesafety.Patient(),
    codesafety,
    Source,
    Source(7),  # type: ignore[arg-type]
    Source(b"", 7),  # type: ignore[arg-type]
    Source(b"", path="text"),  # type: ignore[arg-type]
]


@pytest.fixture(scope="module")
def right() -> dict[str, Any]:
    """An argument by name that each call takes, while another is wrong."""
    engine = codesafety.load("uk.blood_pressure", installed_plugins=False)
    submission = engine.read(EXAMPLES / "contraception-ok.xml")
    binding = testing.bind_for_examples(engine.rulesets, engine.terminology)
    return {
        "engine": engine,
        "source": EXAMPLES / "contraception-ok.xml",
        "submission": submission,
        "record": None,
        "report": engine.assess(submission),
        "version": "R4",
        "files": [],
        "error": InputError("no"),
        "binding": binding,
        "rulesets": engine.rulesets,
        "terminology": engine.terminology,
        "profile": codesafety.Profile(name="a"),
        "patient": codesafety.Patient(),
        "code": "77386006",
        "text": "2026",
    }


def calls() -> Iterator[tuple[str, str]]:
    """Every public callable by its name, with each of its arguments."""
    engine = [f"Engine.{n}" for n, f in vars(codesafety.Engine).items() if inspect.isfunction(f) and not n.startswith("_")]
    public = [f"answers.{name}" for name in answers.__all__ if inspect.isfunction(getattr(answers, name))]
    public += [f"testing.{name}" for name in testing.__all__ if inspect.isfunction(getattr(testing, name))]
    made = [f"{kind}.of" for kind in ("Entry", "Medication", "Record", "Submission")]
    for name in ("load", *engine, *public, *made):
        for parameter in inspect.signature(found(name, None)).parameters.values():
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD and parameter.name != "self":
                yield name, parameter.name


def found(name: str, engine: Any) -> Callable[..., Any]:
    where, _, last = name.rpartition(".")
    if where == "Engine" and engine is not None:
        return getattr(engine, last)  # type: ignore[no-any-return]
    home: Any = codesafety
    for part in filter(None, where.split(".")):
        home = getattr(home, part)
    return getattr(home, last)  # type: ignore[no-any-return]


CALLS = sorted(calls())


def test_every_public_callable_is_asked() -> None:
    asked = {name for name, _ in CALLS}
    assert {"load", "Engine.assess", "Engine.read", "Engine.read_many", "answers.sarif", "testing.run_examples"} < asked
    assert len(CALLS) > 40


@pytest.mark.parametrize(("name", "argument"), CALLS)
def test_a_wrong_argument_is_an_error_of_ours(
    name: str, argument: str, right: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a cache may be a folder of any name
    call = found(name, right["engine"])
    parameters = inspect.signature(call).parameters
    for wrong in WRONG:
        given: list[Any] = []
        named: dict[str, Any] = {"installed_plugins": False} if name == "load" else {}
        for parameter in parameters.values():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                given += [wrong] if parameter.name == argument else ["uk.blood_pressure"] if name == "load" else []
            elif parameter.kind is not inspect.Parameter.VAR_KEYWORD:
                if parameter.name == argument:
                    named[parameter.name] = wrong
                elif parameter.default is inspect.Parameter.empty:
                    if parameter.name == "version" and name.endswith("cds_hooks"):
                        named["version"] = "3.0"
                    else:
                        named[parameter.name] = right[parameter.name]
        if given:
            given = [
                *(named.pop(p.name) for p in parameters.values() if p.name in named and p.kind is p.POSITIONAL_OR_KEYWORD),
                *given,
            ]
        try:
            answer = call(*given, **named)
            if inspect.isgenerator(answer):
                list(answer)
        except CodesafetyError as error:
            assert str(error)


MODELS = sorted(
    {m for home in (record, report, profile) for m in vars(home).values() if isinstance(m, type) and issubclass(m, Model)},
    key=lambda model: model.__name__,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_model_that_cannot_be_made_is_an_error_of_ours(model: type[Model]) -> None:
    for field in (*model.model_fields, "no_such_field"):
        for wrong in WRONG:
            try:
                model(**{field: wrong})
            except RecordError as error:
                assert error.__cause__ is None and error.__context__ is None
                assert "no_such_field" not in str(error)
    with pytest.raises(InputError):
        model("by place")  # type: ignore[call-arg]


def test_what_was_given_is_named_nowhere() -> None:
    with pytest.raises(InputError) as caught:
        codesafety.Patient(gender="9990000018", born="1980-02-31")  # type: ignore[arg-type]
    assert "9990000018" not in str(caught.value)
    assert str(caught.value).startswith("Patient at gender: not one of the words that this field may have: 'male'")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"evaluator": "compield"}, "there is no such evaluator\n  = help: give compiled or reference"),
        ({"never": "record"}, 'the argument `never` is one text, and no list\n  = help: give a list: never=["record"]'),
        ({"plugins": codesafety}, "the argument `plugins` is of another kind than it can be"),
        ({"work_budget": True}, "the argument `work_budget` is of another kind than it can be"),
        ({"deadline_s": float("nan")}, "a deadline is more than no seconds"),
        ({"limits": {"uk.blood_pressure/x": 1.5}}, "each value as text, a whole number or a Decimal"),
    ],
)
def test_what_load_is_told_wrongly_is_told_with_what_to_give(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        codesafety.load("uk.blood_pressure", **arguments)
    assert words in str(caught.value)


def test_one_override_in_the_place_of_a_list_is_told(right: dict[str, Any]) -> None:
    override = codesafety.Override(rule="a/b", codes=("1",), reason="x", recorded="2026-03-04")
    with pytest.raises(ConfigurationError, match="give a list of `codesafety"):
        right["engine"].assess(right["submission"], overrides=override)


@pytest.mark.parametrize("written", ["25:61:61Z", "2026-03-04T25:61:61Z", "20260304256161", "2026-03-04 25:61"])
def test_a_time_that_no_clock_shows_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="Entry at date"):
        codesafety.Entry.of("77386006", date=written)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (datetime.date(2026, 3, 4), "2026-03-04"),
        (datetime.datetime(2026, 3, 4, 11, 42, 7, tzinfo=datetime.UTC), "2026-03-04T11:42:07+00:00"),
        (datetime.datetime(2026, 3, 4, 0, 0), "2026-03-04T00:00:00"),
    ],
)
def test_a_day_of_the_standard_library_is_taken(given: datetime.date, kept: str) -> None:
    assert codesafety.Entry.of("77386006", date=given).date == kept


def test_a_record_in_memory_takes_eight_lines() -> None:
    held = codesafety.Record.of(
        codesafety.Patient(gender="female", born=datetime.date(1990, 5, 1)),
        codesafety.Entry.of("118215003", date="2025-05-11"),
        codesafety.Entry.of("271649006", codesafety.Quantity(value=120, unit="mm[Hg]"), date="2026-03-04"),
        codesafety.Entry.of("77386006", date="2026-03", display="Pregnant"),
        codesafety.Medication.of("322236009", start="2026-01-01", end="2026-01-28"),
        codesafety.Medication.of("324252006", start="2026-03-01"),
    )
    assert [item.path for item in (*held.entries, *held.medications)] == [
        "entries[0]",
        "entries[1]",
        "entries[2]",
        "medications[0]",
        "medications[1]",
    ]
    assert held.entries[1].value == codesafety.Value(quantity=codesafety.Quantity(value=120, unit="mm[Hg]"))
    assert held.medications[0].products[0].system == "http://snomed.info/sct"
    assert codesafety.Submission.of(held.patient, *held.entries).entries == held.entries


def test_help_is_short_and_begins_with_what_there_is() -> None:
    import pydoc

    shown = pydoc.render_doc(codesafety, renderer=pydoc.plaintext)
    assert len(shown.splitlines()) < 1300  # 5,500 with what pydantic brings
    head = shown[: shown.index("PACKAGE CONTENTS")]
    assert [name for name in codesafety.__all__ if name not in head and not name.endswith(("Error", "Declined", "__"))] == []
