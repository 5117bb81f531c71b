"""Demand as the LSTM reads it: scaled by what was known after each period, and nothing later.

Every value at period t is made from periods up to t, so a window out of the middle of a history
looks exactly like the window that ends at a cutoff.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from ml_jobs.arrays import BoolArray, FloatArray, running_sums
from ml_jobs.dispersion import lots
from ml_jobs.panel import Frequency, Panel

Floats = npt.NDArray[np.float32]

LARGEST_COUNT = 1000.0  # typical demand in counting units; more would strain single precision
PSEUDO_DEMANDS = 4.0  # demands after which a series' own dispersion counts half
FADE = 0.05  # fraction of the whole history's mean that a level never falls below
TINY = 1e-3  # counting units per period: the level of a series that never sold
SEASONS_SMOOTHED = 12  # span, in seasons, of the smoothed demand of a place in the season


@dataclass(frozen=True)
class Reading:
    """How far the network looks back and what it is shown, in periods.

    Attributes:
        context: Periods in a window.
        origins: Periods of a training window from which it forecasts.
        stride: Periods between those; odd to the season, so that its places take turns.
        level_span: Span of the smoothing that gives a series' scale.
        spans: Spans of the smoothed demand shown besides; the second also of its occurrence.
        season: Periods of the short season; 1 for none.
        year: Periods after which a year repeats, a multiple of the season.
        year_reach: Periods on either side that the demand of a year ago is averaged over.
    """

    context: int
    origins: int
    stride: int
    level_span: int
    spans: tuple[int, ...]
    season: int
    year: int
    year_reach: int

    @property
    def first_origin(self) -> int:
        """Place of the first origin in a training window, from 0."""
        return self.context - 1 - self.stride * (self.origins - 1)


READINGS = {
    Frequency.DAILY: Reading(42, 4, 9, 84, (4, 14, 42, 182), 7, 364, 3),
    Frequency.WEEKLY: Reading(26, 4, 5, 52, (3, 8, 52), 1, 52, 1),
    Frequency.MONTHLY: Reading(20, 6, 2, 48, (2, 5, 24), 1, 12, 0),
}


@dataclass(frozen=True)
class ScaledSeries:
    """S series as the network reads them, after each of T known periods.

    Attributes:
        reading: How they were read.
        counts: Demand in counting units, 0 before the start, shape (S, T).
        unit: Units of demand in a counting unit, shape (S,).
        observed: Whether the series had begun, shape (S, T).
        level: Scale of the series, counting units per period, > 0, shape (S, T).
        excess: Variance over mean, less 1, in counting units, > 0, shape (S, T).
        past: What else is known, shape (S, T, F).
        seasonal: Smoothed demand of the period's place in the short season, shape (S, T).
        yearly: Demand about the period, shape (S, T).
        calendar: Of the T periods known and those to forecast, shape (T + H, K).
    """

    reading: Reading
    counts: Floats
    unit: FloatArray
    observed: BoolArray
    level: Floats
    excess: Floats
    past: Floats
    seasonal: Floats
    yearly: Floats
    calendar: Floats

    @property
    def periods(self) -> int:
        """Periods known, T."""
        return len(self.counts.T)


def scaled_series(panel: Panel, ahead: int) -> ScaledSeries:
    """Return the series of *panel* as the network reads them.

    Args:
        panel: What is known.
        ahead: Periods after the last one whose calendar and drivers are wanted.

    Raises:
        KeyError: The panel's drivers don't reach as far as *ahead*.
    """
    reading = READINGS[panel.frequency]
    observed = np.arange(panel.demand.shape[1]) >= panel.starts[:, None]
    unit = _units(panel.demand)
    counts = np.nan_to_num(panel.demand) / unit[:, None]
    level, excess = _level(counts, observed, reading), _excess(counts)
    return ScaledSeries(
        reading=reading,
        counts=counts.astype(np.float32),
        unit=unit,
        observed=observed,
        level=level.astype(np.float32),
        excess=excess.astype(np.float32),
        past=_past(counts, observed, level, excess, reading),
        seasonal=_seasonal(counts, observed, reading.season).astype(np.float32),
        yearly=_yearly(counts, reading.year_reach).astype(np.float32),
        calendar=_calendar(panel, ahead).astype(np.float32),
    )


def _units(demand: FloatArray) -> FloatArray:
    """Lots, or more where a demand is counted in many thousands of them."""
    filled = np.nan_to_num(demand)
    sizes = filled.sum(axis=1) / np.maximum((filled > 0).sum(axis=1), 1)
    units: FloatArray = np.maximum(lots(demand), sizes / LARGEST_COUNT)
    return units


def _smooth(values: FloatArray, weights: FloatArray, span: int) -> FloatArray:
    """Exponentially weighted mean so far, 0 before any weight, shape (S, T)."""
    recursion = ([1.0], [1.0, 2.0 / (span + 1.0) - 1.0])
    total = lfilter(*recursion, values * weights, axis=1)
    weight = lfilter(*recursion, weights, axis=1)
    answer: FloatArray = total / np.maximum(weight, 1e-9)
    return answer


def _level(counts: FloatArray, observed: BoolArray, reading: Reading) -> FloatArray:
    seen = observed.astype(np.float64)
    mean = np.cumsum(counts, axis=1) / np.maximum(np.cumsum(seen, axis=1), 1.0)
    return _smooth(counts, seen, reading.level_span) + FADE * mean + TINY


def _excess(counts: FloatArray) -> FloatArray:
    """Second moment over first, less 1: the dispersion of a compound Poisson process.

    Until a few demands were seen it is drawn towards sizes that vary by half.
    """
    demands = np.cumsum(counts > 0, axis=1)
    total, squares = np.cumsum(counts, axis=1), np.cumsum(counts**2, axis=1)
    size = np.maximum(total / np.maximum(demands, 1), 1.0)
    weight = demands / (demands + PSEUDO_DEMANDS)
    ratio = weight * squares / np.maximum(total, 1e-9) + (1.0 - weight) * 1.5 * size
    return np.maximum(ratio - 1.0, 0.0) + 0.3


def _past(
    counts: FloatArray,
    observed: BoolArray,
    level: FloatArray,
    excess: FloatArray,
    reading: Reading,
) -> Floats:
    """Inputs of order one, 0 before the start, shape (S, T, F)."""
    sold, seen = (counts > 0).astype(np.float64), observed.astype(np.float64)
    age, demands = np.cumsum(seen, axis=1), np.cumsum(sold, axis=1)
    total = np.cumsum(counts, axis=1)
    columns = [
        np.log1p(counts / level),
        sold,
        np.log1p(_since_last(sold)) / 3.0,
        seen,
        np.log(level) / 3.0,
        np.log1p(total / np.maximum(demands, 1.0)) / 3.0,
        np.log1p(excess) / 3.0,
        demands / np.maximum(age, 1.0),
        np.log1p(age) / 5.0 - 1.0,
        np.log((total / np.maximum(age, 1.0) + TINY) / level),
        _smooth(sold, seen, reading.spans[1]),
    ]
    columns += [np.log(_smooth(counts, seen, span) / level + 0.02) / 2.0 for span in reading.spans]
    return np.stack([(column * seen).astype(np.float32) for column in columns], axis=2)


def _since_last(sold: FloatArray) -> FloatArray:
    """Periods since the last demand, 0 in a period with demand; else from the panel's start."""
    place = np.arange(sold.shape[1])
    last = np.maximum.accumulate(np.where(sold > 0, place, -1), axis=1)
    return (place - last).astype(np.float64)


def _seasonal(counts: FloatArray, observed: BoolArray, season: int) -> FloatArray:
    """Smoothed demand of every period's place in the season, that period included."""
    answer = np.zeros_like(counts)
    for place in range(season if season > 1 else 0):
        seen = observed[:, place::season].astype(np.float64)
        answer[:, place::season] = _smooth(counts[:, place::season], seen, SEASONS_SMOOTHED)
    return answer


def _yearly(counts: FloatArray, reach: int) -> FloatArray:
    """Mean of each period and its neighbours, at the ends of those there are.

    It looks *reach* periods ahead, which is no leak where a year-old value is read.
    """
    sums = running_sums(counts)
    place = np.arange(counts.shape[1])
    last = np.minimum(place + reach + 1, counts.shape[1])
    first = np.maximum(place - reach, 0)
    answer: FloatArray = (sums[:, last] - sums[:, first]) / (last - first)
    return answer


def _calendar(panel: Panel, ahead: int) -> FloatArray:
    """Where each period lies in week and year, and the drivers of it, shape (T + ahead, K).

    The place in the year comes with two years of history: before, it is but a trend.
    """
    frequency, known = panel.frequency, len(panel.dates)
    dates = np.concatenate([panel.dates, frequency.following(panel.dates[-1], ahead)])
    columns = [np.ones(len(dates))]
    if frequency is Frequency.DAILY:
        columns += _waves((dates.astype(np.int64) + 3) % 7 / 7.0)
    if known >= 2 * frequency.steps_per_year:
        year = dates.astype("datetime64[Y]").astype("datetime64[D]")
        columns += _waves((dates - year).astype(np.int64) / 365.25)
    if panel.drivers is not None:
        columns += list(_standardise(panel.drivers.on(dates), known).T)
    return np.stack(columns, axis=1)


def _waves(turns: FloatArray) -> list[FloatArray]:
    angles = [2.0 * np.pi * harmonic * turns for harmonic in (1, 2, 3)]
    return [wave(angle) for angle in angles for wave in (np.sin, np.cos)]


def _standardise(values: FloatArray, known: int) -> FloatArray:
    """Drivers less their mean, over their deviation, both of the periods known."""
    centre, scale = values[:known].mean(axis=0), values[:known].std(axis=0)
    answer: FloatArray = np.clip((values - centre) / np.where(scale > 0, scale, 1.0), -5.0, 5.0)
    return answer
