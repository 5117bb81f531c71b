"""Files to take away are whole, say how many rows they have, and read back as they were."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from datalayer.contract.publication import Manifest
from datalayer.contract.registry import Registry
from datalayer.errors import InvalidSelection, ReadFailed, UnknownDataSet
from datalayer.extracts import Extract, ExtractFormat, Rows, csv_chunks
from datalayer.publication_view import PublicationView
from datalayer.storage.object_store import FolderStore
from datalayer.warehouse.database import Database
from datalayer.warehouse.selections import SeriesSelection
from tests.publisher import Publisher, replace_column
from tests.reading import publications_folder, snapshot_of, view_of, with_column

OpenView = Callable[[Manifest], PublicationView]


@pytest.fixture
def database(folder_store: FolderStore, registry: Registry) -> Iterator[Database]:
    database = Database(publications_folder(folder_store), registry, memory_limit="256MiB")
    yield database
    database.close()


@pytest.fixture
def open_view(publisher: Publisher, registry: Registry, database: Database) -> OpenView:
    return lambda manifest: view_of(snapshot_of(manifest, publisher.store), registry, database)


@pytest.fixture
def view(publisher: Publisher, open_view: OpenView) -> PublicationView:
    return open_view(publisher.publish())


def content(extract: Extract) -> bytes:
    return b"".join(extract.chunks)


def rows_of(csv_bytes: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_bytes.decode("utf-8"), newline=""), strict=True))


def named(publisher: Publisher, names: list[str]) -> Manifest:
    tables = publisher.tables()
    tables["dim_item"] = replace_column(tables["dim_item"], "name", names)
    return publisher.publish(tables=tables)


class TestCsv:
    def test_every_data_set_has_the_registrys_columns_and_the_rows_it_announces(
        self, view: PublicationView, registry: Registry
    ) -> None:
        for data_set in registry.data_sets.values():
            extract = view.extract(data_set.name, "csv")

            header, *rows = rows_of(content(extract))
            assert header == [column.name for column in data_set.columns]
            assert len(rows) == extract.rows == view.manifest.file(data_set.name).rows

    def test_the_name_says_data_set_and_publication(self, view: PublicationView) -> None:
        extract = view.extract("fact_forecast", "csv")

        assert extract.file_name == f"fact_forecast_{view.manifest.publication_id}.csv"
        assert extract.media_type.startswith("text/csv; charset=utf-8")

    def test_lines_end_as_rfc_4180_says(self, view: PublicationView) -> None:
        text = content(view.extract("dim_item", "csv"))

        assert text.endswith(b"\r\n")
        assert text.count(b"\n") == text.count(b"\r\n") == 7

    def test_numbers_read_back_to_the_same_numbers(
        self, publisher: Publisher, open_view: OpenView
    ) -> None:
        numbers = [0.1, 1 / 3, 1e22, 5e-324, 123456789.123456789, 100.0]
        tables = publisher.tables()
        tables["dim_item"] = replace_column(tables["dim_item"], "unit_cost", numbers)
        view = open_view(publisher.publish(tables=tables))

        header, *rows = rows_of(content(view.extract("dim_item", "csv")))

        written = [row[header.index("unit_cost")] for row in rows]
        assert [float(text) for text in written] == numbers
        assert written[0] == "0.1"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    def test_text_that_a_spreadsheet_takes_for_a_formula_is_defused(
        self, publisher: Publisher, open_view: OpenView, start: str
    ) -> None:
        dangerous = f'{start}HYPERLINK("http://example.org")'
        view = open_view(named(publisher, [dangerous, *["Cabo"] * 5]))

        header, first, second, *_ = rows_of(content(view.extract("dim_item", "csv")))

        assert first[header.index("name")] == f"'{dangerous}"
        assert second[header.index("name")] == "Cabo"

    def test_negative_numbers_stay_numbers(self, view: PublicationView) -> None:
        header, *rows = rows_of(content(view.extract("fact_metrics", "csv")))

        assert {float(row[header.index("bias")]) for row in rows} == {-0.05, 0.1}

    def test_quotes_commas_and_line_ends_in_text_survive(
        self, publisher: Publisher, open_view: OpenView
    ) -> None:
        names = ['Cabo 1/2" preto', "Cabo, preto", "Cabo\r\npreto", "Cabo\npreto", "ç ã €", " "]
        view = open_view(named(publisher, names))

        header, *rows = rows_of(content(view.extract("dim_item", "csv")))

        assert [row[header.index("name")] for row in rows] == names

    def test_leading_zeros_survive_and_are_quoted(
        self, publisher: Publisher, open_view: OpenView
    ) -> None:
        tables = publisher.tables()
        codes = [f"00{number}" for number in range(6)]
        tables["dim_item"] = replace_column(tables["dim_item"], "sku", codes)
        view = open_view(publisher.publish(tables=tables))

        text = content(view.extract("dim_item", "csv")).decode()

        assert ',"000",' in text
        assert [row[1] for row in rows_of(text.encode())[1:]] == codes

    def test_null_is_empty_and_empty_text_is_quoted(
        self, publisher: Publisher, open_view: OpenView
    ) -> None:
        tables = publisher.tables()
        categories = [None, "", "Cabos", "Cabos", "Cabos", "Cabos"]
        tables["dim_item"] = replace_column(tables["dim_item"], "category", categories)
        view = open_view(publisher.publish(tables=tables))

        text = content(view.extract("dim_item", "csv"))

        options = pcsv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=False)
        read = pcsv.read_csv(io.BytesIO(text), convert_options=options)
        assert read["category"].to_pylist() == categories

    def test_times_are_iso_8601_in_utc(self, view: PublicationView) -> None:
        header, first, *_ = rows_of(content(view.extract("dim_item", "csv")))

        assert first[header.index("generated_at")] == "2026-11-21T06:00:00Z"

    def test_an_empty_data_set_is_a_header(self, publisher: Publisher, open_view: OpenView) -> None:
        tables = publisher.tables()
        tables["fact_exception"] = tables["fact_exception"].slice(0, 0)
        view = open_view(publisher.publish(tables=tables))

        extract = view.extract("fact_exception", "csv")

        assert extract.rows == 0
        assert len(rows_of(content(extract))) == 1

    def test_a_file_that_would_be_short_breaks_off(self) -> None:
        batch = pa.RecordBatch.from_pydict({"item_id": ["P00001"]})

        with pytest.raises(ReadFailed, match="1 rows were read where 2 were counted"):
            list(csv_chunks(Rows(batch.schema, 2, iter([batch]))))

    def test_a_column_added_to_the_registry_arrives(
        self, registry: Registry, folder_store: FolderStore
    ) -> None:
        wider = with_column(registry, "dim_item", "shelf")
        manifest = Publisher(folder_store, wider).publish()
        database = Database(publications_folder(folder_store), wider, memory_limit="256MiB")
        view = view_of(snapshot_of(manifest, folder_store), wider, database)

        header, *_ = rows_of(content(view.extract("dim_item", "csv")))

        assert header[-1] == "shelf"


class TestParquet:
    def test_a_whole_data_set_is_the_published_file(self, view: PublicationView) -> None:
        extract = view.extract("fact_forecast", "parquet")

        taken = content(extract)
        published = view.manifest.file("fact_forecast")
        assert hashlib.sha256(taken).hexdigest() == published.sha256
        assert len(taken) == extract.size_bytes == published.size_bytes
        assert extract.rows == published.rows

    def test_a_selection_reads_back_with_the_contracts_types(self, view: PublicationView) -> None:
        extract = view.extract("fact_forecast", "parquet", SeriesSelection("P00002"))

        table = pq.read_table(io.BytesIO(content(extract)))
        whole = view.rows("fact_forecast", 10_000).table
        assert table.schema.equals(whole.schema)
        assert table.num_rows == extract.rows
        assert set(table["item_id"].to_pylist()) == {"P00002"}


class TestSelection:
    @pytest.mark.parametrize("file_format", ["csv", "parquet"])
    def test_only_what_was_asked_for(
        self, view: PublicationView, file_format: ExtractFormat
    ) -> None:
        through = view.manifest.data_through
        selection = SeriesSelection("P00002", sources=("naive",), end=through)

        extract = view.extract("fact_forecast", file_format, selection)

        assert extract.rows == 28
        assert content(extract)

    def test_a_data_set_without_sources_is_selected_by_part(self, view: PublicationView) -> None:
        extract = view.extract("dim_item", "csv", SeriesSelection("P00002", sources=("naive",)))

        assert extract.rows == 1

    def test_a_data_set_without_parts_can_not_be_selected_from(self, view: PublicationView) -> None:
        with pytest.raises(InvalidSelection, match="agg_daily"):
            view.extract("agg_daily", "csv", SeriesSelection("P00002"))

    def test_an_unknown_source_is_refused(self, view: PublicationView) -> None:
        with pytest.raises(InvalidSelection, match="oracle"):
            view.extract("fact_forecast", "csv", SeriesSelection("P00002", sources=("oracle",)))

    def test_an_unknown_data_set_is_refused(self, view: PublicationView) -> None:
        with pytest.raises(UnknownDataSet):
            view.extract("../accounts", "parquet")

    def test_an_unknown_format_is_refused(self, view: PublicationView) -> None:
        with pytest.raises(InvalidSelection, match="csv or parquet"):
            view.extract("dim_item", "xlsx")  # type: ignore[arg-type]


class TestSeriesCsv:
    def test_it_has_the_rows_that_are_drawn_and_where_they_come_from(
        self, view: PublicationView
    ) -> None:
        selection = SeriesSelection("P00001", sources=("arima",))

        header, *rows = rows_of(view.series_csv(selection))

        drawn = view.forecast_series(selection)
        assert len(rows) == drawn.table.num_rows
        assert header[:2] == ["item_id", "location_id"]
        assert header[2:-5] == drawn.table.column_names
        assert header[-5:] == [
            "publication_id",
            "dataset_id",
            "model_version",
            "generated_at",
            "data_through",
        ]
        assert {row[-5] for row in rows} == {view.manifest.publication_id}

    def test_its_numbers_are_those_that_are_drawn(self, view: PublicationView) -> None:
        selection = SeriesSelection("P00001")

        header, *rows = rows_of(view.series_csv(selection))

        drawn = view.forecast_series(selection).table["q950"].to_pylist()
        assert [float(row[header.index("q950")] or "nan") for row in rows] == pytest.approx(
            [float("nan") if value is None else value for value in drawn], nan_ok=True
        )

    def test_a_selection_of_nothing_is_a_header(self, view: PublicationView) -> None:
        rows = rows_of(view.series_csv(SeriesSelection("P00001", location_id="elsewhere")))

        assert len(rows) == 1


def test_a_parquet_file_that_is_gone_is_a_failed_read(
    publisher: Publisher, open_view: OpenView
) -> None:
    view = open_view(publisher.publish())
    snapshot_of(view.manifest, publisher.store).path("dim_item").unlink()

    with pytest.raises(ReadFailed):
        content(view.extract("dim_item", "parquet"))
