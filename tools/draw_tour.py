"""Draw the tour: every pass of a rule and of a message, as `docs/tour.svg` and as the tables of `docs/tour.md`.

    python -m tools.draw_tour

The passes stand here once. `tests/house/test_tour.py` follows a message and holds them against what was really called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib import import_module
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tour.md"
DRAWING = ROOT / "docs" / "tour.svg"
PACKAGE = "codesafety"


@dataclass(frozen=True, slots=True)
class Pass:
    """One arrow: a function, and who calls it. Names are dotted, below the package."""

    mark: str
    verb: str
    function: str
    called_by: str
    """Empty where the caller is outside the package; `lark` where Lark is it."""
    takes: str
    gives: str
    tells: str
    """What comes of what it cannot take, or what there is to say otherwise."""


RULE = (
    Pass(
        "A", "scan", "language.parsing.lexer.Scanner.scan", "language.parsing.parser.parse_collecting", "text", "tokens",
        "CS1xx, every place at once",
    ),
    Pass(
        "B", "parse", "language.parsing.builder.Builder.start", "lark", "tokens", "syntax",
        "CS1xx, with a remedy",
    ),
    Pass(
        "C", "check", "language.checking.rulesets.check", "language.loader._checked", "syntax", "ir",
        "CS2xx; then CS4xx, what a careful author adds",
    ),
    Pass(
        "D", "bind", "evaluation.binding.bind", "engine.load", "ir", "Binding",
        "CS3xx: value sets against one release, or the lists that come with the rules",
    ),
    Pass(
        "E", "compile", "evaluation.compiled.program.compile_program", "engine.Engine.__init__", "Binding", "Program",
        "nothing: what is bound can be compiled",
    ),
)  # fmt: skip
MESSAGE = (
    Pass(
        "1", "open", "engine.open_source", "cli.check._check_files", "a path", "Source",
        "InputError: no such file, too large",
    ),
    Pass(
        "2", "parse", "formats.fhir.source.parse", "formats.fhir.update_record.UpdateRecordReader._parts", "Source", "Tree",
        "InputError: neither XML nor JSON; Declined: another kind of message",
    ),
    Pass(
        "3", "read", "formats.fhir.source.read_parts", "formats.fhir.update_record.UpdateRecordReader._parts", "Tree", "Parts",
        "`not_read`, by path: nothing is lost",
    ),
    Pass(
        "4", "hand over", "formats.fhir.source.to_submission", "formats.fhir.update_record.UpdateRecordReader.read", "Parts",
        "Submission", "nothing: every reader ends in a `Submission`, a supplier's too",
    ),
    Pass(
        "5", "look up", "evaluation.facts.Facts", "engine.Engine.assess", "Submission", "Facts",
        "nothing: what is not known stays unknown",
    ),
    Pass(
        "6", "run", "evaluation.compiled.program.Program.run", "engine.Engine._run", "Facts", "RunResult",
        "fires, clear or cannot tell; a rule that breaks is not checked, and its items are held",
    ),
    Pass(
        "7", "report", "reporting.whole.report", "engine.Engine.assess", "RunResult", "Report",
        "findings, missing inputs, the decision",
    ),
    Pass(
        "8", "render", "cli.render.render", "cli.check._check_files", "Report", "text",
        "all of it, to a person",
    ),
    Pass(
        "9", "deliver", "engine.Engine.deliver", "", "Report", "plugins",
        "PluginError, which names all that failed",
    ),
)  # fmt: skip
BESIDE = (
    Pass(
        "R", "answer again", "evaluation.reference.run.run_reference", "engine.Engine._run", "Binding, Facts", "RunResult",
        "the same as 6, or one of the two is wrong",
    ),
    Pass(
        "R", "explain", "evaluation.reference.explanation.explain", "reporting.findings.Findings._finding", "what fired",
        "an explanation", "facts, exceptions, what would clear it",
    ),
)  # fmt: skip
TABLES = {"rule": RULE, "message": MESSAGE, "beside": BESIDE}
STATIONS = {
    "tokens": "language.parsing.tokens.Token",
    "syntax": "language.parsing.syntax.File",
    "ir": "ir.Ruleset",
    "Binding": "evaluation.binding.Binding",
    "Program": "evaluation.compiled.program.Program",
    "Source": "plugins.reading.Source",
    "Tree": "formats.fhir.tree.Tree",
    "Parts": "formats.fhir.source.Parts",
    "Submission": "record.Submission",
    "Facts": "evaluation.facts.Facts",
    "RunResult": "evaluation.outcome.RunResult",
    "Report": "report.Report",
}
"""What stands between the passes, where it is a class of ours."""


def home(dotted: str) -> tuple[ModuleType, str]:
    """Return the module that a dotted name below the package leads into, and the rest of the name. Raises ImportError."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            return import_module(".".join([PACKAGE, *parts[:cut]])), ".".join(parts[cut:])
        except ModuleNotFoundError as error:
            if error.name is None or not f"{PACKAGE}.{dotted}.".startswith(f"{error.name}."):
                raise
    raise ImportError(f"no module of {PACKAGE} is named in {dotted}")


def inside(file: str) -> str:
    """Return where a file is inside the package, be it installed or here."""
    return Path(file).resolve().relative_to(Path(str(import_module(PACKAGE).__file__)).resolve().parent).as_posix()


# ------------------------------------------------------------------------------------------------ the tables


def link(dotted: str, text: str = "") -> str:
    """Return a dotted name as a link to its file."""
    return f"[{text or f'`{dotted}`'}](../src/{PACKAGE}/{inside(str(home(dotted)[0].__file__))})"


def table(passes: Sequence[Pass]) -> str:
    rows = [
        f"| {one.mark} | {one.takes} → {_station(one.gives)} | **{one.verb}** {link(one.function)}<br>{_caller(one)} | {one.tells} |"
        for one in passes
    ]
    return "\n".join(["| | from → to | pass, and who calls it | what it tells |", "|---|---|---|---|", *rows])


def _station(name: str) -> str:
    return link(STATIONS[name], f"`{name}`") if name in STATIONS else name


def _caller(one: Pass) -> str:
    match one.called_by:
        case "":
            return "by your program"
        case "lark":
            return "by Lark: each production of `rules.lark` has its method"
        case dotted:
            return f"by {link(dotted)}"


def written(page: str) -> str:
    """Return the page with its tables as they are now."""
    for name, passes in TABLES.items():
        fence = re.compile(rf"(<!-- {name}: written by tools/draw_tour\.py -->\n).*?(<!-- end -->)", re.DOTALL)
        if not fence.search(page):
            raise ValueError(f"the page has no place for the table `{name}`")
        page = fence.sub(lambda found, passes=passes: f"{found[1]}{table(passes)}\n{found[2]}", page)  # type: ignore[misc]
    return page


# ------------------------------------------------------------------------------------------------ the drawing

WIDTH, HEIGHT = 860, 880
STEP, BOX, HALF = 92, 34, 90
RULE_X, MESSAGE_X, ASIDE_X = 130, 540, 770
TOP = 76
STYLE = """\
  .paper { fill: #ffffff; stroke: #d0d7de; }
  .box { fill: #eef4fb; stroke: #4a74a8; }
  .beside { fill: #f6f1e7; stroke: #a5824a; }
  text { font-family: system-ui, sans-serif; font-size: 13px; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .name { text-anchor: middle; font-weight: 600; }
  .verb { font-weight: 600; }
  .dotted { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 10.5px; fill: #57606a; }
  .mark { text-anchor: middle; font-size: 11px; font-weight: 600; fill: #ffffff; }
  .disc { fill: #4a74a8; }
  .line { stroke: #57606a; stroke-width: 1.4; fill: none; marker-end: url(#tip); }
  .dashed { stroke-dasharray: 5 4; }"""


def drawing() -> str:
    """Return both lanes as SVG: a rule on the left, once a process; a message on the right, through what the rules became."""
    rule_top = TOP + STEP // 2 + 6  # so that the program stands beside the run
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">',
        "<title>Every pass of a rule and of a message</title>",
        f"<style>\n{STYLE}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#57606a"/></marker></defs>',
        f'<rect class="paper" x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="8"/>',
        f'<text class="title" x="{RULE_X - HALF}" y="42">A rule, once a process</text>',
        f'<text class="title" x="{MESSAGE_X - HALF}" y="42">Each message</text>',
        *_lane(RULE_X, rule_top, RULE),
        *_lane(MESSAGE_X, TOP, MESSAGE[:-1]),
        *_joins(rule_top),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _lane(x: int, top: int, passes: Sequence[Pass]) -> Iterator[str]:
    yield from _box(x, top, passes[0].takes)
    for number, one in enumerate(passes):
        y = top + number * STEP
        yield f'<path class="line" d="M{x} {y + BOX} V{y + STEP - 2}"/>'
        yield from _label(x + 16, y + BOX + 24, one)
        yield from _box(x, y + STEP, one.gives)


def _box(x: int, y: int, name: str, kind: str = "box") -> Iterator[str]:
    yield f'<rect class="{kind}" x="{x - HALF}" y="{y}" width="{2 * HALF}" height="{BOX}" rx="6"/>'
    yield f'<text class="name" x="{x}" y="{y + 22}">{escape(name)}</text>'


def _label(x: int, y: int, one: Pass) -> Iterator[str]:
    yield f'<circle class="disc" cx="{x + 8}" cy="{y}" r="9"/><text class="mark" x="{x + 8}" y="{y + 4}">{one.mark}</text>'
    yield f'<text class="verb" x="{x + 24}" y="{y}">{one.verb}</text>'
    yield f'<text class="dotted" x="{x + 24}" y="{y + 14}">{one.function}</text>'


def _joins(rule_top: int) -> Iterator[str]:
    """Yield what joins the lanes: the program, the reference beside it, and what takes the report away."""
    program, binding = rule_top + 5 * STEP, rule_top + 4 * STEP
    result, report = TOP + 6 * STEP, TOP + 7 * STEP
    beside = program + STEP
    yield f'<path class="line" d="M{RULE_X + HALF} {program + BOX // 2} H{MESSAGE_X - 4}"/>'
    yield from _box(RULE_X, beside, "reference", "beside")
    yield f'<path class="line" d="M{RULE_X - HALF} {binding + BOX // 2} H20 V{beside + BOX // 2} H{RULE_X - HALF - 2}"/>'
    turn = MESSAGE_X - HALF - 60
    yield f'<path class="line dashed" d="M{RULE_X + HALF} {beside + BOX // 2} H{turn} V{result + BOX // 2} H{MESSAGE_X - HALF - 2}"/>'
    yield from _label(RULE_X - HALF, beside + BOX + 24, BESIDE[0])
    deliver = MESSAGE[-1]
    yield f'<path class="line" d="M{MESSAGE_X + HALF} {report + BOX // 2} H{ASIDE_X - 62}"/>'
    yield f'<rect class="box" x="{ASIDE_X - 60}" y="{report}" width="130" height="{BOX}" rx="6"/>'
    yield f'<text class="name" x="{ASIDE_X + 5}" y="{report + 22}">{deliver.gives}</text>'
    yield from _label(ASIDE_X - 80, report + BOX + 24, deliver)


def main() -> None:
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    DRAWING.write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
