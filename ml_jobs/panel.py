"""Demand as models see it: one row per series over one full calendar, with items and stock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ml_jobs.arrays import BoolArray

NETWORK = "network"

Dates = npt.NDArray[np.datetime64]


class Frequency(StrEnum):
    """How long one period is; named as pandas and statsforecast name it.

    Weeks begin on Monday. A period is always named by its first day.
    """

    DAILY = "D"
    WEEKLY = "W"
    MONTHLY = "MS"

    @property
    def season(self) -> int:
        """Periods after which a season repeats."""
        return {"D": 7, "W": 52, "MS": 12}[self.value]

    @property
    def steps_per_year(self) -> int:
        """Periods in a year."""
        return {"D": 365, "W": 52, "MS": 12}[self.value]

    @property
    def days_per_step(self) -> float:
        """Days in a period; for months the mean of the Gregorian calendar."""
        return {"D": 1.0, "W": 7.0, "MS": 365.2425 / 12}[self.value]

    @property
    def default_horizon(self) -> int:
        """Periods ahead where no horizon is asked for."""
        return {"D": 28, "W": 13, "MS": 6}[self.value]

    def first_days(self, days: Dates) -> Dates:
        """Return the first day of the period that holds each of *days*."""
        if self is Frequency.MONTHLY:
            return _as_days(days.astype("datetime64[M]"))
        ordinals = _as_days(days).astype(np.int64)
        if self is Frequency.WEEKLY:
            # Day 0 of the epoch, 1970-01-01, was a Thursday: three days after its Monday.
            ordinals = ordinals - (ordinals + 3) % 7
        return _as_days(ordinals)

    def calendar(self, first: np.datetime64, periods: int) -> Dates:
        """Return *periods* first days in a row; *first* is the first day of a period."""
        steps = np.arange(periods)
        if self is Frequency.MONTHLY:
            month = int(np.asarray(first).astype("datetime64[M]").astype(np.int64))
            return _as_days((month + steps).astype("datetime64[M]"))
        day = int(np.asarray(first).astype("datetime64[D]").astype(np.int64))
        return _as_days(day + steps * (7 if self is Frequency.WEEKLY else 1))

    def following(self, last: np.datetime64, periods: int) -> Dates:
        """Return the first days of the *periods* periods after the one that *last* begins."""
        return self.calendar(last, periods + 1)[1:]

    def last_day(self, first: np.datetime64) -> np.datetime64:
        """Return the last day of the period that begins on *first*."""
        following: np.datetime64 = self.following(first, 1)[0]
        return following - np.timedelta64(1, "D")


def _as_days(values: npt.NDArray[np.generic]) -> Dates:
    return values.astype("datetime64[D]")


@dataclass(frozen=True)
class Drivers:
    """Regressors known ahead, such as holidays or announced prices, one row per period.

    Attributes:
        names: One per driver; length K.
        dates: First days of periods without gaps, history and future, shape (D,).
        values: Finite, shape (D, K).
    """

    names: tuple[str, ...]
    dates: Dates
    values: npt.NDArray[np.float64]

    def on(self, dates: Dates) -> npt.NDArray[np.float64]:
        """Return the values of the periods that begin on *dates*, shape (len(dates), K).

        Raises:
            KeyError: There is no value for one of the dates.
        """
        rows = np.searchsorted(self.dates, dates)
        inside = np.minimum(rows, len(self.dates) - 1)
        missing = dates[self.dates[inside] != dates]
        if missing.size:
            raise KeyError(str(missing[0]))
        return self.values[inside]


@dataclass(frozen=True)
class Panel:
    """Demand of S series over the T periods of one calendar without gaps.

    Attributes:
        item_ids: One per series, sorted by UTF-8 bytes, unique; length S.
        location_ids: One per series; length S.
        dates: First day of each period, ``datetime64[D]``, shape (T,).
        demand: Units per period, float64, shape (S, T); NaN before a series' first
            observation, at least 0 from there on.
        starts: Index of each series' first observed period, int64, shape (S,).
        drivers: What is known ahead of the periods and of those to forecast; None for nothing.
    """

    item_ids: tuple[str, ...]
    location_ids: tuple[str, ...]
    dates: Dates
    demand: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    frequency: Frequency
    drivers: Drivers | None = None

    @property
    def data_through(self) -> np.datetime64:
        """The last day of the last period."""
        return self.frequency.last_day(self.dates[-1])

    def rows(self, places: npt.NDArray[np.int64]) -> Panel:
        """Return the panel of the series at *places*, in that order."""
        return replace(
            self,
            item_ids=tuple(self.item_ids[place] for place in places),
            location_ids=tuple(self.location_ids[place] for place in places),
            demand=self.demand[places],
            starts=self.starts[places],
        )

    def until(self, t: int) -> Panel:
        """Return what was known after the first *t* periods.

        Every series stays, also one that had not begun by then (its demand is all NaN and its
        start lies outside the view).
        """
        return replace(self, dates=self.dates[:t], demand=self.demand[:, :t])


@dataclass(frozen=True)
class Items:
    """Master data, one row per series of the panel, in its order.

    Attributes:
        table: item_id, sku, name, category, supplier, unit, unit_cost, lead_time_days,
            criticality, abc_class, demand_class, assumed (names of this row's columns that are
            assumptions, comma separated); perhaps stocked.
    """

    table: pa.Table

    @property
    def stocked(self) -> BoolArray:
        """Which are to be held in stock: all of which nobody says otherwise."""
        if "stocked" not in self.table.column_names:
            return np.ones(self.table.num_rows, bool)
        return np.asarray(self.table.column("stocked").fill_null(True).to_numpy(), bool)


@dataclass(frozen=True)
class Stock:
    """Stock on hand and the service asked, one row per series of the panel, in its order.

    Attributes:
        table: item_id, location_id, as_of, current_stock, on_order, in_repair, service_level,
            assumed, and whether the stock is the place's own rather than that below it, held_here.
    """

    table: pa.Table


@dataclass(frozen=True)
class OpenOrders:
    """What is ordered and not delivered, sorted by series, due day and order; shape (N,) each.

    Attributes:
        series: The panel's series that each is for.
        ref: Number of the order and of its line, ``order/line``.
        quantity: Units still open, more than 0.
        due: Day on which it is due; NaT where no day is known.
        is_here: Whether it is for the series' own place, not only for one below it.
    """

    series: npt.NDArray[np.int64]
    ref: npt.NDArray[np.str_]
    quantity: npt.NDArray[np.float64]
    due: Dates
    is_here: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls) -> OpenOrders:
        """Return no order."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros(0, np.str_),
            np.zeros(0),
            np.zeros(0, "datetime64[D]"),
            np.zeros(0, np.bool_),
        )
