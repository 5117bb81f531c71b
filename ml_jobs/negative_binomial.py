"""Demand as a negative binomial: what models forecast, and what bands and stock come from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from ml_jobs.arrays import BoolArray, FloatArray, divide

LEVELS = (0.025, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.975, 0.99)

LEAST_EXCESS = 0.05  # the negative binomial ends where variance equals the mean (Poisson)
_LEAST_SHAPE = 1e-12  # scipy takes no shape of 0, which a mean of 0 has


@dataclass(frozen=True)
class NegativeBinomial:
    """Demand of S series: a mean, and the over-dispersion about it.

    Demand is counted in lots: 1 for whole numbers, a fraction for weights and volumes. With a
    mean of m units and lots of u units the variance is ``m * u * (1 + excess)``: it grows with
    the mean, not with its square, so that a level that fell takes its scatter with it. The count
    of lots has the parameters ``r = m / (u * excess)`` and ``p = 1 / (1 + excess)``.

    Attributes:
        mean: Expected demand, NaN where there is no forecast: units per period, shape (S, H), or
            units over a number of periods, shape (S,).
        excess: Over-dispersion: variance over mean, less 1, in lots; > 0; shape (S,), or (S, H)
            where it differs from step to step.
        lot: Units in a lot, shape (S,).
        least_mean: Mean below which the distribution isn't drawn, in units as *mean*, shape (S,),
            or (S, H) where it differs from step to step.

    Source: NB1 of Cameron and Trivedi 2013, "Regression Analysis of Count Data", section 3.3.
    """

    mean: FloatArray
    excess: FloatArray
    lot: FloatArray
    least_mean: FloatArray

    @property
    def covered(self) -> BoolArray:
        """Which series have a forecast, shape (S,)."""
        return np.isfinite(self.mean if self.mean.ndim == 1 else self.mean[:, 0])

    @property
    def drawn(self) -> FloatArray:
        """Mean of the distribution: the expectation, or the least mean where that is larger."""
        return np.maximum(self.mean, self._by_step(self.least_mean))

    def at(self, step: int) -> NegativeBinomial:
        """Return the distribution of one of many steps, shape (S,)."""
        return replace(
            self,
            mean=self.mean[:, step],
            excess=self.excess[:, step] if self.excess.ndim > 1 else self.excess,
            least_mean=self.least_mean[:, step] if self.least_mean.ndim > 1 else self.least_mean,
        )

    def since(self, step: int) -> NegativeBinomial:
        """Return the steps from *step* on; means, excesses and least means of all have steps."""
        return replace(
            self,
            mean=self.mean[:, step:],
            excess=self.excess[:, step:],
            least_mean=self.least_mean[:, step:],
        )

    def quantile(self, level: FloatArray) -> FloatArray:
        """Return what demand stays at or below with the probability *level*, units.

        Args:
            level: As fractions; broadcasts to the shape of *mean*.
        """
        excess, lot = self._by_step(self.excess), self._by_step(self.lot)
        return quantile(self.drawn, excess, lot, level)

    def quantiles(self) -> FloatArray:
        """Return the quantiles at ``LEVELS``, units, shape (S, H, 10); NaN where *mean* is."""
        drawn = self.drawn
        excess = np.broadcast_to(self._by_step(self.excess), drawn.shape)
        answer = np.full((*drawn.shape, len(LEVELS)), np.nan)
        # Inverting the distribution is what costs: a row that never changes takes it once.
        flat = (drawn == drawn[:, :1]).all(axis=1) & (excess == excess[:, :1]).all(axis=1)
        known = np.isfinite(drawn).any(axis=1)
        for rows, steps in ((flat, slice(1)), (~flat & known, slice(None))):
            answer[rows] = quantile(
                drawn[rows, steps, None],
                excess[rows, steps, None],
                self.lot[rows, None, None],
                np.asarray(LEVELS),
            )
        return answer

    def exceedance(self, amount: FloatArray) -> FloatArray:
        """Return the probability that demand is greater than *amount*, units, shaped as *mean*."""
        excess, lot = self._by_step(self.excess), self._by_step(self.lot)
        # The addend keeps an amount of whole lots from falling below itself when divided.
        count = np.floor(amount / lot + 1e-9)
        chance = stats.nbinom.sf(count, *_parameters(self.drawn, excess, lot))
        return np.where(self.drawn == 0, 0.0, chance)

    def chance_of_less(self, amount: FloatArray) -> FloatArray:
        """Return the probability that demand is less than *amount*, units, shape (S,)."""
        count = np.rint(amount / self.lot)
        chance = stats.nbinom.cdf(count - 1, *_parameters(self.drawn, self.excess, self.lot))
        return np.where(self.drawn == 0, (count > 0).astype(np.float64), chance)

    def expected_shortage(self, amount: FloatArray) -> FloatArray:
        """Return the expected demand beyond *amount*, units, shape (S,).

        For a count X with r and p, E[X; X > k] = E[X] * P(X' > k - 1) where X' has r + 1 and p.
        """
        shape, chance = _parameters(self.drawn, self.excess, self.lot)
        count = np.floor(amount / self.lot + 1e-9)
        beyond = self.drawn * stats.nbinom.sf(count - 1, shape + 1.0, chance)
        above = amount * stats.nbinom.sf(count, shape, chance)
        answer: FloatArray = np.maximum(beyond - above, 0.0)
        return answer

    def with_variance(self, variance: FloatArray) -> NegativeBinomial:
        """Return the forecast of single periods with *variance* at its mean over the horizon.

        Args:
            variance: Squared units, shape (S,); NaN keeps the excess as it is.
        """
        level = np.maximum(np.nan_to_num(self.mean.mean(axis=1)), self.least_mean) * self.lot
        measured = np.maximum(divide(variance, level) - 1.0, LEAST_EXCESS)
        return replace(self, excess=np.where(np.isfinite(measured), measured, self.excess))

    def with_more_variance(self, added: FloatArray) -> NegativeBinomial:
        """Return a sum with its variance raised by *added*, squared units, shape (S,)."""
        more = np.nan_to_num(divide(added, self.drawn * self.lot))
        return replace(self, excess=self.excess + more)

    def _by_step(self, of_series: FloatArray) -> FloatArray:
        """One value per series beside means of one or of many steps."""
        return of_series[:, None] if of_series.ndim < self.mean.ndim else of_series


def quantile(
    mean: FloatArray, excess: FloatArray, lot: FloatArray, level: FloatArray
) -> FloatArray:
    """Return the quantile at *level*, units; arguments as in `NegativeBinomial`, and broadcast.

    A mean of 0 has all quantiles at 0, and so has every mean at a level of 0.
    """
    counts = stats.nbinom.ppf(level, *_parameters(mean, excess, lot))
    return np.where(mean == 0, 0.0, np.maximum(counts, 0.0)) * lot


def _parameters(
    mean: FloatArray, excess: FloatArray, lot: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The parameters r and p of the count of lots."""
    return np.maximum(mean / (lot * excess), _LEAST_SHAPE), 1.0 / (1.0 + excess)
