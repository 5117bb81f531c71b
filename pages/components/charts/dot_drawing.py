"""Twenty dots over an axis as inline SVG: each stands for a chance of one in twenty.

In the colour of the text around it, so it is right in light and dark and on paper. What lies beyond
the stock is told by its form, filled, as well as by its colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from pages.components.language import number

WIDTH: Final = 480
_LEFT: Final = 16
_RIGHT: Final = 464
_HEAD: Final = 48
_FIELD: Final = 160
_LEAST_FIELD: Final = 70
_FOOT: Final = 44
_RADII: Final = (7.0, 6.0, 5.0, 4.0)
_MOST_SPREAD: Final = 2.5
_TEXT: Final = 15


@dataclass(frozen=True)
class CrossLine:
    """A line across the dots.

    Attributes:
        value: Where it stands on the axis.
        text: What it is, and its value.
        dash: How it is dashed, as SVG writes it; empty for a whole line.
    """

    value: float
    text: str
    dash: str = ""


@dataclass(frozen=True)
class _Axis:
    most: float

    def x(self, value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * min(value, self.most) / self.most


def dots(
    values: Sequence[float], marks: Sequence[CrossLine], *, edge: float, axis: str, alt: str
) -> str:
    """Return the picture of *values*, each a dot over its place on the axis.

    Args:
        values: From the least on.
        marks: Two at most. One that is far beyond all dots stands at the end of the axis, with
            an arrow in its text.
        edge: Dots beyond it are filled; infinite for none.
        axis: What the axis counts.
        alt: What the picture says.
    """
    scale = _Axis(_most(values, marks))
    radius, placed = _stacked(values, edge, scale)
    tallest = max((level for _, level in placed), default=0) + 1
    foot = _HEAD + max(_LEAST_FIELD, math.ceil(2 * radius * tallest) + 8)
    drawn = "".join(_dot(scale.x(at), foot, level, radius, at > edge) for at, level in placed)
    lines = "".join(_line(mark, place, scale, foot) for place, mark in enumerate(marks))
    return (
        f'<svg class="farol-dots" role="img" aria-label="{escape(alt)}" '
        f'viewBox="0 0 {WIDTH} {foot + _FOOT}" fill="currentColor" stroke="none">'
        f"{drawn}{lines}{_axis(scale, foot, axis)}</svg>"
    )


def _most(values: Sequence[float], marks: Sequence[CrossLine]) -> float:
    """Return where the axis ends: behind all dots, and behind lines that are not far beyond."""
    last = max(values, default=0.0)
    near = [mark.value for mark in marks if mark.value <= _MOST_SPREAD * max(last, 1.0)]
    return max(last, 1.0, *near) * 1.06


def _stacked(
    values: Sequence[float], edge: float, scale: _Axis
) -> tuple[float, list[tuple[float, int]]]:
    """Return the radius of the dots, and value and height in its stack of each.

    A stack has dots of one side of the edge only, over the least of them.
    """
    placed: list[tuple[float, int]] = []
    for radius in _RADII:
        placed = _stacks(values, edge, scale, 2 * radius)
        if max((level for _, level in placed), default=0) * 2 * radius + radius <= _FIELD:
            return radius, placed
    return _RADII[-1], placed


def _stacks(
    values: Sequence[float], edge: float, scale: _Axis, width: float
) -> list[tuple[float, int]]:
    placed: list[tuple[float, int]] = []
    for value in values:
        at, level = placed[-1] if placed else (-math.inf, 0)
        same_side = (at > edge) == (value > edge)
        if placed and same_side and scale.x(value) - scale.x(at) < width:
            placed.append((at, level + 1))
        else:
            placed.append((value, 0))
    return placed


def _dot(x: float, foot: int, level: int, radius: float, beyond: bool) -> str:
    y = foot - radius - 1 - 2 * radius * level
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius - 1:.1f}"'
    if beyond:
        return f'<circle class="farol-beyond" fill="#b3261e" {place}/>'
    return f'<circle fill="none" stroke="currentColor" stroke-width="1.5" {place}/>'


def _line(mark: CrossLine, place: int, scale: _Axis, foot: int) -> str:
    x, y = scale.x(mark.value), 16 + 21 * place
    far = mark.value > scale.most
    anchor, shift = ("end", -5) if far or x > WIDTH / 2 else ("start", 5)
    dash = f' stroke-dasharray="{mark.dash}"' if mark.dash else ""
    text = f"{mark.text} →" if far else mark.text
    return (
        f'<path d="M{x:.1f} {y - 11}V{foot}" stroke="currentColor" stroke-width="2"{dash}/>'
        f'<text x="{x + shift:.1f}" y="{y}" font-size="{_TEXT}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _axis(scale: _Axis, foot: int, named: str) -> str:
    ticks = "".join(
        f'<path d="M{scale.x(value):.1f} {foot}v4" stroke="currentColor"/>'
        f'<text x="{scale.x(value):.1f}" y="{foot + 19}" font-size="{_TEXT}" '
        f'text-anchor="middle">{escape(text)}</text>'
        for value, text in _ticks(scale.most)
    )
    base = f'<path d="M{_LEFT} {foot}H{_RIGHT}" stroke="currentColor"/>'
    label = (
        f'<text x="{WIDTH // 2}" y="{foot + 38}" font-size="{_TEXT}" text-anchor="middle">'
        f"{escape(named)}</text>"
    )
    return f"{base}{ticks}{label}"


def _ticks(most: float) -> list[tuple[float, str]]:
    power = 10.0 ** math.floor(math.log10(most))
    factors = (1, 2, 5, 10, 20, 50)
    step = next(each * power / 10 for each in factors if most * 10 / power <= 5.5 * each)
    count = int(most / step + 1e-9)
    return [(step * place, _number(step * place, step)) for place in range(count + 1)]


def _number(value: float, step: float) -> str:
    return number(value, 0 if step >= 1 else 1 if step >= 0.1 else 2)
