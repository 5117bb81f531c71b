"""A stock file is read by lots; one that can't be used is refused with every fault of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml_jobs.errors import InputError
from ml_jobs.inputs.stock_file import (
    HELD_HERE,
    days_apart,
    not_coming_back,
    read_stock,
    stock_rows,
    untold_repairs,
)
from tests.unit.ml_jobs.panels import panel_of

pytestmark = pytest.mark.ml


def test_every_fault_of_a_stock_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "item_id,location_id,current_stock,service_level,as_of\n"
        "A,RS,few,0.2,soon\nA,RS,5,0.9,2026-01-01\n,RS,1,0.9,\nB,,1,0.9,2026-01-01\n"
        "B,network,1,0.9,2026-01-01\n",
        encoding="utf-8",
    )

    with pytest.raises(InputError) as refused:
        read_stock(path)

    said = str(refused.value)
    for expected in (
        "stock.csv has 4 fault(s)",
        "item_id is missing in 1 row(s)",
        "current_stock has 'few'; it must be a number from -1e+12 to 1e+12",
        "service_level has '0.2'; it must be a number from 0.5 to 0.9999",
        "as_of has '', 'soon'; it must be a date such as 2026-11-20 in every row",
    ):
        assert expected in said


def written(folder: Path, *rows: str, header: str) -> Path:
    path = folder / "stock.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_rows_of_lots_are_summed_and_named(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        *("A,SP,L1,10,2", "A,SP,L2,20,", "A,RJ,L1,5,", "B,SP,L1,1,"),
        header="item_id,location_id,lot,current_stock,on_order",
    )

    file = read_stock(path)

    rows = file.table.select(["item_id", "location_id", "current_stock", "on_order"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("A", "SP", 30.0, 2.0),
        ("A", "RJ", 5.0, None),
        ("B", "SP", 1.0, None),
    ]
    (note,) = file.notes
    assert note == (
        "1 item(s) and place(s) stand in several rows, as of lots; their stock and orders were "
        "summed: 'A at SP (2 rows)'"
    )


def test_what_differs_among_lots_is_named_and_the_highest_counts(tmp_path: Path) -> None:
    path = written(
        tmp_path, "A,10,5", "A,20,50", "B,1,5", header="item_id,current_stock,minimum_order"
    )

    file = read_stock(path)

    assert file.table["minimum_order"].to_pylist() == [50.0, 5.0]
    assert "minimum_order differs among the rows of 'A'; the highest counts" in file.notes


def test_negative_stock_sets_its_item_aside_and_no_other(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        *("A,SP,-3", "A,RJ,10", "B,SP,4"),
        header="item_id,location_id,current_stock",
    )

    file = read_stock(path)

    assert file.table["current_stock"].to_pylist() == [None, None, 4.0]
    assert file.notes == ("1 item(s) have negative stock, so theirs counts as not known: 'A (-3)'",)


def test_stock_of_a_day_that_has_not_come_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "A,5,2027-05-05", header="item_id,current_stock,as_of")

    with pytest.raises(InputError, match=r"after 2026-11-21, .* found '2027-05-05 of A'"):
        read_stock(path, today=date(2026, 11, 21))


def test_stock_of_a_day_far_from_the_demand_is_named(tmp_path: Path) -> None:
    path = written(
        tmp_path, "A,5,2026-01-02", "B,5,2026-05-01", header="item_id,current_stock,as_of"
    )
    file = read_stock(path)

    (note,) = days_apart(file, date(2026, 5, 5), 8)

    assert "the stock of 1 item(s) stands for a day far from the last of the demand" in note
    assert "2026-05-05, the farthest 2026-01-02" in note
    assert list(days_apart(file, date(2026, 5, 5), 200)) == []


def test_units_in_repair_are_summed_over_lots(tmp_path: Path) -> None:
    header = "item_id,location_id,current_stock,in_repair"
    path = written(tmp_path, "A,SP,1,2", "A,SP,1,3", "A,RJ,1,", header=header)

    rows = read_stock(path).table.to_pylist()

    assert [(row["location_id"], row["in_repair"]) for row in rows] == [("SP", 5.0), ("RJ", None)]


def test_units_in_repair_of_a_part_that_is_not_repaired_are_named(tmp_path: Path) -> None:
    rows = ("A,1,2", "B,1,2", "C,1,0", "D,1,2")
    file = read_stock(written(tmp_path, *rows, header="item_id,current_stock,in_repair"))
    items = pa.table({"item_id": ["A", "B", "C"], "repair_days": [None, 30.0, None]})

    (said,) = not_coming_back(file, items)

    assert said == (
        "1 item(s) have units in repair and no repair_days in the item file, so none of those is "
        "counted on: 'A'"
    )


def repaired_items(*item_ids: str, condemnation: float = 0.2) -> pa.Table:
    count = len(item_ids)
    columns = {"repair_days": [30.0] * count, "condemnation": [condemnation] * count}
    return pa.table({"item_id": list(item_ids), **columns})


def test_repaired_parts_of_which_untold_repairs_what_is_in_repair_are_named(tmp_path: Path) -> None:
    rows = ("A,SP,1,", "A,RJ,1,", "B,SP,1,", "B,RJ,1,2", "C,SP,1,0", "D,SP,-1,")
    header = "item_id,location_id,current_stock,in_repair"
    file = read_stock(written(tmp_path, *rows, header=header))

    (said,) = untold_repairs(file, repaired_items("A", "B", "C", "D", "E"))

    assert said == (
        "1 item(s) are repaired and have no in_repair, so none is counted on and as many are "
        "ordered instead: 'A'"
    )


def test_nothing_is_said_of_parts_that_are_bought_new(tmp_path: Path) -> None:
    file = read_stock(written(tmp_path, "A,1", "B,1", header="item_id,current_stock"))
    bought = pa.table(
        {
            "item_id": ["A", "B"],
            "repair_days": pa.nulls(2, pa.float64()),
            "condemnation": pa.nulls(2, pa.float64()),
        }
    )

    assert not list(untold_repairs(file, bought))
    assert not list(untold_repairs(file, repaired_items("A", condemnation=1.0)))


def test_negative_units_in_repair_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "A,1,-2", header="item_id,current_stock,in_repair")

    with pytest.raises(InputError, match="in_repair has '-2'; it must be a number from 0"):
        read_stock(path)


def test_a_place_whose_stock_is_empty_has_none_of_its_own(tmp_path: Path) -> None:
    header = "item_id,location_id,current_stock,service_level"
    file = read_stock(written(tmp_path, "A,CD,,0.95", "A,D1,4,", "A,D2,0,", header=header))
    panel = replace(panel_of(np.ones((3, 4))), item_ids=("A",) * 3, location_ids=("CD", "D1", "D2"))

    rows = stock_rows(file, panel, None)

    assert rows.column(HELD_HERE).to_pylist() == [False, True, True]
