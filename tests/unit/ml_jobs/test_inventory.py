"""Inventory: reorder points, cover and orders against what can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ml_jobs.classification import demand_classes
from ml_jobs.inventory import Inventory, fact_inventory, inventory_of
from ml_jobs.lead_time import Outlook, expected_demand, periods_until, sum_excess
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Frequency, Panel
from ml_jobs.quantiles import Spread, spread_of
from tests.unit.ml_jobs.panels import items_of, panel_of, retail_panel, stock_of

pytestmark = pytest.mark.ml

NAN = float("nan")
OPTIONS = ForecastOptions()


def outlook_of(panel: Panel, *, horizon: int = 28, mean: float | None = None) -> Outlook:
    count = len(panel.item_ids)
    level = np.nanmean(panel.demand, axis=1) if mean is None else np.full(count, mean)
    classes = demand_classes(panel)
    return Outlook(
        np.array(["mean"] * count),
        np.repeat(level[:, None], horizon, axis=1),
        spread_of(panel, classes),
        classes,
    )


def steady_panel() -> Panel:
    """One unit a day with Poisson scatter, long enough for the spread to be known."""
    return panel_of(np.random.default_rng(4).poisson(1.0, (1, 1500)).astype(float))


def inventory_with(panel: Panel, *, mean: float | None = 1.0, **stock: object) -> Inventory:
    count = len(panel.item_ids)
    columns = {name: [value] * count for name, value in stock.items() if name != "lead_time_days"}
    items = items_of(panel, lead_time_days=[stock.get("lead_time_days", 14.0)] * count)
    outlook = outlook_of(panel, mean=mean)
    return inventory_of(panel, items, stock_of(panel, **columns), outlook, OPTIONS)


def test_expected_demand_goes_on_at_the_last_season_beyond_the_horizon() -> None:
    mean = np.array([[1.0, 2.0, 3.0, 5.0]] * 4)

    found = expected_demand(mean, np.array([0.0, 1.5, 4.0, 6.0]), season=2)

    np.testing.assert_allclose(found, [0.0, 2.0, 11.0, 11.0 + 2 * 4.0])


def test_periods_until_an_amount_is_used_up_undo_the_expected_demand() -> None:
    mean = np.array([[1.0, 0.0, 3.0, 5.0]] * 5)
    periods = np.array([0.0, 0.5, 2.5, 4.0, 9.0])

    found = periods_until(expected_demand(mean, periods, season=2), mean, season=2)

    np.testing.assert_allclose(found, periods)


def test_an_amount_that_nobody_asks_for_lasts_forever() -> None:
    found = periods_until(np.array([3.0, 0.0]), np.zeros((2, 4)), season=2)

    np.testing.assert_array_equal(found, [np.inf, 0.0])


def test_the_spread_of_a_sum_of_independent_periods_is_that_of_a_period() -> None:
    panel = panel_of(np.random.default_rng(1).negative_binomial(1, 0.2, (6, 3000)).astype(float))
    classes = demand_classes(panel)
    spread = spread_of(panel, classes)

    found = sum_excess(panel, np.full(6, 10), memory=200, spread=spread, classes=classes)

    # Each past sum is compared with a mean that is itself off: 10 / 200 more variance.
    np.testing.assert_allclose(found, (spread.excess + 1) * 1.05 - 1, rtol=0.12)


def test_a_level_that_drifts_widens_the_sum_beyond_independent_periods() -> None:
    level = np.repeat(np.random.default_rng(2).uniform(0, 10, 60), 28)[None, :]
    panel = panel_of(np.random.default_rng(3).poisson(level).astype(float))
    classes = demand_classes(panel)
    spread = spread_of(panel, classes)

    found = sum_excess(panel, np.array([28]), memory=56, spread=spread, classes=classes)

    assert found[0] > 3 * spread.excess[0]


def test_the_reorder_point_is_the_quantile_of_lead_time_demand() -> None:
    panel = steady_panel()

    policy = inventory_with(panel, lead_time_days=14.0, service_level=0.95).policy

    assert policy.lead_time_demand[0] == pytest.approx(14.0)
    assert abs(policy.reorder_point[0] - stats.poisson(14.0).ppf(0.95)) <= 2
    assert policy.safety_stock[0] == pytest.approx(policy.reorder_point[0] - 14.0)


def test_more_service_asks_for_more_stock() -> None:
    panel = retail_panel()

    low = inventory_with(panel, mean=None, service_level=0.8).policy
    high = inventory_with(panel, mean=None, service_level=0.99).policy

    assert (high.reorder_point > low.reorder_point).all()
    assert (high.order_up_to > high.reorder_point).all()


def test_the_reorder_point_is_never_below_the_safety_stock() -> None:
    panel = retail_panel()

    policy = inventory_with(panel, mean=None, service_level=0.6).policy

    assert (policy.reorder_point >= policy.safety_stock).all()
    assert (policy.safety_stock >= 0).all()


def test_stock_lasts_as_long_as_expected_demand_leaves_some() -> None:
    panel = steady_panel()
    last = panel.data_through

    proposal = inventory_with(panel, current_stock=20.5).proposal

    assert proposal.days_of_cover[0] == pytest.approx(20.5)
    assert proposal.stockout_date[0] == last + np.timedelta64(21, "D")


def test_an_empty_shelf_has_run_out_today() -> None:
    panel = steady_panel()

    inventory = inventory_with(panel, current_stock=0.0)

    assert inventory.proposal.days_of_cover[0] == 0.0
    assert inventory.proposal.stockout_date[0] == panel.data_through
    assert inventory.policy.stockout_probability[0] == pytest.approx(1.0, abs=1e-3)


def test_a_date_beyond_two_years_is_not_given() -> None:
    panel = steady_panel()

    proposal = inventory_with(panel, current_stock=900.0).proposal

    assert proposal.days_of_cover[0] == pytest.approx(900.0)
    assert np.isnat(proposal.stockout_date[0])
    assert proposal.status[0] == "overstock"


def test_cover_without_any_demand_forecast_is_unknown() -> None:
    panel = steady_panel()

    proposal = inventory_with(panel, mean=0.0, current_stock=5.0).proposal

    assert np.isnan(proposal.days_of_cover[0])
    assert np.isnat(proposal.stockout_date[0])


def test_an_order_fills_stock_and_open_orders_up() -> None:
    panel = steady_panel()

    inventory = inventory_with(panel, current_stock=12.0, on_order=4.0, lead_time_days=14.0)

    assert inventory.proposal.status[0] == "reorder"
    assert inventory.proposal.order_quantity[0] == inventory.policy.order_up_to[0] - 16.0
    assert inventory.proposal.order_by[0] == panel.data_through + np.timedelta64(2, "D")


def test_an_order_that_can_no_longer_arrive_in_time_is_overdue() -> None:
    panel = steady_panel()

    proposal = inventory_with(panel, current_stock=5.0, lead_time_days=14.0).proposal

    assert proposal.status[0] == "overdue"
    assert proposal.order_by[0] == panel.data_through - np.timedelta64(9, "D")


def test_nothing_is_ordered_above_the_reorder_point() -> None:
    panel = steady_panel()

    proposal = inventory_with(panel, current_stock=40.0, lead_time_days=14.0).proposal

    assert proposal.status[0] == "ok"
    assert proposal.order_quantity[0] == 0.0
    assert np.isnat(proposal.order_by[0])


@pytest.mark.parametrize("missing", ["current_stock", "service_level", "lead_time_days"])
def test_what_is_not_known_gives_no_proposal(missing: str) -> None:
    panel = steady_panel()

    proposal = inventory_with(panel, **{missing: NAN}).proposal

    assert proposal.status[0] == "unknown"
    assert np.isnan(proposal.order_quantity[0])
    assert np.isnat(proposal.order_by[0])


def test_open_orders_that_nobody_names_are_none() -> None:
    panel = steady_panel()

    inventory = inventory_with(panel, on_order=NAN, current_stock=30.0)

    assert inventory.levels.position[0] == 30.0
    assert inventory.proposal.status[0] == "ok"


def test_days_are_counted_in_days_whatever_the_frequency() -> None:
    months = panel_of(
        np.random.default_rng(4).poisson(30.0, (1, 60)).astype(float), frequency=Frequency.MONTHLY
    )

    proposal = inventory_with(months, mean=30.0, current_stock=30.0).proposal

    assert proposal.days_of_cover[0] == pytest.approx(365.2425 / 12)


def test_assumed_columns_are_named_in_the_row() -> None:
    panel = retail_panel(series=2)
    items = items_of(panel, assumed=["lead_time_days,criticality", ""])
    stock = stock_of(panel, assumed=["current_stock", "service_level,on_order"])
    outlook = outlook_of(panel)

    table = fact_inventory(
        panel, items, stock, outlook, inventory_of(panel, items, stock, outlook, OPTIONS)
    )

    assert table["assumed"].to_pylist() == [
        "current_stock,lead_time_days",
        "on_order,service_level",
    ]


def test_a_spread_drawn_for_a_forecast_of_zero_still_protects_against_demand() -> None:
    panel = retail_panel(series=3)
    zero = outlook_of(panel, mean=0.0)

    inventory = inventory_of(panel, items_of(panel), stock_of(panel), zero, OPTIONS)

    assert isinstance(zero.spread, Spread)
    assert (inventory.policy.order_up_to > 0).all()
