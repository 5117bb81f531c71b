"""The synthetic demonstration has trouble of every kind, and is the same bytes each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from ml_jobs.data.torres.catalogue import read_campaigns
from ml_jobs.data.torres.depots import DEPOTS
from ml_jobs.data.torres.files import THROUGH, write_torres
from ml_jobs.data.torres.troubles import STRANGE_PART, STRANGE_PLACE
from tests.unit.ml_jobs.data.torres.torres_files import (
    TorresFiles,
    day,
    number,
    place,
    read_files,
)

pytestmark = pytest.mark.ml


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return write_torres(tmp_path_factory.mktemp("torres"))


@pytest.fixture(scope="module")
def files(paths: Mapping[str, Path]) -> TorresFiles:
    return read_files(paths)


def test_the_same_bytes_are_written_each_time(paths: Mapping[str, Path], tmp_path: Path) -> None:
    again = write_torres(tmp_path)

    assert {role: path.read_bytes() for role, path in again.items()} == {
        role: path.read_bytes() for role, path in paths.items()
    }


def test_another_last_day_moves_all_dates(tmp_path: Path) -> None:
    through = THROUGH + timedelta(weeks=10)

    moved = read_files(write_torres(tmp_path, through))

    assert {row["as_of"] for row in moved.rows["stock"]} == {f"{through:%d/%m/%Y}"}
    assert f"{through - timedelta(days=6):%d/%m/%Y}" in {
        row["date"] for row in moved.rows["demand"]
    }


def test_a_history_that_ends_within_a_week_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on a Sunday; 2026-11-25 is none"):
        write_torres(tmp_path, date(2026, 11, 25))


def test_there_are_hundreds_of_parts_in_many_categories(files: TorresFiles) -> None:
    items = files.rows["items"]

    assert 350 <= len(items) <= 450
    assert len({row["category"] for row in items}) >= 12
    assert {row["unit"] for row in items} == {"un", "m", "kg", "L", "pct", "par"}


def test_names_are_portuguese_with_accents_and_inch_signs(files: TorresFiles) -> None:
    names = [row["name"] for row in files.rows["items"]]

    assert len(set(names)) == len(names)
    assert sum(any(letter in name for letter in "áâãçéêíóôõú") for name in names) > 150
    assert 'Conector DIN 7/16 macho p/ cabo 1/2"' in names


def test_codes_have_zeros_in_front(files: TorresFiles) -> None:
    codes = [row["item_id"] for row in files.rows["items"]]

    assert {len(code) for code in codes} == {7}
    assert sum(code.startswith("0") for code in codes) > 200


def test_suppliers_are_named_synthetic(files: TorresFiles) -> None:
    suppliers = {row["supplier"] for role in ("items", "orders") for row in files.rows[role]}

    assert all(name.endswith("(sintético)") for name in suppliers)


def test_costs_are_those_of_a_warehouse(files: TorresFiles) -> None:
    costs = sorted(number(row["unit_cost"]) for row in files.rows["items"] if row["unit_cost"])

    assert 0.5 <= costs[0] <= 2
    assert 20_000 <= costs[-1] <= 30_000


def test_depots_hang_under_regions_and_have_coordinates(files: TorresFiles) -> None:
    rows = {row["location_id"]: row for row in files.rows["locations"]}
    depots = [row for row in rows.values() if row["level"] == "depot"]

    assert len(depots) == len(DEPOTS) == 6
    assert {rows[row["parent_location_id"]]["level"] for row in depots} == {"region"}
    assert all(row["state"] and row["latitude"] and row["longitude"] for row in depots)


def test_campaigns_are_of_parts_that_there_are(files: TorresFiles) -> None:
    names = {row["name"] for row in files.rows["items"]}

    assert {campaign.name for campaign in read_campaigns()} <= names


def test_on_order_is_what_open_orders_add_up_to(files: TorresFiles) -> None:
    lots = Counter(place(row) for row in files.rows["stock"])
    ordered: Counter[tuple[str, str]] = Counter()
    for row in files.open_orders():
        ordered[place(row)] += number(row["quantity"]) - number(row["received"])

    stated = {place(row): number(row["on_order"]) for row in files.rows["stock"]}

    single = {at: units for at, units in stated.items() if lots[at] == 1}
    assert single == {at: ordered.get(at, 0.0) for at in single}


def test_orders_have_lines_of_their_own(files: TorresFiles) -> None:
    keys = [(row["order_id"], row["line"]) for row in files.rows["orders"]]

    assert len(set(keys)) == len(keys)


def test_nothing_is_due_on_a_weekend(files: TorresFiles) -> None:
    due = [day(row["due"]) for row in files.rows["orders"] if row["due"]]

    assert max(each.isoweekday() for each in due) <= 5


def test_some_depots_have_almost_nothing_and_nothing_ordered(files: TorresFiles) -> None:
    ordered = {place(row) for row in files.open_orders()}

    short = [
        at
        for at in files.on_hand
        if at not in ordered
        and files.weekly.get(at, 0) > 0.3
        and files.weeks_left(at) < 0.25 * files.lead_days[at[0]] / 7
    ]

    assert len(short) >= 5


def test_some_orders_come_too_late(files: TorresFiles) -> None:
    late = [
        row
        for row in files.open_orders()
        if row["due"]
        and (day(row["due"]) - THROUGH).days >= 30
        and 7 * files.weeks_left(place(row)) < 15
    ]

    assert len(late) >= 5


def test_some_orders_come_before_they_are_needed(files: TorresFiles) -> None:
    early = [
        row
        for row in files.open_orders()
        if row["due"]
        and 0 < (day(row["due"]) - THROUGH).days <= 14
        and 20 < files.weeks_left(place(row)) < 120
    ]

    assert len(early) >= 5


def test_some_orders_are_not_needed_at_all(files: TorresFiles) -> None:
    unwanted = [row for row in files.open_orders() if files.weeks_left(place(row)) > 130]

    assert len(unwanted) >= 5


def test_some_orders_are_overdue_and_some_partly_received(files: TorresFiles) -> None:
    overdue = [row for row in files.open_orders() if row["due"] and day(row["due"]) < THROUGH]
    part = [row for row in files.open_orders() if number(row["received"]) > 0]

    assert len(overdue) >= 10
    assert len(part) >= 10


def test_some_orders_have_no_date(files: TorresFiles) -> None:
    assert sum(not row["due"] for row in files.open_orders()) >= 3


def test_some_stock_lasts_for_years(files: TorresFiles) -> None:
    surplus = [at for at in files.on_hand if 104 < files.weeks_left(at) < float("inf")]
    dead = [at for at, units in files.on_hand.items() if units > 0 and at not in files.weekly]

    assert len(surplus) >= 8
    assert len(dead) >= 5


def test_some_parts_never_moved(files: TorresFiles) -> None:
    asked_for = {row["item_id"] for row in files.rows["demand"]}

    assert {row["item_id"] for row in files.rows["stock"]} - asked_for >= {"1701001", "1702001"}


def test_some_parts_got_most_of_their_demand_at_once(files: TorresFiles) -> None:
    by_week: Counter[tuple[str, str]] = Counter()
    whole: Counter[str] = Counter()
    for row in files.rows["demand"]:
        units = number(row["quantity"]) if row["quantity"] != "1O" else 0.0
        by_week[row["item_id"], row["date"]] += units
        whole[row["item_id"]] += units

    burst = {item for (item, _), units in by_week.items() if units > whole[item] / 2 and units > 10}

    assert len(burst) >= 3


def test_some_parts_are_new(files: TorresFiles) -> None:
    first: dict[str, date] = {}
    for row in files.rows["demand"]:
        if row["quantity"].isdecimal() and row["date"] != "31/02/2025":
            first.setdefault(row["item_id"], day(row["date"]))

    assert sum(begun > THROUGH - timedelta(weeks=60) for begun in first.values()) >= 3


def test_some_of_the_items_lack_a_cost_a_lead_time_or_a_criticality(files: TorresFiles) -> None:
    without = Counter(
        name
        for row in files.rows["items"]
        for name in ("unit_cost", "lead_time_days", "criticality")
        if not row[name]
    )

    assert without == {"unit_cost": 2, "lead_time_days": 2, "criticality": 1}


def test_the_orders_have_strange_parts_and_places_and_too_much_received(files: TorresFiles) -> None:
    rows = files.rows["orders"]
    codes = {row["item_id"] for row in files.rows["items"]}

    assert STRANGE_PART in {row["item_id"] for row in rows}
    assert any(len(row["item_id"]) == 6 and f"0{row['item_id']}" in codes for row in rows)
    assert STRANGE_PLACE in {row["location_id"] for row in rows}
    assert any(number(row["received"]) > number(row["quantity"]) for row in rows)
    assert any(row["received"] == row["quantity"] for row in rows)


def test_some_parts_come_back_from_repair_and_are_away_now(files: TorresFiles) -> None:
    repaired = {row["item_id"] for row in files.rows["items"] if row["repair_days"]}
    stock = [row for row in files.rows["stock"] if row["item_id"] in repaired]

    assert 15 <= len(repaired) <= 20
    assert all(row["in_repair"] for row in stock)
    assert sum(number(row["in_repair"]) for row in stock) >= 80
    assert not any(row["in_repair"] for row in files.rows["stock"] if row not in stock)


def test_repaired_parts_do_not_lie_in_stock_for_years(files: TorresFiles) -> None:
    repaired = {row["item_id"] for row in files.rows["items"] if row["repair_days"]}
    weeks = [files.weeks_left(at) for at in files.on_hand if at[0] in repaired]

    assert sorted(weeks)[len(weeks) // 2] < 26
    assert min(weeks) == 0
