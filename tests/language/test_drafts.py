"""Rule files while they are written: what is kept between two checks changes nothing of what is said."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from codesafety import builtin
from codesafety.diagnostics import Diagnostic
from codesafety.errors import RuleError
from codesafety.language import load
from codesafety.language.drafts import Checked, Drafts, cut

RULES = """\
ruleset my.rules { title "Mine" version 1.0.0 language 2 }

limit soon "Soon" { default 9 months from 1 months to 12 months }

valueset pregnant "Pregnant" { codes 77386006 |Pregnancy| }
valueset births "Births" { codes 3950001 |Birth| }
valueset both "Both" { include pregnant, births }
valueset listed "Listed" { frozen "codes/listed.csv" }

table ages from "tables/ages.csv" {
  key    name
  column lowest years
  column drawn set
}

define recent(entry e) "recent" { e.date is within soon of message.sent }

/* A comment that begins a line:
rule nothing { }
*/
rule male-pregnant {
  title    "Recorded male and pregnant"
  action   review
  hazard   H-01
  source   "A source"
  because  "It is worth a look."
  for      entry e in both
  when     patient.gender is male and recent(e)
  say      "{e} on {e.date}"
  example "fires" {
    given patient gender male
    given message sent 2020-06-02
    given incoming entry 77386006 |Pregnancy|, date 2020-06-01
    expect fires
  }
}

rule old for each row p of ages {
  title    "Too young"
  action   note
  after rule male-pregnant
  for      entry e in p.drawn
  when     age at e < p.lowest
  unless   "there is a birth" exists history h in births
  say      "{e}"
}
"""
DATA = {
    "codes/listed.csv": "system,code,term\nsct,77386006,Pregnancy\n",
    "tables/ages.csv": "name,lowest,drawn\none,12,pregnant\ntwo,14,births\n",
}
WORDS = ["pregnant", "births", "soon", "recent", "male", "e", "p", "}", "{", '"', "(", "/*", "*/", "|", "rule x {\n", "\nrule ", "and", ",", " ", "\n", "2"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in DATA.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def told(drafts: Drafts, checked: Checked) -> list[tuple[object, ...]]:
    """Return what is said, by the places in files."""

    def place(one: Diagnostic) -> tuple[object, ...]:
        piece = drafts.piece(one.span.file)
        start = 0 if piece is None else piece.start
        name = one.span.file if piece is None else piece.path.as_posix()
        return name, one.span.start + start, one.span.end + start, one.code, one.message, one.help, one.severity.value

    return sorted(set(map(place, checked.diagnostics)), key=str)


def by_loader(path: Path, text: str) -> list[tuple[object, ...]]:
    path.write_bytes(text.encode())
    try:
        found = load([path.parent]).warnings
    except RuleError as error:
        found = error.diagnostics
    return sorted({(d.span.file, d.span.start, d.span.end, d.code, d.message, d.help, d.severity.value) for d in found}, key=str)


def test_a_file_is_cut_where_a_declaration_begins_a_line() -> None:
    assert cut("/* a */\nrule a { }\n  rule b { }\nlimit c { }") == ["/* a */\n", "rule a { }\n  rule b { }\n", "limit c { }"]


def test_a_declaration_in_a_comment_begins_nothing() -> None:
    assert cut("/*\nrule a { }\n*/\nrule b { }") == ["/*\nrule a { }\n*/\n", "rule b { }"]


def test_what_is_right_is_told_as_the_loader_tells_it(folder: Path) -> None:
    drafts, path = Drafts(), folder / "my.rules"
    drafts.write(path, RULES)
    assert told(drafts, drafts.checked()) == by_loader(path, RULES)


@pytest.mark.parametrize("seed", range(12))
def test_however_a_file_is_edited_what_is_kept_changes_nothing(folder: Path, seed: int) -> None:
    chance, path = random.Random(seed), folder / "my.rules"
    drafts, text = Drafts(), RULES
    drafts.write(path, text)
    drafts.checked()
    compared = 0
    for _ in range(25):
        before, at = text, chance.randrange(len(text))
        cuts = chance.choice((0, 0, 1, 3, 12))
        text = text[:at] + chance.choice(WORDS) * chance.randrange(2) + text[at + cuts :]
        drafts.write(path, text)
        anew = Drafts()
        anew.write(path, text)
        assert "".join(piece.text for piece in drafts.pieces(path)) == text
        assert told(drafts, drafts.checked()) == told(anew, anew.checked()), text
        lexical = any(
            d.code in ("CS102", "CS103", "CS104", "CS105", "CS106", "CS111", "CS112") for d in anew.checked().diagnostics
        )
        if not lexical and anew.checked().ruleset_of:  # the loader stops where nothing says which ruleset it is
            compared += 1
            assert told(anew, anew.checked()) == by_loader(path, text), text
        if chance.random() < 0.7:
            text = before
            drafts.write(path, text)
            drafts.checked()
    assert compared


def test_what_a_broken_rule_leaves_alone_is_checked(folder: Path) -> None:
    drafts, path = Drafts(), folder / "my.rules"
    drafts.write(path, RULES.replace('say      "{e} on {e.date}"', 'say      "{e} on').replace("p.lowest", "p.lowst"))
    codes = {d.code for d in drafts.checked().diagnostics}
    assert {"CS102", "CS201"} <= codes


def test_a_word_that_changes_its_meaning_is_looked_up_again_wherever_it_stands(folder: Path) -> None:
    drafts, path, other = Drafts(), folder / "a.rules", folder / "b.rules"
    drafts.write(path, 'ruleset my.rules { title "Mine" version 1.0.0 language 2 }\nlimit soon "Soon" { default 9 months }\n')
    drafts.write(other, 'rule r {\n  action note\n  for entry e\n  when age at e < soon\n  say "{e}"\n}\n')
    assert drafts.checked().whole
    drafts.write(path, drafts.text(path).replace("9 months", '9 "mmol/L"'))  # type: ignore[union-attr]
    assert [d.code for d in drafts.checked().diagnostics if d.severity == "error"] == ["CS205"]
    drafts.write(path, drafts.text(path).replace("soon", "later"))  # type: ignore[union-attr]
    assert [(d.code, d.message) for d in drafts.checked().diagnostics if d.severity == "error"] == [
        ("CS203", "there is no limit `soon`")
    ]


def test_shipped_rulesets_are_read_where_they_are_used(folder: Path) -> None:
    drafts = Drafts(others={path.name: path for path in builtin.all_rulesets()})
    drafts.write(
        folder / "a.rules",
        'ruleset my.rules { title "Mine" version 1.0.0 language 2 uses uk.codes 1.0.0 uses uk.pregnancyy 1.0.0 }\n',
    )
    assert [(d.code, d.message, d.help) for d in drafts.checked().diagnostics] == [
        ("CS215", "there is no ruleset `uk.pregnancyy`", "did you mean `uk.pregnancy`?")
    ]


def other_ruleset(folder: Path) -> tuple[Drafts, Path]:
    """Return drafts of a ruleset that uses another, and the other's folder."""
    there = folder / "there"
    there.mkdir()
    (there / "a.rules").write_text('ruleset there { title "There" version 1.0.0 language 2 }\n')
    (there / "b.rules").write_text('limit soon "Soon" { default 9 months }\n')
    drafts = Drafts(others={"there": there})
    drafts.write(
        folder / "a.rules",
        'ruleset my.rules { title "Mine" version 1.0.0 language 2 uses there 1.0.0 }\n'
        'rule r {\n  action note\n  for entry e\n  when age at e < there/soon\n  say "{e}"\n}\n',
    )
    return drafts, there


def errors(drafts: Drafts) -> list[tuple[str, str]]:
    return [(d.code, d.message) for d in drafts.checked().diagnostics if d.severity == "error"]


def test_a_ruleset_in_use_is_read_again_when_asked(folder: Path) -> None:
    drafts, there = other_ruleset(folder)
    assert errors(drafts) == []
    (there / "b.rules").write_text('limit later "Later" { default 9 months }\n')
    drafts.reread()
    assert errors(drafts) == [("CS203", "there is no limit `there/soon`")]
    (there / "b.rules").unlink()
    (there / "c.rules").write_text('limit soon "Soon" { default 9 months }\n')
    drafts.reread()
    assert errors(drafts) == []


def test_a_rule_file_in_use_that_cannot_be_read_is_told(folder: Path) -> None:
    drafts, there = other_ruleset(folder)
    (there / "b.rules").write_bytes(b"/* caf\xe9 */")
    assert errors(drafts) == [
        ("CS108", f"`{(there / 'b.rules').as_posix()}` is not UTF-8 (byte 6)"),
        ("CS203", "there is no limit `there/soon`"),
    ]
    assert [d.code for d in drafts.in_the_way(drafts.checked())] == ["CS108"]


def test_a_ruleset_that_is_gone_is_none(folder: Path) -> None:
    drafts, there = other_ruleset(folder)
    for file in there.iterdir():
        file.unlink()
    assert errors(drafts)[0] == ("CS215", "there is no ruleset `there`")


def test_a_rule_file_that_cannot_be_read_is_told_until_it_can_or_is_gone(folder: Path) -> None:
    drafts, broken = Drafts(), folder / "b.rules"
    drafts.write(folder / "a.rules", 'ruleset my.rules { title "Mine" version 1.0.0 language 2 }\n')
    broken.write_bytes(b"/* caf\xe9 */")
    drafts.take(broken)
    assert errors(drafts) == [("CS108", f"`{broken.as_posix()}` is not UTF-8 (byte 6)")]
    assert drafts.unread == [broken]
    broken.write_bytes(b"/* caf */")
    drafts.take(broken)
    assert errors(drafts) == []
    broken.write_bytes(b"/* caf\xe9 */")
    drafts.take(broken)
    broken.unlink()
    drafts.take(broken)
    assert (errors(drafts), drafts.unread) == ([], [])


def test_a_file_that_rules_name_is_read_again_when_asked(folder: Path) -> None:
    drafts, path = Drafts(), folder / "my.rules"
    drafts.write(path, RULES)
    assert drafts.checked().whole
    (folder / "tables/ages.csv").write_text("name,lowest,drawn\none,12,nowhere\n")
    assert drafts.checked().whole
    drafts.reread()
    assert [d.message for d in drafts.checked().diagnostics if d.severity == "error"][:1] == ["there is no value set `nowhere`"]
