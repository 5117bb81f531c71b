"""A run whose places are supplied from a central store: both are weighed at once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.inputs.locations import Hierarchy, Location
from ml_jobs.inputs.orders_file import orders_of
from ml_jobs.panel import Panel
from ml_jobs.pipeline import stocking_up
from ml_jobs.pipeline.lessons import Lessons
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stocking_up import thinned
from ml_jobs.pipeline.supplied_series import own_levels, own_orders
from ml_jobs.publishing.publish import check
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.supplied import SuppliedWorth
from tests.unit.ml_jobs.panels import panel_of
from tests.unit.ml_jobs.pipeline.test_availability_run import CONTRACTS, FAST
from tests.unit.ml_jobs.runs import Ran, assert_same_rows, ran, request_of, with_files
from tests.unit.ml_jobs.stocking.availability.demands import levels_with
from tests.unit.ml_jobs.stocking.availability.oracles import sampled_backorders

pytestmark = pytest.mark.ml

CENTRE, PLACES = "CD", ("D1", "D2", "D3")
ITEMS = tuple(f"P{n:03d}" for n in range(6))
HELD = ITEMS[:4]
"""The parts that the central store has; of the other two nobody says so."""

SUPPLIED = (
    "location_id,level,parent_location_id,supplied_from,supply_days",
    "CD,depot,,,",
    "D1,site,CD,CD,2",
    "D2,site,CD,CD,3",
    "D3,site,CD,CD,",
)
ALONE = ("location_id,level,parent_location_id", "CD,depot,", *(f"{p},site,CD" for p in PLACES))
LANES = ("from_location_id,to_location_id,days", "CD,D3,5")
OTHER_LANE = (LANES[0], "D1,D2,1")
ORDERS = ("order_id,line,item_id,location_id,quantity", "7,1,P000,CD,2", "7,2,P000,D1,1")


def slow_panel() -> Panel:
    """Six parts at three places each, asked for once in a few days."""
    random = np.random.default_rng(5)
    chance = np.repeat(np.linspace(0.05, 0.3, len(ITEMS)), 3)[:, None]
    demand = np.where(random.random((18, 240)) < chance, 1 + random.integers(0, 2, (18, 240)), 0)
    demand[:, 0] = 1
    panel = panel_of(demand)
    items = tuple(item for item in ITEMS for _ in PLACES)
    return replace(panel, item_ids=items, location_ids=PLACES * len(ITEMS))


def supplied(
    request: JobRequest,
    folder: Path,
    *,
    locations: tuple[str, ...] = SUPPLIED,
    lanes: tuple[str, ...] = LANES,
) -> JobRequest:
    """Return *request* with a central store above its places, which has four of the parts."""
    rows = [f"{item},{40.0 * 2.0**n},14" for n, item in enumerate(ITEMS)]
    shelf = [f"{item},{place},{1 + n}" for item in ITEMS for n, place in enumerate(PLACES)]
    shelf += [f"{item},{CENTRE},{4 + 2 * n}" for n, item in enumerate(HELD)]
    files = {
        "items": ("item_id,unit_cost,lead_time_days", *rows),
        "stock": ("item_id,location_id,current_stock", *shelf),
        "contracts": CONTRACTS,
        "locations": locations,
        "lanes": lanes,
        "orders": ORDERS,
    }
    return with_files(request, folder, files)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return slow_panel()


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    folder = tmp_path_factory.mktemp("run")
    return ran(supplied(request_of(panel, folder, FAST), folder), registry)


@pytest.fixture(scope="module")
def stocked(done: Ran) -> StockedSeries:
    return load(done.prepared.folder.stocked(0), StockedSeries)


@pytest.fixture(scope="module")
def worth(done: Ran, stocked: StockedSeries) -> SuppliedWorth:
    plan = done.prepared.plan
    contracts = plan.fleet.contract_ids
    alike = stocked.dependence(contracts, np.ones(len(contracts)))
    tails = load(done.prepared.folder.lessons, Lessons).tails[plan.future]
    found = stocked.worth(plan.future, alike, tails)
    assert isinstance(found, SuppliedWorth)
    return found


def levels(done: Ran) -> dict[tuple[str, str], dict[str, object]]:
    rows = done.table("fact_availability").to_pylist()
    return {(row["item_id"], row["location_id"]): row for row in rows}


def test_what_is_published_keeps_the_contract(done: Ran, registry: Registry) -> None:
    assert check(done.draft, registry).report.passed


def test_the_central_store_stands_beside_its_places_where_it_has_a_part(done: Ran) -> None:
    found = {item for item, place in levels(done) if place == CENTRE}

    assert found == set(HELD)
    assert len(levels(done)) == len(ITEMS) * len(PLACES) + len(HELD)


def test_what_waits_at_the_central_store_is_waited_for_at_places(done: Ran) -> None:
    rows = levels(done)

    for item in HELD:
        centre = rows[item, CENTRE]
        assert (centre["expected_backorders"], centre["down_hours"]) == (0.0, 0.0)
        assert centre["next_unit_down_hours"] > 0
        assert all(rows[item, place]["down_hours"] > 0 for place in PLACES)


def test_places_say_how_long_what_they_ask_for_waits_at_the_central_store(
    done: Ran, worth: SuppliedWorth, stocked: StockedSeries
) -> None:
    rows = levels(done)

    for each in worth.shared:
        item = str(stocked.item_ids[each.centre])
        waits = {rows[item, place]["days_at_store"] for place in PLACES}
        days = float(stocked.windows[done.prepared.plan.future].days[each.centre])
        assert len(waits) == 1
        assert 0 < waits.pop() < days
        assert rows[item, CENTRE]["days_at_store"] is None
    alone = set(ITEMS) - set(HELD)
    assert {rows[item, place]["days_at_store"] for item in alone for place in PLACES} == {None}


def test_places_say_where_they_are_supplied_from_and_how_long_it_takes(done: Ran) -> None:
    rows = {row["location_id"]: row for row in done.table("dim_location").to_pylist()}

    assert {rows[place]["supplied_from"] for place in PLACES} == {CENTRE}
    # Of the last the lane says it.
    assert [rows[place]["supply_days"] for place in PLACES] == [2.0, 3.0, 5.0]
    assert rows[CENTRE]["supplied_from"] is None


def test_an_order_for_a_place_is_not_the_central_store_s(done: Ran) -> None:
    rows = levels(done)

    assert rows["P000", CENTRE]["position"] == 4 + 2
    assert rows["P000", "D1"]["position"] == 1 + 1


def test_what_waits_today_is_near_what_a_simulation_finds(
    done: Ran, worth: SuppliedWorth, stocked: StockedSeries
) -> None:
    rows = levels(done)

    assert len(worth.shared) == len(HELD)
    for each in worth.shared:
        item = str(stocked.item_ids[each.centre])
        position = stocked.levels.position
        found = sum(float(rows[item, place]["expected_backorders"]) for place in PLACES)
        lots = position[each.places].astype(np.int64)
        drawn = sampled_backorders(each.part, int(position[each.centre]), lots)
        assert found == pytest.approx(drawn.sum(), rel=0.05)


def test_hours_of_the_parts_are_those_of_the_curve(done: Ran) -> None:
    today = [row for row in done.table("agg_availability").to_pylist() if row["policy"] == "today"]

    down = sum(row["down_hours"] or 0.0 for row in levels(done).values()) / 730.0

    assert sum(row["towers_down"] for row in today) == pytest.approx(down, rel=1e-6)


def test_stock_of_the_central_store_counts_in_the_curve(done: Ran, stocked: StockedSeries) -> None:
    today = [row for row in done.table("agg_availability").to_pylist() if row["policy"] == "today"]

    value = float(np.nansum(stocked.levels.position * stocked.unit_cost))

    assert sum(row["stock_value"] for row in today) == pytest.approx(value)


def test_service_levels_that_give_places_all_hold_nothing_in_the_central_store(
    done: Ran, stocked: StockedSeries
) -> None:
    service = stocked.windows[done.prepared.plan.future].service
    centres = stocked.supply.is_centre(stocked.location_ids)
    asked = {
        (row["item_id"], row["location_id"]): row["order_up_to"]
        for row in done.table("fact_inventory").to_pylist()
    }

    keys = zip(stocked.item_ids.tolist(), stocked.location_ids.tolist(), strict=True)
    expected = [0.0 if held else asked[key] for key, held in zip(keys, centres, strict=True)]

    assert centres.sum() == len(HELD)
    assert service.tolist() == pytest.approx(expected)
    rows = done.table("agg_availability").to_pylist()
    value = sum(row["stock_value"] for row in rows if row["policy"] == "service")
    assert value == pytest.approx(float(np.array(expected) @ stocked.unit_cost))


def test_prices_are_learnt_from_fewer_items_where_many_have_two_levels(
    stocked: StockedSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(thinned(stocked, 1)[0].item_ids) == len(stocked.item_ids)
    monkeypatch.setattr(stocking_up, "MOST_SHARED", 2)

    sample, scale = thinned(stocked, 1)

    assert scale == 2.0
    assert set(sample.item_ids) == {item for item in ITEMS if crc32(item.encode()) % 2 == 0}
    assert 0 < len(sample.item_ids) < len(stocked.item_ids)


def test_an_order_for_a_place_below_is_not_the_store_s_even_if_that_has_no_series() -> None:
    lines = pa.table(
        {
            "item_id": ["P"] * 3,
            "location_id": ["CD", "D1", "D9"],
            "order_id": ["1", "2", "3"],
            "line": ["1"] * 3,
            "quantity": [1.0, 2.0, 4.0],
            "due": pa.nulls(3, pa.date32()),
        }
    )
    places = (Location("CD", "CD", "depot", None), Location("D1", "D1", "site", "CD"))
    tree = Hierarchy((*places, Location("D9", "D9", "site", "CD")))
    panel = replace(panel_of(np.ones((2, 4))), item_ids=("P", "P"), location_ids=("CD", "D1"))
    orders = orders_of(lines, panel, tree)
    on_order = np.bincount(orders.series, orders.quantity)
    whole = replace(levels_with(np.array([10.0, 10.0])), on_order=on_order)

    own = own_levels(whole, orders, np.array([0]))

    assert on_order.tolist() == [7.0, 2.0]
    assert own.on_order.tolist() == [1.0, 2.0]
    assert own_orders(orders, np.array([0])).ref.tolist() == ["1/1", "2/1"]


def test_the_list_buys_for_the_central_store_too_and_no_more_than_is_worth_it(done: Ran) -> None:
    worth, reached = levels(done), defaultdict(float)
    rows = done.table("fact_buy_list").to_pylist()
    for row in rows:
        key = (row["item_id"], row["location_id"])
        assert row["from_quantity"] < worth[key]["target_quantity"]
        reached[key] = row["from_quantity"] + row["quantity"]

    assert {item for item, place in reached if place == CENTRE}
    for item in HELD:
        places = [worth[item, place] for place in (CENTRE, *PLACES)]
        if all(row["position"] <= row["target_quantity"] for row in places):
            for row in places:
                key = (item, row["location_id"])
                assert reached.get(key, row["position"]) == row["target_quantity"]
    per_money = np.array([row["down_hours_avoided"] / row["cost"] for row in rows])
    assert per_money[0] > per_money[-1] > 0


def test_nothing_that_a_central_store_delivers_is_moved(done: Ran) -> None:
    moved = set(done.table("fact_transfer")["item_id"].to_pylist())

    assert moved <= set(ITEMS) - set(HELD)


def test_what_two_levels_would_have_done_in_the_past_is_not_told(
    done: Ran, stocked: StockedSeries
) -> None:
    plan, shared = done.prepared.plan, stocked.supply.is_shared

    assert shared.sum() == len(HELD) * (1 + len(PLACES))
    for cutoff in plan.judged:
        assert np.isnan(stocked.windows[cutoff].actual[shared]).all()
    assert done.notes["two_levels"] == shared.sum()
    told = [row for row in levels(done).values() if row["item_id"] in HELD]
    assert not any(row["supported"] for row in told)


def test_partitions_of_any_size_give_the_same(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, partition_series=4))

    small = ran(supplied(request, tmp_path), registry)

    assert small.prepared.plan.partitions > done.prepared.plan.partitions
    assert_same_rows(small, done, ("fact_availability", "fact_buy_list", "agg_availability"))


def test_without_its_days_a_place_is_weighed_as_if_suppliers_supplied_it(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    runs = []
    ways = {"plain": ALONE, "silent": tuple(line.rstrip("0123456789") for line in SUPPLIED)}
    for name, locations in ways.items():
        folder = tmp_path / name
        folder.mkdir()
        request = request_of(panel, folder, FAST)
        runs.append(ran(supplied(request, folder, locations=locations, lanes=OTHER_LANE), registry))

    plain, silent = runs

    assert any("neither supply_days" in note for note in silent.prepared.notes)
    for name in plain.draft.files:
        if name != "dim_location":
            left, right = (
                each.table(name).drop(["generated_at", "dataset_id"]) for each in (plain, silent)
            )
            assert left.equals(right), name


def test_orders_by_money_fill_up_to_what_is_worth_it_at_both_levels(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, policy="money"))

    result = ran(supplied(request, tmp_path), registry)

    assert check(result.draft, registry).report.passed
    worth = levels(result)
    stock = {
        (row["item_id"], row["location_id"]): row
        for row in result.table("fact_inventory").to_pylist()
    }
    for item in HELD:
        for place in (CENTRE, *PLACES):
            row, wanted = stock[item, place], worth[item, place]
            assert row["policy"] == "tower_hour_price"
            assert row["order_up_to"] == wanted["target_quantity"]
            # What is on order for a place doesn't count at the store.
            assert row["current_stock"] + row["on_order"] == wanted["position"]
