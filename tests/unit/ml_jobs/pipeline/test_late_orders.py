"""Open orders that come later than one placed today: stock is weighed until they have come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Frequency, OpenOrders, Panel
from ml_jobs.pipeline.late_orders import delivered_later, late_days
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stock_planning import StockView
from ml_jobs.publishing.publish import check
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.inventory import levels_of
from ml_jobs.stocking.lead_time import sum_of_periods
from tests.unit.ml_jobs.panels import items_of, panel_of, retail_panel, stock_of
from tests.unit.ml_jobs.pipeline.test_availability_run import CONTRACTS, FAST
from tests.unit.ml_jobs.runs import Ran, ran, request_of
from tests.unit.ml_jobs.stocking.outlooks import (
    OPTIONS,
    outlook_of,
    steady_panel,
    sum_pools_of,
    sums_for,
)

pytestmark = pytest.mark.ml

LEAD, REVIEW = 14.0, OPTIONS.review_days
LATER, USUAL = 20.0, 7.0 + FAST.review_days
"""Days by which an order of the run comes later, and those that its stock has to last for else."""


def orders_due(panel: Panel, *after: int | None, quantity: float = 5.0) -> OpenOrders:
    """One order for the first series, for each of the days *after* the stock's; None without."""
    due = [
        np.datetime64("NaT") if days is None else np.datetime64(panel.data_through) + days
        for days in after
    ]
    return OpenOrders(
        np.zeros(len(after), np.int64),
        np.array([f"7/{line}" for line in range(len(after))]),
        np.full(len(after), quantity),
        np.array(due, "datetime64[D]"),
        np.ones(len(after), np.bool_),
    )


def later_with(*after: int | None, lead: float | None = LEAD) -> float:
    panel = panel_of([[1.0, 2.0, 3.0]])
    levels = levels_of(
        items_of(panel, lead_time_days=[lead]), stock_of(panel, on_order=[5.0 * len(after)])
    )
    return float(late_days(levels, orders_due(panel, *after))[0])


def view_at(panel: Panel, cutoff: int) -> StockView:
    known = panel.until(cutoff)
    outlook, levels = outlook_of(known), levels_of(items_of(panel), stock_of(panel))
    sums = sums_for(known, outlook, levels.lead_time)
    return StockView(cutoff, np.ones(len(panel.item_ids), bool), levels, outlook, sums)


@pytest.mark.parametrize(
    ("after", "days"),
    [
        ((3,), 0.0),  # before one placed today
        ((14,), 0.0),
        ((15,), 1.0),
        ((40, 90, 20), 76.0),  # the last of them
        ((None,), 0.0),  # of no day known: comes before an order placed today
        ((-5,), 1.0),  # overdue
        ((-500, 30), 16.0),
        ((9_999,), 730.0 - LEAD),  # no further than anything is looked ahead
        ((), 0.0),
    ],
)
def test_the_last_open_order_says_how_much_later_than_one_placed_today(
    after: tuple[int | None, ...], days: float
) -> None:
    assert later_with(*after) == days


def test_a_part_of_a_day_of_the_lead_time_is_no_late_order() -> None:
    assert later_with(None, lead=13.4) == 0.0
    assert later_with(15, lead=13.4) == 1.0


def test_without_a_lead_time_nothing_is_later() -> None:
    assert later_with(400, lead=None) == 0.0


def test_demand_is_weighed_until_the_order_has_come_and_a_review_after_that() -> None:
    panel = steady_panel()
    view, pools = view_at(panel, 1500), sum_pools_of(panel)

    longer = delivered_later({1500: view}, panel, {1500: pools}, np.array([26.0]))[1500]

    for demand, days in ((longer.sums.lead, 40.0), (longer.sums.cycle, 40.0 + REVIEW)):
        expected = sum_of_periods(panel, np.array([days]), view.outlook, pools)
        assert demand.mean == pytest.approx(expected.mean, rel=1e-12)
        # Between the lengths that scatter is measured at, it is interpolated.
        assert demand.excess == pytest.approx(expected.excess, rel=0.05)
    assert longer.levels.lead_time.days.tolist() == [40.0]
    assert longer.sums.lead_days.tolist() == [40.0]


def test_of_the_past_it_is_in_whole_periods() -> None:
    panel = steady_panel()
    weekly = replace(panel, frequency=Frequency.WEEKLY)
    views = {1400: view_at(weekly, 1400), 1500: view_at(weekly, 1500)}
    pools = dict.fromkeys(views, sum_pools_of(weekly))

    longer = delivered_later(views, weekly, pools, np.array([3.0]))

    assert longer[1400].levels.lead_time.days.tolist() == [21.0]
    assert longer[1500].levels.lead_time.days.tolist() == [17.0]


def test_nothing_after_a_cutoff_is_looked_at() -> None:
    panel = steady_panel()
    spiked = replace(panel, demand=panel.demand.copy())
    spiked.demand[0, 1405] = 900.0
    later = np.array([26.0])

    found = [
        delivered_later(
            {1400: view_at(each, 1400), 1500: view_at(panel, 1500)},
            each,
            dict.fromkeys((1400, 1500), sum_pools_of(panel)),
            later,
        )[1400]
        for each in (panel, spiked)
    ]

    assert found[0].sums.cycle.mean.tolist() == found[1].sums.cycle.mean.tolist()
    assert found[0].sums.cycle.excess.tolist() == found[1].sums.cycle.excess.tolist()


def test_a_part_without_a_later_order_stays_as_it_is() -> None:
    panel = panel_of(np.random.default_rng(3).poisson(1.0, (2, 400)).astype(float))
    view, pools = view_at(panel, 400), sum_pools_of(panel)

    longer = delivered_later({400: view}, panel, {400: pools}, np.array([0.0, 30.0]))[400]

    assert longer.sums.cycle.mean[0] == view.sums.cycle.mean[0]
    assert longer.sums.cycle.excess[0] == view.sums.cycle.excess[0]
    assert longer.sums.cycle.mean[1] > view.sums.cycle.mean[1]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=6, periods=240)


def run_with(
    panel: Panel, folder: Path, registry: Registry, days: int, *, partition_series: int = 20_000
) -> Ran:
    """Run with an order of 9 for each part, of the third due so many *days* after the stock's."""
    items = [f"{item},{20.0 * 2.0**n},7" for n, item in enumerate(panel.item_ids)]
    stock = [f"{item},4" for item in panel.item_ids]
    until = panel.data_through.item()
    due = [until + timedelta(days if n == 2 else 5) for n in range(len(panel.item_ids))]
    orders = [f"7,{n},{item},9,{due[n]}" for n, item in enumerate(panel.item_ids)]
    files = {
        "items": ["item_id,unit_cost,lead_time_days", *items],
        "stock": ["item_id,current_stock", *stock],
        "orders": ["order_id,line,item_id,quantity,due", *orders],
        "contracts": CONTRACTS,
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    request = request_of(panel, folder, replace(FAST, partition_series=partition_series))
    return ran(replace(request, **{name: folder / f"{name}.csv" for name in files}), registry)


@pytest.fixture(scope="module")
def in_time(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return run_with(panel, tmp_path_factory.mktemp("in_time"), registry, 5)


@pytest.fixture(scope="module")
def late(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return run_with(panel, tmp_path_factory.mktemp("late"), registry, 27)


def by_item(run: Ran, data_set: str = "fact_availability") -> dict[str, dict[str, Any]]:
    return {row["item_id"]: row for row in run.table(data_set).to_pylist()}


def test_a_run_with_late_orders_keeps_the_contract(late: Ran, registry: Registry) -> None:
    assert check(late.draft, registry).report.passed


def test_more_waits_for_a_late_order_and_for_the_others_as_before(
    late: Ran, in_time: Ran, panel: Panel
) -> None:
    found, before = by_item(late), by_item(in_time)

    for n, item in enumerate(panel.item_ids):
        assert found[item]["late_days"] == (20.0 if n == 2 else 0.0)
        assert found[item]["position"] == before[item]["position"] == 13.0
        if n == 2:
            # So much more is asked for than there is that all beyond it waits.
            asked, usual = (row[item]["expected_backorders"] + 13.0 for row in (found, before))
            assert asked / usual == pytest.approx((LATER + USUAL) / USUAL, rel=0.1)
            assert found[item]["target_quantity"] > before[item]["target_quantity"]
        else:
            assert found[item]["expected_backorders"] == before[item]["expected_backorders"]


def test_the_list_buys_up_to_what_is_worth_holding_until_then(late: Ran, panel: Panel) -> None:
    steps = [
        row
        for row in late.table("fact_buy_list").to_pylist()
        if row["item_id"] == panel.item_ids[2]
    ]

    reached = steps[-1]["from_quantity"] + steps[-1]["quantity"]
    assert reached == by_item(late)[panel.item_ids[2]]["target_quantity"]


def test_promises_of_the_past_are_of_the_same_time(late: Ran, in_time: Ran, panel: Panel) -> None:
    found, before = (load(run.prepared.folder.stocked(0), StockedSeries) for run in (late, in_time))
    cutoff = min(found.windows)
    days = 7 + 20 + int(FAST.review_days)

    # The run's calendar begins with the series that began first.
    begin = int(panel.starts.min()) + cutoff
    ahead = panel.demand[2, begin : begin + days]
    assert found.windows[cutoff].actual[2] == np.nan_to_num(ahead).sum()
    assert found.windows[cutoff].days[2] == days
    assert found.windows[cutoff].actual[3] == before.windows[cutoff].actual[3]


def test_what_service_levels_and_the_textbook_hold_knows_of_no_late_order(
    late: Ran, in_time: Ran
) -> None:
    found, before = (load(run.prepared.folder.stocked(0), StockedSeries) for run in (late, in_time))

    for cutoff, window in found.windows.items():
        for held in ("service", "textbook", "keep"):
            usual = getattr(before.windows[cutoff], held)
            np.testing.assert_array_equal(getattr(window, held), usual)


def test_reorder_points_by_service_levels_stay_as_they_are(
    late: Ran, in_time: Ran, panel: Panel
) -> None:
    found, before = (by_item(run, "fact_inventory") for run in (late, in_time))

    for item in panel.item_ids:
        for name in ("reorder_point", "order_up_to", "cycle_demand", "stockout_probability"):
            assert found[item][name] == before[item][name]


def test_the_same_comes_of_smaller_partitions_with_late_orders(
    late: Ran, panel: Panel, tmp_path: Path, registry: Registry
) -> None:
    apart = run_with(panel, tmp_path, registry, 27, partition_series=2)

    for name in ("fact_availability", "agg_availability"):
        assert apart.table(name).equals(late.table(name)), name
    bought = ["rank", "item_id", "from_quantity", "quantity", "cost", "cumulative_cost"]
    steps = (each.table("fact_buy_list").select(bought) for each in (apart, late))
    assert next(steps).equals(next(steps))
