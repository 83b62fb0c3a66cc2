"""What is shown of a text that is wrong is bounded, however long the text."""

from __future__ import annotations

import pytest

from codesafety.diagnostics import Diagnostic, Span, render, shortened, underlined


@pytest.mark.parametrize("start", [0, 5, 99, 100, 101, 5_000, 999_990, 999_999])
def test_of_a_long_line_what_is_around_the_place_is_shown_and_underlined(start: int) -> None:
    line = "".join(chr(0x4E00 + n % 10_000) for n in range(1_000_000))
    shown, under = underlined(line, start, 4)
    assert len(shown) <= 202
    assert len(under) <= 202
    found = shown[under.index("^") : under.rindex("^") + 1]
    assert found == line[start : start + 4]
    assert shown.startswith("…") == (start > 100) and shown.endswith("…") == (start < 999_900)


def test_a_short_line_is_shown_whole_and_its_tabs_stay() -> None:
    assert underlined("a\tb == c", 2, 1) == ("a\tb == c", " \t^")
    assert underlined("", 0, 5) == ("", "^")


def test_a_diagnostic_of_an_endless_line_is_short() -> None:
    source = "rule x { " + "y" * 3_000_000 + " }"
    text = render(Diagnostic("CS101", "`y` cannot stand here", Span("x.rules", 9, 3_000_009)), {"x.rules": source})
    assert len(text) < 700
    assert "x.rules:1:10" in text


def test_a_long_message_loses_its_middle() -> None:
    assert shortened("a" * 2_000) == "a" * 2_000
    long = shortened("b" + "a" * 5_000 + "c")
    assert (len(long), long[0], long[-1], long[1000:1003]) == (2_003, "b", "c", " … ")
