"""Demand and forecasts day by day: what is drawn, what it says, and how light it travels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import SeriesSelection
from datalayer.reading.results import Provenance, Result
from pages.components.charts import Chart, ChartedPart, daily
from pages.components.charts import theme as looks
from tests.pages.speaking import speaking

CUTOFF = date(2011, 12, 9)
WIRE_BYTES = 30 * 1024
QUANTILES = ("q025", "q100", "q250", "q500", "q750", "q900", "q975")
SCHEMA = pa.schema(
    [
        ("date", pa.date32()),
        ("source", pa.string()),
        ("forecast", pa.float64()),
        ("actual", pa.float64()),
        ("cutoff", pa.date32()),
        *((name, pa.float64()) for name in QUANTILES),
    ]
)
PROVENANCE = Provenance(
    publication_id="20261121T060000Z-1a2b3c4d",
    dataset_id="retail-2011",
    model_version="1.2.0",
    generated_at=datetime(2026, 11, 21, 6, tzinfo=UTC),
    data_through=CUTOFF,
    loaded_at=datetime(2026, 11, 21, 7, tzinfo=UTC),
    data_sets=("fact_forecast", "fact_demand"),
    sources=("tsb", "naive"),
)


def series(
    *, history: int = 60, ahead: int = 28, sources: tuple[str, ...] = ("tsb",), step: int = 1
) -> Result:
    """Return demand of 2 a step before the cutoff, and forecasts of 3 a step after it."""
    rows: list[dict[str, Any]] = [
        {"date": CUTOFF - timedelta(days=step * back), "actual": 2.0}
        for back in reversed(range(history))
    ]
    rows += [forecast_row(source, step * n) for source in sources for n in range(1, ahead + 1)]
    return Result(pa.Table.from_pylist(rows, schema=SCHEMA), PROVENANCE)


def forecast_row(source: str, days: int) -> dict[str, Any]:
    return {
        "date": CUTOFF + timedelta(days=days),
        "source": source,
        "forecast": 3.0,
        "cutoff": CUTOFF,
        **{name: float(place) for place, name in enumerate(QUANTILES)},
    }


def drawn(result: Result, registry: Registry, *sources: str) -> Chart:
    return daily(
        result,
        part=ChartedPart(
            selection=SeriesSelection("85123A", sources=sources or ("tsb",)),
            registry=registry,
            unit="unidades por dia",
            subject="Peça 85123A (CASTIÇAL)",
        ),
    )


def traces(captioned: Chart) -> dict[str, Mapping[str, Any]]:
    spec = json.loads(pio.to_json(captioned.figure, validate=False))
    return {trace["name"]: trace for trace in spec["data"] if trace.get("name")}


def test_what_was_observed_is_solid_and_what_is_forecast_is_dashed(registry: Registry) -> None:
    found = traces(drawn(series(), registry))

    assert found["Usado"]["line"]["dash"] == "solid"
    assert found["previsão"]["line"]["dash"] != "solid"


def test_sources_differ_by_dash_and_marker_and_not_by_colour_alone(registry: Registry) -> None:
    every = tuple(registry.sources)

    found = traces(drawn(series(sources=every), registry, *every))

    forecasts = [trace for name, trace in found.items() if name != "Usado"]
    signs = {(t["line"]["dash"], t.get("marker", {}).get("symbol")) for t in forecasts}
    assert len(signs) == len(every)


def test_a_source_beside_the_forecast_looks_the_same_on_every_chart(registry: Registry) -> None:
    one = traces(drawn(series(sources=("arima", "tsb")), registry, "arima", "tsb"))["TSB"]
    other = traces(drawn(series(sources=("naive", "tsb")), registry, "naive", "tsb"))["TSB"]

    assert one["line"]["color"] == other["line"]["color"]
    assert one["line"]["dash"] == other["line"]["dash"]


def test_only_the_first_source_has_bands(registry: Registry) -> None:
    captioned = drawn(series(sources=("naive", "tsb")), registry, "naive", "tsb")

    filled = [trace for trace in captioned.figure.data if trace.fill == "tonexty"]
    assert len(filled) == 2


def test_no_band_is_drawn_over_a_gap(registry: Registry) -> None:
    rows = [forecast_row("tsb", days) for days in (1, 2, 3, 10, 11, 12)]
    gap = Result(pa.Table.from_pylist(rows, schema=SCHEMA), PROVENANCE)

    captioned = drawn(gap, registry)

    filled = [trace for trace in captioned.figure.data if trace.fill == "tonexty"]
    assert [len(trace.y) for trace in filled] == [3] * 4


def test_the_cutoff_is_ruled_and_named(registry: Registry) -> None:
    layout = drawn(series(), registry).figure.to_dict()["layout"]

    rule = next(shape for shape in layout["shapes"] if shape["type"] == "line")
    assert (rule["x0"], rule["x1"]) == ("2011-12-09", "2011-12-09")
    assert "dados até 09/12" in {note["text"] for note in layout["annotations"]}


@pytest.mark.parametrize("step", [1, 7])
def test_regular_dates_travel_as_a_start_and_a_step(registry: Registry, step: int) -> None:
    trace = traces(drawn(series(step=step), registry))["Usado"]

    assert "x" not in trace
    assert trace["dx"] == step * 86_400_000


def test_months_travel_as_dates_because_their_lengths_differ(registry: Registry) -> None:
    rows = [{"date": date(2011, month, 1), "actual": 1.0} for month in range(1, 12)]
    monthly = Result(pa.Table.from_pylist(rows, schema=SCHEMA), PROVENANCE)

    trace = traces(drawn(monthly, registry))["Usado"]

    assert trace["x"][:2] == ["2011-01-01", "2011-02-01"]


def test_a_chart_of_two_years_and_three_sources_keeps_to_the_wire_budget(
    registry: Registry,
) -> None:
    sources = ("tsb", "naive", "arima")

    captioned = drawn(series(history=730, ahead=180, sources=sources), registry, *sources)

    assert len(pio.to_json(captioned.figure, validate=False)) <= WIRE_BYTES


def test_the_text_alternative_tells_the_total_ahead_and_what_it_is_against(
    registry: Registry,
) -> None:
    captioned = drawn(series(), registry)

    assert "Peça 85123A (CASTIÇAL)" in captioned.alt
    assert "84" in captioned.alt  # 28 days of 3
    assert "50%" in captioned.alt  # more than the 56 observed before
    assert "10/12/2011" in captioned.alt


def test_a_part_without_forecast_says_so_in_its_text(registry: Registry) -> None:
    captioned = daily(
        series(ahead=0),
        part=ChartedPart(
            selection=SeriesSelection("X"),
            registry=registry,
            unit="unidades por dia",
            subject="Peça X",
        ),
    )

    assert "não há previsão" in captioned.alt


def test_of_zero_rows_nothing_is_drawn(registry: Registry) -> None:
    nothing = Result(SCHEMA.empty_table(), PROVENANCE)

    assert drawn(nothing, registry).figure is None


def test_plotly_finds_nothing_wrong_with_a_figure(registry: Registry) -> None:
    every = tuple(registry.sources)

    figure = drawn(series(sources=every), registry, *every).figure

    assert (
        go.Figure(figure.to_dict(), skip_invalid=False).to_dict()["layout"]["height"]
        == looks.HEIGHT
    )


def test_numbers_on_the_axis_follow_the_language(registry: Registry) -> None:
    with speaking("en"):
        english = drawn(series(), registry).figure.layout.separators

    assert drawn(series(), registry).figure.layout.separators == ",."
    assert english == ".,"
