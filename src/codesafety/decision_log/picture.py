"""A control chart as lines of text, and as a picture (SVG) that stands alone or in a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from html import escape

from codesafety.decision_log.statistics import Point

_BAR = 40
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BELOW = 760, 260, 60, 36, 16, 40


def as_text(points: Sequence[Point]) -> Iterator[str]:
    """Yield a line a period: its first day, hits of messages, the rate as a bar, the limit, and whether it is above."""
    most = _most(points)
    for one in points:
        bar = "#" * round(_share(one.hits, one.of) / most * _BAR)
        at = min(_BAR, round(_share(one.limit, one.of) / most * _BAR))
        drawn = "".join("|" if place == at else mark for place, mark in enumerate(bar.ljust(_BAR + 1)))
        yield f"{date.fromordinal(one.first_day)}  {one.hits:>6} of {one.of:>7}  {drawn}{'  ABOVE' if one.above else ''}".rstrip()


def as_svg(points: Sequence[Point], title: str) -> str:
    """Return the picture: rates as a line, the limit as a dashed one, points above it filled. Its text says the same."""
    most, last = _most(points), max(1, len(points) - 1)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BELOW

    def place(number: int, share: float) -> str:
        return f"{_LEFT + wide * number / last:.1f},{_TOP + high * (1 - min(1.0, share / most)):.1f}"

    rates = [place(n, _share(one.hits, one.of)) for n, one in enumerate(points)]
    limits = [place(n, _share(one.limit, one.of)) for n, one in enumerate(points)]
    above = [at.split(",") for at, one in zip(rates, points, strict=True) if one.above]
    total = _share(sum(one.hits for one in points), sum(one.of for one in points))
    words = f"{title}: {len(points)} periods, {len(above)} above the limit"
    middle = place(0, total).split(",")[1]
    texts = [
        (_LEFT, 20, "start", title),
        (_LEFT - 6, _TOP + 4, "end", f"{most:.2%}"),
        (_LEFT - 6, _TOP + high, "end", "0"),
        *((_LEFT, _HEIGHT - 14, "start", str(date.fromordinal(points[0].first_day))) for _ in points[:1]),
        *((_LEFT + wide, _HEIGHT - 14, "end", str(date.fromordinal(points[-1].first_day))) for _ in points[1:2]),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif" font-size="12">',
            f"<title>{escape(words)}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            *(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>' for x, y, anchor, text in texts),
            f'<line x1="{_LEFT}" x2="{_LEFT + wide}" y1="{middle}" y2="{middle}" stroke="#777"/>',
            f'<polyline points="{" ".join(limits)}" fill="none" stroke="#a33" stroke-dasharray="5 4"/>',
            f'<polyline points="{" ".join(rates)}" fill="none" stroke="#146" stroke-width="2"/>',
            *(f'<circle cx="{x}" cy="{y}" r="5" fill="#a33"/>' for x, y in above),
            "</svg>",
            "",
        ]
    )


def _most(points: Sequence[Point]) -> float:
    return max([max(_share(one.hits, one.of), _share(one.limit, one.of)) for one in points], default=0) or 1.0


def _share(number: int, of: int) -> float:
    return number / of if of else 0.0
