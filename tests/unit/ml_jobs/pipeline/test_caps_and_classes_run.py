"""A run with a capped contract and classes of parts: what it charges, whose budget a step has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Panel
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.pipeline.test_availability_run import FAST, priced
from tests.unit.ml_jobs.runs import Ran, ran, request_of

pytestmark = pytest.mark.ml

CAP = 40_000.0
CONTRACTS = (
    "contract_id,name,towers,target_availability,penalty_per_hour,penalty_cap",
    "A,Alfa,400,0.995,,",
    f"B,Beta,100,,50,{CAP}",
)
CLASSES = (
    "class,class_of,budget,holding_rate_per_year,lost_unit_cost",
    "high,criticality,3000,0.3,",
    "medium,criticality,,,77",
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=8, periods=240)


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    folder = tmp_path_factory.mktemp("run")
    request = priced(request_of(panel, folder, FAST), panel, folder)
    files = {"contracts": CONTRACTS, "classes": CLASSES}
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return ran(replace(request, **{name: folder / f"{name}.csv" for name in files}), registry)


def rows(done: Ran, data_set: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done.table(data_set).to_pylist()
    return found


def test_a_run_with_caps_and_classes_keeps_the_contract(done: Ran, registry: Registry) -> None:
    assert check(done.draft, registry).report.passed


def test_no_point_charges_more_than_the_cap_nor_than_all_hours_cost(done: Ran) -> None:
    curve = rows(done, "agg_availability")

    assert {row["penalty_cost"] for row in curve if row["contract_id"] == "A"} == {None}
    charged = [row for row in curve if row["contract_id"] == "B"]
    for row in charged:
        whole = 730.0 * 50.0 * row["towers_down"]
        assert row["penalty_cost"] <= min(CAP, whole) * (1 + 1e-9)
    # The point with the least stock is far beyond the cap, the one with most far below it.
    assert charged[0]["penalty_cost"] == pytest.approx(CAP, rel=0.05)
    assert min(row["penalty_cost"] for row in charged) < 0.05 * CAP


def test_an_hour_is_worth_less_than_its_price_where_months_may_end_beyond_the_cap(
    done: Ran,
) -> None:
    told = done.notes["tower_hours"]

    assert isinstance(told, dict)
    assert 0.0 < told["prices"]["B"] < 50.0


def test_no_month_of_the_ledger_costs_more_than_the_cap(done: Ran) -> None:
    whole = [row for row in rows(done, "agg_regret") if row["group_by"] == "all"]

    assert len(whole) == 4
    skipped = next(row for row in whole if row["rule"] == "order_skipped")
    assert 50.0 * (skipped["down_hours"] - skipped["unpriced_hours"]) > 10.0 * CAP
    assert skipped["penalty_cost"] == pytest.approx(CAP)
    assert max(row["penalty_cost"] for row in whole) == skipped["penalty_cost"]


def test_steps_say_which_budget_they_fall_under_and_what_their_class_costs_so_far(
    done: Ran,
) -> None:
    items = {row["item_id"]: row for row in rows(done, "dim_item")}
    spent: dict[str, float] = defaultdict(float)
    for row in rows(done, "fact_buy_list"):
        criticality = items[row["item_id"]]["criticality"]
        spent[criticality] += row["cost"]
        if criticality == "high":
            assert row["class_budget"] == 3000.0
            assert row["class_cumulative_cost"] == pytest.approx(spent["high"])
        else:
            assert row["class_budget"] is row["class_cumulative_cost"] is None
    assert spent["high"] > 0
    assert done.notes["class_budgets"] == {"kind": "criticality", "amounts": {"high": 3000.0}}


def test_parts_cost_what_their_class_says(done: Ran) -> None:
    for row in rows(done, "dim_item"):
        expected = {"high": (0.3, None), "medium": (None, 77.0)}
        found = (row["holding_rate_per_year"], row["lost_unit_cost"])
        assert found == expected.get(row["criticality"], (None, None))
