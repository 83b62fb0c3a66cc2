"""`codesafety terminology`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest
from tests.terminology import generated as made
from typer.testing import CliRunner, Result

from codesafety.cli.terminology import app
from codesafety.terminology.pack.file import Pack, blaming

runner = CliRunner()


def run(*arguments: object) -> Result:
    return runner.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write_release(made.small(), tmp_path_factory.mktemp("cli") / "release")


@pytest.fixture(scope="module")
def pack(source: Path) -> Path:
    path = source.parent / "made.pack"
    assert run("build", source, "-o", path).exit_code == 0
    return path


def test_build_says_what_the_pack_holds(source: Path, tmp_path: Path) -> None:
    result = run("build", source, "-o", tmp_path / "a.pack", "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["counts"]["concepts"] == 11
    assert found["edition"] == f"http://snomed.info/sct/{made.CORE_MODULE}/version/20250101"
    assert found["sources"][0]["name"] == "release"


def test_build_refuses_in_one_line_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("build", tmp_path / "empty", "-o", tmp_path / "a.pack")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"error: {tmp_path / 'empty'}: holds no file of RF2 or dm+d that can be recognised",
        "  = help: name the folder or zip of a release: it has files such as sct2_Concept_Snapshot_*.txt",
    ]
    assert not (tmp_path / "a.pack").exists()


def test_errors_are_json_where_json_is_asked_for(tmp_path: Path) -> None:
    result = run("info", tmp_path / "none.pack", "--format", "json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["kind"] == "pack"


def test_info_names_edition_and_sources(pack: Path) -> None:
    result = run("info", pack)
    assert result.exit_code == 0
    assert "edition          http://snomed.info/sct/900000000000207008/version/20250101" in result.stdout
    assert json.loads(run("info", pack, "--format", "json").stdout)["kind"] == "release"


def test_verify_tells_a_sound_pack_from_a_damaged_one(pack: Path, tmp_path: Path) -> None:
    assert run("verify", pack).exit_code == 0
    data = bytearray(pack.read_bytes())
    data[200] ^= 1
    (tmp_path / "damaged.pack").write_bytes(data)
    result = run("verify", tmp_path / "damaged.pack")
    assert result.exit_code == 2
    assert "is damaged: build it again" in result.stderr
    (tmp_path / "cut.pack").write_bytes(data[:1000])
    assert "truncated" in run("verify", tmp_path / "cut.pack").stderr


def test_lookup_shows_what_is_known(pack: Path) -> None:
    found = json.loads(run("lookup", pack, made.INFARCT, "--format", "json").stdout)
    assert (found["status"], found["term"]) == ("active", "Heart attack")
    assert found["parents"] == [{"code": made.DISEASE, "term": 'Disease of "heart" (disorder)'}]
    assert found["attributes"] == [
        {"group": 1, "type": {"code": made.SITE, "term": None}, "value": {"code": made.HEART, "term": None}}
    ]
    assert [refset["code"] for refset in found["refsets"]] == [made.SIMPLE, made.MAPPED]
    assert json.loads(run("lookup", pack, made.OLD, "--format", "json").stdout)["replaced_by"] == [
        {"code": made.INFARCT, "term": "Heart attack"}
    ]
    text = run("lookup", pack, made.INFARCT)
    assert text.exit_code == 0
    assert "Heart attack" in text.stdout


def test_lookup_of_an_unknown_code_is_a_negative_answer(pack: Path) -> None:
    result = run("lookup", pack, "22298006")
    assert (result.exit_code, result.stdout) == (1, "22298006: not in this pack (unknown)\n")


def test_subsumes_answers_by_its_exit_code(pack: Path) -> None:
    assert (
        run("subsumes", pack, made.FINDING, made.INFARCT).exit_code,
        run("subsumes", pack, made.HEART, made.INFARCT).exit_code,
    ) == (0, 1)
    result = run("subsumes", pack, made.FINDING, "22298006")
    assert (result.exit_code, result.stderr) == (2, "error: 22298006 is no concept of this release\n")


def test_search_prints_code_and_term(pack: Path) -> None:
    result = run("search", pack, "hea", "att")
    assert (result.exit_code, result.stdout) == (0, f"{made.INFARCT} |Heart attack|\n")
    assert run("search", pack, "nonesuch").exit_code == 1


def test_diff_exits_1_where_there_are_differences(pack: Path, tmp_path: Path) -> None:
    rows = made.small()
    rows.concept("22298006")
    rows.is_a("22298006", made.FINDING)
    new = made.built(rows, tmp_path)
    assert run("diff", pack, pack).exit_code == 0
    result = run("diff", pack, new, "--format", "json")
    assert (result.exit_code, json.loads(result.stdout)["added"]) == (1, ["22298006"])
    assert "added: 1\n  22298006\n" in run("diff", pack, new).stdout


@pytest.mark.parametrize("command", ["build", "info", "verify", "diff", "lookup", "subsumes", "search", "parse", "expand"])
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 200


def test_a_table_of_codes_is_searched_and_looked_up(tmp_path: Path) -> None:
    (tmp_path / "usage.csv").write_text("code,term\n22298006,Myocardial infarction (disorder)\n73211009,Diabetes mellitus\n")
    assert run("build", tmp_path / "usage.csv", "-o", tmp_path / "a.pack").exit_code == 0
    result = run("search", tmp_path / "a.pack", "inf", "myo")
    assert (result.exit_code, result.stdout) == (0, "22298006 |Myocardial infarction (disorder)|\n")
    found = json.loads(run("lookup", tmp_path / "a.pack", "73211009", "--format", "json").stdout)
    assert (found["status"], found["terms"]) == ("cannot_tell", ["Diabetes mellitus"])
    assert run("subsumes", tmp_path / "a.pack", "73211009", "22298006").exit_code == 2


def test_a_folder_that_is_not_there_is_said(source: Path, tmp_path: Path) -> None:
    result = run("build", source, "-o", tmp_path / "nowhere" / "a.pack", "--subset", "*")
    assert (result.exit_code, result.stderr) == (
        2,
        f"error: {tmp_path / 'nowhere' / 'a.pack'}: cannot be written: there is no such folder\n",
    )


def test_a_question_that_fails_in_a_damaged_section_names_the_section(pack: Path, tmp_path: Path) -> None:
    sound, sections = pack.read_bytes(), Pack(pack).manifest["sections"]
    damaged, named = tmp_path / "damaged.pack", set()
    for section in sections:
        data = bytearray(sound)
        for at in range(section["at"], section["at"] + section["bytes"]):
            data[at] ^= 0x55
        damaged.write_bytes(data)
        for question in (["lookup", damaged, "138875005"], ["expand", damaged, "<< 138875005"], ["search", damaged, "flu"]):
            result = run(*question)
            assert isinstance(result.exception, SystemExit | None), (section["name"], question, result.exception)
            if f"section `{section['name']}` is damaged: build it again" in result.stderr:
                assert result.exit_code == 2
                named.add(section["name"])
    assert named


def test_what_fails_for_another_reason_is_not_laid_on_a_sound_pack(pack: Path) -> None:
    with pytest.raises(ZeroDivisionError), blaming(pack):
        raise ZeroDivisionError
