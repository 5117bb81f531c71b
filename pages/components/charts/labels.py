"""Names inside a plot: beside what they name, none on another or on a line, on any screen.

They are placed for the narrowest screen. Wider ones only move them apart.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from pages.components.charts.ink import NARROWEST_PX, WIDEST_PX, Box, Ink

ASIDE_PX: Final = 4
"""How far from its place a name begins."""

_SIGN_PX: Final = 5.8
_WIDE_SIGN_PX: Final = 8.5
_WIDE_SIGNS: Final = frozenset("mw%@—…")
_LINE_PX: Final = 16
_MOST_LINES: Final = 2
# One half of the plot is free beside any place, on the one side or on the other.
_LONGEST_PX: Final = NARROWEST_PX / 2 - 2 * ASIDE_PX
# The gap beside a place is of as many pixels on any screen, so it is the narrowest on the widest.
_GAP_PX: Final = ASIDE_PX * NARROWEST_PX / WIDEST_PX
_STEP_PX: Final = 8

Side = Literal["left", "right"]


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
    def lines(self) -> tuple[str, ...]:
        """The text in as many lines as it takes; what is too long even so ends in dots."""
        text = " ".join(self.text.split()) or " "
        signs = max(4, int(_LONGEST_PX * len(text) / _width_px(text)))
        if len(text) <= signs:
            return (text,)
        return tuple(textwrap.wrap(text, signs, max_lines=_MOST_LINES, placeholder="…"))

    @cached_property
    def size_px(self) -> tuple[float, float]:
        """How wide and how high the text is."""
        return max(map(_width_px, self.lines)), _LINE_PX * len(self.lines)


@dataclass(frozen=True)
class PlacedLabel:
    """A label with the end of its text that is at its place, and the height of its middle."""

    label: Label
    side: Side
    middle_px: float

    @cached_property
    def box(self) -> Box:
        """Left, right, foot and head of what the text takes on any screen, on the narrowest one."""
        width, height = self.label.size_px
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
    half = label.size_px[1] / 2
    lowest, highest = half, max(half, height_px - half)
    for far in range(0, int(height_px) + _STEP_PX, _STEP_PX):
        for above in (1, -1):
            middle = label.height_px + above * (half + ASIDE_PX + far)
            for side in sides:
                yield PlacedLabel(label, side, min(max(middle, lowest), highest))


def _cost(way: PlacedLabel, placed: Sequence[PlacedLabel], ink: Ink) -> float:
    """Return how much of a label is off the plot, on others, or on ink."""
    left, right, foot, head = way.box
    cost = max(0.0, -left) + max(0.0, right - NARROWEST_PX)
    cost += max(0.0, -foot) + max(0.0, head - ink.height_px)
    for one in placed:
        a, b, c, d = one.box
        cost += max(0.0, min(right, b) - max(left, a)) * max(0.0, min(head, d) - max(foot, c))
    return cost + ink.under(way.box)


def _width_px(text: str) -> float:
    wide = sum(sign.isupper() or sign in _WIDE_SIGNS or ord(sign) > 0x2FF for sign in text)
    return wide * _WIDE_SIGN_PX + (len(text) - wide) * _SIGN_PX
