"""Charts of accuracy: dots with intervals, ticks of what was asked, and totals with their band."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from pages.components.charts import (
    ApiCall,
    Chart,
    Measure,
    PeriodTotals,
    band_verdict,
    bias,
    calibration,
    service,
    totals,
    value_added,
)
from tests.pages.charts.figures import (
    THROUGH,
    Row,
    axis,
    named,
    notes,
    numbers,
    pointed_at,
    result,
    validated,
)
from tests.pages.speaking import speaking

CALL = ApiCall("metrics", ())
TITLE = "Por fonte"
NAMES = {"ensemble": "Combinação", "tsb": "TSB", "arima": "ARIMA"}

ADDED = pa.schema(
    [
        ("grouping", pa.string()),
        ("group_value", pa.string()),
        *((name, pa.int64()) for name in ("items", "compared", "n_origins", "n_obs", "horizon")),
        *((name, pa.float64()) for name in ("value", "low", "high")),
        ("is_published", pa.bool_()),
    ]
)
HELD = pa.schema(
    [
        ("kind", pa.string()),
        *((name, pa.float64()) for name in ("asked", "least", "held")),
        *((name, pa.int64()) for name in ("n_obs", "items", "n_origins")),
    ]
)
ERRORS = pa.schema(
    [
        ("grouping", pa.string()),
        ("group_value", pa.string()),
        *((name, pa.int64()) for name in ("items", "n_obs")),
        *((name, pa.float64()) for name in ("used", "bias", "wape", "tracking_signal", "mase")),
    ]
)
SUMS = pa.schema(
    [
        ("date", pa.date32()),
        ("grain", pa.string()),
        ("items", pa.int64()),
        ("used", pa.float64()),
        ("forecast", pa.float64()),
        ("forecast_items", pa.int64()),
        ("tested_forecast", pa.float64()),
        ("tested_used", pa.float64()),
        ("tested_items", pa.int64()),
    ]
)
POLICIES = pa.schema(
    [
        ("group_value", pa.string()),
        ("policy", pa.string()),
        *(
            (name, pa.float64())
            for name in ("service_asked", "service_achieved", "fill_rate", "mean_stock")
        ),
        ("unit", pa.string()),
        ("n_windows", pa.int64()),
    ]
)


def added(source: str, value: float | None, low: float | None, high: float | None) -> Row:
    counts = {"items": 40, "compared": 38, "n_origins": 4, "n_obs": 400, "horizon": 13}
    ends = {"value": value, "low": low, "high": high, "is_published": True}
    return {"grouping": "source", "group_value": source, **counts, **ends}


def held(kind: str, asked: float, least: float, at: float) -> Row:
    counts = {"n_obs": 500, "items": 40, "n_origins": 4}
    return {"kind": kind, "asked": asked, "least": least, "held": at, **counts}


def drawn(rows: list[Row]) -> Chart:
    return value_added(result(rows, ADDED), "source", NAMES, title=TITLE, call=CALL)


ROWS = [
    added("arima", -0.3, -0.5, -0.1),
    added("ensemble", 0.24, 0.1, 0.4),
    added("tsb", 0.02, -0.1, 0.1),
]


class TestValueAdded:
    def test_groups_stand_in_the_order_of_their_names_from_the_top(self) -> None:
        (dots,) = validated(drawn(ROWS)).data

        assert np.allclose(numbers(dots.x), [0.24, 0.02, -0.3])
        assert list(dots.y) == [0, -1, -2]

    def test_better_worse_and_chance_are_told_apart_without_colour(self) -> None:
        (dots,) = validated(drawn(ROWS)).data

        assert list(dots.marker.symbol) == ["circle", "circle-open", "x"]

    def test_the_interval_reaches_to_both_its_ends(self) -> None:
        (dots,) = validated(drawn(ROWS)).data

        assert np.allclose(numbers(dots.error_x.array), [0.16, 0.08, 0.2])
        assert np.allclose(numbers(dots.error_x.arrayminus), [0.14, 0.12, 0.2])

    def test_names_and_amounts_stand_in_the_plot(self) -> None:
        assert {"Combinação", "24% melhor [+10%; +40%]", "← pior"} <= notes(drawn(ROWS))

    def test_a_zero_line_is_ruled_and_in_the_middle(self) -> None:
        chart = drawn(ROWS)

        low, high = axis(chart)
        assert low == -high
        (rule,) = validated(chart).layout.shapes
        assert (rule.x0, rule.x1) == (0, 0)

    def test_what_is_beyond_the_axis_is_told_in_full(self) -> None:
        chart = drawn([added("arima", -2.5, -4.0, -1.5)])

        (dots,) = validated(chart).data
        assert numbers(dots.x) == [-1.0]
        assert "250% pior que repetir o passado (95%: −400% a −150%)" in chart.alt

    def test_the_text_alternative_tells_each_group(self) -> None:
        with speaking("en"):
            alt = drawn(ROWS).alt

        assert "24% better than repeating the past (95%: +10% to +40%), 38 parts" in alt
        assert "30% worse than repeating the past" in alt

    def test_a_group_that_could_not_be_compared_is_said(self) -> None:
        chart = drawn([*ROWS[:1], added("tsb", None, None, None)])

        assert "sem comparação" in notes(chart)
        (dots,) = validated(chart).data
        assert len(numbers(dots.x)) == 1

    def test_nothing_to_compare_is_said(self) -> None:
        chart = drawn([])

        assert chart.figure is None
        assert "nada pôde ser comparado" in chart.alt

    def test_the_table_has_the_groups_by_their_names(self) -> None:
        assert drawn(ROWS).rows["group_value"].to_pylist() == ["Combinação", "TSB", "ARIMA"]


class TestCalibration:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (held("band", 0.8, 0.79, 0.81), "as asked"),
            (held("band", 0.8, 0.3, 0.95), "at least"),
            (held("band", 0.8, 0.5, 0.6), "too narrow"),
            (held("band", 0.8, 0.9, 0.95), "too wide"),
            (held("quantile", 0.9, 0.7, 0.8), "too low"),
            (held("quantile", 0.9, 0.95, 0.97), "too high"),
            (held("quantile", 0.99, 0.97, 0.981), "too low"),
            (held("quantile", 0.025, 0.0, 0.6), "at least"),
        ],
    )
    def test_what_held_is_judged_by_what_was_asked(self, row: Row, expected: str) -> None:
        assert band_verdict(row) == expected

    def test_a_tick_stands_where_it_was_asked_and_a_dot_where_it_held(self) -> None:
        chart = calibration(result([held("band", 0.8, 0.5, 0.9)], HELD), call=CALL)

        dots, ticks = validated(chart).data
        assert np.allclose(numbers(dots.x), [0.9])
        assert np.allclose(numbers(dots.error_x.arrayminus), [0.4])
        assert np.allclose(numbers(ticks.x), [0.8])

    def test_the_text_alternative_has_the_number_of_outcomes(self) -> None:
        with speaking("en"):
            chart = calibration(result([held("band", 0.8, 0.5, 0.6)], HELD), call=CALL)

        assert "500 outcomes. Band of 80%: 60% held, too narrow." in chart.alt

    def test_without_tests_nobody_can_tell(self) -> None:
        chart = calibration(result([], HELD), call=CALL)

        assert chart.figure is None
        assert "Nenhuma previsão foi testada" in chart.alt


class TestBias:
    def errors(self, value: float | None, signal: float | None) -> Chart:
        row = {
            "grouping": "source",
            "group_value": "tsb",
            "items": 3,
            "n_obs": 30,
            "used": 10.0,
            "bias": value,
            "wape": 0.5,
            "tracking_signal": signal,
            "mase": 0.9,
        }
        return bias(result([row], ERRORS), "source", NAMES, title=TITLE, call=CALL)

    @pytest.mark.parametrize(
        ("value", "signal", "told"),
        [
            (0.12, 0.1, "12% alta demais"),
            (-0.3, -0.7, "30% baixa demais, e quase sempre"),
            (0.001, 0.0, "nem alta nem baixa demais"),
            (None, None, "nada foi usado"),
        ],
    )
    def test_the_direction_is_told_in_words(
        self, value: float | None, signal: float | None, told: str
    ) -> None:
        assert f"TSB: {told}" in self.errors(value, signal).alt

    def test_one_way_is_told_by_a_sign_too(self) -> None:
        (dots,) = validated(self.errors(-0.3, -0.7)).data

        assert list(dots.marker.symbol) == ["x"]


def week(back: int, used: float | None, forecast: float | None, items: int = 10) -> Row:
    """Return the total of a week, the last one that is over is 1 *back*."""
    is_tested = used is not None and forecast is not None
    return {
        "date": THROUGH + timedelta(days=1 - 7 * back),
        "grain": "week",
        "items": items,
        "used": used,
        "forecast": forecast,
        "forecast_items": 0 if forecast is None else items,
        "tested_forecast": forecast if is_tested else None,
        "tested_used": used if is_tested else None,
        "tested_items": items if is_tested else 0,
    }


PAST = [week(back, 100.0 + 10 * (back % 5), 100.0) for back in range(12, 0, -1)]
AHEAD = [week(-ahead, None, 200.0) for ahead in range(3)]
UNITS = Measure("unidades", "un")


def total(rows: list[Row], measure: Measure = UNITS) -> Chart:
    return totals(result(rows, SUMS), measure, title="Usado e previsto", call=CALL)


class TestTotals:
    def test_the_past_is_solid_and_the_forecast_dashed_behind_a_rule(self) -> None:
        chart = total([*PAST, *AHEAD])

        assert named(chart, "Usado")["line"]["dash"] == "solid"
        assert named(chart, "previsão")["line"]["dash"] == "dash"
        assert "dados até 22/11" in notes(chart)

    def test_the_band_is_as_far_as_totals_were_off(self) -> None:
        # Twelve ratios: one of them may lie outside on each side.
        chart = total([*PAST, *AHEAD])

        ratios = sorted(row["used"] / row["forecast"] for row in PAST)
        told = [row for row in chart.rows.to_pylist() if row["forecast"]]
        assert [row["low"] for row in told] == pytest.approx([200 * ratios[0]] * len(AHEAD))
        assert [row["high"] for row in told] == pytest.approx([200 * ratios[-1]] * len(AHEAD))

    @pytest.mark.parametrize(("tested", "outside"), [(8, None), (9, 1), (18, 1), (19, 2), (29, 3)])
    def test_the_band_leaves_a_tenth_out_on_each_side(
        self, tested: int, outside: int | None
    ) -> None:
        rows = [week(back, float(back), 100.0) for back in range(tested, 0, -1)]

        band = PeriodTotals(rows, THROUGH).band

        if outside is None:
            assert band is None
        else:
            assert band == pytest.approx((outside / 100, (tested + 1 - outside) / 100))

    def test_a_week_that_few_parts_were_forecast_for_says_nothing_of_the_total(self) -> None:
        rows = [week(13, 900.0, 1.0, items=2), *PAST]

        assert len(PeriodTotals(rows, THROUGH).ratios) == len(PAST)

    def test_a_few_parts_that_were_tested_give_the_total_of_all_no_band(self) -> None:
        tested = [row | {"tested_items": 2} for row in PAST]

        chart = total([*tested, *AHEAD])

        assert {row["low"] for row in chart.rows.to_pylist()} == {None}
        assert "80%" not in notes(chart)

    def test_weeks_that_not_every_part_is_forecast_for_are_not_drawn(self) -> None:
        chart = total([*PAST, *AHEAD, week(-3, None, 5.0, items=1)])

        assert len([row for row in chart.rows.to_pylist() if row["forecast"]]) == len(AHEAD)

    def test_a_week_that_has_begun_is_left_out_and_said(self) -> None:
        chart = total([*PAST, week(0, None, 90.0, items=4), *AHEAD[1:]])

        assert any(each.startswith("dados até 22/11, ") for each in notes(chart))
        assert len([row for row in chart.rows.to_pylist() if row["forecast"]]) == 2

    def test_money_is_told_in_its_currency(self) -> None:
        chart = total([*PAST, *AHEAD], Measure("dinheiro (BRL)", "currency", "BRL"))

        assert any("R$" in said for said in pointed_at(chart))
        assert "R$" in chart.alt

    def test_the_text_alternative_compares_as_long_a_past(self) -> None:
        with speaking("en"):
            alt = total([*PAST, *AHEAD]).alt

        assert "used in the last 3 weeks" in alt
        assert "Forecast for the next 3 weeks: 600" in alt

    def test_months_are_told_as_months(self) -> None:
        rows = [
            {**week(1, 10.0, None), "date": date(2026, month, 1), "grain": "month"}
            for month in (8, 9, 10)
        ]

        with speaking("en"):
            assert "in the last 3 months" in total(rows).alt

    def test_forecasts_without_weeks_or_months_are_said(self) -> None:
        chart = total([])

        assert chart.figure is None
        assert "não há semanas ou meses" in chart.alt


def test_service_is_drawn_beside_what_was_asked() -> None:
    row = {
        "group_value": "A",
        "policy": "lead_time_quantile",
        "service_asked": 0.98,
        "service_achieved": 0.93,
        "fill_rate": None,
        "mean_stock": None,
        "unit": None,
        "n_windows": 20,
    }
    textbook = {**row, "policy": "textbook", "service_achieved": 0.9}

    chart = service(
        result([row, textbook], POLICIES),
        lambda each: each["group_value"],
        title="Serviço",
        call=CALL,
    )

    dots, ticks = validated(chart).data
    assert np.allclose(numbers(dots.x), [0.93, 0.9])
    assert np.allclose(numbers(ticks.x), [0.98, 0.98])
    assert list(dots.marker.symbol) == ["circle", "square-open"]
    assert "A, regra usada aqui: 93,0% alcançados, 98,0% pedidos" in chart.alt
