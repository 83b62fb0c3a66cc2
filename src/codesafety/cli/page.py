"""Reports as one page to look at or to print: the screen of each, in the same order; with `--all` the whole below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesafety import __version__
from codesafety.answers.screen import Screen, screen
from codesafety.cli import everything
from codesafety.diagnostics import escaped
from codesafety.report import Report


@dataclass(frozen=True, slots=True)
class Section:
    """What one file comes to: a screen of its report, and lines of text where there are any."""

    name: str
    screen: Screen | None = None
    lines: tuple[str, ...] = ()


def section(report: Report, name: str, *, whole: bool) -> Section:
    """Return a report's part of a page, with all of the report as text where the whole is wanted."""
    return Section(name, screen(report), tuple(everything.lines(report, name, colour=False)) if whole else ())


def page(sections: Sequence[Section]) -> str:
    """Return one self-contained page: no script, nothing loaded. What others wrote is escaped, control characters as their codes."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("codesafety.cli", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    return environment.get_template("page.html").render(sections=sections, version=__version__)


def _visible(value: object) -> object:
    return escaped(value) if type(value) is str else value
