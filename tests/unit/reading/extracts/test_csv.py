"""CSV is whole, keeps to its dialect, and reads back as it was."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow.csv as pcsv
import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.csv_dialects import DIALECTS, dialect_named
from datalayer.reading.database import Database
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import AWKWARD, cells_of, written
from tests.publisher import Publisher, replace_column
from tests.reading import publication_of, publications_folder, snapshot_of, with_column
from tests.unit.reading.extracts.conftest import OpenPublication

FORMULA_STARTS = ["=", "+", "-", "@", "\t", "\n", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
DELIMITERS = {"rfc": ",", "excel-br": ";"}


@pytest.fixture
def with_values(publisher: Publisher, open_publication: OpenPublication) -> OpenPublication:
    """Reads a publication of six parts whose column has these values."""

    def read(column: str, values: Sequence[object]) -> Publication:
        tables = publisher.tables(items=len(values))
        tables["dim_item"] = replace_column(tables["dim_item"], column, values)
        return open_publication(publisher.publish(tables=tables))

    return read  # type: ignore[return-value]


@pytest.mark.parametrize("dialect", DIALECTS)
class TestEveryDialect:
    def test_has_the_registrys_columns_and_all_rows(
        self, extracts: Extracts, publication: Publication, registry: Registry, dialect: str
    ) -> None:
        for data_set in registry.data_sets.values():
            file = written(extracts, publication, data_set.name, dialect)

            names = file.decode("utf-8-sig").partition("\r\n")[0].split(DELIMITERS[dialect])
            written_as = dialect_named(dialect)
            assert names == [written_as.heading(c.name, c.type) for c in data_set.columns]
            rows = cells_of(file, DELIMITERS[dialect])
            assert len(rows) == publication.manifest.file(data_set.name).rows

    def test_ends_lines_with_cr_lf(
        self, extracts: Extracts, publication: Publication, dialect: str
    ) -> None:
        file = written(extracts, publication, "dim_item", dialect)

        assert file.endswith(b"\r\n")
        assert file.count(b"\n") == file.count(b"\r\n") == 7

    def test_an_empty_data_set_is_its_names(
        self,
        extracts: Extracts,
        publisher: Publisher,
        open_publication: OpenPublication,
        dialect: str,
    ) -> None:
        tables = publisher.tables()
        tables["fact_exception"] = tables["fact_exception"].slice(0, 0)
        publication = open_publication(publisher.publish(tables=tables))

        file = written(extracts, publication, "fact_exception", dialect)

        assert file.count(b"\r\n") == 1

    def test_a_column_added_to_the_registry_arrives(
        self, extracts: Extracts, registry: Registry, folder_store: FolderStore, dialect: str
    ) -> None:
        wider = with_column(registry, "dim_item", "shelf")
        manifest = Publisher(folder_store, wider).publish()
        database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")
        publication = publication_of(snapshot_of(manifest, folder_store), wider, database)

        file = written(extracts, publication, "dim_item", dialect)

        assert file.partition(b"\r\n")[0].endswith(f"{DELIMITERS[dialect]}shelf".encode())


class TestRfc:
    def test_numbers_read_back_to_the_same_numbers(
        self, extracts: Extracts, with_values: OpenPublication
    ) -> None:
        numbers = [0.1, 1 / 3, 1e22, 5e-324, 123456789.123456789, 100.0, 1.7976931348623157e308]
        publication = with_values("unit_cost", numbers)

        rows = cells_of(written(extracts, publication, "dim_item"))

        assert [float(row["unit_cost"]) for row in rows] == numbers
        assert rows[0]["unit_cost"] == "0.1"

    def test_negative_numbers_are_not_touched(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        rows = cells_of(written(extracts, publication, "fact_metrics"))

        assert {float(row["bias"]) for row in rows} == {-0.05, 0.1}

    def test_text_is_kept_as_it_is(self, extracts: Extracts, with_values: OpenPublication) -> None:
        publication = with_values("name", AWKWARD)

        rows = cells_of(written(extracts, publication, "dim_item"))

        assert [row["name"] for row in rows] == AWKWARD

    @pytest.mark.parametrize("start", FORMULA_STARTS)
    def test_codes_stay_as_they_are_for_programs(
        self, extracts: Extracts, with_values: OpenPublication, start: str
    ) -> None:
        code = f"{start}5"

        rows = cells_of(written(extracts, with_values("sku", [code, "x"]), "dim_item"))

        assert [row["sku"] for row in rows] == [code, "x"]

    def test_leading_zeros_are_quoted(
        self, extracts: Extracts, with_values: OpenPublication
    ) -> None:
        publication = with_values("sku", ["000", "001"])

        assert b',"000",' in written(extracts, publication, "dim_item")

    def test_null_is_empty_and_empty_text_is_quoted(
        self, extracts: Extracts, with_values: OpenPublication
    ) -> None:
        categories = [None, "", "Cabos"]
        file = written(extracts, with_values("category", categories), "dim_item")

        options = pcsv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
        read = pcsv.read_csv(io.BytesIO(file), convert_options=options)
        assert read["category"].to_pylist() == categories

    def test_a_number_that_is_null_is_empty(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        rows = cells_of(written(extracts, publication, "fact_forecast"))

        future = [row for row in rows if row["date"] > str(publication.manifest.data_through)]
        assert {row["actual"] for row in future} == {""}

    def test_times_and_dates_are_iso_8601_in_utc(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        first, *_ = cells_of(written(extracts, publication, "fact_forecast"))

        assert first["generated_at"] == "2026-11-21T06:00:00Z"
        assert first["date"] == "2026-10-24"

    def test_truth_values_are_those_of_csvw(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        rows = cells_of(written(extracts, publication, "fact_metrics"))

        assert {row["is_champion"] for row in rows} == {"true", "false"}


class TestExcelBr:
    def test_begins_with_a_byte_order_mark_once(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        file = written(extracts, publication, "dim_item", "excel-br")

        assert file.startswith(b"\xef\xbb\xbfitem_id;sku;")
        assert file.count(b"\xef\xbb\xbf") == 1

    def test_numbers_have_a_decimal_comma(
        self, extracts: Extracts, with_values: OpenPublication
    ) -> None:
        numbers = [0.1, 1234567.125, 1e22]
        publication = with_values("unit_cost", numbers)

        rows = cells_of(written(extracts, publication, "dim_item", "excel-br"), ";")

        assert [row["unit_cost"] for row in rows[:2]] == ["0,1", "1234567,125"]
        assert [float(row["unit_cost"].replace(",", ".")) for row in rows] == numbers

    def test_dates_times_and_truth_values_are_brazilian(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        forecast, *_ = cells_of(written(extracts, publication, "fact_forecast", "excel-br"), ";")
        metrics = cells_of(written(extracts, publication, "fact_metrics", "excel-br"), ";")

        assert forecast["date"] == "24/10/2026"
        # As Excel takes it for a time; the column says the zone.
        assert forecast["generated_at_utc"] == "21/11/2026 06:00:00"
        assert "generated_at" not in forecast
        assert {row["is_champion"] for row in metrics} == {"VERDADEIRO", "FALSO"}

    @pytest.mark.parametrize("start", FORMULA_STARTS)
    def test_text_that_a_spreadsheet_takes_for_a_formula_is_defused(
        self, extracts: Extracts, with_values: OpenPublication, start: str
    ) -> None:
        dangerous = f'{start}HYPERLINK("http://example.org")'
        publication = with_values("name", [dangerous, "Cabo"])

        file = written(extracts, publication, "dim_item", "excel-br")
        first, second = cells_of(file, ";")

        assert first["name"] == f"'{dangerous}"
        assert second["name"] == "Cabo"

    @pytest.mark.parametrize("text", AWKWARD[:20])
    def test_text_that_excel_would_convert_is_guarded(
        self, extracts: Extracts, with_values: OpenPublication, text: str
    ) -> None:
        publication = with_values("name", [text])

        (row,) = cells_of(written(extracts, publication, "dim_item", "excel-br"), ";")

        escaped = text.replace('"', '""')
        assert row["name"] == f'="{escaped}"'

    @pytest.mark.parametrize("text", ["P00001", "Cabo 1/2", "3\n4", "1" * 256, "Marrom", "x"])
    def test_other_text_is_left_alone(
        self, extracts: Extracts, with_values: OpenPublication, text: str
    ) -> None:
        publication = with_values("name", [text])

        (row,) = cells_of(written(extracts, publication, "dim_item", "excel-br"), ";")

        assert row["name"] == text

    def test_a_guard_can_not_be_broken_out_of(
        self, extracts: Extracts, with_values: OpenPublication
    ) -> None:
        publication = with_values("name", ['1"&CMD()&"'])

        (row,) = cells_of(written(extracts, publication, "dim_item", "excel-br"), ";")

        assert row["name"] == '="1""&CMD()&"""'
