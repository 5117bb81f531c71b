"""Rows as the bytes of a file: CSV, Parquet or an Arrow stream, a few megabytes at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from datalayer.kernel.contract.registry import ColumnType
from datalayer.kernel.errors import ReadFailed
from datalayer.reading.arrow_text import text_bytes
from datalayer.reading.extracts.csv_dialects import DIALECTS, RFC, CsvDialect
from datalayer.reading.database import Parameters
from datalayer.reading.extracts.requests import WHOLE, ExtractRequest, conditions_of
from datalayer.reading.queries import data_set_named, forecast_series, series_question
from datalayer.reading.reader import Reader
from datalayer.reading.selections import SeriesSelection
from datalayer.reading.views import count_query, whole_query, with_values

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_CHUNK_BYTES = 1024 * 1024
_ROW_GROUP_ROWS = 100_000
_ORIGIN = {
    "publication_id": ColumnType.TEXT,
    "dataset_id": ColumnType.TEXT,
    "model_version": ColumnType.TEXT,
    "generated_at": ColumnType.TIMESTAMP,
    "data_through": ColumnType.DATE,
}
_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
    ColumnType.DOUBLE: pa.float64(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
}
_WIDTHS = {pa.date32(): pa.int32()}
"""Types that no number becomes directly, with one of the same width that does."""


@dataclass(frozen=True)
class Rows:
    """Rows on their way out.

    Attributes:
        sql: Reads them.
        columns: Names and types.
        count: How many there are; a file with another number breaks off.
    """

    sql: str
    parameters: Parameters
    columns: Mapping[str, ColumnType]
    count: int


def rows_of(reader: Reader, request: ExtractRequest) -> Rows:
    """Return the rows that *request*, a checked one, asks for."""
    data_set = data_set_named(reader.registry, request.data_set)
    wanted = conditions_of(request.part, data_set)
    if wanted.predicates:
        counted = reader.query(count_query(data_set, wanted.predicates), **wanted.parameters)
        count = counted.column("rows")[0].as_py()
    else:
        count = reader.manifest.file(data_set.name).rows
    columns = {column.name: column.type for column in data_set.columns}
    return Rows(whole_query(data_set, wanted.predicates), wanted.parameters, columns, count)


def series_rows(reader: Reader, selection: SeriesSelection) -> Rows:
    """Return the rows of ``forecast_series``, each with its part, its place and where it is from.

    Raises:
        InvalidSelection, UnknownItem: As for ``forecast_series``.
    """
    series = forecast_series(reader, selection)
    question = series_question(reader.registry, reader.manifest, selection)
    subject = {"item_id": selection.item_id, "location_id": selection.location_id}
    origin = {name: getattr(series.provenance, name) for name in _ORIGIN}
    origin["generated_at"] = origin["generated_at"].isoformat()
    found = {name: ColumnType(kind) for name, kind in reader.columns(question).items()}
    columns = dict.fromkeys(subject, ColumnType.TEXT) | found | _ORIGIN
    sql = with_values(question.sql, dict.fromkeys(subject, ColumnType.TEXT), _ORIGIN)
    parameters = {**question.parameters, **subject, **origin}
    return Rows(sql, parameters, columns, series.table.num_rows)


def file_chunks(reader: Reader, request: ExtractRequest, rows: Rows) -> Iterator[bytes]:
    """Yield the file of *request*.

    Raises:
        ReadFailed: It can't be read, or there are other than the counted rows; what was yielded
            is not a whole file.
    """
    if published_as_it_is(request):
        return _published_chunks(reader, request.data_set)
    if request.format == "csv":
        return csv_chunks(reader, rows, DIALECTS[request.dialect or RFC.name])
    return {"parquet": _parquet_chunks, "arrow": _arrow_chunks}[request.format](reader, rows)


def published_as_it_is(request: ExtractRequest) -> bool:
    """Say whether the file of *request* is the snapshot's own, byte for byte."""
    return request.format == "parquet" and request.part == WHOLE


def csv_chunks(reader: Reader, rows: Rows, dialect: CsvDialect) -> Iterator[bytes]:
    """Yield *rows* as CSV, the names first; raises as ``file_chunks`` does."""
    yield dialect.head(rows.columns)
    lines = dialect.lines(rows.sql, rows.columns)
    for batch in _counted(reader, lines, rows):
        yield bytes(text_bytes(batch.column(0)))


class _Sink(io.RawIOBase):
    """Takes what a writer of Arrow writes, and gives it away."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, content: Buffer, /) -> int:
        """Keep *content* until it is taken."""
        self._written.append(bytes(content))
        return len(self._written[-1])

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        written, self._written = self._written, []
        return b"".join(written)


def _arrow_chunks(reader: Reader, rows: Rows) -> Iterator[bytes]:
    sink = _Sink()
    with pa.ipc.new_stream(sink, _schema(rows)) as writer:
        for batch in _counted(reader, rows.sql, rows):
            writer.write_batch(_settled(batch))
            yield sink.taken()
    yield sink.taken()


def _settled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return *batch* with a zero in the place of every null.

    What lies there counts for nothing and is whatever the memory held, so the same rows would
    come as other bytes the next time.
    """
    return pa.RecordBatch.from_arrays(
        [_nulls_are_zeros(column) for column in batch.columns], schema=batch.schema
    )


def _nulls_are_zeros(column: pa.Array) -> pa.Array:
    if not column.null_count or pa.types.is_string(column.type):
        return column
    zero = pa.array([0], pa.int64()).cast(_WIDTHS.get(column.type, column.type)).view(column.type)
    filled = pc.fill_null(column, zero[0])
    return pc.if_else(pc.is_valid(column), filled, pa.scalar(None, column.type))


def _parquet_chunks(reader: Reader, rows: Rows) -> Iterator[bytes]:
    sink = _Sink()
    schema = _schema(rows)
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for group in _row_groups(_counted(reader, rows.sql, rows)):
            writer.write_table(pa.Table.from_batches(group, schema))
            yield sink.taken()
    yield sink.taken()


def _row_groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(each.num_rows for each in group) >= _ROW_GROUP_ROWS:
            yield group
            group = []
    if group:
        yield group


def _counted(reader: Reader, sql: str, rows: Rows) -> Iterator[pa.RecordBatch]:
    sent = 0
    for batch in reader.stream(sql, **rows.parameters):
        sent += batch.num_rows
        yield batch
    if sent != rows.count:
        problem = f"{sent} rows were read where {rows.count} were counted"
        raise ReadFailed(reader.manifest.publication_id, problem)


def _schema(rows: Rows) -> pa.Schema:
    return pa.schema([(name, _ARROW[kind]) for name, kind in rows.columns.items()])


def _published_chunks(reader: Reader, name: str) -> Iterator[bytes]:
    try:
        with reader.snapshot.path(name).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise ReadFailed(reader.manifest.publication_id, str(error)) from error
