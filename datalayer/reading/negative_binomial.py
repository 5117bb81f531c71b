"""Quantiles of the distribution that stock is planned with, for inputs that nobody published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_CHUNK: Final = 1024  # rows at a time, which a processor's cache holds
_LEAST_SHAPE: Final = 1e-12  # a shape of 0, which a mean next to 0 rounds to, has no distribution
_MOST_STEPS: Final = 20_000  # of the continued fraction; a shape of 10 million takes about 9,000
_CLOSE: Final = 1e-15
_TINY: Final = 1e-300  # in place of 0 where a division would follow
_STIRLING_FROM: Final = 10.0
# Bernoulli numbers over 2k (2k - 1).
_STIRLING: Final = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)


def quantile(
    mean: FloatArray, excess: FloatArray, lot: FloatArray, level: FloatArray
) -> FloatArray:
    """Return what demand stays at or below with the probability *level*.

    Demand is counted in lots. The count is negative binomial with r = mean / (lot * excess) and
    p = 1 / (1 + excess), so that the variance of demand is mean * lot * (1 + excess).

    Args:
        mean: Expected demand, units, at least 0; all have the shape (N,).
        excess: Variance over mean, less 1, in lots; above 0.
        lot: Units in a lot; above 0.
        level: As fractions, from 0 to 1; at 1 the answer is infinite.

    Returns:
        Units, shape (N,); 0 where *mean* is. NaN where one of the four is NaN or out of its range.

    Source: docs/contract.md, "Lead-time demand"; NB1 of Cameron and Trivedi 2013, "Regression
    Analysis of Count Data", section 3.3.
    """
    answer = np.full(mean.shape, np.nan)
    usable = (mean >= 0) & (excess > 0) & (lot > 0) & (level >= 0) & (level <= 1)
    usable &= np.isfinite(mean) & np.isfinite(excess) & np.isfinite(lot)
    answer[usable & (level == 1)] = np.inf
    answer[usable & ((mean == 0) | (level == 0))] = 0.0
    rows = np.flatnonzero(usable & (mean > 0) & (level > 0) & (level < 1))
    # Rows of like size take like many steps, and those of a chunk take as many as its slowest.
    rows = rows[np.argsort(mean[rows] / lot[rows])]
    for chosen in np.array_split(rows, -(-len(rows) // _CHUNK) or 1):
        counts = _counts(mean[chosen] / lot[chosen], excess[chosen], level[chosen])
        answer[chosen] = counts * lot[chosen]
    return answer


def cumulative(count: FloatArray, shape: FloatArray, chance: FloatArray) -> FloatArray:
    """Return the probability of at most *count*, at least 0; *shape* is r, *chance* p; (N,) each.

    Exact to 1e-9 up to counts of 100,000, and to 1e-6 up to 10 million.
    """
    return _beta(shape, count + 1.0, chance)


def _counts(mean: FloatArray, excess: FloatArray, level: FloatArray) -> FloatArray:
    """Least counts whose probability is at least *level*, by halving what Cantelli leaves.

    Cantelli's inequality puts a quantile between mean - sd * sqrt((1 - level) / level) and
    mean + sd * sqrt(level / (1 - level)), whatever the distribution.
    """
    shape, chance = np.maximum(mean / excess, _LEAST_SHAPE), 1.0 / (1.0 + excess)
    scatter = np.sqrt(mean * (1.0 + excess))
    below = np.floor(mean - scatter * np.sqrt((1.0 - level) / level)) - 1.0
    below, above = np.maximum(below, -1.0), np.ceil(mean + scatter * np.sqrt(level / (1.0 - level)))
    # The probability of `below` is less than the level, that of `above` is not.
    rows = np.flatnonzero(above - below > 1)
    while len(rows):
        middle = np.floor((below[rows] + above[rows]) / 2.0)
        reached = cumulative(middle, shape[rows], chance[rows]) >= level[rows]
        above[rows] = np.where(reached, middle, above[rows])
        below[rows] = np.where(reached, below[rows], middle)
        rows = rows[above[rows] - below[rows] > 1]
    counts: FloatArray = above
    return counts


def _beta(a: FloatArray, b: FloatArray, x: FloatArray) -> FloatArray:
    """The regularised incomplete beta function I_x(a, b); a, b > 0 and 0 < x < 1.

    With a = r, b = k + 1 and x = p it is the probability of at most k.

    Source: DLMF 8.17.8 and 8.17.22.
    """
    swapped = x > (a + 1.0) / (a + b + 2.0)
    a, b = np.where(swapped, b, a), np.where(swapped, a, b)
    x = np.where(swapped, 1.0 - x, x)
    front = a * np.log(x) + b * np.log1p(-x) + _log_gamma(a + b) - _log_gamma(a) - _log_gamma(b)
    tail = np.exp(front) / a * _fraction(a, b, x)
    answer: FloatArray = np.where(swapped, 1.0 - tail, tail)
    return answer


def _fraction(a: FloatArray, b: FloatArray, x: FloatArray) -> FloatArray:
    """The continued fraction of the incomplete beta function, by Lentz's method.

    Source: DLMF 8.17.22; Thompson and Barnett 1986, "Coulomb and Bessel functions of complex
    arguments and order", for the method.
    """
    lower = np.ones_like(x)
    upper = 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = upper.copy()

    def multiply(term: FloatArray) -> FloatArray:
        nonlocal lower, upper, value
        upper = 1.0 / _not_zero(1.0 + term * upper)
        lower = _not_zero(1.0 + term / lower)
        change: FloatArray = lower * upper
        value = value * change
        return change

    _until_close(multiply, a, b, x)
    return value


def _until_close(
    multiply: Callable[[FloatArray], FloatArray], a: FloatArray, b: FloatArray, x: FloatArray
) -> None:
    for step in range(1, _MOST_STEPS):
        m, twice = float(step), 2.0 * step
        multiply(m * (b - m) * x / ((a + twice - 1.0) * (a + twice)))
        change = multiply(-(a + m) * (a + b + m) * x / ((a + twice) * (a + twice + 1.0)))
        if step % 4 == 0 and np.all(np.abs(change - 1.0) <= _CLOSE):
            return


def _not_zero(value: FloatArray) -> FloatArray:
    return np.where(np.abs(value) < _TINY, _TINY, value)


def _log_gamma(x: FloatArray) -> FloatArray:
    """The logarithm of the gamma function of numbers above 0.

    Source: Stirling's series, DLMF 5.11.1, after 5.5.1 has made the argument large enough.
    """
    shifts = np.where(x < _STIRLING_FROM, np.ceil(_STIRLING_FROM - x), 0.0)
    product = np.ones_like(x)
    for shift in range(int(shifts.max(initial=0.0))):
        product = np.where(shift < shifts, product * (x + shift), product)
    large = x + shifts
    inverse, series = 1.0 / large, np.zeros_like(x)
    for number in reversed(_STIRLING):
        series = series * inverse * inverse + number
    half_log_tau = 0.5 * np.log(2.0 * np.pi)
    whole = (large - 0.5) * np.log(large) - large + half_log_tau + series * inverse
    answer: FloatArray = whole - np.log(product)
    return answer
