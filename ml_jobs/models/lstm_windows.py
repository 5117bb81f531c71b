"""Windows of the series that the LSTM learns from, is checked by and forecasts from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ml_jobs.arrays import IntArray
from ml_jobs.models.lstm_series import Floats, ScaledSeries


@dataclass(frozen=True)
class Layout:
    """Sizes of a network.

    Attributes:
        past: Inputs per period of the past.
        ahead: Inputs per step ahead.
        width: Of the state and of the decoder.
        first: Place of the first origin in a training window.
        stride: Periods between the origins of a training window.
    """

    past: int
    ahead: int
    width: int
    first: int
    stride: int


@dataclass(frozen=True)
class Batch:
    """B windows with N origins each, and M steps ahead of every origin.

    Attributes:
        past: What is known after each period up to the last origin, shape (L, B, F); 0 before
            the start of a series. Time goes first, as the network reads it.
        ahead: What is known of each step ahead, shape (N, B, M, G).
        level: Scale at the origin, counting units per period, shape (N, B).
        excess: Dispersion at the origin, shape (N, B).
        target: Demand in counting units, shape (N, B, M).
        weight: 1 where the target counts, else 0, shape (N, B, M).
    """

    past: Floats
    ahead: Floats
    level: Floats
    excess: Floats
    target: Floats
    weight: Floats


@dataclass(frozen=True)
class Windows:
    """Cuts windows out of series, all of one shape.

    Attributes:
        series: With T periods known.
        horizon: Steps ahead that the network is made for.
    """

    series: ScaledSeries
    horizon: int

    def layout(self, width: int) -> Layout:
        """Return the sizes of a network that reads these windows, with a state of *width*."""
        reading, of_calendar = self.series.reading, self.series.calendar.shape[1]
        past = self.series.past.shape[2] + of_calendar
        ahead = 2 + (2 if reading.season == 1 else 4) + of_calendar
        return Layout(past, ahead, width, reading.first_origin, reading.stride)

    def at_end(self, rows: IntArray, end: int, *, size: int, steps: int) -> Batch:
        """Return the windows of *rows* with one origin, the period before *end*.

        Args:
            rows: Series, at least one and at most *size*; missing ones are filled up by the
                last, with weight 0.
            end: Periods known at the origin.
            size: Windows in the batch.
            steps: Steps ahead, from the first on.
        """
        padded = rows[np.minimum(np.arange(size), len(rows) - 1)]
        batch = self._cut(padded, np.full((1, size), end - 1), np.arange(1, steps + 1), None)
        counted = (np.arange(size) < len(rows))[:, None]
        return replace(batch, weight=(batch.weight * counted).astype(np.float32))

    def sample(
        self, ends: IntArray, *, size: int, steps: int, random: np.random.Generator
    ) -> Iterator[Batch]:
        """Yield random windows for ever: a series, a last origin, and some of the steps ahead.

        Args:
            ends: Periods of each series that may be learnt from, shape (S,); at least one
                series has two of them.
            size: Windows in a batch.
            steps: Steps ahead in a batch, at most the horizon.
            random: Where chance comes from.
        """
        reading = self.series.reading
        starts = self.series.observed.shape[1] - self.series.observed.sum(axis=1)
        able = np.flatnonzero(starts + 1 < ends)
        before = np.arange(1 - reading.origins, 1)[:, None] * reading.stride
        while True:
            rows = random.choice(able, size)
            last = random.integers(starts[rows], ends[rows] - 1)
            ahead = 1 + np.sort(random.choice(self.horizon, steps, replace=False))
            yield self._cut(rows, last + before, ahead, ends[rows])

    def _cut(
        self, rows: IntArray, origins: IntArray, steps: IntArray, ends: IntArray | None
    ) -> Batch:
        """Cut the windows of series *rows* (B,) with ascending *origins* (N, B)."""
        series = self.series
        inside = np.maximum(origins, 0)
        places = origins[:, :, None] + steps
        known = np.minimum(places, series.periods - 1)
        begun = series.observed[rows, inside] & (origins >= 0)
        limit = series.periods if ends is None else ends[:, None]
        weight = (places < limit) & begun[:, :, None]
        return Batch(
            self._past(rows, origins[-1]),
            self._ahead(rows, inside, steps),
            series.level[rows, inside],
            series.excess[rows, inside],
            series.counts[rows[:, None], np.maximum(known, 0)],
            weight.astype(np.float32),
        )

    def _past(self, rows: IntArray, last: IntArray) -> Floats:
        places = last + np.arange(1 - self.series.reading.context, 1)[:, None]
        inside = np.maximum(places, 0)
        seen = (places >= 0) & self.series.observed[rows, inside]
        calendar = self.series.calendar[inside]
        past = np.concatenate([self.series.past[rows, inside], calendar], axis=-1)
        return np.where(seen[:, :, None], past, np.float32(0))

    def _ahead(self, rows: IntArray, origins: IntArray, steps: IntArray) -> Floats:
        reading, series = self.series.reading, self.series
        places = origins[:, :, None] + steps
        far = np.broadcast_to(steps, places.shape)
        columns: list[npt.NDArray[np.floating]] = [far / self.horizon, np.log(far) / 3.0]
        if reading.season > 1:
            season = _offsets(steps, reading.season)
            columns += self._lag(series.seasonal, rows, origins, season)
        year = _offsets(steps, reading.year, reading.year_reach)
        columns += self._lag(series.yearly, rows, origins, year)
        own = np.stack([column.astype(np.float32) for column in columns], axis=-1)
        last = len(series.calendar) - 1
        return np.concatenate([own, series.calendar[np.minimum(places, last)]], axis=-1)

    def _lag(
        self, values: Floats, rows: IntArray, origins: IntArray, offsets: IntArray
    ) -> list[Floats]:
        """Log ratio of earlier *values* to the level at the origin, and which are known."""
        back = origins[:, :, None] + offsets
        inside = np.maximum(back, 0)
        known = (back >= 0) & self.series.observed[rows[:, None], inside]
        level = self.series.level[rows, origins][:, :, None]
        ratio = np.log1p(values[rows[:, None], inside] / level)
        return [ratio * known, known.astype(np.float32)]


def _offsets(steps: IntArray, cycle: int, reach: int = 0) -> IntArray:
    """Periods from the origin to the last known one at the same place of the cycle, at most 0."""
    cycles = -(-(steps + reach) // cycle)
    return steps - cycle * cycles
