"""Stock that is ordered up to levels, period by period, against the demand that really came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from benchmarks.availability.drawn import HOLDING_RATE, TOWERS, Draw
from benchmarks.availability.origins import Forecasts
from ml_jobs.arrays import FloatArray
from ml_jobs.dispersion import moments
from ml_jobs.stocking.availability.curve import tower_hour_prices
from ml_jobs.stocking.availability.tails import (
    Tails,
    TailTally,
    learn_tails,
    size_classes,
    tail_tally,
)
from ml_jobs.stocking.availability.waiting import MONTH_HOURS
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import worth_of

WARM_UP = 4  # periods that aren't counted, until what is there is what a rule has ordered
BELOW, POINTS_BELOW = 1e4, 20  # how far below the curve's lowest price, and in how many points
MONTHLY_RATE = HOLDING_RATE / 12.0
LEAST_CHANCE = 1e-13  # of more demand that a level is held for: the end of ladders


@dataclass(frozen=True)
class Course:
    """What each of G ways to set levels had on average of the periods counted, shape (G,).

    Attributes:
        value: Currency on the shelf at a period's end.
        down: Towers that stood still then: units that waited times the share of each.
    """

    value: FloatArray
    down: FloatArray


def play(forecasts: Forecasts, drawn: Draw, levels: FloatArray) -> Course:
    """Order up to *levels* at every origin, shape (T, G, S), and count what was left and waited.

    Stock begins at the first level. An order of an origin is there for the demand after as many
    periods as its delivery takes; what isn't there waits.
    """
    periods, ways, count = levels.shape
    net, due = levels[0].copy(), np.zeros((periods + int(drawn.lead.max()), ways, count))
    on_order = np.zeros((ways, count))
    value, down = np.zeros((periods, ways)), np.zeros((periods, ways))
    parts = np.arange(count)
    for now in forecasts.origins:
        net += due[now]
        on_order -= due[now]
        order = np.maximum(levels[now] - net - on_order, 0.0)
        due[now + drawn.lead, :, parts] += order.T
        on_order += order
        net -= forecasts.demand[:, now]
        value[now] = np.maximum(net, 0.0) @ drawn.unit_cost
        down[now] = np.maximum(-net, 0.0) @ drawn.share_down
    return Course(value[WARM_UP:].mean(axis=0), down[WARM_UP:].mean(axis=0))


class Weighed:
    """What stock was worth at every origin, by what was known then.

    Attributes:
        prices: Of a tower-hour: those that curves are drawn at, and lower ones, which a rule that
            achieves little is held against.
    """

    def __init__(self, forecasts: Forecasts, drawn: Draw) -> None:
        self._forecasts, self._drawn = forecasts, drawn
        self._hours = MONTH_HOURS * drawn.share_down
        self._tails = tails_by_origin(forecasts, drawn)
        drawn_at = tower_hour_prices(self._hours, drawn.unit_cost, HOLDING_RATE)
        lower = np.geomspace(drawn_at[0] / BELOW, drawn_at[0], POINTS_BELOW, endpoint=False)
        self.prices = np.concatenate([lower, drawn_at])

    def worth(self, now: int) -> Worth:
        """Return what stock was worth at an origin; what it looks up takes memory, once asked."""
        demand = self._forecasts.over(self._drawn, now)
        return worth_of(demand, self._hours, self._drawn.unit_cost, self._tails[now])

    def levels(self, prices: FloatArray) -> FloatArray:
        """Return the stock that is worth its cost at each of *prices*, shape (T, G, S)."""
        return np.stack([self._levels_at(now, prices) for now in self._forecasts.origins])

    def _levels_at(self, now: int, prices: FloatArray) -> FloatArray:
        """What `Worth.level_at` finds on its ladders, as quantiles, which cost a tenth of that."""
        demand = self._forecasts.over(self._drawn, now)
        sizes = size_classes(demand)
        least = MONTHLY_RATE * self._drawn.unit_cost / self._hours

        def level(price: float) -> FloatArray:
            chance = self._tails[now].asked_for(least / price, sizes)
            quantile = demand.quantile(np.clip(1.0 - chance, 0.0, 1.0 - LEAST_CHANCE))
            return np.where(chance < 1.0, quantile, 0.0)

        return np.stack([level(float(price)) for price in prices])


def tails_by_origin(forecasts: Forecasts, drawn: Draw) -> list[Tails]:
    """Learn at every origin from the windows of earlier ones that were over by then."""
    over: dict[int, list[TailTally]] = {}
    for now in forecasts.origins:
        demand, actual = forecasts.over(drawn, now), forecasts.came(now, drawn.protection)
        for periods in np.unique(drawn.protection):
            tally = tail_tally(demand, actual, drawn.protection == periods)
            over.setdefault(now + int(periods), []).append(tally)
    return [
        learn_tails(tally for end, tallies in over.items() if end <= now for tally in tallies)
        for now in forecasts.origins
    ]


def service_levels(forecasts: Forecasts, drawn: Draw, level: FloatArray) -> FloatArray:
    """Return the quantiles at each part's *level* at every origin, shape (T, S)."""
    return np.stack([forecasts.over(drawn, now).quantile(level) for now in forecasts.origins])


def textbook_levels(forecasts: Forecasts, drawn: Draw, level: FloatArray) -> FloatArray:
    """Return mean + z x sd of each part's own history at every origin, shape (T, S)."""
    periods, found = drawn.protection, []
    for now in forecasts.origins:
        own = moments(forecasts.known_demand(now))
        spread = stats.norm.ppf(level) * np.sqrt(own.variance * periods)
        found.append(np.ceil(own.mean * periods + spread))
    return np.stack(found)


def availability(down: float) -> str:
    """Say which share of the towers works."""
    return f"{100 * (1 - down / TOWERS):.3f} %"
