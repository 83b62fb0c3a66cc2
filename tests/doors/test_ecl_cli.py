"""`codesafety terminology parse` and `expand`."""

from __future__ import annotations

import json

import pytest
import typer
from tests.terminology.ecl import test_expand as made
from tests.terminology.ecl.release import packed
from typer.testing import CliRunner

from codesafety.cli.ecl import register

app = typer.Typer()
register(app)
run = CliRunner()


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli")
    packed(made.RELEASE, folder)
    return str(folder / "small.pack")


def test_a_valid_expression_is_shown_canonically() -> None:
    result = run.invoke(app, ["parse", "descendantOf 404684003 |Clinical finding|"])
    assert (result.exit_code, result.stdout) == (0, "< 404684003\n")


def test_a_caret_stands_under_the_place() -> None:
    result = run.invoke(app, ["parse", "<< 404684003 :\n\t363698007 == 39607008"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "error[syntax]: expected a concept, `*` or `(`, found `=`",
        "  | \t363698007 == 39607008",
        "  | \t           ^",
    ]


def test_json_carries_verdict_kind_and_position() -> None:
    answer = json.loads(run.invoke(app, ["parse", "--format", "json", "404684003 MINUS 1000001 MINUS 1000002"]).stdout)
    assert (answer["valid"], answer["kind"], answer["position"]) == (False, "semantics", 24)


def test_jsonl_answers_every_line_whatever_is_in_it() -> None:
    lines = [
        b'"<< 404684003"',
        b"not json",
        b'"<<"',
        b"12",
        b"",
        b"\xff",
        b"[" * 10_000,
        b'"' + b"(" * 5000 + b'"',
        b'"\\ud800"',
        b"9" * 5000,
    ]
    result = run.invoke(app, ["parse", "--jsonl"], input=b"\n".join(lines) + b"\n")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["valid"] for answer in answers] == [True] + [False] * 9
    assert all(set(answer) == {"ecl", "valid", "error", "position"} for answer in answers)
    assert answers[0] == {"ecl": "<< 404684003", "valid": True, "error": None, "position": None}
    assert (answers[2]["ecl"], answers[2]["position"]) == ("<<", 2)


def test_parse_needs_one_source_of_expressions() -> None:
    assert run.invoke(app, ["parse"]).exit_code == 2
    assert run.invoke(app, ["parse", "--jsonl", "*"]).exit_code == 2


def test_ids_are_alone_on_standard_output(pack: str) -> None:
    result = run.invoke(app, ["expand", pack, f"<< {made.DISEASE}"])
    assert (result.exit_code, result.stdout) == (0, f"{made.FLU}\n{made.DISEASE}\n{made.PNEUMONIA}\n")


def test_json_and_table(pack: str) -> None:
    answer = json.loads(run.invoke(app, ["expand", pack, f"< {made.DISEASE}", "--format", "json"]).stdout)
    assert answer == {
        "ecl": f"< {made.DISEASE}",
        "canonical": f"< {made.DISEASE}",
        "total": 2,
        "codes": [made.FLU, made.PNEUMONIA],
        "values": [],
    }
    table = run.invoke(app, ["expand", pack, made.FLU, "--format", "table"]).stdout
    assert table.split("\t")[:2] == [made.FLU, "active"]


@pytest.mark.parametrize(
    ("ecl", "kind"),
    [
        ("<<", "syntax"),
        (f"^ {made.MAP} {{{{ M mapGroup = true }}}}", "semantics"),
        ("999999990", "unknown_concept"),
        ("OTHER#1", "not_supported"),
    ],
)
def test_an_error_has_its_kind_and_exit_code_2(pack: str, ecl: str, kind: str) -> None:
    as_json = run.invoke(app, ["expand", pack, ecl, "--format", "json"])
    assert (as_json.exit_code, json.loads(as_json.stdout)["kind"]) == (2, kind)
    as_text = run.invoke(app, ["expand", pack, ecl])
    assert (as_text.exit_code, as_text.stdout) == (2, "")
    assert as_text.stderr.startswith(f"error[{kind}]: ")


def test_an_unknown_concept_may_be_let_go(pack: str) -> None:
    result = run.invoke(app, ["expand", pack, "<< 999999990", "--unknown-as-empty"])
    assert (result.exit_code, result.stdout) == (0, "")


def test_fields_are_rows_and_no_ids(pack: str) -> None:
    ecl = f"^[referencedComponentId, mapTarget] {made.MAP} {{{{ M mapGroup = #2 }}}}"
    answer = json.loads(run.invoke(app, ["expand", pack, ecl, "--format", "json"]).stdout)
    assert answer["fields"] == ["referencedComponentId", "mapTarget"]
    assert answer["rows"] == [[{"kind": "component", "value": made.FLU}, {"kind": "string", "value": "J10"}]]
    assert run.invoke(app, ["expand", pack, ecl]).exit_code == 2
    assert (
        run.invoke(app, ["expand", pack, ecl, "--format", "table"]).stdout
        == f"referencedComponentId\tmapTarget\n{made.FLU}\tJ10\n"
    )


def test_a_pack_that_is_not_there_is_exit_code_2() -> None:
    result = run.invoke(app, ["expand", "no-such.pack", "*"])
    assert result.exit_code == 2
    assert "no-such.pack" in result.stderr
