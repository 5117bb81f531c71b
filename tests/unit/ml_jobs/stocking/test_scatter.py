"""Scatter of sums corrected by what came after earlier cutoffs."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.scatter import (
    AS_LEARNT,
    CYCLE,
    FACTORS,
    LEAD,
    ScatterTally,
    SumScatter,
    scatter_corrections,
    scatter_tally,
)

pytestmark = pytest.mark.ml

NAN = float("nan")


def forecast_of(mean: float, excess: float, count: int) -> NegativeBinomial:
    return NegativeBinomial(
        np.full(count, mean), np.full(count, excess), np.ones(count), np.zeros(count)
    )


def drawn(mean: float, excess: float, count: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.negative_binomial(mean / excess, 1 / (1 + excess), count).astype(float)


def tally_of(
    kind: str, actual: np.ndarray, *, excess: float = 2.0, classes: str = "lumpy"
) -> ScatterTally:
    count = len(actual)
    named = np.full(count, classes)
    return scatter_tally(kind, forecast_of(20.0, excess, count), actual, named, actual > -1)


def test_what_scattered_as_was_learnt_stays_as_it_is() -> None:
    found = scatter_corrections([tally_of(LEAD, drawn(20.0, 2.0, 6000))])

    assert found.factors.get((LEAD, "lumpy"), 1.0) == pytest.approx(1.0, abs=0.11)


def test_what_scattered_more_than_was_learnt_is_widened_to_it() -> None:
    found = scatter_corrections([tally_of(CYCLE, drawn(20.0, 4.0, 6000))])

    assert found.factors[CYCLE, "lumpy"] == pytest.approx(2.0, rel=0.1)


def test_each_kind_of_sum_has_a_factor_of_its_own() -> None:
    tallies = [tally_of(CYCLE, drawn(20.0, 4.0, 4000)), tally_of(LEAD, drawn(20.0, 1.4, 4000))]

    found = scatter_corrections(tallies)

    assert found.factors[LEAD, "lumpy"] < 1.0 < found.factors[CYCLE, "lumpy"]


def test_a_class_with_few_windows_goes_with_all_classes() -> None:
    many = tally_of(LEAD, drawn(20.0, 4.0, 4000))
    few = tally_of(LEAD, np.full(2, 20.0), classes="smooth")

    found = scatter_corrections([many, few])

    assert found.factors[LEAD, "smooth"] == found.factors[LEAD, "lumpy"]


def test_windows_that_are_not_over_do_not_count() -> None:
    tally = tally_of(LEAD, np.array([NAN, 15.0, NAN]))

    assert tally.windows == {(LEAD, "lumpy"): 1}


def test_series_that_are_not_judged_or_not_forecast_do_not_count() -> None:
    demand = forecast_of(20.0, 2.0, 3)
    demand.mean[1] = NAN

    tally = scatter_tally(
        LEAD, demand, np.full(3, 5.0), np.full(3, "lumpy"), np.array([False, True, True])
    )

    assert tally.windows == {(LEAD, "lumpy"): 1}


def test_tallies_of_parts_add_up_to_that_of_the_whole() -> None:
    actual = drawn(20.0, 3.0, 90)

    whole = tally_of(LEAD, actual)
    parts = tally_of(LEAD, actual[:40]) + tally_of(LEAD, actual[40:])

    assert parts.windows == whole.windows
    np.testing.assert_allclose(
        parts.likelihoods[LEAD, "lumpy"], whole.likelihoods[LEAD, "lumpy"], rtol=1e-12
    )


def test_nothing_seen_corrects_nothing() -> None:
    demand, classes = forecast_of(4.0, 1.0, 2), np.array(["lumpy", "smooth"])

    assert scatter_corrections([]) == AS_LEARNT
    corrected = AS_LEARNT.corrected(LEAD, demand, classes)
    assert np.array_equal(corrected.excess, demand.excess)


def test_the_excess_of_each_class_is_multiplied() -> None:
    scatter = SumScatter({(LEAD, "lumpy"): 2.0, (CYCLE, "smooth"): 3.0})
    demand, classes = forecast_of(4.0, 1.0, 2), np.array(["lumpy", "smooth"])

    assert scatter.corrected(LEAD, demand, classes).excess.tolist() == [2.0, 1.0]
    assert scatter.notes() == {"lead time and review, smooth": 3.0, "lead time, lumpy": 2.0}
    assert FACTORS[4] == 1.0
