"""Names for the arrays that models, metrics and tables exchange, and division that may fail."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
TextArray = npt.NDArray[np.str_]


def divided(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return numerator / denominator, NaN where the denominator is 0, negative or NaN."""
    top, bottom = np.broadcast_arrays(
        np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    )
    answer: FloatArray = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=answer, where=bottom > 0)
    return answer


def distinct(values: IntArray) -> IntArray:
    """Return the distinct *values*, sorted; on keys that follow a pattern far before np.unique."""
    ordered = np.sort(values)
    answer: IntArray = ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))]
    return answer
