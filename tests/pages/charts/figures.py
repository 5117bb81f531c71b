"""What tests of charts share: where results come from, and figures as the browser gets them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.portal import Provenance, Result
from pages.components.charts import Chart

THROUGH = date(2026, 11, 22)
"""A Sunday, the last day known."""

SUBJECT = "Peça 0804001"

PROVENANCE = Provenance(
    publication_id="20261123T060000Z-1a2b3c4d",
    dataset_id="torres",
    model_version="1.2.0",
    generated_at=datetime(2026, 11, 23, 6, tzinfo=UTC),
    data_through=THROUGH,
    loaded_at=datetime(2026, 11, 23, 7, tzinfo=UTC),
    data_sets=("fact_period",),
    sources=("ensemble", "naive"),
)

Row = Mapping[str, Any]

PERIODS = pa.schema(
    [
        ("source", pa.string()),
        ("date", pa.date32()),
        ("grain", pa.string()),
        ("forecast", pa.float64()),
        ("actual", pa.float64()),
        ("cutoff", pa.date32()),
        *((name, pa.float64()) for name in ("q025", "q100", "q500", "q900", "q975")),
    ]
)


@lru_cache
def contract() -> Registry:
    """Return the registry, for examples: as an argument it would be told in full with each."""
    return load_registry(Path(__file__).parents[3] / "schema_registry.json")


def result(rows: Sequence[Row], schema: pa.Schema) -> Result:
    return Result(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), PROVENANCE)


def used_week(back: int, actual: float, source: str = "ensemble", **more: object) -> Row:
    """Return the row of a week that is over; the last one is 1 *back*."""
    monday = THROUGH + timedelta(days=1 - 7 * back)
    return {"source": source, "date": monday, "grain": "week", "actual": actual, **more}


def coming_week(ahead: int, forecast: float, source: str = "ensemble", **more: object) -> Row:
    """Return the row of a week to come; the first one is 1 *ahead*."""
    monday = THROUGH + timedelta(days=7 * ahead - 6)
    levels = zip(("q025", "q100", "q500", "q900", "q975"), (0.0, 0.5, 0.9, 2.0, 3.0), strict=True)
    return {
        "source": source,
        "date": monday,
        "grain": "week",
        "forecast": forecast,
        "cutoff": THROUGH,
        **{name: forecast * share for name, share in levels},
        **more,
    }


def spec(chart: Chart) -> dict[str, Any]:
    """Return the figure as it is sent."""
    sent: dict[str, Any] = json.loads(pio.to_json(chart.figure, validate=False))
    return sent


def validated(chart: Chart) -> go.Figure:
    """Return the figure once Plotly found nothing wrong with it."""
    assert chart.figure is not None
    return go.Figure(chart.figure.to_dict(), skip_invalid=False)


def numbers(sent: object) -> list[float]:
    """Return the numbers of a trace, which travel as they lie in memory."""
    if isinstance(sent, dict):
        sent = np.frombuffer(base64.b64decode(sent["bdata"]), dtype=sent["dtype"])
    return [float(one) for one in sent]


def named(chart: Chart, name: str) -> Mapping[str, Any]:
    """Return the one trace of a name, its values as a list in ``y``."""
    assert chart.figure is not None
    found = [trace for trace in chart.figure.to_dict()["data"] if trace.get("name") == name]
    assert len(found) == 1
    return {**found[0], "y": numbers(found[0]["y"])}


def pointed_at(chart: Chart) -> list[str]:
    """Return what is said when a chart is pointed at, from left to right."""
    assert chart.figure is not None
    data = chart.figure.to_dict()["data"]
    (said,) = [trace for trace in data if trace.get("hoverinfo") != "skip"]
    return list(said["text"])


def notes(chart: Chart) -> set[str]:
    """Return the texts in the plot, each in one line."""
    assert chart.figure is not None
    return {
        note["text"].replace("<br>", " ")
        for note in chart.figure.to_dict()["layout"]["annotations"]
    }


def moments(chart: Chart) -> list[date]:
    """Return every day at which something is drawn."""
    assert chart.figure is not None
    days: list[date] = []
    for trace in chart.figure.to_dict()["data"]:
        if "x" in trace:
            days += [date.fromisoformat(str(one)[:10]) for one in trace["x"]]
        else:
            begin = date.fromisoformat(str(trace["x0"])[:10])
            step = timedelta(milliseconds=trace["dx"])
            days += [begin + n * step for n in range(len(numbers(trace["y"])))]
    return days


def axis(chart: Chart, name: str = "xaxis") -> tuple[Any, Any]:
    """Return both ends of an axis."""
    assert chart.figure is not None
    ends = chart.figure.to_dict()["layout"][name]["range"]
    return ends[0], ends[1]
