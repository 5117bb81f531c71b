"""A run whose stock lies at places: what to move first is published, and not bought again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Panel
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.pipeline.test_availability_run import CONTRACTS, FAST
from tests.unit.ml_jobs.runs import Ran, assert_same_rows, ran, request_of, with_files

pytestmark = pytest.mark.ml

PLACES = ("D1", "D2", "D3")
WHERE = ("location_id,latitude,longitude", "D1,-23.5,-46.6", "D2,-12.9,-38.4", "D3,,")


def spread_panel(periods: int = 240) -> Panel:
    """Eight parts at three places each."""
    panel = retail_panel(series=24, periods=periods)
    items = tuple(f"P{n // 3:03d}" for n in range(24))
    return replace(panel, item_ids=items, location_ids=PLACES * 8)


def placed(
    request: JobRequest, folder: Path, *, stock: bool = True, items: tuple[str, ...] = ()
) -> JobRequest:
    """Return *request* with costs and places; the first place has all the stock."""
    codes = items or tuple(f"P{n:03d}" for n in range(8))
    rows = [f"{code},{20.0 * 2.0**n},7" for n, code in enumerate(codes)]
    shelf = [
        f"{code},{place},{400 if place == 'D1' else n}"
        for code in codes
        for n, place in enumerate(PLACES)
    ]
    files = {
        "items": ["item_id,unit_cost,lead_time_days", *rows],
        "contracts": CONTRACTS,
        "locations": WHERE,
        **({"stock": ["item_id,location_id,current_stock", *shelf]} if stock else {}),
    }
    return with_files(request, folder, files)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return spread_panel()


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    folder = tmp_path_factory.mktemp("run")
    return ran(placed(request_of(panel, folder, FAST), folder), registry)


def moved(done: Ran) -> dict[tuple[str, str], float]:
    """Units that each part gets at each place; those it gives are negative."""
    units: dict[tuple[str, str], float] = defaultdict(float)
    for row in done.table("fact_transfer").to_pylist():
        units[row["item_id"], row["to_location_id"]] += row["quantity"]
        units[row["item_id"], row["from_location_id"]] -= row["quantity"]
    return units


def test_what_is_published_keeps_the_contract(done: Ran, registry: Registry) -> None:
    assert check(done.draft, registry).report.passed
    assert done.table("fact_transfer").num_rows > 0


def test_the_place_that_has_it_all_gives_to_the_others(done: Ran) -> None:
    rows = done.table("fact_transfer").to_pylist()

    assert {row["from_location_id"] for row in rows} == {"D1"}
    assert {row["to_location_id"] for row in rows} == {"D2", "D3"}
    assert all(row["freight"] is None for row in rows)


def test_the_distance_is_one_over_a_great_circle_where_places_lie(done: Ran) -> None:
    found = {
        row["to_location_id"]: (row["km"], row["distance_assumed"], row["days"])
        for row in done.table("fact_transfer").to_pylist()
    }

    assert found["D2"] == (pytest.approx(1461.7, abs=0.1), True, None)
    assert found["D3"] == (None, None, None)


def test_what_is_moved_is_not_bought(done: Ran) -> None:
    position = {
        (row["item_id"], row["location_id"]): row["current_stock"] + row["on_order"]
        for row in done.table("fact_inventory").to_pylist()
    }
    units, first = moved(done), {}
    for row in done.table("fact_buy_list").to_pylist():
        first.setdefault((row["item_id"], row["location_id"]), row["from_quantity"])

    for key, quantity in first.items():
        assert quantity == pytest.approx(position[key] + units[key])
    assert any(units[key] > 0 for key in first)


def test_what_such_moves_would_have_done_is_told_of_every_cutoff_that_is_over(done: Ran) -> None:
    rows = done.table("agg_transfer").to_pylist()

    # Delivery and review take five weeks; of the last of the four cutoffs only four have come.
    assert [str(row["cutoff"]) for row in rows] == ["2024-05-07", "2024-06-04", "2024-07-02"]
    assert all(row["unit"] == "un" and row["moves"] > 0 for row in rows)
    assert sum(row["shortage_avoided"] for row in rows) > 0
    assert all(row["shortage_caused"] <= row["units_moved"] for row in rows)


def test_partitions_of_any_size_move_the_same(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, partition_series=4))

    small = ran(placed(request, tmp_path), registry)

    assert_same_rows(small, done, ("fact_transfer", "agg_transfer"), rtol=1e-6)


def test_stock_that_nobody_counted_is_not_moved(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    result = ran(placed(request_of(panel, tmp_path, FAST), tmp_path, stock=False), registry)

    assert check(result.draft, registry).report.passed
    assert result.table("fact_transfer").num_rows == 0


def test_without_places_nothing_is_said_of_moves(registry: Registry, tmp_path: Path) -> None:
    panel = retail_panel(series=8, periods=240)
    request = placed(request_of(panel, tmp_path, FAST), tmp_path, stock=False)

    result = ran(replace(request, locations=None), registry)

    assert "agg_availability" in result.draft.files
    assert not {"fact_transfer", "agg_transfer"} & result.draft.files.keys()


def test_moves_follow_the_policy_that_orders_follow(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, policy="money"))

    result = ran(placed(request, tmp_path), registry)

    # The contract holds moves against the reorder points and levels of that policy.
    assert check(result.draft, registry).report.passed
    assert result.table("fact_transfer").num_rows > 0


def test_lanes_and_weights_say_what_moves_cost(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    request = placed(request_of(panel, tmp_path, FAST), tmp_path)
    weights = [f"P{n:03d},{20.0 * 2.0**n},7,{2.0 if n else ''}" for n in range(8)]
    (tmp_path / "items.csv").write_text(
        "\n".join(["item_id,unit_cost,lead_time_days,weight_kg", *weights]), encoding="utf-8"
    )
    lanes = (
        "from_location_id,to_location_id,km,days,fixed_cost,cost_per_kg",
        "D1,D2,1900,4,30,0.5",
    )
    (tmp_path / "lanes.csv").write_text("\n".join(lanes), encoding="utf-8")

    result = ran(replace(request, lanes=tmp_path / "lanes.csv"), registry)

    assert check(result.draft, registry).report.passed
    rows = result.table("fact_transfer").to_pylist()
    by_lane = [row for row in rows if row["to_location_id"] == "D2"]
    assert by_lane
    for row in by_lane:
        assert (row["km"], row["days"], row["distance_assumed"]) == (1900.0, 4.0, False)
        # Of the first part nobody knows the weight.
        known = None if row["item_id"] == "P000" else 30.0 + row["quantity"] * 2.0 * 0.5
        assert row["freight"] == (known if known is None else pytest.approx(known))
    assert {row["freight"] for row in rows if row["to_location_id"] == "D3"} == {None}
