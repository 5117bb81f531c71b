"""A figure over time under construction: bars, lines, fans, rules, and names beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import plotly.graph_objects as go

from pages.components.charts import theme
from pages.components.charts.names import Name, Names, When
from pages.components.charts.theme import Look, PlotlyPart
from pages.components.charts.traces import DAY_MS, Points, compact, finite, not_below_zero, places
from pages.components.charts.words import plain

_ROOMS: Final = (1.18, 1.3, 1.45, 1.65, 1.9, 2.2, 2.6, 3.0, 3.6)
"""How much higher than what is drawn the axis may reach: as little as names have room with."""

_OUTER: Final = 1.6
"""How many times as high an outer fan may make the axis; it is cut off there, and says so."""

_FILLED: Final = 0.75
"""How much of its period a bar takes."""


@dataclass
class Drawing:
    """Collects the parts of a figure; Plotly gets them in one go, which is what makes it fast.

    Attributes:
        start, end: The ends of the x axis; nothing is drawn beyond them.
        greatest: The greatest value that the axis must hold.
        outermost: The greatest one of fans that may be cut off.
        template: How Plotly makes what is said of a point, of its place, its value and its text.
    """

    start: When
    end: When
    traces: list[PlotlyPart] = field(default_factory=list)
    shapes: list[PlotlyPart] = field(default_factory=list)
    greatest: float = 0.0
    outermost: float = 0.0
    template: str = "%{text}"
    _said: dict[tuple[date, float], tuple[float, str]] = field(default_factory=dict)
    _names: Names = field(init=False)

    def __post_init__(self) -> None:
        """Let names keep to the ends of the axis."""
        self._names = Names(self.start, self.end)

    def bars(self, points: Points, look: Look) -> None:
        """Add a bar for each value, as wide as its period; zero values add nothing."""
        if not points.dates:
            return
        self._reach(points.values)
        marker = {"color": look.colour + "B3", "line": {"width": 0}}
        # Each stands in the middle of its period. Plotly would make a lone one as wide as the plot.
        days = 2 * points.shift_days * _FILLED
        bar = {"type": "bar", "name": look.name, "marker": marker, "width": days * DAY_MS}
        self._trace(points, bar)
        self._names.keep_off_bars(points, days)

    def line(
        self, points: Points, look: Look, *, width: float = 2.0, is_named: bool = True
    ) -> None:
        """Add a line, with its name at its right end; zero values add nothing."""
        if not points.dates:
            return
        self._reach(points.values)
        marker = {"symbol": look.marker, "size": 5, "color": look.colour}
        self._trace(
            points,
            {
                "type": "scatter",
                "name": look.name,
                "mode": "lines+markers" if look.marker else "lines",
                "line": {"color": look.colour, "dash": look.dash, "width": width},
                **({"marker": marker} if look.marker else {}),
            },
        )
        self._names.keep_off_line(points)
        if is_named:
            self._name_end(look.name, points, look.colour)

    def fan(
        self,
        low: Points,
        high: Points,
        look: Look,
        alpha: str,
        *,
        name: str,
        is_outer: bool = False,
    ) -> None:
        """Add the band between two lines, named at the right end of the upper one.

        Args:
            low: The lower line.
            high: The upper one, of the same dates.
            look: Has the colour.
            alpha: How strong the colour is, in two hexadecimal digits.
            name: Stands at the right end; nothing if empty.
            is_outer: Whether it is cut off rather than that all else gets small.
        """
        if not low.dates:
            return
        if is_outer:
            self.outermost = max(self.outermost, *finite(high.values), 0.0)
        else:
            self._reach(high.values)
        shared = {"type": "scatter", "mode": "lines", "line": {"width": 0}}
        self._trace(low, shared)
        self._trace(high, {**shared, "fill": "tonexty", "fillcolor": look.colour + alpha})
        if name:
            self._name_end(name, high, look.colour)

    def crosses(self, points: Points, colour: str) -> None:
        """Add a cross at each value."""
        if not points.dates:
            return
        marker = {"symbol": "x", "size": 9, "color": colour}
        self._trace(points, {"type": "scatter", "mode": "markers", "marker": marker})
        self._names.keep_off_signs(points)

    def future(self, begin: When, text: str) -> None:
        """Rule a line where the future begins, with *text* inside, and shade what follows."""
        place = begin.isoformat()
        shade = {"x0": place, "x1": self.end.isoformat(), "fillcolor": theme.SHADE}
        rule = {"color": theme.RULE, "width": 1}
        self._upright({"type": "rect", **shade, "line": {"width": 0}})
        self._upright({"type": "line", "x0": place, "x1": place, "line": rule})
        self._names.first.append(Name(text, begin, None, None, theme.TEXT))

    def level(self, value: float, text: str) -> None:
        """Add a thin level line with its text at its left end."""
        self._reach([value])
        line = {"color": theme.RULE, "width": 1, "dash": "dot"}
        across = {"x0": 0, "x1": 1, "xref": "paper", "y0": value, "y1": value, "layer": "below"}
        self.shapes.append({"type": "line", **across, "line": line})
        self._names.keep_off_line(Points([self.start, self.end], [value, value]))
        self._names.beside.append(Name(text, self.start, value, "left", theme.TEXT))

    def window(self, begin: When, end: When, text: str, colour: str) -> None:
        """Shade the days on which something may happen, as far as they are in the plot."""
        first, last = max(begin, self.start), min(end, self.end)
        sides = {"x0": first.isoformat(), "x1": last.isoformat(), "fillcolor": colour + "1F"}
        self._upright({"type": "rect", **sides, "line": {"width": 0}})
        self._names.beside.append(Name(text, first, None, None, colour))

    def mark(self, at: date, text: str, colour: str) -> None:
        """Mark a day at the foot of the plot, with its text beside it."""
        marker = {"symbol": "x", "size": 11, "color": colour}
        points = Points([at], [0.0])
        self._trace(
            points, {"type": "scatter", "mode": "markers", "marker": marker, "cliponaxis": False}
        )
        self._names.keep_off_signs(points)
        self._names.first.append(Name(text, at, 0.0, None, colour))

    def note(self, text: str, at: date, value: float, colour: str = theme.TEXT) -> None:
        """Write *text* beside a value."""
        self._names.beside.append(Name(text, at, max(0.0, value), None, colour))

    def hover(self, points: Points) -> None:
        """Say something of each value when it is pointed at; the last of a day is what counts."""
        values = not_below_zero(points.values)
        for day, value, text in zip(points.dates, values, points.hover, strict=False):
            self._said[day, points.shift_days] = (value or 0.0, text)

    def heading(self, text: str) -> None:
        """Write *text* at the top of the left end."""
        self._names.first.append(Name(text, self.start, None, "left", theme.TEXT))

    def figure(self, unit: str) -> go.Figure:
        """Return the figure; *unit* is what its axis counts."""
        greatest = self.greatest or self.outermost
        # Less than one of a thing is no height worth filling the plot with.
        held = max(greatest, min(self.outermost, greatest * _OUTER), 1.0)
        top, names = self._names.placed([held * room for room in _ROOMS])
        layout = theme.layout(
            xaxis={"range": [self.start.isoformat(), self.end.isoformat()]},
            yaxis={"range": [0, top]},
        )
        layout["annotations"] = [*names, _head(unit)]
        layout["shapes"] = self.shapes
        # Plotly's validation takes twenty times as long as all the rest; the tests have it done.
        data = [*self.traces, *self._pointed_at()]
        return go.Figure({"data": data, "layout": layout}, _validate=False)

    def _trace(self, points: Points, part: PlotlyPart) -> None:
        where = places(points.dates, points.shift_days)
        values = not_below_zero(points.values)
        self.traces.append({**part, **where, "y": compact(values), "hoverinfo": "skip"})
        self.hover(points)

    def _pointed_at(self) -> list[PlotlyPart]:
        """Return the unseen points that say something, so that only one does at a time."""
        if not self._said:
            return []
        days = sorted(self._said)
        values, texts = zip(*(self._said[day] for day in days), strict=True)
        return [
            {
                "type": "scatter",
                "mode": "markers",
                "marker": {"opacity": 0},
                **places([day for day, _shift in days], days[0][1]),
                "y": compact(values),
                "text": texts,
                "hoverinfo": "text",
                "hovertemplate": f"{self.template}<extra></extra>",
            }
        ]

    def _upright(self, shape: PlotlyPart) -> None:
        self.shapes.append({**shape, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"})

    def _name_end(self, text: str, points: Points, colour: str) -> None:
        value = next(reversed(not_below_zero(points.values)), 0.0)
        self._names.ends.append(Name(text, self.end, value or 0.0, "right", colour))

    def _reach(self, values: Sequence[float | None]) -> None:
        self.greatest = max(self.greatest, *finite(values), 0.0)


def _head(unit: str) -> PlotlyPart:
    """Return what the axis counts, above its left end."""
    at = {"x": 0, "y": 1, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    font = {"size": theme.TEXT_SIZE, "color": theme.TEXT}
    return {"text": plain(unit), **at, "yshift": 4, "showarrow": False, "font": font}
