"""Goal A5b: what stood still beside what was promised, where a figure was shown as supported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from benchmarks.availability.courses import tails_by_origin
from benchmarks.availability.drawn import HOLDING_RATE, TOWERS, Draw, draw
from benchmarks.availability.findings import Finding
from benchmarks.availability.origins import LONGEST, Forecasts
from ml_jobs.arrays import FloatArray
from ml_jobs.fleet import Contract, Fleet
from ml_jobs.stocking.availability.availability_facts import agg_availability
from ml_jobs.stocking.availability.curve import (
    POINTS,
    Dependence,
    curve_sums,
    priced_stocks,
    read_sums,
    tower_hour_prices,
)
from ml_jobs.stocking.availability.waiting import MONTH_HOURS
from tests.unit.ml_jobs.stocking.availability.demands import worth_of

FLEET = Fleet((Contract("A", "A", TOWERS, 0.999),))
NEAR = (0.7, 1.3)
MOST = 1.5


def promises(forecasts: Forecasts, seeds: Sequence[int]) -> list[Finding]:
    """A5b: over the origins that had earlier ones to learn from, by point of the curve."""
    count, name = len(forecasts.demand), forecasts.data.name
    every = [_replayed(forecasts, draw(count, seed, prices=forecasts.prices)) for seed in seeds]
    # Draws and origins, points.
    promised, happened, shown = (np.concatenate([each[n] for each in every]) for n in range(3))
    over = _ratio(promised, happened, shown)
    whole = _ratio(promised, happened, np.ones_like(shown))
    points = np.isfinite(over)
    within = (over[points] >= NEAR[0]) & (over[points] <= NEAR[1])
    too_much = over[points] > MOST
    single = (happened / promised)[shown]
    near = name == "car parts"
    return [
        Finding(
            "A5b",
            f"{name}, {len(seeds)} draws: happened / promised over the {points.sum()} points shown "
            "as supported",
            "0.7 .. 1.3" if near else "-",
            f"{over[points].min():.2f} .. {over[points].max():.2f}, {100 * within.mean():.0f} % "
            "within" if points.any() else "none is shown",
            bool(within.all()) if near else None,
        ),
        Finding(
            "A5b",
            f"{name}: points shown as supported that had more than {MOST:g} times the promise",
            "0",
            f"{too_much.sum()} of {points.sum()} (of single origins {(single > MOST).sum()} of "
            f"{len(single)})",
            bool(not too_much.any()),
        ),
        Finding(
            "A5b",
            f"{name}: the same of the whole curve of {POINTS} points, were all of them shown",
            "-",
            f"{whole.min():.2f} .. {whole.max():.2f}; more than {MOST:g} times at "
            f"{100 * (whole > MOST).mean():.0f} %",
        ),
    ]  # fmt: skip


def _ratio(promised: FloatArray, happened: FloatArray, shown: FloatArray) -> FloatArray:
    """Happened over promised by point, where it was shown; NaN where it never was."""
    with np.errstate(invalid="ignore"):
        ratio: FloatArray = (happened * shown).sum(axis=0) / (promised * shown).sum(axis=0)
    return ratio


def _replayed(forecasts: Forecasts, drawn: Draw) -> tuple[FloatArray, FloatArray, FloatArray]:
    """What was promised, what happened and what was shown, shape (origins, points) each."""
    tails = tails_by_origin(forecasts, drawn)
    hours = MONTH_HOURS * drawn.share_down
    dependence = Dependence(("A",), drawn.share_down[None], np.ones(1))
    prices = tower_hour_prices(hours, drawn.unit_cost, HOLDING_RATE)
    tables = []
    for now in range(len(forecasts.origins) - LONGEST + 1):
        worth = worth_of(forecasts.over(drawn, now), hours, drawn.unit_cost, tails[now])
        stocks = priced_stocks(worth, prices, HOLDING_RATE)
        actual = forecasts.came(now, drawn.protection)
        tables.append(curve_sums(now, worth, dependence, stocks, actual=actual))
    promised, happened, shown = [], [], []
    for now in range(2 * LONGEST, len(tables)):
        # Windows of the past that were over by then, and the promise that would be made.
        sums = pa.concat_tables([*tables[: now - LONGEST + 1], tables[now]])
        curve = agg_availability(sums, FLEET, prices, future=now, source="gbm")
        own = tables[now].sort_by("point")
        promised.append(read_sums(own, "down"))
        happened.append(read_sums(own, "happened"))
        shown.append(np.array(curve.sort_by("point").column("supported").to_pylist(), bool))
    return np.stack(promised), np.stack(happened), np.stack(shown)
