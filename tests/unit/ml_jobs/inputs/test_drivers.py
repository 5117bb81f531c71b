"""Drivers of demand from a file: what is read, and what is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.drivers import DriverFile, drivers_for, read_drivers
from ml_jobs.panel import Drivers, Frequency

pytestmark = pytest.mark.ml

DAILY, WEEKLY, MONTHLY = Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY


def read(folder: Path, text: str) -> DriverFile:
    path = folder / "drivers.csv"
    path.write_text(text)
    return read_drivers(path)


def written(first: str, values: Sequence[object], *, every: int = 1) -> str:
    """A file of one driver, ``price``, with a row every so many days."""
    start = date.fromisoformat(first)
    days = (start + timedelta(days=every * step) for step in range(len(values)))
    rows = (f"{day},{value}" for day, value in zip(days, values, strict=True))
    return "\n".join(["date,price", *rows]) + "\n"


def price_over(
    file: DriverFile, first: str, periods: int, *, horizon: int, frequency: Frequency = DAILY
) -> Drivers:
    dates = frequency.calendar(np.datetime64(first), periods)
    return drivers_for(file, dates, horizon=horizon, frequency=frequency)


def test_a_file_of_days_covers_history_and_horizon(tmp_path: Path) -> None:
    file = read(tmp_path, written("2024-01-01", range(10)))

    drivers = price_over(file, "2024-01-03", 4, horizon=2)

    assert drivers.names == ("price",)
    assert drivers.values[:, 0].tolist() == [2, 3, 4, 5, 6, 7]
    assert drivers.dates.astype(str).tolist()[::5] == ["2024-01-03", "2024-01-08"]


def test_rows_need_no_order(tmp_path: Path) -> None:
    file = read(tmp_path, "date,price\n2024-01-02,5\n2024-01-01,4\n2024-01-03,6\n")

    assert price_over(file, "2024-01-01", 1, horizon=2).values[:, 0].tolist() == [4, 5, 6]


def test_every_numeric_column_is_a_driver_under_its_trimmed_name(tmp_path: Path) -> None:
    file = read(tmp_path, "Date; price ;campaign\n01/02/2024;1,5;0\n02/02/2024;2,5;1\n")

    assert file.names == ("price", "campaign")
    np.testing.assert_array_equal(file.values, [[1.5, 0], [2.5, 1]])
    assert file.dates.astype(str).tolist() == ["2024-02-01", "2024-02-02"]


def test_parquet_reads_like_csv(tmp_path: Path) -> None:
    days = [date(2024, 1, day) for day in (1, 2, 3)]
    path = tmp_path / "drivers.parquet"
    pq.write_table(pa.table({"date": days, "price": [1.0, None, None], "open": [1, 0, 1]}), path)

    file = read_drivers(path)

    assert file.names == ("price", "open")
    np.testing.assert_array_equal(file.values, [[1, 1], [np.nan, 0], [np.nan, 1]])


def test_days_are_averaged_over_weeks(tmp_path: Path) -> None:
    file = read(tmp_path, written("2024-01-01", [*[7] * 7, *range(7)]))

    drivers = price_over(file, "2024-01-01", 1, horizon=1, frequency=WEEKLY)

    np.testing.assert_allclose(drivers.values[:, 0], [7, 3])


def test_days_are_averaged_over_months(tmp_path: Path) -> None:
    file = read(tmp_path, written("2024-01-01", [*[31] * 31, *range(29)]))

    drivers = price_over(file, "2024-01-01", 1, horizon=1, frequency=MONTHLY)

    np.testing.assert_allclose(drivers.values[:, 0], [31, 14])


@pytest.mark.parametrize(
    ("text", "frequency"),
    [
        (written("2024-01-01", [1, 2, 3], every=7), WEEKLY),
        ("date,price\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n", MONTHLY),
    ],
)
def test_rows_may_be_the_demands_own_periods(
    tmp_path: Path, text: str, frequency: Frequency
) -> None:
    file = read(tmp_path, text)

    drivers = price_over(file, "2024-01-01", 2, horizon=1, frequency=frequency)

    assert drivers.values[:, 0].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("every", "frequency"), [(7, DAILY), (7, MONTHLY)], ids=["into days", "into months"]
)
def test_weeks_are_not_made_into_other_periods(
    tmp_path: Path, every: int, frequency: Frequency
) -> None:
    file = read(tmp_path, written("2024-01-01", range(30), every=every))

    with pytest.raises(InputError, match=r"a row per week; it needs one per (day|month)"):
        price_over(file, "2024-01-01", 2, horizon=1, frequency=frequency)


def test_a_driver_that_ends_within_the_horizon_is_refused_by_name_and_dates(
    tmp_path: Path,
) -> None:
    file = read(tmp_path, "date,open,price\n2024-01-01,1,4\n2024-01-02,1,5\n2024-01-03,1,\n")

    with pytest.raises(InputError, match=r"drivers.csv has price up to 2024-01-02.*2024-01-03"):
        price_over(file, "2024-01-01", 2, horizon=1)


def test_a_driver_that_begins_within_the_history_is_refused_by_name_and_dates(
    tmp_path: Path,
) -> None:
    file = read(tmp_path, "date,open,price\n2024-01-01,1,\n2024-01-02,1,5\n2024-01-03,1,6\n")

    with pytest.raises(InputError, match=r"price from 2024-01-02 on.*from 2024-01-01 on"):
        price_over(file, "2024-01-01", 2, horizon=1)


def test_a_month_that_is_not_complete_is_not_known(tmp_path: Path) -> None:
    file = read(tmp_path, written("2024-01-01", range(31 + 28)))

    with pytest.raises(InputError, match=r"price up to 2024-01-01.*up to 2024-02-01"):
        price_over(file, "2024-01-01", 1, horizon=1, frequency=MONTHLY)


def test_a_driver_without_any_whole_period_is_refused_by_name(tmp_path: Path) -> None:
    file = read(tmp_path, written("2024-01-10", range(5)))

    with pytest.raises(InputError, match="no value of price for a whole period"):
        price_over(file, "2024-01-01", 1, horizon=1, frequency=MONTHLY)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("date,price\n2024-01-01,1\n2024-01-02,cheap\n", "cheap as price in row 2"),
        ("date,price\n2024-01-01,inf\n", "inf as price in row 1"),
        ("date,price\n2024-01-01,1\nsoon,1\n", "soon as date in row 2"),
        ("date,price\n2024-01-01,1\n,1\n", "nothing as date in row 2"),
        ("date,price\n2024-01-01,1,3\n2024-01-02,1\n", "3 cells in row 1; its header has 2"),
        ("date,price\n2024-01-01,1\n2024-01-01,2\n", "more than one row of 2024-01-01"),
        (
            "date,price\n2024-01-01,1\n2024-01-02,1\n2024-01-04,1\n",
            "has 2024-01-04 where 2024-01-03 should stand; it needs one row per day",
        ),
        (
            "date,price\n2024-01-01,1\n2024-01-08,1\n2024-01-22,1\n",
            "has 2024-01-22 where 2024-01-15 should stand; it needs one row per week",
        ),
        (
            "date,price\n2024-01-31,1\n2024-02-29,1\n2024-04-30,1\n",
            "has 2024-04-30 where 2024-03-01 should stand; it needs one row per month",
        ),
        (
            "date,price\n2024-01-01,1\n2024-01-02,\n2024-01-03,1\n",
            "no value of price on 2024-01-02",
        ),
        ("day,price\n2024-01-01,1\n", "no column date"),
        ("date\n2024-01-01\n", "only date"),
        ("date,price,\n2024-01-01,1,x\n", "column without a name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_was_found(
    tmp_path: Path, text: str, found: str
) -> None:
    with pytest.raises(InputError, match=found):
        read(tmp_path, text)
