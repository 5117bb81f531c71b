"""Sources beside the naive forecast: how much better each was, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result
from pages.components.charts import theme
from pages.components.charts.chart import Chart, ChartedPart, Row, extract_call
from pages.components.charts.traces import compact
from pages.components.language import _, label, percent

_COLUMNS: Final = ("source", "fva_vs_naive", "fva_low", "fva_high", "n_origins")
_ROW_PX: Final = 34


def comparison(metrics: Result, part: ChartedPart) -> Chart:
    """Return how much better than the naive forecast each source was, with its 95% interval.

    Args:
        metrics: The answer to ``questions.accuracy.of_item``.
        part: What it is of.
    """
    table = _of_longest_horizon(metrics.table)
    rows = table.to_pylist()
    return Chart(
        title=_("Better than repeating the past? {subject}").format(subject=part.subject),
        figure=_draw(rows, part.registry) if rows else None,
        alt=_finding(rows, part.registry, part.subject),
        provenance=metrics.provenance,
        rows=table.select(_COLUMNS).sort_by([("fva_vs_naive", "descending")]),
        headings=_headings(),
        call=extract_call("fact_metrics", part.selection),
        shares=("fva_vs_naive", "fva_low", "fva_high"),
    )


def _of_longest_horizon(table: pa.Table) -> pa.Table:
    """Return the sources that were compared with naive over the longest horizon, worst first."""
    longest = pc.equal(table["horizon"], pc.max(table["horizon"]))
    compared = pc.and_(longest, pc.is_valid(table["fva_vs_naive"]))
    return table.filter(pc.fill_null(compared, fill_value=False)).sort_by("fva_vs_naive")


def _draw(rows: Sequence[Row], registry: Registry) -> go.Figure:
    names = [label(registry.sources[row["source"]].label) for row in rows]
    values = [max(-1.0, min(1.0, row["fva_vs_naive"])) for row in rows]
    ends = [_ends(row) for row in rows]
    reach = max(0.1, *(abs(one) for pair in ends for one in pair), *(abs(one) for one in values))
    trace = {
        "type": "scatter",
        "x": compact(values),
        "y": names,
        "mode": "markers",
        "marker": {
            "size": 10,
            "color": theme.PALETTE[1],
            "symbol": ["diamond" if row["is_champion"] else "circle" for row in rows],
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": compact([high - at for (_low, high), at in zip(ends, values, strict=True)]),
            "arrayminus": compact(
                [at - low for (low, _high), at in zip(ends, values, strict=True)]
            ),
            "color": theme.PALETTE[1],
            "thickness": 1.4,
            "width": 5,
        },
        "hoverinfo": "text",
        "hovertext": [_said(row, name) for row, name in zip(rows, names, strict=True)],
    }
    layout = theme.layout(
        xaxis={
            "type": "linear",
            "range": [-reach * 1.08, reach * 1.08],
            "tickformat": ",.0%",
            "tickformatstops": None,
            "nticks": 5,
            "zeroline": False,
        },
        yaxis={
            "type": "category",
            "tickformat": None,
            "nticks": 0,
            "range": [-0.6, len(rows) - 0.4],
        },
    )
    rule = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}
    layout |= {
        "height": 70 + _ROW_PX * len(rows),
        "hovermode": "closest",
        "shapes": [{**rule, "line": {"color": theme.RULE, "width": 1}, "layer": "below"}],
        "annotations": [
            _head(_("← worse"), "right", -4),
            _head(_("better →"), "left", 4),
        ],
    }
    return go.Figure({"data": [trace], "layout": layout}, _validate=False)


def _head(text: str, side: str, shift: int) -> theme.PlotlyPart:
    return {
        "text": text,
        "x": 0,
        "xanchor": side,
        "xshift": shift,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": theme.TEXT_SIZE},
    }


def _ends(row: Row) -> tuple[float, float]:
    """Return the interval inside the axis, which ends at twice as good and twice as bad."""
    at = row["fva_vs_naive"]
    low = at if row["fva_low"] is None else row["fva_low"]
    high = at if row["fva_high"] is None else row["fva_high"]
    return max(-1.0, min(low, 1.0)), min(1.0, max(high, -1.0))


def _said(row: Row, name: str) -> str:
    said = f"{name}: {_amount(row)}"
    if row["fva_low"] is None or row["fva_high"] is None:
        return said
    return _("{said} (95%: {low} to {high})").format(
        said=said, low=percent(row["fva_low"], 0), high=percent(row["fva_high"], 0)
    )


def _amount(row: Row) -> str:
    value = row["fva_vs_naive"]
    if round(value, 2) == 0:
        return _("like repeating the past")
    text = (
        _("{share} better than repeating the past")
        if value > 0
        else _("{share} worse than repeating the past")
    )
    return text.format(share=percent(abs(value), 0))


def _finding(rows: Sequence[Row], registry: Registry, subject: str) -> str:
    if not rows:
        return _("{subject}: no source was compared with repeating the past.").format(
            subject=subject
        )
    best_first = reversed(rows)
    said = (f"{label(registry.sources[row['source']].label)}: {_amount(row)}" for row in best_first)
    return _("{subject}, beside repeating the past. {sources}.").format(
        subject=subject, sources="; ".join(said)
    )


def _headings() -> dict[str, str]:
    return {
        "source": _("Source"),
        "fva_vs_naive": _("Better than repeating the past by"),
        "fva_low": _("{nominal}%, from").format(nominal=95),
        "fva_high": _("{nominal}%, to").format(nominal=95),
        "n_origins": _("Tests"),
    }
