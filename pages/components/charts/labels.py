"""Names inside a plot: beside what they name, none on another, on a telephone as on a desk.

They are placed for the narrowest screen. Wider ones only move them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

NARROWEST_PX: Final = 300
"""Width of a plot on a screen of 390 pixels."""

_SIGN_PX: Final = 6.3
_LINE_PX: Final = 16
_STEPS: Final = 9

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


@dataclass(frozen=True)
class PlacedLabel:
    """A label with the end of its text that is at its place, and the height of its middle."""

    label: Label
    side: Side
    middle_px: float

    @cached_property
    def box(self) -> tuple[float, float, float, float]:
        """Left, right, foot and head of the text on the narrowest screen."""
        width = len(self.label.text) * _SIGN_PX + 8
        at = self.label.share * NARROWEST_PX
        left = at if self.side == "left" else at - width
        return left, left + width, self.middle_px - _LINE_PX / 2, self.middle_px + _LINE_PX / 2


def apart(labels: Sequence[Label], height_px: float) -> list[PlacedLabel]:
    """Return where *labels* stand; those first in order have the first choice.

    Where there is room for no more, they stand where the fewest others are.
    """
    placed: list[PlacedLabel] = []
    for label in labels:
        placed.append(_best(_ways(label, height_px), placed))
    return placed


def _best(ways: Iterator[PlacedLabel], placed: Sequence[PlacedLabel]) -> PlacedLabel:
    """Return the first of *ways* that costs nothing, else the one that costs least."""
    tried: list[tuple[float, PlacedLabel]] = []
    for way in ways:
        cost = _cost(way, placed)
        if cost == 0:
            return way
        tried.append((cost, way))
    return min(tried, key=lambda one: one[0])[1]


def _ways(label: Label, height_px: float) -> Iterator[PlacedLabel]:
    """Yield where a label may stand, the best first."""
    usual: Side = "left" if label.share < 0.5 else "right"
    other: Side = "right" if usual == "left" else "left"
    sides = (label.side,) if label.side else (usual, other)
    lowest, highest = _LINE_PX / 2, max(_LINE_PX / 2, height_px - _LINE_PX / 2)
    for step in range(_STEPS):
        for above in (1, -1):
            distance = _LINE_PX / 2 + 3 + step * _LINE_PX
            middle = min(max(label.height_px + above * distance, lowest), highest)
            for side in sides:
                yield PlacedLabel(label, side, middle)


def _cost(way: PlacedLabel, placed: Sequence[PlacedLabel]) -> float:
    """Return how much of a label is off the plot or on others."""
    left, right, foot, head = way.box
    cost = max(0.0, -left) + max(0.0, right - NARROWEST_PX)
    for one in placed:
        a, b, c, d = one.box
        cost += max(0.0, min(right, b) - max(left, a)) * max(0.0, min(head, d) - max(foot, c))
    return cost
