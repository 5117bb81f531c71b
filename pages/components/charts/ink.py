"""Where a plot has ink that no name may lie on: lines, bars, and signs.

It is told on the narrowest screen: from where to where each stroke reaches in each narrow column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

NARROWEST_PX: Final = 300
"""Width of a plot on a screen of 390 pixels."""

WIDEST_PX: Final = 2000

# Narrow, so that a name that begins beside a stroke on the widest screen doesn't lie on it here.
_COLUMN_PX: Final = 0.5
_COLUMNS: Final = int(NARROWEST_PX / _COLUMN_PX)

Box = tuple[float, float, float, float]
"""Left, right, foot and head in pixels from the lower left corner of the plot."""

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Grid = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True)
class Stroke:
    """A drawn line, or bars, or signs.

    Attributes:
        shares: Where its points are on the x axis, from 0 to 1, rising.
        values: How high they are, on the y axis.
        bar_share: How wide each bar is, as a share of the x axis; 0 for a line.
        rise_px: How far above its value the ink of each point reaches.
    """

    shares: Floats
    values: Floats
    bar_share: float = 0.0
    rise_px: float = 0.0


@dataclass(frozen=True)
class Ink:
    """The ink of a plot, in pixels.

    Attributes:
        low: The lowest ink of each stroke in each column; no number where it has none.
        high: The highest.
    """

    low: Grid
    high: Grid
    height_px: float

    def under(self, box: Box) -> int:
        """Return how many columns of strokes lie in *box*."""
        left, right, foot, head = box
        first, behind = max(0, int(left // _COLUMN_PX)), max(0, int(right // _COLUMN_PX) + 1)
        low, high = self.low[:, first:behind], self.high[:, first:behind]
        return int(np.count_nonzero((low < head) & (high > foot)))


@dataclass(frozen=True)
class Strokes:
    """What is drawn, column by column, in the values of the y axis."""

    low: Grid
    high: Grid
    rise_px: Grid

    @classmethod
    def of(cls, strokes: Sequence[Stroke]) -> Strokes:
        """Return *strokes* column by column."""
        ends = [_bars(each) if each.bar_share else _line(each) for each in strokes]
        both = np.array(ends, dtype=float).reshape(-1, 2, _COLUMNS)
        rise_px = np.array([each.rise_px for each in strokes]).reshape(-1, 1)
        return cls(both[:, 0], both[:, 1], rise_px)

    def ink(self, top: float, height_px: float) -> Ink:
        """Return the ink of a plot whose y axis ends at *top*."""
        scale = height_px / top
        return Ink(self.low * scale, self.high * scale + self.rise_px, height_px)


def _columns(shares: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.clip(np.floor(shares * _COLUMNS), 0, _COLUMNS - 1).astype(np.int64)


def _line(stroke: Stroke) -> tuple[Floats, Floats]:
    if not stroke.shares.size:
        return np.full(_COLUMNS, np.nan), np.full(_COLUMNS, np.nan)
    edges = np.linspace(0, 1, _COLUMNS + 1)
    at = np.interp(edges, stroke.shares, stroke.values, left=np.nan, right=np.nan)
    low, high = np.fmin(at[:-1], at[1:]), np.fmax(at[:-1], at[1:])
    columns = _columns(stroke.shares)
    np.fmin.at(low, columns, stroke.values)
    np.fmax.at(high, columns, stroke.values)
    return low, high


def _bars(stroke: Stroke) -> tuple[Floats, Floats]:
    low, high = np.full(_COLUMNS, np.nan), np.full(_COLUMNS, np.nan)
    half = stroke.bar_share / 2
    sides = zip(_columns(stroke.shares - half), _columns(stroke.shares + half), strict=True)
    for (first, last), value in zip(sides, stroke.values, strict=True):
        if value > 0 or stroke.rise_px:
            low[first : last + 1] = 0.0
            high[first : last + 1] = np.fmax(high[first : last + 1], value)
    return low, high
