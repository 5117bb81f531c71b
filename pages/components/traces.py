"""Columns of a table as the arrays of a Plotly trace, as few bytes as they can be."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

DAY_MS: Final = 86_400_000


def points(rows: pa.Table, column: str) -> dict[str, object]:
    """Return x and y of a trace: a start and a step where dates are regular, else the dates."""
    days = rows["date"].to_numpy().astype("datetime64[D]")
    values = compact(rows[column])
    steps = np.diff(days).astype(int)
    step = int(steps.min()) if steps.size else 1
    if step not in {1, 7} or np.any(steps % step):
        return {"x": [str(one) for one in days], "y": values}
    dense = np.full(int(steps.sum()) // step + 1, np.nan, dtype=np.float32)
    dense[np.concatenate(([0], np.cumsum(steps))) // step] = values
    return {"x0": str(days[0]), "dx": step * DAY_MS, "y": dense}


def compact(values: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return values of four bytes each: Plotly sends such an array as it is, in base64."""
    return np.asarray(values.to_numpy(), dtype=np.float32)


def split_at_gaps(rows: pa.Table) -> list[pa.Table]:
    """Return the rows cut where a date is missing, so that no band is drawn over a gap."""
    if rows.num_rows == 0:
        return []
    steps = np.diff(rows["date"].to_numpy().astype("datetime64[D]")).astype(int)
    widest = max(31, int(steps.min())) if steps.size and steps.min() >= 28 else None
    usual = widest or (int(steps.min()) if steps.size else 1)
    edges = [0, *(np.flatnonzero(steps > usual) + 1).tolist(), rows.num_rows]
    return [rows.slice(a, b - a) for a, b in pairwise(edges)]
