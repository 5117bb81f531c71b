"""Towers by contract: how many stand still for a unit that waits, and whose they are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.fleet import WHOLE, Contract, Fleet, InstalledPart, fleet_of
from ml_jobs.panel import NETWORK, Frequency, Panel

pytestmark = pytest.mark.ml

TOWERS = (("A", 300.0), ("B", 100.0))
TWO = (Contract("A", "Alfa", 300.0), Contract("B", "Beta", 100.0))


def panel_of(*keys: tuple[str, str]) -> Panel:
    items, places = zip(*keys, strict=True)
    dates = Frequency.DAILY.calendar(np.datetime64("2026-11-01"), 2)
    count = len(keys)
    return Panel(
        items, places, dates, np.ones((count, 2)), np.zeros(count, np.int64), Frequency.DAILY
    )


def installed(*rows: InstalledPart) -> dict[str, tuple[InstalledPart, ...]]:
    return {
        item: tuple(row for row in rows if row.item_id == item)
        for item in {row.item_id for row in rows}
    }


def test_without_contracts_all_towers_are_one() -> None:
    waiting = Fleet().towers_waiting(panel_of(("P1", NETWORK)), np.array([0.5]))

    assert Fleet().contracts == (WHOLE,)
    assert waiting.tolist() == [[0.5]]


def test_without_installed_parts_contracts_share_as_they_have_towers() -> None:
    waiting = Fleet(TWO).towers_waiting(panel_of(("P1", NETWORK)), np.array([0.1]))

    np.testing.assert_allclose(waiting[:, 0], [0.075, 0.025])


def test_failures_are_shared_out_by_what_is_installed() -> None:
    fleet = Fleet(
        TWO,
        installed(
            InstalledPart("P1", "SP", "A", 10.0, 1.0), InstalledPart("P1", "SP", "B", 30.0, None)
        ),
    )

    waiting = fleet.towers_waiting(panel_of(("P1", "SP")), np.array([0.2]))

    np.testing.assert_allclose(waiting[:, 0], [0.25, 0.15])


def test_what_is_said_of_the_network_holds_where_nothing_is_said_of_a_place() -> None:
    fleet = Fleet(
        TWO,
        installed(
            InstalledPart("P1", NETWORK, "A", 1.0, 1.0), InstalledPart("P1", "SP", "B", 1.0, 1.0)
        ),
    )

    waiting = fleet.towers_waiting(panel_of(("P1", "RJ"), ("P1", "SP")), np.ones(2))

    assert waiting.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_the_network_has_what_its_places_have() -> None:
    fleet = Fleet(
        TWO,
        installed(
            InstalledPart("P1", "RJ", "A", 1.0, 1.0), InstalledPart("P1", "SP", "B", 3.0, 1.0)
        ),
    )

    waiting = fleet.towers_waiting(panel_of(("P1", NETWORK)), np.ones(1))

    assert waiting[:, 0].tolist() == [0.25, 0.75]


def test_nothing_installed_takes_no_tower_down() -> None:
    fleet = Fleet(TWO, installed(InstalledPart("P1", "SP", "A", 0.0, 1.0)))

    assert fleet.towers_waiting(panel_of(("P1", "SP")), np.ones(1)).tolist() == [[0.0], [0.0]]


def test_splitting_a_contract_in_two_alike_changes_nothing_in_all() -> None:
    one = Fleet((Contract("A", "Alfa", 300.0),))
    two = Fleet((Contract("A1", "Alfa", 150.0), Contract("A2", "Alfa", 150.0)))
    panel, share = panel_of(("P1", NETWORK)), np.array([0.5])

    assert one.towers_waiting(panel, share).sum() == two.towers_waiting(panel, share).sum()


def test_parts_of_contracts_that_are_not_known_are_left_out() -> None:
    contracts = pa.Table.from_pylist(
        [
            {
                "contract_id": "A",
                "name": None,
                "towers": 10.0,
                "target_availability": 0.99,
                "penalty_per_hour": None,
                "penalty_cap": None,
            }
        ]
    )
    parts = pa.Table.from_pylist(
        [
            {
                "item_id": "P1",
                "location_id": NETWORK,
                "contract_id": code,
                "installed": 1.0,
                "share_down": 1.0,
                "waiting": None,
                "emergency_hours": None,
                "restore_hours": None,
            }
            for code in ("A", "Z")
        ]
    )

    fleet = fleet_of(contracts, parts)

    assert fleet.contracts == (Contract("A", "A", 10.0, 0.99, None),)
    assert [row.contract_id for row in fleet.installed["P1"]] == ["A"]
    assert fleet_of(None, parts).installed["P1"][1].contract_id == NETWORK


def test_hours_of_fetching_are_the_mean_of_what_is_installed() -> None:
    fleet = Fleet(
        TWO,
        installed(
            InstalledPart("P1", "SP", "A", 30.0, fetch_hours=48.0),
            InstalledPart("P1", "SP", "B", 10.0, fetch_hours=8.0),
        ),
    )

    assert fleet.fetch_hours(panel_of(("P1", "SP"))).tolist() == [38.0]


def test_a_part_that_waits_for_some_towers_waits_for_all() -> None:
    fleet = Fleet(
        TWO,
        installed(
            InstalledPart("P1", "SP", "A", 30.0, fetch_hours=48.0),
            InstalledPart("P1", "SP", "B", 10.0),
            InstalledPart("P2", "SP", "A", 10.0, fetch_hours=48.0),
        ),
    )

    hours = fleet.fetch_hours(panel_of(("P1", "SP"), ("P2", "SP"), ("P3", "SP")))

    np.testing.assert_array_equal(hours, [np.nan, 48.0, np.nan])


def test_what_a_repair_takes_anyway_is_not_the_fetching_s() -> None:
    names = ("item_id", "location_id", "contract_id", "installed", "share_down")
    waits = ("waiting", "emergency_hours", "restore_hours")
    rows = [
        ("P1", "SP", NETWORK, None, None, "emergency", 48.0, 4.0),
        ("P2", "SP", NETWORK, None, None, "emergency", None, None),
        ("P3", "SP", NETWORK, None, None, None, 48.0, None),
        ("P4", "SP", NETWORK, None, None, "emergency", 2.0, 4.0),
    ]
    table = pa.Table.from_pylist([dict(zip(names + waits, row, strict=True)) for row in rows])

    found = fleet_of(None, table).installed

    hours = [found[item][0].fetch_hours for item in ("P1", "P2", "P3", "P4")]
    assert hours == [44.0, None, None, 0.0]


def test_parts_for_no_contract_in_particular_are_shared_out_by_towers() -> None:
    names = (
        *("contract_id", "name", "towers", "target_availability", "penalty_per_hour"),
        "penalty_cap",
    )
    contracts = pa.Table.from_pylist(
        [
            dict(zip(names, (code, code, towers, None, 40.0, None), strict=True))
            for code, towers in TOWERS
        ]
    )
    parts = pa.Table.from_pylist(
        [
            {
                "item_id": "P1",
                "location_id": NETWORK,
                "contract_id": NETWORK,
                "installed": 100.0,
                "share_down": 0.2,
                "waiting": None,
                "emergency_hours": None,
                "restore_hours": None,
            }
        ]
    )

    fleet = fleet_of(contracts, parts)

    assert [(row.contract_id, row.installed) for row in fleet.installed["P1"]] == [
        ("A", 75.0),
        ("B", 25.0),
    ]
    waiting = fleet.towers_waiting(panel_of(("P1", NETWORK)), np.ones(1))
    np.testing.assert_allclose(waiting[:, 0], [0.15, 0.05])


def test_a_cap_ends_the_hours_that_have_a_price() -> None:
    capped, open_ended, free = (
        Contract("A", "A", 10.0, None, 50.0, 5000.0),
        Contract("B", "B", 10.0, None, 50.0),
        Contract("C", "C", 10.0, 0.99, 0.0, 0.0),
    )

    assert [each.capped_hours for each in (capped, open_ended, free)] == [100.0, np.inf, np.inf]
    assert Fleet((capped, open_ended, free)).caps == {"A": 5000.0}
