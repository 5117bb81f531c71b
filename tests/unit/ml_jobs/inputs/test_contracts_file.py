"""Files of contracts and installed parts are read; what can't be used is refused or named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from ml_jobs.fleet import WHOLE, fleet_of
from ml_jobs.inputs.contracts_file import (
    contract_notes,
    installed_at,
    place_notes,
    read_contracts,
    read_installed,
)
from ml_jobs.inputs.locations import Hierarchy, Location
from ml_jobs.inputs.master_file import MasterFile
from ml_jobs.panel import NETWORK

pytestmark = pytest.mark.ml

CONTRACTS = "contract_id,name,towers,target_availability,penalty_per_hour"
INSTALLED = "item_id,location_id,contract_id,installed,share_down,waiting,emergency_hours"


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def contracts(folder: Path, *rows: str) -> MasterFile:
    return read_contracts(written(folder / "contracts.csv", CONTRACTS, *rows))


def installed(folder: Path, *rows: str) -> MasterFile:
    return read_installed(written(folder / "installed.csv", INSTALLED, *rows))


def test_contracts_are_read(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,1200,0.9995,", "B,,300,,40")

    assert file.table.to_pylist() == [
        {
            "contract_id": "A",
            "name": "Alfa",
            "towers": 1200.0,
            "target_availability": 0.9995,
            "measured_per": None,
            "penalty_per_hour": None,
            "penalty_cap": None,
        },
        {
            "contract_id": "B",
            "name": None,
            "towers": 300.0,
            "target_availability": None,
            "measured_per": None,
            "penalty_per_hour": 40.0,
            "penalty_cap": None,
        },
    ]
    assert file.notes == ()


def test_a_contract_without_towers_is_left_out_and_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,0,0.99,", "B,Beta,,0.99,", "C,Gama,5,0.99,")

    assert file.codes("contract_id") == {"C"}
    assert file.notes == ("2 contract(s) without towers were left out: 'A', 'B'",)


def test_a_contract_that_promises_nothing_is_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,,", "B,Beta,10,,0", "C,Gama,10,,40")

    assert file.notes == (
        (
            "2 contract(s) have neither target_availability nor penalty_per_hour, so nothing is "
            "bought for them alone: 'A', 'B'"
        ),
    )


def test_where_no_contract_promises_anything_all_hours_have_one_price(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,,", "B,Beta,10,,0")

    assert file.notes == (
        (
            "2 contract(s) have neither target_availability nor penalty_per_hour, so all towers' "
            "hours cost what service levels' money buys them for: 'A', 'B'"
        ),
    )


def test_towers_that_never_stand_still_are_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,1,")

    assert file.notes == (
        "1 contract(s) ask for towers that never stand still, which no stock gives",
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,Alfa,-3,0.99,", "towers has '-3'; it must be a number from 0 to 1e+12 (row 1)"),
        (
            "A,Alfa,10,99.95,",
            "'99.95'; it must be a number from 0.5 to 1, such as 0.9995 for 99.95 % (row 1)",
        ),
        ("A,Alfa,10,0,", "target_availability has '0'; it must be a number from 0.5 to 1"),
        ("A,Alfa,10,100,", "target_availability has '100'; it must be a number from 0.5 to 1"),
        ("A,Alfa,10,101,", "target_availability has '101'; it must be a number from 0.5 to 1"),
        ("A,Alfa,10,0.99,-1", "penalty_per_hour has '-1'"),
    ],
)
def test_what_no_contract_can_say_is_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        contracts(tmp_path, row)


def test_two_contracts_of_one_code_are_refused(tmp_path: Path) -> None:
    told = "contract_id must be unique; found more than once: 'A' (row 1, row 3)"

    with pytest.raises(InputError, match=re.escape(told)):
        contracts(tmp_path, "A,Alfa,10,0.99,", "B,Beta,10,0.99,", "A,Outro,20,0.99,")


def test_installed_parts_without_a_place_or_a_contract_are_of_all(tmp_path: Path) -> None:
    file = installed(tmp_path, "P1,,A,10,0.5,,", "P2,SP,,,,,")

    assert file.table["location_id"].to_pylist() == [NETWORK, "SP"]
    assert file.table["contract_id"].to_pylist() == ["A", NETWORK]


def test_a_share_above_all_failures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"share_down has '1\.5'; it must be a number from 0 to 1"):
        installed(tmp_path, "P1,SP,A,10,1.5,,")


def test_a_part_twice_at_one_place_for_one_contract_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be unique"):
        installed(tmp_path, "P1,SP,A,10,0.5,,", "P1,SP,A,20,0.5,,")


def test_contracts_that_are_not_in_their_file_are_named(tmp_path: Path) -> None:
    parts = installed(tmp_path, "P1,SP,A,10,,,", "P1,SP,Z,10,,,")

    (strange,) = contract_notes(contracts(tmp_path, "A,Alfa,10,0.99,"), parts)
    (alone,) = contract_notes(None, parts)

    assert strange.endswith(
        "not in contracts.csv, or have no towers there, and their parts were left out: 'Z'"
    )
    assert alone.startswith("installed.csv names 2 contract(s), and there is no file of contracts")


def test_notes_of_the_contracts_file_say_whose_they_are(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,,")

    (note,) = contract_notes(file, None)

    assert note.startswith("contracts.csv: 1 contract(s) have neither")


def test_a_part_that_is_fetched_without_saying_how_long_waits_and_is_named(tmp_path: Path) -> None:
    parts = installed(tmp_path, "P1,SP,,10,,emergency,", "P2,SP,,10,,emergency,48")

    (note,) = contract_notes(None, parts)

    assert note.startswith("installed.csv: 1 part(s) are fetched when there are none, and ")
    assert note.endswith("they count as waiting for the next delivery: 'P1'")


def test_a_part_that_is_fetched_for_some_towers_only_is_named(tmp_path: Path) -> None:
    parts = installed(tmp_path, "P1,SP,,10,,emergency,48", "P1,RJ,,10,,delivery,")

    (note,) = contract_notes(None, parts)

    assert "1 part(s) are fetched for some towers and not for others" in note


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "P1,SP,,10,,helicopter,48",
            "waiting has 'helicopter'; it must be one of delivery, emergency",
        ),
        ("P1,SP,,10,,emergency,-2", "emergency_hours has '-2'"),
        ("P1,SP,,10,,emergency,soon", "emergency_hours has 'soon'"),
    ],
)
def test_a_wait_that_cannot_be_is_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        installed(tmp_path, row)


def test_no_contract_is_called_what_all_towers_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contract_id has 'network', which stands for all towers"):
        contracts(tmp_path, f"{NETWORK},Rede,100,0.99,")


def told_of(folder: Path, header: str, *rows: str) -> tuple[str, ...]:
    """Return the notes of a file of contracts with other columns."""
    file = read_contracts(written(folder / "contracts.csv", header, *rows))
    return tuple(contract_notes(file, None))


def test_another_time_than_a_month_is_refused(tmp_path: Path) -> None:
    header = "contract_id,towers,target_availability,measured_per"

    assert told_of(tmp_path, header, "A,10,0.99,month", "B,10,0.99,") == ()
    with pytest.raises(InputError, match=r"measured_per has 'year'; it must be one of month"):
        told_of(tmp_path, header, "A,10,0.99,year")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,10,50,20", "row 1: penalty_cap is 20 and penalty_per_hour is 50; a cap must be"),
        ("A,10,,20", "row 1: penalty_cap is 20 and penalty_per_hour is missing; a cap must be"),
        ("A,10,50,-1", "penalty_cap has '-1'; it must be a number from 0"),
    ],
)
def test_a_cap_that_caps_nothing_is_refused_with_its_row(
    tmp_path: Path, row: str, told: str
) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        told_of(tmp_path, "contract_id,towers,penalty_per_hour,penalty_cap", row)


def test_a_cap_is_read_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    header = "contract_id,towers,penalty_per_hour,penalty_cap"

    file = read_contracts(written(tmp_path / "contracts.csv", header, "A,10,50,5000", "B,10,50,"))

    assert file.table.column("penalty_cap").to_pylist() == [5000.0, None]
    assert tuple(contract_notes(file, None)) == ()


def test_columns_of_contracts_that_are_not_read_are_named(tmp_path: Path) -> None:
    (note,) = told_of(tmp_path, "contract_id,towers,penalty_per_hour,priority", "A,10,50,1")

    assert note == "contracts.csv has columns that are not read: priority"


def test_where_no_contract_has_towers_all_towers_are_one(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,0,0.99,")
    parts = installed(tmp_path, "P1,,A,10,0.5,,")

    fleet = fleet_of(file.table, parts.table)

    assert fleet.contracts == (WHOLE,)
    assert [row.share_down for row in fleet.installed["P1"]] == [0.5]
    (note,) = contract_notes(file, parts)
    assert note.startswith("contracts.csv: no contract has towers; all towers count as one, and")


def test_hours_of_a_part_that_is_not_fetched_are_said_not_to_count(tmp_path: Path) -> None:
    parts = installed(tmp_path, "P1,SP,,10,,,48", "P2,SP,,10,,delivery,48", "P3,SP,,1,,,")

    (note,) = contract_notes(None, parts)

    assert note.startswith("installed.csv: 2 part(s) have emergency_hours and don't say that they")
    assert note.endswith("their hours are not counted: 'P1', 'P2'")


def test_a_fetched_part_that_works_sooner_than_one_in_stock_is_refused(tmp_path: Path) -> None:
    rows = (f"{INSTALLED},restore_hours", "P1,SP,,1,,emergency,8,4", "P2,SP,,1,,emergency,4,8")

    told = "row 2: emergency_hours is 4 and restore_hours 8; it must be at most as long"
    with pytest.raises(InputError, match=re.escape(told)):
        read_installed(written(tmp_path / "installed.csv", *rows))


def test_one_part_of_two_contracts_at_one_place_is_shared(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,0.99,", "B,Beta,10,0.99,")
    parts = installed(tmp_path, "P1,SP,A,10,0.5,,", "P1,SP,B,30.5,0.5,,")

    fleet = fleet_of(file.table, parts.table)

    assert [(row.contract_id, row.units) for row in fleet.installed["P1"]] == [
        ("A", 10.0),
        ("B", 30.5),
    ]


def test_parts_installed_where_no_stock_lies_are_left_out_and_named(tmp_path: Path) -> None:
    places = Hierarchy(
        (
            Location("SE", "Sudeste", "region", NETWORK),
            Location("SP", "São Paulo", "depot", "SE"),
            Location(NETWORK, "Rede", NETWORK),
        )
    )
    rows = [f"P1,{place},,10,0.5,," for place in ("SP", "SE", "LUA", "")]
    parts = installed(tmp_path, *rows)

    (note,) = place_notes(parts, places)

    assert installed_at(parts, places)["location_id"].to_pylist() == ["SP", NETWORK]
    assert "2 row(s) of parts installed there were left out: 'LUA', 'SE'" in note


def test_without_places_parts_installed_anywhere_are_of_the_network(tmp_path: Path) -> None:
    places = Hierarchy((Location(NETWORK, "Rede", NETWORK),))
    parts = installed(tmp_path, "P1,SP,,10,0.5,,")

    assert installed_at(parts, places).num_rows == 1


@pytest.mark.parametrize("name", ["contracts", "installed"])
@pytest.mark.parametrize("text", ["", "contract_id,item_id\n"])
def test_a_file_without_rows_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    read = read_contracts if name == "contracts" else read_installed

    with pytest.raises(InputError, match=rf"{name}\.csv (is empty|has no rows)"):
        read(path)


def test_decimal_commas_and_semicolons_are_read(tmp_path: Path) -> None:
    header = CONTRACTS.replace(",", ";")
    file = read_contracts(
        written(tmp_path / "contracts.csv", header, "A;Alfa;1.200;0,9995;", "B;Beta;300;;40,5")
    )
    parts = read_installed(
        written(tmp_path / "installed.csv", INSTALLED.replace(",", ";"), "P1;SP;A;1.250;0,5;;")
    )

    assert file.table["towers"].to_pylist() == [1200, 300]
    assert file.table["target_availability"].to_pylist() == [0.9995, None]
    assert file.table["penalty_per_hour"].to_pylist() == [None, 40.5]
    assert parts.table["installed"].to_pylist() == [1250]
    assert parts.table["share_down"].to_pylist() == [0.5]
