"""A picture as SVG or PNG: the same shapes, written twice. Nothing here knows of rules.

SVG is text and needs nothing. PNG is drawn by Pillow (the extra `picture`), whose own letters need no font of the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from math import ceil, floor
from xml.sax.saxutils import escape, quoteattr

from codesafety.authoring.picture import Cell, Chart, Picture

_WIDTH, _LEFT, _RIGHT = 760, 96, 20
_ROW, _GAP, _BAR = 26, 6, 20
_INK, _SOFT = "#1b2733", "#4a5966"
_FILLS: dict[Cell, str] = {"fires": "#7a1620", "cannot tell": "#f4d98b", "clear": "#ffffff", "no such day": "#d0d5da"}
_TICKS = 8
_SCALE = 2


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    x: float
    y: float
    to_x: float
    to_y: float
    stroke: str = _INK
    width: float = 1


@dataclass(frozen=True, slots=True)
class Word:
    x: float
    y: float
    text: str
    size: int = 12
    anchor: str = "start"
    fill: str = _INK


Shape = Rect | Line | Word


def as_svg(one: Picture) -> str:
    """Return a picture as SVG: with a title, and each row in words as its description."""
    shapes, height = _shapes(one)
    said = " ".join(f"{sentence}." for sentence in one.sentences())
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'style="max-width:100%;height:auto;background:#fff" aria-label={quoteattr(f"For whom {one.title} fires")}>'
    )
    texts = f"<title>{escape(f'For whom {one.title} fires')}</title><desc>{escape(said)}</desc>"
    return "\n".join([head, texts, *(_svg(shape) for shape in shapes), "</svg>", ""])


def _svg(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height, fill, title):
            inside = f"<title>{escape(title)}</title>" if title else ""
            return f'<rect x="{x:g}" y="{y:g}" width="{width:.2f}" height="{height:g}" fill="{fill}" stroke="{_INK}" stroke-width="0.75">{inside}</rect>'
        case Line(x, y, to_x, to_y, stroke, width):
            return f'<line x1="{x:.2f}" y1="{y:.2f}" x2="{to_x:.2f}" y2="{to_y:.2f}" stroke="{stroke}" stroke-width="{width:g}"/>'
        case Word(x, y, text, size, anchor, fill):
            return (
                f'<text x="{x:.2f}" y="{y:g}" font-size="{size}" font-family="system-ui, Segoe UI, Roboto, Arial, sans-serif" '
                f'text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'
            )


def as_png(one: Picture) -> bytes:
    """Return a picture as PNG, at twice its size. Raises ModuleNotFoundError without Pillow."""
    from PIL import Image, ImageDraw, ImageFont

    shapes, height = _shapes(one)
    image = Image.new("RGB", (_WIDTH * _SCALE, height * _SCALE), "#ffffff")
    draw = ImageDraw.Draw(image)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for shape in shapes:
        match shape:
            case Rect(x, y, width, tall, fill):
                draw.rectangle([x * _SCALE, y * _SCALE, (x + width) * _SCALE, (y + tall) * _SCALE], fill=fill, outline=_INK)
            case Line(x, y, to_x, to_y, stroke, width):
                draw.line([x * _SCALE, y * _SCALE, to_x * _SCALE, to_y * _SCALE], fill=stroke, width=round(width * _SCALE))
            case Word(x, y, text, size, anchor, fill):
                font = ImageFont.load_default(size * _SCALE)
                draw.text((x * _SCALE, y * _SCALE), text, fill=fill, font=font, anchor=anchors[anchor])
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _shapes(one: Picture) -> tuple[list[Shape], int]:
    shapes: list[Shape] = [Word(8, 22, one.title, 15), *_key(), Word(8, 66, f"Begins with {one.of}.", 11, fill=_SOFT)]
    top = 92
    for chart in one.charts:
        shapes.append(Word(8, top, f"{chart.title[:1].upper()}{chart.title[1:]}", 13))
        y = top + 10
        for row in chart.rows:
            shapes.append(Word(_LEFT - 8, y + 15, row, anchor="end"))
            shapes += _row(chart, row, y)
            y += _ROW
        shapes += _axis(chart, y)
        top = y + 58
    return shapes, top - 10


def _key() -> Iterator[Shape]:
    x = 8.0
    for cell in ("fires", "cannot tell", "clear"):
        yield from _bar(cell, x, 36, 22, 14)
        yield Word(x + 28, 48, cell)
        x += 48 + 7 * len(cell)


def _row(chart: Chart, row: str, y: float) -> Iterator[Shape]:
    for cell, low, high in chart.stretches(row):
        x, to = _at(chart, low), _at(chart, high)
        said = f"{row}: {cell}, from {chart.named(low)} until {chart.named(high)} {chart.unit}"
        yield from _bar(cell, x, y, to - x, _BAR, said)


def _bar(cell: Cell, x: float, y: float, width: float, height: float, said: str = "") -> Iterator[Shape]:
    """Yield a bar of which the answer is seen without colour: full, hatched, or empty with a line through its middle."""
    yield Rect(x, y, width, height, _FILLS[cell], said)
    if cell == "cannot tell":
        step = 6.0
        for n in range(ceil(-height / step), floor(width / step) + 1):
            begin, end = max(0.0, n * step), min(width, n * step + height)
            if begin < end:
                yield Line(x + begin, y + height - (begin - n * step), x + end, y + height - (end - n * step))
    elif cell == "clear":
        yield Line(x + 1, y + height / 2, x + width - 1, y + height / 2, "#9aa7b2")


def _axis(chart: Chart, y: float) -> Iterator[Shape]:
    yield Line(_LEFT, y, _WIDTH - _RIGHT, y)
    span = chart.end - chart.starts[0]
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if span / s <= _TICKS or s == 10_000)
    changes = sorted({low for row in chart.rows for _, low, _ in chart.stretches(row)} - {chart.starts[0]})
    taken: list[float] = []
    for at in [*changes, *range(ceil(chart.starts[0] / step) * step, floor(chart.end) + 1, step)]:
        x = _at(chart, at)
        if all(abs(x - other) > 34 for other in taken):
            taken.append(x)
            yield Line(x, y, x, y + 5)
            yield Word(x, y + 18, chart.named(at), 11, "middle", _INK if at in changes else _SOFT)
    yield Word((_LEFT + _WIDTH - _RIGHT) / 2, y + 33, f"{chart.axis}, {chart.unit}", 11, "middle", _SOFT)


def _at(chart: Chart, value: float) -> float:
    return _LEFT + (value - chart.starts[0]) / (chart.end - chart.starts[0]) * (_WIDTH - _LEFT - _RIGHT)
