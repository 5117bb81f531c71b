"""What each rule's stock came to: costs and hours by hand, the same however they are cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.stocking.availability.regret import (
    NONE_CAPPED,
    SKIPPED,
    add_regrets,
    read_amounts,
    regret_sums,
)
from ml_jobs.stocking.availability.regret_facts import agg_regret, interval
from ml_jobs.stocking.availability.stocked import StockedSeries
from tests.unit.ml_jobs.stocking.availability.demands import NOW, drawn_worth, levels_with, stocked

pytestmark = pytest.mark.ml

RATE = 0.24
FOLLOWED, TEXTBOOK = "lead_time_quantile", "textbook"
CUTOFFS = (5, 6, 7, 8)


def drawn(count: int, seed: int = 1, *, cost: float | None = None) -> StockedSeries:
    random, worth = np.random.default_rng(seed), drawn_worth(count, seed)
    share = random.uniform(0, 1, count)
    items = np.array([f"P{n:03d}" for n in range(count)])
    places = np.array(["SP", "RJ"])[np.arange(count) % 2]
    series = stocked(worth, items, places, levels=levels_with(np.zeros(count)))
    window = series.windows[NOW]
    return replace(
        series,
        unit_cost=worth.unit_cost if cost is None else np.full(count, cost),
        towers=worth.hours[:, None] / 730.0 * np.stack([share, 1 - share], axis=1),
        windows={
            cutoff: replace(window, actual=random.poisson(4.0, count).astype(float))
            for cutoff in CUTOFFS
        },
    )


def sums_of(
    series: StockedSeries,
    levels: dict[str, float],
    *,
    capped: Mapping[str, int] = NONE_CAPPED,
    **changed: np.ndarray,
) -> pa.Table:
    penalties = changed.get("penalties", np.array([40.0, 0.0]))
    count = len(series.item_ids)
    stocks = {rule: np.full(count, level) for rule, level in levels.items()}
    return add_regrets(
        regret_sums(
            cutoff,
            series,
            stocks,
            penalties,
            holding_rate=RATE,
            is_new=np.full(count, first),
            capped=capped,
        )
        for cutoff, first in zip(CUTOFFS, (True, False, False, False), strict=True)
    )


def ledger(series: StockedSeries, levels: dict[str, float], *, is_priced: bool = True) -> pa.Table:
    return agg_regret(
        sums_of(series, levels), followed=FOLLOWED, is_priced=is_priced, source="mean"
    )


def row(table: pa.Table, rule: str, group: tuple[str, str] = ("all", "all")) -> dict[str, object]:
    (found,) = (
        each
        for each in table.to_pylist()
        if (each["rule"], each["group_by"], each["group_value"]) == (rule, *group)
    )
    return dict(found)


def test_what_is_left_costs_its_holding_and_what_waits_its_hours() -> None:
    series = drawn(3)
    stock = 4.0
    left = np.array([stock - series.windows[cutoff].actual for cutoff in CUTOFFS])
    hours = 730.0 * np.maximum(-left, 0)[:, :, None] * series.towers

    found = row(ledger(series, {FOLLOWED: stock}), FOLLOWED)

    holding = (np.maximum(left, 0) * series.unit_cost).sum() * RATE / 12 / len(CUTOFFS)
    assert found["holding_cost"] == pytest.approx(holding)
    assert found["penalty_cost"] == pytest.approx(40.0 * hours[..., 0].sum() / len(CUTOFFS))
    assert found["down_hours"] == pytest.approx(hours.sum() / len(CUTOFFS))
    assert found["unpriced_hours"] == pytest.approx(hours[..., 1].sum() / len(CUTOFFS))
    assert (found["n_series"], found["n_windows"], found["n_cutoffs"]) == (3, 12, 4)


BOTH = np.array([40.0, 25.0])
CAPPED = {"A": 0}


def capped_ledger(sums: pa.Table, cap: float) -> pa.Table:
    return agg_regret(sums, followed=FOLLOWED, is_priced=True, source="mean", caps={"A": cap})


def hours_by_cutoff(series: StockedSeries, stock: float) -> np.ndarray:
    """Tower-hours of each cutoff and contract."""
    waiting = [np.maximum(series.windows[cutoff].actual - stock, 0.0) for cutoff in CUTOFFS]
    return 730.0 * np.array(waiting) @ series.towers


def test_no_month_costs_more_than_its_contract_s_cap() -> None:
    series = drawn(40)
    hours = {level: hours_by_cutoff(series, level) for level in (6.0, 3.0)}
    # Of the rule with more stock some months stay below it, and some don't.
    cap = 40.0 * float(np.median(hours[6.0][:, 0]))

    table = capped_ledger(
        sums_of(series, {FOLLOWED: 6.0, TEXTBOOK: 3.0}, capped=CAPPED, penalties=BOTH), cap
    )

    for rule, level in ((FOLLOWED, 6.0), (TEXTBOOK, 3.0)):
        months = np.minimum(40.0 * hours[level][:, 0], cap) + 25.0 * hours[level][:, 1]
        assert row(table, rule)["penalty_cost"] == pytest.approx(months.mean())
        assert row(table, rule)["unpriced_hours"] == 0.0
        assert row(table, rule)["n_windows"] == 160
    assert (40.0 * hours[6.0][:, 0] < cap).any()
    assert (40.0 * hours[3.0][:, 0] > cap).all()


def test_groups_share_what_a_capped_month_costs_by_their_hours() -> None:
    series = drawn(40)
    table = capped_ledger(sums_of(series, {FOLLOWED: 3.0}, capped=CAPPED), 1_000.0)

    of_places = [
        row(table, FOLLOWED, ("location", place))["penalty_cost"] for place in ("RJ", "SP")
    ]

    assert sum(float(str(each)) for each in of_places) == pytest.approx(1_000.0)
    assert min(float(str(each)) for each in of_places) > 100.0


def test_a_cap_that_no_month_reaches_changes_nothing_of_the_ledger() -> None:
    series, levels = drawn(40), {FOLLOWED: 5.0, TEXTBOOK: 3.0}

    table = capped_ledger(sums_of(series, levels, capped=CAPPED), 1e15)

    for found, plain in zip(table.to_pylist(), ledger(series, levels).to_pylist(), strict=True):
        for name, value in plain.items():
            same = pytest.approx(value, rel=1e-6, abs=1e-3) if isinstance(value, float) else value
            assert found[name] == same, name


def test_capped_sums_are_the_same_however_series_are_cut() -> None:
    series, levels = drawn(60), {FOLLOWED: 5.0, TEXTBOOK: 3.0}
    pieces = add_regrets(
        sums_of(series.rows(rows), levels, capped=CAPPED)
        for rows in np.array_split(np.arange(60), 7)
    )

    whole = capped_ledger(sums_of(series, levels, capped=CAPPED), 2_000.0)

    assert capped_ledger(pieces, 2_000.0).equals(whole)


def test_the_difference_is_that_of_the_costs() -> None:
    table = ledger(drawn(60), {FOLLOWED: 6.0, TEXTBOOK: 3.0})

    one, other = row(table, FOLLOWED), row(table, TEXTBOOK)

    assert other["cost_more"] == pytest.approx(float(str(other["cost"])) - float(str(one["cost"])))
    assert one["cost_more"] is None


def test_rules_alike_differ_by_nothing_and_surely() -> None:
    found = row(ledger(drawn(60), {FOLLOWED: 5.0, TEXTBOOK: 5.0}), TEXTBOOK)

    assert [found[f"cost_more{end}"] for end in ("", "_low", "_high")] == [0.0, 0.0, 0.0]


def test_sums_are_the_same_however_series_are_cut() -> None:
    series, levels = drawn(60), {FOLLOWED: 5.0, TEXTBOOK: 3.0}
    cuts = np.array_split(np.arange(60), 7)

    pieces = add_regrets(sums_of(series.rows(rows), levels) for rows in cuts)

    whole = agg_regret(sums_of(series, levels), followed=FOLLOWED, is_priced=True, source="mean")
    assert agg_regret(pieces, followed=FOLLOWED, is_priced=True, source="mean").equals(whole)


def test_groups_add_up_to_all() -> None:
    table = ledger(drawn(60), {FOLLOWED: 5.0, SKIPPED: 2.0})
    whole = row(table, SKIPPED)

    for grouping in ("abc_class", "demand_class", "location", "supplier"):
        rows = [r for r in table.to_pylist() if (r["group_by"], r["rule"]) == (grouping, SKIPPED)]
        assert len(rows) > 1
        for name in ("holding_cost", "penalty_cost", "down_hours", "n_windows", "n_series"):
            assert sum(each[name] for each in rows) == pytest.approx(whole[name])


def test_without_a_price_of_a_tower_hour_there_is_no_cost() -> None:
    found = row(ledger(drawn(20), {FOLLOWED: 5.0, TEXTBOOK: 3.0}, is_priced=False), TEXTBOOK)

    assert {found[n] for n in ("penalty_cost", "cost", "cost_low", "cost_more")} == {None}
    assert found["down_hours_more"] is not None
    assert found["holding_cost"] is not None


def test_parts_that_cost_nothing_have_penalties_only() -> None:
    found = row(ledger(drawn(20, cost=0.0), {FOLLOWED: 3.0}), FOLLOWED)

    assert found["holding_cost"] == 0.0
    assert found["cost"] == found["penalty_cost"]


def test_without_demand_only_holding_costs() -> None:
    series = drawn(10)
    for window in series.windows.values():
        window.actual[:] = 0.0

    found = row(ledger(series, {FOLLOWED: 2.0, SKIPPED: 0.0}), SKIPPED)

    assert (found["cost"], found["down_hours"]) == (0.0, 0.0)


def test_what_was_owed_before_waits_as_well() -> None:
    series = drawn(1)
    series.windows[CUTOFFS[0]].actual[:] = 0.0

    sums = sums_of(series, {SKIPPED: -2.0}).filter(pa.array([True] * 5 + [False] * 15))

    assert read_amounts(sums, "hours") == pytest.approx(1460.0 * series.towers.sum(), abs=1e-5)


def test_what_is_fetched_waits_for_that_only() -> None:
    series = drawn(8)
    fetched = replace(series, fetch_hours=np.full(8, 2.0))

    slow, fast = (row(ledger(each, {FOLLOWED: 2.0}), FOLLOWED) for each in (series, fetched))

    waits = np.array([fetched.waited(cutoff, np.full(8, 2.0)) for cutoff in CUTOFFS])
    hours = 730.0 * (waits[:, :, None] * series.towers).sum() / len(CUTOFFS)
    assert fast["down_hours"] == pytest.approx(hours, rel=1e-6)
    assert float(str(fast["down_hours"])) < float(str(slow["down_hours"]))
    assert fast["holding_cost"] == slow["holding_cost"]


def test_what_isnt_known_is_not_counted_as_nothing() -> None:
    series = drawn(3)
    series.unit_cost[1] = np.nan

    with pytest.raises(ValueError, match="isn't known"):
        sums_of(series, {FOLLOWED: 5.0})


def test_without_windows_there_is_no_row() -> None:
    assert (
        agg_regret(add_regrets([]), followed=FOLLOWED, is_priced=True, source="mean").num_rows == 0
    )


class TestInterval:
    def test_one_cutoff_or_one_bucket_tells_nothing(self) -> None:
        for shape in ((16, 1), (1, 4)):
            low, high = interval(np.ones(shape), np.ones(shape, np.int64))
            assert np.isnan(low)
            assert np.isnan(high)

    def test_it_holds_the_mean_of_independent_windows_as_often_as_it_says(self) -> None:
        random = np.random.default_rng(5)
        windows, held = np.full((16, 10), 4, np.int64), 0
        for _ in range(400):
            low, high = interval(random.normal(3.0 * windows, 2.0), windows)
            held += low <= 3.0 * windows.sum() <= high
        assert held / 400 >= 0.93

    def test_it_holds_the_mean_where_all_parts_share_a_month_s_weather(self) -> None:
        random = np.random.default_rng(6)
        windows, held = np.full((16, 10), 4, np.int64), 0
        for _ in range(400):
            shared = random.normal(0.0, 5.0, 10) + random.normal(0.0, 5.0, 16)[:, None]
            low, high = interval(random.normal(3.0 * windows + shared, 2.0), windows)
            held += low <= 3.0 * windows.sum() <= high
        assert held / 400 >= 0.93


def test_what_is_left_costs_each_part_s_own_rate() -> None:
    series = drawn(6)
    dearer = replace(series, holding_factor=np.full(6, 3.0))

    once, thrice = (row(ledger(each, {FOLLOWED: 9.0}), FOLLOWED) for each in (series, dearer))

    assert once["holding_cost"] > 0
    assert thrice["holding_cost"] == pytest.approx(3.0 * once["holding_cost"], rel=1e-6)
    assert thrice["down_hours"] == once["down_hours"]
