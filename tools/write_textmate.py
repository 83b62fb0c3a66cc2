"""Write the TextMate grammar of the editors from the words of the Pygments lexer: `python -m tools.write_textmate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from codesafety.pygments_lexer import BEFORE, BEHIND, DECLARATIONS, KINDS, LOGIC, PARTS

FILE = Path(__file__).parents[1] / "editors" / "vscode" / "syntaxes" / "codesafety.tmLanguage.json"


def grammar() -> dict[str, Any]:
    """Return the grammar. Source: https://macromates.com/manual/en/language_grammars."""

    def these(words: tuple[str, ...]) -> str:
        return f"{BEFORE}(?:{'|'.join(sorted(words, key=lambda word: (-len(word), word)))}){BEHIND}"

    def span(begin: str, end: str, name: str) -> dict[str, str]:
        return {"name": f"{name}.codesafety", "begin": begin, "end": end}

    def one(match: str, name: str) -> dict[str, str]:
        return {"name": f"{name}.codesafety", "match": match}

    head = f"{BEFORE}({'|'.join(DECLARATIONS)})\\s+([a-z][\\w./-]*)"
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "codesafety rules",
        "scopeName": "source.codesafety",
        "patterns": [
            span(r"/\*", r"\*/", "comment.block"),
            span('"', '"', "string.quoted.double"),
            span("“", "”", "string.quoted.other"),
            span(r"\|", r"\|", "string.other.term"),
            one(r"<https?:[^<>]*>", "string.other.link"),
            one(r"\d+(?:[.-]\d+)*", "constant.numeric"),
            {
                "match": head,
                "captures": {"1": {"name": "storage.type.codesafety"}, "2": {"name": "entity.name.type.codesafety"}},
            },
            one(these(DECLARATIONS), "storage.type"),
            one(these(PARTS), "keyword.control"),
            one(these(LOGIC), "keyword.operator.word"),
            one(these(KINDS), "support.type"),
            one(r"[a-z][\w-]*(?:\.[\w-]+)+", "variable.other.property"),
        ],
    }


def text() -> str:
    """Return the file as it is written."""
    return json.dumps(grammar(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(text(), "utf-8")
