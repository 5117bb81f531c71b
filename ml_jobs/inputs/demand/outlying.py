"""Days that lie years away from nearly all others, as a mistyped year makes them."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.panel import Dates

LEAST_GAP_DAYS = 730
LARGEST_SHARE = 0.01
_TIMES_THE_USUAL_GAP = 20
_MOST_ROWS_OF_FEW = 3
_LARGEST_SHARE_OF_FEW = 0.1


def outlying(days: Dates, rows: IntArray) -> BoolArray:
    """Return which of *days*, sorted and distinct, few rows stand on and lie far from all others.

    Far is a gap of two years at least, longer than all the other days together span or 20 times
    as long as any gap between them. Few are 1 % of all rows, or three of thirty at least.
    """
    total = int(rows.sum())
    few = max(LARGEST_SHARE * total, min(_MOST_ROWS_OF_FEW, _LARGEST_SHARE_OF_FEW * total))
    numbers = days.astype(np.int64)
    begin, end = 0, len(days)
    while True:
        before = begin, end
        begin += _leading(numbers[begin:end], rows[begin:end], few)
        end -= _leading(-numbers[begin:end][::-1], rows[begin:end][::-1], few)
        if (begin, end) == before:
            break
    places = np.arange(len(days))
    far: BoolArray = (places < begin) | (places >= end)
    return far


def _leading(numbers: IntArray, rows: IntArray, few: float) -> int:
    """Return how many of the first days are far from all that follow them."""
    gaps = np.diff(numbers)
    spans = numbers[-1:] - numbers[1:]
    # The longest gap after each one; after the last there is none.
    longest = np.append(np.maximum.accumulate(gaps[::-1])[::-1][1:], 0)
    far = (gaps >= LEAST_GAP_DAYS) & ((gaps > spans) | (gaps > _TIMES_THE_USUAL_GAP * longest))
    far &= np.cumsum(rows)[:-1] <= few
    found = np.flatnonzero(far)
    return int(found[-1]) + 1 if found.size else 0
