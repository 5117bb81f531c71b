"""A run in which some parts are repaired: less is bought of them, and as much of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Panel
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.pipeline.test_availability_run import CONTRACTS, FAST
from tests.unit.ml_jobs.runs import Ran, ran, request_of

pytestmark = pytest.mark.ml

Rows = dict[str, dict[str, Any]]


def run_with(
    panel: Panel,
    folder: Path,
    registry: Registry,
    *,
    repaired: bool,
    partition_series: int = 20_000,
) -> Ran:
    """Run with the later half of the parts repaired, or all of them bought new."""
    half = len(panel.item_ids) // 2
    items, stock = [], []
    for n, item in enumerate(panel.item_ids):
        days = "20,0.25,8" if repaired and n >= half else ",,"
        items.append(f"{item},{20.0 * 2.0**n},28,{days.rsplit(',', 1)[0]}")
        stock.append(f"{item},{10 + n},2,{days.rsplit(',', 1)[1]}")
    files = {
        "items": ["item_id,unit_cost,lead_time_days,repair_days,condemnation", *items],
        "stock": ["item_id,current_stock,on_order,in_repair", *stock],
        "contracts": CONTRACTS,
    }
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    options = replace(FAST, partition_series=partition_series)
    request = request_of(panel, folder, options)
    return ran(replace(request, **{name: folder / f"{name}.csv" for name in files}), registry)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=8, periods=240)


@pytest.fixture(scope="module")
def bought(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return run_with(panel, tmp_path_factory.mktemp("bought"), registry, repaired=False)


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    return run_with(panel, tmp_path_factory.mktemp("repaired"), registry, repaired=True)


def by_item(run: Ran, data_set: str) -> Rows:
    return {row["item_id"]: row for row in run.table(data_set).to_pylist()}


def test_it_keeps_the_contract(done: Ran, registry: Registry) -> None:
    assert check(done.draft, registry).report.passed


def test_a_run_without_repairs_has_no_such_data_set(bought: Ran, registry: Registry) -> None:
    assert "fact_repair" not in bought.draft.files
    assert check(bought.draft, registry).report.passed


def test_repaired_parts_say_what_comes_back(done: Ran, panel: Panel) -> None:
    repairs, inventory = by_item(done, "fact_repair"), by_item(done, "fact_inventory")

    assert set(repairs) == set(panel.item_ids[4:])
    for item, row in repairs.items():
        assert (row["in_repair"], row["coming_back"]) == (8.0, 6.0)
        assert inventory[item]["on_order"] == 8.0
        assert row["missing"] < row["failures"]


def test_less_is_planned_of_what_comes_back_and_as_much_of_the_rest(
    done: Ran, bought: Ran, panel: Panel
) -> None:
    repaired, new = by_item(done, "fact_inventory"), by_item(bought, "fact_inventory")

    for item in panel.item_ids[:4]:
        assert repaired[item]["cycle_demand"] == new[item]["cycle_demand"]
        assert repaired[item]["cycle_excess"] == new[item]["cycle_excess"]
    for item in panel.item_ids[4:]:
        asked = by_item(done, "fact_repair")[item]["failures"]
        assert asked == pytest.approx(new[item]["cycle_demand"])
        assert repaired[item]["cycle_demand"] < 0.7 * new[item]["cycle_demand"]
        assert repaired[item]["order_up_to"] < new[item]["order_up_to"]
        assert repaired[item]["textbook_reorder_point"] < new[item]["textbook_reorder_point"]


def test_what_is_on_its_way_back_waits_for_less(done: Ran, bought: Ran, panel: Panel) -> None:
    repaired, new = by_item(done, "fact_availability"), by_item(bought, "fact_availability")

    for item in panel.item_ids[4:]:
        assert repaired[item]["position"] == new[item]["position"] + 6.0
        assert repaired[item]["expected_backorders"] < new[item]["expected_backorders"]


def test_the_projection_counts_on_what_comes_back(done: Ran, bought: Ran, panel: Panel) -> None:
    def receipts(run: Ran, item: str) -> list[float]:
        rows = run.table("fact_projection").to_pylist()
        return [row["receipts"] for row in rows if row["item_id"] == item]

    last = panel.item_ids[-1]
    more = [a - b for a, b in zip(receipts(done, last), receipts(bought, last), strict=True)]

    assert more[-1] == 6.0
    assert more == sorted(more)
    assert 0.0 < more[13] < 6.0


def test_the_same_is_published_whatever_the_partitions_are(
    done: Ran, panel: Panel, tmp_path: Path, registry: Registry
) -> None:
    apart = run_with(panel, tmp_path, registry, repaired=True, partition_series=2)

    for name in ("fact_repair", "fact_inventory", "fact_buy_list", "agg_availability"):
        assert apart.table(name).equals(done.table(name)), name
