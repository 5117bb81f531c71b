"""A figure over time under construction: bars, lines, fans, rules, and names beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import plotly.graph_objects as go

from pages.components.charts import theme
from pages.components.charts.theme import PlotlyPart
from pages.components.charts.traces import compact, places

When = date | datetime
"""Where on the x axis."""

_ROOM: Final = 1.18
"""How much higher than what is drawn the axis reaches: names stand there."""

_LINE_PX: Final = 16.0


@dataclass(frozen=True)
class Points:
    """Values by date; *shift_days* is how far behind the beginning of its day each one is drawn.

    Attributes:
        hover: What is said of each when it is pointed at; empty for nothing.
    """

    dates: Sequence[date]
    values: Sequence[float | None]
    hover: Sequence[str] = ()
    shift_days: float = 0.0


@dataclass(frozen=True)
class _EndName:
    text: str
    at: str
    value: float
    colour: str


@dataclass
class Drawing:
    """Collects the parts of a figure; Plotly gets them in one go, which is what makes it fast."""

    start: When
    end: When
    traces: list[PlotlyPart] = field(default_factory=list)
    annotations: list[PlotlyPart] = field(default_factory=list)
    shapes: list[PlotlyPart] = field(default_factory=list)
    greatest: float = 0.0
    _names: list[_EndName] = field(default_factory=list)

    def bars(self, points: Points, look: theme.Look) -> None:
        """Add a bar for each value."""
        if not points.dates:
            return
        self._reach(points.values)
        self.traces.append(
            {
                "type": "bar",
                "name": look.name,
                **places(points.dates, points.shift_days),
                "y": compact(_not_below_zero(points.values)),
                "marker": {"color": look.colour + "B3", "line": {"width": 0}},
                **_hover(points),
            }
        )

    def line(
        self, points: Points, look: theme.Look, *, width: float = 2.0, markers: bool = True
    ) -> None:
        """Add a line with its name at its right end; zero rows add nothing."""
        if not points.dates:
            return
        self._reach(points.values)
        drawn = _not_below_zero(points.values)
        self.traces.append(
            {
                "type": "scatter",
                "name": look.name,
                **places(points.dates, points.shift_days),
                "y": compact(drawn),
                "mode": "lines+markers" if markers else "lines",
                "line": {"color": look.colour, "dash": look.dash, "width": width},
                "marker": {
                    "symbol": look.marker,
                    "size": 6,
                    "maxdisplayed": 12,
                    "color": look.colour,
                },
                **_hover(points),
            }
        )
        self.name_end(look.name, points.dates[-1], drawn[-1] or 0.0, look.colour)

    def fan(self, low: Points, high: Points, colour: str, alpha: str, *, name: str = "") -> None:
        """Add the band between two lines, and its *name* at the right end of the upper one."""
        if not low.dates:
            return
        self._reach(high.values)
        upper = _not_below_zero(high.values)
        shared = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        where = places(low.dates, low.shift_days)
        self.traces += [
            {**shared, **where, "y": compact(_not_below_zero(low.values))},
            {
                **shared,
                **where,
                "y": compact(upper),
                "fill": "tonexty",
                "fillcolor": colour + alpha,
            },
        ]
        if name:
            self.name_end(name, low.dates[-1], upper[-1] or 0.0, colour)

    def crosses(self, points: Points, colour: str) -> None:
        """Add a cross at each value."""
        if not points.dates:
            return
        self.traces.append(
            {
                "type": "scatter",
                **places(points.dates, points.shift_days),
                "y": compact(_not_below_zero(points.values)),
                "mode": "markers",
                "marker": {"symbol": "x", "size": 9, "color": colour},
                "hoverinfo": "skip",
            }
        )

    def mark(self, at: When, value: float, text: str, colour: str, *, symbol: str = "x") -> None:
        """Add a mark with its text above it."""
        self.traces.append(
            {
                "type": "scatter",
                "x": [_place(at)],
                "y": compact([max(0.0, value)]),
                "mode": "markers",
                "marker": {"symbol": symbol, "size": 11, "color": colour},
                "hoverinfo": "skip",
            }
        )
        self.note(text, at, value, colour=colour, yshift=10)

    def future(self, begin: When, text: str) -> None:
        """Rule a line where the future begins, with *text* inside, and shade what follows."""
        place = _place(begin)
        ends = {"y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
        self.shapes += [
            {
                "type": "rect",
                "x0": place,
                "x1": _place(self.end),
                "fillcolor": theme.SHADE,
                **ends,
                "line": {"width": 0},
            },
            {
                "type": "line",
                "x0": place,
                "x1": place,
                **ends,
                "line": {"color": theme.RULE, "width": 1},
            },
        ]
        behind = _share(begin, self.start, self.end) < 0.5
        side = {"xanchor": "left", "xshift": 3} if behind else {"xanchor": "right", "xshift": -3}
        self.annotations.append(
            _text(text, x=place, y=1, yref="paper", yanchor="top", color=theme.RULE, **side)
        )

    def level(self, value: float, text: str) -> None:
        """Add a thin level line with its text at its left end."""
        self._reach([value])
        line = {"color": theme.RULE, "width": 1, "dash": "dot"}
        across = {"x0": 0, "x1": 1, "xref": "paper", "y0": value, "y1": value}
        self.shapes.append({"type": "line", **across, "line": line, "layer": "below"})
        self.annotations.append(
            _text(text, x=0, xref="paper", y=value, xanchor="left", yanchor="bottom", xshift=2)
        )

    def window(self, begin: When, end: When, text: str, colour: str) -> None:
        """Shade the days on which something may happen, with *text* at its foot."""
        ends = {"y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
        sides = {"x0": _place(max(begin, self.start)), "x1": _place(min(end, self.end))}
        self.shapes.append(
            {"type": "rect", **sides, **ends, "fillcolor": colour + "1F", "line": {"width": 0}}
        )
        late = _share(begin, self.start, self.end) > 0.6
        side = (
            {"x": sides["x1"], "xanchor": "right"}
            if late
            else {"x": sides["x0"], "xanchor": "left"}
        )
        self.annotations.append(
            _text(text, y=0.86, yref="paper", yanchor="top", color=colour, **side)
        )

    def note(self, text: str, at: When, value: float, *, colour: str = "", yshift: int = 4) -> None:
        """Write *text* beside a place of the plot, on that side of it where there is room."""
        right = _share(at, self.start, self.end) > 0.6
        self.annotations.append(
            _text(
                text,
                x=_place(at),
                y=max(0.0, value),
                xanchor="right" if right else "left",
                yanchor="bottom",
                yshift=yshift,
                color=colour or theme.RULE,
            )
        )

    def name_end(self, text: str, at: date, value: float, colour: str) -> None:
        """Write *text* at the right end of a line, apart from other names there."""
        self._names.append(_EndName(text, _place(at), max(0.0, value), colour))

    def figure(self, unit: str, **more: PlotlyPart) -> go.Figure:
        """Return the figure; *unit* is what its axis counts, *more* is laid over the layout."""
        top = self.greatest * _ROOM or 1.0
        if not math.isfinite(top):
            top = self.greatest
        names = _apart(self._names, top)
        head = _text(unit, x=0, y=1, xref="paper", yref="paper", yanchor="bottom", yshift=4)
        layout = theme.layout(
            xaxis={"range": [_place(self.start), _place(self.end)]},
            yaxis={"range": [0, top]},
            **more,
        )
        layout |= {
            "annotations": [*self.annotations, *names, {**head, "xanchor": "left"}],
            "shapes": self.shapes,
        }
        # Plotly's validation takes twenty times as long as all the rest; the tests have it done.
        return go.Figure({"data": self.traces, "layout": layout}, _validate=False)

    def _reach(self, values: Sequence[float | None]) -> None:
        finite = (one for one in values if one is not None and math.isfinite(one))
        self.greatest = max(self.greatest, *finite, 0.0)


def _apart(names: Sequence[_EndName], top: float) -> list[PlotlyPart]:
    """Return names at the right end, highest first, none on top of another."""
    height = theme.HEIGHT - theme.TOP - theme.BOTTOM
    placed: list[PlotlyPart] = []
    free = math.inf
    for name in sorted(names, key=lambda one: -one.value):
        above = name.value / top * height + _LINE_PX / 2 + 2
        middle = min(above, free - _LINE_PX)
        free = middle
        shift = round(middle - name.value / top * height)
        placed.append(
            _text(
                name.text,
                x=name.at,
                y=name.value,
                xanchor="right",
                yanchor="middle",
                yshift=shift,
                color=name.colour,
                bgcolor=theme.GROUND + "B3",
            )
        )
    return placed


def _text(text: str, *, color: str = theme.RULE, **where: object) -> PlotlyPart:
    return {
        "text": text,
        "showarrow": False,
        "borderpad": 1,
        "font": {"size": theme.TEXT_SIZE, "color": color},
        **where,
    }


def _hover(points: Points) -> PlotlyPart:
    if not points.hover:
        return {"hoverinfo": "skip"}
    return {"hoverinfo": "text", "hovertext": list(points.hover)}


def _not_below_zero(values: Sequence[float | None]) -> list[float | None]:
    return [None if one is None or not math.isfinite(one) else max(0.0, one) for one in values]


def _place(at: When) -> str:
    return at.isoformat()


def _share(at: When, start: When, end: When) -> float:
    """Return how far between *start* and *end* a place is."""
    whole = (_moment(end) - _moment(start)).total_seconds()
    return (_moment(at) - _moment(start)).total_seconds() / whole if whole else 0.0


def _moment(at: When) -> datetime:
    return at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)  # noqa: DTZ001
