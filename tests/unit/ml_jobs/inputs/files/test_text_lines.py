"""Text files are read by their lines: each line is in a row, whatever its quotation marks."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.headings import Wanted
from ml_jobs.inputs.files.raw_table import RawTable
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.files.source_file import read_source
from ml_jobs.inputs.files.text_table import read_text

pytestmark = pytest.mark.ml

REQUIRED = (("item_id",), ("date",), ("quantity", "demand"))
HEADINGS = ["item_id", "date", "quantity", "note"]


def read(content: str | bytes, **options: object) -> RawTable:
    raw = content if isinstance(content, bytes) else content.encode()
    return read_text("demand.csv", raw, Wanted(ReadingOptions(**options), REQUIRED))  # type: ignore[arg-type]


def rows(table: RawTable) -> list[list[str]]:
    return [list(row.values()) for row in table.table.to_pylist()]


class TestQuotationMarks:
    def test_one_that_begins_a_cell_and_is_not_closed_eats_no_row(self) -> None:
        table = read(
            "item_id;date;quantity;note\n"
            'A;2026-01-01;5;"POLEGADA 3/4\nB;2026-01-02;6;x\nC;2026-01-03;7;"y\nD;2026-01-04;8;z\n'
        )

        assert rows(table) == [
            ["A", "2026-01-01", "5", '"POLEGADA 3/4'],
            ["B", "2026-01-02", "6", "x"],
            ["C", "2026-01-03", "7", '"y'],
            ["D", "2026-01-04", "8", "z"],
        ]
        assert "line 2, 4" in table.notes[0]

    def test_one_closed_by_an_inch_sign_far_below_eats_no_row(self) -> None:
        table = read(
            "item_id;date;note;quantity\n"
            'A;2026-01-01;"aberta;5\nB;2026-01-02;x;6\nC;2026-01-03;Tubo 3/4";7\n'
        )

        assert [row[3] for row in rows(table)] == ["5", "6", "7"]

    @pytest.mark.parametrize(
        ("cell", "read_as"),
        [
            ('Parafuso 1/2" x 3', 'Parafuso 1/2" x 3'),
            ('Tubo 3/4"', 'Tubo 3/4"'),
            ('"Parafuso 1/2" x 3"', 'Parafuso 1/2" x 3'),
            ('"Parafuso 1/2"" x 3"', 'Parafuso 1/2" x 3'),
            ('""', ""),
            ('"a;b"', "a;b"),
            ('"', '"'),
        ],
    )
    def test_inch_signs_are_part_of_a_cell(self, cell: str, read_as: str) -> None:
        table = read(f"item_id;date;quantity;note\nA;2026-01-01;5;{cell}\nB;2026-01-02;6;x\n")

        assert rows(table) == [
            ["A", "2026-01-01", "5", read_as],
            ["B", "2026-01-02", "6", "x"],
        ]

    def test_a_cell_with_line_breaks_goes_on_over_its_lines(self) -> None:
        table = read(
            'item_id;date;note;quantity\nA;2026-01-01;"caixa; 3\n\ngrande";5\nB;2026-01-02;x;6\n'
        )

        assert rows(table) == [
            ["A", "2026-01-01", "caixa; 3\n\ngrande", "5"],
            ["B", "2026-01-02", "x", "6"],
        ]
        assert table.lines is not None
        assert table.lines.tolist() == [2, 5]
        assert table.notes == ()

    def test_a_row_that_may_be_a_broken_off_cell_is_not_used(self) -> None:
        table = read('item_id;date;note;quantity\nA;2026-01-01;"caixa; 3\ngrande";5;9\n')

        assert rows(table) == []
        assert [row.text for row in table.malformed] == ['A;2026-01-01;"caixa; 3', 'grande";5;9']

    def test_one_in_the_headings_eats_no_row(self) -> None:
        table = read('item_id;date;quantity;"note\nA;2026-01-01;5;x\nB;2026-01-02;6;y\n')

        assert len(rows(table)) == 2

    def test_a_heading_may_have_line_breaks_and_delimiters(self) -> None:
        table = read('item_id;date;quantity;"Obs., tipo,\ncor, kg, m"\nA;2026-01-01;5;x\n')

        assert table.table.column_names == [*HEADINGS[:3], "Obs., tipo,\ncor, kg, m"]
        assert table.lines is not None
        assert table.lines.tolist() == [3]


class TestAroundTheTable:
    def test_a_sep_line_names_the_delimiter(self) -> None:
        table = read("sep=;\nitem_id;date;quantity;a,b,c,d,e\nA;2026-01-01;5;x\n")

        assert rows(table) == [["A", "2026-01-01", "5", "x"]]

    def test_a_sep_line_may_name_any_delimiter(self) -> None:
        table = read('"sep=^"\nitem_id^date^quantity\nA^2026-01-01^5\n')

        assert rows(table) == [["A", "2026-01-01", "5"]]

    def test_titles_above_the_headings_are_passed_over_and_said(self) -> None:
        table = read('Consumo "2026\n\nFilial;01;;\nitem_id;date;quantity\nA;2026-01-01;5\n')

        assert rows(table) == [["A", "2026-01-01", "5"]]
        assert table.notes == ("the headings stand on line 4; 2 line(s) above them were not read",)
        assert table.lines is not None
        assert table.lines.tolist() == [5]

    def test_headings_that_are_only_like_those_wanted_are_named_with_their_line(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "demand.csv"
        path.write_text("Consumo\n\nMaterial;Data lançamento;Qtd\nA;2026-01-01;5\n")

        source = read_source(path, required=REQUIRED)
        with pytest.raises(InputError) as refused:
            source.require(*REQUIRED)

        said = str(refused.value)
        assert "it has Material, Data lançamento, Qtd" in said
        assert "line 3 was taken for the headings" in said
        assert "--columns 'item_id=Material,date=Data lançamento,quantity=Qtd'" in said

    def test_a_delimiter_within_quotation_marks_is_not_counted(self) -> None:
        table = read('item_id;date;"quantity";"Obs., tipo, cor, kg, m"\nA;2026-01-01;5;x\n')

        assert rows(table) == [["A", "2026-01-01", "5", "x"]]

    def test_a_last_line_needs_no_line_end(self) -> None:
        table = read("item_id;date;quantity\nA;2026-01-01;5\nB;2026-01-01;6")

        assert [row[0] for row in rows(table)] == ["A", "B"]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_end_as_they_do_on_any_system(self, end: str) -> None:
        table = read(end.join(["item_id;date;quantity", "A;2026-01-01;5", "", "B;2026-01-01;6"]))

        assert [row[0] for row in rows(table)] == ["A", "B"]
        assert table.lines is not None
        assert table.lines.tolist() == [2, 4]

    def test_lines_without_a_filled_cell_are_no_rows(self) -> None:
        table = read('item_id;date;quantity\nA;2026-01-01;5\n;;\n  \n"";"";""\n')

        assert len(rows(table)) == 1
        assert table.malformed == ()

    def test_empty_columns_at_the_end_are_left_out(self) -> None:
        table = read(";;;\nitem_id;date;quantity;;\nA;2026-01-01;5;;\nB;2026-01-01;6\n")

        assert table.table.column_names == HEADINGS[:3]
        assert [row[0] for row in rows(table)] == ["A", "B"]

    def test_empty_cells_beyond_the_headings_are_left_out(self) -> None:
        table = read("item_id;date;quantity\nA;2026-01-01;5;;\nB;2026-01-01;6\nC;2026-01-01;7;;x\n")

        assert [row[0] for row in rows(table)] == ["A", "B"]
        assert [row.row for row in table.malformed] == [3]

    def test_a_column_without_a_heading_keeps_its_cells(self) -> None:
        table = read("item_id;date;quantity;\nA;2026-01-01;5;x\n")

        assert rows(table) == [["A", "2026-01-01", "5", "x"]]

    def test_a_rest_behind_a_decimal_comma_is_no_column(self) -> None:
        table = read("item_id,date,quantity,\nA,2026-01-01,1,\nB,2026-01-01,1,5\n")

        assert rows(table) == [["A", "2026-01-01", "1"]]
        assert [row.text for row in table.malformed] == ["B,2026-01-01,1,5"]

    def test_a_malformed_row_keeps_its_number_and_its_line(self) -> None:
        table = read("item_id,date,quantity\n\nA,2026-01-01,1\nB,2026-01-02,1,5\nC,2026-01-03,2\n")

        (malformed,) = table.malformed
        assert (malformed.row, malformed.found, malformed.expected) == (2, 4, 3)
        assert table.lines is not None
        assert table.lines.tolist() == [3, 4, 5]
        assert table.row_numbers.tolist() == [1, 3]


_LETTERS = st.text(st.sampled_from('aZ09 "éçã;,|\t./-='), max_size=8)
_BROKEN = st.lists(st.text(st.sampled_from('aZ "éç'), max_size=5), min_size=2, max_size=3)
_CELLS = st.one_of(_LETTERS, _BROKEN.map("\n".join))
_ROWS = st.lists(st.lists(_CELLS, min_size=4, max_size=4), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    table=_ROWS,
    delimiter=st.sampled_from([";", ",", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    end=st.sampled_from(["", "\x1a"]),
)
def test_a_table_is_read_as_the_csv_module_wrote_it(
    table: list[list[str]], delimiter: str, encoding: str, line_end: str, quoting: int, end: str
) -> None:
    # A line of a broken cell that holds delimiters may look like a row; that is another test's.
    whole = [["x", *row] for row in table if any(cell.strip() for cell in row)]
    assume_rows = [row for row in whole if not _is_doubtful(row, delimiter)]
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
    writer.writerows([["item_id", "date", "quantity", "a", "b"], *assume_rows])

    found = read((written.getvalue() + end).encode(encoding))

    assert rows(found) == assume_rows
    assert found.malformed == ()


def _is_doubtful(row: list[str], delimiter: str) -> bool:
    return any("\n" in cell for cell in row) and any(delimiter in cell for cell in row)


_LINES = st.lists(st.text(st.sampled_from('ab1";;; '), max_size=14), min_size=1, max_size=12)


@settings(max_examples=500, deadline=None)
@given(lines=_LINES)
@example(lines=['a;b;"c;d', 'e;f;g";h'])
@example(lines=['"', '"'])
@example(lines=['a;"b', "", ';c";d'])
def test_no_letter_of_any_line_is_lost_and_each_row_names_its_line(lines: list[str]) -> None:
    content = "\n".join(["item_id;date;quantity", *lines, ""])

    table = read(content)

    assert table.lines is not None
    cells = dict(zip(table.row_numbers.tolist(), rows(table), strict=True))
    texts = {row.row: [row.text] for row in table.malformed}
    found = [_letters("".join(text)) for _, text in sorted({**cells, **texts}.items())]
    begins = [line - 2 for line in table.lines.tolist()]
    ends = [*begins[1:], len(lines)][: len(begins)]
    held = [_letters("".join(lines[b:e])) for b, e in zip(begins, ends, strict=True)]
    assert found == held
    assert _letters("".join(lines[: begins[0] if begins else None])) == ""


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


@settings(max_examples=60, deadline=None)
@given(
    eaten=st.integers(0, 30),
    opened=st.sampled_from(['"x', '"', '" 3/4', '"x"y']),
    closed=st.sampled_from(["z", '3/4"', '"z', 'a"b']),
)
def test_rows_read_are_the_lines_whatever_two_cells_hold(
    eaten: int, opened: str, closed: str
) -> None:
    between = [f"B;2026-01-02;{n};y" for n in range(eaten)]
    lines = [f"A;2026-01-01;5;{opened}", *between, f"C;2026-01-03;7;{closed}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "demand.csv")
        path.write_text("\n".join(["item_id;date;quantity;note", *lines]), encoding="utf-8")

        source = read_source(path, required=REQUIRED)

    assert source.rows == len(lines)
    assert source.table.column("item_id").to_pylist() == [line[0] for line in lines]
