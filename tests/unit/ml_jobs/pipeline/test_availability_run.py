"""A run that weighs stock: what it publishes keeps the contract, and says what it can't weigh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.panel import Panel
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.run_folder import load
from ml_jobs.pipeline.stocking_up import StockPrices
from ml_jobs.publishing.publish import check
from ml_jobs.stocking.availability.curve import POINTS
from ml_jobs.stocking.availability.stocked import StockedSeries
from tests.unit.ml_jobs.panels import retail_panel
from tests.unit.ml_jobs.runs import QUICK, Ran, assert_same_rows, ran, request_of, with_files

pytestmark = pytest.mark.ml

FAST = replace(QUICK, sources=("naive", "mean", "tsb", "ensemble"), rules={})
CONTRACTS = (
    "contract_id,name,towers,target_availability,penalty_per_hour",
    "A,Alfa,400,0.995,",
    "B,Beta,100,,50",
)


def priced(
    request: JobRequest, panel: Panel, folder: Path, *, unpriced: int = 1, criticality: str = ""
) -> JobRequest:
    """Return *request* with costs of all items but the first *unpriced*, and two contracts."""
    costs = 20.0 * 2.0 ** np.arange(len(panel.item_ids))
    rows = [
        f"{item},{'' if n < unpriced else cost},7,{criticality}"
        for n, (item, cost) in enumerate(zip(panel.item_ids, costs, strict=True))
    ]
    items = ("item_id,unit_cost,lead_time_days,criticality", *rows)
    return with_files(request, folder, {"items": items, "contracts": CONTRACTS})


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=8, periods=240)


@pytest.fixture(scope="module")
def done(panel: Panel, tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Ran:
    folder = tmp_path_factory.mktemp("run")
    return ran(priced(request_of(panel, folder, FAST), panel, folder), registry)


def test_it_keeps_the_contract(done: Ran, registry: Registry) -> None:
    assert check(done.draft, registry).report.passed


def test_the_curve_is_of_every_contract_with_today_and_service_beside_it(done: Ran) -> None:
    rows = done.table("agg_availability").to_pylist()

    kinds = {(row["contract_id"], row["policy"]): 0 for row in rows}
    for row in rows:
        kinds[row["contract_id"], row["policy"]] += 1
    assert kinds == {
        (contract, policy): POINTS if policy == "money" else 1
        for contract in ("A", "B")
        for policy in ("money", "service", "today")
    }


def test_what_was_promised_is_held_against_what_came_at_every_cutoff_that_is_over(
    done: Ran,
) -> None:
    rows = done.table("agg_availability").to_pylist()
    promised = [row for row in rows if row["policy"] != "today"]

    # The last of the four isn't over: delivery and review take longer than the horizon.
    assert {row["n_windows"] for row in promised} == {3}
    assert all(row["towers_down_happened"] is not None for row in promised)
    assert any(row["supported"] for row in promised)


def test_every_cutoff_s_promise_is_told_by_its_day(done: Ran) -> None:
    curve = done.table("agg_availability").to_pylist()
    rows = done.table("agg_promise").to_pylist()

    windows = {row["n_windows"] for row in curve if row["policy"] != "today"}
    assert {len({row["cutoff"] for row in rows})} == windows
    assert len(rows) == windows.copy().pop() * sum(row["policy"] != "today" for row in curve)
    assert "today" not in {row["policy"] for row in rows}


def test_of_the_stock_of_today_nothing_was_promised_in_the_past(done: Ran) -> None:
    rows = done.table("agg_availability").to_pylist()

    today = [row for row in rows if row["policy"] == "today"]
    assert {row["n_windows"] for row in today} == {0}
    assert {row["towers_down_promised"] for row in today} == {None}


def test_the_stock_of_today_is_promised_where_the_next_point_of_the_curve_is(done: Ran) -> None:
    rows = done.table("agg_availability").to_pylist()

    for today in (row for row in rows if row["policy"] == "today"):
        points = [
            row
            for row in rows
            if row["policy"] == "money" and row["contract_id"] == today["contract_id"]
        ]
        beside = next(row for row in points if row["towers_down"] <= today["towers_down"])
        assert today["not_supported_because"] in {beside["not_supported_because"], "tail_not_seen"}


def test_nothing_behind_what_is_not_supported_is(done: Ran) -> None:
    rows = done.table("agg_availability").to_pylist()

    for contract in ("A", "B"):
        supported = [
            row["supported"]
            for row in rows
            if (row["policy"], row["contract_id"]) == ("money", contract)
        ]
        assert supported == sorted(supported, reverse=True)


def test_a_part_without_a_cost_says_so_and_is_not_bought(done: Ran, panel: Panel) -> None:
    levels = {row["item_id"]: row for row in done.table("fact_availability").to_pylist()}
    bought = set(done.table("fact_buy_list")["item_id"].to_pylist())

    assert levels[panel.item_ids[0]]["left_out"] == "no_cost"
    assert levels[panel.item_ids[1]]["left_out"] is None
    assert bought <= set(panel.item_ids[1:])
    assert bought


def test_hours_of_the_parts_are_those_of_the_curve(done: Ran) -> None:
    levels = done.table("fact_availability").to_pylist()
    today = [row for row in done.table("agg_availability").to_pylist() if row["policy"] == "today"]

    down = sum(row["down_hours"] or 0.0 for row in levels) / 730.0

    assert sum(row["towers_down"] for row in today) == pytest.approx(down, rel=1e-6)


def test_the_first_row_of_the_list_avoids_what_it_takes_off_the_hours(done: Ran) -> None:
    first = done.table("fact_buy_list").to_pylist()[0]
    levels = {row["item_id"]: row for row in done.table("fact_availability").to_pylist()}

    assert first["from_quantity"] == levels[first["item_id"]]["position"]
    assert first["down_hours_avoided"] <= levels[first["item_id"]]["down_hours"] + 1e-9


def test_its_lineage_says_how_far_parts_are_apart(done: Ran, panel: Panel) -> None:
    spread = done.notes["cost_spread"]

    assert isinstance(spread, dict)
    assert spread["deviation"] > 0
    assert (spread["parts"], spread["without_cost"]) == (len(panel.item_ids) - 1, 1)


def test_the_list_ends_where_what_is_worth_holding_is_reached(done: Ran) -> None:
    worth = {row["item_id"]: row for row in done.table("fact_availability").to_pylist()}
    reached: dict[str, float] = {}
    for row in done.table("fact_buy_list").to_pylist():
        assert row["from_quantity"] < worth[row["item_id"]]["target_quantity"]
        reached[row["item_id"]] = row["from_quantity"] + row["quantity"]

    for item, row in worth.items():
        if row["left_out"] is None and row["position"] < row["target_quantity"]:
            assert reached[item] == row["target_quantity"]


def test_the_same_comes_of_smaller_partitions(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, partition_series=3))

    small = ran(priced(request, panel, tmp_path), registry)

    sums = done.table("agg_policy_money").drop(["generated_at"])
    assert small.table("agg_policy_money").drop(["generated_at"]).equals(sums)
    names = ("agg_availability", "agg_promise", "fact_availability", "fact_buy_list", "agg_regret")
    assert_same_rows(small, done, names)


def test_without_any_cost_there_is_no_curve_and_every_part_says_why(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    request = priced(
        request_of(panel, tmp_path, FAST), panel, tmp_path, unpriced=len(panel.item_ids)
    )

    result = ran(request, registry)

    assert check(result.draft, registry).report.passed
    assert "agg_availability" not in result.draft.files
    assert "agg_policy_money" not in result.draft.files
    assert "not known" in str(result.notes["money_replay"])
    levels = result.table("fact_availability")
    assert set(levels["left_out"].to_pylist()) == {"no_cost"}


def test_orders_that_follow_the_price_fill_up_to_what_is_worth_its_cost(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, policy="money"))

    followed = ran(priced(request, panel, tmp_path), registry)

    assert check(followed.draft, registry).report.passed
    asked = {row["item_id"]: row for row in done.table("fact_inventory").to_pylist()}
    stock = {row["item_id"]: row for row in followed.table("fact_inventory").to_pylist()}
    worth = {row["item_id"]: row for row in followed.table("fact_availability").to_pylist()}
    by_price = {item for item, row in stock.items() if row["policy"] == "tower_hour_price"}
    assert by_price == {item for item, row in worth.items() if row["left_out"] is None}
    for item, row in stock.items():
        if item in by_price:
            assert row["order_up_to"] == worth[item]["target_quantity"]
            assert row["reorder_point"] <= row["order_up_to"]
        else:
            assert row["policy"] == "lead_time_quantile"
            assert row["order_up_to"] == asked[item]["order_up_to"]
    assert any(stock[item]["order_up_to"] != asked[item]["order_up_to"] for item in by_price)


def test_the_curve_is_the_same_whatever_policy_orders_follow(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, policy="money"))

    followed = ran(priced(request, panel, tmp_path), registry)

    for name in ("agg_availability", "fact_availability", "fact_buy_list"):
        assert (
            followed.table(name)
            .drop(["generated_at"])
            .equals(done.table(name).drop(["generated_at"]))
        )


def test_rules_to_order_by_are_replayed_of_what_has_a_cost(done: Ran, panel: Panel) -> None:
    rows = done.table("agg_policy_money").to_pylist()

    everyone = {row["policy"]: row for row in rows if row["group_by"] == "all"}
    assert len(everyone) == 6
    assert {row["n_series"] for row in everyone.values()} == {len(panel.item_ids) - 1}
    assert {row["n_assumed"] for row in everyone.values()} == {len(panel.item_ids) - 1}
    bound = everyone.pop("perfect_foresight")["cost"]
    assert all(row["cost"] >= bound for row in everyone.values())
    assert everyone["order_nothing"]["lost_cost"] == max(
        row["lost_cost"] for row in everyone.values()
    )
    assert "costs least" in str(done.notes["money_replay"])


def test_what_a_lost_unit_costs_is_read_of_each_item(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = priced(request_of(panel, tmp_path, FAST), panel, tmp_path)
    assert request.items is not None
    first, *rows = request.items.read_text(encoding="utf-8").split("\n")
    told = [f"{first},lost_unit_cost,holding_rate_per_year", *(f"{row},0,0.3" for row in rows)]
    request.items.write_text("\n".join(told), encoding="utf-8")

    result = ran(request, registry)

    assert check(result.draft, registry).report.passed
    everyone = [r for r in result.table("agg_policy_money").to_pylist() if r["group_by"] == "all"]
    assert {row["lost_cost"] for row in everyone} == {0.0}
    assert {row["n_assumed"] for row in everyone} == {0}
    costs = {row["policy"]: row["cost"] for row in everyone}
    assert costs["myopic_lost_sales"] == costs["order_nothing"] == costs["perfect_foresight"]
    assert set(result.table("dim_item")["lost_unit_cost"].to_pylist()) == {0.0}


def test_a_part_that_is_fetched_leaves_fewer_towers_down_and_is_promised_by_the_same_past(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = priced(request_of(panel, tmp_path, FAST), panel, tmp_path)
    fetched = panel.item_ids[2]
    parts = tmp_path / "installed.csv"
    parts.write_text(f"item_id,waiting,emergency_hours\n{fetched},emergency,6\n", "utf-8")

    result = ran(replace(request, installed=parts), registry)

    assert check(result.draft, registry).report.passed
    before, after = (
        {row["item_id"]: row["down_hours"] for row in each.table("fact_availability").to_pylist()}
        for each in (done, result)
    )
    assert 0.0 < after[fetched] < before[fetched]
    assert after[panel.item_ids[3]] == before[panel.item_ids[3]]
    curve = result.table("agg_availability").to_pylist()
    assert all(row["towers_down_happened"] is not None for row in curve if row["n_windows"])


def test_the_ledger_holds_every_rule_against_the_one_that_is_followed(done: Ran) -> None:
    rows = done.table("agg_regret").to_pylist()
    whole = {row["rule"]: row for row in rows if row["group_by"] == "all"}

    assert whole.keys() == {"lead_time_quantile", "tower_hour_price", "textbook", "order_skipped"}
    assert [rule for rule, row in whole.items() if row["is_followed"]] == ["lead_time_quantile"]
    # The last of the four windows isn't over: delivery and review take longer than the horizon.
    assert {row["n_cutoffs"] for row in rows} == {3}
    assert whole["order_skipped"]["down_hours_more"] >= 0
    assert whole["textbook"]["cost_more_low"] is not None


def test_with_orders_by_money_the_ledger_is_held_against_that(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = request_of(panel, tmp_path, replace(FAST, policy="money"))

    result = ran(priced(request, panel, tmp_path), registry)

    assert check(result.draft, registry).report.passed
    rows = result.table("agg_regret").to_pylist()
    assert {row["rule"] for row in rows if row["is_followed"]} == {"tower_hour_price"}
    before = {
        (row["group_value"], row["rule"]): row["cost"]
        for row in done.table("agg_regret").to_pylist()
    }
    for row in rows:
        if row["rule"] != "order_skipped":
            assert row["cost"] == before[row["group_value"], row["rule"]]


def test_what_rules_held_in_the_past_knows_nothing_of_what_came_later(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    options = replace(FAST, sources=("mean",))
    runs = []
    for name, spike in (("plain", 0.0), ("spiked", 1e4)):
        demand = panel.demand.copy()
        demand[:, -1] += spike
        folder = tmp_path / name
        folder.mkdir()
        request = request_of(replace(panel, demand=demand), folder, options)
        runs.append(ran(priced(request, panel, folder, criticality="high"), registry).prepared)

    (plain, prices), (spiked, later) = (
        (load(each.folder.stocked(0), StockedSeries), load(each.folder.prices, StockPrices).past)
        for each in runs
    )

    assert len(prices) == 4
    for cutoff, allocation in prices.items():
        np.testing.assert_array_equal(allocation.prices, later[cutoff].prices)
        for rule in ("service", "textbook", "recent"):
            before, after = (getattr(each.windows[cutoff], rule) for each in (plain, spiked))
            np.testing.assert_array_equal(before, after)
        np.testing.assert_array_equal(
            plain.windows[cutoff].demand.mean, spiked.windows[cutoff].demand.mean
        )


def test_without_prices_of_tower_hours_hours_are_told_and_no_cost(
    panel: Panel, registry: Registry, tmp_path: Path
) -> None:
    request = priced(request_of(panel, tmp_path, FAST), panel, tmp_path)

    result = ran(replace(request, contracts=None), registry)

    assert check(result.draft, registry).report.passed
    rows = result.table("agg_regret")
    assert set(rows["cost"].to_pylist()) == {None}
    assert rows["down_hours"].null_count == 0
    assert rows["unpriced_hours"].to_pylist() == rows["down_hours"].to_pylist()


RunServing = Callable[..., Ran]


@pytest.fixture
def run_serving(panel: Panel, registry: Registry, tmp_path: Path) -> RunServing:
    """Run with all items priced, these rows of contracts, and what is installed for each.

    That is said by a contract's code: which items its towers need, by their numbers. What the run
    publishes keeps the contract.
    """

    def served(*contracts: str, **parts: str) -> Ran:
        request = priced(request_of(panel, tmp_path, FAST), panel, tmp_path, unpriced=0)
        rows = [
            f"{panel.item_ids[int(number)]},{code},10"
            for code, numbers in parts.items()
            for number in numbers
        ]
        files = {
            "contracts": (CONTRACTS[0], *contracts),
            "installed": ("item_id,contract_id,installed", *rows),
        }
        result = ran(with_files(request, tmp_path, files), registry)
        assert check(result.draft, registry).report.passed
        return result

    return served


def test_towers_whose_hours_cost_nothing_stand_still_all_the_same(
    panel: Panel, run_serving: RunServing
) -> None:
    result = run_serving("A,Alfa,400,0.999,", "N,Nada,400,,", A="0123", N="4567")

    free = set(panel.item_ids[4:])
    levels = result.table("fact_availability").to_pylist()
    lost = sum(row["down_hours"] for row in levels if row["item_id"] in free)
    curve = [r for r in result.table("agg_availability").to_pylist() if r["contract_id"] == "N"]
    today = next(row for row in curve if row["policy"] == "today")
    assert today["towers_down"] == pytest.approx(lost / 730.0, rel=1e-6)
    assert {row["stock_value"] for row in curve if row["policy"] == "money"} == {0.0}
    assert all(row["towers_down"] > 0 for row in curve)
    assert all(row["towers_down_happened"] > 0 for row in curve if row["policy"] == "money")
    assert not free & set(result.table("fact_buy_list")["item_id"].to_pylist())
    ledger = [row for row in result.table("agg_regret").to_pylist() if row["group_by"] == "all"]
    assert {row["n_series"] for row in ledger} == {len(panel.item_ids)}


def test_a_target_that_no_stock_meets_is_bought_for_and_named(
    panel: Panel, run_serving: RunServing
) -> None:
    result = run_serving("A,Alfa,400,1.0,", "B,Beta,100000,0.9,", A="0123", B="4567")

    needed = set(panel.item_ids[:4])
    levels = {row["item_id"]: row for row in result.table("fact_availability").to_pylist()}
    assert all(levels[item]["target_quantity"] > 0 for item in needed)
    assert set(result.table("fact_buy_list")["item_id"].to_pylist()) <= needed
    assert result.notes["tower_hours"] == {
        "rule": "target",
        "prices": {"A": None, "B": 0.0},
        "dearest": pytest.approx(load(result.prepared.folder.prices, StockPrices).curve[-1]),
        "unmet": ["A"],
    }


def test_of_a_contract_of_which_no_part_is_known_no_figure_is_told(run_serving: RunServing) -> None:
    result = run_serving("A,Alfa,400,0.999,", "V,Vazio,100,0.99,", A="01234567")

    rows = [r for r in result.table("agg_availability").to_pylist() if r["contract_id"] == "V"]
    assert [(row["policy"], row["not_supported_because"]) for row in rows] == [("today", "no_part")]
    assert (rows[0]["towers_down"], rows[0]["availability"]) == (None, None)
    assert (rows[0]["target_availability"], rows[0]["supported"]) == (0.99, False)
    assert "V" not in result.table("agg_promise")["contract_id"].to_pylist()


def test_a_part_s_own_holding_rate_says_what_is_worth_holding_of_it(
    panel: Panel, done: Ran, registry: Registry, tmp_path: Path
) -> None:
    request = priced(request_of(panel, tmp_path, FAST), panel, tmp_path)
    assert request.items is not None
    first, *rows = request.items.read_text(encoding="utf-8").split("\n")
    dear, own = panel.item_ids[2], panel.item_ids[3]
    rates = {dear: "10", own: "0.2"}
    told = [f"{row},{rates.get(row.split(',')[0], '')}" for row in rows]
    request.items.write_text("\n".join([f"{first},holding_rate_per_year", *told]), "utf-8")

    result = ran(request, registry)

    assert check(result.draft, registry).report.passed
    before, after = (
        {row["item_id"]: row for row in each.table("fact_availability").to_pylist()}
        for each in (done, result)
    )
    assert after[dear]["target_quantity"] < before[dear]["target_quantity"]
    # The run's own rate, told of a part, changes nothing for it beside the others.
    assert after[own]["down_hours"] == before[own]["down_hours"]
    listed = {row["item_id"] for row in result.table("fact_buy_list").to_pylist()}
    assert (dear in listed) == (after[dear]["position"] < after[dear]["target_quantity"])
