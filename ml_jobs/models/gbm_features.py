"""What a tree may know of a series as of a cutoff, and of the period or periods it forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml_jobs.arrays import FloatArray, IntArray, divide, running_sums
from ml_jobs.dispersion import lots
from ml_jobs.panel import Dates, Frequency, Panel

Features = npt.NDArray[np.float32]

WINDOWS = {
    "D": (7, 14, 28, 56, 91, 182, 365),
    "W": (2, 4, 8, 13, 26, 52, 104),
    "MS": (1, 2, 3, 6, 12, 24),
}
SIZE_WINDOWS = {"D": (28, 91, 365), "W": (13, 52), "MS": (6, 12, 24)}
LEVEL_WINDOW = {"D": 91, "W": 26, "MS": 12}
LEVEL_PRIOR = 0.125  # weight of the whole history in the level, in windows
YEAR_AGO_REACH = {"D": (3, 14), "W": (1, 3), "MS": (0, 1)}  # periods either side
WEEKDAY_WEEKS = (4, 8, 26)


@dataclass(frozen=True)
class History:
    """What is known of S series as of a cutoff.

    Attributes:
        level: Demand that the series is measured by, units per period, > 0, shape (S,).
        lot: Units in a lot, shape (S,).
        features: Of the series alone, free of units, shape (S, K).
        sums: Demand before each period, units, shape (S, T + 1).
        weekdays: Mean demand of each weekday over the level, shape (S, 7, W); W is 0 unless
            periods are days.
        known: The T periods until the cutoff.
        seasonal: Whether the features tell the time of the year.
    """

    level: FloatArray
    lot: FloatArray
    features: Features
    sums: FloatArray
    weekdays: Features
    known: Panel
    seasonal: bool

    def following(self, periods: IntArray) -> Dates:
        """Return the first days of as many periods after the cutoff as the most of *periods*."""
        most = int(periods.max(initial=1))
        return self.known.frequency.following(self.known.dates[-1], most)


def history_of(known: Panel, *, seasonal: bool, lot: FloatArray | None = None) -> History:
    """Return what *known* tells of its series up to the cutoff.

    *lot* are the units in a lot, shape (S,); None to see it in the history.
    """
    units = lots(known.demand) if lot is None else lot
    past = _RunningSums.of(known)
    frequency = known.frequency.value
    level = past.level(LEVEL_WINDOW[frequency], units)
    features = [
        _shares(past, level, WINDOWS[frequency]),
        _sizes(past, level, SIZE_WINDOWS[frequency]),
        _whole(past, level, LEVEL_WINDOW[frequency]),
    ]
    return History(
        level=level,
        lot=units,
        features=np.concatenate(features, axis=1),
        sums=past.sums,
        weekdays=_weekday_means(past, level, known),
        known=known,
        seasonal=seasonal,
    )


@dataclass(frozen=True)
class _RunningSums:
    """Demand of S series, and what was cumulated before each of T periods, shape (S, T + 1)."""

    demand: FloatArray
    starts: IntArray
    sums: FloatArray
    counts: FloatArray
    squares: FloatArray

    @classmethod
    def of(cls, known: Panel) -> _RunningSums:
        demand = np.nan_to_num(known.demand)
        sums = (running_sums(values) for values in (demand, demand > 0, demand**2))
        return cls(demand, np.minimum(known.starts, len(known.dates)), *sums)

    @property
    def end(self) -> int:
        return int(self.sums.shape[1]) - 1

    @property
    def age(self) -> FloatArray:
        return (self.end - self.starts).astype(np.float64)

    def over(self, cumulated: FloatArray, window: int) -> FloatArray:
        """Return what the last *window* periods add up to, shape (S,)."""
        begin = np.maximum(self.end - window, self.starts)
        return cumulated[:, -1] - cumulated[np.arange(len(begin)), begin]

    def level(self, window: int, lot: FloatArray) -> FloatArray:
        """Mean of the last *window* periods, drawn a little towards the whole history's."""
        whole = (self.sums[:, -1] + 0.5 * lot) / (self.age + 1.0)
        prior = window * LEVEL_PRIOR
        total = self.over(self.sums, window) + prior * whole
        return total / (np.minimum(self.age, window) + prior)


def _shares(past: _RunningSums, level: FloatArray, windows: Sequence[int]) -> Features:
    """Mean over the level, and share of periods with demand, of each window."""
    columns = []
    for window in windows:
        observed = np.minimum(past.age, window)
        columns.append(divide(past.over(past.sums, window), observed * level))
        columns.append(divide(past.over(past.counts, window), observed))
    return _features(columns)


def _sizes(past: _RunningSums, level: FloatArray, windows: Sequence[int]) -> Features:
    """Mean size, its coefficient of variation, and the largest demand of each window."""
    columns = []
    for window in windows:
        demands = past.over(past.counts, window)
        size = divide(past.over(past.sums, window), demands)
        variance = np.maximum(divide(past.over(past.squares, window), demands) - size**2, 0.0)
        largest = past.demand[:, max(past.end - window, 0) :].max(axis=1, initial=0.0)
        columns.append(divide(size, level))
        columns.append(divide(np.sqrt(variance), size))
        columns.append(divide(largest, level))
    return _features(columns)


def _whole(past: _RunningSums, level: FloatArray, window: int) -> Features:
    """Features of the whole history: how long, how often, how much, and how long ago.

    Ages are cut off at *window*, recency at twice that: beyond, they would tell trees in which
    year they are.
    """
    happened = past.demand[:, ::-1] > 0
    since = np.where(happened.any(axis=1), happened.argmax(axis=1), past.age)
    demands = past.counts[:, -1]
    size = divide(past.sums[:, -1], demands)
    return _features(
        [
            np.minimum(since, 2.0 * window),
            divide(past.age, demands),
            np.minimum(past.age, window),
            divide(past.sums[:, -1], past.age * level),
            divide(demands, past.age),
            divide(np.sqrt(divide(past.squares[:, -1], past.age)), level),
            np.log(level),
            np.log(np.nan_to_num(size, nan=1.0)),
        ]
    )


def _features(columns: Sequence[FloatArray]) -> Features:
    return np.stack(columns, axis=1).astype(np.float32)


def _weekday_means(past: _RunningSums, level: FloatArray, known: Panel) -> Features:
    if known.frequency is not Frequency.DAILY:
        return np.zeros((len(level), 7, 0), dtype=np.float32)
    weekday = _weekdays(known.dates)
    tables = np.full((len(level), 7, len(WEEKDAY_WEEKS)), np.nan)
    for place, weeks in enumerate(WEEKDAY_WEEKS):
        begin = max(past.end - 7 * weeks, 0)
        observed = np.arange(begin, past.end) >= past.starts[:, None]
        for day in range(7):
            chosen = weekday[begin:] == day
            total = past.demand[:, begin:][:, chosen].sum(axis=1)
            seen = observed[:, chosen].sum(axis=1).astype(np.float64)
            tables[:, day, place] = divide(total, seen * level)
    return tables.astype(np.float32)


def _weekdays(dates: Dates) -> IntArray:
    ordinals: IntArray = dates.astype("datetime64[D]").astype(np.int64)
    return (ordinals + 3) % 7


def period_rows(history: History, series: IntArray, steps: IntArray) -> Features:
    """Return the features of demand in single periods, shape (N, F).

    Each row has the place of its *series* and its *steps* after the cutoff, 1 for the first; (N,).
    """
    targets = history.following(steps)
    ahead = _calendar(history, targets)[steps - 1]
    weekday = _weekdays(targets)[steps - 1]
    return _beside(
        history.features[series],
        steps[:, None],
        ahead,
        history.weekdays[series, weekday],
        _year_ago(history, series, steps, steps),
    )


def total_rows(history: History, series: IntArray, begins: IntArray, lengths: IntArray) -> Features:
    """Return the features of demand summed over periods ahead, shape (N, F).

    Each row has the place of its *series*, how many periods lie between the cutoff and the sum,
    and how many are summed, at least 1; (N,).
    """
    ends = begins + lengths
    ahead = running_sums(_calendar(history, history.following(ends)).T).T
    within = (ahead[ends] - ahead[begins]) / lengths[:, None]
    return _beside(
        history.features[series],
        begins[:, None],
        lengths[:, None],
        within,
        _year_ago(history, series, begins + 1, ends),
    )


def _beside(*parts: Features | FloatArray | IntArray) -> Features:
    return np.concatenate([part.astype(np.float32) for part in parts], axis=1)


def _calendar(history: History, targets: Dates) -> FloatArray:
    """Facts of each target period, shape (L, C)."""
    columns: list[FloatArray] = []
    days = targets.astype("datetime64[D]")
    month_start = days.astype("datetime64[M]").astype("datetime64[D]")
    if history.known.frequency is Frequency.DAILY:
        columns.append(_weekdays(targets).astype(np.float64))
        columns.append((days - month_start).astype(np.float64))
    if history.seasonal:
        year_start = days.astype("datetime64[Y]").astype("datetime64[D]")
        columns.append((days - year_start).astype(np.float64))
    table = np.stack(columns, axis=1) if columns else np.zeros((len(targets), 0))
    if history.known.drivers is None:
        return table
    return np.concatenate([table, history.known.drivers.on(targets)], axis=1)


def _year_ago(history: History, series: IntArray, first: IntArray, last: IntArray) -> FloatArray:
    """Mean demand around the same periods a year before over the level; NaN where not known."""
    panel, shift = history.known, history.known.frequency.steps_per_year
    end = len(panel.dates)
    columns = []
    for reach in YEAR_AGO_REACH[panel.frequency.value]:
        begin = end + first - 1 - shift - reach
        until = np.minimum(end + last - shift + reach, end)
        known = (begin >= panel.starts[series]) & (begin < until)
        inside = np.where(known, begin, 0)
        total = history.sums[series, np.maximum(until, 0)] - history.sums[series, inside]
        periods = np.where(known, until - begin, 0).astype(np.float64)
        columns.append(divide(total, periods * history.level[series]))
    return np.stack(columns, axis=1)
