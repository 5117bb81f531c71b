"""Folders of demand: what belongs together is read as one, nothing left out in silence."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_files import DemandFormat, DemandScan, scan_demand
from ml_jobs.inputs.demand.demand_folder import find_demand, overlapping
from ml_jobs.progress import silent

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)


def write(folder: Path, name: str, *rows: str, header: str = "item_id,date,quantity") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def scanned(path: Path, **options: bool) -> DemandScan:
    return scan_demand(path, DemandFormat(TODAY, **options), report=silent)


def month(number: int, *items: str) -> list[str]:
    first = date(2026, number, 1)
    days = [first + timedelta(days=n) for n in range(28)]
    return [f"{item},{day},{1 + (day.day * number) % 5}" for item in items for day in days]


def test_a_file_is_its_own_only_file(tmp_path: Path) -> None:
    (file,) = find_demand(tmp_path / "demand.csv").files

    assert (file.path, file.name) == (tmp_path / "demand.csv", "demand.csv")


def test_a_folder_gives_its_demand_files_by_name_and_names_the_others(tmp_path: Path) -> None:
    for name in ("2.parquet", "10.CSV", "README.md", ".hidden.csv", "sub/3.csv", "_SUCCESS"):
        write(tmp_path, name)

    found = find_demand(tmp_path)

    assert [file.name for file in found.files] == ["10.CSV", "2.parquet", "sub/3.csv"]
    assert found.unread == (".hidden.csv", "README.md", "_SUCCESS")


def test_a_folder_without_demand_files_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    write(tmp_path, "notes.md")

    with pytest.raises(InputError, match=r"without a file of \.csv, .*; it holds 'notes.md'"):
        find_demand(tmp_path)


def test_a_table_that_can_not_be_read_refuses_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "january.csv")
    write(tmp_path, "february.json")

    with pytest.raises(InputError, match=r"holds 'february\.json', which can't be read; save it"):
        find_demand(tmp_path)


def test_files_with_whole_items_are_read_one_at_a_time_in_the_order_of_their_items(
    tmp_path: Path,
) -> None:
    for name, item in (("1.csv", "M"), ("2.csv", "A"), ("3.csv", "D")):
        write(tmp_path, name, *month(1, item))

    found = scanned(tmp_path)

    assert [[file.name for file in group] for group in found.groups] == [
        ["2.csv"],
        ["3.csv"],
        ["1.csv"],
    ]
    assert found.rows is None


def test_monthly_files_are_read_as_one_history(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        write(tmp_path, f"2026-{number:02}.csv", *month(number, "A", "B"))

    found = scanned(tmp_path)

    assert found.rows is not None
    assert found.rows.accounting.read == found.rows.accounting.used == 3 * 2 * 28
    assert found.coverage.item_ids == ("A", "B")
    names = "'2026-01.csv', '2026-02.csv', '2026-03.csv'"
    assert found.notes == (f"3 files have one history and were read together: {names}",)
    assert [note.name for note in found.inputs] == ["2026-01.csv", "2026-02.csv", "2026-03.csv"]


def test_returns_lessen_the_demand_of_an_earlier_file(tmp_path: Path) -> None:
    write(tmp_path, "2026-01.csv", *month(1, "A"))
    write(tmp_path, "2026-02.csv", *month(2, "A"), "A,2026-02-01,-7")

    found = scanned(tmp_path)

    assert found.rows is not None
    kept = found.rows.quantities[found.rows.used]
    assert (
        kept.sum() == sum(float(row.split(",")[2]) for row in [*month(1, "A"), *month(2, "A")]) - 7
    )


def test_the_folders_of_a_hive_tree_are_columns(tmp_path: Path) -> None:
    for place in ("SP", "S%C3%A3o%20Lu%C3%ADs"):
        folder = tmp_path / f"location_id={place}" / "year=2026"
        folder.mkdir(parents=True)
        rows = pa.table({"item_id": ["A", "B"], "date": [date(2026, 1, 5)] * 2, "quantity": [1, 2]})
        pq.write_table(rows, folder / "part-0.parquet")
    (tmp_path / "_SUCCESS").write_bytes(b"")

    found = scanned(tmp_path)

    assert found.coverage.location_ids == ("SP", "São Luís")
    assert found.rows is not None
    assert found.rows.used.sum() == 4
    assert "1 file(s) of the folder were not read: '_SUCCESS'" in found.notes


def test_a_file_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "january.csv", *month(1, "A"))
    write(tmp_path, "january (1).csv", *month(1, "A"))

    with pytest.raises(InputError, match=r"january\.csv is a copy of january \(1\)\.csv"):
        scanned(tmp_path)


def test_exports_that_overlap_are_refused_with_the_days_they_share(tmp_path: Path) -> None:
    write(tmp_path, "first.csv", *month(1, "A", "B"), *month(2, "A", "B"))
    write(tmp_path, "second.csv", *month(2, "A", "B"), *month(3, "A", "B"))

    with pytest.raises(
        InputError, match=r"second\.csv has the demand of first\.csv again: 56 .* 2026-02-01 to"
    ):
        scanned(tmp_path)


def test_files_of_several_plants_on_the_same_days_are_summed(tmp_path: Path) -> None:
    write(tmp_path, "north.csv", *month(1, "A", "B"))
    write(tmp_path, "south.csv", *[f"{row}1" for row in month(1, "A", "B")])

    found = scanned(tmp_path)

    assert any("56 row(s) repeat an item and day" in note for note in found.notes)


def test_days_without_demand_are_no_sign_of_a_repeated_export(tmp_path: Path) -> None:
    for name, sold in (("north.csv", 3), ("south.csv", 4)):
        rows = [f"A,2026-01-{day:02},{int(day == sold)}" for day in range(1, 29)]
        write(tmp_path, name, *rows)

    assert scanned(tmp_path).coverage.item_ids == ("A",)


def test_a_row_without_an_item_does_not_join_files(tmp_path: Path) -> None:
    for name, item in (("1.csv", "A"), ("2.csv", "D")):
        write(tmp_path, name, *month(1, item), ",2026-01-05,3")

    assert len(scanned(tmp_path).groups) == 2


def test_headings_that_differ_in_letter_case_are_one_column(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A"))
    write(tmp_path, "2.csv", *month(2, "A"), header="ITEM_ID,Date ,Quantity")

    found = scanned(tmp_path)

    assert found.rows is not None
    assert found.rows.accounting.used == 2 * 28


def test_columns_of_other_kinds_in_one_history_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A"))
    rows = pa.table({"item_id": ["A"], "date": [date(2026, 2, 5)], "quantity": [1]})
    pq.write_table(rows, tmp_path / "2.parquet")

    with pytest.raises(InputError, match=r"1\.csv and '2\.parquet' have one history, but columns"):
        scanned(tmp_path)


def test_rows_set_aside_of_one_history_say_which_file_they_are_of(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A"))
    write(tmp_path, "2.csv", *month(2, "A"), "A,soon,3")

    found = scanned(tmp_path)

    assert found.rows is not None
    aside = found.rows.source.table.filter(pa.array(~found.rows.used)).to_pylist()
    assert [row["file"] for row in aside] == ["2.csv"]


@given(
    st.lists(
        st.tuples(st.text("abc", max_size=3), st.text("abc", max_size=3)).map(sorted).map(tuple)
    )
)
def test_groups_hold_every_file_once_and_never_share_an_item(ranges: list[tuple[str, str]]) -> None:
    groups = overlapping(ranges)

    assert sorted(place for group in groups for place in group) == list(range(len(ranges)))
    spans = [
        (min(ranges[n][0] for n in group), max(ranges[n][1] for n in group)) for group in groups
    ]
    assert all(one[1] < other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_partition_can_be_the_date_or_any_other_column_that_is_needed(
    tmp_path: Path, suffix: str
) -> None:
    for day in ("2026-01-05", "2026-01-06"):
        folder = tmp_path / f"date={day}"
        folder.mkdir()
        if suffix == "csv":
            write(folder, "part-0.csv", "A,3", header="item_id,quantity")
        else:
            pq.write_table(pa.table({"item_id": ["A"], "quantity": [3]}), folder / "part-0.parquet")

    found = scanned(tmp_path)

    assert found.coverage.days.astype(str).tolist() == ["2026-01-05", "2026-01-06"]


def test_a_file_without_rows_is_a_note_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A", "B"))
    write(tmp_path, "2.csv", *month(2, "A", "B"))
    write(tmp_path, "3.csv")

    scan = scanned(tmp_path)

    assert scan.notes[0] == "1 file(s) of the folder have no rows: '3.csv'"
    assert [note.name for note in scan.inputs] == ["1.csv", "2.csv"]


def test_an_empty_partition_is_a_note(tmp_path: Path) -> None:
    rows = pa.table({"item_id": ["A"] * 28, "date": [date(2026, 1, n) for n in range(1, 29)]})
    table = rows.append_column("quantity", pa.array([1] * 28))
    for place, content in (("SP", table), ("RJ", table.slice(0, 0))):
        folder = tmp_path / f"location_id={place}"
        folder.mkdir()
        pq.write_table(content, folder / "part-0.parquet")

    assert scanned(tmp_path).coverage.location_ids == ("SP",)


def test_a_file_without_rows_and_without_the_columns_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A"))
    write(tmp_path, "LEIAME.txt", header="Um arquivo por m\u00eas")

    with pytest.raises(InputError, match=r"LEIAME\.txt has no column item_id"):
        scanned(tmp_path)


def test_a_folder_without_a_row_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "1.csv")
    write(tmp_path, "2.csv")

    with pytest.raises(InputError, match="has no rows in any of its files"):
        scanned(tmp_path)


def test_the_mark_of_a_workbook_that_somebody_has_open_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "A"))
    (tmp_path / "~$2.xlsx").write_bytes(b"\x05user")

    assert find_demand(tmp_path).unread == ("~$2.xlsx",)


def test_days_and_moments_of_one_history_are_read_together(tmp_path: Path) -> None:
    for number, kind in ((1, pa.date32()), (2, pa.timestamp("ns")), (3, pa.string())):
        days = pa.array([date(2026, number, day) for day in range(1, 29)], pa.date32())
        table = pa.table({"item_id": ["A"] * 28, "date": days.cast(kind), "quantity": [1] * 28})
        pq.write_table(table, tmp_path / f"{number}.parquet")

    rows = scanned(tmp_path).rows

    assert rows is not None
    assert rows.accounting.used == 3 * 28
    assert str(rows.days.max()) == "2026-03-28"


def test_a_column_that_is_not_read_may_be_of_any_kind(tmp_path: Path) -> None:
    for number, remark in ((1, "x"), (2, 0.5)):
        columns = {"item_id": ["A"] * 28, "quantity": [number] * 28, "remark": [remark] * 28}
        days = [date(2026, number, day) for day in range(1, 29)]
        pq.write_table(pa.table({**columns, "date": days}), tmp_path / f"{number}.parquet")

    rows = scanned(tmp_path).rows

    assert rows is not None
    assert rows.accounting.used == 2 * 28


def test_codes_that_are_numbers_in_one_file_and_texts_in_another_are_refused(
    tmp_path: Path,
) -> None:
    for number, codes in ((1, ["00101", "99"]), (2, [101, 500])):
        columns = {"item_id": codes * 14, "quantity": [number] * 28}
        days = [date(2026, number, day) for day in range(1, 29)]
        pq.write_table(pa.table({**columns, "date": days}), tmp_path / f"{number}.parquet")

    with pytest.raises(InputError, match="columns of different kinds"):
        scanned(tmp_path)


def test_codes_that_two_files_spell_otherwise_are_named(tmp_path: Path) -> None:
    write(tmp_path, "1.csv", *month(1, "00101"))
    write(tmp_path, "2.csv", *month(2, "101"))

    (note,) = scanned(tmp_path).notes

    assert note.startswith("1 item(s) are spelt with and without zeros in front")
