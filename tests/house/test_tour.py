"""The tour is true: what it draws is what is called, and what it points at is there."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from operator import attrgetter
from types import FrameType
from typing import Any

import pytest
from tests.places import EXAMPLES, ROOT
from tools import draw_tour
from tools.draw_tour import BESIDE, DRAWING, MESSAGE, PACKAGE, PAGE, RULE, STATIONS, Pass, drawing, home, inside, written
from typer.testing import CliRunner

import codesafety
from codesafety import Record, Submission
from codesafety.cli.app import app
from codesafety.formats.fhir import not_read
from codesafety.ir.units import families
from codesafety.reporting import missing_inputs
from codesafety.terminology.rf2 import rows

TEXT = PAGE.read_text(encoding="utf-8")
SOURCE = ROOT / "src" / PACKAGE
LINKS = re.findall(r"\[`?([^\]`]+)`?\]\(([^)#]+)[^)]*\)", TEXT)
NAMED = sorted({(text, path) for text, path in LINKS if re.fullmatch(r"[a-z_]\w*(\.\w+)+", text) and path.endswith(".py")})
PASSES = (*RULE, *MESSAGE, *BESIDE)
Call = tuple[str, str]
"""Who calls what: dotted names below the package, those of nested functions being their function's."""


def dotted(frame: FrameType) -> str:
    name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
    return name.partition(".<locals>")[0].removeprefix(f"{PACKAGE}.")


def follow(what: Callable[[], object]) -> set[Call]:
    """Return every call that happens while something is done."""
    seen: set[Call] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_back is not None:
            seen.add((dotted(frame.f_back), dotted(frame)))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        what()
    finally:
        sys.setprofile(before)
    return seen


@pytest.fixture(scope="module")
def calls() -> set[Call]:
    """Follow one message, and the rules that look at it, through the command line, with both evaluators."""
    command = ["check", str(EXAMPLES / "pregnancy-status-update.xml"), "--rules", "uk.integrity"]

    def check() -> None:
        for more in (["--cache", "off"], ["--reference"]):
            assert CliRunner().invoke(app, [*command, *more]).exit_code == 1

    return follow(check)


def found(name: str) -> Any:
    module, rest = home(name)
    return attrgetter(rest)(module)


def code_of(name: str) -> str:
    """Return what a call of a dotted name runs: a class is called through its `__init__`."""
    return f"{name}.__init__" if inspect.isclass(found(name)) else name


# ------------------------------------------------------------------------------------------------ the drawing


def test_the_tables_are_as_the_tool_writes_them() -> None:
    assert written(TEXT) == TEXT, "run python -m tools.draw_tour"


def test_the_drawing_is_as_the_tool_draws_it() -> None:
    assert DRAWING.read_text(encoding="utf-8") == drawing(), "run python -m tools.draw_tour"


@pytest.mark.parametrize(("name", "path"), NAMED, ids=[name for name, _ in NAMED])
def test_every_name_is_defined_in_the_file_that_it_links_to(name: str, path: str) -> None:
    file = inspect.getsourcefile(inspect.unwrap(found(name)))
    assert file is not None
    assert path == f"../src/{PACKAGE}/{inside(file)}"


def test_the_links_that_were_looked_at_are_those_of_the_page() -> None:
    assert {name for name, _ in NAMED} >= {one.function for one in PASSES}


@pytest.mark.parametrize("path", sorted({path for _, path in LINKS}))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (PAGE.parent / path).exists()


@pytest.mark.parametrize("name", sorted(STATIONS.values()))
def test_what_stands_between_two_passes_is_a_class_where_the_tour_says(name: str) -> None:
    module, rest = home(name)
    assert found(name).__module__ == module.__name__
    assert inspect.isclass(found(name)), rest


@pytest.mark.parametrize("lane", [RULE, MESSAGE[:-1]], ids=["rule", "message"])
def test_each_pass_takes_what_the_one_before_it_gives(lane: tuple[Pass, ...]) -> None:
    assert [one.takes for one in lane[1:]] == [one.gives for one in lane[:-1]]


@pytest.mark.parametrize("one", [p for p in PASSES if p.called_by], ids=lambda p: p.function)
def test_every_pass_is_called_from_where_the_tour_says(one: Pass, calls: set[Call]) -> None:
    callers = {caller for caller, called in calls if called == code_of(one.function)}
    if one.called_by == "lark":
        assert {caller.partition(".")[0] for caller in callers} == {"lark"}
    else:
        assert one.called_by in callers


def test_the_library_itself_delivers_nothing() -> None:
    (deliver,) = (one for one in PASSES if not one.called_by)
    assert callable(found(deliver.function))
    assert [p.name for p in SOURCE.rglob("*.py") if ".deliver(" in p.read_text(encoding="utf-8")] == []


def test_a_name_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(ImportError):
        draw_tour.home("nothing.of_ours")
    with pytest.raises(AttributeError):
        found("engine.Engine.nothing")


# ------------------------------------------------------------------------------------------------ the finds


def files_called(word: str, *, under: str = f"src/{PACKAGE}") -> list[str]:
    """Return the files and rooms whose name holds a word: what somebody sees who looks for it by name alone."""
    places = [
        p for p in (ROOT / under).rglob("*") if "__pycache__" not in p.parts and (p.is_dir() or p.suffix in (".py", ".rules"))
    ]
    return sorted(p.relative_to(ROOT).as_posix() for p in places if word in p.stem)


def test_a_unit_is_converted_in_units() -> None:
    assert files_called("unit") == ["src/codesafety/ir/units"]
    assert families.convert.__module__ == families.__name__
    assert families.convert(Decimal("70"), "kg", "g") == Decimal("70000")


def test_the_rules_of_a_pathway_are_in_the_file_of_its_name() -> None:
    (file,) = files_called("urinary_tract_infection", under="rulesets")
    engine = codesafety.load("uk.pharmacy_first", installed_plugins=False)
    of_uti = {rule.name for rule in engine.rules if rule.name.startswith("uk.pharmacy_first/uti-")}
    there = {rule.name for rule in engine.rules if rule.span.file.endswith(file.removeprefix("rulesets/"))}
    assert there == of_uti
    assert len(there) == 4


def test_a_missing_field_gets_its_words_in_missing_inputs() -> None:
    assert files_called("missing") == ["src/codesafety/reporting/missing_inputs.py"]
    entry = {"path": "entries[0]", "date": "2026-03-04", "codings": [{"system": "sct", "code": "399068003"}]}
    submission = Submission.model_validate({"entries": [entry]})
    engine = codesafety.load("uk.sex", installed_plugins=False)
    (line,) = (one for one in engine.assess(submission, Record()).missing_inputs if one.missing == "patient.gender")
    words = "the patient's gender"
    assert line.message.startswith(words)
    holders = [p for p in (SOURCE / "reporting").rglob("*.py") if f'"{words}"' in p.read_text(encoding="utf-8")]
    assert [p.name for p in holders] == [f"{missing_inputs.__name__.rpartition('.')[2]}.py"]


def test_a_row_of_rf2_is_read_in_rows() -> None:
    assert files_called("rows") == ["src/codesafety/terminology/rf2/rows.py"]
    lines = b"id\teffectiveTime\n1\t20260101\n2\t20260101\n"
    assert rows.raw_lines.__module__ == rows.read_lines.__module__ == rows.__name__
    assert [line for _, block in rows.raw_lines("rows.txt", lambda: BytesIO(lines)) for line in block] == lines.splitlines()


def test_a_reader_says_what_it_did_not_read_in_not_read() -> None:
    assert files_called("not_read") == ["src/codesafety/formats/fhir/not_read.py"]
    observation = '{"resourceType": "Observation", "status": "final", "effectiveDateTime": "soon", "code": {"text": "a thing"}}'
    bundle = f'{{"resourceType": "Bundle", "type": "collection", "entry": [{{"resource": {observation}}}]}}'
    engine = codesafety.load("uk.integrity", installed_plugins=False)
    (unread,) = engine.read(bundle).not_read
    assert "not a date" in unread.reason
    assert "formats.fhir.not_read.not_understood" in {called for _, called in follow(lambda: engine.read(bundle))}
    assert not_read.not_understood.__module__ == not_read.__name__


def test_what_is_wrong_with_a_rules_meaning_is_told_in_checking() -> None:
    assert "src/codesafety/language/checking" in files_called("checking")

    def codes(folder: str) -> set[str]:
        texts = (p.read_text(encoding="utf-8") for p in (SOURCE / folder).rglob("*.py"))
        return {code for text in texts for code in re.findall(r'"(CS2\d\d)"', text)}

    beside = {"CS211", "CS225"}  # the form of a code, and of a hazard's number
    assert codes("") - codes("language/checking") == beside
