"""The description of a file says its columns, its dialect, its origin and what proves it whole."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE
from datalayer.reading.extracts.requests import ExtractRequest, Part
from datalayer.reading.extracts.service import Extracts
from datalayer.reading.publication import Publication
from tests.extracted import content


def described(
    extracts: Extracts, publication: Publication, *request: str, **more: Any
) -> dict[str, Any]:
    return extracts.describe(publication, ExtractRequest(*request, **more), ANYONE)


@pytest.mark.parametrize(
    "request_",
    [
        ExtractRequest("fact_forecast"),
        ExtractRequest("fact_forecast", dialect="excel-br"),
        ExtractRequest("fact_forecast", "parquet"),
        ExtractRequest("fact_forecast", "arrow", part=Part("P00001")),
    ],
)
def test_rows_size_and_hash_are_those_of_the_file(
    extracts: Extracts, publication: Publication, request_: ExtractRequest
) -> None:
    about = extracts.describe(publication, request_, ANYONE)

    extract = extracts.extract(publication, request_, ANYONE)
    file = content(extract)
    assert about["rows"] == extract.rows
    assert about["size_bytes"] == len(file)
    assert about["sha256"] == hashlib.sha256(file).hexdigest()
    assert about["url"] == extract.file_name


def test_the_columns_are_the_registrys(extracts: Extracts, publication: Publication) -> None:
    schema = described(extracts, publication, "fact_forecast")["tableSchema"]

    data_set = publication.registry.data_sets["fact_forecast"]
    assert [each["name"] for each in schema["columns"]] == [c.name for c in data_set.columns]
    assert schema["primaryKey"] == list(data_set.key)
    for given, column in zip(schema["columns"], data_set.columns, strict=True):
        assert given["titles"] == {"en": column.label.en, "pt-BR": column.label.pt_BR}
        assert given["dc:description"]["pt-BR"] == column.description.pt_BR
        assert given.get("unit", "") == column.unit


@pytest.mark.parametrize(
    ("dialect", "delimiter", "decimal", "date"),
    [("rfc", ",", ".", "yyyy-MM-dd"), ("excel-br", ";", ",", "dd/MM/yyyy")],
)
def test_it_says_how_values_are_written(
    extracts: Extracts,
    publication: Publication,
    dialect: str,
    delimiter: str,
    decimal: str,
    date: str,
) -> None:
    about = described(extracts, publication, "fact_forecast", dialect=dialect)

    types = {each["name"]: each["datatype"] for each in about["tableSchema"]["columns"]}
    assert about["dialect"]["delimiter"] == delimiter
    assert about["dialect"]["name"] == dialect
    assert types["forecast"]["format"] == {"decimalChar": decimal}
    assert types["date"]["format"] == date


def test_only_csv_has_a_dialect(extracts: Extracts, publication: Publication) -> None:
    about = described(extracts, publication, "dim_item", "parquet")

    assert "dialect" not in about
    assert about["tableSchema"]["columns"][0]["datatype"] == {"base": "string"}


def test_it_says_where_the_file_is_from(extracts: Extracts, publication: Publication) -> None:
    metadata = described(extracts, publication, "dim_item")["metadata"]

    manifest = publication.manifest
    assert metadata["publication_id"] == manifest.publication_id
    assert metadata["model_version"] == manifest.model_version
    assert metadata["generated_at"] == manifest.generated_at


def test_the_file_is_made_once_to_be_described(
    extracts: Extracts, publication: Publication, audit: AuditLog
) -> None:
    described(extracts, publication, "dim_item")

    announced = extracts.extract(publication, ExtractRequest("dim_item"), ANYONE).chunks.announced

    assert announced is not None
    assert audit.entries(5) == ()
