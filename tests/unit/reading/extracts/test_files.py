"""Files of every format are the rows asked for, named by what they are."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.access.identity import ANYONE
from datalayer.kernel.errors import InvalidSelection, ReadFailed, UnknownDataSet
from datalayer.reading.csv_dialects import RFC
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.extracts.writing import csv_chunks, rows_of
from datalayer.reading.publication import Publication
from tests.extracted import cells_of, content, written

FORMATS = ["csv", "parquet", "arrow"]


def table_of(extracts: Extracts, publication: Publication, request: ExtractRequest) -> pa.Table:
    file = io.BytesIO(content(extracts.extract(publication, request, ANYONE)))
    if request.format == "parquet":
        return pq.read_table(file)
    return pa.ipc.open_stream(file).read_all()


class TestTyped:
    def test_parquet_of_a_whole_data_set_is_the_published_file(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        extract = extracts.extract(publication, ExtractRequest("fact_forecast", "parquet"), ANYONE)
        announced = extract.chunks.announced

        taken = content(extract)
        published = publication.manifest.file("fact_forecast")
        assert announced is not None
        assert hashlib.sha256(taken).hexdigest() == published.sha256 == announced.sha256
        assert len(taken) == published.size_bytes == announced.size_bytes
        assert extract.rows == published.rows

    def test_arrow_has_every_row_with_the_contracts_types(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        for name in publication.registry.data_sets:
            table = table_of(extracts, publication, ExtractRequest(name, "arrow"))

            published = pq.read_table(publication.snapshot.path(name))
            assert table.equals(published.select(table.column_names).cast(table.schema))
            assert table.num_rows == publication.manifest.file(name).rows

    @pytest.mark.parametrize("file_format", ["parquet", "arrow"])
    def test_rows_of_a_part_are_typed_too(
        self, extracts: Extracts, publication: Publication, file_format: str
    ) -> None:
        part = Part("P00002", sources=("naive",))
        table = table_of(
            extracts, publication, ExtractRequest("fact_forecast", file_format, part=part)
        )

        whole = table_of(extracts, publication, ExtractRequest("fact_forecast", "arrow"))
        assert table.schema.equals(whole.schema)
        assert table.num_rows == 56
        assert set(table["item_id"].to_pylist()) == {"P00002"}


class TestParts:
    @pytest.mark.parametrize("file_format", FORMATS)
    def test_only_what_was_asked_for(
        self, extracts: Extracts, publication: Publication, file_format: str
    ) -> None:
        through = publication.manifest.data_through
        part = Part("P00002", "network", ("naive",), through - timedelta(days=6), through)
        extract = extracts.extract(
            publication, ExtractRequest("fact_forecast", file_format, part=part), ANYONE
        )

        assert extract.rows == 7
        assert content(extract)

    def test_days_of_every_part(self, extracts: Extracts, publication: Publication) -> None:
        through = publication.manifest.data_through
        rows = cells_of(written(extracts, publication, "fact_demand", part=Part(start=through)))

        assert {row["date"] for row in rows} == {through.isoformat()}

    def test_a_part_that_there_is_not_has_no_rows(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        request = ExtractRequest("fact_forecast", part=Part("P'; drop table x --"))

        assert extracts.extract(publication, request, ANYONE).rows == 0

    @pytest.mark.parametrize(
        ("name", "part", "named"),
        [
            ("agg_daily", Part("P00002"), "agg_daily has no column item_id"),
            ("dim_item", Part(sources=("naive",)), "dim_item has no column source"),
            ("fact_forecast", Part(sources=("oracle",)), "oracle"),
            ("fact_forecast", Part("P\0"), "NUL"),
            ("fact_forecast", Part("\ud800"), "surrogates"),
            ("fact_forecast", Part("x" * 201), "201 characters"),
        ],
    )
    def test_a_part_that_can_not_be_is_refused(
        self, extracts: Extracts, publication: Publication, name: str, part: Part, named: str
    ) -> None:
        with pytest.raises(InvalidSelection, match=named):
            extracts.extract(publication, ExtractRequest(name, part=part), ANYONE)

    def test_a_span_that_ends_before_it_begins_is_refused(
        self, extracts: Extracts, publication: Publication
    ) -> None:
        through = publication.manifest.data_through
        part = Part(start=through, end=through - timedelta(days=1))

        with pytest.raises(InvalidSelection, match="on or before the end"):
            extracts.extract(publication, ExtractRequest("fact_demand", part=part), ANYONE)


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        (ExtractRequest("dim_item", "xlsx"), "csv, parquet, arrow"),
        (ExtractRequest("dim_item", "csv", "tsv"), "rfc, excel-br"),
        (ExtractRequest("dim_item", "parquet", "rfc"), "only CSV has one"),
    ],
)
def test_an_unknown_form_is_refused(
    extracts: Extracts, publication: Publication, request_: ExtractRequest, named: str
) -> None:
    with pytest.raises(InvalidSelection, match=named):
        extracts.extract(publication, request_, ANYONE)


def test_an_unknown_data_set_is_refused(extracts: Extracts, publication: Publication) -> None:
    with pytest.raises(UnknownDataSet):
        extracts.extract(publication, ExtractRequest("../accounts", "parquet"), ANYONE)


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (ExtractRequest("dim_item"), "dim_item_{}_rfc.csv"),
        (ExtractRequest("dim_item", dialect="excel-br"), "dim_item_{}_excel-br.csv"),
        (ExtractRequest("dim_item", "parquet"), "dim_item_{}.parquet"),
        (ExtractRequest("dim_item", part=Part('a/"\r\n b')), "dim_item_a-b_{}_rfc.csv"),
    ],
)
def test_the_name_says_data_set_part_publication_and_dialect(
    extracts: Extracts, publication: Publication, request_: ExtractRequest, name: str
) -> None:
    extract = extracts.extract(publication, request_, ANYONE)

    assert extract.file_name == name.format(publication.manifest.publication_id)


def test_other_than_the_counted_rows_break_the_file_off(publication: Publication) -> None:
    rows = rows_of(publication, ExtractRequest("dim_item"))
    object.__setattr__(rows, "count", rows.count + 1)

    with pytest.raises(ReadFailed, match="6 rows were read where 7 were counted"):
        list(csv_chunks(publication, rows, RFC))


def test_a_published_file_that_is_gone_is_a_failed_read(
    extracts: Extracts, publication: Publication
) -> None:
    publication.snapshot.path("dim_item").unlink()

    with pytest.raises(ReadFailed):
        content(extracts.extract(publication, ExtractRequest("dim_item", "parquet"), ANYONE))
