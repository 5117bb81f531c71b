"""The names of what a figure shows, and the ink that they keep off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from pages.components.charts import theme
from pages.components.charts.ink import NARROWEST_PX, Floats, Stroke, Strokes
from pages.components.charts.labels import ASIDE_PX, Label, PlacedLabel, Side, apart
from pages.components.charts.theme import PlotlyPart
from pages.components.charts.traces import Points, not_below_zero
from pages.components.charts.words import plain

When = date | datetime
"""Where on the x axis."""

_HEIGHT_PX: Final = float(theme.HEIGHT - theme.TOP - theme.BOTTOM)
_DAY_S: Final = 86_400
_SIGN_PX: Final = 12


@dataclass(frozen=True)
class Name:
    """A text beside a value at a place; at the top of the plot without a value."""

    text: str
    at: When
    value: float | None
    side: Side | None
    colour: str


@dataclass
class Names:
    """Collects names, and what they must not lie on.

    Attributes:
        start, end: The ends of the x axis.
        first: Names that have the first choice.
        ends: Names of lines and fans at their right ends, which choose next, the lowest first.
        beside: Names beside single places.
    """

    start: When
    end: When
    first: list[Name] = field(default_factory=list)
    ends: list[Name] = field(default_factory=list)
    beside: list[Name] = field(default_factory=list)
    _strokes: list[Stroke] = field(default_factory=list)

    def keep_off_line(self, points: Points) -> None:
        """Keep names off the line through *points*."""
        self._keep_off(points)

    def keep_off_bars(self, points: Points, days: float) -> None:
        """Keep names off bars that are so many days wide."""
        self._keep_off(points, bar_share=days / self._days)

    def keep_off_signs(self, points: Points) -> None:
        """Keep names off the sign at each of *points*, and off what is below it."""
        self._keep_off(points, bar_share=_SIGN_PX / NARROWEST_PX, rise_px=_SIGN_PX / 2)

    def placed(self, tops: Sequence[float]) -> tuple[float, list[PlotlyPart]]:
        """Return where the y axis ends, and each name as it is drawn.

        Args:
            tops: Ends of the axis that may be; it gets the first at which no name lies on another
                or on ink, else the one at which names do least harm.
        """
        tried = []
        strokes = Strokes.of(self._strokes)
        for top in tops:
            found, harm = apart(self._labels(top), strokes.ink(top, _HEIGHT_PX))
            tried.append((harm, top, found))
            if not harm:
                break
        _harm, top, found = min(tried, key=lambda one: one[0])
        return top, [_drawn(label, top) for label in found]

    def _labels(self, top: float) -> list[Label]:
        # Each stands above its line where it can, so that they are stacked like their lines.
        ends = sorted(self.ends, key=lambda name: -(name.value or 0.0))[::-1]
        return [self._label(name, top) for name in (*self.first, *ends, *self.beside)]

    def _label(self, name: Name, top: float) -> Label:
        is_cut = name.value is not None and name.value > top
        value = top if name.value is None else min(name.value, top)
        return Label(
            text=f"{name.text} ↑" if is_cut else name.text,
            place=name.at.isoformat(),
            share=(_moment(name.at) - _moment(self.start)) / timedelta(days=self._days),
            height_px=value / top * _HEIGHT_PX,
            side=name.side,
            colour=name.colour,
        )

    def _keep_off(self, points: Points, *, bar_share: float = 0.0, rise_px: float = 0.0) -> None:
        values = np.array(not_below_zero(points.values), dtype=float)
        known = ~np.isnan(values)
        shares = self._shares(points)[known]
        self._strokes.append(Stroke(shares, values[known], bar_share, rise_px))

    def _shares(self, points: Points) -> Floats:
        """Return how far from the left end to the right one each point is."""
        days = np.array(points.dates, dtype="datetime64[s]") - np.datetime64(_moment(self.start))
        seconds = days / np.timedelta64(1, "s") + points.shift_days * _DAY_S
        return seconds / (self._days * _DAY_S)

    @property
    def _days(self) -> float:
        """How long the x axis is."""
        return (_moment(self.end) - _moment(self.start)) / timedelta(days=1) or 1.0


def _drawn(placed: PlacedLabel, top: float) -> PlotlyPart:
    label = placed.label
    return {
        "text": "<br>".join(map(plain, placed.lines)),
        "x": label.place,
        "xanchor": placed.side,
        "align": placed.side,
        "xshift": ASIDE_PX if placed.side == "left" else -ASIDE_PX,
        "y": placed.middle_px / _HEIGHT_PX * top,
        "yanchor": "middle",
        "showarrow": False,
        "borderpad": 0,
        # The rule of the future and the grid go behind a name, not through it.
        "bgcolor": theme.GROUND,
        "font": {"size": theme.TEXT_SIZE, "color": label.colour},
    }


def _moment(at: When) -> datetime:
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)  # noqa: DTZ001
