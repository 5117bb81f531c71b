"""Files of one history that hold the same rows: exports that overlap, or one saved twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows, series_days

LEAST_REPEATED = 10  # fewer may be equal by chance
REPEATED_SHARE = 0.9  # of what the smaller of two files has on the days of both


def refuse_repeated(rows: DemandRows, counts: Sequence[int], names: Sequence[str]) -> None:
    """Refuse files of which two hold the same demand on the days that both cover.

    *rows* are those of all files, *counts* how many of them are of each, in order.

    Raises:
        InputError: Two do; their rows would count twice.
    """
    # Where nothing was asked for, all files say the same.
    sold = rows.used & (rows.quantities > 0)
    file = np.repeat(np.arange(len(counts)), counts)[sold]
    keys, days = series_days(rows)[sold], rows.days[sold]
    # What one file says of one item, place and day; those of the same one beside each other.
    pairs, of = np.unique(keys * len(counts) + file, return_inverse=True)
    quantities = np.bincount(of, rows.quantities[sold])
    key, by = np.divmod(pairs, len(counts))
    same = (key[1:] == key[:-1]) & (quantities[1:] == quantities[:-1])
    found = Counter(zip(by[:-1][same].tolist(), by[1:][same].tolist(), strict=True))
    on = np.zeros(len(pairs), days.dtype)
    on[of] = days
    for (one, other), count in found.items():
        both = [on[by == each] for each in (one, other)]
        first, last = max(each.min() for each in both), min(each.max() for each in both)
        least = min(int(((each >= first) & (each <= last)).sum()) for each in both)
        if count >= max(LEAST_REPEATED, REPEATED_SHARE * least):
            raise InputError(
                file=names[other],
                problem=f"has the demand of {names[one]} again: {count:,} items and days from "
                f"{first} to {last} with the same quantity, which would count twice; leave the "
                "days of one file out of the other",
            )
