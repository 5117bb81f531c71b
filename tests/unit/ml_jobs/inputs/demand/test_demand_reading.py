"""Demand files are read in the dialects they come in; bad rows are set aside, never lost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.reasons import USED, Reasons, RejectReason, rejected_rows
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 21)

WriteFile = Callable[[str | bytes], Path]


def names(reasons: Reasons) -> list[str]:
    return ["" if number == USED else [*RejectReason][number - 1] for number in reasons]


@pytest.fixture
def write(tmp_path: Path) -> WriteFile:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "demand.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def read(path: Path) -> DemandRows:
    return read_demand(path, today=TODAY)


def reasons(path: Path) -> list[str]:
    return names(read(path).reasons)


@pytest.mark.parametrize(
    "content",
    [
        "item_id,date,quantity\nA,2026-01-05,3\n",
        "item_id;date;quantity\nA;2026-01-05;3\n",
        "item_id\tdate\tquantity\nA\t2026-01-05\t3\n",
        "ITEM_ID,Date,Demand\n A ,2026-01-05 08:30:00,3.0\n",
        "item_id;date;quantity\nA;05/01/2026;3,0\n",
        b"\xef\xbb\xbfitem_id;date;quantity\nA;2026-01-05;3\n",
        'item_id,date,quantity\r\n"A",2026-01-05,3\r\n',
    ],
)
def test_every_usual_dialect_of_csv_is_read(write: WriteFile, content: str | bytes) -> None:
    rows = read(write(content))

    assert rows.used.all()
    assert rows.items.texts.tolist() == ["A"]
    assert rows.days.astype(str).tolist() == ["2026-01-05"]
    assert rows.quantities.tolist() == [3.0]


def test_latin_1_is_read(write: WriteFile) -> None:
    path = write("item_id,date,quantity\nConexão,2026-01-05,3\n".encode("latin-1"))

    rows = read(path)

    assert rows.items.texts.tolist() == ["Conexão"]


@pytest.mark.parametrize(
    ("content", "offset"),
    [
        (b"item_id,date,quantity\nA\xf5B,2026-01-05,3\n", 23),
        ("item_id,date,quantity\nA,2026-01-05,3\n".encode("utf-16-le"), 1),
        (b"item_id,date,quantity\n" + b"\x00" * 9, 22),
    ],
)
def test_an_unknown_encoding_is_refused_with_the_offset_of_its_first_strange_byte(
    write: WriteFile, content: bytes, offset: int
) -> None:
    path = write(content)

    with pytest.raises(InputError, match=rf"demand.csv .*byte at offset {offset} "):
        read(path)


def test_decimal_commas_and_grouping_points_are_read_where_the_column_has_commas(
    write: WriteFile,
) -> None:
    path = write("item_id;date;quantity\nA;2026-01-05;1.234,5\nA;2026-01-06;2.000\n")

    rows = read(path)

    assert rows.quantities.tolist() == [1234.5, 2000.0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",2026-01-05,3", RejectReason.MISSING_ITEM),
        ("A,yesterday,3", RejectReason.BAD_DATE),
        ("A,2026-02-30,3", RejectReason.BAD_DATE),
        ("A,,3", RejectReason.BAD_DATE),
        ("A,2126-01-05,3", RejectReason.DATE_OUT_OF_RANGE),
        ("A,1912-01-05,3", RejectReason.DATE_OUT_OF_RANGE),
        ("A,2026-01-05,three", RejectReason.BAD_QUANTITY),
        ("A,2026-01-05,", RejectReason.BAD_QUANTITY),
        ("A,2026-01-05,inf", RejectReason.BAD_QUANTITY),
        ("A,2026-01-05,nan", RejectReason.BAD_QUANTITY),
        ("A,2026-01-05,-1e300", RejectReason.QUANTITY_OUT_OF_RANGE),
        ("A\u200b,2026-01-05,3", RejectReason.UNUSABLE_CODE),
        ("A\x7f,2026-01-05,3", RejectReason.UNUSABLE_CODE),
        ("..,2026-01-05,3", RejectReason.UNUSABLE_CODE),
        ('"7,89E+12",2026-01-05,3', RejectReason.UNUSABLE_CODE),
        (f"{'A' * 201},2026-01-05,3", RejectReason.UNUSABLE_CODE),
        ("A,2026-01-05,1e300", RejectReason.QUANTITY_OUT_OF_RANGE),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(
    write: WriteFile, row: str, reason: RejectReason
) -> None:
    path = write(f"item_id,date,quantity\nA,2026-01-04,1\n{row}\n")

    assert reasons(path) == ["", reason]


def test_a_row_with_too_many_fields_is_set_aside_with_its_text(write: WriteFile) -> None:
    path = write("item_id,date,quantity\nA,2026-01-04,1\nA,2026-01-05,1,5\nA,2026-01-06,2\n")

    rows = read(path)

    aside = rejected_rows(rows.source, rows.reasons).to_pylist()
    assert [(row["row"], row["reason"], row["text"]) for row in aside] == [
        (2, "malformed_row", "A,2026-01-05,1,5")
    ]


def test_rows_read_are_rows_used_and_rows_set_aside(write: WriteFile) -> None:
    path = write("item_id,date,quantity\nA,2026-01-04,1\nA,x,1\nA,2026-01-05\nA,2026-01-03,-2\n")

    accounting = read(path).accounting

    assert (accounting.read, accounting.used) == (4, 1)
    assert accounting.set_aside == {
        RejectReason.BAD_DATE: 1,
        RejectReason.MALFORMED_ROW: 1,
        RejectReason.UNMATCHED_RETURN: 1,
    }


def test_rows_set_aside_keep_what_stood_in_the_file(write: WriteFile) -> None:
    path = write("item_id,date,quantity,note\nA,2026-01-04,1,fine\nA,soon,1,why\n")

    rows = read(path)

    (aside,) = rejected_rows(rows.source, rows.reasons).to_pylist()
    assert aside == {
        "row": 2,
        "reason": "bad_date",
        "explanation": RejectReason.BAD_DATE.value,
        "item_id": "A",
        "date": "soon",
        "quantity": "1",
        "note": "why",
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("item_id,date,quantity\n", "has no rows"),
        ("item,date,quantity\nA,2026-01-05,1\n", "has no column item_id; it has item, date"),
        ("item_id,date\nA,2026-01-05\n", "has no column quantity or demand"),
        ("item_id,item_id,date,demand\nA,A,2026-01-05,1\n", "more than once: item_id"),
        ("item_id,date,quantity\nA,soon,1\n", "has no usable row: 1 bad_date"),
        ('item_id,date,quantity\nA,"2026,1\nA,"2026,1\n', "1 bad_date .*1 malformed_row"),
        ("item_id,date,quantity\nA,1/2/2026,1\n", "2026-02-01 .* 2026-01-02 .*--dates day-first"),
        ("stock_code,invoice_date\nA,2025-12-31\n", "read it with --invoices"),
        ("item_id,date,demand,Quantity\nA,2025-12-31,1,2\n", "has demand and Quantity; keep one"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_with_what_would_be_right(
    write: WriteFile, content: str, problem: str
) -> None:
    path = write(content)

    with pytest.raises(InputError, match=f"demand.csv .*{problem}"):
        read(path)


def test_a_refusal_shows_a_row_of_each_reason_as_it_came(write: WriteFile) -> None:
    path = write("item_id,date,quantity\nA,soon,1\nB,later,2\nA,2026-01-05,many\nA,1,2,3\n")

    with pytest.raises(InputError) as caught:
        read(path)

    assert "such as row 1: item_id=A, date=soon, quantity=1)" in str(caught.value)
    assert "such as row 3: item_id=A, date=2026-01-05, quantity=many)" in str(caught.value)
    assert "such as row 4: A,1,2,3)" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("item_id", pa.array([[1]]), "has item_id as list<.*>; it must be text"),
        ("date", pa.array([time(1)]), "has date as time64.*; it must be a date"),
        ("demand", pa.array([{"a": 1}]), "has demand as struct<.*>; it must be a number"),
        ("item_id", pa.array([b"\xff"]).view(pa.string()), "not readable Parquet: .*UTF8"),
    ],
)
def test_a_column_of_another_kind_is_refused_by_its_name(
    tmp_path: Path, column: str, values: pa.Array, problem: str
) -> None:
    columns = {"item_id": ["A"], "date": ["2026-01-05"], "demand": [1.0]}
    path = tmp_path / "demand.parquet"
    pq.write_table(pa.table(columns | {column: values}), path)

    with pytest.raises(InputError, match=problem):
        read(path)


def test_a_column_of_any_kind_can_be_carried_along(tmp_path: Path) -> None:
    columns = {"item_id": ["A", "A"], "date": ["2026-01-05", "x"], "demand": [1, 1]}
    path = tmp_path / "demand.parquet"
    pq.write_table(pa.table(columns | {"tags": [["new"], ["old", "red"]]}), path)

    rows = read(path)

    (aside,) = rejected_rows(rows.source, rows.reasons).to_pylist()
    assert aside["tags"] == "['old', 'red']"


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"demand.csv can't be read: No such file"):
        read(tmp_path / "demand.csv")


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demand.parquet"
    pq.write_table(pa.table({"item_id": ["A"], "date": ["2026-01-05"], "demand": [1]}), path)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(InputError, match=r"demand.parquet is not readable Parquet"):
        read(path)


def test_parquet_with_typed_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "demand.parquet"
    table = pa.table(
        {
            "item_id": pa.array([7, 8]),
            "date": pa.array(np.array(["2026-01-05T13", "2026-01-06T00"], "datetime64[ns]")),
            "demand": pa.array([1.5, None], pa.float32()),
        }
    )
    pq.write_table(table, path)

    rows = read(path)

    assert rows.items.texts.tolist() == ["7", "8"]
    assert rows.days.astype(str).tolist() == ["2026-01-05", "2026-01-06"]
    assert names(rows.reasons) == ["", RejectReason.BAD_QUANTITY]


def test_codes_as_floating_point_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "demand.parquet"
    pq.write_table(pa.table({"item_id": [7.0], "date": ["2026-01-05"], "demand": [1]}), path)

    with pytest.raises(InputError, match="codes in item_id as double; write them as text"):
        read(path)


def test_repeated_days_of_one_item_and_place_are_said(write: WriteFile) -> None:
    path = write(
        "item_id,location_id,date,quantity\n"
        "A,north,2026-01-05,1\nA,south,2026-01-05,2\nA,south,2026-01-05,3\n"
    )

    rows = read(path)

    assert rows.used.all()
    assert rows.notes == ("1 row(s) repeat an item and day; their quantities were summed",)


def test_a_row_without_a_place_is_set_aside_where_the_others_name_one(write: WriteFile) -> None:
    path = write("item_id,location_id,date,quantity\nA,north,2026-01-05,1\nA, ,2026-01-05,2\n")

    assert reasons(path) == ["", RejectReason.MISSING_LOCATION]


def test_codes_that_differ_in_blanks_only_are_one(write: WriteFile) -> None:
    path = write("item_id,date,quantity\nA ,2026-01-05,3\n  A,2026-01-06,1\n")

    assert read(path).items.values == ("A",)


_CELLS = st.sampled_from(
    [
        "A",
        "é",
        "",
        "2026-01-05",
        "05/01/2026",
        "31/02/2026",
        "1",
        "1,5",
        "-3",
        "nan",
        "1e999",
        '"x',
        "x",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=1, max_size=4), min_size=1, max_size=12))
def test_whatever_the_rows_hold_each_is_used_or_set_aside_or_the_file_is_refused(
    rows: list[list[str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "demand.csv")
        lines = [";".join(row) for row in [["item_id", "date", "quantity"], *rows]]
        path.write_text("\n".join(lines), encoding="utf-8")

        try:
            read_rows = read(path)
        except InputError:
            return  # a refusal says why, and loses no row: the file is not used at all
        aside = rejected_rows(read_rows.source, read_rows.reasons)

    assert read_rows.accounting.read == read_rows.accounting.used + aside.num_rows


def test_cells_that_are_formulas_of_a_text_are_that_text(write: WriteFile) -> None:
    rows = read(
        write(
            "item_id;date;quantity\n"
            '"=""00101""";"=""05/01/2026""";"=""1,5"""\n'
            '="00102";13/01/2026;2\n'
            "00101;14/01/2026;3\n"
        )
    )

    assert rows.items.texts.tolist() == ["00101", "00102", "00101"]
    assert rows.quantities.tolist() == [1.5, 2, 3]
    assert rows.days.astype(str).tolist() == ["2026-01-05", "2026-01-13", "2026-01-14"]


@given(code=st.text("0123456789A-/\"'= ", min_size=1).map(str.strip).filter(bool))
def test_a_code_that_a_spreadsheet_is_to_keep_is_read_as_it_was(code: str) -> None:
    inner = code.replace('"', '""')
    cell = f'="{inner}"'.replace('"', '""')
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demand.csv"
        path.write_text(f'item_id;date;quantity\n"{cell}";2026-01-05;1\n')

        assert read(path).items.texts.tolist() == [code]


def test_codes_that_differ_in_zeros_in_front_are_named(write: WriteFile) -> None:
    (note,) = read(write("item_id,date,quantity\n00101,2026-01-05,1\n101,2026-01-06,1\n")).notes

    assert note == (
        "1 item(s) are spelt with and without zeros in front, each counts by itself: "
        "'00101 and 101'"
    )


def test_codes_that_a_program_took_for_fractions_are_named(write: WriteFile) -> None:
    (note,) = read(write("item_id,date,quantity\n101.0,2026-01-05,1\n7.0,2026-01-06,1\n")).notes

    assert note.startswith("every item ends like 101.0")


def test_texts_of_every_storage_are_texts(tmp_path: Path) -> None:
    columns = {"item_id": ["A"], "date": ["13/01/2026"], "quantity": ["1,5"]}
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        path = tmp_path / f"{kind}.parquet"
        pq.write_table(pa.table(columns).cast(pa.schema([(c, kind) for c in columns])), path)

        rows = read(path)

        assert (str(rows.days[0]), rows.quantities[0]) == ("2026-01-13", 1.5)
