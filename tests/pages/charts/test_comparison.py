"""Sources beside repeating the past: how much better, and how sure that is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import SeriesSelection
from pages.components.charts import Chart, ChartedPart, comparison
from tests.pages.charts.figures import SUBJECT, Row, axis, numbers, result, validated
from tests.pages.speaking import speaking

SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("horizon", pa.int64()),
        *((name, pa.float64()) for name in ("fva_vs_naive", "fva_low", "fva_high")),
        ("n_origins", pa.int64()),
        ("is_champion", pa.bool_()),
    ]
)


def measured(source: str, value: float | None, low: float | None, high: float | None) -> Row:
    return {
        "source": source,
        "horizon": 13,
        "fva_vs_naive": value,
        "fva_low": low,
        "fva_high": high,
        "n_origins": 4,
        "is_champion": source == "ensemble",
    }


ROWS = [measured("ensemble", 0.24, -0.1, 0.5), measured("tsb", -0.12, -2.5, 0.1)]


def drawn(registry: Registry, rows: list[Row]) -> Chart:
    return comparison(
        result(rows, SCHEMA),
        part=ChartedPart(
            selection=SeriesSelection("0804001", "CD-SP"),
            registry=registry,
            unit="",
            subject=SUBJECT,
        ),
    )


def test_each_source_has_a_dot_and_a_whisker(registry: Registry) -> None:
    (dots,) = validated(drawn(registry, ROWS)).data

    assert list(dots.y) == ["TSB", "Combinação"]
    assert np.allclose(numbers(dots.x), [-0.12, 0.24])
    assert np.allclose(numbers(dots.error_x.array), [0.22, 0.26])


def test_a_whisker_ends_at_the_axis_and_its_text_tells_the_rest(registry: Registry) -> None:
    chart = drawn(registry, ROWS)

    (dots,) = validated(chart).data
    assert np.allclose(numbers(dots.error_x.arrayminus)[0], 0.88)
    assert dots.hovertext[0] == "TSB: 12% pior que repetir o passado (95%: -250% a 10%)"
    low, high = axis(chart)
    assert low < -1
    assert high > 1


def test_the_text_alternative_names_the_best_first(registry: Registry) -> None:
    with speaking("en"):
        alt = drawn(registry, ROWS).alt

    assert "Ensemble: 24% better than repeating the past; TSB: 12% worse" in alt


def test_only_the_longest_horizon_is_compared(registry: Registry) -> None:
    shorter = {**ROWS[0], "horizon": 4, "fva_vs_naive": 0.9}

    chart = drawn(registry, [*ROWS, shorter])

    assert chart.rows["fva_vs_naive"].to_pylist() == [0.24, -0.12]


def test_a_source_that_was_not_compared_is_left_out(registry: Registry) -> None:
    chart = drawn(registry, [*ROWS, measured("arima", None, None, None)])

    assert "ARIMA" not in chart.alt


def test_of_one_test_there_is_no_whisker(registry: Registry) -> None:
    (dots,) = validated(drawn(registry, [measured("tsb", 0.3, None, None)])).data

    assert np.allclose(numbers(dots.error_x.array), [0.0])
    assert "95%" not in dots.hovertext[0]


def test_without_measures_that_is_said(registry: Registry) -> None:
    chart = drawn(registry, [])

    assert chart.figure is None
    assert "nenhuma fonte foi comparada" in chart.alt
