"""Replay and planned service: what policies achieved, and what follows for the next one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.classification import demand_classes
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Panel
from ml_jobs.stocking.inventory import levels_of, policy_of
from ml_jobs.stocking.lead_time import LeadSums
from ml_jobs.stocking.replay import (
    Replay,
    add_sums,
    agg_policy,
    demand_after,
    in_whole_periods,
    policy_sums,
    replay_policies,
)
from ml_jobs.stocking.service import (
    LEVELS,
    PlannedLevels,
    ServiceTally,
    service_corrections,
    service_tally,
)
from tests.unit.ml_jobs.panels import items_of, panel_of, retail_panel, stock_of

pytestmark = pytest.mark.ml

NAN = float("nan")


def poisson_sum(mean: float, count: int) -> NegativeBinomial:
    """A sum that is as good as Poisson."""
    excess = np.full(count, 0.05)
    return NegativeBinomial(np.full(count, mean), excess, np.ones(count), np.zeros(count))


def sums_of(lead: float, cycle: float, count: int) -> LeadSums:
    return LeadSums(
        period=poisson_sum(lead / 14, count),
        lead=poisson_sum(lead, count),
        cycle=poisson_sum(cycle, count),
        lead_days=np.full(count, 14.0),
        review_days=28.0,
        direct=np.ones(count, dtype=bool),
        asked=np.full(count, cycle),
        onward=np.ones(count),
    )


def replay_of(demand: list[float], quantile: float, textbook: float) -> Replay:
    count = len(demand)
    return Replay(
        np.array(demand),
        np.full(count, 0.9),
        np.full(count, 4.0),
        {
            "lead_time_quantile": np.full(count, quantile),
            "textbook": np.full(count, textbook),
        },
    )


def all_rows(panel: Panel, *replays: Replay, judged: np.ndarray | None = None) -> pa.Table:
    counted = np.ones(len(panel.item_ids), dtype=bool) if judged is None else judged
    classes = {"demand_class": np.array(["lumpy", "lumpy", "smooth", "smooth"])}
    return add_sums(policy_sums(panel, classes, each, judged=counted) for each in replays)


def row(table: pa.Table, group: str, policy: str) -> dict[str, object]:
    (found,) = (r for r in table.to_pylist() if (r["group_value"], r["policy"]) == (group, policy))
    return dict(found)


def four_series() -> Panel:
    return panel_of(np.ones((4, 100)))


def test_service_is_the_share_of_windows_that_the_reorder_point_covered() -> None:
    sums = all_rows(four_series(), replay_of([3.0, 5.0, 8.0, 0.0], quantile=5.0, textbook=4.0))

    table = agg_policy(sums, source="gbm")

    ours, theirs = row(table, "all", "lead_time_quantile"), row(table, "all", "textbook")
    assert (ours["service_achieved"], theirs["service_achieved"]) == (0.75, 0.5)
    assert ours["service_asked"] == pytest.approx(0.9)
    assert ours["fill_rate"] == pytest.approx(1 - 3 / 16)
    assert theirs["fill_rate"] == pytest.approx(1 - 5 / 16)
    assert ours["n_windows"] == 4
    assert row(table, "smooth", "textbook")["service_achieved"] == 0.5


def test_stock_is_what_is_left_plus_half_an_order() -> None:
    sums = all_rows(four_series(), replay_of([3.0, 5.0, 8.0, 0.0], quantile=5.0, textbook=4.0))

    table = agg_policy(sums, source="gbm")

    assert row(table, "all", "lead_time_quantile")["mean_stock"] == (2 + 0 + 0 + 5) / 4 + 2
    assert row(table, "all", "textbook")["mean_stock"] == (1 + 0 + 0 + 4) / 4 + 2


def test_windows_that_are_not_over_or_not_judged_do_not_count() -> None:
    judged = np.array([True, True, True, False])
    sums = all_rows(
        four_series(),
        replay_of([3.0, NAN, 8.0, 0.0], quantile=5.0, textbook=4.0),
        judged=judged,
    )

    table = agg_policy(sums, source="gbm")

    assert row(table, "all", "textbook")["n_windows"] == 2
    assert row(table, "smooth", "textbook")["n_windows"] == 1


def test_a_group_without_windows_has_no_row() -> None:
    sums = all_rows(four_series(), replay_of([3.0, 1.0, NAN, NAN], quantile=5.0, textbook=4.0))

    table = agg_policy(sums, source="gbm")

    assert set(table["group_value"].to_pylist()) == {"all", "lumpy"}


def test_partitions_add_up_to_the_whole() -> None:
    first = all_rows(four_series(), replay_of([3.0, 5.0, 8.0, 0.0], quantile=5.0, textbook=4.0))
    second = all_rows(four_series(), replay_of([1.0, 2.0, 9.0, 9.0], quantile=5.0, textbook=4.0))
    both = all_rows(
        four_series(),
        replay_of([3.0, 5.0, 8.0, 0.0], quantile=5.0, textbook=4.0),
        replay_of([1.0, 2.0, 9.0, 9.0], quantile=5.0, textbook=4.0),
    )

    merged = add_sums([first, second])

    keys = [("group_by", "ascending"), ("group_value", "ascending"), ("policy", "ascending")]
    assert merged.sort_by(keys).to_pylist() == both.sort_by(keys).to_pylist()


def test_demand_after_a_cutoff_is_summed_over_each_series_own_lead_time() -> None:
    panel = panel_of([list(range(10)), [NAN] * 6 + [1.0] * 4, [5.0] * 10])

    found = demand_after(panel, 5, np.array([2, 2, 6]))

    np.testing.assert_array_equal(found, [5.0 + 6.0, NAN, NAN])


def test_lead_times_are_replayed_in_whole_periods() -> None:
    panel = retail_panel(series=2, frequency=Frequency.MONTHLY)
    levels = levels_of(items_of(panel, lead_time_days=[14.0, NAN]), stock_of(panel))

    days = in_whole_periods(levels, panel.frequency).lead_time.days

    assert days[0] == Frequency.MONTHLY.days_per_step
    assert np.isnan(days[1])


def test_a_policy_that_is_right_achieves_what_it_plans_for() -> None:
    demand = np.random.default_rng(3).poisson(2.0, (800, 314)).astype(float)
    panel = panel_of(demand)
    items = items_of(panel, lead_time_days=[14.0] * 800)
    levels = levels_of(items, stock_of(panel, service_level=[0.9] * 800))
    sums = sums_of(28.0, 84.0, 800)
    policy = policy_of(panel.until(300), levels, sums, planned=levels.service_level)

    replay = replay_policies(panel, 300, levels, sums, policy)
    everyone = np.ones(800, dtype=bool)
    table = agg_policy(policy_sums(panel, {}, replay, judged=everyone), source="gbm")

    assert row(table, "all", "lead_time_quantile")["service_achieved"] == pytest.approx(
        0.92, abs=0.03
    )


def windows_of(mean: float, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, count).astype(float)


def tally_of(actual: np.ndarray, *, forecast: float, name: str = "smooth") -> ServiceTally:
    count = len(actual)
    return service_tally(
        poisson_sum(forecast, count),
        actual,
        np.full(count, name),
        np.ones(count, dtype=bool),
    )


def test_what_was_planned_too_low_is_planned_higher_until_it_is_enough() -> None:
    # The forecast of 20 where 24 come is 17 % too low.
    learnt = service_corrections(
        [tally_of(windows_of(24.0, 4000, seed), forecast=20.0) for seed in (1, 2)]
    )

    planned = learnt.of(np.array([0.95]), np.array(["smooth"]))

    reorder_point = poisson_sum(20.0, 1).quantile(planned)[0]
    plain = poisson_sum(20.0, 1).quantile(np.array([0.95]))[0]
    later = windows_of(24.0, 4000, 3)
    assert (later <= plain).mean() < 0.9
    assert (later <= reorder_point).mean() >= 0.95


def test_what_was_enough_is_not_planned_lower() -> None:
    learnt = service_corrections([tally_of(windows_of(10.0, 2000, 1), forecast=20.0)])

    planned = learnt.of(np.array([0.9, 0.95, NAN]), np.array(["smooth"] * 3))

    np.testing.assert_array_equal(planned, [0.9, 0.95, NAN])


def test_without_an_earlier_window_what_is_asked_is_planned_for() -> None:
    asked, classes = np.array([0.9, 0.98]), np.array(["smooth", "lumpy"])

    nothing_learnt = service_corrections([])

    assert nothing_learnt == PlannedLevels({})
    np.testing.assert_array_equal(nothing_learnt.of(asked, classes), asked)


def test_a_class_with_few_windows_is_planned_like_all() -> None:
    many = tally_of(windows_of(24.0, 4000, 1), forecast=20.0)
    few = tally_of(windows_of(10.0, 3, 2), forecast=20.0, name="lumpy")

    levels = service_corrections([many, few]).notes()

    assert levels["lumpy"] == pytest.approx(levels["smooth"], abs=0.01)
    assert levels["lumpy"] > 0.95


def test_tallies_of_partitions_add_up() -> None:
    actual = windows_of(24.0, 100, 1)
    whole = tally_of(actual, forecast=20.0)

    parts = tally_of(actual[:40], forecast=20.0) + tally_of(actual[40:], forecast=20.0)

    assert parts.windows == whole.windows == {"smooth": 100}
    np.testing.assert_array_equal(parts.met["smooth"], whole.met["smooth"])


def test_a_window_that_is_not_over_teaches_nothing() -> None:
    tally = tally_of(np.array([3.0, NAN]), forecast=20.0)

    assert tally.windows == {"smooth": 1}


def test_a_window_is_enough_exactly_where_the_quantile_holds_it() -> None:
    panel = retail_panel(series=6)
    classes = demand_classes(panel)
    summed = NegativeBinomial(
        np.linspace(0.0, 30.0, 6), np.full(6, 3.0), np.array([1.0, 0.1] * 3), np.full(6, 0.1)
    )
    actual = summed.quantile(np.full(6, 0.97))

    met = sum(service_tally(summed, actual, classes, np.ones(6, dtype=bool)).met.values())

    by_quantile = [(actual <= summed.quantile(np.full(6, level)) + 1e-9).sum() for level in LEVELS]
    np.testing.assert_array_equal(met, by_quantile)


def test_lead_times_that_are_not_known_are_not_replayed() -> None:
    panel = retail_panel(series=2)
    levels = levels_of(items_of(panel, lead_time_days=[14.0, NAN]), stock_of(panel))
    sums = sums_of(9.0, 20.0, 2)
    policy = policy_of(panel, levels, sums, planned=levels.service_level)

    found = replay_policies(panel, 150, levels, sums, policy)

    assert np.isfinite(found.demand[0])
    assert np.isnan(found.demand[1])
