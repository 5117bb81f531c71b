"""Rules to order by, each asked on every day of the past on which an order may be placed.

All know the same: the demand that was forecast at the last cutoff by then, what lies on the shelf
and what is on its way. One knows what came, too: it is the bound, not a rule that can be followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.money import chances_by, most_lots, order_through, step_for

MYOPIC: Final = "myopic_lost_sales"
SERVICE: Final = "lead_time_quantile"
TEXTBOOK: Final = "textbook"
NEWSVENDOR: Final = "newsvendor"
NOTHING: Final = "order_nothing"
FORESIGHT: Final = "perfect_foresight"

RULES: Final = (MYOPIC, SERVICE, TEXTBOOK, NEWSVENDOR, NOTHING, FORESIGHT)


@dataclass(frozen=True)
class Stakes:
    """What S series cost, whichever way it goes wrong, and how they are ordered; shape (S,) each.

    Attributes:
        holding: Currency for a unit on the shelf at the end of a period; above 0.
        lost: Currency for a unit that was asked for and wasn't there.
        lead: Periods until an order arrives, at least 1.
        lot: Units in a lot.
        least: Units of the smallest order.
        multiple: Units that an order is a multiple of.
        review: Periods from one order to the next.
    """

    holding: FloatArray
    lost: FloatArray
    lead: IntArray
    lot: FloatArray
    least: FloatArray
    multiple: FloatArray
    review: int

    @property
    def ratio(self) -> FloatArray:
        """The chance of meeting demand at which one more unit is worth as much as not, (S,)."""
        ratio: FloatArray = self.lost / (self.lost + self.holding * self.review)
        return ratio


@dataclass(frozen=True)
class Forecast:
    """What was forecast of S series at a cutoff.

    Attributes:
        lead: Demand until an order arrives.
        cycle: Demand until the one after it does.
        reorder_point, order_up_to: By the service level asked, units, shape (S,).
        textbook: The textbook's reorder point, units, shape (S,).
    """

    lead: NegativeBinomial
    cycle: NegativeBinomial
    reorder_point: FloatArray
    order_up_to: FloatArray
    textbook: FloatArray

    @property
    def turn(self) -> FloatArray:
        """Units expected from one order's arrival to the next one's, shape (S,)."""
        turn: FloatArray = np.maximum(self.cycle.drawn - self.lead.drawn, 0.0)
        return turn


def order_by(
    rule: str, forecast: Forecast, stakes: Stakes, stock: FloatArray, coming: FloatArray
) -> FloatArray:
    """Return the units to order now by *rule*, shape (S,).

    Args:
        rule: One of ``RULES`` but for the bound.
        forecast: Of the last cutoff.
        stakes: Of the same series.
        stock: On the shelf, after what arrives today, units, shape (S,).
        coming: Units that arrive before each of the following periods, shape (S, H).
    """
    if rule == MYOPIC:
        return _whole_orders(_myopic(forecast, stakes, stock, coming), stakes)
    position = stock + coming.sum(axis=1)
    point, level = _levels(forecast, stakes)[rule]
    wanted = np.where(position <= point, np.maximum(level - position, 0.0), 0.0)
    return _whole_orders(wanted, stakes)


def _levels(forecast: Forecast, stakes: Stakes) -> Mapping[str, tuple[FloatArray, FloatArray]]:
    """By rule, the stock and orders at which to order, and those to fill up to."""
    quantile = forecast.cycle.quantile(np.minimum(stakes.ratio, 1.0 - 1e-9))
    never = np.full(len(stakes.lead), -np.inf)
    return {
        SERVICE: (forecast.reorder_point, forecast.order_up_to),
        TEXTBOOK: (forecast.textbook, forecast.textbook + forecast.turn),
        NEWSVENDOR: (quantile, quantile),
        NOTHING: (never, never),
    }


def _whole_orders(wanted: FloatArray, stakes: Stakes) -> FloatArray:
    """At least the smallest order, in whole multiples; 0 stays 0."""
    asked = np.maximum(wanted, stakes.least)
    whole = np.ceil(asked / stakes.multiple - 1e-9) * stakes.multiple
    return np.where(wanted > 1e-9, whole, 0.0)


def _myopic(
    forecast: Forecast, stakes: Stakes, stock: FloatArray, coming: FloatArray
) -> FloatArray:
    """What Morton's rule orders of each series, units, shape (S,)."""
    ratio, turn, lead = stakes.ratio, forecast.turn, forecast.lead
    periods = lead.drawn / stakes.lead
    orders = np.zeros(len(stock))
    for n in range(len(stock)):
        lot = float(stakes.lot[n])
        mean, excess = float(turn[n]) / lot, float(forecast.cycle.excess[n])
        if mean <= 0.0:
            continue
        step = step_for(most_lots(float(forecast.cycle.drawn[n]) / lot, excess))
        served = chances_by(step, mean, excess)
        unit = lot * step
        steps = [
            (
                int(units / unit + 1e-9),
                chances_by(step, span * float(periods[n]) / lot, float(lead.excess[n])),
            )
            for units, span in _stretches(coming[n], int(stakes.lead[n]))
        ]
        # Beyond all demand that is told apart it makes no difference how much more there is.
        enough = sum(len(demand) for _, demand in steps) + len(served)
        held = min(int(stock[n] / unit + 1e-9), enough)
        orders[n] = order_through(held, steps, served, float(ratio[n])) * unit
    return orders


def _stretches(coming: FloatArray, lead: int) -> list[tuple[float, int]]:
    """Cut the periods until an order arrives where something comes: its units, and how long."""
    arrivals = [0, *(np.flatnonzero(coming[: lead - 1] > 0) + 1).tolist()]
    ends = [*arrivals[1:], lead]
    return [
        (float(coming[start - 1]) if start else 0.0, end - start)
        for start, end in zip(arrivals, ends, strict=True)
    ]
