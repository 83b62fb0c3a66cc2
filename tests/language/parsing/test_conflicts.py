"""What a merge left half done is told once, and all else in the file is read."""

from __future__ import annotations

import pytest

from codesafety.diagnostics import Diagnostics
from codesafety.errors import RuleError
from codesafety.language import load_texts
from codesafety.language.parsing.conflicts import without_conflicts
from codesafety.language.parsing.parser import parse_collecting

HEAD = 'ruleset t { title "T" version 1.0.0 language 2 }\n'
SET = 'valueset a "A" { codes 77386006 |Pregnancy| }\n'
TWO_ACTIONS = """rule r {
<<<<<<< HEAD
  action review
=======
  action note
>>>>>>> other
  for entry e in a when e is incoming say "{e}"
}
"""
UP_TO = "a merge has left two versions here, up to line"


def told(text: str) -> list[tuple[str, str, str]]:
    return [(d.code, text[d.span.start : d.span.end], d.message) for d in parse_collecting(text, "t.rules")[1]]


def test_a_conflict_is_one_error_with_its_lines() -> None:
    assert told(HEAD + SET + TWO_ACTIONS) == [("CS113", "<<<<<<<", f"{UP_TO} 8")]


@pytest.mark.parametrize(("text", "messages"), [
    (TWO_ACTIONS.replace("\n", "\r\n"), [f"{UP_TO} 6"]),
    (TWO_ACTIONS.replace("=======\n", "||||||| 1a2b3c\n  action hold\n=======\n"), [f"{UP_TO} 8"]),
    (f"{TWO_ACTIONS}{TWO_ACTIONS.replace('rule r', 'rule q')}", [f"{UP_TO} 6", f"{UP_TO} 14"]),
    (f">>>>>>> other\n{SET}", ["a merge has left this line behind"]),
    (f"<<<<<<< HEAD\n{SET}", ["a merge has left two versions here"]),
    (f"<<<<<<< HEAD\n{SET}{TWO_ACTIONS}", ["a merge has left two versions here", f"{UP_TO} 8"]),
])  # fmt: skip
def test_each_conflict_is_told(text: str, messages: list[str]) -> None:
    assert [message for _, _, message in told(text)] == messages


def test_the_first_version_is_read_on_and_its_mistakes_are_told_where_they_stand() -> None:
    text = HEAD + SET + TWO_ACTIONS.replace("review", "reviw").replace("entry e in a", "entry e in nobody")
    with pytest.raises(RuleError) as caught:
        load_texts({"t.rules": text}, {})
    assert [(d.code, text[d.span.start : d.span.end]) for d in caught.value.diagnostics if not d.code.startswith("CS4")] == [
        ("CS113", "<<<<<<<"),
        ("CS224", "reviw"),
        ("CS203", "nobody"),
    ]


def test_a_line_of_equals_signs_in_a_comment_is_no_conflict() -> None:
    assert told(f"/* Title\n=======\n*/\n{SET}") == []


def test_a_conflict_in_a_data_file_is_one_error() -> None:
    rows = "code,term\n<<<<<<< HEAD\n77386006,Pregnancy\n=======\n77386006,Pregnant\n>>>>>>> other\n"
    with pytest.raises(RuleError) as caught:
        load_texts({"t.rules": HEAD + 'valueset a "A" { frozen "a.csv" }'}, {"a.csv": rows.encode()})
    assert [(d.code, d.message) for d in caught.value.diagnostics if not d.code.startswith("CS4")] == [("CS113", f"{UP_TO} 6")]


def test_many_lines_of_marks_take_no_longer_than_other_lines() -> None:
    text = "<<<<<<< HEAD\n" + "=======\n" * 200_000
    assert len(without_conflicts(text, "t.rules", Diagnostics())) == len(text)
