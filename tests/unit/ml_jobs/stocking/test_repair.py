"""Repaired parts: what stock has to last for, what comes back, and what came back in the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.arrays import FloatArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import OpenOrders, Panel
from ml_jobs.stocking.accumulated import days_until, expected_until
from ml_jobs.stocking.course import arrivals_of
from ml_jobs.stocking.inventory import StockLevels, levels_of
from ml_jobs.stocking.lead_time import Duration, LeadSums, Outlook
from ml_jobs.stocking.repair import Repair, fact_repair, repair_of, without_returns
from ml_jobs.stocking.replay import demand_after, missing_after
from tests.unit.ml_jobs.panels import items_of, panel_of, stock_of
from tests.unit.ml_jobs.stocking.outlooks import outlook_of, steady_panel, sums_for

pytestmark = pytest.mark.ml

ONCE = np.ones(1)


def repaired(days: float, condemned: float, in_repair: float = 0.0) -> Repair:
    return Repair(days * ONCE, condemned * ONCE, in_repair * ONCE)


def steady(lead: float, rate: float = 1.0, excess: float = 0.05) -> tuple[Panel, Outlook, LeadSums]:
    """One part that *rate* units a day are asked for of; a review of 28 days after the lead."""
    panel = steady_panel()
    outlook = outlook_of(panel, mean=rate)
    sums = sums_for(panel, outlook, Duration(lead * ONCE, 0.0 * ONCE))

    def asked(days: float) -> NegativeBinomial:
        return NegativeBinomial(rate * days * ONCE, excess * ONCE, ONCE, 0.0 * ONCE)

    cycle = lead + sums.review_days
    return panel, outlook, replace(sums, lead=asked(lead), cycle=asked(cycle), asked=cycle * ONCE)


def missing_in_events(
    rate: float, excess: float, repair: Repair, *, lead: float, review: float, cycles: int
) -> FloatArray:
    """Units missing at the end of each cycle of review and delivery, one failure after the other.

    What fails comes in logarithmic batches. A condemned unit is ordered at the next review, the
    others are back after the days of the repair.
    """
    random = np.random.default_rng(5)
    chance = excess / (1.0 + excess)
    per_batch = -chance / ((1.0 - chance) * np.log1p(-chance))
    days = cycles * review
    batches = random.poisson(rate / per_batch * days)
    sizes = random.logseries(chance, batches)
    failed = np.repeat(random.uniform(0.0, days, batches), sizes)
    condemned = random.random(len(failed)) < repair.condemned[0]
    delivered = (np.floor(failed / review) + 1.0) * review + lead
    back = np.where(condemned, delivered, failed + repair.days[0])
    seen = np.arange(20, cycles) * review + lead + review - 1e-6
    seen = seen[seen < days]
    return np.searchsorted(np.sort(failed), seen) - np.searchsorted(np.sort(back), seen)


def test_a_repaired_part_is_away_for_the_mean_of_both_ways() -> None:
    assert repaired(2.0, 0.25).mixed(10.0) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("days", "condemned", "lead"),
    [(30.0, 0.2, 60.0), (90.0, 0.1, 14.0), (20.0, 0.5, 45.0), (45.0, 0.0, 30.0)],
)
def test_what_waits_is_what_events_leave_waiting(
    days: float, condemned: float, lead: float
) -> None:
    repair = repaired(days, condemned)
    panel, outlook, sums = steady(lead, rate=0.2)

    cycle = without_returns(panel, outlook, sums, repair).cycle

    missing = missing_in_events(
        0.2, 0.05, repair, lead=lead, review=sums.review_days, cycles=400_000
    )
    assert missing.mean() == pytest.approx(cycle.mean[0], rel=0.005)
    for stock in range(round(cycle.mean[0]) + 2):
        waiting = np.maximum(missing - stock, 0.0).mean()
        assert cycle.expected_shortage(stock * ONCE)[0] == pytest.approx(waiting, rel=0.02)


def test_batches_scatter_as_they_do_in_events() -> None:
    repair = repaired(30.0, 0.2)
    panel, outlook, sums = steady(60.0, rate=0.2, excess=3.0)

    cycle = without_returns(panel, outlook, sums, repair).cycle

    missing = missing_in_events(
        0.2, 3.0, repair, lead=60.0, review=sums.review_days, cycles=400_000
    )
    assert missing.mean() == pytest.approx(cycle.mean[0], rel=0.01)
    assert missing.var() == pytest.approx(cycle.mean[0] * (1.0 + cycle.excess[0]), rel=0.02)


class TestWhatStockLastsFor:
    def test_what_isn_t_repaired_stays_as_it_is(self) -> None:
        panel, outlook, sums = steady(14.0)

        assert without_returns(panel, outlook, sums, repaired(0.0, 1.0)) is sums

    def test_other_parts_stay_as_they_are_beside_one_that_is_repaired(self) -> None:
        panel = panel_of(np.random.default_rng(4).poisson(1.0, (2, 900)).astype(float))
        outlook = outlook_of(panel, mean=1.0)
        sums = sums_for(panel, outlook, Duration(np.full(2, 14.0), np.zeros(2)))
        repair = Repair(np.array([0.0, 7.0]), np.array([1.0, 0.2]), np.zeros(2))

        missing = without_returns(panel, outlook, sums, repair)

        for name in ("mean", "excess"):
            own = getattr(missing.cycle, name)
            assert own[0] == getattr(sums.cycle, name)[0]
            assert own[1] < getattr(sums.cycle, name)[1]
        assert missing.onward[0] == 1.0

    def test_only_the_condemned_are_missed_where_repair_takes_no_time(self) -> None:
        panel, outlook, sums = steady(14.0, excess=2.0)

        missing = without_returns(panel, outlook, sums, repaired(0.0, 0.25))

        assert missing.lead.mean[0] == pytest.approx(0.25 * 14.0)
        assert missing.lead.excess[0] == pytest.approx(0.25 * 2.0)
        assert missing.asked[0] == pytest.approx(42.0)

    def test_a_repair_as_long_as_a_delivery_misses_all_of_it(self) -> None:
        panel, outlook, sums = steady(14.0)

        missing = without_returns(panel, outlook, sums, repaired(14.0, 0.25))

        assert missing.lead.mean[0] == pytest.approx(14.0)
        assert missing.lead.excess[0] == pytest.approx(sums.lead.excess[0])

    def test_beyond_all_times_only_the_condemned_go_on_being_missed(self) -> None:
        panel, outlook, sums = steady(14.0)
        missing = without_returns(panel, outlook, sums, repaired(10.0, 0.25))

        days = np.array([[42.0, 142.0]])
        at_cycle, later = expected_until(panel, outlook, days, missing)[0]

        assert at_cycle == pytest.approx(10.0 + 0.25 * 32.0)
        assert later - at_cycle == pytest.approx(0.25 * 100.0, rel=0.01)
        assert days_until(panel, outlook, later * ONCE, missing)[0] == pytest.approx(142.0)

    def test_stock_lasts_for_ever_where_all_that_fails_is_repaired(self) -> None:
        panel, outlook, sums = steady(14.0)
        missing = without_returns(panel, outlook, sums, repaired(10.0, 0.0))

        assert np.isinf(days_until(panel, outlook, 10.5 * ONCE, missing)[0])
        assert days_until(panel, outlook, 5.0 * ONCE, missing)[0] < 14.0


def levels_with(lead: float = 10.0, **stock: float) -> StockLevels:
    panel = steady_panel()
    items = items_of(panel, lead_time_days=[lead], repair_days=[30.0], condemnation=[0.2])
    return levels_of(items, stock_of(panel, **{name: [value] for name, value in stock.items()}))


class TestWhatIsInRepair:
    @pytest.mark.parametrize(
        ("in_repair", "coming_back"), [(0.0, 0.0), (1.0, 1.0), (3.0, 2.0), (8.0, 6.0)]
    )
    def test_the_repairable_share_is_counted_on_in_whole_units(
        self, in_repair: float, coming_back: float
    ) -> None:
        levels = levels_with(in_repair=in_repair, on_order=4.0, current_stock=3.0)

        assert levels.repair.coming_back[0] == coming_back
        assert levels.on_order[0] == 4.0 + coming_back
        assert levels.position[0] == 7.0 + coming_back

    def test_nothing_returns_of_a_part_that_isn_t_repaired(self) -> None:
        panel = steady_panel()

        repair = repair_of(items_of(panel, condemnation=[1.0]), stock_of(panel, in_repair=[8.0]))

        assert not repair.is_repaired.any()
        assert repair.coming_back[0] == 0.0

    def test_it_comes_back_evenly_until_an_order_placed_today_would_come(self) -> None:
        levels = levels_with(in_repair=8.0, on_order=4.0)

        arrivals = arrivals_of(levels, OpenOrders.empty())

        by_day = np.bincount(arrivals.counted, arrivals.quantity, minlength=11)
        assert by_day[10] == 4.0 + 1.0
        assert by_day[1:10].sum() == 5.0
        assert by_day.max() <= 5.0

    def test_it_counts_at_once_where_the_lead_time_is_not_known(self) -> None:
        levels = levels_with(lead=float("nan"), in_repair=8.0)

        arrivals = arrivals_of(levels, OpenOrders.empty())

        assert arrivals.counted.tolist() == [0]
        assert arrivals.quantity.tolist() == [6.0]


class TestThePast:
    def test_each_fifth_failure_counts_as_condemned_and_the_last_are_still_away(self) -> None:
        panel = panel_of(np.ones((1, 40)))

        missing = missing_after(panel, 20, np.array([15]), repaired(5.0, 0.2), ONCE)

        # Three of fifteen condemned, and four of the last five to be repaired.
        assert missing[0] == 3.0 + 4.0

    def test_a_repair_that_takes_longer_misses_what_failed_before_the_cutoff(self) -> None:
        panel = panel_of(np.ones((1, 40)))

        missing = missing_after(panel, 30, np.array([5]), repaired(15.0, 0.2), ONCE)

        assert missing[0] == 1.0 + 12.0

    def test_what_isn_t_repaired_misses_all_that_was_asked_for(self) -> None:
        panel, periods = panel_of(np.ones((1, 40))), np.array([15])

        missing = missing_after(panel, 20, periods, repaired(0.0, 1.0), ONCE)

        assert missing.tolist() == demand_after(panel, 20, periods).tolist()

    def test_a_window_that_isn_t_over_is_not_known(self) -> None:
        panel = panel_of(np.ones((1, 40)))

        assert np.isnan(missing_after(panel, 30, np.array([15]), repaired(5.0, 0.2), ONCE))[0]

    def test_a_repair_longer_than_the_known_past_leaves_what_is_away_unknown(self) -> None:
        panel = panel_of(np.ones((2, 40)))
        repair = Repair(np.array([25.0, 26.0]), np.full(2, 0.2), np.zeros(2))

        missing = missing_after(panel, 20, np.array([5, 5]), repair, np.ones(2))

        assert missing[0] == 1.0 + 20.0
        assert np.isnan(missing[1])


def test_a_row_says_what_comes_back_and_what_has_to_be_bought() -> None:
    panel, outlook, sums = steady(14.0)
    repair = repaired(10.0, 0.25, in_repair=8.0)
    missing = without_returns(panel, outlook, sums, repair)

    (row,) = fact_repair(panel, outlook.sources, missing, repair).to_pylist()

    assert row["coming_back"] == 6.0
    assert row["failures"] == pytest.approx(42.0)
    assert row["condemned"] == pytest.approx(10.5)
    assert row["missing"] == pytest.approx(10.0 + 0.25 * 32.0)


def test_parts_that_aren_t_repaired_have_no_row() -> None:
    panel, outlook, sums = steady(14.0)

    assert not fact_repair(panel, outlook.sources, sums, repaired(0.0, 1.0)).num_rows
