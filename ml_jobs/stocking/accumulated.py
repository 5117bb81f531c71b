"""Demand accumulated from the cutoff to any day, as one distribution for each day."""

from __future__ import annotations

import numpy as np

from ml_jobs.arrays import FloatArray, divide
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.panel import Panel
from ml_jobs.stocking.expectation import expected_demand, periods_until
from ml_jobs.stocking.lead_time import LeadSums, Outlook, SumPools, sum_excess

# Periods that the scatter of sums is measured at, each 1.4 times as long as the one before: the
# same ones whatever is asked, so that an answer depends on nothing else that is.
LENGTHS = np.unique(np.rint(1.4 ** np.arange(30)).astype(np.int64))

_SHORTEST = 1e-3  # periods, whose logarithm stands for that of nothing
_NOTHING = 1e-9  # units, below which an increase is taken for none


def accumulated(
    panel: Panel, outlook: Outlook, pools: SumPools, days: FloatArray, sums: LeadSums
) -> NegativeBinomial:
    """Return the demand from the cutoff to the end of each of *days*.

    At the lead time it is `LeadSums.lead`, and at lead time and review `LeadSums.cycle`. Between
    these two and the cutoff the champion's periods say how the mean gets from one to the next;
    after them it goes on by those periods, as much higher or lower as the last of the two is, times
    `LeadSums.onward`. The excess is that of sums of the champion's periods (`sum_excess`) times a
    factor that is right for `LeadSums.period`, for the lead time, and for lead time and review; it
    changes with the logarithm of the length between them, and stays after the last. Where the lead
    time isn't known the champion's periods alone count.

    *panel* is the history up to the cutoff that all else was made at; *days* are at least 0,
    shape (S, K), and so is the answer's.
    """
    periods = days / panel.frequency.days_per_step
    return NegativeBinomial(
        expected_until(panel, outlook, days, sums),
        _excess_over(periods, panel, outlook, pools, sums),
        outlook.demand.lot,
        periods * outlook.demand.least_mean[:, None],
    )


def expected_until(panel: Panel, outlook: Outlook, days: FloatArray, sums: LeadSums) -> FloatArray:
    """Return the mean of `accumulated`, units, shape (S, K); cheaper than all of it."""
    lead, cycle = sums.lead_days, sums.lead_days + sums.review_days

    def champion(until: FloatArray) -> FloatArray:
        periods = np.nan_to_num(until) / panel.frequency.days_per_step
        return expected_demand(outlook.demand.mean, periods, panel.frequency.season)

    own, ends = champion(days), champion(np.stack([lead, cycle], axis=1))
    at_lead, at_cycle = ends[:, :1], ends[:, 1:]
    lead, cycle = lead[:, None], cycle[:, None]
    lead_mean, cycle_mean = sums.lead.mean[:, None], sums.cycle.mean[:, None]
    until_lead = _share(own, 0.0 * at_lead, at_lead, days / np.maximum(lead, _NOTHING))
    since_lead = _share(own, at_lead, at_cycle, (days - lead) / np.maximum(cycle - lead, _NOTHING))
    higher = np.where(at_cycle > _NOTHING, cycle_mean / np.maximum(at_cycle, _NOTHING), 1.0)
    blended = np.select(
        [days <= lead, days <= cycle],
        [until_lead * lead_mean, lead_mean + since_lead * (cycle_mean - lead_mean)],
        cycle_mean + np.maximum(own - at_cycle, 0.0) * higher * sums.onward[:, None],
    )
    return np.where(np.isfinite(lead_mean), blended, own)


def days_until(panel: Panel, outlook: Outlook, amount: FloatArray, sums: LeadSums) -> FloatArray:
    """Return after how many days the mean of `accumulated` has used up *amount*; infinity if never.

    *amount* is in units, at least 0, shape (S,), and so is the answer's.
    """
    step, season = panel.frequency.days_per_step, panel.frequency.season
    lead = np.nan_to_num(sums.lead_days)
    cycle = lead + sums.review_days
    at_lead, at_cycle = (
        expected_demand(outlook.demand.mean, days / step, season) for days in (lead, cycle)
    )
    first, second = sums.lead.mean, sums.cycle.mean - sums.lead.mean
    beyond = amount - sums.cycle.mean
    # What part of the lead time's demand, and of the review's, the amount is.
    of_lead = np.clip(np.nan_to_num(divide(amount, first)), 0.0, 1.0)
    of_review = np.clip(np.nan_to_num(divide(amount - first, second)), 0.0, 1.0)
    lower, moves = divide(at_cycle, sums.cycle.mean), sums.onward > 0
    own = np.select(
        [~np.isfinite(first), amount <= first, beyond <= 0],
        [amount, of_lead * at_lead, at_lead + of_review * (at_cycle - at_lead)],
        at_cycle + beyond * np.where(lower > 0, lower, 1.0) / np.where(moves, sums.onward, 1.0),
    )
    by_periods = periods_until(np.nan_to_num(own), outlook.demand.mean, season) * step
    by_periods[~moves & (beyond > 0)] = np.inf
    evenly = [
        (amount <= first) & (at_lead <= _NOTHING),
        (amount > first) & (beyond <= 0) & (at_cycle - at_lead <= _NOTHING),
    ]
    return np.select(evenly, [of_lead * lead, lead + of_review * (cycle - lead)], by_periods)


def _share(
    own: FloatArray, before: FloatArray, after: FloatArray, of_time: FloatArray
) -> FloatArray:
    """How much of the increase from *before* to *after* there is in *own*, 0 to 1."""
    increase = after - before
    some = increase > _NOTHING
    share = np.where(some, (own - before) / np.where(some, increase, 1.0), of_time)
    return np.clip(share, 0.0, 1.0)


def _excess_over(
    periods: FloatArray, panel: Panel, outlook: Outlook, pools: SumPools, sums: LeadSums
) -> FloatArray:
    step = panel.frequency.days_per_step
    lead, cycle = sums.lead_days / step, (sums.lead_days + sums.review_days) / step
    known = np.isfinite(sums.lead.mean)[:, None]
    ends = np.where(known, np.stack([np.ones_like(lead), lead, cycle], axis=1), 1.0)
    measured = _measured_excess(
        np.maximum(np.concatenate([ends, periods], axis=1), 1.0), panel, outlook, pools
    )
    right = np.stack([sums.period.excess, sums.lead.excess, sums.cycle.excess], axis=1)
    factors = np.where(known, np.log(right / measured[:, :3]), 0.0)
    lengths, knots = (np.log(np.maximum(each, _SHORTEST)) for each in (periods, ends))
    # A lead time within one period comes before that period's end, and says how to begin.
    within = knots[:, 1] <= knots[:, 0]
    factors[within, 0], knots[within, 0] = factors[within, 1], knots[within, 1]
    factor = np.where(
        lengths <= knots[:, 1:2],
        _between(lengths, knots[:, :2], factors[:, :2]),
        _between(lengths, knots[:, 1:], factors[:, 1:]),
    )
    excess: FloatArray = measured[:, 3:] * np.exp(factor)
    return excess


def _between(at: FloatArray, ends: FloatArray, values: FloatArray) -> FloatArray:
    """Values between two ends, of each row its own, and those of the ends beyond them."""
    width = ends[:, 1:] - ends[:, :1]
    part = np.where(width > 0, (at - ends[:, :1]) / np.where(width > 0, width, 1.0), 1.0)
    part = np.clip(part, 0.0, 1.0)
    return (1.0 - part) * values[:, :1] + part * values[:, 1:]


def _measured_excess(
    periods: FloatArray, panel: Panel, outlook: Outlook, pools: SumPools
) -> FloatArray:
    """The excess of sums of the champion's periods; between the lengths measured by logarithms."""
    inside = int(np.searchsorted(LENGTHS, periods.max(initial=1.0)))
    lengths = LENGTHS[: max(inside, 1) + 1]
    columns = [
        sum_excess(panel, np.full(len(periods), length), pools, outlook) for length in lengths
    ]
    table = np.log(np.stack(columns, axis=1))
    place = np.interp(np.log(periods), np.log(lengths), np.arange(len(lengths)))
    below = np.minimum(np.floor(place).astype(np.int64), len(lengths) - 2)
    part, rows = place - below, np.arange(len(periods))[:, None]
    excess: FloatArray = np.exp((1.0 - part) * table[rows, below] + part * table[rows, below + 1])
    return excess
