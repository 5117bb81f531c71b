"""Columns of a table as the arrays of a Plotly trace, as few bytes as they can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

DAY_MS: Final = 86_400_000

Numbers = np.ndarray[tuple[int], np.dtype[np.float32]]


@dataclass(frozen=True)
class Points:
    """Values by date.

    Attributes:
        hover: What is said of each when it is pointed at; empty for nothing.
        shift_days: How far behind the beginning of its day each one is drawn.
    """

    dates: Sequence[date]
    values: Sequence[float | None]
    hover: Sequence[str] = ()
    shift_days: float = 0.0


def places(dates: Sequence[date], shift_days: float = 0.0) -> dict[str, object]:
    """Return where *dates* are on the x axis: a start and a step where they are regular.

    Args:
        dates: Rising.
        shift_days: How far behind the beginning of its day each place is.
    """
    days = np.array(dates, dtype="datetime64[D]")
    steps = np.diff(days).astype(int)
    if steps.size and steps.min() == steps.max():
        return {"x0": _written(days[0], shift_days), "dx": int(steps[0]) * DAY_MS}
    return {"x": [_written(one, shift_days) for one in days]}


def compact(values: pa.ChunkedArray | Sequence[float | None]) -> Numbers:
    """Return values of four bytes each: Plotly sends such an array as it is, in base64."""
    if isinstance(values, pa.ChunkedArray):
        return np.asarray(values.to_numpy(), dtype=np.float32)
    return np.array([np.nan if one is None else one for one in values], dtype=np.float32)


def finite(values: Sequence[float | None]) -> list[float]:
    """Return those of *values* that are numbers."""
    return [one for one in values if one is not None and math.isfinite(one)]


def not_below_zero(values: Sequence[float | None]) -> list[float | None]:
    """Return *values* with nothing for what is no number, and 0 for what is below it."""
    return [None if one is None or not math.isfinite(one) else max(0.0, one) for one in values]


def split_at_gaps(rows: pa.Table) -> list[pa.Table]:
    """Return the rows cut where a date is missing, so that nothing is drawn over a gap."""
    if rows.num_rows == 0:
        return []
    steps = np.diff(rows["date"].to_numpy().astype("datetime64[D]")).astype(int)
    widest = max(31, int(steps.min())) if steps.size and steps.min() >= 28 else None
    usual = widest or (int(steps.min()) if steps.size else 1)
    edges = [0, *(np.flatnonzero(steps > usual) + 1).tolist(), rows.num_rows]
    return [rows.slice(a, b - a) for a, b in pairwise(edges)]


def _written(day: np.datetime64, shift_days: float) -> str:
    if not shift_days:
        return str(day)
    return str(day.astype("datetime64[h]") + np.timedelta64(round(24 * shift_days), "h"))
