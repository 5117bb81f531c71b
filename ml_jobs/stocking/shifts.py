"""Whether demand of late comes as it used to: its level, and how often there is any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray, divide, running_sums
from ml_jobs.panel import Frequency, Panel

BEYOND_CHANCE = 3.29  # standard deviations: one steady series in a thousand differs by more
RECENT = {Frequency.DAILY: 56, Frequency.WEEKLY: 13, Frequency.MONTHLY: 6}
BLOCK = {Frequency.DAILY: 7, Frequency.WEEKLY: 4, Frequency.MONTHLY: 3}
LEAST_BLOCKS = 4  # below that many blocks before, nothing is known of what is usual


@dataclass(frozen=True)
class Shift:
    """A recent part of each history against the part before; shape (S,) each.

    Attributes:
        recent: Units per period, or periods per demand; NaN where there is too little history.
        before: The same of the part before.
        beyond_chance: Where they differ by more than chance explains.
        begins: First period of the recent part.
    """

    recent: FloatArray
    before: FloatArray
    beyond_chance: BoolArray
    begins: IntArray


def level_shift(panel: Panel) -> Shift:
    """Compare the mean demand of the recent periods with that of all before.

    Demand of a block of periods counts as quasi-Poisson: its variance is the mean times a
    dispersion that each series has for itself, measured within the two parts so that a shift
    does not hide itself. The difference of the two rates over its standard error under no shift,
    ``(a - b) / sqrt(dispersion * pooled * (1 / m + 1 / n))``, is held against the normal
    distribution. Blocks of a week, four weeks or a quarter keep the days of the week and
    short-lived swings out of it. Where the shift is real, its first period is the one that
    parts the history best, by the same statistic.

    Source: the conditional score test for two Poisson rates, Przyborowski and Wilenski 1940, in
    the form of Ng and Tang 2005, "Testing the equality of two Poisson means using the rate
    ratio", Statistics in Medicine 24, statistic W3; the dispersion is Pearson's, McCullagh and
    Nelder 1989, "Generalized Linear Models", section 9.2.4; the first period as in Hinkley 1971,
    "Inference about the change-point from cumulative sum tests", section 2.
    """
    blocks = _Blocks.of(panel)
    recent = np.full(len(panel.item_ids), blocks.recent)
    early, late = (_mean(blocks.demand, part) for part in blocks.parts(recent))
    dispersion = blocks.dispersion(recent)
    statistic = blocks.statistic(recent, dispersion)
    beyond = np.nan_to_num(np.abs(statistic)) > BEYOND_CHANCE
    known = np.isfinite(statistic)
    return Shift(
        np.where(known, late / blocks.size, np.nan),
        np.where(known, early / blocks.size, np.nan),
        beyond,
        _first_periods(panel, blocks, beyond, dispersion),
    )


@dataclass(frozen=True)
class _Blocks:
    """Demand of blocks of periods, the last block ending with the panel.

    Attributes:
        demand: Units per block, shape (S, B); NaN in blocks that begin before the series does.
        size: Periods in a block.
        recent: Blocks of the recent part.
    """

    demand: FloatArray
    size: int
    recent: int

    @staticmethod
    def of(panel: Panel) -> _Blocks:
        size = BLOCK[panel.frequency]
        kept = panel.demand[:, panel.demand.shape[1] % size :]
        summed = kept.reshape(len(kept), -1, size).sum(axis=2)
        return _Blocks(summed, size, RECENT[panel.frequency] // size)

    def parts(self, late: IntArray) -> tuple[BoolArray, BoolArray]:
        """Return which blocks belong to the early part and to the last *late* ones."""
        is_late = np.arange(self.demand.shape[1]) >= self.demand.shape[1] - late[:, None]
        observed = np.isfinite(self.demand)
        return observed & ~is_late, observed & is_late

    def dispersion(self, late: IntArray) -> FloatArray:
        """Return variance over mean of a block about its part's rate; NaN with too few blocks."""
        early_part, late_part = self.parts(late)
        early, recent = _mean(self.demand, early_part), _mean(self.demand, late_part)
        expected = np.where(late_part, recent[:, None], early[:, None])
        share = np.nan_to_num(divide((self.demand - expected) ** 2, expected))
        used = early_part | late_part
        free = (used.sum(axis=1) - 2).astype(np.float64)
        enough = early_part.sum(axis=1) >= LEAST_BLOCKS
        pearson = divide(np.where(used, share, 0.0).sum(axis=1), free)
        return np.where(enough, np.maximum(pearson, 1.0), np.nan)

    def statistic(self, late: IntArray, dispersion: FloatArray) -> FloatArray:
        """Return how many standard errors the late rate lies above the early one, shape (S,)."""
        early_part, late_part = self.parts(late)
        counts = [part.sum(axis=1).astype(np.float64) for part in (early_part, late_part)]
        early, recent = _mean(self.demand, early_part), _mean(self.demand, late_part)
        pooled = _mean(self.demand, early_part | late_part)
        error = np.sqrt(dispersion * pooled * sum(divide(np.ones(len(n)), n) for n in counts))
        return divide(recent - early, error)


def _mean(values: FloatArray, part: BoolArray) -> FloatArray:
    total = np.where(part, values, 0.0).sum(axis=1)
    return divide(total, part.sum(axis=1).astype(np.float64))


def _first_periods(
    panel: Panel, blocks: _Blocks, shifted: BoolArray, dispersion: FloatArray
) -> IntArray:
    """Begin of the recent part that differs most, of at most twice the usual length."""
    longest = np.full(len(panel.item_ids), blocks.recent)
    best = np.zeros(len(longest))
    for late in range(2, 2 * blocks.recent + 1):
        candidate = np.full(len(longest), late)
        found = np.nan_to_num(np.abs(blocks.statistic(candidate, dispersion)))
        better = shifted & (found > best)
        longest[better], best[better] = late, found[better]
    begins: IntArray = panel.demand.shape[1] - longest * blocks.size
    return begins


def interval_shift(panel: Panel) -> Shift:
    """Compare the mean interval between demands of the recent periods with that of all before.

    The interval is periods over periods with demand; the shares of periods with demand are
    compared by the pooled two-proportion test, which is that of the intervals as well.

    Source: Syntetos, Boylan and Croston 2005, "On the categorization of demand patterns", Journal
    of the Operational Research Society 56, section 4, for the interval; Fleiss, Levin and Paik
    2003, "Statistical Methods for Rates and Proportions", section 3.1, for the test.
    """
    count = panel.demand.shape[1]
    begins = np.full(len(panel.item_ids), max(count - RECENT[panel.frequency], 0))
    demands = running_sums(np.nan_to_num(panel.demand) > 0)
    starts = np.minimum(panel.starts, begins)
    rows = np.arange(len(begins))
    early, late = (begins - starts).astype(np.float64), (count - begins).astype(np.float64)
    before = demands[rows, begins] - demands[rows, starts]
    recent = demands[:, -1] - demands[rows, begins]
    pooled = divide(before + recent, early + late)
    error = np.sqrt(pooled * (1.0 - pooled) * (divide(np.ones(len(early)), early) + 1.0 / late))
    statistic = np.nan_to_num(divide(divide(recent, late) - divide(before, early), error))
    known = (early >= LEAST_BLOCKS * BLOCK[panel.frequency]) & (before > 0) & (recent > 0)
    return Shift(
        np.where(known, divide(late, recent), np.nan),
        np.where(known, divide(early, before), np.nan),
        known & (np.abs(statistic) > BEYOND_CHANCE),
        begins,
    )
