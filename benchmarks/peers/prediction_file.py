"""The file that every peer writes: item_id, date, mean and the quantiles that are scored."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = (0.025, 0.1, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99)


def column_of(level: float) -> str:
    """Return a quantile's column: its level in permille, such as q975."""
    return f"q{round(level * 1000):03d}"


def parse(description: str, methods: tuple[str, ...]) -> argparse.Namespace:
    """Read what every peer is told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("method", choices=methods)
    parser.add_argument("--history", type=Path, required=True, help="item_id, date, demand")
    parser.add_argument("--horizon", type=int, required=True)
    parser.add_argument("--frequency", choices=["D", "MS"], required=True)
    parser.add_argument("--to", type=Path, required=True, help="folder for predictions*.parquet")
    return parser.parse_args()


def write(frame: pd.DataFrame, quantiles: np.ndarray, path: Path) -> None:
    """Write predictions to *path*; demand is never negative, and quantiles never cross.

    Args:
        frame: item_id, date and mean, R rows.
        quantiles: At ``LEVELS``, shape (R, 8).
        path: The file.
    """
    kept = frame[["item_id", "date", "mean"]].copy()
    kept["item_id"] = kept["item_id"].astype(str)
    kept["date"] = pd.to_datetime(kept["date"]).dt.date
    kept["mean"] = kept["mean"].clip(lower=0.0)
    ordered = np.maximum.accumulate(np.maximum(quantiles, 0.0), axis=1)
    for place, level in enumerate(LEVELS):
        kept[column_of(level)] = ordered[:, place]
    kept.to_parquet(path, index=False)
