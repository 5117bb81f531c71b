"""The data sets of availability are taken away as all others are."""

from __future__ import annotations

import csv
import io

import pytest

from datalayer.access.identity import ANYONE
from datalayer.kernel.errors import UnknownDataSet
from datalayer.reading.extracts.requests import ExtractRequest
from datalayer.reading.extracts.service import Extracts
from tests.availability import DATA_SETS, available_tables, silent_tables
from tests.extracted import content
from tests.publisher import Publisher
from tests.unit.reading.extracts.conftest import OpenPublication


@pytest.mark.parametrize("name", DATA_SETS)
def test_all_rows_are_in_the_file_with_all_columns(
    name: str, extracts: Extracts, publisher: Publisher, open_publication: OpenPublication
) -> None:
    tables = available_tables(publisher)
    publication = open_publication(publisher.publish(tables=tables))

    extract = extracts.extract(publication, ExtractRequest(name), ANYONE)

    rows = list(csv.DictReader(io.StringIO(content(extract).decode())))
    assert len(rows) == tables[name].num_rows
    assert list(rows[0]) == tables[name].column_names


@pytest.mark.parametrize("name", DATA_SETS)
@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_they_come_as_tables_too(
    name: str,
    form: str,
    extracts: Extracts,
    publisher: Publisher,
    open_publication: OpenPublication,
) -> None:
    tables = available_tables(publisher)
    publication = open_publication(publisher.publish(tables=tables))

    extract = extracts.extract(publication, ExtractRequest(name, format=form), ANYONE)

    assert content(extract)
    assert extract.rows == tables[name].num_rows


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_publication_without_them_names_what_it_has(
    name: str, extracts: Extracts, publisher: Publisher, open_publication: OpenPublication
) -> None:
    silent = open_publication(publisher.publish(tables=silent_tables(publisher)))

    with pytest.raises(UnknownDataSet, match=f"no data set {name}"):
        extracts.extract(silent, ExtractRequest(name), ANYONE)
