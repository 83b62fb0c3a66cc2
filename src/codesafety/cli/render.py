"""A report as text: a screen of it, for whoever files and whoever judges; or all of it, with paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from codesafety.answers.screen import Finding, Screen, screen
from codesafety.cli import everything
from codesafety.cli.output import style, wrapped
from codesafety.report import Report

_COLOURS = {"hold": "red", "review": "yellow", "note": "cyan", "none": "green"}
_LINES = 24
_LINES_A_FINDING = 4
_SO_MANY_IN_LINES = 5
_INDENT = " " * 8
_LEAST_OF_A_FINDING, _MOST_OF_A_FINDING = 3, 9
_LEAST_TOLD, _MOST_TOLD = 2, 5


def render(report: Report, name: str, colour: bool, *, whole: bool = False) -> str:
    """Return the report as text, `whole` or a screen of it. Every line is one of ours: words of others are escaped."""
    return "\n".join(everything.lines(report, name, colour) if whole else _on_screen(screen(report), name, colour))


def _on_screen(shown: Screen, name: str, colour: bool) -> list[str]:
    """Return at most 24 lines for five findings and four more for each further; what was not checked, read or judged, and errors, come on top."""
    head, on_top, foot = list(_head(shown, name, colour)), list(_on_top(shown, colour)), wrapped(shown.foot, "")
    room = _LINES + _LINES_A_FINDING * max(0, len(shown.findings) - _SO_MANY_IN_LINES) - len(head) - len(foot) - 1
    told = _told(shown, _LEAST_TOLD)
    findings = [_finding(finding, colour, _LEAST_OF_A_FINDING) for finding in shown.findings]
    room -= len(told) + sum(map(len, findings)) + (1 if findings else 0)
    for most in range(_LEAST_TOLD + 1, _MOST_TOLD + 1):
        longer = _told(shown, most)
        if len(longer) - len(told) <= room:
            room -= len(longer) - len(told)
            told = longer
    for most in range(_LEAST_OF_A_FINDING + 1, _LINES_A_FINDING + 1):
        room = _lengthen(findings, shown.findings, colour, most, room)
    apart = len(findings) - 1 <= room
    room -= (len(findings) - 1) * apart
    for most in range(_LINES_A_FINDING + 1, _MOST_OF_A_FINDING + 1):
        room = _lengthen(findings, shown.findings, colour, most, room)
    body: list[str] = []
    for number, lines in enumerate(findings):
        body += ["", *lines] if apart or number == 0 else lines
    return [*head, *body, *on_top, "", *told, *foot]


def _lengthen(findings: list[list[str]], of: Sequence[Finding], colour: bool, most: int, room: int) -> int:
    """Give findings more lines, the worst first, as long as there is room; return what is left of it."""
    for number, finding in enumerate(of):
        longer = _finding(finding, colour, most)
        more = len(longer) - len(findings[number])
        if more <= room:
            findings[number] = longer
            room -= more
    return room


def _mark(decision: str, colour: bool) -> str:
    return style(decision.upper().ljust(6), colour, fg=_COLOURS[decision], bold=True)


def _head(shown: Screen, name: str, colour: bool) -> Iterator[str]:
    yield style(name, colour, bold=True)
    first, *rest = wrapped(shown.headline, _INDENT)
    yield f"{_mark(shown.decision, colour)}  {first.strip()}"
    yield from rest
    line = ""
    for part in shown.about:
        together = f"{line} · {part}" if line else part
        if line and len(wrapped(together, _INDENT)) > 1:
            yield from _cut(line, _INDENT, 1)
            together = part
        line = together
    yield from _cut(line, _INDENT, 1)


def _finding(finding: Finding, colour: bool, most: int) -> list[str]:
    """Return a finding in at most so many lines: title, then sentences, then where, as much of each as there is room for."""
    indent = f"{'  ' if finding.beneath else ''}{_INDENT}"
    title = _cut(finding.title, indent, 1)[0].strip()
    below = _below(finding, indent, most)
    sentences = finding.message
    if finding.clear_if and most > _LINES_A_FINDING:
        sentences += f" {finding.clear_if}"
    mark = f"{indent.removesuffix(_INDENT)}{_mark(finding.action, colour)}  {style(title, colour, bold=True)}"
    return [mark, *_cut(sentences, indent, most - 1 - len(below)), *below]


def _below(finding: Finding, indent: str, most: int) -> list[str]:
    """Return the places, and the rule beside them where there is room: of three places, or of fewer in one line."""
    places = finding.where[0] + ". " if finding.where else ""
    if most > _LINES_A_FINDING:
        return _cut(f"{places}{'; '.join((finding.rule, *finding.beside))}.", indent, 3)
    for words in (f"{places}{finding.rule}", *finding.where):
        if len(wrapped(words, indent)) == 1:
            return wrapped(words, indent)
    return _cut(finding.where[-1] if finding.where else finding.rule, indent, 1)


def _cut(words: str, indent: str, most: int) -> list[str]:
    """Return a paragraph of at most so many lines. What there is no room for is left out, a sentence if one is whole, and marked `…`."""
    lines = wrapped(words, indent)
    if len(lines) <= most:
        return lines
    kept = " ".join(lines[:most]).split()
    while True:
        shown = wrapped(f"{' '.join(kept)} …", indent)
        if len(shown) <= most or len(kept) == 1:
            break
        kept.pop()
    text = " ".join(kept)
    whole = text.rfind(". ") + 1 or (len(text) if text.endswith(".") else 0)
    return wrapped(f"{text[:whole]} …", indent) if whole > len(text) // 3 else shown


def _on_top(shown: Screen, colour: bool) -> Iterator[str]:
    for missed in shown.missed:
        yield ""
        yield style(missed.heading, colour, bold=True)
        for line in missed.lines:
            yield from wrapped(line, "  ", "    ")
        if missed.more:
            yield f"  … and {missed.more} more: --all"
    if shown.errors:
        yield ""
        yield style("Errors", colour, bold=True)
        for error in shown.errors:
            yield from wrapped(error, "  ", "    ")


def _told(shown: Screen, most: int) -> list[str]:
    """Return what could not be told in at most so many lines, and what was said never to come. What there is no room for is counted."""
    never = [f"Never given here: {', '.join(shown.never)}."] if shown.never else []
    if not shown.told:
        return never
    for number in range(len(shown.told), 0, -1):
        left = len(shown.told) - number
        more = f"; and {left} more: --all" if left else ""
        lines = [*never, *wrapped(f"Told in part: {'; '.join(shown.told[:number])}{more}.", "")]
        if len(lines) <= most:
            return lines
    return [*never, *_cut(" ".join(lines[len(never) :]), "", most - len(never))]
