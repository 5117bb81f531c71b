"""Files of lanes are read; what can't be used is refused or named, with its row and value."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.lanes_file import lane_notes, lanes_in, read_lanes
from ml_jobs.inputs.master_file import MasterFile
from ml_jobs.lanes import Lane

pytestmark = pytest.mark.ml

HEADER = "from_location_id,to_location_id,km,days,fixed_cost,cost_per_kg"


def lanes(folder: Path, *rows: str, header: str = HEADER) -> MasterFile:
    path = folder / "lanes.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_lanes(path)


def refused(folder: Path, *rows: str) -> str:
    with pytest.raises(InputError) as caught:
        lanes(folder, *rows)
    return str(caught.value)


def test_lanes_are_read_and_what_is_left_out_is_not_known(tmp_path: Path) -> None:
    file = lanes(tmp_path, "A,B,700,3,120,1.5", "B,A,,,,")

    assert lanes_in(file, {"A", "B"}) == {
        ("A", "B"): Lane(700.0, 3.0, 120.0, 1.5),
        ("B", "A"): Lane(),
    }
    assert list(lane_notes(file, {"A", "B"})) == []


def test_without_a_file_there_are_no_lanes() -> None:
    assert lanes_in(None, {"A"}) == {}
    assert list(lane_notes(None, {"A"})) == []


@pytest.mark.parametrize("value", ["-5", "nan", "far", "-0.5"])
def test_a_number_below_0_or_that_is_none_is_refused_with_its_row(
    tmp_path: Path, value: str
) -> None:
    told = refused(tmp_path, "A,B,1,,,", f"B,A,{value},,,")

    assert f"'{value}'" in told
    assert "km" in told
    assert "must be a number" in told


@pytest.mark.parametrize("value", ["-5", "nan"])
def test_the_row_is_named(tmp_path: Path, value: str) -> None:
    told = refused(tmp_path, "A,B,1,,,", f"B,A,1,,{value},")

    assert f"row 2: fixed_cost is '{value}'; it must be a number from 0, or nothing" in told


def test_a_lane_that_stands_twice_is_refused_with_both_rows(tmp_path: Path) -> None:
    told = refused(tmp_path, "A,B,1,,,", "B,A,1,,,", "A,B,2,,,")

    assert "row 1 and row 3: the lane from 'A' to 'B' stands twice" in told


def test_a_lane_that_leads_to_its_beginning_is_refused(tmp_path: Path) -> None:
    assert "row 1: 'A' leads to itself" in refused(tmp_path, "A,A,1,,,")


def test_a_lane_without_an_end_is_refused(tmp_path: Path) -> None:
    assert "row 1: to_location_id is missing" in refused(tmp_path, "A,,1,,,")


def test_many_faults_are_counted_and_the_first_are_told(tmp_path: Path) -> None:
    told = refused(tmp_path, *(f"A,P{n},-1,,," for n in range(500)))

    assert "500 fault(s)" in told
    assert len(told) < 2000


def test_a_lane_to_a_place_that_is_not_known_is_left_out_and_named(tmp_path: Path) -> None:
    file = lanes(tmp_path, "A,B,1,,,", "A,Z,1,,,")

    assert lanes_in(file, {"A", "B"}).keys() == {("A", "B")}
    (note,) = lane_notes(file, {"A", "B"})
    assert "row 2: Z" in note
    assert "left out" in note


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    file = lanes(tmp_path, "A,B,1,ship", header="from_location_id,to_location_id,km,by")

    assert list(lane_notes(file, {"A", "B"})) == ["lanes.csv has columns that are not read: by"]


def test_decimal_commas_are_read(tmp_path: Path) -> None:
    header = HEADER.replace(",", ";")

    file = lanes(tmp_path, "A;B;12,5;;1.200,50;", header=header)

    assert lanes_in(file, {"A", "B"})["A", "B"] == Lane(12.5, None, 1200.5, None)
