"""Demand is laid out on a calendar without gaps; what does not fit there is set aside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.coverage import rhythm_in, scan
from ml_jobs.inputs.demand.demand import build_panel
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.reasons import RejectReason
from ml_jobs.inputs.locations import Hierarchy, Location, hierarchy_of
from ml_jobs.panel import NETWORK, Frequency, Panel
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

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
    assert left.accounting.set_aside == {RejectReason.TOO_FEW_SALE_DAYS: 1}


def test_an_item_that_never_sold_is_set_aside(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [("A", day, 1) for day in days("2026-01-01", 9)] + [("B", "2026-01-02", 0)],
    )

    _, left = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert left.accounting.set_aside == {RejectReason.TOO_FEW_SALE_DAYS: 1}


def test_a_last_week_that_is_not_over_is_set_aside(tmp_path: Path) -> None:
    # 2026-01-05 is a Monday, and the 61st day from it a Friday.
    rows = rows_of(tmp_path, [("A", day, 1) for day in days("2026-01-05", 61)])

    panel, left = build_panel(rows, Frequency.WEEKLY, min_sale_days=1, today=TODAY)

    assert panel.demand[0].tolist() == [7.0] * 8
    assert str(panel.data_through) == "2026-03-01"
    assert left.accounting.set_aside == {RejectReason.INCOMPLETE_PERIOD: 5}


def test_a_last_month_that_is_still_running_on_the_day_of_the_forecast_is_set_aside(
    tmp_path: Path,
) -> None:
    months = [date(2026, month, 1) for month in range(1, 12)]
    rows = rows_of(tmp_path, [("A", month, 1) for month in months])

    panel, left = build_panel(rows, Frequency.MONTHLY, min_sale_days=1, today=TODAY)

    assert str(panel.data_through) == "2026-10-31"
    assert left.accounting.set_aside == {RejectReason.INCOMPLETE_PERIOD: 1}


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

    assert rhythm_in(scan(rows)).frequency is frequency


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


def located(folder: Path, rows: Iterable[tuple[str, str, str | date, float]]) -> DemandRows:
    path = folder / "demand.csv"
    lines = [f"{item},{place},{day},{quantity}" for item, place, day, quantity in rows]
    path.write_text("\n".join(["item_id,location_id,date,quantity", *lines]), encoding="utf-8")
    return read_demand(path, today=TODAY)


def at(panel: Panel, item: str, location: str) -> list[float]:
    place = list(zip(panel.item_ids, panel.location_ids, strict=True)).index((item, location))
    return list(panel.demand[place].tolist())


SOUTH = Hierarchy(
    (
        Location("BA", "Bahia", "site", NETWORK),
        Location("PR", "Paraná", "site", "S"),
        Location("RS", "Rio Grande do Sul", "site", "S"),
        Location("S", "South", "region", NETWORK),
        Location(NETWORK, "Network", NETWORK),
    )
)


def test_demand_stands_at_every_level_above_it(tmp_path: Path) -> None:
    rows = located(
        tmp_path,
        [
            ("A", "RS", "2026-01-01", 2),
            ("A", "PR", "2026-01-03", 3),
            ("A", "BA", "2026-01-03", 5),
            ("B", "BA", "2026-01-08", 7),
        ],
    )

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY, hierarchy=SOUTH)

    assert panel.item_ids == ("A",) * 5 + ("B",) * 2
    assert panel.location_ids == ("BA", "PR", "RS", "S", NETWORK, "BA", NETWORK)
    assert at(panel, "A", "S") == [2, 0, 3, 0, 0, 0, 0, 0]
    assert at(panel, "A", NETWORK) == [2, 0, 8, 0, 0, 0, 0, 0]
    assert panel.starts.tolist() == [2, 2, 0, 0, 0, 7, 7]
    assert np.isnan(at(panel, "A", "PR")[:2]).all()


def test_every_parent_is_the_sum_of_its_children(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    rows = located(
        tmp_path,
        [
            (f"I{item}", str(place), day, int(chance.integers(0, 9)))
            for day in days("2026-01-01", 40)
            for item in range(5)
            for place in chance.choice(["BA", "PR", "RS"], 2)
        ],
    )

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY, hierarchy=SOUTH)

    demand = np.nan_to_num(panel.demand)
    parent_of = {place.location_id: place.parent_location_id for place in SOUTH.locations}
    keys = list(zip(panel.item_ids, panel.location_ids, strict=True))
    for row, (item, location) in enumerate(keys):
        below = [
            n for n, (i, place) in enumerate(keys) if (i, parent_of[place]) == (item, location)
        ]
        assert not below or (demand[row] == demand[below].sum(axis=0)).all()
    assert demand[np.array(panel.location_ids) == NETWORK].sum() == rows.quantities.sum()


def test_places_are_summed_where_the_network_is_all_there_is(tmp_path: Path) -> None:
    rows = located(tmp_path, [("A", "x", "2026-01-01", 2), ("A", "y", "2026-01-09", 3)])

    panel, _ = build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY)

    assert panel.location_ids == (NETWORK,)
    assert panel.demand.sum() == 5


def test_sale_days_are_those_of_the_whole_network(tmp_path: Path) -> None:
    rows = located(
        tmp_path,
        [("A", "x", "2026-01-01", 2), ("A", "y", "2026-01-01", 2), ("A", "y", "2026-01-09", 3)],
    )
    hierarchy = hierarchy_of(scan(rows).location_ids, None)

    panel, left = build_panel(
        rows, Frequency.DAILY, min_sale_days=2, today=TODAY, hierarchy=hierarchy
    )

    assert left.used.all()
    assert panel.location_ids == (NETWORK, "x", "y")


@pytest.mark.parametrize("place", ["S", NETWORK])
def test_demand_on_a_place_with_others_below_is_refused_by_name(tmp_path: Path, place: str) -> None:
    rows = located(tmp_path, [("A", place, "2026-01-01", 2), ("A", "RS", "2026-01-09", 3)])

    with pytest.raises(InputError, match=f"demand at '{place}', .* must stand on the lowest ones"):
        build_panel(rows, Frequency.DAILY, min_sale_days=1, today=TODAY, hierarchy=SOUTH)
