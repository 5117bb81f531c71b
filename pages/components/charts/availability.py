"""Towers that stand still for want of a part, by the value of the stock: the curve and its marks.

A point that the past doesn't support is drawn open, and the line to it dotted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go
import pyarrow as pa

from datalayer.portal import Result
from pages.components.charts import theme
from pages.components.charts.availability_points import AvailabilityCurve
from pages.components.charts.availability_words import (
    down,
    money,
    policy_name,
    share,
    table_headings,
    table_rows,
)
from pages.components.charts.chart import ApiCall, Chart, Row
from pages.components.charts.theme import PlotlyPart
from pages.components.charts.traces import compact
from pages.components.charts.words import plain
from pages.components.language import _

_HEIGHT: Final = 360
_ROOM: Final = 1.18
_NEAR_END: Final = 0.75
"""Share of the width from which on a name over its mark would run out of the plot."""
_NEAR_PX: Final = 34
_RISE_PX: Final = 15
_SYMBOLS: Final = {"today": "square", "service": "diamond"}


@dataclass(frozen=True)
class _Window:
    """How far the axes reach; what lies beyond is in the table alone."""

    value: float
    down: float

    def holds(self, row: Row) -> bool:
        return bool(row["stock_value"] <= self.value and row["towers_down"] <= self.down)


def availability(
    found: Result, curve: AvailabilityCurve, shown: Row | None, *, currency: str, call: ApiCall
) -> Chart:
    """Return the curve of a contract, with marks of today's stock, service levels and its target.

    Args:
        found: The answer to ``questions.availability.curve``.
        curve: Its rows.
        shown: The point that the page tells of; None for none.
        currency: ISO code; empty where none is published.
        call: Returns the rows.
    """
    title = _("Towers down by the value of the stock: {contract}").format(contract=curve.name)
    return Chart(
        title=title,
        figure=_draw(curve, shown, currency) if curve.points else None,
        alt=f"{title}. {finding(curve, currency)}",
        provenance=found.provenance,
        rows=pa.Table.from_pylist(table_rows(curve)),
        headings=table_headings(),
        call=call,
    )


def finding(curve: AvailabilityCurve, currency: str) -> str:
    """Return what the curve shows, in sentences."""
    if curve.is_unknown:
        return _("No part that its towers need is in these figures.")
    if not curve.points:
        return _("No point of the curve is published.")
    marked = [row for row in (curve.today, curve.service) if row is not None]
    told = [
        _("{policy}: {value}, {down}.").format(
            policy=policy_name(row["policy"]),
            value=money(row["stock_value"], currency),
            down=down(row["towers_down"]),
        )
        for row in marked
    ]
    return " ".join([*told, *_for_the_same(curve, currency), *_limits(curve, currency)])


def _for_the_same(curve: AvailabilityCurve, currency: str) -> list[str]:
    """Return what the curve leaves down for no more than today's stock costs."""
    best = curve.for_no_more_than(curve.today)
    if best is None:
        return []
    text = _("For no more than today's stock costs, the curve has {down} ({value}).")
    value = money(best["stock_value"], currency)
    return [text.format(down=down(best["towers_down"]), value=value)]


def _limits(curve: AvailabilityCurve, currency: str) -> list[str]:
    """Return where the target is reached, and from where on the past supports nothing."""
    told = []
    if curve.target is not None and curve.towers is not None:
        text = _("The target of {target} is reached from {value} on.")
        reaching = curve.reaching
        if reaching is None:
            text = _("No point reaches the target of {target}.")
        elif not reaching["supported"]:
            text = _("The target of {target} is reached from {value} on: no past supports that.")
        value = "" if reaching is None else money(reaching["stock_value"], currency)
        told.append(text.format(target=share(curve.target), value=value))
    open_points = [row for row in curve.points if not row["supported"]]
    if len(open_points) == len(curve.points):
        told.append(_("The past supports no point of it."))
    elif open_points:
        text = _("The past supports {count} of {all} points; the others are open, on dots.")
        count = len(curve.points) - len(open_points)
        told.append(text.format(count=count, all=len(curve.points)))
    return told


def _draw(curve: AvailabilityCurve, shown: Row | None, currency: str) -> go.Figure:
    window = _window(curve, shown)
    marks = [row for row in (curve.today, curve.service) if row is not None]
    sign = money(0, currency).removesuffix("0")
    layout = theme.layout(
        xaxis={
            "type": "linear",
            "range": [0, window.value],
            "tickformat": "~s",
            "tickprefix": sign,
            "tickformatstops": None,
            "nticks": 6,
            "zeroline": False,
        },
        yaxis={"range": [0, window.down], "zeroline": False},
    )
    layout |= {
        "height": _HEIGHT,
        "hovermode": "closest",
        "shapes": _target_rule(curve, window),
        "annotations": [_head(), *_names(marks, window), *_target_name(curve)],
    }
    lines = [_line(curve, is_supported=True), _line(curve, is_supported=False)]
    traces = [*lines, _points(curve, currency), *_ring(shown), _marks(marks, currency)]
    return go.Figure({"data": traces, "layout": layout}, _validate=False)


def _window(curve: AvailabilityCurve, shown: Row | None) -> _Window:
    """Return axes that hold the marks and what the past supports, so that the rest isn't all."""
    marked = [row for row in (curve.today, curve.service, curve.reaching, shown) if row is not None]
    supported = [row for row in curve.points if row["supported"]][-1:]
    most = max(row["stock_value"] for row in (*marked, *supported, curve.points[0]))
    downs = [row["towers_down"] for row in (curve.today, curve.service, shown) if row is not None]
    downs += [] if curve.allowed_down is None else [curve.allowed_down]
    if len(downs) < 2:
        downs.append(curve.points[0]["towers_down"])
    return _Window(_ROOM * most or 1.0, _ROOM * max(downs) or 1.0)


def _line(curve: AvailabilityCurve, *, is_supported: bool) -> PlotlyPart:
    drawn = [_is_drawn(curve.points, place, is_supported) for place in range(len(curve.points))]
    downs = [
        row["towers_down"] if is_in else None
        for row, is_in in zip(curve.points, drawn, strict=True)
    ]
    dash = "solid" if is_supported else "dot"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": compact([row["stock_value"] for row in curve.points]),
        "y": compact(downs),
        "line": {"color": theme.FORECAST, "width": 2, "dash": dash},
        "hoverinfo": "skip",
    }


def _is_drawn(points: Sequence[Row], place: int, is_supported: bool) -> bool:
    """Return whether a line passes a point: a dotted one begins and ends at supported ones."""
    if is_supported:
        return bool(points[place]["supported"])
    return any(not row["supported"] for row in points[max(0, place - 1) : place + 2])


def _points(curve: AvailabilityCurve, currency: str) -> PlotlyPart:
    symbols = ["circle" if row["supported"] else "circle-open" for row in curve.points]
    return _scatter(curve.points, symbols, 6, theme.FORECAST, currency)


def _marks(marks: Sequence[Row], currency: str) -> PlotlyPart:
    symbols = [_SYMBOLS[row["policy"]] for row in marks]
    return _scatter(marks, symbols, 11, theme.INK, currency)


def _ring(shown: Row | None) -> list[PlotlyPart]:
    if shown is None:
        return []
    marker = {"size": 17, "symbol": "circle-open", "color": theme.INK, "line": {"width": 2}}
    place = {"x": compact([shown["stock_value"]]), "y": compact([shown["towers_down"]])}
    return [{"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "skip", **place}]


def _scatter(
    rows: Sequence[Row], symbols: Sequence[str], size: int, colour: str, currency: str
) -> PlotlyPart:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": compact([row["stock_value"] for row in rows]),
        "y": compact([row["towers_down"] for row in rows]),
        "marker": {"size": size, "symbol": list(symbols), "color": colour},
        "hoverinfo": "text",
        "hovertext": [_said(row, currency) for row in rows],
    }


def _said(row: Row, currency: str) -> str:
    told = [policy_name(row["policy"]), money(row["stock_value"], currency)]
    told.append(down(row["towers_down"]))
    if row["availability"] is not None:
        told.append(share(row["availability"]))
    if not row["supported"]:
        told.append(_("not supported by the past"))
    return plain(", ".join(told))


def _target_rule(curve: AvailabilityCurve, window: _Window) -> list[PlotlyPart]:
    if curve.allowed_down is None:
        return []
    line = {"color": theme.ALARM, "width": 1.5, "dash": "dash"}
    ends = {"x0": 0, "x1": window.value, "y0": curve.allowed_down, "y1": curve.allowed_down}
    return [{"type": "line", "layer": "below", "line": line, **ends}]


def _target_name(curve: AvailabilityCurve) -> list[PlotlyPart]:
    if curve.allowed_down is None or curve.target is None:
        return []
    text = _("target {share}").format(share=share(curve.target))
    return [_text(text, 0.0, curve.allowed_down, side="left", shift=(4, 10))]


def _names(marks: Sequence[Row], window: _Window) -> list[PlotlyPart]:
    """Return the names over the marks, one of them below its mark where the marks are close."""
    named = []
    for row in marks:
        rise = _rise(row, [each for each in marks if each is not row], window)
        text = _("today") if row["policy"] == "today" else _("service levels")
        side = _side(row["stock_value"] / window.value)
        named.append(
            _text(text, row["stock_value"], row["towers_down"], side=side, shift=(0, rise))
        )
    return named


def _side(share: float) -> str:
    """Return which end of a name stands at its mark, so that none runs out of the plot."""
    if share > _NEAR_END:
        return "right"
    return "left" if share < 1 - _NEAR_END else "center"


def _rise(row: Row, others: Sequence[Row], window: _Window) -> int:
    scale = (_HEIGHT - theme.TOP - theme.BOTTOM) / window.down
    for other in others:
        apart = (row["towers_down"] - other["towers_down"]) * scale
        is_upper = apart > 0 or (apart == 0 and row["policy"] == "today")
        if abs(apart) < _NEAR_PX and not is_upper:
            return -_RISE_PX
    return _RISE_PX


def _head() -> PlotlyPart:
    text = _("Towers down  ● supported  ○ not supported")
    return {**_text(text, 0, 1, side="left", shift=(0, 4)), **_ABOVE}


_ABOVE: Final = {"xref": "paper", "yref": "paper", "yanchor": "bottom"}


def _text(text: str, x: float, y: float, *, side: str, shift: tuple[int, int]) -> PlotlyPart:
    return {
        "text": plain(text),
        "x": x,
        "y": y,
        "xanchor": side,
        "xshift": shift[0],
        "yshift": shift[1],
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": theme.TEXT_SIZE, "color": theme.TEXT},
    }
