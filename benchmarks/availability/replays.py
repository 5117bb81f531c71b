"""Goals A3 and A5a: stock value at equal achieved availability, and prices of a tower-hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.availability.courses import (
    MONTHLY_RATE,
    Course,
    Weighed,
    play,
    service_levels,
    textbook_levels,
)
from benchmarks.availability.drawn import Draw, draw
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import Forecasts
from ml_jobs.arrays import FloatArray
from ml_jobs.stocking.availability.waiting import MONTH_HOURS

EVERYWHERE, STRICT, DEFAULT, TEXTBOOK = "95 %", "98 %", "98/95/90 %", "textbook 95 %"
NOTHING = 1e-9  # what stands for none where logarithms are taken
TOWER_HOURS = (2.0, 10.0, 50.0, 200.0)
SPREADS = (  # of ln cost, shares of failures that take a tower down
    (1.5, (0.5, 0.1, 0.01)),
    (1.0, (0.5, 0.1, 0.01)),
    (0.5, (0.5, 0.1, 0.01)),
    (0.0, (0.5, 0.1, 0.01)),
    (1.5, (0.1, 0.1, 0.1)),
    (1.0, (0.3, 0.2, 0.1)),
    (0.5, (0.3, 0.2, 0.1)),
    (0.0, (0.1, 0.1, 0.1)),
)


@dataclass(frozen=True)
class Replayed:
    """One draw: the curve, with the stated prices of a tower-hour after it, and the rules."""

    drawn: Draw
    prices: FloatArray
    curve: Course
    rules: dict[str, Course]

    def saving(self, rule: str) -> float:
        """Share of the rule's stock value that isn't needed for what it achieved."""
        order = np.argsort(self.curve.down)
        value = np.log(np.maximum(self.curve.value[order], NOTHING))
        down = np.log(np.maximum(self.curve.down[order], NOTHING))
        rules = self.rules[rule]
        at = np.log(max(rules.down[0], NOTHING))
        if not down[0] <= at <= down[-1]:
            return float("nan")
        return float(1.0 - np.exp(np.interp(at, down, value)) / rules.value[0])


def replay(forecasts: Forecasts, drawn: Draw) -> Replayed:
    """Play the curve and the rules that it is held against."""
    weighed, alike = Weighed(forecasts, drawn), np.ones(len(drawn.level))
    prices = np.append(weighed.prices, TOWER_HOURS)
    rules = {
        EVERYWHERE: service_levels(forecasts, drawn, 0.95 * alike),
        STRICT: service_levels(forecasts, drawn, 0.98 * alike),
        DEFAULT: service_levels(forecasts, drawn, drawn.level),
        TEXTBOOK: textbook_levels(forecasts, drawn, 0.95 * alike),
    }
    return Replayed(
        drawn,
        prices,
        play(forecasts, drawn, weighed.levels(prices)),
        {name: play(forecasts, drawn, each[:, None]) for name, each in rules.items()},
    )


def savings(forecasts: Forecasts, seeds: Sequence[int]) -> tuple[list[Finding], list[Replayed]]:
    """A3: what stock value is saved at the availability that each rule achieved."""
    count, name = len(forecasts.demand), forecasts.data.name
    replayed = [replay(forecasts, draw(count, seed, prices=forecasts.prices)) for seed in seeds]
    findings = []
    for rule, asked in ((DEFAULT, 0.30), (EVERYWHERE, 0.50), (STRICT, None), (TEXTBOOK, None)):
        found = np.array([each.saving(rule) for each in replayed])
        told = f"{100 * found.mean():.1f} % ({100 * found.min():.0f} .. {100 * found.max():.0f})"
        what = f"{name}, {len(seeds)} draws: stock value saved against {rule}"
        met = None if asked is None else bool(found.mean() >= asked)
        goal = "-" if asked is None else f"{100 * asked:.0f} %"
        findings.append(Finding("A3", what, goal, told, met))
    return findings, replayed


def spreads(forecasts: Forecasts, seed: int) -> list[Finding]:
    """A3: what is saved where costs and criticality differ less than drawn."""
    count, name = len(forecasts.demand), forecasts.data.name
    findings = []
    for cost_spread, shares in SPREADS:
        prices = forecasts.prices if cost_spread else np.ones(count)
        drawn = draw(count, seed, prices=prices, cost_spread=cost_spread, shares_down=shares)
        if forecasts.prices is not None and cost_spread not in (0.0, 1.5):
            continue  # prices are real: there is nothing between them and equal ones
        done = replay(forecasts, drawn)
        wide = drawn.spread >= 1.1
        saved = done.saving(EVERYWHERE)
        costs = "equal costs" if not cost_spread else f"costs spread {cost_spread:g}"
        if cost_spread and forecasts.prices is not None:
            costs = "real prices"
        down = " / ".join(f"{share:g}" for share in shares)
        findings.append(
            Finding(
                "A3",
                f"{name}, {costs}, shares down {down}: sd ln(cost / criticality) "
                f"{drawn.spread:.2f}; saved against 95 % (and 98/95/90)",
                "15 %" if wide else "-",
                f"{100 * saved:.1f} % ({100 * done.saving(DEFAULT):.1f} %)",
                bool(saved >= 0.15) if wide else None,
            )
        )
    return findings


def tower_hours(name: str, replayed: Sequence[Replayed]) -> list[Finding]:
    """A5a: stock by a stated price of a tower-hour, against the best price known afterwards."""
    findings = []
    for number, price in enumerate(TOWER_HOURS):
        over, less = [], []
        for each in replayed:
            of_curve = _cost(each.curve, price)
            own = of_curve[len(of_curve) - len(TOWER_HOURS) + number]
            over.append(own / of_curve.min() - 1.0)
            less.append(1.0 - own / _cost(each.rules[DEFAULT], price)[0])
        worst, least = max(over), min(less)
        findings.append(
            Finding(
                "A5a",
                f"{name}, {len(replayed)} draws, {price:g} a tower-hour: cost above the best "
                "price in hindsight; below 98/95/90",
                "<= 5 %; >= 20 %",
                f"{100 * np.mean(over):.1f} % (worst {100 * worst:.1f}); "
                f"{100 * np.mean(less):.0f} % (least {100 * least:.0f})",
                bool(np.mean(over) <= 0.05 and np.mean(less) >= 0.2),
            )
        )
    return findings


def _cost(course: Course, price: float) -> FloatArray:
    """Currency a month: of stock, and of towers that stand still."""
    cost: FloatArray = course.value * MONTHLY_RATE + course.down * MONTH_HOURS * price
    return cost
