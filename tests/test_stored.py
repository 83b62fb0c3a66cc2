"""Rules in their stored form: the same answers as from their text, and nothing that is damaged, old or another's is believed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.places import ROOT

from codesafety import ir, stored
from codesafety.authoring.testing import build
from codesafety.engine import Engine, load
from codesafety.errors import RuleError
from codesafety.record import Coding, Entry, Patient, Submission

RULES = """ruleset t {
  title    "t"
  version  1.0.0
  language 1
  review   none
}

valueset asthma "Asthma" { frozen "asthma.csv" }

rule no-asthma {
  title   "No asthma"
  action  note
  source  "a test"
  because "It is a test."
  for     entry e in asthma
  when    patient.gender is male
  say     "No asthma for {e}."
  example "a man" {
    given patient gender male
    given incoming entry 195967001, date 2025-06-01
    expect fires
  }
}
"""
SUBMISSION = Submission(
    patient=Patient(gender="male"),
    entries=(Entry(path="e", codings=(Coding(system="http://snomed.info/sct", code="195967001"),), date="2025-06-01"),),
)
LIST = "system,code,term\nsct,195967001,Asthma\n"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "t.rules").write_text(RULES)
    (folder / "asthma.csv").write_text(LIST)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def again(rules: Path, cache: Path) -> Engine:
    return load(rules, cache=cache, installed_plugins=False)


def the_file(cache: Path) -> Path:
    (file,) = cache.iterdir()
    return file


# ------------------------------------------------------------------------------------------------ the same


def test_the_shipped_rules_are_the_same_and_answer_the_same(cache: Path) -> None:
    from_text = load(cache="off", installed_plugins=False)
    load(cache=cache, installed_plugins=False)
    from_store = load(cache=cache, installed_plugins=False)
    assert (from_text.from_store, from_store.from_store) == (False, True)
    reports = []
    for engine in (from_text, from_store):
        reports.append([_answers(engine, example) for rule in from_text.rules for example in rule.examples[:1]])
    assert reports[0] == reports[1] and len(reports[0]) > 200
    assert replace(from_store.standing, binding=from_text.binding) == from_text.standing
    assert repr(from_store.rulesets) == repr(from_text.rulesets)
    assert (from_store.rulesets, from_store.sources, from_store.warnings) == (
        from_text.rulesets,
        from_text.sources,
        from_text.warnings,
    )
    assert from_store.binding.sets == from_text.binding.sets


def _answers(engine: Engine, example: object) -> str:
    given = build(example)  # type: ignore[arg-type]
    return engine.assess(given.submission, given.record).model_dump_json()


def test_no_decision_looks_at_what_is_read_later(cache: Path) -> None:
    for _ in range(2):
        engine = load(cache=cache, installed_plugins=False)
    engine.assess(engine.read(ROOT / "docs/examples/pregnancy-status-update.xml"))
    rests = {id(rest): rest for rule in engine.rules for rest in [rule.examples._rest]}  # type: ignore[attr-defined]
    assert [vars(rest).get("parts") for rest in rests.values()] == [None]


def test_rule_files_of_one_folder_may_be_given_one_by_one(rules: Path, cache: Path) -> None:
    (rules / "u.rules").write_text(RULES.replace("ruleset t", "ruleset u"))
    for is_stored in (False, True):
        engine = load(rules / "t.rules", rules / "u.rules", cache=cache, installed_plugins=False)
        assert engine.from_store is is_stored
        assert [r.name for r in engine.rulesets] == ["t", "u"]


# ------------------------------------------------------------------------------------------------ not believed


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _flipped(at: int) -> Callable[[Path], None]:
    def flip(file: Path) -> None:
        raw = bytearray(file.read_bytes())
        raw[at] ^= 1
        file.write_bytes(raw)

    return flip


def _writable_by_others(file: Path) -> None:
    file.chmod(0o666)


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _written_by_another(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(file, 1, -1)


def _of_other_rules(file: Path) -> None:
    """Put a form that is whole in another's place."""
    other = file.parent / "other"
    other.mkdir()
    (other / "u.rules").write_text(RULES.replace("ruleset t", "ruleset u").replace("asthma.csv", "u.csv"))
    (other / "u.csv").write_text(LIST)
    load(other, cache=file.parent / "theirs", installed_plugins=False)
    the_file(file.parent / "theirs").replace(file)


@pytest.mark.parametrize(
    "damage",
    [
        _truncated,
        _emptied,
        *map(_flipped, (0, 30, 60, 100, 400, -1)),
        _writable_by_others,
        _written_by_another,
        _of_other_rules,
        _a_folder,
    ],
)
def test_a_form_that_is_damaged_or_anothers_is_as_if_it_were_not_there(
    damage: Callable[[Path], None], rules: Path, cache: Path
) -> None:
    whole = again(rules, cache)
    file = the_file(cache)
    damage(file)
    engine = again(rules, cache)
    assert not engine.from_store
    assert engine.rulesets == whole.rulesets
    if damage is not _a_folder:
        assert again(rules, cache).from_store  # it was written anew


def test_every_byte_counts(rules: Path, cache: Path) -> None:
    again(rules, cache)
    raw = the_file(cache).read_bytes()
    name = the_file(cache).stem
    for at in range(0, len(raw), 97):
        the_file(cache).write_bytes(raw[:at] + bytes([raw[at] ^ 0x80]) + raw[at + 1 :])
        with pytest.raises(ValueError, match="damaged"):
            stored._body(the_file(cache), name)


def test_a_form_of_another_code_or_python_is_not_read(rules: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again(rules, cache)
    with monkeypatch.context() as changed:
        changed.setattr(stored, "_code", lambda: "another version")
        assert not again(rules, cache).from_store
    with monkeypatch.context() as changed:
        changed.setattr(sys, "version", "another Python")
        assert not again(rules, cache).from_store
    assert again(rules, cache).from_store


@pytest.mark.parametrize("name", ["t.rules", "asthma.csv", "new.rules"])
def test_a_changed_file_is_read_again(name: str, rules: Path, cache: Path) -> None:
    before = again(rules, cache).standing.engine.digest
    with (rules / name).open("a") as file:
        file.write("sct,427679007,Mild asthma\n" if name.endswith("csv") else "/* a remark */\n")
    changed = again(rules, cache)
    assert not changed.from_store
    assert changed.standing.engine.digest != before
    assert changed.standing.engine.digest == load(rules, cache="off", installed_plugins=False).standing.engine.digest
    assert again(rules, cache).from_store


def test_a_list_that_is_gone_is_an_error_again(rules: Path, cache: Path) -> None:
    again(rules, cache)
    (rules / "asthma.csv").unlink()
    with pytest.raises(RuleError, match="there is no file"):
        again(rules, cache)


def test_rules_that_are_wrong_are_told_each_time(rules: Path, cache: Path) -> None:
    (rules / "t.rules").write_text(RULES.replace("patient.gender", "patient.gendr"))
    for _ in range(2):
        with pytest.raises(RuleError, match="gendr"):
            again(rules, cache)
    assert not cache.exists()


def test_warnings_are_kept(rules: Path, cache: Path) -> None:
    (rules / "t.rules").write_text(RULES.replace('  because "It is a test."\n', ""))
    first, second = again(rules, cache), again(rules, cache)
    assert second.from_store
    assert second.warnings == first.warnings != ()


# ------------------------------------------------------------------------------------------------ where


def test_off_stores_nothing(rules: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("CODESAFETY_CACHE", "off")
    load(rules, installed_plugins=False)
    monkeypatch.delenv("CODESAFETY_CACHE")
    load(rules, cache="off", installed_plugins=False)
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_it_is_in_the_users_folder_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODESAFETY_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert stored.store().folder == tmp_path / ".cache" / "codesafety"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert stored.store().folder == tmp_path / "xdg" / "codesafety"
    monkeypatch.setenv("CODESAFETY_CACHE", str(tmp_path / "said"))
    assert stored.store().folder == tmp_path / "said"
    assert stored.store(tmp_path / "given").folder == tmp_path / "given"


@pytest.mark.parametrize("where", ["a-file", "a-file/below", "/proc/none"])
def test_a_folder_that_cannot_be_written_is_no_matter(where: str, rules: Path, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    for _ in range(2):
        engine = load(rules, cache=tmp_path / where, installed_plugins=False)
        assert not engine.from_store and len(engine.rules) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="whoever may write everywhere is refused nowhere")
def test_a_folder_without_permission_is_no_matter(rules: Path, cache: Path) -> None:
    cache.mkdir(mode=0o500)
    assert [again(rules, cache).from_store for _ in range(2)] == [False, False]


def test_only_the_newest_are_kept(rules: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST", 2)
    for n in range(4):
        (rules / "t.rules").write_text(RULES + f"/* {n} */\n")
        again(rules, cache)
        os.utime(max(cache.iterdir(), key=lambda path: path.stat().st_mtime_ns), (n, n))
    assert len(list(cache.iterdir())) == 2
    assert again(rules, cache).from_store


def test_processes_at_once_write_one_whole_form(rules: Path, cache: Path) -> None:
    code = (
        f"import codesafety; e = codesafety.load({str(rules)!r}, cache={str(cache)!r}, installed_plugins=False); "
        "print(e.standing.engine.digest)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert told == {f"{again(rules, cache).standing.engine.digest}\n"}
    assert again(rules, cache).from_store
    the_file(cache)


def test_code_that_changed_while_it_ran_stores_nothing(rules: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_BEGAN", 0.0)
    assert [again(rules, cache).from_store for _ in range(2)] == [False, False]


# ------------------------------------------------------------------------------------------------ lists of codes and nothing else


def test_a_list_of_bare_codes_answers_as_one_with_a_column_more(rules: Path, cache: Path) -> None:
    lists = {
        "bare": "# source: a test\r\ncode\r\n195967001\r\n77386006\r\n",
        "worded": "# source: a test\ncode,term\n195967001,\n77386006,\n",
    }
    made = {}
    for name, text in lists.items():
        (rules / "asthma.csv").write_bytes(text.encode())
        for where in (cache / name, cache / name, "off"):
            engine = load(rules, cache=where)
            (valueset,) = engine.rulesets[0].valuesets
            made[name, where, engine.from_store] = (
                set(valueset.frozen or ()),
                valueset.sources,
                set(engine.binding.sets["t/asthma"].members),
                engine.binding.sets["t/asthma"].systems,
                engine.assess(SUBMISSION).results,
                engine.terminology.context("195967001"),
            )
    assert len(made) == 6
    first, *others = made.values()
    assert all(other == first for other in others)


def test_the_codes_of_a_bare_list_are_there_once(rules: Path, cache: Path) -> None:
    (rules / "asthma.csv").write_text("code\n195967001\n")
    for stored_before in (False, True):
        engine = load(rules, cache=cache)
        assert engine.from_store is stored_before
        (valueset,) = engine.rulesets[0].valuesets
        assert isinstance(valueset.frozen, ir.BareRows)
        assert engine.binding.sets["t/asthma"].members is valueset.frozen.codes
        assert [Path(name).suffix for name in engine.sources] == [".rules"]  # no place in the list is ever shown
        assert valueset.frozen[0:] == (valueset.frozen[0],) == (ir.FrozenRow("sct", "195967001", None),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code\n195967002\n", "CS209"),
        ("code\n195967001\n195967001\n", "CS226"),
        ("# no key\ncode\n195967001\n", "CS226"),
        ("code\n195967001,\n", "CS226"),
        ("code\n", "CS212"),
        ("code\n٧٧٣٨٦٠٠٦\n", "CS209"),
    ],
)
def test_what_is_wrong_in_a_bare_list_is_said(rules: Path, text: str, said: str) -> None:
    (rules / "asthma.csv").write_text(text)
    with pytest.raises(RuleError) as raised:
        load(rules, cache="off")
    assert said in [d.code for d in raised.value.diagnostics]


def test_a_bare_list_with_codes_beside_it_is_one_set(rules: Path) -> None:
    (rules / "asthma.csv").write_text("code\n195967001\n37796009\n")
    more = 'valueset both "Both" { frozen "asthma.csv" codes 77386006 |Pregnant| except 37796009 |Migraine| perhaps 73211009 |Diabetes| }'
    (rules / "t.rules").write_text(RULES.replace("rule no-asthma", f"{more}\n\nrule no-asthma").replace("in asthma", "in both"))
    both = load(rules, cache="off").binding.sets["t/both"]
    assert both.members == {"195967001", "77386006"}
    (rules / "t.rules").write_text(
        RULES.replace('"asthma.csv" }', '"asthma.csv" perhaps 73211009 |Diabetes|, 195967001 |Asthma| }')
    )
    alone = load(rules, cache="off").binding.sets["t/asthma"]
    assert (alone.members, alone.perhaps, alone.systems) == ({"195967001", "37796009"}, {"73211009"}, {"sct"})
