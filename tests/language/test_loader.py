"""Folders and files of rules: what is one ruleset, what it may use, and what is said of paths that hold none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.places import RULESETS, SHARED

from codesafety import language
from codesafety.errors import RuleError

HEAD = 'ruleset {name} {{ title "T" version {version} language 1 {uses} }}\n'
SET = 'valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }\n'
TRIAL = SHARED.parent / "design" / "trial"


def head(name: str, version: str = "1.0.0", uses: str = "") -> str:
    return HEAD.format(name=name, version=version, uses=uses)


def rule(name: str, of: str = "pregnant") -> str:
    return f'rule {name} {{ action note for entry e in {of} say "{{e}}" }}\n'


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def wrong(*paths: Path, shipped: tuple[Path, ...] = ()) -> dict[str, str]:
    with pytest.raises(RuleError) as caught:
        language.load(paths, shipped=shipped)
    return {d.code: d.message for d in caught.value.diagnostics}


# ------------------------------------------------------------------------------------------------ paths


def test_a_file_is_a_ruleset(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a") + SET + rule("r")})
    (ruleset,) = language.load([tmp_path / "a.rules"]).rulesets
    assert (ruleset.name, [r.name for r in ruleset.rules]) == ("a", ["a/r"])


def test_all_files_of_a_folder_are_one_ruleset_in_any_order(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": rule("r"), "b.rules": SET, "z.rules": head("one")})
    (ruleset,) = language.load([tmp_path]).rulesets
    assert ruleset.name == "one"
    assert [r.name for r in ruleset.rules] == ["one/r"]


def test_a_folder_of_folders_is_several_rulesets(tmp_path: Path) -> None:
    write(tmp_path, {"x/x.rules": head("x") + SET + rule("r"), "y/y.rules": head("y") + SET + rule("r"), "README.md": "no rules"})
    assert [r.name for r in language.load([tmp_path]).rulesets] == ["x", "y"]


def test_rules_below_a_ruleset_are_not_read_and_that_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a") + SET, "more/b.rules": rule("r"), "codes/v.csv": "code\n"})
    loaded = language.load([tmp_path])
    assert loaded.rulesets[0].rules == ()
    assert [w.code for w in loaded.warnings] == ["CS410"]


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    assert "there are no rules in" in wrong(tmp_path)["CS120"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"rules.txt": head("a")})
    assert "is no rule file" in wrong(tmp_path / "rules.txt")["CS120"]


def test_a_path_that_is_not_there_names_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path, {"pregnancy.rules": head("a") + SET})
    with pytest.raises(RuleError) as caught:
        language.load([tmp_path / "pregnanci.rules"])
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("CS121", "did you mean `pregnancy.rules`?")


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a").encode() + b'limit caf\xe9 "C" { default 3 }'})
    assert "is not UTF-8 (byte 59)" in wrong(tmp_path)["CS108"]


def test_a_data_file_that_is_not_utf8_is_named_where_the_rule_names_it(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a") + 'valueset v "V" { frozen "v.csv" }', "v.csv": b"code,term\n77386006,caf\xe9\n"})
    assert wrong(tmp_path)["CS108"] == "`v.csv` is not UTF-8 (byte 22)"


def test_no_texts_at_all_are_refused() -> None:
    with pytest.raises(RuleError, match="no rule files were given"):
        language.load_texts({})


def test_a_data_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, {"in/a.rules": head("a") + 'valueset v "V" { frozen "../v.csv" }', "v.csv": "code\n77386006\n"})
    assert wrong(tmp_path / "in")["CS226"] == "there is no file `../v.csv` beside the rules"


def test_places_are_named_as_the_user_gave_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"rules/a.rules": head("a") + "nonsense"})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuleError) as caught:
        language.load([Path("rules")])
    assert " --> rules/a.rules:2:1\n" in str(caught.value)


def test_a_byte_order_mark_and_windows_line_ends_mean_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": b"\xef\xbb\xbf" + (head("a") + SET + rule("r")).replace("\n", "\r\n").encode()})
    assert len(language.load([tmp_path]).rulesets[0].rules) == 1


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesafety.language.files.MAX_BYTES", 100)
    write(tmp_path, {"a.rules": head("a") + SET + rule("r")})
    assert "is larger than" in wrong(tmp_path)["CS121"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.rules").mkdir()
    assert "cannot be read" in wrong(tmp_path)["CS121"]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_path_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    assert "CS121" in wrong(tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "/etc/hostname", "", "."])
def test_a_data_file_that_no_file_can_be_is_told(tmp_path: Path, name: str) -> None:
    write(tmp_path, {"a.rules": head("a") + f'valueset v "V" {{ frozen "{name}" }}'})
    assert "CS226" in wrong(tmp_path)


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert "cannot be read: permission denied" in wrong(tmp_path)["CS121"]


def test_a_lone_surrogate_is_only_a_character() -> None:
    loaded = language.load_texts(
        {"a\udc80.rules": head("a") + SET + 'rule r { action note for entry e in pregnant say "\ud800" }'}
    )
    assert loaded.rulesets[0].rules[0].say == ("\ud800",)


def test_rules_that_do_not_say_which_ruleset_they_are_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": SET})
    assert wrong(tmp_path)["CS122"] == f"nothing in `{tmp_path.as_posix()}` says which ruleset this is"
    with pytest.raises(RuleError, match="nothing in these files says which ruleset this is"):
        language.load_texts({"a.rules": SET})


# ------------------------------------------------------------------------------------------------ uses


def test_a_shipped_ruleset_is_loaded_when_it_is_used_and_comes_first(tmp_path: Path) -> None:
    write(tmp_path, {
        "shipped/codes/c.rules": head("uk.codes", "1.2.3") + SET, "shipped/other/o.rules": head("uk.other") + SET,
        "mine/m.rules": head("mine", uses="uses uk.codes 1.2.0") + rule("r", "uk.codes/pregnant"),
    })  # fmt: skip
    loaded = language.load([tmp_path / "mine"], shipped=[tmp_path / "shipped"])
    assert [r.name for r in loaded.rulesets] == ["uk.codes", "mine"]
    assert loaded.rulesets[1].rules[0].trigger.subject.set == "uk.codes/pregnant"


@pytest.mark.parametrize(("there", "wanted", "does"), [
    ("1.2.0", "1.2.0", True), ("1.3.0", "1.2.9", True), ("1.10.0", "1.9.0", True),
    ("1.2.0", "1.2.1", False), ("2.0.0", "1.0.0", False), ("1.0.0", "2.0.0", False),
])  # fmt: skip
def test_a_used_ruleset_has_the_same_major_version_and_at_least_this_one(
    tmp_path: Path, there: str, wanted: str, does: bool
) -> None:
    write(tmp_path, {
        "c/c.rules": head("c", there) + SET, "m/m.rules": head("m", uses=f"uses c {wanted}") + rule("r", "c/pregnant"),
    })  # fmt: skip
    if does:
        assert len(language.load([tmp_path]).rulesets) == 2
    else:
        assert wrong(tmp_path)["CS215"] == f"`c` is here in version {there}, and {wanted} is asked for"


def test_a_used_ruleset_that_is_nowhere_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"m.rules": head("m", uses="uses uk.codes 1.0.0") + SET})
    assert wrong(tmp_path)["CS215"] == "there is no ruleset `uk.codes`"


def test_rulesets_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.rules": head("a", uses="uses b 1.0.0") + SET, "b/b.rules": head("b", uses="uses a 1.0.0") + SET})
    assert wrong(tmp_path)["CS214"] == "rulesets use each other in a circle: a → b → a"


def test_names_of_a_ruleset_that_is_not_used_are_not_seen(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.rules": head("a") + SET, "b/b.rules": head("b") + rule("r", "a/pregnant")})
    assert wrong(tmp_path)["CS203"] == "`a/pregnant` is of the ruleset `a`, which is not used here"


def test_one_ruleset_from_two_places_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.rules": head("same") + SET, "b/b.rules": head("same") + SET})
    assert wrong(tmp_path)["CS204"] == "the ruleset `same` is loaded twice"


def test_what_is_wrong_between_several_folders_is_told_at_once_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, {
        "a/a.rules": SET, "b/b.rules": head("b", uses="uses cc 1.0.0 uses c 1.2.3 uses zebra 1.0.0") + SET,
        "c/c.rules": head("c", "1.2.2", uses="uses d 1.0.0") + SET, "d/d.rules": head("d", uses="uses e 1.0.0") + SET,
        "e/e.rules": head("e", uses="uses c 1.0.0") + SET, "f/f.rules": head("e") + SET + SET,
    })  # fmt: skip
    with pytest.raises(RuleError) as caught:
        language.load([tmp_path])
    at = tmp_path.as_posix()
    assert [(d.code, d.message, d.help, [label for _, label in d.related]) for d in caught.value.diagnostics] == [
        ("CS122", f"nothing in `{at}/a` says which ruleset this is", 'add `ruleset NAME { title "…" version 1.0.0 language 2 }`', []),
        ("CS215", "there is no ruleset `cc`", "did you mean `c`?", []),
        ("CS215", "`c` is here in version 1.2.2, and 1.2.3 is asked for",
         "load version 1.2.3, or a later one before 2.0.0, or write `uses c 1.2.2`", []),
        ("CS215", "there is no ruleset `zebra`", "load its folder too", []),
        ("CS214", "rulesets use each other in a circle: b → c → d → e → c", "move what both need into a third ruleset", []),
        ("CS204", "the ruleset `e` is loaded twice", "load one of the two", ["loaded from here too"]),
    ]  # fmt: skip


def test_one_folder_given_twice_is_loaded_once(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.rules": head("same") + SET})
    assert len(language.load([tmp_path / "a", tmp_path / "a"]).rulesets) == 1


def test_a_ruleset_that_is_given_comes_before_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"a/a.rules": head("same", "1.5.0") + SET, "s/same/b.rules": head("same", "1.0.0") + SET})
    (ruleset,) = language.load([tmp_path / "a"], shipped=[tmp_path / "s"]).rulesets
    assert ruleset.version == "1.5.0"


# ------------------------------------------------------------------------------------------------ digests


def test_the_digest_changes_with_a_rule_file_and_with_a_data_file(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.rules": head("a") + 'valueset v "V" { frozen "v.csv" }', "v.csv": "code\n77386006\n"}
    digest = language.load([write(tmp_path / "1", files)]).rulesets[0].digest
    assert len(digest) == 32
    assert language.load([write(tmp_path / "2", files)]).rulesets[0].digest == digest
    assert language.load([write(tmp_path / "3", {**files, "v.csv": "code\n60001007\n"})]).rulesets[0].digest != digest
    assert language.load([write(tmp_path / "4", {**files, "b.rules": "/* more */"})]).rulesets[0].digest != digest


def test_the_digest_is_of_what_is_read_and_nothing_beside(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.rules": head("a") + SET}
    one = language.load([write(tmp_path / "1", files)]).rulesets[0].digest
    assert language.load([write(tmp_path / "2", {**files, "README.md": "x"})]).rulesets[0].digest == one


# ------------------------------------------------------------------------------------------------ data files


def frozen(csv: str) -> list[tuple[object, ...]]:
    loaded = language.load_texts({"a.rules": head("a") + 'valueset v "V" { frozen "v.csv" }'}, {"v.csv": csv.encode()})
    (valueset,) = loaded.rulesets[0].valuesets
    assert valueset.frozen is not None
    return [(r.system, r.code, r.term, r.assertion, r.subject, r.temporality) for r in valueset.frozen]


def test_a_frozen_file_says_codes_terms_and_context() -> None:
    rows = frozen(
        "system,code,term,assertion,subject,time\nsct,77386006,Pregnancy,,,\nsct,60001007,Not pregnant,absent,patient,current\n"
    )
    assert rows == [
        ("sct", "77386006", "Pregnancy", None, None, None),
        ("sct", "60001007", "Not pregnant", "absent", "patient", "current"),
    ]


def test_lines_at_the_top_say_where_a_file_comes_from() -> None:
    csv = '# source: NHS England, a release\n# date: 2025-10-01\ncode,term\n77386006,"Pregnancy, current"\n'
    loaded = language.load_texts({"a.rules": head("a") + 'valueset v "V" { frozen "v.csv" }'}, {"v.csv": csv.encode()})
    (valueset,) = loaded.rulesets[0].valuesets
    assert [s.text for s in valueset.sources] == ["source: NHS England, a release", "date: 2025-10-01"]
    assert valueset.frozen is not None
    assert valueset.frozen[0].term == "Pregnancy, current"


@pytest.mark.parametrize(("csv", "code", "message"), [
    ("term\nPregnancy\n", "CS226", "a frozen file needs a column `code`"),
    ("code,concept\n77386006,x\n", "CS226", "a frozen file has no column `concept`"),
    ("code,term\n77386006\n", "CS226", "this line has 1 cell, the header has 2"),
    ("code\n77386006\n77386006\n", "CS226", "`77386006` is on line 2 already"),
    ("code\n7.7386E+07\n", "CS209", "`7.7386E+07` is no SNOMED CT concept: a spreadsheet has written it in scientific notation"),
    ("code,subject\n77386006,mother\n", "CS206", "`subject` cannot be `mother`"),
    ('code,term\n77386006,"Preg"nancy"\n', "CS226", "this line is no CSV"),
    ("", "CS226", "the file has no header"),
    ("code\n", "CS212", "the value set `v` is empty: its file has no rows"),
    ("# no key\ncode\n77386006\n", "CS226", "a line about the file is written `# key: value`"),
    ("code,code\n77386006,1\n", "CS226", "the column `code` is there twice"),
])  # fmt: skip
def test_a_frozen_file_that_does_not_fit_is_told_by_its_line(csv: str, code: str, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        frozen(csv)
    assert (code, message) in [(d.code, d.message) for d in caught.value.diagnostics]


def test_a_wrong_line_of_a_data_file_is_underlined() -> None:
    with pytest.raises(RuleError) as caught:
        frozen("system,code,term\nsct,77386006,Pregnancy\nsct,77386007,Pregnancy\n")
    assert str(caught.value) == (
        "error[CS209]: `77386007` is no SNOMED CT concept: its check digit does not hold\n"
        " --> v.csv:3:1\n"
        "  |\n"
        "3 | sct,77386007,Pregnancy\n"
        "  | ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: copy the code from a SNOMED CT browser"
    )


def test_a_table_has_cells_of_its_types_and_rows_with_days() -> None:
    text = head("a") + 'table t from "t.csv" { key code in icd10cm column low years column sex sex valid from start until end }'
    csv = b"code,low,sex,start,end\nA18.14,12,male,2020-01-01,\nO80,,female,,2024\n"
    (table,) = language.load_texts({"a.rules": text}, {"t.csv": csv}).rulesets[0].tables
    first, second = table.rows
    assert (first.key, {k: str(v) for k, v in first.cells.items()}, first.last) == (
        "icd10cm|A1814",
        {"low": "12", "sex": "male"},
        None,
    )
    assert (second.cells, second.first, second.last) == ({"low": None, "sex": "female"}, None, 739251)


@pytest.mark.parametrize(("csv", "message"), [
    ("code,low,sex\nO80,twelve,male\n", "`low`: `twelve` is no whole number of years"),
    ("code,low,sex\nO80,12,boy\n", "`sex`: `boy` is no sex"),
    ("code,sex\nO80,male\n", "the file has no column `low`"),
])  # fmt: skip
def test_a_table_whose_cells_do_not_fit_is_refused(csv: str, message: str) -> None:
    text = head("a") + 'table t from "t.csv" { key code in icd10cm column low years column sex sex }'
    with pytest.raises(RuleError) as caught:
        language.load_texts({"a.rules": text}, {"t.csv": csv.encode()})
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [("CS227", message)]


@pytest.mark.parametrize(("csv", "code", "message"), [
    ("code,seen,dest,start,end\n77386007,,,,\n", "CS209", "`code`: `77386007` is no code: its check digit does not hold"),
    ("code,seen,dest,start,end\n77386006,soon,,,\n", "CS221", "`seen`: `soon` is no date"),
    ("code,seen,dest,start,end\n77386006,,,2025,2024\n", "CS207", "this row ends (2024) before it begins (2025)"),
    ("code,seen,dest,start,end\n", "CS212", "the table `t` has no rows"),
])  # fmt: skip
def test_a_table_of_dates_and_codes_is_checked_row_by_row(csv: str, code: str, message: str) -> None:
    text = head("a") + 'table t from "t.csv" { key code in sct column seen date column dest code valid from start until end }'
    with pytest.raises(RuleError) as caught:
        language.load_texts({"a.rules": text}, {"t.csv": csv.encode()})
    assert [(d.code, d.message) for d in caught.value.diagnostics] == [(code, message)]


def test_cells_of_dates_and_codes_are_read_as_such() -> None:
    text = head("a") + 'table t from "t.csv" { key code in sct column seen date column dest code column label text }'
    (table,) = (
        language.load_texts({"a.rules": text}, {"t.csv": b"code,seen,dest,label\n77386006,2025,60001007,x\n"}).rulesets[0].tables
    )
    assert table.rows[0].cells == {"seen": (739252, 739616), "dest": "60001007", "label": "x"}


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=100), st.text('code,term\n\r"#: 7386006-system', max_size=120).map(str.encode)))
def test_any_data_file_is_read_or_refused(csv: bytes) -> None:
    text = (
        head("a") + 'valueset v "V" { frozen "v.csv" } table t from "v.csv" { key code in sct column term text column n number }'
    )
    try:
        language.load_texts({"a.rules": text}, {"v.csv": csv})
    except RuleError as error:
        assert str(error)


# ------------------------------------------------------------------------------------------------ the whole


def test_strict_turns_what_is_left_out_into_errors(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a") + SET + rule("r")})
    assert {d.code for d in language.load([tmp_path]).warnings} == {"CS401", "CS402", "CS403", "CS404", "CS405", "CS406"}
    with pytest.raises(RuleError) as caught:
        language.load([tmp_path], strict=True)
    assert {d.code for d in caught.value.diagnostics} == {"CS401", "CS402", "CS403", "CS404", "CS405", "CS406"}


def test_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.rules": head("a") + "nonsense", "b.rules": "rule r { actin note }"})
    with pytest.raises(RuleError) as caught:
        language.load([tmp_path])
    assert [Path(d.span.file).name for d in caught.value.diagnostics] == ["a.rules", "b.rules"]


@pytest.mark.skipif(not TRIAL.is_dir(), reason="the acceptance trial is not beside this checkout")
def test_the_acceptance_trial_is_understood() -> None:
    (ruleset,) = language.load([TRIAL]).rulesets
    assert len(ruleset.rules) == 25
    assert sum(len(r.examples) for r in ruleset.rules) == 143


def test_the_shipped_rulesets_are_understood() -> None:
    shipped = RULESETS
    assert "uk.codes" in [r.name for r in language.load([shipped]).rulesets]
