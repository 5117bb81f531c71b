"""Files of contracts and installed parts are read; what can't be used is refused or named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.contracts_file import contract_notes, read_contracts, read_installed
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
            "penalty_per_hour": None,
        },
        {
            "contract_id": "B",
            "name": None,
            "towers": 300.0,
            "target_availability": None,
            "penalty_per_hour": 40.0,
        },
    ]
    assert file.notes == ()


def test_a_contract_without_towers_is_left_out_and_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,0,0.99,", "B,Beta,,0.99,", "C,Gama,5,0.99,")

    assert file.codes("contract_id") == {"C"}
    assert file.notes == ("2 contract(s) without towers were left out: 'A', 'B'",)


def test_a_contract_that_promises_nothing_is_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,,", "B,Beta,10,,0")

    assert "2 contract(s) have neither target_availability nor penalty_per_hour" in file.notes[0]


def test_towers_that_never_stand_still_are_named(tmp_path: Path) -> None:
    file = contracts(tmp_path, "A,Alfa,10,1,")

    assert file.notes == (
        "1 contract(s) ask for towers that never stand still, which no stock gives",
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,Alfa,-3,0.99,", "towers has '-3'; it must be a number from 0"),
        ("A,Alfa,10,99.95,", "target_availability has '99.95'; it must be a number from 0.5 to 1"),
        ("A,Alfa,10,0.99,-1", "penalty_per_hour has '-1'"),
    ],
)
def test_what_no_contract_can_say_is_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        contracts(tmp_path, row)


def test_two_contracts_of_one_code_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contract_id must be unique; found more than once: 'A'"):
        contracts(tmp_path, "A,Alfa,10,0.99,", "A,Outro,20,0.99,")


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

    assert strange.endswith("not in contracts.csv, and their parts were left out: 'Z'")
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
