"""Items are classed by how demand comes, and ranked by value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.classification import abc_classes, ceased, demand_classes, syntetos_boylan
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


def monthly(demand: np.ndarray) -> Panel:
    panel = panel_of(demand.tolist())
    dates = Frequency.MONTHLY.calendar(np.datetime64("2020-01-01", "D"), len(demand))
    return replace(panel, dates=dates, frequency=Frequency.MONTHLY)


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ([20.0] * 22 + [0.0] * 24, True),
        ([20.0] * 22 + [0.0] * 11, False),
        (([5.0] * 6 + [0.0] * 6) * 3, False),
        (([5.0] + [0.0] * 5) * 4 + [0.0] * 9, False),
        (([5.0] + [0.0] * 5) * 4 + [0.0] * 60, True),
        ([5.0] + [0.0] * 20, False),
        ([0.0] * 40, False),
    ],
)
def test_a_series_has_ended_once_neither_seasons_nor_chance_explain_its_silence(
    demand: list[float], expected: bool
) -> None:
    assert ceased(monthly(np.array(demand))).tolist() == [expected]


@given(st.integers(0, 400), st.integers(0, 40))
def test_a_longer_silence_never_makes_a_series_less_ended(seed: int, more: int) -> None:
    demand = np.random.default_rng(seed).poisson(0.4, 40).astype(float)
    silent = np.append(demand, np.zeros(seed % 60))

    now, later = ceased(monthly(silent)), ceased(monthly(np.append(silent, np.zeros(more))))

    assert later[0] or not now[0]
