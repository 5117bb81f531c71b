"""Rows that are seen before they are taken are the rows of the file, page by page."""

from __future__ import annotations

import io
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.access.identity import ANYONE
from datalayer.kernel.contract.registry import ColumnType, DataSet
from datalayer.reading.csv_dialects import DIALECTS
from datalayer.reading.extracts.asking import filters_on, read_asked
from datalayer.reading.extracts.previews import estimated_bytes, rows_counted, rows_seen
from datalayer.reading.extracts.requests import ExtractRequest
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import content

PAGE_ROWS = 7


def a_choice(random: Random, data_set: DataSet, rows: pa.Table) -> list[tuple[str, str]]:
    """Return filters with values of the rows, columns and an order, all of them at random."""
    row = rows.slice(random.randrange(rows.num_rows), 1).to_pylist()[0]
    known = filters_on(data_set)
    pairs = []
    for name in random.sample(sorted(known), k=random.randrange(4)):
        value = row[known[name].column.name]
        if known[name].operator == "null":
            pairs.append((name, random.choice(["true", "false"])))
        elif value is not None:
            pairs.append((name, text_of(value, known[name].column.type)))
    names = [column.name for column in data_set.columns]
    if random.random() < 0.7:
        pairs.append(("columns", ",".join(random.sample(names, k=random.randrange(1, len(names))))))
    if random.random() < 0.7:
        by = random.sample(names, k=random.randrange(1, 3))
        pairs.append(("order", ",".join(random.choice(["", "-"]) + name for name in by)))
    return pairs


def text_of(value: object, kind: ColumnType) -> str:
    if kind is ColumnType.BOOLEAN:
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def taken(extracts: Extracts, publication: Publication, request: ExtractRequest) -> pa.Table:
    return pq.read_table(io.BytesIO(content(extracts.extract(publication, request, ANYONE))))


def seen(publication: Publication, request: ExtractRequest, count: int) -> list[dict[str, object]]:
    pages = max(1, -(-count // PAGE_ROWS))
    tables = (
        rows_seen(publication, request, page=page, page_rows=PAGE_ROWS).table
        for page in range(1, pages + 1)
    )
    return [row for table in tables for row in table.to_pylist()]


@pytest.mark.parametrize("seed", range(40))
def test_all_pages_together_are_the_file(
    extracts: Extracts, publication: Publication, seed: int
) -> None:
    random = Random(seed)
    data_set = random.choice(list(publication.registry.data_sets.values()))
    whole = taken(extracts, publication, ExtractRequest(data_set.name, "parquet"))
    pairs = a_choice(random, data_set, whole) if whole.num_rows else []

    asked = read_asked(
        publication.registry, data_set.name, (*pairs, ("format", "parquet")), dialect="rfc"
    )

    assert asked.refused == ()
    file = taken(extracts, publication, asked.request)
    count = rows_counted(publication, asked.request)
    assert count == file.num_rows
    assert seen(publication, asked.request, count) == file.to_pylist()


def test_a_filter_that_nothing_meets_leaves_no_rows(publication: Publication) -> None:
    asked = read_asked(publication.registry, "dim_item", (("item_id", "none such"),), dialect="rfc")

    assert rows_counted(publication, asked.request) == 0
    rows = rows_seen(publication, asked.request, page=1, page_rows=PAGE_ROWS).table
    assert rows.num_rows == 0
    assert rows.column_names == [c.name for c in publication.registry.data_sets["dim_item"].columns]


@pytest.mark.parametrize("form", ["csv", "parquet", "arrow"])
def test_the_size_said_before_is_near_that_of_the_file(
    extracts: Extracts, publication: Publication, form: str
) -> None:
    request = ExtractRequest("fact_forecast", form).resolve(publication.registry)
    made = len(content(extracts.extract(publication, request, ANYONE)))

    said = estimated_bytes(publication, request, rows_counted(publication, request))

    assert 0.5 < said / made < 2


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_size_of_few_rows_is_exactly_that_of_the_file(
    extracts: Extracts, publication: Publication, dialect: str
) -> None:
    request = ExtractRequest("dim_item", "csv", dialect=dialect).resolve(publication.registry)
    made = content(extracts.extract(publication, request, ANYONE))

    said = estimated_bytes(publication, request, rows_counted(publication, request))

    assert said == len(made)


def test_a_published_file_has_the_size_that_is_said(publication: Publication) -> None:
    request = ExtractRequest("dim_item", "parquet").resolve(publication.registry)

    assert (
        estimated_bytes(publication, request, 6) == publication.manifest.file("dim_item").size_bytes
    )
