"""Gold of availability: rows that say what is known, and lists that add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.fleet import Contract, Fleet
from ml_jobs.publishing.layout import write_batches
from ml_jobs.stocking.availability.availability_facts import (
    NO_COST,
    NO_TOWER,
    agg_availability,
    buy_rows,
    fact_availability,
    fact_buy_list,
)
from ml_jobs.stocking.availability.buying import steps_of
from ml_jobs.stocking.availability.curve import Dependence, add_curves, curve_sums
from ml_jobs.stocking.availability.stocked import StockedSeries
from ml_jobs.stocking.availability.support import NO_HISTORY, NOT_KEPT
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth
from tests.unit.ml_jobs.stocking.availability.demands import (
    NOW,
    drawn_worth,
    levels_with,
    stocked,
    worth_of,
)

pytestmark = pytest.mark.ml


def drawn(count: int, seed: int = 1) -> tuple[StockedSeries, Worth]:
    worth = drawn_worth(count, seed)
    items = np.array([f"P{n:03d}" for n in range(count)])
    series = stocked(worth, items, np.full(count, "SP"), levels=levels_with(np.zeros(count)))
    return series, worth


def bought(series: StockedSeries, worth: Worth, price: float = 1e-4) -> pa.Table:
    steps = steps_of(worth, series.levels, least_per_money=price)
    return buy_rows(series, steps, np.ones(len(worth.hours)), ("A",))


def test_every_series_has_a_row_that_is_weighed_or_says_why_not() -> None:
    series, worth = drawn(5)
    cost, hours = worth.unit_cost.copy(), worth.hours.copy()
    cost[1], hours[3] = np.nan, 0.0
    worth = worth_of(worth.demand, hours, cost, Tails.as_forecast())

    rows = fact_availability(series, worth, worth.level_at(1e-4))

    assert rows["left_out"].to_pylist() == [None, NO_COST, None, NO_TOWER, None]
    assert [each is None for each in rows["down_hours"].to_pylist()] == [
        False, True, False, True, False,
    ]  # fmt: skip


def test_a_row_takes_no_more_than_thirty_bytes(tmp_path: Path) -> None:
    series, worth = drawn(5000)

    rows = fact_availability(series, worth, worth.level_at(1e-4))

    write_batches(rows.schema, rows.to_batches(), tmp_path / "rows.parquet")
    assert (tmp_path / "rows.parquet").stat().st_size < 30 * len(rows)


def test_hours_add_up_to_those_of_the_curve_within_a_millionth() -> None:
    series, worth = drawn(1000)

    rows = fact_availability(series, worth, worth.level_at(1e-4))

    hours = worth.hours_down(series.levels.position)
    assert rows["down_hours"].to_numpy().sum() == pytest.approx(hours.sum(), rel=1e-6)


def test_what_is_worth_holding_leaves_no_more_hours_down() -> None:
    series, worth = drawn(100)

    rows = fact_availability(series, worth, worth.level_at(1e-4))

    now, then = (rows[name].to_numpy() for name in ("down_hours", "down_hours_at_target"))
    assert (then <= now + 1e-9).all()
    assert (then < now).any()


def test_the_buy_list_is_one_of_all_partitions_however_they_are_cut() -> None:
    series, worth = drawn(90)
    whole = fact_buy_list([bought(series, worth)])

    cuts = np.array_split(np.arange(90), 4)
    pieces = fact_buy_list([bought(series.rows(rows), worth.rows(rows)) for rows in cuts])

    assert pieces.equals(whole)


def test_the_buy_list_adds_up_and_has_the_best_first() -> None:
    series, worth = drawn(90)

    rows = fact_buy_list([bought(series, worth)])

    cost, hours = (rows[name].to_numpy() for name in ("cost", "down_hours_avoided"))
    np.testing.assert_allclose(rows["cumulative_cost"].to_numpy(), np.cumsum(cost))
    np.testing.assert_allclose(rows["cumulative_down_hours_avoided"].to_numpy(), np.cumsum(hours))
    assert (np.diff(hours / cost) <= 1e-12).all()
    assert rows["rank"].to_pylist() == list(range(1, rows.num_rows + 1))


def test_units_of_a_part_that_follow_each_other_are_one_row() -> None:
    series, worth = drawn(1)

    rows = fact_buy_list([bought(series, worth, 1e-6)])

    assert rows.num_rows == 1
    assert rows["from_quantity"].to_pylist() == [0.0]
    assert rows["quantity"].to_pylist() == [worth.level_at(1e-6)[0]]


def test_an_empty_list_is_one() -> None:
    series, worth = drawn(3)

    rows = fact_buy_list([bought(series, worth, 1e9)])

    assert rows.num_rows == 0
    assert rows["cumulative_cost"].to_pylist() == []


PENALTY = "penalty_cost"


class TestCurve:
    CONTRACT = Contract("A", "Alfa", 1000.0, 0.999)

    def curve(
        self, *, happened: float | None = None, contract: Contract = CONTRACT
    ) -> dict[str, object]:
        """The row of service levels; *happened* is how many times the promise came, in the past."""
        series, worth = drawn(40)
        dependence = Dependence(("A",), series.towers.T, np.ones(1))
        stock = np.full(40, 3.0)
        parts = [curve_sums(NOW, worth, dependence, {("service", 0): stock})]
        if happened is not None:
            actual = stock + happened * worth.expected_backorders(stock)
            parts.append(curve_sums(9, worth, dependence, {("service", 0): stock}, actual=actual))
        table = agg_availability(
            add_curves(parts), Fleet((contract,)), np.empty(0), future=NOW, source="mean"
        )
        (row,) = table.to_pylist()
        return row

    def test_availability_is_what_is_left_of_the_towers(self) -> None:
        row = self.curve()

        assert row["availability"] == pytest.approx(1 - row["towers_down"] / 1000.0)
        assert row["towers_down_low"] < row["towers_down"] < row["towers_down_high"]
        assert 0 <= row["chance_target_met"] <= 1

    def test_penalties_are_the_price_of_all_hours_or_a_capped_month_s(self) -> None:
        def charged(*of: float | None) -> float:
            return float(str(self.curve(contract=Contract("A", "A", 1000.0, None, *of))[PENALTY]))

        down = float(str(self.curve()["towers_down"]))
        whole = 730.0 * 40.0 * down

        assert self.curve()[PENALTY] is None
        assert charged(40.0) == pytest.approx(whole)
        # Months scatter about the mean, so that a cap there takes something off already.
        assert 0.5 * whole < charged(40.0, whole) < 0.99 * whole
        assert charged(40.0, 0.1 * whole) == pytest.approx(0.1 * whole, rel=0.05)

    def test_without_a_past_nothing_is_promised(self) -> None:
        row = self.curve()

        assert (row["supported"], row["not_supported_because"]) == (False, NO_HISTORY)
        assert row["towers_down_happened"] is None

    def test_what_was_not_kept_is_not_promised(self) -> None:
        row = self.curve(happened=2.0)

        assert (row["supported"], row["not_supported_because"]) == (False, NOT_KEPT)
        assert row["towers_down_happened"] == pytest.approx(2 * row["towers_down_promised"])
        assert row["n_windows"] == 1
