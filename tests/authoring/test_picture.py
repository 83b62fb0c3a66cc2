"""Pictures: each cell is what the rule answers, on both evaluators, at its first and its last day; and everybody can read them."""

from __future__ import annotations

import struct
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.authoring.changes import HEAD, of, pair, rule
from typer.testing import CliRunner

from codesafety import ir, load
from codesafety.authoring import picture as module
from codesafety.authoring.drawn import as_png, as_svg
from codesafety.authoring.picture import Chart, Picture, picture
from codesafety.authoring.testing import answer, bind_for_examples, build
from codesafety.cli.app import app
from codesafety.engine import frozen_terminology
from codesafety.evaluation import calendar
from codesafety.evaluation.binding import Binding
from codesafety.evaluation.facts import Facts
from codesafety.evaluation.reference.run import run_reference

BORN_LONG_AGO = "age at e < 12 years or age at e >= 609 months"


def bound(text: str, folder: Path) -> Binding:
    (folder / "t.rules").write_text(HEAD + text, "utf-8")
    engine = load(folder, cache="off")
    return bind_for_examples(engine.rulesets, frozen_terminology(engine.rulesets))


def drawn(text: str, folder: Path) -> Picture:
    binding = bound(text, folder)
    found = picture(binding, binding.rules[0])
    assert found is not None
    return found


def chart(text: str, folder: Path) -> Chart:
    (one,) = drawn(text, folder).charts
    return one


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("age at e < 12 years", "any gender: fires until 12; clear from 12 (drawn: 0 to 23 years)"),
        ("age at e >= 50 years", "any gender: clear until 50; fires from 50 (drawn: 40 to 61 years)"),
        (
            "age at e is from 16 to 64 years",
            "any gender: clear until 16; fires from 16 until 65; clear from 65 (drawn: 0 to 75 years)",
        ),
        ("age at e < 6 weeks", "any gender: fires until 6; clear from 6 (drawn: 0 to 17 weeks)"),
        ("age at e < 18 months", "any gender: fires until 18; clear from 18 (drawn: 0 to 29 months)"),
        ("age at e < 294 months", "any gender: fires until 24.5; clear from 24.5 (drawn: 14 to 34 years)"),
    ],
)
def test_the_axis_is_fitted_to_the_bounds_of_the_rule(condition: str, said: str, tmp_path: Path) -> None:
    one = chart(of(condition), tmp_path)
    assert one.sentence("any gender") == said


def test_genders_have_rows_of_their_own_and_what_is_not_known_cannot_be_told(tmp_path: Path) -> None:
    one = chart(of(f"patient.gender is female and ({BORN_LONG_AGO})"), tmp_path)
    assert {row: set(cells) for row, cells in one.rows.items()} == {
        "female": {"fires", "clear"},
        "male": {"clear"},
        "other": {"cannot tell", "clear"},
        "not known": {"cannot tell", "clear"},
    }


def test_a_rule_that_counts_weeks_is_drawn_along_them_to_the_day(tmp_path: Path) -> None:
    one = chart(pair("d is within 12 weeks before e and d is before e"), tmp_path)
    assert (
        one.sentence("any gender") == "any gender: clear until -12; fires from -12 until 0; clear from 0 (drawn: -17 to 17 weeks)"
    )


def test_with_and_without_what_a_rule_looks_for(tmp_path: Path) -> None:
    found = drawn(of("age at e < 12 years or exists entry d in birth where (d is within 12 weeks before e)"), tmp_path)
    assert [one.title.partition(" ")[0] for one in found.charts] == ["without", "when"]
    both = drawn(
        of("patient.gender is female and (age at e < 12 years or exists entry d in birth where (d is before e))"), tmp_path
    )
    assert [one.title for one in both.charts] == [
        "with entry d in “Delivered”, as the rule asks for it",
        "without entry d in “Delivered”, as the rule asks for it",
    ]


@pytest.mark.parametrize(
    "text",
    [
        of(f"patient.gender is female and ({BORN_LONG_AGO})"),
        of("age at e is from 12 to 50 years and patient.gender is not male"),
        of("age at e < 6 weeks"),
        rule("for entry e in preg with entry d in birth when age at d < 20 years and d is on the same day as e"),
    ],
)
def test_each_cell_is_what_the_reference_answers_on_its_first_day_and_its_last(text: str, tmp_path: Path) -> None:
    binding = bound(text, tmp_path)
    drawing = module._Drawing(binding, binding.rules[0])
    assert drawing._world is not None
    base = drawing._patient(drawing._world)
    day = module._day_of(base)
    assert day is not None
    one = drawing._ages(base, "")
    unit = ir.Unit(one.unit)
    per = {ir.Unit.YEARS: 12, ir.Unit.MONTHS: 1}.get(unit)

    def born(place: float) -> int:
        return calendar.add(day, -round(place * per), ir.Unit.MONTHS) if per else calendar.add(day, -round(place), unit)

    ends = [*one.starts[1:], one.end]
    for name, cells in one.rows.items():
        genders = ("female", "male", "other", None) if name == "any gender" else (None if name == "not known" else name,)
        for gender in genders:
            for cell, low, high in zip(cells, one.starts, ends, strict=True):
                for when in (born(low), born(high) + 1):
                    given = build(module._of_age(base, gender, when))
                    run = run_reference(binding, Facts(given.submission, given.record, binding.codebook))
                    assert answer(run, binding.rules[0].name)[0] == cell, (name, low, date.fromordinal(when))


def test_svg_is_read_without_eyes_and_without_colour(tmp_path: Path) -> None:
    found = drawn(of(f"patient.gender is female and ({BORN_LONG_AGO})").replace('title "R"', 'title "R & <b>"'), tmp_path)
    root = ElementTree.fromstring(as_svg(found))
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{name}title") == "For whom R & <b> fires"
    assert "female: fires until 12; clear from 12 until 50.75; fires from 50.75 (drawn: 0 to 60 years)." in str(
        root.findtext(f"{name}desc")
    )
    full = [r for r in root.iter(f"{name}rect") if r.get("fill") == "#7a1620"]
    hatched = [r for r in root.iter(f"{name}rect") if r.get("fill") == "#f4d98b"]
    assert len(full) == 3  # the key, and two stretches
    assert len(hatched) == 5
    slanted = [line for line in root.iter(f"{name}line") if line.get("x1") != line.get("x2") and line.get("y1") != line.get("y2")]
    assert len(slanted) > 20


def test_png_is_the_same_picture_at_twice_the_size(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    found = drawn(of("age at e < 12 years"), tmp_path)
    height = int(str(ElementTree.fromstring(as_svg(found)).get("height")))
    raw = as_png(found)
    assert raw.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", raw[16:24]) == (760 * 2, height * 2)


def test_the_command_writes_files_and_says_where_there_is_nothing_to_draw(tmp_path: Path) -> None:
    (tmp_path / "t.rules").write_text(
        HEAD + of("age at e < 12 years") + rule("for entry e in birth").replace("rule r", "rule plain"), "utf-8"
    )
    shown = CliRunner().invoke(app, ["rules", "picture", "r", "--rules", str(tmp_path), "--svg", str(tmp_path / "r.svg")])
    assert (shown.exit_code, "any gender: fires until 12" in shown.stdout) == (0, True)
    assert (tmp_path / "r.svg").read_text("utf-8").startswith("<svg")
    plain = CliRunner().invoke(app, ["rules", "picture", "plain", "--rules", str(tmp_path)])
    assert (plain.exit_code, plain.stdout) == (1, "")
    assert "neither age, gender nor time changes" in plain.stderr
    none = CliRunner().invoke(app, ["rules", "picture", "plein", "--rules", str(tmp_path)])
    assert (none.exit_code, "did you mean `plain`" in none.stderr) == (2, True)
