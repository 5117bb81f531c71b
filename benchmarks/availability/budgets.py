"""Goal A4: which order of buying avoids most where money ends before the list does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.availability.courses import MONTHLY_RATE, Weighed
from benchmarks.availability.drawn import HOLDING_RATE, Draw, draw
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import LONGEST, Forecasts
from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.dispersion import moments
from ml_jobs.stocking.availability.buying import ranked, steps_of
from ml_jobs.stocking.availability.curve import tower_hour_prices
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import levels_with

PARTS_OF_MONEY = (0.1, 0.25, 0.5, 1.0)
ORIGINS = 6
SPARE, HALVINGS = 1.2, 16  # times the money that steps are looked at for, and how near it is found
RECENT = 12  # periods whose consumption says what there is to spend each period
VALUE, CRITICAL, CHANCE, HOURS = "value at risk", "criticality", "chance", "hours at risk"
SORT_KEY, PER_REAL = "hours avoided / cost", "unit by unit"


@dataclass(frozen=True)
class Situation:
    """Stock at an origin, and what could be bought.

    Attributes:
        worth: Of S parts, by what is known at the origin.
        drawn: What is drawn of them.
        position: Stock and open orders, units, shape (S,).
        reorder_point: At or below which Farol proposes an order, shape (S,).
        order_up_to: What it fills up to, shape (S,).
    """

    worth: Worth
    drawn: Draw
    position: FloatArray
    reorder_point: FloatArray
    order_up_to: FloatArray

    @property
    def proposed(self) -> FloatArray:
        """Units that Farol proposes, shape (S,)."""
        due = (self.position <= self.reorder_point) & (self.order_up_to > self.position)
        return np.where(due, self.order_up_to - self.position, 0.0)

    def order_of(self, rule: str) -> IntArray:
        """Return the proposals in the order that *rule* buys them in."""
        rows = np.flatnonzero(self.proposed > 0)
        short = self.worth.expected_backorders(self.position)
        risk = self.drawn.unit_cost * short
        down = self.drawn.share_down
        after = self.worth.expected_backorders(self.position + self.proposed)
        cost = np.maximum(self.proposed * self.drawn.unit_cost, 1e-9)
        keys = {
            VALUE: (risk,),
            CRITICAL: (risk, down),
            CHANCE: (self.worth.chance_of_more(self.position),),
            HOURS: (down * short,),
            SORT_KEY: (down * (short - after) / cost,),
        }[rule]
        order: IntArray = rows[np.lexsort([-key[rows] for key in keys])]
        return order

    def bought(self, rule: str, money: float) -> FloatArray:
        """Return the units that *rule* buys for *money*; what doesn't fit is passed over, (S,)."""
        units = np.zeros(len(self.position))
        if rule == PER_REAL:
            least = self._asked_where_spent(SPARE * money)
            steps = ranked(steps_of(self.worth, levels_with(self.position), least_per_money=least))
            series, quantity, cost = steps.series, steps.quantity, steps.cost
        else:
            series = self.order_of(rule)
            quantity = self.proposed[series]
            cost = quantity * self.drawn.unit_cost[series]
        stopped = np.zeros(len(units), bool)
        cheapest = np.minimum.accumulate(cost[::-1])[::-1]
        for place in range(len(series)):
            if cheapest[place] > money:
                break
            part = series[place]
            if stopped[part] or cost[place] > money:
                stopped[part] = True  # a further unit of it comes only after this one
                continue
            money -= cost[place]
            units[part] += quantity[place]
        return units

    def _asked_where_spent(self, money: float) -> float:
        """Tower-hours for a unit of currency at which all that is worth it costs *money*."""
        prices = tower_hour_prices(self.worth.hours, self.worth.unit_cost, HOLDING_RATE)
        low, high = MONTHLY_RATE / prices[-1], MONTHLY_RATE / prices[0] * 1e4
        for _ in range(HALVINGS):
            middle = float(np.sqrt(low * high))
            # What is owed is bought where a unit that waits for sure is worth it.
            worth_it = self.worth.hours > self.worth.asked_at(middle)
            more = np.maximum(self.worth.level_at(middle) - self.position, 0.0) * worth_it
            low, high = (middle, high) if more @ self.drawn.unit_cost >= money else (low, middle)
        return float(low)


class Money:
    """One draw: what is known at every origin, and the stock it is found with."""

    def __init__(self, forecasts: Forecasts, seed: int) -> None:
        count = len(forecasts.demand)
        self.forecasts = forecasts
        self.drawn = draw(count, seed, prices=forecasts.prices)
        self.weighed = Weighed(forecasts, self.drawn)
        self.random = np.random.default_rng(seed)

    def situation(self, now: int, position: FloatArray | None = None) -> Situation:
        """Return the situation at an origin; by default stock is anywhere up to the level."""
        level = self.drawn.level
        up_to = self.forecasts.over(self.drawn, now).quantile(level)
        reorder = self.forecasts.ahead(now, self.drawn.lead).quantile(level)
        if position is None:
            position = np.rint(self.random.uniform(0, 1, len(level)) * up_to)
        return Situation(self.weighed.worth(now), self.drawn, position, reorder, up_to)

    def avoided(self, now: int) -> dict[tuple[str, float], float]:
        """Share of the weighted backorders that really came which each rule avoids."""
        found = {}
        at = self.situation(now)
        whole = float((at.proposed * self.drawn.unit_cost).sum())
        actual = self.forecasts.came(now, self.drawn.protection)

        def down(units: FloatArray) -> float:
            return float(self.drawn.share_down @ np.maximum(actual - at.position - units, 0.0))

        before = down(np.zeros(len(actual)))
        for part in PARTS_OF_MONEY:
            for rule in (VALUE, CRITICAL, CHANCE, HOURS, SORT_KEY, PER_REAL):
                found[rule, part] = 1.0 - down(at.bought(rule, part * whole)) / before
        return found

    def monthly(self, rule: str, share: float) -> float:
        """Return the weighted backorders with a budget each period, *share* of consumption."""
        recent = self.forecasts.known_demand(0)[:, -RECENT:]
        money = share * float(moments(recent).mean @ self.drawn.unit_cost)
        self.random = np.random.default_rng(int(1e6 * share))
        net = self.situation(0).position
        lead, parts = self.drawn.lead, np.arange(len(net))
        periods = len(self.forecasts.origins)
        due, on_order, down = np.zeros((periods + LONGEST, len(net))), np.zeros(len(net)), 0.0
        for now in self.forecasts.origins:
            net, on_order = net + due[now], on_order - due[now]
            units = self.situation(now, net + on_order).bought(rule, money)
            due[now + lead, parts] += units
            on_order = on_order + units
            net = net - self.forecasts.demand[:, now]
            down += float(self.drawn.share_down @ np.maximum(-net, 0.0))
        return down / periods


def budgets(forecasts: Forecasts, seeds: Sequence[int]) -> list[Finding]:
    """A4: once with a part of the money that all proposals cost, and with a budget each period."""
    latest = len(forecasts.origins) - LONGEST
    origins = np.linspace(LONGEST, latest, ORIGINS).astype(int)
    every = [Money(forecasts, seed) for seed in seeds]
    shares = [money.avoided(int(now)) for money in every for now in origins]
    name = forecasts.data.name
    findings = []
    for rule, asked in (
        *((VALUE, None), (CRITICAL, None), (CHANCE, None), (HOURS, None)),
        *((SORT_KEY, 0.5), (PER_REAL, 0.6)),
    ):
        mean = {part: np.mean([each[rule, part] for each in shares]) for part in PARTS_OF_MONEY}
        told = ", ".join(f"{100 * value:.0f}" for value in mean.values())
        met = None if asked is None else bool(mean[0.1] >= asked)
        findings.append(
            Finding(
                "A4",
                f"{name}, {len(seeds)} draws x {ORIGINS} origins, by {rule}: backorders avoided, "
                "%, for 10, 25, 50, 100 % of the money",
                "-" if asked is None else f"{100 * asked:.0f} at 10 %",
                told,
                met,
            )
        )
    for share in (1.0, 0.8, 0.5):
        down = {
            rule: np.mean([money.monthly(rule, share) for money in every])
            for rule in (PER_REAL, HOURS, CRITICAL, VALUE)
        }
        ratio = float(down[PER_REAL] / down[HOURS])
        told = " / ".join(f"{value:.1f}" for value in down.values())
        at_consumption = share == 1.0
        findings.append(
            Finding(
                "A4",
                f"{name}, a budget each period of {100 * share:.0f} % of what was consumed: towers "
                "down, unit by unit / hours at risk / criticality / value at risk",
                "<= .6 of hours at risk" if at_consumption else "-",
                f"{told}; {ratio:.2f}",
                ratio <= 0.6 if at_consumption else None,
            )
        )
    return findings
