"""What was forecast in time to order: how often what came fell inside the band."""

from __future__ import annotations

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import SeriesSelection
from pages.components.charts import Chart, ChartedPart, backtest
from tests.pages.charts.figures import (
    PERIODS,
    SUBJECT,
    THROUGH,
    Row,
    coming_week,
    named,
    notes,
    numbers,
    pointed_at,
    result,
    spec,
    used_week,
    validated,
)

BAND = {"forecast": 3.0, "q025": 0.0, "q100": 1.0, "q500": 3.0, "q900": 5.0, "q975": 7.0}
TESTED = [
    used_week(back, actual, **BAND, cutoff=THROUGH)
    for back, actual in ((4, 5.0), (3, 0.0), (2, 6.0), (1, 1.0))
]


def drawn(registry: Registry, rows: list[Row]) -> Chart:
    return backtest(
        result(rows, PERIODS),
        part=ChartedPart(
            selection=SeriesSelection("0804001", "CD-SP", ("ensemble",)),
            registry=registry,
            unit="unidades por semana",
            subject=SUBJECT,
        ),
    )


def test_both_ends_of_the_band_are_inside(registry: Registry) -> None:
    chart = drawn(registry, TESTED)

    assert "2 de 4 dentro da faixa" in notes(chart)
    assert chart.alt == (
        "Peça 0804001: 2 de 4 dentro da faixa de 80%. Ao todo, previsto 12, usado 12."
    )


def test_what_fell_outside_is_crossed(registry: Registry) -> None:
    figure = validated(drawn(registry, TESTED))

    marks = figure.select_traces({"type": "scatter", "mode": "markers", "hoverinfo": "skip"})
    assert [numbers(trace.y) for trace in marks] == [[0.0, 6.0]]


def test_what_is_to_come_and_what_was_never_forecast_is_left_out(registry: Registry) -> None:
    rows = [used_week(5, 9.0), *TESTED, coming_week(1, 2.0), used_week(2, 6.0, "naive", **BAND)]

    chart = drawn(registry, rows)

    assert named(chart, "Usado")["y"] == [5.0, 0.0, 6.0, 1.0]
    assert chart.rows.num_rows == 4


def test_a_test_is_pointed_at_in_one_line(registry: Registry) -> None:
    said = pointed_at(drawn(registry, TESTED))

    assert said[2] == "semana de 09/11: usado 6, previsto 3 (80%: 1 a 5)"


def test_the_source_is_named_where_sources_are_compared(registry: Registry) -> None:
    assert named(drawn(registry, TESTED), "Combinação")["y"] == [3.0] * 4


def test_without_past_forecasts_that_is_said(registry: Registry) -> None:
    chart = drawn(registry, [used_week(1, 2.0), coming_week(1, 2.0)])

    assert chart.figure is None
    assert "não há previsão passada" in chart.alt
    assert chart.rows.num_rows == 0


def test_nothing_repeats_what_the_page_says_elsewhere(registry: Registry) -> None:
    assert spec(drawn(registry, TESTED))["layout"]["showlegend"] is False
