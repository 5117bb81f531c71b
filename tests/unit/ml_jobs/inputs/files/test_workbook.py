"""Workbooks are read with the types of their cells, from the sheet that has the columns."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.headings import Wanted
from ml_jobs.inputs.files.raw_table import RawTable
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.files.workbook import read_workbook
from tests.unit.ml_jobs.inputs.demand.demand_file import read_demand

pytestmark = pytest.mark.ml

REQUIRED = (("item_id",), ("date",), ("quantity", "demand"))
HEADINGS = ("item_id", "date", "quantity")
DAY = date(2026, 3, 1)

Rows = Sequence[Sequence[object]]


def workbook(sheets: Mapping[str, Rows], *, hidden: str = "", merged: str = "") -> bytes:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    kind = moment if isinstance(cell, datetime) else day
                    sheet.write_datetime(place, column, cell, kind)
                elif isinstance(cell, str):
                    sheet.write_string(place, column, cell)
                else:
                    sheet.write(place, column, cell)
        if name == hidden:
            sheet.hide()
        if merged:
            sheet.merge_range(0, 0, 0, 2, merged)
    book.close()
    return held.getvalue()


def read(content: bytes, **options: object) -> RawTable:
    return read_workbook("d.xlsx", content, Wanted(ReadingOptions(**options), REQUIRED))  # type: ignore[arg-type]


def only(rows: Rows) -> bytes:
    return workbook({"Plan1": rows})


def test_numbers_and_dates_keep_their_types() -> None:
    table = read(only([HEADINGS, ["00101", DAY, 1.5], ["00102", DAY, 3]])).table

    assert table.column("item_id").to_pylist() == ["00101", "00102"]
    assert table.column("date").to_pylist() == [datetime.combine(DAY, time())] * 2
    assert table.column("quantity").to_pylist() == [1.5, 3.0]


def test_codes_that_are_numbers_are_whole_numbers() -> None:
    table = read(only([HEADINGS, [101, DAY, 1], [102, DAY, 2]])).table

    assert table.column("item_id").type == pa.int64()
    assert table.column("item_id").to_pylist() == [101, 102]


def test_codes_of_which_some_are_numbers_are_texts_without_decimals() -> None:
    table = read(only([HEADINGS, [101, DAY, 1], ["A-1", DAY, 2]])).table

    assert table.column("item_id").to_pylist() == ["101", "A-1"]


def test_a_code_both_as_number_and_as_text_with_zeros_is_said() -> None:
    table = read(only([HEADINGS, [101, DAY, 1], ["00101", DAY, 2]]))

    assert "item_id has 101 as a number and '00101' as a text: two codes" in table.notes


def test_a_fraction_among_texts_can_not_be_taken_for_thousands() -> None:
    table = read(only([HEADINGS, ["A", DAY, 1.125], ["B", DAY, "n/d"], ["C", DAY, 1500]])).table

    assert table.column("quantity").to_pylist() == ["1.1250", "n/d", "1500"]


def test_numbers_beside_texts_of_numbers_are_refused_where_a_number_is_wanted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "demand.xlsx"
    path.write_bytes(only([HEADINGS, ["A", DAY, 2.5], ["B", DAY, "1,234.5"]]))

    with pytest.raises(
        InputError, match=r"in quantity: row 2 of the sheet has 2.5, and row 3 the text '1,234.5'"
    ):
        read_demand(path, today=DAY)


def test_errors_of_formulas_are_empty_cells() -> None:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    sheet = book.add_worksheet("Plan1")
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, ["A", "2026-03-01"])
    sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    sheet.write_row(2, 0, ["A", "2026-03-02"])
    sheet.write_formula(2, 2, "=1+1", None, 2)
    book.close()

    table = read(held.getvalue()).table

    assert table.column("quantity").to_pylist() == [None, 2]


def test_dates_among_texts_are_texts_that_begin_with_the_year() -> None:
    table = read(only([HEADINGS, ["A", DAY, 1], ["A", "25/03/2026", 2]])).table

    assert table.column("date").to_pylist() == ["2026-03-01", "25/03/2026"]


def test_the_only_sheet_with_the_columns_is_read() -> None:
    sheets = {"Capa": [["Relatório"]], "Consumo": [HEADINGS, ["A", DAY, 1]], "Vazia": []}

    table = read(workbook(sheets))

    assert table.table.num_rows == 1
    assert table.notes == ("the sheet Consumo was read",)


def test_two_sheets_with_the_columns_are_refused_until_one_is_named() -> None:
    content = workbook({"2025": [HEADINGS, ["A", DAY, 1]], "2026": [HEADINGS, ["B", DAY, 2]]})

    with pytest.raises(InputError, match="in 2 sheets: 2025, 2026; say which with --sheet"):
        read(content)
    assert read(content, sheet=("2026",)).table.column("item_id").to_pylist() == ["B"]


def test_a_hidden_sheet_is_read_only_when_it_is_named() -> None:
    sheets = {"Consumo": [HEADINGS, ["A", DAY, 1]], "Antigo": [HEADINGS, ["B", DAY, 2]]}
    content = workbook(sheets, hidden="Antigo")

    assert read(content).table.column("item_id").to_pylist() == ["A"]
    assert read(content, sheet=("Antigo",)).table.column("item_id").to_pylist() == ["B"]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    content = only([HEADINGS, ["A", DAY, 1]])

    with pytest.raises(InputError, match=r"no sheet Plan2 .*it has Plan1; did you mean Plan1"):
        read(content, sheet=("Plan2",))


def test_titles_above_the_headings_are_passed_over_and_rows_keep_their_numbers() -> None:
    rows = [[""], [], HEADINGS, ["A", DAY, 1], [], ["B", DAY, 2]]

    table = read(workbook({"Plan1": rows}, merged="Consumo de 2026"))

    assert table.lines is not None
    assert table.lines.tolist() == [4, 6]
    assert "the headings stand on line 3; 1 line(s) above them were not read" in table.notes


def test_columns_without_heading_and_cells_are_left_out() -> None:
    table = read(only([(*HEADINGS, "", "note"), ["A", DAY, 1, "", "x"]])).table

    assert table.column_names == [*HEADINGS, "note"]


def test_headings_alone_have_no_rows() -> None:
    assert read(only([HEADINGS])).table.num_rows == 0


def test_an_empty_workbook_is_refused() -> None:
    with pytest.raises(InputError, match="is empty"):
        read(only([]))


@pytest.mark.parametrize("content", [b"PK\x03\x04 no workbook", b"\xd0\xcf\x11\xe0" + bytes(600)])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="is no workbook that can be read"):
        read(content)


def test_a_cell_far_outside_the_table_is_refused_before_memory_is_full() -> None:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    sheet = book.add_worksheet("Plan1")
    sheet.write_row(0, 0, HEADINGS)
    sheet.write(1_048_575, 16_383, "x")
    book.close()

    with pytest.raises(InputError, match="cells far outside its table"):
        read(held.getvalue())


@pytest.mark.parametrize("size", [512, 700, 5000])
def test_a_workbook_that_ends_its_reader_is_refused(size: int) -> None:
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00"

    with pytest.raises(InputError, match="workbook"):
        read((header + b"\x06\x00" + b"\x01" * 5000)[:size])


_CODES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
_QUANTITIES = st.one_of(st.integers(-(10**9), 10**9), st.decimals(0, 10**6, places=3).map(float))


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(_CODES, st.dates(date(1970, 1, 1), date(2100, 1, 1)), _QUANTITIES),
        min_size=1,
        max_size=6,
    )
)
def test_what_another_program_wrote_is_read_as_it_was(rows: list[tuple[str, date, float]]) -> None:
    table = read(only([HEADINGS, *rows])).table

    assert table.column("item_id").to_pylist() == [code for code, _, _ in rows]
    assert [day.date() for day in table.column("date").to_pylist()] == [day for _, day, _ in rows]
    assert table.column("quantity").to_pylist() == pytest.approx([q for _, _, q in rows], rel=1e-12)
