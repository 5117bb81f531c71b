"""From one sum of proposed orders to another: a bar for each cause, each where the last one ends.

Bars lie, so that a cause stands in words above its bar on any screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go
import pyarrow as pa

from datalayer.portal import Provenance, changed_orders, order_change_rows
from pages.components import change_amounts as amounts
from pages.components.change_words import moved_text
from pages.components.charts import theme
from pages.components.charts.chart import ApiCall, Chart
from pages.components.charts.words import plain
from pages.components.language import _, day

SumOf = changed_orders.SumOf

_ROW_PX: Final = 46
_BAR: Final = 0.4
_HEAD_PX: Final = 30


@dataclass(frozen=True)
class ChangedSum:
    """What the chart is of.

    Attributes:
        orders: Those of both publications.
        measure: What adds up; known of them.
        before, after: Where both ends come from.
        call: Returns the steps.
    """

    orders: changed_orders.ChangedOrders
    measure: SumOf
    before: Provenance
    after: Provenance
    call: ApiCall

    @property
    def currency(self) -> str:
        """ISO code; empty where none is known."""
        return self.orders.currency or ""


@dataclass(frozen=True)
class _Bar:
    """A bar from one sum to another: an end from nothing, a step from the last sum."""

    text: str
    amount: str
    first: int
    last: int
    is_end: bool

    @property
    def colour(self) -> str:
        if self.is_end:
            return theme.INK
        return theme.FORECAST if self.last > self.first else theme.ORDER


def waterfall(changed: ChangedSum) -> Chart:
    """Return how the sum before becomes the sum after, by cause."""
    steps = changed.orders.steps(changed.measure)
    title = (
        _("Value of the proposed orders, by what changed it")
        if changed.measure is SumOf.VALUE
        else _("Parts with a proposed order, by what changed it")
    )
    bars = _bars(changed, steps)
    is_drawn = bool(steps.before or steps.after or steps.steps)
    return Chart(
        title=title,
        figure=_draw(bars) if is_drawn else None,
        alt=_finding(changed, steps, title),
        provenance=changed.after,
        rows=_rows(changed),
        headings={
            "step": _("What changed it"),
            "amount": _("Adds"),
            "parts": _("Parts"),
            "sum": _("Makes"),
        },
        call=changed.call,
        other=changed.before,
    )


def _bars(changed: ChangedSum, steps: changed_orders.CauseSteps) -> list[_Bar]:
    ends = [_end_text(each) for each in (changed.before, changed.after)]
    told = [_end(changed, ends[0], steps.before)]
    for step in steps.steps:
        text = moved_text(step.cause, up=step.amount > 0)
        told.append(_Bar(text, _step(changed, step), step.first, step.level, is_end=False))
    return [*told, _end(changed, ends[1], steps.after)]


def _end(changed: ChangedSum, text: str, amount: int) -> _Bar:
    return _Bar(text, _told(changed, amount), 0, amount, is_end=True)


def _end_text(end: Provenance) -> str:
    text = _("publication of {day}").format(day=day(end.generated_at.date()))
    return f"{text} · {end.publication_id[-8:]}"


def _told(changed: ChangedSum, amount: int) -> str:
    return amounts.told(amount, changed.measure, changed.currency)


def _step(changed: ChangedSum, step: changed_orders.CauseStep) -> str:
    """Return what a step adds, as the sums before and after it are told: so all add up."""
    return amounts.change((step.first, step.level), changed.measure, changed.currency)


def _draw(bars: Sequence[_Bar]) -> go.Figure:
    count = len(bars)
    places = [count - 1 - place for place in range(count)]
    levels = [level for bar in bars for level in (bar.first, bar.last)]
    low, high = min(0, *levels), max(0, *levels) or 1
    trace = {
        "type": "bar",
        "orientation": "h",
        "y": [place - 0.16 for place in places],
        "base": [min(bar.first, bar.last) for bar in bars],
        "x": [abs(bar.last - bar.first) for bar in bars],
        "width": _BAR,
        "marker": {"color": [bar.colour for bar in bars], "line": {"width": 0}},
        "hoverinfo": "text",
        "hovertext": [f"{plain(bar.text)}: {plain(bar.amount)}" for bar in bars],
    }
    layout = theme.layout(
        xaxis={
            "type": "linear",
            "range": [low, high],
            "tickformatstops": None,
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "nticks": 0,
        },
        yaxis={
            "tickformat": None,
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "range": [-0.5, count - 0.5],
        },
    )
    layout |= {
        "height": _HEAD_PX + _ROW_PX * count,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "hovermode": "closest",
        "annotations": [
            each for bar, place in zip(bars, places, strict=True) for each in _names(bar, place)
        ],
        "shapes": _joints(bars, places),
    }
    return go.Figure({"data": [trace], "layout": layout}, _validate=False)


def _names(bar: _Bar, place: float) -> list[theme.PlotlyPart]:
    """Return the words of a bar above its left end, and its amount above the right end."""
    shared = {
        "xref": "paper",
        "y": place + 0.24,
        "yanchor": "middle",
        "showarrow": False,
        "font": {"size": theme.TEXT_SIZE, "color": theme.INK if bar.is_end else theme.TEXT},
    }
    return [
        {**shared, "text": plain(bar.text), "x": 0, "xanchor": "left"},
        {**shared, "text": plain(bar.amount), "x": 1, "xanchor": "right"},
    ]


def _joints(bars: Sequence[_Bar], places: Sequence[int]) -> list[theme.PlotlyPart]:
    """Return thin lines from where one bar ends to where the next one begins."""
    line = {"color": theme.RULE, "width": 1, "dash": "dot"}
    return [
        {
            "type": "line",
            "x0": bar.last,
            "x1": bar.last,
            "y0": place - 0.36,
            "y1": place - 1.16 + _BAR / 2,
            "layer": "below",
            "line": line,
        }
        for bar, place in list(zip(bars, places, strict=True))[:-1]
    ]


def _rows(changed: ChangedSum) -> pa.Table:
    """Return the steps in words; the amounts of all between the ends add up to their difference."""
    rows = order_change_rows.step_rows(changed.orders, changed.measure)
    ends = {"before": _end_text(changed.before), "after": _end_text(changed.after)}
    names = []
    for name, amount in zip(rows["step"].to_pylist(), rows["amount"].to_pylist(), strict=True):
        text = ends.get(name)
        names.append(text if text is not None else moved_text(name, up=amount > 0))
    money = rows.select(["amount", "parts", "sum"])
    if changed.measure is SumOf.ORDERS:
        whole = [("amount", pa.int64()), ("parts", pa.int64()), ("sum", pa.int64())]
        money = money.cast(pa.schema(whole))
    return money.add_column(0, "step", pa.array(names, pa.string()))


def _finding(changed: ChangedSum, steps: changed_orders.CauseSteps, title: str) -> str:
    """Return both sums and every step, in words."""
    said = [
        _("{cause} {amount}").format(
            cause=moved_text(step.cause, up=step.amount > 0), amount=_step(changed, step)
        )
        for step in steps.steps
    ]
    text = _("{title}: {before} before, {after} after. {steps}.")
    return text.format(
        title=title,
        before=_told(changed, steps.before),
        after=_told(changed, steps.after),
        steps="; ".join(said) or _("No cause changed it"),
    )
