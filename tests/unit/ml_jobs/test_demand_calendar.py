"""Demand is laid out on a calendar without gaps; what does not fit there is set aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.demand import DemandRows, build_panel, infer_frequency, read_demand
from ml_jobs.errors import InputError
from ml_jobs.panel import Frequency
from ml_jobs.reasons import Reason

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def rows_of(folder: Path, rows: Iterable[tuple[str, str | date, float]]) -> DemandRows:
    path = folder / "demand.csv"
    lines = [f"{item},{day},{quantity}" for item, day, quantity in rows]
    path.write_text("\n".join(["item_id,date,quantity", *lines]), encoding="utf-8")
    return read_demand(path, today=TODAY)


def days(first: str, count: int, step: int = 1) -> list[date]:
    return [date.fromisoformat(first) + timedelta(days=step * n) for n in range(count)]


def test_days_without_a_row_are_zeros_and_days_before_the_first_are_not_known(
    tmp_path: Path,
) -> None:
    rows = rows_of(
        tmp_path, [("A", "2026-01-01", 2), ("A", "2026-01-10", 1), ("B", "2026-01-08", 5)]
    )

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert panel.demand[0].tolist() == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert np.isnan(panel.demand[1, :7]).all()
    assert panel.demand[1, 7:].tolist() == [5, 0, 0]
    assert panel.starts.tolist() == [0, 7]


def test_rows_of_one_item_and_day_are_summed(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path, [("A", "2026-01-01", 2), ("A", "2026-01-01", 3), ("A", "2026-01-09", 1)]
    )

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert panel.demand[0, 0] == 5


def test_items_are_sorted_by_utf_8_bytes(tmp_path: Path) -> None:
    codes = ["b", "Ç", "a", "Z", "😀", "～"]
    rows = rows_of(tmp_path, [(c, day, 1) for c in codes for day in days("2026-01-01", 9)])

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert list(panel.item_ids) == sorted(codes, key=str.encode)


def test_items_with_too_few_sale_days_are_set_aside_and_the_calendar_keeps_its_end(
    tmp_path: Path,
) -> None:
    rows = rows_of(
        tmp_path,
        [("A", day, 1) for day in days("2026-01-01", 9)] + [("rare", "2026-01-15", 4)],
    )

    panel, left = build_panel(rows, Frequency.DAILY, min_sale_days=2, today=TODAY)

    assert panel.item_ids == ("A",)
    assert str(panel.dates[-1]) == "2026-01-15"
    assert left.accounting.set_aside == {Reason.TOO_FEW_SALE_DAYS: 1}


def test_an_item_that_never_sold_is_set_aside(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [("A", day, 1) for day in days("2026-01-01", 9)] + [("B", "2026-01-02", 0)],
    )

    _, left = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert left.accounting.set_aside == {Reason.TOO_FEW_SALE_DAYS: 1}


def test_a_last_week_that_is_not_over_is_set_aside(tmp_path: Path) -> None:
    # 2026-01-05 is a Monday, and the 61st day from it a Friday.
    rows = rows_of(tmp_path, [("A", day, 1) for day in days("2026-01-05", 61)])

    panel, left = build_panel(rows, Frequency.WEEKLY, min_sale_days=1, today=TODAY)

    assert panel.demand[0].tolist() == [7.0] * 8
    assert str(panel.data_through) == "2026-03-01"
    assert left.accounting.set_aside == {Reason.INCOMPLETE_PERIOD: 5}


def test_a_last_month_that_is_still_running_on_the_day_of_the_forecast_is_set_aside(
    tmp_path: Path,
) -> None:
    months = [date(2026, month, 1) for month in range(1, 12)]
    rows = rows_of(tmp_path, [("A", month, 1) for month in months])

    panel, left = build_panel(rows, Frequency.MONTHLY, min_sale_days=1, today=TODAY)

    assert str(panel.data_through) == "2026-10-31"
    assert left.accounting.set_aside == {Reason.INCOMPLETE_PERIOD: 1}


@pytest.mark.parametrize(
    ("dates", "frequency"),
    [
        (["2026-01-01", "2026-02-01", "2026-04-01"], Frequency.MONTHLY),
        (["2026-01-05", "2026-01-12", "2026-01-26"], Frequency.WEEKLY),
        (["2026-01-01", "2026-01-02", "2026-01-05"], Frequency.DAILY),
        (["2026-01-01"], Frequency.DAILY),
    ],
)
def test_the_frequency_is_the_longest_that_all_dates_begin(
    tmp_path: Path, dates: list[str], frequency: Frequency
) -> None:
    rows = rows_of(tmp_path, [("A", day, 1) for day in dates])

    assert infer_frequency(rows) is frequency


def test_one_row_is_refused_with_the_periods_found_and_needed(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, [("A", "2026-01-01", 2)])

    with pytest.raises(InputError, match=r"covers 1 period\(s\) of frequency D; at least 8"):
        build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)


def test_a_file_of_rare_items_only_is_refused(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, [("A", "2026-01-01", 2), ("A", "2026-01-20", 2)])

    with pytest.raises(InputError, match="no usable row: 2 too_few_sale_days"):
        build_panel(rows, Frequency.DAILY, min_sale_days=10, today=TODAY)


@pytest.mark.parametrize("frequency", list(Frequency))
def test_calendars_begin_every_period_on_its_first_day(frequency: Frequency) -> None:
    first = frequency.first_days(np.array(["2024-02-14"], "datetime64[D]"))[0]

    calendar = frequency.calendar(first, 40)

    assert (frequency.first_days(calendar) == calendar).all()
    gaps = [frequency.last_day(day) + 1 for day in calendar[:-1]]
    assert gaps == calendar[1:].tolist() or (np.array(gaps) == calendar[1:]).all()


def test_a_view_until_a_cutoff_keeps_every_series(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path, [("A", "2026-01-01", 2), ("A", "2026-01-10", 1), ("B", "2026-01-08", 5)]
    )
    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    view = panel.until(4)

    assert view.item_ids == panel.item_ids
    assert view.demand.shape == (2, 4)
    assert str(view.data_through) == "2026-01-04"
