"""What towers use: uses of each part by depot and week, drawn from a model of failures.

A part fails in proportion to the towers that a depot serves, with the seasons of its cause and
the course of its life; failures of one cause come together (storms, thefts, works), which a gamma
factor of each week does. Each use takes some units. Parts that are seldom used are kept by few
depots, which serve the others' towers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ml_jobs.arrays import FloatArray
from ml_jobs.data.torres.catalogue import Campaign, SyntheticPart
from ml_jobs.data.torres.depots import DEPOTS, factors
from ml_jobs.panel import Dates

WEEKS = 130
WEEKS_PER_YEAR = 52

# How evenly weeks of a cause come: shape of a gamma factor with mean 1; low ones come in bursts.
EVENNESS: Mapping[str, float] = {
    "wear": 10.0,
    "heat": 8.0,
    "rain": 2.0,
    "lightning": 1.5,
    "salt": 8.0,
    "theft": 0.7,
    "upkeep": 8.0,
    "works": 0.6,
}
# Rounds of upkeep begin with the quarter: factor in each of its 13 weeks, 1 on average.
UPKEEP = np.array([0.6, 1.6, 2.0, 2.0, 1.6, 1.2, 0.8, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5])
# Depots that keep a part, by its uses a year in the network (at least so many).
KEPT_BY = ((600.0, 6), (300.0, 4), (150.0, 3), (60.0, 2), (0.0, 1))


@dataclass(frozen=True)
class Usage:
    """What was used.

    Attributes:
        mondays: First day of each week, shape (W,).
        rate: Units expected a week, campaigns aside, shape (parts, depots, W); 0 where not kept.
        units: Units used, the same shape.
    """

    mondays: Dates
    rate: FloatArray
    units: FloatArray


def draw_usage(
    parts: Sequence[SyntheticPart],
    campaigns: Sequence[Campaign],
    through: np.datetime64,
    random: np.random.Generator,
) -> Usage:
    """Draw the demand of `WEEKS` weeks that end on the Sunday *through*."""
    mondays = through - 6 - 7 * np.arange(WEEKS - 1, -1, -1)
    rates, drawn = [], []
    for part in parts:
        uses = _uses(part, mondays, random)
        rates.append(uses * part.size)
        drawn.append(
            _units(part, random.poisson(uses * _gusts(part, random)).astype(np.float64), random)
        )
    asked = [_asked(campaign, parts, random) for campaign in campaigns]
    return Usage(mondays, np.stack(rates), np.stack(drawn) + sum(asked))


def _uses(part: SyntheticPart, mondays: Dates, random: np.random.Generator) -> FloatArray:
    """Return the uses expected, shape (depots, weeks)."""
    day_of_year = (mondays - mondays.astype("datetime64[Y]")).astype(np.float64)
    towers = np.array([depot.towers for depot in DEPOTS], np.float64) / 1000
    a_year = part.rate * towers[:, None] * factors(part.cause, day_of_year)
    a_year = _where_kept(a_year, random)
    course = _course(part.life, random)
    if part.cause == "upkeep":
        course = course * UPKEEP[(day_of_year // 7).astype(np.int64) % len(UPKEEP)]
    # Depots differ in more than climate.
    habits = random.gamma(8.0, 1 / 8.0, size=(len(DEPOTS), 1))
    return a_year / WEEKS_PER_YEAR * course * habits


def _where_kept(a_year: FloatArray, random: np.random.Generator) -> FloatArray:
    """Move the uses of depots that don't keep the part to those that do."""
    whole = a_year.mean(axis=1).sum()
    count = next(depots for least, depots in KEPT_BY if whole >= least)
    share = a_year.mean(axis=1) / max(whole, 1e-12)
    order = np.argsort(-share * random.uniform(0.7, 1.3, len(share)), kind="stable")
    kept = np.zeros_like(a_year)
    kept[order[:count]] = a_year[order[:count]]
    moved: FloatArray = kept * (whole / max(kept.mean(axis=1).sum(), 1e-12))
    return moved


def _course(life: str, random: np.random.Generator) -> FloatArray:
    """Return a part's course over the weeks, as a factor."""
    week = np.arange(WEEKS, dtype=np.float64)
    match life:
        case "fading":
            return 1.6 * np.exp(-week / WEEKS * random.uniform(1.0, 2.2))
        case "growing":
            middle = random.uniform(0.6, 0.95) * WEEKS
            return 0.3 + 1.7 / (1 + np.exp(-(week - middle) / 14))
        case "new":
            begin = WEEKS - random.integers(14, 60)
            return np.clip((week - begin) / 12, 0.0, 1.0) * (week >= begin)
        case "ended":
            return (week < random.integers(30, 60)).astype(np.float64)
        case "never":
            return np.zeros(WEEKS)
        case _:
            return np.ones(WEEKS)


def _gusts(part: SyntheticPart, random: np.random.Generator) -> FloatArray:
    shape = EVENNESS[part.cause]
    return random.gamma(shape, 1 / shape, size=(len(DEPOTS), WEEKS))


def _units(part: SyntheticPart, uses: FloatArray, random: np.random.Generator) -> FloatArray:
    """Return the units of *uses*: whole sets, pieces, or lengths and weights."""
    if part.size == part.sold_by or part.size == part.step == 1:
        return uses * max(part.size, 1.0)
    if part.unit in ("m", "kg", "L"):
        amount = random.gamma(2.0 * np.maximum(uses, 1e-9), part.size / 2)
    else:
        amount = uses + random.poisson(uses * (part.size - 1))
    counted: FloatArray = np.maximum(np.rint(amount / part.step), uses) * part.step
    return np.where(uses > 0, counted, 0.0)


def _asked(
    campaign: Campaign, parts: Sequence[SyntheticPart], random: np.random.Generator
) -> FloatArray:
    """Return the units that *campaign* asked for, shape (parts, depots, weeks)."""
    units = np.zeros((len(parts), len(DEPOTS), WEEKS))
    row = next(place for place, part in enumerate(parts) if part.name == campaign.name)
    places = [n for n, depot in enumerate(DEPOTS) if depot.location_id in campaign.depots]
    first = WEEKS - 1 - campaign.weeks_ago
    for begin in range(first, -1, -WEEKS_PER_YEAR) if campaign.every_year else [first]:
        span = slice(max(begin, 0), begin + campaign.weeks)
        weekly = campaign.units / campaign.weeks
        units[row, places, span] = weekly * random.uniform(
            0.85, 1.15, units[row, places, span].shape
        )
    whole: FloatArray = np.rint(units)
    return whole
