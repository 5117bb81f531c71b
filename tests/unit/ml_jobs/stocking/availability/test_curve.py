"""The curve: more stock leaves fewer towers down, and sums are the same however they are cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.stocking.availability.curve import (
    MONEY,
    POINTS,
    Dependence,
    add_curves,
    curve_sums,
    priced_stocks,
    read_sums,
    tower_hour_prices,
)
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import drawn_worth

pytestmark = pytest.mark.ml

RATE = 0.2


def drawn(count: int, seed: int) -> tuple[Worth, Dependence]:
    worth = drawn_worth(count, seed)
    share = np.random.default_rng(seed).uniform(0, 1, count)
    towers = worth.hours / 730.0 * np.stack([share, 1 - share])
    return worth, Dependence(("A", "B"), towers, np.ones(2))


def part(worth: Worth, dependence: Dependence, rows: np.ndarray) -> tuple[Worth, Dependence]:
    return worth.rows(rows), Dependence(("A", "B"), dependence.towers[:, rows], np.ones(2))


def sums(worth: Worth, dependence: Dependence, prices: np.ndarray) -> pa.Table:
    return curve_sums(9, worth, dependence, priced_stocks(worth, prices, RATE))


def test_along_the_curve_stock_grows_and_fewer_towers_stand_still() -> None:
    worth, dependence = drawn(200, 1)
    prices = tower_hour_prices(dependence.hours, worth.unit_cost, RATE)

    found = add_curves([sums(worth, dependence, prices)]).sort_by("point")

    for contract in ("A", "B"):
        rows = found.filter(np.array(found["contract_id"].to_pylist()) == contract)
        assert rows.num_rows == POINTS
        assert (np.diff(read_sums(rows, "value")) >= 0).all()
        assert (np.diff(read_sums(rows, "down")) <= 1e-9).all()
    assert set(found["policy"].to_pylist()) == {MONEY}


def test_sums_are_the_same_however_series_are_cut() -> None:
    worth, dependence = drawn(60, 2)
    prices = tower_hour_prices(dependence.hours, worth.unit_cost, RATE)
    whole = add_curves([sums(worth, dependence, prices)])

    cuts = np.array_split(np.arange(60), 7)
    pieces = add_curves([sums(*part(worth, dependence, rows), prices) for rows in cuts])

    keys = [("point", "ascending"), ("contract_id", "ascending")]
    assert pieces.sort_by(keys).equals(whole.sort_by(keys))


def test_what_happened_is_what_was_asked_for_beyond_the_stock() -> None:
    worth, dependence = drawn(3, 3)
    stock, actual = np.array([1.0, 2.0, 0.0]), np.array([4.0, 1.0, 2.0])

    found = curve_sums(9, worth, dependence, {("today", 0): stock}, actual=actual)

    expected = dependence.towers @ np.array([3.0, 0.0, 2.0])
    np.testing.assert_allclose(read_sums(found, "happened"), expected, atol=1e-6)


def test_a_window_that_is_not_over_is_not_counted_as_nothing() -> None:
    worth, dependence = drawn(3, 3)
    stock, actual = np.array([1.0, 2.0, 0.0]), np.array([4.0, np.nan, 2.0])

    with pytest.raises(ValueError, match="isn't known"):
        curve_sums(9, worth, dependence, {("today", 0): stock}, actual=actual)


def test_where_nothing_can_be_weighed_there_is_no_curve() -> None:
    assert tower_hour_prices(np.zeros(3), np.ones(3), RATE).size == 0
    assert tower_hour_prices(np.ones(3), np.full(3, np.nan), RATE).size == 0
    assert tower_hour_prices(np.ones(3), np.zeros(3), RATE).size == 0


def test_the_contracts_shares_add_up_to_the_stock() -> None:
    worth, dependence = drawn(50, 4)
    stock = np.full(50, 3.0)

    found = curve_sums(9, worth, dependence, {("today", 0): stock})

    expected = float((stock * worth.unit_cost).sum())
    assert read_sums(found, "value").sum() == pytest.approx(expected, rel=1e-9)
