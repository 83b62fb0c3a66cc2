"""The examples of docs/reference/answers.md. `python -m tests.answers.page` writes them anew."""

from __future__ import annotations

import contextlib
import io
import re

from tests.places import EXAMPLES, ROOT
from typer.testing import CliRunner

from codesafety.cli.app import app

PAGE = ROOT / "docs" / "reference" / "answers.md"
_EXAMPLE = re.compile(
    r"(?<=^```)(?P<how>console|python)\n(?P<what>.*?)^```\n\n```json\n(?P<shown>.*?)(?=^```$)", re.MULTILINE | re.DOTALL
)
_CHANGING = re.compile(r"\b[0-9a-f]{32}\b|(?<=\"uuid\": \")[0-9a-f-]{36}")


def page() -> str:
    """Return the page as it should be."""
    with contextlib.chdir(EXAMPLES):
        return _EXAMPLE.sub(_written, PAGE.read_text(encoding="utf-8"))


def _written(example: re.Match[str]) -> str:
    if example["how"] == "console":
        _, *arguments = example["what"].removeprefix("$ ").split()
        output = CliRunner().invoke(app, arguments, catch_exceptions=False).stdout
    else:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            exec(example["what"], {})
        output = said.getvalue()
    return f"{example['how']}\n{example['what']}```\n\n```json\n{_CHANGING.sub('…', output)}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
