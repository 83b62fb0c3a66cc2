"""`docs/guide/editors.md` and `docs/guide/playground.md`: what they show is what the server and the page say."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from textwrap import dedent

import pytest

pytest.importorskip("pygls", reason="the language server is an extra: pip install 'codesafety[lsp]'")

from tests.lsp.client import Editor
from tests.places import ROOT

GUIDE = (ROOT / "docs" / "guide" / "editors.md").read_text("utf-8")
PLAYGROUND = (ROOT / "docs" / "guide" / "playground.md").read_text("utf-8")


def test_the_guide_to_editors_shows_what_the_server_says(tmp_path: Path) -> None:
    [rules] = re.findall(r"```rules\n(.+?)```", GUIDE, re.DOTALL)
    wrong, hover, why = (dedent(found).strip() for found in re.findall(r"```text\n(.+?) *```", GUIDE, re.DOTALL))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "my.rules").write_text(rules)
    lines = rules.split("\n")
    field = next(i for i, line in enumerate(lines) if "gendr" in line)
    at = lines[field].index("gendr")
    with Editor(tmp_path / "rules") as editor:
        uri = editor.open("my.rules")
        assert [one["message"] for one in editor.diagnostics[uri] if one["severity"] == 1] == [wrong]
        place = {"line": field, "character": at}
        [fix] = editor.of("codeAction", uri, range={"start": place, "end": place}, context={"diagnostics": []})
        assert f"Here: {fix['title']}." in GUIDE
        editor.edit(uri, (field, at), (field, at + 5), "gender")
        pregnant = next(i for i, line in enumerate(lines) if "in pregnant" in line)
        assert editor.at("hover", uri, pregnant, lines[pregnant].index("pregnant"))["contents"]["value"] == hover
        assert editor.command("why", uri, "male-pregnant", "male")["text"] == why


def test_the_guide_to_the_playground_shows_its_first_rules() -> None:
    first = (files("codesafety.playground") / "page" / "first.rules").read_text("utf-8")
    [shown] = re.findall(r"```rules\n(.+?)```", PLAYGROUND, re.DOTALL)
    assert first.startswith(shown)
    assert "and one rule about them, with three examples" in PLAYGROUND
    assert (first.count("\nrule "), first.count("  example ")) == (1, 3)
