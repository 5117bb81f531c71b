"""Ways to sort series: by how their demand comes (Syntetos-Boylan), whether it ended, by value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from ml_jobs.arrays import BoolArray, FloatArray, TextArray
from ml_jobs.panel import Panel

ADI_CUT_OFF = 1.32
CV2_CUT_OFF = 0.49
CHANCE_OF_SILENCE = 0.01
ABC_SHARES = (("A", 0.80), ("B", 0.95))


@dataclass(frozen=True)
class DemandPattern:
    """How the demand of each series comes, shape (S,) each.

    Attributes:
        adi: Mean number of periods from one demand to the next; infinite without any demand.
        cv2: Squared coefficient of variation of the demands above zero; 0 for fewer than two.
        demand_class: smooth, erratic, intermittent or lumpy.
    """

    adi: FloatArray
    cv2: FloatArray
    demand_class: TextArray


def syntetos_boylan(panel: Panel) -> DemandPattern:
    """Classify every series by the mean interval and the variability of its demands.

    Source: Syntetos, Boylan and Croston 2005, "On the categorization of demand patterns",
    Journal of the Operational Research Society 56, section 4: cut-offs ADI 1.32 and CV2 0.49.
    """
    demand = np.nan_to_num(panel.demand)
    sold = demand > 0
    demands = sold.sum(axis=1)
    periods = np.maximum(panel.demand.shape[1] - panel.starts, 1)
    adi = np.where(demands > 0, periods / np.maximum(demands, 1), np.inf)
    mean = demand.sum(axis=1) / np.maximum(demands, 1)
    squares = np.where(sold, (demand - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = squares / np.maximum(demands - 1, 1)
    cv2 = np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0)
    often, steady = adi < ADI_CUT_OFF, cv2 < CV2_CUT_OFF
    names = np.select(
        [often & steady, often, steady], ["smooth", "erratic", "intermittent"], "lumpy"
    )
    return DemandPattern(adi, cv2, names)


def demand_classes(panel: Panel) -> TextArray:
    """Return the class of every series: smooth, erratic, intermittent or lumpy."""
    return syntetos_boylan(panel).demand_class


def ceased(panel: Panel) -> BoolArray:
    """Return which series have most likely ended, shape (S,).

    They had no demand for a year, so that no season explains it, and for longer than chance does:
    with n demands in m periods up to the last one, a silence of q periods or more has the
    probability B(n, m - n + 1 + q) / B(n, m - n + 1), which is below `CHANCE_OF_SILENCE`.

    Source: Fader and Hardie 2010, "Customer-base analysis in a discrete-time noncontractual
    setting", Marketing Science 29: the beta-Bernoulli model of chances to buy, with a uniform
    prior. The first demand is left out of the count: a series begins with it.
    """
    sold = np.nan_to_num(panel.demand) > 0
    demands = sold.sum(axis=1)
    quiet = np.argmax(sold[:, ::-1], axis=1)
    missed = np.maximum(panel.demand.shape[1] - quiet - panel.starts - demands, 0) + 1.0
    counted = np.maximum(demands, 1)
    by_chance = np.exp(betaln(counted, missed + quiet) - betaln(counted, missed))
    long = quiet >= panel.frequency.steps_per_year
    ended: BoolArray = (demands > 0) & long & (by_chance < CHANCE_OF_SILENCE)
    return ended


def abc_classes(values: FloatArray) -> TextArray:
    """Rank series by value: A until 80 % of the total is reached, B until 95 %, C the rest.

    Args:
        values: Value of each series' demand, shape (S,), at least 0, in one unit.

    Returns:
        Class of each series, shape (S,). Of equal values the one that stands first ranks higher.
    """
    order = np.argsort(-values, kind="stable")
    before = np.cumsum(values[order]) - values[order]
    share = before / max(float(values.sum()), np.finfo(np.float64).tiny)
    ranked = np.select([share < limit for _, limit in ABC_SHARES], [n for n, _ in ABC_SHARES], "C")
    classes = np.empty_like(ranked)
    classes[order] = np.where(values[order] > 0, ranked, "C")
    return classes
