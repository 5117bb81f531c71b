"""Whether a source is better than naive on a series, or whether chance explains the difference."""

from __future__ import annotations

import numpy as np
from scipy import stats

from ml_jobs.arrays import FloatArray, TextArray, divide

BETTER, ALIKE, WORSE = "better", "alike", "worse"
CONFIDENCE = 0.95


def value_added_by_origin(
    loss: FloatArray, naive_loss: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of each series' value added over naive, 1 - loss / naive_loss.

    The errors of one origin's steps depend on each other, so the origin is what was observed: the
    losses of each are summed, and the standard error of the ratio of the sums over O origins is

        sqrt(sum((loss - ratio * naive_loss)^2) * O / (O - 1)) / sum(naive_loss)

    A normal interval of it is too narrow for the few origins there are, so its width is that of
    Student's t with O - 1 degrees of freedom; resampling so few would know no more than they do.

    Args:
        loss: Scaled pinball loss of the source, shape (S, O, H): series, origins, steps; NaN where
            there is no pair.
        naive_loss: That of naive.

    Returns:
        Lower and upper end, shape (S,) each; NaN where fewer than two origins have pairs of both,
        or naive's loss is 0.

    Source: Cochran 1977, "Sampling Techniques", section 6.4, the variance of a ratio of two sums.
    """
    both = np.isfinite(loss) & np.isfinite(naive_loss)
    tested = both.any(axis=2)
    count = tested.sum(axis=1).astype(np.float64)
    own, naive = (np.where(both, each, 0.0).sum(axis=2) for each in (loss, naive_loss))
    divisor = naive.sum(axis=1)
    ratio = divide(own.sum(axis=1), divisor)
    squares = (np.where(tested, own - ratio[:, None] * naive, 0.0) ** 2).sum(axis=1)
    error = divide(np.sqrt(squares * divide(count, count - 1.0)), divisor)
    half = stats.t.ppf(0.5 + CONFIDENCE / 2.0, np.maximum(count - 1.0, 1.0)) * error
    return 1.0 - ratio - half, 1.0 - ratio + half


def verdicts(low: FloatArray, high: FloatArray) -> TextArray:
    """Return better or worse where 0 lies outside the interval, alike inside, else nothing."""
    known = np.isfinite(low) & np.isfinite(high)
    named: TextArray = np.select([~known, low > 0, high < 0], ["", BETTER, WORSE], ALIKE)
    return named
