"""``datapackage.json``: the files as a Data Package, with types, keys, units and labels.

Source: Data Package Standard 2.0 (datapackage.org), its Data Package, Data Resource and Table
Schema. Portuguese texts stand beside the English ones under the names that the standard's recipe
for translations uses (``title@pt-BR``); ``unit`` is a property of our own, which it allows.
"""

from __future__ import annotations

from collections.abc import Mapping

from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType, DataSet
from ml_jobs.publishing.descriptions.subject import (
    DESCRIPTION,
    PORTUGUESE,
    TITLE,
    DescribedSubject,
    file_name,
)

_PROFILES = "https://datapackage.org/profiles/2.0"
_TYPES: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "string",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "datetime",
    ColumnType.DOUBLE: "number",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
}


def data_package(subject: DescribedSubject) -> dict[str, object]:
    """Return the Data Package of *subject*, fit for JSON."""
    manifest = subject.manifest
    licensed = {"licenses": [{"name": subject.license}]} if subject.license else {}
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": subject.registry.id,
        "version": subject.version,
        "created": subject.generated_at,
        **_texts("title", TITLE),
        **_texts("description", DESCRIPTION),
        "languages": ["en", PORTUGUESE],
        **licensed,
        "dataset_id": manifest.dataset_id,
        "model_version": manifest.model_version,
        "data_through": manifest.data_through.isoformat(),
        "resources": [_resource(*each, subject) for each in subject.published()],
    }


def _texts(name: str, text: Bilingual) -> dict[str, str]:
    return {name: text.en, f"{name}@{PORTUGUESE}": text.pt_BR}


def _resource(
    data_set: DataSet, file: PublishedFile, subject: DescribedSubject
) -> dict[str, object]:
    return {
        "name": data_set.name,
        **_texts("title", data_set.label),
        **_texts("description", data_set.description),
        "type": "table",
        "path": file_name(file),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        # Not the standard's "bytes": frictionless 5 counts none in Parquet, and calls it wrong.
        "size_bytes": file.size_bytes,
        "hash": f"sha256:{file.sha256}",
        "rows": file.rows,
        "schema": _schema(data_set, subject),
    }


def _schema(data_set: DataSet, subject: DescribedSubject) -> dict[str, object]:
    keys = [_foreign_key(data_set, column) for column in data_set.columns if column.reference]
    return {
        "fields": [_field(column, subject) for column in data_set.columns],
        # Who publishes a folder may order columns otherwise and have some more.
        "fieldsMatch": "subset",
        # Parquet has nulls of its own; an empty text is a text.
        "missingValues": [],
        "primaryKey": list(data_set.key),
        **({"foreignKeys": keys} if keys else {}),
    }


def _foreign_key(data_set: DataSet, column: Column) -> dict[str, object]:
    target = column.reference
    if target is None:
        raise ValueError(column.name)
    elsewhere = {} if target.data_set == data_set.name else {"resource": target.data_set}
    return {"fields": [column.name], "reference": {**elsewhere, "fields": [target.column]}}


def _field(column: Column, subject: DescribedSubject) -> dict[str, object]:
    unit, constraints = subject.unit(column), _constraints(column)
    labels = column.value_labels
    # pandas, with which Parquet is often read, shows a null among numbers as NaN.
    nulls = column.type in (ColumnType.DOUBLE, ColumnType.INTEGER) and not column.required
    return {
        "name": column.name,
        "type": _TYPES[column.type],
        **_texts("title", column.label),
        **_texts("description", column.description),
        **({"unit": unit} if unit else {}),
        **({"constraints": constraints} if constraints else {}),
        **({"missingValues": ["nan"]} if nulls else {}),
        **({"categories": [_category(*each) for each in labels.items()]} if labels else {}),
    }


def _category(value: str, label: Bilingual) -> dict[str, str]:
    return {"value": value, **_texts("label", label)}


def _constraints(column: Column) -> dict[str, object]:
    number = int if column.type is ColumnType.INTEGER else float
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    return {
        **({"required": True} if column.required else {}),
        **{name: number(bound) for name, bound in bounds.items() if bound is not None},
        **({"maxLength": column.form.max_length} if column.form else {}),
        **({"enum": list(column.allowed)} if column.allowed else {}),
    }
