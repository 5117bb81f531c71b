"""Data sets as files to take away: CSV and Parquet, streamed, never silently short.

One CSV dialect for pages, API and command line: RFC 4180, UTF-8, comma, CRLF; numbers in the
shortest form that reads back to the same number; null is empty, and empty text is ``""``.
Text is always quoted, so leading zeros survive wherever a reader respects quotes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from datalayer.contract.registry import Column, DataSet
from datalayer.errors import InvalidSelection, ReadFailed
from datalayer.warehouse.database import Parameter
from datalayer.warehouse.queries import data_set_named
from datalayer.warehouse.reader import Reader
from datalayer.warehouse.results import Result
from datalayer.warehouse.selections import SeriesSelection
from datalayer.warehouse.views import (
    at_least,
    at_most,
    count_query,
    equals,
    one_of,
    page_query,
    whole_query,
)

ExtractFormat = Literal["csv", "parquet"]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}

_CHUNK_BYTES = 256 * 1024
# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA_START = "^[=+\\-@\t\r]"


@dataclass(frozen=True)
class Extract:
    """A file to take away.

    Attributes:
        file_name: Data set and publication: ``fact_forecast_20261121T060000Z-1a2b3c4d.csv``.
        rows: How many rows the file will have, known before the first byte.
        chunks: The bytes, once; close it (or exhaust it) to free the reader behind it.
        size_bytes: Size of the file, where it is known before the last byte.
    """

    file_name: str
    media_type: str
    rows: int
    chunks: Iterator[bytes]
    size_bytes: int | None = None


def extract(
    reader: Reader,
    name: str,
    format: ExtractFormat,  # noqa: A002 - the word that callers and file names use
    selection: SeriesSelection | None = None,
) -> Extract:
    """Return a data set, or the part of it that *selection* names, as a file.

    A whole data set as Parquet is the snapshot's own file, byte for byte.

    Raises:
        UnknownDataSet: The registry has none called *name*.
        InvalidSelection: The format is neither csv nor parquet, or the data set has no parts.
    """
    data_set = data_set_named(reader.registry, name)
    if format not in MEDIA_TYPES:
        raise InvalidSelection("format", format, "csv or parquet")
    file_name = f"{name}_{reader.manifest.publication_id}.{format}"
    if format == "parquet" and selection is None:
        published = reader.manifest.file(name)
        chunks = _published_chunks(reader, name)
        size_bytes = published.size_bytes
        return Extract(file_name, MEDIA_TYPES[format], published.rows, chunks, size_bytes)
    rows = _rows(reader, data_set, selection)
    chunks = csv_chunks(rows) if format == "csv" else _parquet_chunks(rows)
    return Extract(file_name, MEDIA_TYPES[format], rows.count, chunks)


def series_csv(result: Result, selection: SeriesSelection) -> bytes:
    """Return *result* as CSV, every row with its part, its place and where it comes from."""
    constants: dict[str, object] = {
        "item_id": selection.item_id,
        "location_id": selection.location_id,
        "publication_id": result.provenance.publication_id,
        "dataset_id": result.provenance.dataset_id,
        "model_version": result.provenance.model_version,
        "generated_at": result.provenance.generated_at,
        "data_through": result.provenance.data_through,
    }
    table = result.table
    for name, value in constants.items():
        table = table.append_column(name, pa.repeat(pa.scalar(value), table.num_rows))
    table = table.select([*list(constants)[:2], *result.table.column_names, *list(constants)[2:]])
    rows = Rows(table.schema, table.num_rows, iter(table.to_batches()))
    return b"".join(csv_chunks(rows))


@dataclass(frozen=True)
class Rows:
    """Rows on their way out: how many were counted, and the batches, once."""

    schema: pa.Schema
    count: int
    batches: Iterator[pa.RecordBatch]


def csv_chunks(rows: Rows) -> Iterator[bytes]:
    """Yield *rows* as CSV, the header first.

    Raises:
        ReadFailed: There were fewer or more rows than counted; the file is not whole.
    """
    yield _csv(rows.schema.empty_table(), header=True)
    for batch in _counted(rows):
        yield _csv(_writable(batch), header=False)


def iso_times(times: pa.Array) -> pa.Array:
    """Return UTC times as ISO 8601 text with a Z.

    A publication has few different times; formatting each one once, where Arrow would format
    every row, halves the cost of a whole extract.
    """
    encoded = times.dictionary_encode()
    text = [time.isoformat().replace("+00:00", "Z") for time in encoded.dictionary.to_pylist()]
    return pa.array(text, pa.string()).take(encoded.indices)


def _counted(rows: Rows) -> Iterator[pa.RecordBatch]:
    sent = 0
    for batch in rows.batches:
        sent += batch.num_rows
        yield batch
    if sent != rows.count:
        raise ReadFailed("-", f"{sent} rows were read where {rows.count} were counted")


def _csv(rows: pa.RecordBatch | pa.Table, *, header: bool) -> bytes:
    options = pyarrow.csv.WriteOptions(include_header=header, eol="\r\n", quoting_header="none")
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(rows, sink, options)
    return bytes(sink.getvalue().to_pybytes())


def _writable(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return *batch* with text that no spreadsheet takes for a formula, and times as text."""
    for index, field in enumerate(batch.schema):
        if pa.types.is_string(field.type):
            batch = batch.set_column(index, field, _defused(batch.column(index)))
        elif pa.types.is_timestamp(field.type):
            times = iso_times(batch.column(index))
            batch = batch.set_column(index, pa.field(field.name, pa.string()), times)
    return batch


def _defused(text: pa.Array) -> pa.Array:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    formula = pc.match_substring_regex(text, _FORMULA_START)
    if not pc.any(formula).as_py():
        return text
    return pc.if_else(formula, pc.binary_join_element_wise("'", text, ""), text)


def _rows(reader: Reader, data_set: DataSet, selection: SeriesSelection | None) -> Rows:
    filters, parameters = _filters(reader, data_set, selection) if selection else ((), {})
    schema = reader.query(page_query(data_set), limit=0, offset=0).schema
    (count,) = reader.query(count_query(data_set, filters), **parameters).column("rows").to_pylist()
    batches = reader.stream(whole_query(data_set, filters), **parameters)
    return Rows(schema, count, batches)


def _filters(
    reader: Reader, data_set: DataSet, selection: SeriesSelection
) -> tuple[tuple[str, ...], dict[str, Parameter]]:
    """Return the filters of *selection* that the data set's columns allow, and their values."""
    selection.check(reader.registry)
    columns = {column.name: column for column in data_set.columns}
    if "item_id" not in columns:
        raise InvalidSelection("data set", data_set.name, "one with an item_id, to select by part")
    wanted: tuple[tuple[str, str, Parameter, Callable[[Column, str], str]], ...] = (
        ("item_id", "item_id", selection.item_id, equals),
        ("location_id", "location_id", selection.location_id, equals),
        ("source", "sources", selection.sources or None, one_of),
        ("date", "start", selection.start, at_least),
        ("date", "end", selection.end, at_most),
    )
    used = [each for each in wanted if each[0] in columns and each[2] is not None]
    filters = tuple(make(columns[column], parameter) for column, parameter, _, make in used)
    return filters, {parameter: value for _, parameter, value, _ in used}


def _published_chunks(reader: Reader, name: str) -> Iterator[bytes]:
    try:
        with reader.snapshot.path(name).open("rb") as file:
            yield from _file_chunks(file)
    except OSError as error:
        raise ReadFailed(reader.manifest.publication_id, str(error)) from error


def _parquet_chunks(rows: Rows) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        with pyarrow.parquet.ParquetWriter(file, rows.schema, compression="zstd") as writer:
            for batch in _counted(rows):
                writer.write_batch(batch)
        file.seek(0)
        yield from _file_chunks(file)


def _file_chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk
