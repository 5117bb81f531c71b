"""Runs whose costs say nothing: no division, no promise, and a sentence or a mark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Panel
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.runs import QUICK, Ran, ran, request_of

pytestmark = pytest.mark.ml

FAST = replace(QUICK, sources=("naive", "mean", "tsb", "ensemble"), rules={})


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=6, periods=240)


def costing(panel: Panel, folder: Path, registry: Registry, *costs: str) -> Ran:
    """Return a run of which the items cost what *costs* say, in turn, for one contract."""
    items, contracts = folder / "items.csv", folder / "contracts.csv"
    rows = [
        f"{item},{costs[place % len(costs)]},7,high" for place, item in enumerate(panel.item_ids)
    ]
    items.write_text(
        "\n".join(["item_id,unit_cost,lead_time_days,criticality", *rows]), encoding="utf-8"
    )
    contracts.write_text("contract_id,towers,target_availability\nA,400,0.995\n", encoding="utf-8")
    request = replace(request_of(panel, folder, FAST), items=items, contracts=contracts)
    return ran(request, registry)


@pytest.mark.parametrize("cost", ["0", ""])
def test_without_any_cost_availability_is_switched_off(
    panel: Panel, tmp_path: Path, registry: Registry, cost: str
) -> None:
    done = costing(panel, tmp_path, registry, cost)

    assert check(done.draft, registry).report.passed
    assert "agg_availability" not in done.draft.files
    assert "fact_buy_list" not in done.draft.files
    assert "fact_inventory" in done.draft.files


def test_what_costs_nothing_is_bought_without_a_rate(
    panel: Panel, tmp_path: Path, registry: Registry
) -> None:
    done = costing(panel, tmp_path, registry, "0", "50", "800")

    assert check(done.draft, registry).report.passed
    rows = done.table("fact_buy_list").to_pylist()
    free = [row for row in rows if row["cost"] == 0]
    assert free
    levels = {row["item_id"]: row for row in done.table("fact_availability").to_pylist()}
    assert {levels[row["item_id"]]["next_unit_per_1000"] for row in free} == {None}


def test_equal_costs_say_that_there_is_no_spread(
    panel: Panel, tmp_path: Path, registry: Registry
) -> None:
    done = costing(panel, tmp_path, registry, "50")

    spread = done.notes["cost_spread"]

    assert check(done.draft, registry).report.passed
    assert isinstance(spread, dict)
    assert spread["deviation"] == 0
