"""What each rule to order by would have cost in the past: stock that was left, and units lost.

Every rule begins with the same stock at the first cutoff, the demand then expected over delivery
and review, and orders once a review. Orders arrive after the lead time, before the demand of their
period; what can't be met is lost. Costs count from the day on which the first order arrives, as
until then no rule has a say, and for as many whole reviews as are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import BoolArray, FloatArray, IntArray
from ml_jobs.stocking.availability.money_rules import (
    FORESIGHT,
    Forecast,
    Stakes,
    order_by,
)


@dataclass(frozen=True)
class Past:
    """Demand of S series after the first cutoff, and what was forecast of it.

    Attributes:
        demand: Units of each period, shape (S, N).
        start: Units on the shelf at the first cutoff, whatever the rule, shape (S,).
        forecasts: By periods since the first cutoff, the earliest, at 0, first.
    """

    demand: FloatArray
    start: FloatArray
    forecasts: Mapping[int, Forecast]

    def forecast_by(self, period: int) -> Forecast:
        """Return the last forecast that was made by the beginning of *period*."""
        return self.forecasts[max(made for made in self.forecasts if made <= period)]


@dataclass(frozen=True)
class Played:
    """What a rule did and what it cost.

    Attributes:
        orders: Units ordered at each review, shape (S, M).
        holding: Currency for what was left on the shelf, shape (S,).
        lost: Currency for what was asked for and wasn't there, shape (S,).
        asked: Units asked for, shape (S,).
    """

    orders: FloatArray
    holding: FloatArray
    lost: FloatArray
    asked: FloatArray


def windows_of(past: Past, stakes: Stakes) -> IntArray:
    """Return the reviews of each series whose demand is over, shape (S,); may be 0."""
    whole: IntArray = np.maximum((past.demand.shape[1] - stakes.lead) // stakes.review, 0)
    return whole


def play(rule: str, past: Past, stakes: Stakes) -> Played:
    """Return what following *rule* would have cost."""
    count, periods = past.demand.shape
    coming = np.zeros((count, periods + int(stakes.lead.max(initial=0)) + 1))
    stock, orders = past.start.copy(), []
    holding, lost, asked = (np.zeros(count) for _ in range(3))
    everyone, last = np.arange(count), stakes.lead + stakes.review * windows_of(past, stakes)
    for period in range(periods):
        stock = stock + coming[:, period]
        counted = (period >= stakes.lead) & (period < last)
        if rule == FORESIGHT:
            stock = np.maximum(stock, _foreseen(past.demand, period, stakes))
        elif period % stakes.review == 0:
            forecast = past.forecast_by(period)
            ordered = order_by(rule, forecast, stakes, stock, coming[:, period + 1 :])
            coming[everyone, period + stakes.lead] += ordered
            orders.append(ordered)
        wanted = past.demand[:, period]
        lacking = np.maximum(wanted - stock, 0.0)
        stock = np.maximum(stock - wanted, 0.0)
        holding += np.where(counted, stock, 0.0)
        lost += np.where(counted, lacking, 0.0)
        asked += np.where(counted, wanted, 0.0)
    kept = np.stack(orders, axis=1) if orders else np.zeros((count, 0))
    return Played(kept, holding * stakes.holding, lost * stakes.lost, asked)


def _foreseen(demand: FloatArray, period: int, stakes: Stakes) -> FloatArray:
    """Units worth having where an order arrives before *period*, all being known; 0 elsewhere.

    A unit that waits j periods for its demand costs j times its holding, less than a lost one
    or not at all worth it. Nothing is carried over to the next order, which is as good for it.
    """
    arrives: BoolArray = (period >= stakes.lead) & ((period - stakes.lead) % stakes.review == 0)
    ahead = demand[:, period : period + stakes.review]
    waits = np.arange(ahead.shape[1])
    worth = waits * stakes.holding[:, None] <= stakes.lost[:, None]
    return np.where(arrives, np.where(worth, ahead, 0.0).sum(axis=1), 0.0)
