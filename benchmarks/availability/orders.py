"""Goal A10: orders in money, by the rules of the VN2 competition, on real demand.

What is left at a period's end costs 0.2 a unit, a lost sale 1; what is ordered after period X is
there for period X + 3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from benchmarks.availability.courses import WARM_UP
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import Forecasts
from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.dispersion import moments
from ml_jobs.stocking.availability.money import MoneyPolicy, chances_of_demand, order_of

POLICY = MoneyPolicy(holding=0.2, lost=1.0)
AHEAD = 3  # periods that an order has to last to
RESAMPLES = 2000
TEXTBOOK, NEWSVENDOR, RECENT, MYOPIC, NOTHING = (
    "textbook z(.833)",
    "quantile at .833 of 3 periods",
    "4 x the recent mean",
    "myopic, lost sales",
    "order nothing",
)
ASKED = {"car parts": 0.65, "Online Retail": 0.80}
MOST_OF_TEXTBOOK, MOST_OF_RECENT = 0.87, 0.93

Decide = Callable[[int, FloatArray, FloatArray], FloatArray]
"""Units to order at an origin, from what is on the shelf, (S,), and what comes, (S, AHEAD - 1)."""


def orders(forecasts: Forecasts, seed: int) -> list[Finding]:
    """A10: cost of each rule over that of the textbook, from two stocks that all begin with."""
    starts = {
        "the textbook's level": _textbook(forecasts, 0),
        "3 recent means": np.rint(AHEAD * _recent(forecasts, 0)),
    }
    return [
        found
        for name, shelf in starts.items()
        for found in _compared(forecasts, f"stock begins at {name}", shelf, seed)
    ]


def _compared(forecasts: Forecasts, start: str, shelf: FloatArray, seed: int) -> list[Finding]:
    costs = {name: _played(forecasts, rule, shelf) for name, rule in _rules(forecasts).items()}
    random, count = np.random.default_rng(seed), len(forecasts.demand)
    weights = random.multinomial(count, np.full(count, 1 / count), RESAMPLES)
    periods = len(forecasts.origins) - WARM_UP
    what = f"{forecasts.data.name}, {count:,} parts, {periods} periods, {start}"
    findings = []
    for name in (NEWSVENDOR, RECENT, NOTHING, MYOPIC):
        ratio = costs[name].sum() / costs[TEXTBOOK].sum()
        drawn = (weights @ costs[name]) / (weights @ costs[TEXTBOOK])
        low, high = np.quantile(drawn, (0.025, 0.975))
        asked, met = "-", None
        if name == MYOPIC:
            most = ASKED.get(forecasts.data.name, max(ASKED.values()))
            asked = f"<= {most:.2f}, upper bound < {MOST_OF_TEXTBOOK}"
            met = bool(ratio <= most and high < MOST_OF_TEXTBOOK)
        findings.append(
            Finding(
                "A10",
                f"{what}: cost of {name} over {TEXTBOOK}",
                asked,
                f"{ratio:.3f} ({low:.3f} .. {high:.3f})",
                met,
            )
        )
    over = float(costs[MYOPIC].sum() / costs[RECENT].sum())
    what = f"{what}: cost of {MYOPIC} over {RECENT}"
    return [
        *findings,
        Finding("A10", what, f"<= {MOST_OF_RECENT}", f"{over:.3f}", over <= MOST_OF_RECENT),
    ]


def _rules(forecasts: Forecasts) -> dict[str, Decide]:
    count = len(forecasts.demand)

    def up_to(level: FloatArray, shelf: FloatArray, coming: FloatArray) -> FloatArray:
        return np.maximum(level - shelf - coming.sum(axis=1), 0.0)

    def newsvendor(now: int, shelf: FloatArray, coming: FloatArray) -> FloatArray:
        ahead = forecasts.ahead(now, np.full(count, AHEAD))
        level = ahead.quantile(np.full(count, POLICY.critical_ratio))
        return up_to(level, shelf, coming)

    def recent(now: int, shelf: FloatArray, coming: FloatArray) -> FloatArray:
        return up_to(np.rint(4.0 * _recent(forecasts, now)), shelf, coming)

    def textbook(now: int, shelf: FloatArray, coming: FloatArray) -> FloatArray:
        return up_to(_textbook(forecasts, now), shelf, coming)

    def myopic(now: int, shelf: FloatArray, coming: FloatArray) -> FloatArray:
        ahead = forecasts.ahead(now, np.full(count, AHEAD))
        rows = zip(shelf, coming, ahead.drawn / AHEAD, ahead.excess, strict=True)
        return np.array([_myopic(*row) for row in rows])

    return {
        TEXTBOOK: textbook,
        NEWSVENDOR: newsvendor,
        RECENT: recent,
        MYOPIC: myopic,
        NOTHING: lambda *_: np.zeros(count),
    }


def _myopic(shelf: float, coming: FloatArray, mean: float, excess: float) -> float:
    arriving: IntArray = coming.astype(np.int64)
    demand = chances_of_demand(float(mean), float(excess))
    return float(order_of(int(shelf), arriving, demand, POLICY))


def _textbook(forecasts: Forecasts, now: int) -> FloatArray:
    own = moments(forecasts.known_demand(now))
    spread = stats.norm.ppf(POLICY.critical_ratio) * np.sqrt(AHEAD * own.variance)
    level: FloatArray = np.ceil(own.mean * AHEAD + spread)
    return level


def _recent(forecasts: Forecasts, now: int) -> FloatArray:
    """The mean demand of the latest periods before an origin, shape (S,); 0 without any."""
    return moments(forecasts.known_demand(now)[:, -forecasts.data.memory :]).mean


def _played(forecasts: Forecasts, decide: Decide, shelf: FloatArray) -> FloatArray:
    """Cost of each part over the periods counted, shape (S,); it begins with *shelf*, (S,)."""
    coming = np.zeros((len(shelf), AHEAD - 1))
    cost = np.zeros(len(shelf))
    for now in forecasts.origins:
        ordered = decide(now, shelf, coming)
        available = shelf + coming[:, 0]
        asked = forecasts.demand[:, now]
        shelf = np.maximum(available - asked, 0.0)
        coming = np.concatenate([coming[:, 1:], ordered[:, None]], axis=1)
        if now >= WARM_UP:
            lost = np.maximum(asked - available, 0.0)
            cost += POLICY.holding * shelf + POLICY.lost * lost
    return cost
