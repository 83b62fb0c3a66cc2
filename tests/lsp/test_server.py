"""The language server, asked by a scripted editor: every feature, over standard input and output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the language server is an extra: pip install 'codesafety[lsp]'")

from tests.lsp.client import Editor, where
from tests.terminology import generated as made

from codesafety.language.parsing.parser import scanner
from codesafety.lsp.reading import TOKENS, keywords

MINE = """\
ruleset my.rules { title "Mine" version 1.0.0 language 2 }

valueset pregnant "Pregnant" { codes 77386006 |Pregnancy|, 72892002 }

limit soon "Soon" { default 9 months }

define recent(entry e) "recent" { e.date is within soon of message.sent }

rule male-pregnant {
  title    "Recorded male and pregnant"
  action   review
  hazard   H-01
  source   "A source"
  because  "It is worth a look."
  for      entry e in pregnant
  when     patient.gender is male and recent(e)
  say      "{e} on {e.date}"
  example "fires" {
    given patient gender male
    given message sent 2020-06-02
    given incoming entry 77386006 |Pregnancy|, date 2020-06-01
    expect fires
  }
  example "wrong" {
    given patient gender female
    given message sent 2020-06-02
    given incoming entry 77386006 |Pregnancy|, date 2020-06-01
    expect fires
  }
}
"""
OTHER = """\
rule other {
  action note
  after rule male-pregnant
  for entry e in pregnant
  say "{e}"
}
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor for all tests of a worker: starting the server is most of what a test would take."""
    above = tmp_path_factory.mktemp("lsp")
    (above / "rules").mkdir()
    with Editor(above / "rules") as made:
        yield made
    assert made.ended == 0
    assert (above / "stderr.txt").read_text() == ""


@pytest.fixture
def editor(started: Editor) -> Iterator[Editor]:
    (started.folder / "a.rules").write_text(MINE)
    (started.folder / "b.rules").write_text(OTHER)
    yield started
    started.close_all()


def place(text: str, line: int, column: int = 0) -> tuple[int, int]:
    """Return the line (from 0) and column behind which a text stands in MINE."""
    return line, MINE.split("\n")[line].index(text) + column


def told(found: list[dict[str, Any]], *, errors: bool = True) -> list[tuple[str, tuple[int, int, int, int], str]]:
    return [(d["code"], where(d["range"]), d["message"]) for d in found if (d["severity"] == 1) is errors]


def test_what_it_can_do_is_told_when_it_starts(editor: Editor) -> None:
    can = editor.capabilities
    assert sorted(name for name in can if can[name] and name.endswith("Provider")) == [
        "codeActionProvider",
        "codeLensProvider",
        "completionProvider",
        "definitionProvider",
        "documentFormattingProvider",
        "documentSymbolProvider",
        "executeCommandProvider",
        "foldingRangeProvider",
        "hoverProvider",
        "inlayHintProvider",
        "referencesProvider",
        "renameProvider",
        "semanticTokensProvider",
        "workspaceSymbolProvider",
    ]
    assert can["textDocumentSync"]["change"] == 2
    assert can["executeCommandProvider"]["commands"] == ["codesafety.run", "codesafety.coverage", "codesafety.why"]


def test_what_is_wrong_is_told_in_every_file_of_the_folder(editor: Editor) -> None:
    uri = editor.open("a.rules")
    assert told(editor.diagnostics[uri], errors=False) == [
        ("CS405", (8, 5, 8, 18), "the rule `male-pregnant` has no example that is clear\nadd `example \"…\" { … expect clear }`"),
        ("CS406", (8, 5, 8, 18), "the rule `male-pregnant` has no example that cannot be told\nadd `example \"…\" { … expect cannot tell: FIELD }`"),
    ]  # fmt: skip
    assert [d["code"] for d in editor.diagnostics[editor.uri("b.rules")]] == [
        "CS401", "CS402", "CS403", "CS404", "CS405", "CS406",
    ]  # fmt: skip


def test_a_key_is_answered_with_what_is_wrong_then(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.edit(uri, place("gender", 15), place("gender", 15, 6), "gendr")
    assert told(found) == [("CS201", (15, 11, 15, 24), "unknown field `patient.gendr`\ndid you mean `patient.gender`?")]
    assert told(editor.edit(uri, place("gender", 15), place("gender", 15, 5), "gender")) == []


def test_a_broken_rule_leaves_the_rest_alive(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.edit(uri, place("}", 16), place("}", 16), "")
    assert told(found) == []
    found = editor.edit(uri, place("review", 10), place("review", 10, 6), "{")
    assert [(code, at) for code, at, _ in told(found)] == [("CS101", (10, 11, 10, 12))]
    assert editor.at("definition", editor.uri("b.rules"), 3, 17) == {
        "uri": uri,
        "range": {"start": {"line": 2, "character": 9}, "end": {"line": 2, "character": 17}},
    }
    found = editor.edit(uri, place("within", 6), place("within", 6, 6), "wthin")
    assert [code for code, _, _ in told(found)] == ["CS101", "CS101"]


def test_a_name_that_changes_is_missed_in_the_other_file(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.edit(uri, place("pregnant", 2), place("pregnant", 2, 8), "with-child")
    assert told(editor.diagnostics[editor.uri("b.rules")]) == [
        ("CS203", (3, 17, 3, 25), "there is no value set `pregnant`\ncheck the spelling, or declare it: `valueset pregnant \"…\" { … }`")
    ]  # fmt: skip


def test_columns_are_counted_in_the_units_of_the_editor(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.edit(uri, place("say", 16), place("say", 16, 3), 'because "😀" say')
    assert [(code, at) for code, at, _ in told(found)] == [("CS217", (16, 2, 16, 14))]


def test_a_quick_fix_is_what_takes_the_complaint_away(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.edit(uri, place("gender", 15), place("gender", 15, 6), "gendr")
    [fix] = editor.of("codeAction", uri, range=_at(15, 14), context={"diagnostics": []})
    assert (fix["title"], fix["kind"], fix["isPreferred"]) == ("Write `patient.gender`", "quickfix", True)
    assert fix["edit"] == {"changes": {uri: [{"range": _range(15, 11, 15, 24), "newText": "patient.gender"}]}}
    assert [d["code"] for d in fix["diagnostics"]] == ["CS201"]


def test_a_remedy_that_leaves_something_wrong_is_no_quick_fix(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.edit(uri, place("  action", 10), (11, 0), "")
    assert [code for code, _, _ in told(found)] == ["CS216"]
    fixes = editor.of("codeAction", uri, range=_at(8, 6), context={"diagnostics": []})
    assert [fix["title"] for fix in fixes] == ["Add `action note`"]


def test_the_linter_looks_once_nothing_is_written(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.settled(lambda: _lint(editor, uri))
    assert _lint(editor, uri) == [("CS471", 2), ("CS471", 4)]
    editor.edit(uri, place("Pregnant", 2), place("Pregnant", 2), "Is ")
    assert _lint(editor, uri) == [("CS471", 4)]  # of a text that has changed it has told nothing yet


def _lint(editor: Editor, uri: str) -> list[tuple[str, int]]:
    return [(d["code"], d["range"]["start"]["line"]) for d in editor.diagnostics[uri] if d["code"] not in ("CS405", "CS406")]


def test_hover_says_what_stands_there(editor: Editor) -> None:
    uri = editor.open("a.rules")

    def hovered(text: str, line: int) -> str:
        value: str = editor.at("hover", uri, *place(text, line, 1))["contents"]["value"]
        return value

    assert hovered("pregnant", 14) == (
        "**value set** `my.rules/pregnant`\n\nPregnant\n\n2 codes:\n\n- `72892002` Normal pregnancy (finding)\n"
        "- `77386006` Pregnancy\n\nNamed by `male-pregnant`, `other`."
    )
    assert hovered("recent(e)", 15) == "**named condition** `my.rules/recent`\n\nrecent\n\nNamed by `male-pregnant`."
    assert hovered("soon", 6) == "**limit** `my.rules/soon`\n\nSoon\n\nNamed by `recent`."
    assert hovered("patient.gender", 15) == "`patient.gender`: word of the patient\n\nIt is one of `male`, `female`."
    assert hovered("77386006", 2) == "**77386006** Pregnancy\n\nAlso: Pregnant (finding)\n\nBy frozen lists."
    assert hovered("because", 13) == "**because**\n\nWhy it matters, for the person who reads the finding."
    assert editor.at("hover", uri, *place("e.date", 6))["contents"]["value"] == "`e.date`: date of entry"
    assert editor.at("hover", uri, 1, 0) is None


def test_hover_over_a_rule_draws_for_whom_it_fires(editor: Editor) -> None:
    uri = editor.open("a.rules")
    told: str = editor.at("hover", uri, *place("male-pregnant", 8))["contents"]["value"]
    head, _, drawing = told.partition("\n\nFor whom it fires:\n\n")
    assert head.startswith("**rule** `my.rules/male-pregnant`\n\nRecorded male and pregnant\n\nreview; 2 examples")
    assert drawing.startswith("```text\nmy.rules/male-pregnant: Recorded male and pregnant\n█ fires")
    assert "  male: clear until -9; fires from -9 until 9 + 1 d; clear from 9 + 1 d (drawn: -13 to 13 months)\n" in drawing
    told = editor.at("hover", editor.open("b.rules"), 0, 6)["contents"]["value"]
    assert told.endswith(
        "Not drawn: no patient is known for whom it fires, or neither age, gender nor time changes what it answers."
    )


def test_every_reserved_word_is_told_on_hover() -> None:
    assert sorted(set(scanner().keywords) - set(keywords())) == []


def test_completion_offers_what_can_stand_there(editor: Editor) -> None:
    uri = editor.open("a.rules")

    def offered(line: int, column: int) -> list[str]:
        return [one["label"] for one in editor.at("completion", uri, line, column)]

    assert offered(*place("pregnant", 14)) == ["pregnant"]
    assert {"patient.gender", "patient.born"} <= set(offered(*place("gender", 15)))
    assert sorted(offered(*place("male and", 15))) == ["about", "after", "before", "female", "from", "less", "male", "missing", "more", "not", "valid", "within"]  # fmt: skip
    assert offered(*place("review", 10)) == ["note", "review", "hold"]
    assert "Pregnancy" in offered(*place("77386006", 2))
    assert {"title", "when", "example"} <= set(offered(*place("title", 9)))
    assert "male-pregnant" in [c["label"] for c in editor.at("completion", editor.uri("b.rules"), 2, 13)]
    assert offered(*place("worth", 13)) == []


def test_a_code_is_offered_by_its_term(editor: Editor) -> None:
    uri = editor.open("a.rules")
    line, column = place("77386006", 2)
    [found] = [one for one in editor.at("completion", uri, line, column) if one["label"] == "Pregnancy"]
    assert found["textEdit"] == {"range": _range(line, column, line, column), "newText": "77386006 |Pregnancy|"}


def test_definition_leads_to_the_other_file(editor: Editor) -> None:
    uri = editor.open("b.rules")
    found = editor.at("definition", uri, 2, 15)
    assert (found["uri"], where(found["range"])) == (editor.uri("a.rules"), (8, 5, 8, 18))
    variable = editor.at("definition", editor.uri("a.rules"), *place("e.date", 6))
    assert where(variable["range"]) == (6, 20, 6, 21)


def test_references_are_found_in_every_file(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.at("references", uri, *place("pregnant", 2), context={"includeDeclaration": True})
    assert [(one["uri"], where(one["range"])) for one in found] == [
        (uri, (2, 9, 2, 17)),
        (uri, (14, 22, 14, 30)),
        (editor.uri("b.rules"), (3, 17, 3, 25)),
    ]


def test_rename_changes_every_place_and_nothing_else(editor: Editor) -> None:
    uri = editor.open("a.rules")
    edit = editor.at("rename", uri, *place("pregnant", 14), newName="with-child")
    assert edit == {
        "changes": {
            uri: [
                {"range": _range(2, 9, 2, 17), "newText": "with-child"},
                {"range": _range(14, 22, 14, 30), "newText": "with-child"},
            ],
            editor.uri("b.rules"): [{"range": _range(3, 17, 3, 25), "newText": "with-child"}],
        }
    }


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ("When", "`When` cannot be a name: names are small letters, digits, `-` and `_`, and no reserved word"),
        ("when", "`when` cannot be a name: names are small letters, digits, `-` and `_`, and no reserved word"),
    ],
)
def test_a_name_that_cannot_be_is_refused(editor: Editor, new: str, reason: str) -> None:
    uri = editor.open("a.rules")
    asked = {"textDocument": {"uri": uri}, "position": _at(2, 10)["start"], "newName": new}
    assert editor.ask("textDocument/rename", asked)["error"]["message"] == reason


def test_nothing_is_renamed_where_a_broken_rule_may_name_it(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.edit(uri, place("review", 10), place("review", 10, 6), "{")
    asked = {"textDocument": {"uri": uri}, "position": _at(2, 10)["start"], "newName": "with-child"}
    error = editor.ask("textDocument/rename", asked)["error"]
    reason = "`pregnant` may be named where something is wrong (a.rules:9): put that right first"
    assert (error["code"], error["message"]) == (-32803, reason)


def test_a_ruleset_that_uses_it_is_renamed_too(tmp_path: Path) -> None:
    for name, text in {
        "one/a.rules": MINE,
        "two/c.rules": 'ruleset other.rules { title "Other" version 1.0.0 language 2 uses my.rules 1.0.0 }\nrule r {\n  action note\n  for entry e in my.rules/pregnant\n  say "{e}"\n}\n',
    }.items():
        (tmp_path / "w" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "w" / name).write_text(text)
    with Editor(tmp_path / "w") as editor:
        uri = editor.open("one/a.rules")
        edit = editor.at("rename", uri, *place("pregnant", 2), newName="with-child")
        assert edit["changes"][editor.uri("two/c.rules")] == [{"range": _range(3, 26, 3, 34), "newText": "with-child"}]


def test_formatting_gives_the_one_layout(editor: Editor) -> None:
    uri = editor.open("b.rules")
    [edit] = editor.of("formatting", uri, options={"tabSize": 2, "insertSpaces": True})
    assert edit["newText"] == (
        'rule other {\n  action   note\n  after rule male-pregnant\n  for      entry e in pregnant\n  say      "{e}"\n}\n'
    )
    assert where(edit["range"]) == (0, 0, 6, 0)
    editor.edit(uri, (0, 0), (6, 0), edit["newText"])
    assert editor.of("formatting", uri, options={"tabSize": 2, "insertSpaces": True}) == []


def test_what_is_not_understood_is_not_laid_out(editor: Editor) -> None:
    uri = editor.open("b.rules")
    editor.edit(uri, (1, 2), (1, 8), "{")
    asked = {"textDocument": {"uri": uri}, "options": {"tabSize": 2, "insertSpaces": True}}
    message = editor.ask("textDocument/formatting", asked)["error"]["message"]
    assert message.startswith("line 2: `{` cannot stand here") and message.endswith("what is not understood is not laid out")


def test_symbols_are_the_declarations(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.of("documentSymbol", uri)
    assert [(one["name"], one.get("detail"), where(one["range"])) for one in found] == [
        ("my.rules", "Mine", (0, 0, 0, 58)),
        ("pregnant", "Pregnant", (2, 0, 2, 69)),
        ("soon", "Soon", (4, 0, 4, 38)),
        ("recent", "recent", (6, 0, 6, 73)),
        ("male-pregnant", "Recorded male and pregnant", (8, 0, 29, 1)),
    ]
    assert [one["name"] for one in found[-1]["children"]] == ["fires", "wrong"]
    symbols = editor.request("workspace/symbol", {"query": "preg"})
    assert [(one["name"], one["containerName"]) for one in symbols] == [
        ("pregnant", "my.rules"),
        ("male-pregnant", "my.rules"),
    ]


def test_rules_and_examples_fold(editor: Editor) -> None:
    uri = editor.open("a.rules")
    assert [(one["startLine"], one["endLine"]) for one in editor.of("foldingRange", uri)] == [(8, 29), (17, 22), (23, 28)]


def test_words_have_their_colours(editor: Editor) -> None:
    uri = editor.open("b.rules")
    data = editor.of("semanticTokens/full", uri)["data"]
    line = column = 0
    found = []
    lines = OTHER.split("\n")
    for at in range(0, len(data), 5):
        more, start, length, kind, _ = data[at : at + 5]
        line, column = line + more, start + (0 if more else column)
        found.append((lines[line][column : column + length], TOKENS[kind]))
    assert found == [
        ("rule", "keyword"), ("other", "class"), ("action", "keyword"), ("after", "keyword"), ("rule", "keyword"),
        ("male-pregnant", "class"), ("for", "keyword"), ("entry", "keyword"), ("e", "variable"), ("in", "keyword"),
        ("pregnant", "type"), ("say", "keyword"), ('"{e}"', "string"),
    ]  # fmt: skip


def test_bare_codes_have_their_terms_beside_them(editor: Editor) -> None:
    uri = editor.open("a.rules")
    assert editor.of("inlayHint", uri, range=_range(0, 0, 30, 0)) == [
        {"position": {"line": 2, "character": 67}, "label": "|Normal pregnancy (finding)|", "paddingLeft": True}
    ]


def test_lenses_run_what_stands_below_them(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = [(one["command"]["title"], one["command"]["command"], one["command"]["arguments"][1:], one["range"]["start"]["line"]) for one in editor.of("codeLens", uri)]  # fmt: skip
    assert found == [
        ("Run 2 examples", "codesafety.run", ["male-pregnant"], 8),
        ("Coverage", "codesafety.coverage", ["male-pregnant"], 8),
        ("Run", "codesafety.run", ["male-pregnant", "fires"], 17),
        ("Why", "codesafety.why", ["male-pregnant", "fires"], 17),
        ("Run", "codesafety.run", ["male-pregnant", "wrong"], 23),
        ("Why", "codesafety.why", ["male-pregnant", "wrong"], 23),
    ]


@pytest.mark.parametrize(
    "typed", ["rul second {", "rule {", "rule second { {", "rule second { when e is", 'rule second { say "', "rule second { /*"]
)
def test_lenses_of_a_rule_stay_while_the_one_below_it_is_broken(editor: Editor, typed: str) -> None:
    uri = editor.open("a.rules")
    before = editor.of("codeLens", uri)
    end = (MINE.count("\n"), 0)
    rest = 'action note for entry e in pregnant say "{e}" example "e" { given incoming entry 77386006 expect fires }'
    editor.edit(uri, end, end, f"{typed} {rest}\n}}\n")
    assert editor.of("codeLens", uri) == before
    assert editor.command("run", uri, "male-pregnant", "fires")["ok"] is True


def test_examples_run_as_they_are_written_now(editor: Editor) -> None:
    uri = editor.open("a.rules")
    found = editor.command("run", uri, "male-pregnant")
    assert found == {
        "ok": False,
        "examples": [
            {"rule": "my.rules/male-pregnant", "example": "fires", "passed": True, "expected": "fires", "got": "fires", "because": [], "line": 17},
            {"rule": "my.rules/male-pregnant", "example": "wrong", "passed": False, "expected": "fires", "got": "clear", "because": ["not so: patient.gender is male"], "line": 23},
        ],
        "text": "2 examples: 1 as expected, 1 not\nmy.rules/male-pregnant: wrong\n  expected   fires\n  got        clear\n  because    not so: patient.gender is male",
    }  # fmt: skip
    assert editor.shown == ["2 examples: 1 as expected, 1 not"]
    editor.edit(uri, place("fires", 27), place("fires", 27, 5), "clear")
    assert editor.command("run", uri)["ok"] is True


def test_coverage_says_what_the_examples_leave_out(editor: Editor) -> None:
    uri = editor.open("a.rules")
    assert editor.command("coverage", uri, "male-pregnant")["text"].split("\n") == [
        "my.rules/male-pregnant: 1 of 3 atoms decide alone; 4 of 9 values seen",
        "  --  e in pregnant: never false, never unknown, never decides when false",
        "  --  e is present, the patient's and current: never false, never unknown, never decides when false",
        "  --  patient.gender is male: never unknown",
        "my.rules/recent: 0 of 1 atom decide alone; 1 of 3 values seen",
        "  --  e.date is within soon of message.sent: never false, never unknown, never decides when false",
    ]


def test_why_says_it_clause_by_clause(editor: Editor) -> None:
    uri = editor.open("a.rules")
    assert editor.command("why", uri, "male-pregnant", "wrong")["text"].split("\n") == [
        "my.rules/male-pregnant 1.0.0: clear",
        "  Pregnancy (77386006), 2020-06-01 (incoming.entry[0]): clear",
        "    true        for entry e in pregnant",
        "    false       patient.gender is male [patient.gender: female]",
        "    true        recent",
        "        true        e.date is within soon of message.sent [e.date: 2020-06-01] [message.sent: 2020-06-02]",
    ]


def test_nothing_is_run_on_a_set_that_is_wrong(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.edit(uri, place("77386006", 2), place("77386006", 2, 8), "77386007")
    found = editor.command("run", uri)
    assert (found["ok"], found["refused"]) == (False, True)
    assert found["text"] == "a.rules:3 is wrong, and rules may need it: put it right first"


def test_a_file_beside_that_cannot_be_read_is_told_and_in_the_way(editor: Editor) -> None:
    (editor.folder / "b.rules").write_bytes(b"/* caf\xe9 */")
    uri = editor.open("a.rules")
    assert [(code, at) for code, at, _ in told(editor.diagnostics[editor.uri("b.rules")])] == [("CS108", (0, 0, 0, 0))]
    found = editor.command("run", uri)
    assert (found["ok"], found["refused"]) == (False, True)
    assert found["text"] == "b.rules:1 is wrong, and rules may need it: put it right first"
    asked = {"textDocument": {"uri": uri}, "position": _at(2, 10)["start"], "newName": "with-child"}
    assert editor.ask("textDocument/rename", asked)["error"]["message"] == "b.rules cannot be read, and may name it"


def test_a_file_that_changes_on_disk_is_read_again(editor: Editor) -> None:
    editor.open("a.rules")
    other = editor.folder / "b.rules"
    other.write_text(OTHER.replace("in pregnant", "in nowhere"))
    editor.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": other.as_uri(), "type": 2}]})
    editor.wait()
    assert "CS203" in [d["code"] for d in editor.diagnostics[other.as_uri()]]


def test_a_document_that_is_closed_is_told_nothing_of(editor: Editor) -> None:
    uri = editor.open("a.rules")
    editor.edit(uri, place("gender", 15), place("gender", 15, 6), "gendr")
    editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    editor.wait()
    assert editor.diagnostics[uri] == []
    assert editor.diagnostics[editor.uri("b.rules")] == []


def _range(*at: int) -> dict[str, Any]:
    return {"start": {"line": at[0], "character": at[1]}, "end": {"line": at[2], "character": at[3]}}


def _at(line: int, column: int) -> dict[str, Any]:
    return _range(line, column, line, column)


def test_a_release_says_how_codes_are_called(tmp_path: Path) -> None:
    pack = made.built(made.small(), tmp_path)
    (tmp_path / "w").mkdir()
    text = (
        'ruleset my.rules { title "Mine" version 1.0.0 language 2 }\n'
        f'valueset hearts "Hearts" {{ ecl {{ << {made.DISEASE} }} }}\n'
        f'valueset listed "Listed" {{ codes {made.INFARCT}, {made.OLD} }}\n'
        'valueset wanted "Wanted" { codes inf }\n'
    )
    (tmp_path / "w" / "a.rules").write_text(text)
    with Editor(tmp_path / "w", "--release", str(pack)) as editor:
        uri = editor.open("a.rules")
        assert editor.at("hover", uri, 1, 10)["contents"]["value"].split("\n\n")[2].startswith("2 codes:")
        found = editor.at("completion", uri, 3, text.split("\n")[3].index(" }"))
        assert [
            (one["detail"], one["textEdit"]["newText"].partition(" ")[0]) for one in found if one["detail"] == made.INFARCT
        ] == [(made.INFARCT, made.INFARCT)]
        line = text.split("\n")[2]
        assert "Inactive in this release." in editor.at("hover", uri, 2, line.index(made.OLD))["contents"]["value"]


def test_of_very_much_the_worst_is_shown_and_how_much_more_there_is(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    bare = "".join(f'rule r{n} {{ action note for entry e say "{{e}}" }}\n' for n in range(60))
    (tmp_path / "w" / "a.rules").write_text(
        f'ruleset my.rules {{ title "Mine" version 1.0.0 language 2 }}\n{bare}rule last {{ action nought for entry e say "x" }}\n'
    )
    with Editor(tmp_path / "w") as editor:
        found = editor.diagnostics[editor.open("a.rules")]
        assert len(found) == 301
        assert (found[0]["code"], found[0]["severity"]) == ("CS224", 1)
        assert re.fullmatch(
            r"and \d+ more, of which `codesafety rules check` and `codesafety rules lint` tell", found[-1]["message"]
        )


def test_of_two_rulesets_of_one_name_neither_is_guessed(tmp_path: Path) -> None:
    for name, text in {
        "one/a.rules": MINE,
        "two/a.rules": MINE,
        "three/c.rules": 'ruleset other.rules { title "Other" version 1.0.0 language 2 uses my.rules 1.0.0 }\n',
    }.items():
        (tmp_path / "w" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "w" / name).write_text(text)
    with Editor(tmp_path / "w") as editor:
        assert [one["code"] for one in editor.diagnostics[editor.open("three/c.rules")]] == ["CS215"]


def test_an_editor_that_shows_answers_itself_is_sent_no_message(tmp_path: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "a.rules").write_text(MINE)
    with Editor(tmp_path / "w", options={"showsAnswers": True}) as editor:
        uri = editor.open("a.rules")
        assert editor.command("run", uri)["ok"] is False
        editor.wait()
        assert editor.shown == []
