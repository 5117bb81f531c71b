"""How many towers stand still in a month: not only on average, but how likely how many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray


@dataclass(frozen=True)
class Cumulants:
    """Mean, variance and third central moment; those of independent parts add up.

    Their sum is taken for a lognormal one that begins at or above 0 and has all three; where it
    would have to begin below, for one that begins at 0 and has the first two.

    Attributes:
        mean: Of what stands still.
        variance: Likewise.
        third: Third central moment: how much longer the upper tail is.
    """

    mean: FloatArray
    variance: FloatArray
    third: FloatArray

    def together(self, towers: FloatArray, scale: float = 1.0) -> Cumulants:
        """Return them of all towers that stand still for S parts, by contract, shape (K,).

        Args:
            towers: That stand still for each unit, shape (K, S).
            scale: Parts that each of the S stands for.
        """
        moments = (self.mean, self.variance, self.third)
        return Cumulants(*(scale * (towers**n @ each) for n, each in enumerate(moments, start=1)))

    def quantile(self, level: float) -> FloatArray:
        """Return what is not exceeded with the chance *level*; shaped as *mean*."""
        begin, median, sigma = self._lognormal()
        found = begin + median * np.exp(sigma * stats.norm.ppf(level))
        return np.where(self.variance > 0, found, self.mean)

    def chance_within(self, most: FloatArray) -> FloatArray:
        """Return the chance that no more than *most* stands still; shaped as *mean*."""
        begin, median, sigma = self._lognormal()
        above = np.maximum(most - begin, 1e-300)
        found = stats.norm.cdf(np.log(above / median) / sigma)
        return np.where(self.variance > 0, found, (self.mean <= most).astype(np.float64))

    def mean_up_to(self, most: FloatArray) -> FloatArray:
        """Return the mean of what stands still, with more than *most* counted as that; as *mean*.

        Of a lognormal with the mean M it is M Phi(d - sigma) + most Phi(-d), where *most* is d
        standard deviations of logarithms above the median. An infinite *most* leaves the mean.
        """
        ends, varies = np.isfinite(most), self.variance > 0
        most = np.where(ends, most, 0.0)
        begin, median, sigma = self._lognormal()
        above, sigma = np.maximum(most - begin, 1e-300), np.where(varies, sigma, 1.0)
        d = np.log(above / median) / sigma
        within = median * np.exp(sigma**2 / 2.0) * stats.norm.cdf(d - sigma)
        found = begin + within + above * stats.norm.cdf(-d)
        # It is never more than either; where the distribution begins beyond, it is all of *most*.
        least = np.minimum(self.mean, most)
        return np.where(ends, np.where(varies, np.minimum(found, least), least), self.mean)

    def _lognormal(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Where the distribution begins, its median above that, and the spread of logarithms.

        With w for the mean square of a lognormal over its squared mean, the skewness is
        (w + 2) sqrt(w - 1), whose only real root has a closed form.
        """
        varies = self.variance > 0
        mean, variance = (np.where(varies, each, 1.0) for each in (self.mean, self.variance))
        skew = np.where(varies, np.maximum(self.third, 0.0), 0.0) / variance**1.5
        root = np.cbrt((skew**2 + 2.0 + skew * np.sqrt(skew**2 + 4.0)) / 2.0)
        w = root + 1.0 / root - 1.0
        above = np.sqrt(variance / np.maximum(w - 1.0, 1e-12))
        begins = (skew > 0) & (above < mean)
        begin = np.where(begins, mean - above, 0.0)
        above = mean - begin
        square = np.log1p(variance / above**2)
        return begin, above * np.exp(-square / 2.0), np.sqrt(square)
