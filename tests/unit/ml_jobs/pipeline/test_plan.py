"""The plan of a run: cutoffs, horizons and who is judged where; partitions of whole items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datalayer.kernel.errors import InvalidSelection
from ml_jobs.inputs.locations import NETWORK_ONLY
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import NETWORK, Frequency, Panel
from ml_jobs.pipeline.partitioning import join_panels, whole_items
from ml_jobs.pipeline.plan import (
    Plan,
    cutoffs_of,
    first_starts,
    horizon_of,
    longest_sum_of,
    refuse_long_horizon,
)
from tests.unit.ml_jobs.panels import panel_of, retail_panel

pytestmark = pytest.mark.ml

NAN = float("nan")
OPTIONS = ForecastOptions()


def daily_cutoffs(periods: int, **options: int) -> tuple[tuple[int, ...], int]:
    return cutoffs_of(
        periods,
        horizon=28,
        frequency=Frequency.DAILY,
        options=replace(OPTIONS, **options),  # type: ignore[arg-type]
    )


def test_the_last_cutoff_leaves_one_known_horizon_and_the_others_lie_before_it() -> None:
    cutoffs, warmups = daily_cutoffs(300)

    assert cutoffs == (160, 188, 216, 244, 272)
    assert warmups == 1


def test_a_cutoff_at_which_no_series_has_history_enough_is_left_out() -> None:
    cutoffs, warmups = daily_cutoffs(120)

    assert cutoffs == (64, 92)
    assert warmups == 0


def test_a_history_too_short_for_any_cutoff_has_none() -> None:
    assert daily_cutoffs(30) == ((), 0)


def test_without_origins_nothing_is_warmed_up_either() -> None:
    assert daily_cutoffs(300, origins=0) == ((), 0)


@pytest.mark.parametrize(
    ("lead_times", "horizon"), [([7.0, NAN], 28), ([90.0, 7.0], 90), ([NAN, NAN], 28)]
)
def test_the_horizon_reaches_the_longest_lead_time(lead_times: list[float], horizon: int) -> None:
    assert horizon_of(Frequency.DAILY, np.array(lead_times), OPTIONS) == horizon


def test_a_lead_time_in_days_is_counted_in_the_panels_periods() -> None:
    assert horizon_of(Frequency.MONTHLY, np.array([300.0]), OPTIONS) == 10


def test_the_horizon_asked_for_is_taken() -> None:
    assert horizon_of(Frequency.DAILY, np.array([300.0]), ForecastOptions(horizon=5)) == 5


@pytest.mark.parametrize(
    ("frequency", "most"),
    [(Frequency.DAILY, 1825), (Frequency.WEEKLY, 260), (Frequency.MONTHLY, 60)],
)
def test_a_horizon_of_more_than_five_years_is_refused(frequency: Frequency, most: int) -> None:
    refuse_long_horizon(frequency, ForecastOptions(horizon=most))

    with pytest.raises(InvalidSelection, match=f"at most {most}, which is 5 years"):
        refuse_long_horizon(frequency, ForecastOptions(horizon=most + 1))


def test_totals_reach_the_longest_time_and_at_most_a_third_of_the_calendar() -> None:
    assert longest_sum_of(300, Frequency.DAILY, np.array([35.0, NAN])) == 35
    assert longest_sum_of(300, Frequency.DAILY, np.array([900.0])) == 100
    assert longest_sum_of(60, Frequency.MONTHLY, np.array([NAN])) == 1


def plan_of(panel: Panel) -> Plan:
    return Plan(
        OPTIONS,
        panel.frequency,
        panel.dates,
        horizon=28,
        longest_sum=28,
        farthest_sum=42,
        longest_lag=14,
        cutoffs=(60, 90),
        warmups=0,
        hierarchy=NETWORK_ONLY,
        partitions=1,
    )


def at_places(panel: Panel) -> Panel:
    """Two items, each with the network and one place, the second item's place later."""
    return replace(
        panel,
        item_ids=("A", "A", "B", "B"),
        location_ids=("depot", NETWORK, "depot", NETWORK),
        starts=np.array([0, 0, 70, 20]),
    )


def test_places_are_judged_with_their_item_once_they_had_demand() -> None:
    panel = at_places(panel_of(np.ones((4, 120))))

    plan = plan_of(panel)

    assert plan.eligible(panel, 60).tolist() == [True, True, False, False]
    assert plan.eligible(panel, 76).tolist() == [True, True, True, True]
    assert plan.eligible(panel, 120).all()


def test_an_item_begins_where_the_first_of_its_places_does() -> None:
    assert first_starts(at_places(panel_of(np.ones((4, 120))))).tolist() == [0, 0, 20, 20]


def test_partitions_hold_whole_items_in_their_order() -> None:
    panel = replace(panel_of(np.ones((6, 9))), item_ids=("A", "A", "B", "C", "C", "C"))

    parts = [rows.tolist() for rows in whole_items(panel, 2)]

    assert parts == [[0, 1], [2, 3, 4, 5]]


def test_what_was_cut_apart_is_joined_again() -> None:
    panel = retail_panel(series=5)

    again = join_panels([panel.rows(rows) for rows in whole_items(panel, 2)])

    assert again.item_ids == panel.item_ids
    np.testing.assert_array_equal(again.demand, panel.demand)
