"""Parts that aren't to be held in stock: nothing is proposed of them, and their towers count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.options import MONEY, SERVICE
from ml_jobs.panel import Panel
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.runs import QUICK, Ran, ran, request_of

pytestmark = pytest.mark.ml

FAST = replace(QUICK, sources=("naive", "mean", "tsb", "ensemble"), rules={})
STOCKED = "item_id,unit_cost,lead_time_days,minimum_order,stocked"


def requested(panel: Panel, folder: Path, policy: str, *, dropped: int) -> JobRequest:
    """Return a request of which the first *dropped* items aren't stocked, each with an order."""
    folder.mkdir(exist_ok=True)
    items, stock, orders = (folder / f"{name}.csv" for name in ("items", "stock", "orders"))
    contracts = folder / "contracts.csv"
    costs = 20.0 * 2.0 ** np.arange(len(panel.item_ids))
    told = [
        f"{item},{cost},7,5,{'não' if place < dropped else 'sim'}"
        for place, (item, cost) in enumerate(zip(panel.item_ids, costs, strict=True))
    ]
    items.write_text("\n".join([STOCKED, *told]), encoding="utf-8")
    # Of the first there is none, so that it would be ordered; of the others there are a few.
    counts = [f"{item},{0 if place == 0 else 3}" for place, item in enumerate(panel.item_ids)]
    stock.write_text("\n".join(["item_id,current_stock", *counts]), encoding="utf-8")
    soon = panel.data_through + timedelta(days=3)
    lines = [f"P{place},{item},2,{soon}" for place, item in enumerate(panel.item_ids)]
    orders.write_text("\n".join(["order_id,item_id,quantity,due", *lines]), encoding="utf-8")
    contracts.write_text(
        "contract_id,towers,target_availability,penalty_per_hour\nA,400,0.995,\nB,100,,50\n",
        encoding="utf-8",
    )
    options = replace(FAST, policy=policy)
    request = request_of(panel, folder, options)
    return replace(request, items=items, stock=stock, orders=orders, contracts=contracts)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=8, periods=240)


@pytest.fixture(scope="module", params=[SERVICE, MONEY])
def done(
    panel: Panel,
    tmp_path_factory: pytest.TempPathFactory,
    registry: Registry,
    request: pytest.FixtureRequest,
) -> tuple[Ran, Ran]:
    """The run with two parts that aren't held, and the same with all of them."""
    folder = tmp_path_factory.mktemp("run")
    without, whole = (
        ran(requested(panel, folder / name, request.param, dropped=count), registry)
        for name, count in (("without", 2), ("whole", 0))
    )
    return without, whole


def test_it_keeps_the_contract(done: tuple[Ran, Ran], registry: Registry) -> None:
    assert all(check(each.draft, registry).report.passed for each in done)


def test_its_item_says_so_and_all_others_are_held(done: tuple[Ran, Ran], panel: Panel) -> None:
    rows = {row["item_id"]: row["stocked"] for row in done[0].table("dim_item").to_pylist()}

    assert rows == {item: place >= 2 for place, item in enumerate(panel.item_ids)}


def test_its_levels_are_0_and_its_policy_says_why(done: tuple[Ran, Ran], panel: Panel) -> None:
    rows = {row["item_id"]: row for row in done[0].table("fact_inventory").to_pylist()}
    held = {row["item_id"]: row for row in done[1].table("fact_inventory").to_pylist()}

    for item in panel.item_ids[:2]:
        row = rows[item]
        assert row["policy"] == "not_stocked" != held[item]["policy"]
        assert (row["reorder_point"], row["order_up_to"], row["order_quantity"]) == (0, 0, 0)
        assert row["textbook_reorder_point"] == 0
    assert held[panel.item_ids[0]]["order_quantity"] > 0


def test_nothing_is_done_about_its_stock_or_its_orders(done: tuple[Ran, Ran], panel: Panel) -> None:
    def acted(run: Ran) -> set[str]:
        rows = run.table("fact_action").to_pylist()
        return {row["item_id"] for row in rows if row["action"] != "check"}

    assert panel.item_ids[0] in acted(done[1])
    assert not acted(done[0]) & set(panel.item_ids[:2])


def test_it_is_no_exception_that_it_runs_out(done: tuple[Ran, Ran], panel: Panel) -> None:
    reasons = {
        row["reason_code"]
        for row in done[0].table("fact_exception").to_pylist()
        if row["item_id"] in panel.item_ids[:2]
    }

    assert not reasons & {"stockout_before_delivery", "below_reorder_point", "large_minimum_order"}


def test_it_is_not_bought_and_no_stock_of_it_is_worth_holding(
    done: tuple[Ran, Ran], panel: Panel
) -> None:
    without, whole = (
        {row["item_id"] for row in run.table("fact_buy_list").to_pylist()} for run in done
    )
    targets = {row["item_id"]: row for row in done[0].table("fact_availability").to_pylist()}

    assert panel.item_ids[0] in whole
    assert not without & set(panel.item_ids[:2])
    assert {targets[item]["target_quantity"] for item in panel.item_ids[:2]} == {0}


def test_what_waits_for_it_still_counts(done: tuple[Ran, Ran], panel: Panel) -> None:
    rows = {row["item_id"]: row for row in done[0].table("fact_availability").to_pylist()}
    today = [
        row for row in done[0].table("agg_availability").to_pylist() if row["policy"] == "today"
    ]

    assert rows[panel.item_ids[0]]["left_out"] is None
    assert rows[panel.item_ids[0]]["down_hours"] > 0
    down = sum(row["down_hours"] for row in rows.values()) / 730.0
    assert sum(row["towers_down"] for row in today) == pytest.approx(down, rel=1e-6)


def test_no_stock_takes_its_towers_off_the_curve(done: tuple[Ran, Ran], panel: Panel) -> None:
    """Even where everything else is held, what waits for it stands still."""

    def best(run: Ran) -> float:
        rows = run.table("agg_availability").to_pylist()
        return min(row["towers_down"] for row in rows if row["policy"] == "money")

    assert best(done[0]) > 2.0 * best(done[1])


def test_rules_are_not_replayed_with_it(done: tuple[Ran, Ran]) -> None:
    for name in ("agg_policy", "agg_policy_money", "agg_regret"):
        without, whole = (run.table(name) for run in done)
        column = "n_windows" if "n_windows" in without.column_names else "n_series"

        counts = [np.sum(table.column(column).to_numpy()) for table in (without, whole)]

        assert counts[0] < counts[1]
