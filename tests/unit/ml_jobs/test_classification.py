"""Items are classed by how demand comes, and ranked by value."""

from __future__ import annotations

import numpy as np
import pytest

from ml_jobs.classification import abc_classes, demand_classes, syntetos_boylan
from ml_jobs.panel import Frequency, Panel

pytestmark = pytest.mark.ml


def panel_of(*series: list[float]) -> Panel:
    demand = np.array(series, dtype=np.float64)
    starts = np.array([int(np.isnan(row).sum()) for row in demand], dtype=np.int64)
    dates = Frequency.DAILY.calendar(np.datetime64("2026-01-01", "D"), demand.shape[1])
    ids = tuple(f"item-{n:03d}" for n in range(len(demand)))
    return Panel(ids, ("network",) * len(ids), dates, demand, starts, Frequency.DAILY)


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ([5, 5, 6, 5, 5, 6, 5, 5], "smooth"),
        ([1, 9, 1, 20, 1, 1, 9, 1], "erratic"),
        ([5, 0, 0, 5, 0, 6, 0, 5], "intermittent"),
        ([1, 0, 0, 20, 0, 1, 0, 9], "lumpy"),
        ([0, 0, 0, 5, 0, 0, 0, 0], "intermittent"),
        ([np.nan, np.nan, np.nan, np.nan, 5, 5, 5, 5], "smooth"),
    ],
)
def test_the_class_follows_interval_and_variability(demand: list[float], expected: str) -> None:
    assert demand_classes(panel_of(demand)).tolist() == [expected]


def test_the_interval_counts_from_the_first_observation() -> None:
    pattern = syntetos_boylan(panel_of([np.nan, np.nan, 2, 0, 4, 0]))

    assert pattern.adi.tolist() == [2.0]
    assert pattern.cv2.tolist() == pytest.approx([2 / 9])


def test_a_value_at_the_cut_off_belongs_to_the_class_above_it() -> None:
    # 33 periods and 25 demands: an interval of 1.32 exactly.
    demand = [1.0] * 24 + [0.0] * 8 + [1.0]

    assert demand_classes(panel_of(demand)).tolist() == ["intermittent"]


def test_abc_classes_cut_at_80_and_95_percent_of_value() -> None:
    values = np.array([4.0, 60.0, 20.0, 11.0, 5.0])

    assert abc_classes(values).tolist() == ["C", "A", "A", "B", "B"]


def test_what_reaches_80_percent_is_still_in_class_a() -> None:
    assert abc_classes(np.array([70.0, 30.0])).tolist() == ["A", "A"]


def test_items_without_value_are_in_class_c() -> None:
    assert abc_classes(np.array([0.0, 0.0, 3.0])).tolist() == ["C", "C", "A"]
    assert abc_classes(np.zeros(2)).tolist() == ["C", "C"]
