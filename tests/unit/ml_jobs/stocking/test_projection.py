"""The projection: receipts by their days, what is left, and what a proposed order adds."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from ml_jobs.panel import Frequency, OpenOrders, Panel
from ml_jobs.stocking.inventory import inventory_of, levels_of
from ml_jobs.stocking.projection import fact_projection, receipts
from tests.unit.ml_jobs.panels import items_of, panel_of, stock_of
from tests.unit.ml_jobs.stocking.outlooks import (
    OPTIONS,
    outlook_of,
    steady_panel,
    sum_pools_of,
    sums_for,
)

pytestmark = pytest.mark.ml

NAN = float("nan")


def orders_of(*orders: tuple[int, float, str]) -> OpenOrders:
    """Orders of a series, a quantity and a due day; an empty day is not known."""
    return OpenOrders(
        np.array([series for series, _, _ in orders], np.int64),
        np.array([f"{n}/1" for n in range(len(orders))], np.str_),
        np.array([quantity for _, quantity, _ in orders], np.float64),
        np.array([day or "NaT" for _, _, day in orders], "datetime64[D]"),
        np.ones(len(orders), np.bool_),
    )


def projected(
    panel: Panel, orders: OpenOrders | None = None, *, lead_time_days: float = 14.0, **stock: float
) -> pa.Table:
    count = len(panel.item_ids)
    items = items_of(panel, lead_time_days=[lead_time_days] * count)
    columns = {name: [value] * count for name, value in stock.items()}
    levels = levels_of(items, stock_of(panel, **columns))
    outlook = outlook_of(panel, mean=1.0)
    sums = sums_for(panel, outlook, levels.lead_time)
    inventory = inventory_of(
        panel, levels, outlook, sums, planned=levels.service_level, options=OPTIONS
    )
    return fact_projection(
        panel, outlook, sum_pools_of(panel), inventory, orders or OpenOrders.empty()
    )


def test_it_reaches_over_lead_time_and_review_by_the_ends_of_periods() -> None:
    panel = steady_panel()

    table = projected(panel)

    dates = table["date"].to_numpy()
    assert dates[0] == panel.data_through + np.timedelta64(1, "D")
    assert dates[-1] == panel.data_through + np.timedelta64(14 + 28, "D")
    assert table.num_rows == 42
    np.testing.assert_allclose(table["demand"].to_numpy(), np.arange(1.0, 43.0))


def test_a_lead_time_of_ten_years_is_projected_over_two() -> None:
    assert projected(steady_panel(), lead_time_days=3650.0).num_rows == 730


def test_months_end_with_their_last_day() -> None:
    panel = panel_of(np.full((1, 60), 3.0), frequency=Frequency.MONTHLY)

    dates = projected(panel)["date"].to_pylist()

    assert [day.isoformat() for day in dates[:3]] == ["2024-01-31", "2024-02-29", "2024-03-31"]


def test_the_position_is_stock_and_receipts_less_demand() -> None:
    panel = steady_panel()
    due = str(panel.data_through + np.timedelta64(3, "D"))

    table = projected(panel, orders_of((0, 7.0, due)), current_stock=5.0, on_order=7.0)

    assert table["receipts"].to_pylist()[:4] == [0.0, 0.0, 7.0, 7.0]
    np.testing.assert_allclose(table["position"].to_numpy()[:4], [4.0, 3.0, 9.0, 8.0])


def test_what_is_late_counts_from_the_day_after_the_lead_time_and_without_a_day_from_its_end() -> (
    None
):
    panel = steady_panel()
    levels = levels_of(items_of(panel), stock_of(panel, on_order=[20.0]))
    ends = panel.data_through + np.arange(1, 20).astype("timedelta64[D]")

    late = receipts(levels, orders_of((0, 20.0, "2001-01-01")), ends)[0]
    undated = receipts(levels, orders_of((0, 20.0, "")), ends)[0]
    unnamed = receipts(levels, OpenOrders.empty(), ends)[0]

    assert late.tolist() == [0.0] * 14 + [20.0] * 5
    assert undated.tolist() == [0.0] * 13 + [20.0] * 6
    assert unnamed.tolist() == undated.tolist()


def test_what_is_proposed_arrives_a_lead_time_after_the_stocks_day() -> None:
    panel = steady_panel()

    table = projected(panel, current_stock=3.0)

    added = table["position_with_action"].to_numpy() - table["position"].to_numpy()
    assert added[12] == 0.0
    assert added[13] == added[-1] > 0.0


def test_the_chance_of_running_out_is_that_of_the_published_moments() -> None:
    panel = steady_panel()

    row = projected(panel, current_stock=12.0).slice(13, 1).to_pylist()[0]

    shape, chance = row["demand"] / row["demand_excess"], 1 / (1 + row["demand_excess"])
    assert row["stockout_probability"] == pytest.approx(stats.nbinom.sf(12.0, shape, chance))
    assert row["q950"] == stats.nbinom.ppf(0.95, shape, chance)


def test_stock_that_is_not_known_leaves_the_position_open() -> None:
    table = projected(steady_panel(), current_stock=NAN)

    assert table["position"].null_count == table.num_rows
    assert table["stockout_probability"].null_count == table.num_rows
    assert table["demand"].null_count == 0


def test_a_series_without_lead_time_is_projected_over_the_horizon() -> None:
    assert projected(steady_panel(), lead_time_days=NAN).num_rows == 28
