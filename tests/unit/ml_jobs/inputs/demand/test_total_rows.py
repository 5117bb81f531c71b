"""Totals of a report are no demand of an item."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.reasons import RejectReason
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand
from tests.unit.ml_jobs.inputs.demand.test_returns import TODAY

pytestmark = pytest.mark.ml


def set_aside(folder: Path, *rows: str) -> list[int]:
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,quantity", *rows]) + "\n")
    found = read_demand(path, today=TODAY)
    return (found.reasons == RejectReason.TOTAL_ROW.number).nonzero()[0].tolist()


def month() -> list[tuple[str, date, int]]:
    first = date(2026, 1, 1)
    return [
        (item, first + timedelta(days=day), 1 + (day * weight) % 7)
        for day in range(20)
        for item, weight in (("A", 3), ("B", 5), ("C", 2))
    ]


def lines(rows: list[tuple[str, date, int]]) -> list[str]:
    return [f"{item},{day},{quantity}" for item, day, quantity in rows]


@pytest.mark.parametrize("name", ["Total geral", "9999", "SUMME"])
def test_a_grand_total_is_set_aside_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    rows = month()
    total = (name, date(2026, 1, 20), sum(quantity for *_, quantity in rows))

    assert set_aside(tmp_path, *lines([*rows, total])) == [60]


def test_totals_of_days_are_set_aside_where_they_are_called_so(tmp_path: Path) -> None:
    rows = month()
    days = sorted({day for _, day, _ in rows})
    totals = [("Subtotal", day, sum(q for _, d, q in rows if d == day)) for day in days]

    assert set_aside(tmp_path, *lines([*rows, *totals])) == list(range(60, 80))


def test_a_part_that_is_called_like_a_total_is_a_part(tmp_path: Path) -> None:
    rows = [("TOTAL 5W30" if item == "B" else item, day, q) for item, day, q in month()]

    assert set_aside(tmp_path, *lines(rows)) == []


def test_a_part_that_happens_to_be_the_sum_of_its_day_is_a_part(tmp_path: Path) -> None:
    rows = [*lines(month()), "D,2026-02-01,3", "E,2026-02-01,1", "F,2026-02-01,2"]

    assert set_aside(tmp_path, *rows) == []


def with_places(folder: Path, *totals: tuple[str, date, str, int]) -> DemandRows:
    rows = [(item, day, place, q) for item, day, q in month() for place in ("SP", "RJ")]
    lines = [",".join(map(str, row)) for row in [*rows, *totals]]
    path = folder / "demand.csv"
    path.write_text("\n".join(["item_id,date,location_id,quantity", *lines]) + "\n")
    return read_demand(path, today=TODAY)


def test_totals_of_places_are_set_aside(tmp_path: Path) -> None:
    rows = with_places(tmp_path, *((item, day, "Total", 2 * q) for item, day, q in month()))

    assert rows.accounting.set_aside == {RejectReason.TOTAL_ROW: 60}


def test_totals_of_a_place_and_of_all_are_set_aside_together(tmp_path: Path) -> None:
    of_day = Counter[date]()
    for _, day, quantity in month():
        of_day[day] += quantity
    subtotals = [("Subtotal", day, place, q) for day, q in of_day.items() for place in ("SP", "RJ")]
    totals = [("Total geral", day, "Total", 2 * q) for day, q in of_day.items()]

    rows = with_places(tmp_path, *subtotals, *totals)

    assert rows.accounting.set_aside == {RejectReason.TOTAL_ROW: 60}


def test_what_is_called_a_total_and_is_none_is_named(tmp_path: Path) -> None:
    rows = with_places(tmp_path, ("Total A", date(2026, 1, 20), "SP", 999))

    assert rows.accounting.set_aside == {}
    (note,) = rows.notes
    assert note == (
        "1 row(s) are called totals, but are no sums of rows of their day, and count as demand "
        "(such as row 121: item_id=Total A, date=2026-01-20, location_id=SP, quantity=999)"
    )
