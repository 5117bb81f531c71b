"""``croissant.json``: the files as a Croissant data set, which data-science tools load by itself.

Source: Croissant 1.1 (docs.mlcommons.org/croissant). Its texts have one language tag each. It has
no words for units and labels of values; those are in the Data Package.
"""

from __future__ import annotations

from collections.abc import Mapping

from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.contract.registry import (
    Bilingual,
    Column,
    ColumnType,
    DataSet,
    Reference,
)
from ml_jobs.publishing.descriptions.subject import (
    DESCRIPTION,
    PORTUGUESE,
    TITLE,
    DescribedSubject,
    file_name,
)

_CROISSANT = "http://mlcommons.org/croissant/"
# The context that the standard prescribes, word for word: readers compare it.
_CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": _CROISSANT,
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "sc:Text",
    ColumnType.DATE: "sc:Date",
    ColumnType.TIMESTAMP: "sc:DateTime",
    ColumnType.DOUBLE: "sc:Float",
    ColumnType.INTEGER: "sc:Integer",
    ColumnType.BOOLEAN: "sc:Boolean",
}


def croissant(subject: DescribedSubject) -> dict[str, object]:
    """Return the Croissant description of *subject*, JSON-LD."""
    licensed = {"license": f"https://spdx.org/licenses/{subject.license}"}
    return {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": f"{_CROISSANT}1.1",
        "name": _texts(TITLE),
        "description": _texts(DESCRIPTION),
        "version": subject.version,
        "datePublished": subject.generated_at,
        "inLanguage": ["en", PORTUGUESE],
        **(licensed if subject.license else {}),
        "distribution": [_file_object(file) for _, file in subject.published()],
        "recordSet": [_record_set(*each) for each in subject.published()],
    }


def _texts(text: Bilingual) -> dict[str, str]:
    return {"en": text.en, PORTUGUESE: text.pt_BR}


def _file_object(file: PublishedFile) -> dict[str, object]:
    name = file_name(file)
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "contentSize": f"{file.size_bytes} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _record_set(data_set: DataSet, file: PublishedFile) -> dict[str, object]:
    return {
        "@type": "cr:RecordSet",
        "@id": data_set.name,
        "name": _texts(data_set.label),
        "description": _texts(data_set.description),
        "key": [{"@id": f"{data_set.name}/{column}"} for column in data_set.key],
        "field": [_field(data_set, column, file) for column in data_set.columns],
    }


def _field(data_set: DataSet, column: Column, file: PublishedFile) -> dict[str, object]:
    target = column.reference
    # A data set that refers to itself is a circle, which readers of Croissant don't take.
    elsewhere = target if target and target.data_set != data_set.name else None
    return {
        "@type": "cr:Field",
        "@id": f"{data_set.name}/{column.name}",
        "name": _texts(column.label),
        "description": _texts(column.description),
        "dataType": _TYPES[column.type],
        "source": {
            "fileObject": {"@id": file_name(file)},
            "extract": {"column": column.name},
        },
        **({"references": _references(elsewhere)} if elsewhere else {}),
    }


def _references(target: Reference) -> dict[str, object]:
    return {"field": {"@id": f"{target.data_set}/{target.column}"}}
