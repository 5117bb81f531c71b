"""Demand over a lead time, learnt as a sum."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from ml_jobs.models.totals import FittedTotals, Totals
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Frequency, Panel
from tests.unit.ml_jobs.panels import historic_of, panel_of, retail_panel

LONGEST = 28


def learnt_from(known: Panel, longest: int = LONGEST) -> FittedTotals:
    return Totals().fit(known, longest, readable=7, farthest=max(longest, 14))


def asked_of(model: FittedTotals, known: Panel, periods: int, begin: int = 0) -> NegativeBinomial:
    return totals_of(model, known, np.full(len(known.starts), periods), begin)


def totals_of(
    model: FittedTotals, known: Panel, periods: np.ndarray, begin: int = 0
) -> NegativeBinomial:
    lengths = periods[:, None]
    begins = np.full_like(lengths, begin)
    return model.forecast(known, begins, lengths, historic=historic_of(known)).at(0)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return retail_panel(series=40, periods=200)


@pytest.fixture(scope="module")
def model(panel: Panel) -> FittedTotals:
    return learnt_from(panel)


def test_demand_of_more_periods_is_more(model: FittedTotals, panel: Panel) -> None:
    means = [asked_of(model, panel, periods).mean.sum() for periods in (1, 3, 9, 20, 28)]

    assert np.all(np.diff(means) > 0)
    assert abs(means[-1] / means[0] - 28) < 6


def test_each_series_may_ask_for_its_own_length(model: FittedTotals, panel: Panel) -> None:
    lengths = 1 + np.arange(40) % LONGEST

    mixed = totals_of(model, panel, lengths)

    assert mixed.mean[4] == asked_of(model, panel, 5).mean[4]
    assert mixed.excess[39] == asked_of(model, panel, 12).excess[39]


def test_a_sum_does_not_depend_on_the_other_series(model: FittedTotals, panel: Panel) -> None:
    chosen = np.array([31, 4, 17])

    alone = asked_of(model, panel.rows(chosen), 14)

    together = asked_of(model, panel, 14)
    assert np.array_equal(alone.mean, together.mean[chosen])
    assert np.array_equal(alone.excess, together.excess[chosen])


def test_the_same_panel_gives_the_same_sums_to_the_bit(model: FittedTotals, panel: Panel) -> None:
    again = asked_of(learnt_from(panel), panel, 14)

    assert np.array_equal(asked_of(model, panel, 14).mean, again.mean)
    assert np.array_equal(asked_of(model, panel, 14).excess, again.excess)


def test_learning_at_a_cutoff_ignores_what_follows_it(panel: Panel) -> None:
    flooded = panel.demand.copy()
    flooded[:, 150:] = 5_000.0
    calm = panel.until(150)

    sums = asked_of(learnt_from(calm), calm, 14)

    other = replace(panel, demand=flooded).until(150)
    assert np.array_equal(sums.mean, asked_of(learnt_from(other), other, 14).mean)


def test_fitted_totals_survive_a_pickle_and_stay_small(model: FittedTotals, panel: Panel) -> None:
    sent = pickle.dumps(model)

    arrived = pickle.loads(sent)

    assert np.array_equal(asked_of(arrived, panel, 9).mean, asked_of(model, panel, 9).mean)
    assert len(sent) < 2_000_000


def test_series_not_asked_for_or_without_history_stay_nan(
    model: FittedTotals, panel: Panel
) -> None:
    demand, starts = panel.demand.copy(), panel.starts.copy()
    demand[3] = np.nan
    starts[3] = demand.shape[1] + 5
    lengths = np.full(40, 7)
    lengths[8] = 0

    sums = totals_of(model, replace(panel, demand=demand, starts=starts), lengths)

    assert np.flatnonzero(np.isnan(sums.mean)).tolist() == [3, 8]
    assert np.flatnonzero(np.isnan(sums.excess)).tolist() == [3, 8]


@pytest.mark.parametrize("periods", [-1, LONGEST + 1])
def test_a_length_that_was_not_learnt_is_refused(
    model: FittedTotals, panel: Panel, periods: int
) -> None:
    with pytest.raises(ValueError, match="1 to 28"):
        asked_of(model, panel, periods)


def test_a_sum_that_ends_beyond_what_was_learnt_is_refused(
    model: FittedTotals, panel: Panel
) -> None:
    with pytest.raises(ValueError, match="ends after 29 periods; learnt are 28"):
        asked_of(model, panel, 7, begin=22)


def test_later_sums_hold_the_demand_of_their_own_periods() -> None:
    # Demand of three weeks in four; the calendar tells which by the day of the month.
    random = np.random.default_rng(5)
    panel = panel_of(random.poisson(6.0, (60, 420)))
    quiet = panel.dates.astype("datetime64[D]").astype(object)
    demand = np.where([day.day <= 7 for day in quiet], 0.0, panel.demand)
    known = replace(panel, demand=demand).until(420 - 29)

    model = Totals().fit(known, 14, readable=7, farthest=28)

    weeks = [asked_of(model, known, 7, begin).mean.mean() for begin in (0, 7, 14, 21)]
    actual = [demand[:, 391 + b : 398 + b].sum(axis=1).mean() for b in (0, 7, 14, 21)]
    assert np.corrcoef(weeks, actual)[0, 1] > 0.9


@pytest.mark.parametrize("frequency", list(Frequency))
@pytest.mark.parametrize(("series", "periods"), [(12, 60), (3, 20), (1, 5), (1, 1)])
def test_tiny_panels_are_summed(frequency: Frequency, series: int, periods: int) -> None:
    random = np.random.default_rng(3)
    known = panel_of(random.poisson(2.0, (series, periods)), frequency=frequency)

    sums = asked_of(learnt_from(known, 6), known, 6)

    assert np.isfinite(sums.mean).all()
    assert (sums.excess > 0).all()


@pytest.mark.parametrize("periods", [3, 14, 28])
def test_the_95_per_cent_quantile_holds_about_95_per_cent(
    lumpy: tuple[Panel, FittedTotals], periods: int
) -> None:
    panel, model = lumpy
    known = panel.until(222)

    sums = asked_of(model, known, periods)

    summed = panel.demand[:, 222 : 222 + periods].sum(axis=1)
    limit = sums.quantile(np.array(0.95))
    assert 0.91 <= (summed <= limit).mean() <= 0.99


@pytest.fixture(scope="module")
def lumpy() -> tuple[Panel, FittedTotals]:
    random = np.random.default_rng(9)
    happens = random.random((300, 250)) < random.uniform(0.1, 0.9, (300, 1))
    panel = panel_of(happens * (1 + random.poisson(4.0, (300, 250))))
    return panel, learnt_from(panel.until(222))


def test_errors_that_go_together_widen_a_sum_more_than_independent_days_would() -> None:
    random = np.random.default_rng(10)
    weeks = random.choice([0.2, 1.8], (120, 12))
    panel = panel_of(random.poisson(5.0 * np.repeat(weeks, 28, axis=1)[:, 10:310]))
    model = learnt_from(panel)

    long, short = asked_of(model, panel, 28).excess, asked_of(model, panel, 2).excess

    assert np.median(long) > 2 * np.median(short)
