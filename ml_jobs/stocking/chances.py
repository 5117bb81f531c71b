"""The chance that stock runs out before an order placed on its day would arrive."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import FloatArray, rows_of
from ml_jobs.stocking.accumulated import accumulated
from ml_jobs.stocking.course import OUTLOOK, Arrivals, Course, lead_days
from ml_jobs.stocking.lead_time import SumPools
from ml_jobs.stocking.situation import Situation


def chances_of_running_out(
    situation: Situation, course: Course, arrivals: Arrivals, pools: SumPools
) -> FloatArray:
    """Return the chance that demand exceeds, on some day, what is there by then; shape (S,).

    Supply changes where something arrives, so the days that count are the last one and those
    before an open order comes; the greatest of their chances is taken. What no day is known of is
    there on the last day. NaN where stock or lead time isn't known.
    """
    inventory, count = situation.inventory, len(situation.panel.item_ids)
    last = np.minimum(lead_days(inventory.levels), OUTLOOK)
    at_last = course.supply[np.arange(count), last]
    chances: FloatArray = inventory.sums.lead.exceedance(np.nan_to_num(at_last))
    chances[~np.isfinite(at_last)] = np.nan
    within = (arrivals.counted > 1) & (arrivals.counted <= last[arrivals.series])
    within &= ~np.isnat(arrivals.due)
    within &= np.isfinite(chances[arrivals.series])
    series, day = arrivals.series[within], arrivals.counted[within] - 1
    demand = accumulated(
        situation.panel.rows(series),
        rows_of(situation.outlook, series),
        pools,
        day[:, None].astype(np.float64),
        rows_of(inventory.sums, series),
    )
    np.maximum.at(chances, series, demand.exceedance(course.supply[series, day][:, None])[:, 0])
    return chances
