"""Inventory: reorder points, cover and orders against what can be counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ml_jobs.arrays import TextArray
from ml_jobs.panel import Frequency, Panel
from ml_jobs.stocking.inventory import inventory_of, levels_of
from ml_jobs.stocking.stock_facts import QUANTILE_POLICY, fact_inventory, fact_lead_time
from tests.unit.ml_jobs.panels import items_of, panel_of, retail_panel, stock_of
from tests.unit.ml_jobs.stocking.outlooks import (
    NAN,
    OPTIONS,
    inventory_from,
    inventory_with,
    outlook_of,
    steady_panel,
    sums_for,
)

pytestmark = pytest.mark.ml


def test_the_textbook_point_is_the_formula() -> None:
    panel = steady_panel()

    policy = inventory_with(panel, service_level=0.95, lead_time_sd_days=2.0).policy

    sigma = panel.demand.std()
    safety = stats.norm.ppf(0.95) * np.sqrt(14 * sigma**2 + 2.0**2)
    assert policy.textbook_reorder_point[0] == pytest.approx(14.0 + safety)
    assert policy.textbook_safety_stock[0] == pytest.approx(safety)


def test_the_level_planned_for_sets_the_reorder_point() -> None:
    panel = steady_panel()
    levels = levels_of(items_of(panel), stock_of(panel))
    outlook = outlook_of(panel, mean=1.0)
    sums = sums_for(panel, outlook, levels.lead_time)

    found = inventory_of(
        panel, levels, outlook, sums, planned=np.array([0.99]), options=OPTIONS
    ).policy

    assert found.reorder_point[0] == sums.lead.quantile(np.array([0.99]))[0]
    assert found.planned_level[0] == 0.99


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


def test_an_order_has_at_least_the_minimum_and_is_a_multiple() -> None:
    panel = steady_panel()
    plain = inventory_with(panel, current_stock=12.0).proposal.order_quantity[0]

    of_six = inventory_with(panel, current_stock=12.0, order_multiple=6.0)
    at_least = inventory_with(panel, current_stock=12.0, minimum_order=100.0, order_multiple=6.0)
    none = inventory_with(panel, current_stock=90.0, minimum_order=100.0)

    assert of_six.proposal.order_quantity[0] == 6 * np.ceil(plain / 6)
    assert at_least.proposal.order_quantity[0] == 102.0
    assert none.proposal.order_quantity[0] == 0.0


def test_what_lies_above_the_order_up_to_level_is_too_much() -> None:
    panel = steady_panel()

    inventory = inventory_with(panel, current_stock=100.0)
    short = inventory_with(panel, current_stock=3.0)

    assert inventory.proposal.overstock_quantity[0] == 100.0 - inventory.policy.order_up_to[0]
    assert short.proposal.overstock_quantity[0] == 0.0


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


def by_quantile(panel: Panel) -> TextArray:
    return np.full(len(panel.item_ids), QUANTILE_POLICY)


def test_assumed_columns_are_named_in_the_row() -> None:
    panel = retail_panel(series=2)
    items = items_of(panel, assumed=["lead_time_days,criticality", ""])
    stock = stock_of(panel, assumed=["current_stock", "service_level,on_order"])
    outlook = outlook_of(panel)

    inventory = inventory_from(panel, items, stock, outlook)
    table = fact_inventory(
        panel, items, stock, outlook, inventory, policies=by_quantile(panel), total_source="gbm"
    )

    assert table["assumed"].to_pylist() == [
        "current_stock,lead_time_days",
        "on_order,service_level",
    ]


def test_a_spread_drawn_for_a_forecast_of_zero_still_protects_against_demand() -> None:
    panel = retail_panel(series=3)
    zero = outlook_of(panel, mean=0.0)

    inventory = inventory_from(panel, items_of(panel), stock_of(panel), zero)

    assert (inventory.policy.order_up_to > 0).all()


def test_the_published_parameters_explain_the_reorder_point() -> None:
    panel = retail_panel(series=4)
    items, stock, outlook = items_of(panel), stock_of(panel), outlook_of(panel)

    inventory = inventory_from(panel, items, stock, outlook)
    row = fact_inventory(
        panel, items, stock, outlook, inventory, policies=by_quantile(panel), total_source="gbm"
    ).to_pylist()[2]

    shape = row["lead_time_demand"] / (row["lot"] * row["lead_time_excess"])
    counts = stats.nbinom.ppf(
        row["planned_service_level"], shape, 1 / (1 + row["lead_time_excess"])
    )
    assert row["reorder_point"] == pytest.approx(counts * row["lot"])
    assert row["lead_time_source"] == row["source"] == "mean"


def recomputed(row: dict[str, object]) -> dict[str, float]:
    """What a reader recomputes who knows the contract's descriptions, scipy and nothing else."""
    names = ("lot", "planned_service_level", "least_daily_demand", "current_stock", "on_order")
    lot, planned, least, stock, on_order = (float(row[name]) for name in names)  # type: ignore[arg-type]

    def demand(mean: str, excess: str, days: float) -> tuple[float, float]:
        drawn = max(float(row[mean]), least * days)  # type: ignore[arg-type]
        spread = float(row[excess])  # type: ignore[arg-type]
        return drawn / (lot * spread), 1 / (1 + spread)

    days, review = float(row["lead_time_days"]), float(row["review_days"])  # type: ignore[arg-type]
    lead = demand("lead_time_demand", "lead_time_excess", days)
    cycle = demand("cycle_demand", "cycle_excess", days + review)
    reorder_point = float(stats.nbinom.ppf(planned, *lead)) * lot
    return {
        "reorder_point": reorder_point,
        "order_up_to": max(float(stats.nbinom.ppf(planned, *cycle)) * lot, reorder_point),
        "stockout_probability": float(stats.nbinom.sf(np.floor((stock + on_order) / lot), *lead)),
    }


@pytest.mark.parametrize("frequency", list(Frequency))
def test_quantiles_and_chances_are_recomputed_from_the_row_alone(frequency: Frequency) -> None:
    panel = retail_panel(series=9, periods=150, frequency=frequency)
    panel = replace(panel, demand=np.where(np.arange(9)[:, None] < 3, 0.1, 1.0) * panel.demand)
    outlook = outlook_of(panel)
    mean = outlook.demand.mean * np.linspace(0.0, 1.2, 9)[:, None]
    outlook = replace(outlook, demand=replace(outlook.demand, mean=mean))
    items, stock = items_of(panel), stock_of(panel, on_order=[3.0] * 9)
    inventory = inventory_from(panel, items, stock, outlook)

    table = fact_inventory(
        panel, items, stock, outlook, inventory, policies=by_quantile(panel), total_source="gbm"
    )

    for row in table.to_pylist():
        for name, value in recomputed(row).items():
            assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


def test_demand_over_both_spans_has_twenty_quantiles_of_equal_chance() -> None:
    panel = retail_panel(series=3)
    items = items_of(panel, lead_time_days=[14.0, NAN, 30.0])
    outlook = outlook_of(panel)
    levels = levels_of(items, stock_of(panel))
    sums = sums_for(panel, outlook, levels.lead_time)

    table = fact_lead_time(panel, outlook, sums)

    assert table["item_id"].to_pylist() == ["P000", "P000", "P002", "P002"]
    assert table["span"].to_pylist() == ["lead_time", "lead_time_and_review"] * 2
    assert table["days"].to_pylist() == [14.0, 42.0, 30.0, 58.0]
    dots = [name for name in table.column_names if name.startswith("q")]
    assert dots == [f"q{level:03d}" for level in range(25, 1000, 50)]
    assert table["q975"][3].as_py() == sums.cycle.quantile(np.array(0.975))[2]
    rows = np.stack([table[name].to_numpy() for name in dots], axis=1)
    assert (np.diff(rows, axis=1) >= 0).all()
