"""Dots with their intervals, one below the other: each named inside the plot, above its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from pages.components.charts import theme
from pages.components.charts.theme import PlotlyPart
from pages.components.charts.traces import compact
from pages.components.charts.words import plain

_ROW_PX: Final = 50
_NAME_SHIFT_PX: Final = 19
_ROOM: Final = 1.06
_LONGEST: Final = 26


@dataclass(frozen=True)
class Dot:
    """One line of the plot.

    Attributes:
        name: Stands at the left, above the line.
        value: Where the dot is; None for a line without one.
        low: Where its interval begins; None without an interval.
        high: Where it ends.
        text: Stands at the right, above the line.
        said: What is said of it when it is pointed at.
        symbol: Plotly's name of the sign, so that kinds are told apart without colour.
        asked: Where an upright tick says what was asked; None for none.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    text: str
    said: str
    symbol: str = "circle"
    asked: float | None = None


def draw_dots(
    dots: Sequence[Dot],
    ends: tuple[float, float],
    *,
    zero: tuple[str, str] | None = None,
    head: str = "",
) -> go.Figure:
    """Return the figure of *dots*, the first one at the top.

    Args:
        dots: What is drawn; what lies beyond the ends of the axis is drawn at its end.
        ends: Of the axis, as shares.
        zero: What lies left and right of zero, where a line is ruled; None for none.
        head: Stands above the plot, at its left end.
    """
    low, high = ends
    pad = (high - low) * (_ROOM - 1)
    layout = theme.layout(
        xaxis={
            "type": "linear",
            "range": [low - pad, high + pad],
            "tickformat": ",.0%",
            "tickformatstops": None,
            "nticks": 6,
            "zeroline": False,
        },
        yaxis={
            "type": "linear",
            "tickformat": None,
            "nticks": 0,
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "range": [-len(dots) + 0.45, 0.75],
        },
    )
    layout |= {
        "height": theme.TOP + theme.BOTTOM + _ROW_PX * len(dots),
        "hovermode": "closest",
        "shapes": _zero_rule() if zero else [],
        "annotations": [*_names(dots), *_heads(zero, head)],
    }
    traces = [_marks(dots, ends), *_ticks(dots)]
    return go.Figure({"data": traces, "layout": layout}, _validate=False)


def _marks(dots: Sequence[Dot], ends: tuple[float, float]) -> PlotlyPart:
    drawn = [(place, dot) for place, dot in enumerate(dots) if dot.value is not None]
    marker = {
        "size": 10,
        "color": theme.PALETTE[1],
        "symbol": [dot.symbol for _place, dot in drawn],
        "line": {"width": 1.5, "color": theme.PALETTE[1]},
    }
    return {
        "type": "scatter",
        "name": "dots",
        "x": compact([_inside(dot.value, ends) for _place, dot in drawn]),
        "y": [-place for place, _dot in drawn],
        "mode": "markers",
        "cliponaxis": False,
        "marker": marker,
        **_intervals([dot for _place, dot in drawn], ends),
        "hoverinfo": "text",
        "hovertext": [dot.said for _place, dot in drawn],
    }


def _intervals(dots: Sequence[Dot], ends: tuple[float, float]) -> PlotlyPart:
    """Return the lines from the low to the high end of each; none where none has any."""
    if all(dot.low is None for dot in dots):
        return {}
    at = [_inside(dot.value, ends) for dot in dots]
    lows = [_inside(dot.value if dot.low is None else dot.low, ends) for dot in dots]
    highs = [_inside(dot.value if dot.high is None else dot.high, ends) for dot in dots]
    return {
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": compact([max(0.0, high - x) for high, x in zip(highs, at, strict=True)]),
            "arrayminus": compact([max(0.0, x - low) for low, x in zip(lows, at, strict=True)]),
            "color": theme.PALETTE[1],
            "thickness": 1.6,
            "width": 5,
        }
    }


def _ticks(dots: Sequence[Dot]) -> list[PlotlyPart]:
    """Return the upright ticks that say what was asked; none where nothing was."""
    asked = [(place, dot.asked) for place, dot in enumerate(dots) if dot.asked is not None]
    if not asked:
        return []
    return [
        {
            "type": "scatter",
            "name": "asked",
            "x": compact([value for _place, value in asked]),
            "y": [-place for place, _value in asked],
            "mode": "markers",
            "cliponaxis": False,
            "marker": {
                "symbol": "line-ns",
                "size": 13,
                "line": {"width": 2.5, "color": theme.INK},
            },
            "hoverinfo": "skip",
        }
    ]


def _inside(value: float | None, ends: tuple[float, float]) -> float:
    return min(max(value or 0.0, ends[0]), ends[1])


def _zero_rule() -> list[PlotlyPart]:
    rule = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper", "layer": "below"}
    return [{**rule, "line": {"color": theme.RULE, "width": 1}}]


def _names(dots: Sequence[Dot]) -> list[PlotlyPart]:
    """Return name and value of each line, above it at both ends of the plot."""
    texts = []
    for place, dot in enumerate(dots):
        texts.append(_text(_short(dot.name), -place, 0, "left"))
        texts.append(_text(dot.text, -place, 1, "right"))
    return texts


def _text(text: str, y: int, x: int, side: str) -> PlotlyPart:
    return {
        "text": plain(text),
        "x": x,
        "xref": "paper",
        "xanchor": side,
        "y": y,
        "yshift": _NAME_SHIFT_PX,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": theme.TEXT_SIZE, "color": theme.TEXT},
    }


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _heads(zero: tuple[str, str] | None, head: str) -> list[PlotlyPart]:
    above = {"y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    font = {"font": {"size": theme.TEXT_SIZE, "color": theme.TEXT}}
    found = []
    if zero:
        for text, side, shift in ((zero[0], "right", -4), (zero[1], "left", 4)):
            found.append({"text": text, "x": 0, "xanchor": side, "xshift": shift, **above, **font})
    if head:
        found.append(
            {"text": plain(head), "x": 0, "xref": "paper", "xanchor": "left", **above, **font}
        )
    return found
