"""What a file is, in JSON beside it: the shape of CSV on the Web (CSVW) with where it is from.

Source: W3C Recommendation "Metadata Vocabulary for Tabular Data", 17 December 2015. What it has
no word for (rows, size_bytes, sha256, metadata, and a column's unit) is named as in the API.
"""

from __future__ import annotations

from dataclasses import asdict

from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType
from datalayer.reading.csv_dialects import DIALECTS, CsvDialect
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.requests import MEDIA_TYPES, ExtractRequest
from datalayer.reading.publication import Publication

_BASES = {
    ColumnType.TEXT: "string",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "dateTimeStamp",
    ColumnType.DOUBLE: "double",
    ColumnType.INTEGER: "long",
    ColumnType.BOOLEAN: "boolean",
}
_DEFUSED = Bilingual(
    "Text that begins with = + - @, their full-width forms, a tab, LF or CR has an apostrophe "
    "before it.",
    "Texto que começa com = + - @, suas formas de largura total, tabulação, LF ou CR tem um "
    "apóstrofo antes.",
)
_GUARDED = Bilingual(
    'Text that a spreadsheet would convert stands as ="00123". Times are UTC, to the second.',
    'Texto que uma planilha converteria está como ="00123". Horários em UTC, até o segundo.',
)
_AS_IT_IS = Bilingual(
    "Text is as it was published: for programs, not for a double click in a spreadsheet.",
    "O texto está como foi publicado: para programas, não para abrir em uma planilha.",
)


def sidecar(publication: Publication, request: ExtractRequest, digest: Digest) -> dict[str, object]:
    """Return the description of the file of *request*, a checked one, fit for JSON."""
    data_set = publication.registry.data_sets[request.data_set]
    columns = request.arrangement.columns or tuple(each.name for each in data_set.columns)
    order = [str(each) for each in request.arrangement.order]
    dialect = DIALECTS[request.dialect] if request.dialect else None
    provenance = publication.provenance((request.data_set,), request.part.sources)
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": request.file_name(publication.id),
        "mediaType": MEDIA_TYPES[request.format],
        "dc:title": _texts(data_set.label),
        "dc:description": _texts(data_set.description),
        **asdict(digest),
        "metadata": asdict(provenance),
        "part": _part(request),
        **({"order": order} if order else {}),
        **({"dialect": _dialect(dialect), "notes": _notes(dialect)} if dialect else {}),
        "tableSchema": {
            "columns": [_column(data_set.column(name), dialect) for name in columns],
            **({"primaryKey": list(data_set.key)} if set(data_set.key) <= set(columns) else {}),
        },
    }


def _part(request: ExtractRequest) -> dict[str, object]:
    part = {name: value for name, value in asdict(request.part).items() if value}
    filters: dict[str, list[str]] = {}
    for name, value in request.filters:
        filters.setdefault(name, []).append(value)
    return part | filters


def _dialect(dialect: CsvDialect) -> dict[str, object]:
    return {
        "name": dialect.name,
        "encoding": "utf-8",
        "byteOrderMark": dialect.byte_order_mark,
        "delimiter": dialect.delimiter,
        "quoteChar": '"',
        "doubleQuote": True,
        "header": True,
        "headerRowCount": 1,
        "lineTerminators": ["\r\n"],
    }


def _notes(dialect: CsvDialect) -> list[dict[str, str]]:
    notes = (_DEFUSED, _GUARDED) if dialect.guarded else (_AS_IT_IS,)
    return [_texts(each) for each in notes]


def _column(column: Column, dialect: CsvDialect | None) -> dict[str, object]:
    described = {
        "name": dialect.heading(column.name, column.type) if dialect else column.name,
        "titles": _texts(column.label),
        "dc:description": _texts(column.description),
        "datatype": _datatype(column, dialect),
        "required": column.required,
        "null": [""],
    }
    return described | ({"unit": column.unit} if column.unit else {})


def _datatype(column: Column, dialect: CsvDialect | None) -> dict[str, object]:
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    known: dict[str, object] = {k: v for k, v in bounds.items() if v is not None}
    form = _format(column.type, dialect) if dialect else None
    return {"base": _BASES[column.type], **known} | ({"format": form} if form else {})


def _format(kind: ColumnType, dialect: CsvDialect) -> object:
    """Return how values of a type are written, where that is not what CSVW takes for granted."""
    if kind is ColumnType.DOUBLE:
        return {"decimalChar": dialect.decimal}
    return {
        ColumnType.DATE: dialect.date,
        ColumnType.TIMESTAMP: dialect.time,
        ColumnType.BOOLEAN: "|".join(dialect.truth),
    }.get(kind)


def _texts(text: Bilingual) -> dict[str, str]:
    return {"en": text.en, "pt-BR": text.pt_BR}
