"""What editors and pages colour is what the language keeps for itself; the VS Code extension says what it is made of."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from tests.places import ROOT
from tools.write_textmate import FILE, grammar, text

from codesafety.language.parsing.parser import scanner
from codesafety.pygments_lexer import DECLARATIONS, KINDS, LOGIC, PARTS, RulesLexer

EXTENSION = ROOT / "editors" / "vscode"
LINE = 'rule a-rule { when e in pregnant and e.date is before 2020-01-01 /* rule */ say "when" }'


def test_the_lexer_knows_every_reserved_word_once_and_no_other() -> None:
    every = [*DECLARATIONS, *PARTS, *LOGIC, *KINDS]
    assert sorted(every) == sorted({*scanner().keywords, "ecl"})


def test_the_grammar_of_editors_is_written_from_the_same_words() -> None:
    assert FILE.read_text("utf-8") == text(), "write it anew: python -m tools.write_textmate"


def test_words_have_their_colours_and_names_none_of_them() -> None:
    found = [(kind, value) for kind, value in RulesLexer().get_tokens(LINE) if value.strip()]
    assert found[:9] == [
        (Keyword.Declaration, "rule"), (Name, "a-rule"), (found[2][0], "{"), (Keyword, "when"), (Name, "e"),
        (Operator.Word, "in"), (Name, "pregnant"), (Operator.Word, "and"), (Name, "e.date"),
    ]  # fmt: skip
    assert [kind for kind, value in found if value in ("2020-01-01", "/* rule */", '"when"')] == [
        Number, Comment.Multiline, String,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [
        (["rule"], ["a-rule", "e.rule"]),
        (["rule", "valueset"], ["rules", "a-rule", "uk.rule/x"]),
        (["when", "say"], ["whenever", "e.source"]),
        (["and", "within"], ["band", "e.in"]),
    ],
)
def test_the_grammar_matches_whole_words(wanted: list[str], unwanted: list[str]) -> None:
    found = [one["match"] for one in grammar()["patterns"] if "match" in one]
    match = next(m for m in found if all(re.search(m, f" {word} x") for word in wanted))
    assert not [word for word in unwanted if re.fullmatch(match, word)]


def test_the_extension_names_what_there_is() -> None:
    package = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    [language], [colours] = package["contributes"]["languages"], package["contributes"]["grammars"]
    assert language["extensions"] == [".rules"]
    assert (EXTENSION / colours["path"]).resolve() == FILE.resolve()
    json.loads((EXTENSION / language["configuration"]).read_text("utf-8"))
    assert colours["scopeName"] == grammar()["scopeName"]


def test_a_rule_file_is_found_by_its_name_once_the_package_is_installed() -> None:
    from importlib.metadata import entry_points

    if not any(one.value == "codesafety.pygments_lexer:RulesLexer" for one in entry_points(group="pygments.lexers")):
        pytest.skip("the package that is installed here has no such entry point yet")
    assert isinstance(get_lexer_for_filename("my.rules"), RulesLexer)


def test_the_extension_passes_its_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node.js on this machine")
    done = subprocess.run([node, "--test", "extension.test.js"], cwd=EXTENSION, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
