"""Names inside a plot: beside what they name, none on another or on a line, on any screen.

They are placed for the narrowest screen. Wider ones only move them apart.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal

from pages.components.charts.ink import NARROWEST_PX, WIDEST_PX, Box, Ink

ASIDE_PX: Final = 4
"""How far from its place a name begins."""

_SIGN_PX: Final = 5.8
_WIDE_SIGN_PX: Final = 8.5
_WIDE_SIGNS: Final = frozenset("mw%@—…")
_LINE_PX: Final = 16
_MOST_LINES: Final = 2
_OUTSIDE: Final = 1_000_000.0
"""What a pixel off the plot costs: it can't be read, which is worse than to lie on anything."""

# One half of the plot is free beside any place, on the one side or on the other.
_LONGEST_PX: Final = NARROWEST_PX / 2 - 2 * ASIDE_PX
# The gap beside a place is of as many pixels on any screen, so it is the narrowest on the widest.
_GAP_PX: Final = ASIDE_PX * NARROWEST_PX / WIDEST_PX
# Pixels from a place, and whether above or below it, the nearest first. Names stand above what they
# name, unless that is much farther: so they are stacked like their lines.
_DISTANCES: Final = sorted(
    ((far, above) for far in range(0, 256, 4) for above in (1, -1)),
    key=lambda way: way[0] if way[1] > 0 else way[0] + 20,
)

# "acaba" and "sex 16/12", not "acaba sex" and "16/12".
_BESIDE_A_NUMBER: Final = re.compile(r"(?<=\d) | (?=\d)")

Side = Literal["left", "right"]
Lines = tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """A text and what it names.

    Attributes:
        place: Where that is on the x axis.
        share: The same as a share of the axis, from 0 to 1.
        height_px: How high above the foot of the plot it is.
        side: Which end of the text is there; None for the one that has room.
        colour: As Plotly takes it.
    """

    text: str
    place: str
    share: float
    height_px: float
    side: Side | None
    colour: str

    @cached_property
    def forms(self) -> tuple[Lines, ...]:
        """The text in one line, if that isn't too long, and in two; what is longer ends in dots."""
        text = " ".join(self.text.split()) or " "
        most = max(4, int(_LONGEST_PX * len(text) / _width_px(text)))
        even = next((two for signs in range(4, most) if len(two := _wrap(text, signs)) == 2), ())
        one = (text,) if len(text) <= most else ()
        return tuple(filter(None, (one, even))) or (_cut(text, most),)


@dataclass(frozen=True)
class PlacedLabel:
    """A label with the end of its text that is at its place, and the height of its middle."""

    label: Label
    lines: Lines
    side: Side
    middle_px: float

    @cached_property
    def box(self) -> Box:
        """Left, right, foot and head of what the text takes on any screen, on the narrowest one."""
        width, height = _size_px(self.lines)
        at = self.label.share * NARROWEST_PX
        near, far = (_GAP_PX, ASIDE_PX + width)
        left, right = (at + near, at + far) if self.side == "left" else (at - far, at - near)
        return left, right, self.middle_px - height / 2, self.middle_px + height / 2


def apart(labels: Sequence[Label], ink: Ink) -> tuple[list[PlacedLabel], float]:
    """Return where *labels* stand, and 0 if none lies on another, on ink, or outside the plot.

    Those first in order have the first choice. Where there is no free place, a label stands where
    it does least harm, and the sum of harm is more than 0.
    """
    placed: list[PlacedLabel] = []
    harm = 0.0
    for label in labels:
        cost, best = _best(_ways(label, ink.height_px), placed, ink)
        placed.append(best)
        harm += cost
    return placed, harm


def _best(
    ways: Iterator[PlacedLabel], placed: Sequence[PlacedLabel], ink: Ink
) -> tuple[float, PlacedLabel]:
    """Return the first of *ways* that costs nothing, else the one that costs least."""
    tried: list[tuple[float, PlacedLabel]] = []
    for way in ways:
        cost = _cost(way, placed, ink)
        if cost == 0:
            return cost, way
        tried.append((cost, way))
    return min(tried, key=lambda one: one[0])


def _ways(label: Label, height_px: float) -> Iterator[PlacedLabel]:
    """Yield where a label may stand, the nearest first."""
    usual: Side = "left" if label.share < 0.5 else "right"
    other: Side = "right" if usual == "left" else "left"
    sides = (label.side,) if label.side else (usual, other)
    for far, above in _DISTANCES:
        for lines in label.forms:
            half = _size_px(lines)[1] / 2
            middle = label.height_px + above * (half + ASIDE_PX + far)
            inside = min(max(middle, half), max(half, height_px - half))
            for side in sides:
                yield PlacedLabel(label, lines, side, inside)


def _cost(way: PlacedLabel, placed: Sequence[PlacedLabel], ink: Ink) -> float:
    """Return how much of a label is off the plot, on others, or on ink."""
    left, right, foot, head = way.box
    off = max(0.0, -left) + max(0.0, right - NARROWEST_PX)
    off += max(0.0, -foot) + max(0.0, head - ink.height_px)
    cost = off * _OUTSIDE
    for one in placed:
        a, b, c, d = one.box
        cost += max(0.0, min(right, b) - max(left, a)) * max(0.0, min(head, d) - max(foot, c))
    return cost + ink.under(way.box)


def _wrap(text: str, signs: int) -> Lines:
    """Return *text* in lines that end in no word, and not beside a number."""
    joined = _BESIDE_A_NUMBER.sub("\u00a0", text)
    lines = textwrap.wrap(joined, signs, break_long_words=False)
    return tuple(line.replace("\u00a0", " ") for line in lines)


def _cut(text: str, signs: int) -> Lines:
    return tuple(textwrap.wrap(text, signs, max_lines=_MOST_LINES, placeholder="…"))


def _size_px(lines: Lines) -> tuple[float, float]:
    """Return how wide and how high a text is."""
    return max(map(_width_px, lines)), _LINE_PX * len(lines)


@lru_cache(maxsize=512)
def _width_px(text: str) -> float:
    wide = sum(sign.isupper() or sign in _WIDE_SIGNS or ord(sign) > 0x2FF for sign in text)
    return wide * _WIDE_SIGN_PX + (len(text) - wide) * _SIGN_PX
