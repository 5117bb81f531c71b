"""The rows of an extract before it is taken: how many, page by page, and about how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pyarrow.parquet

from datalayer.kernel.contract.registry import ColumnType, DataSet
from datalayer.kernel.errors import ReadFailed
from datalayer.reading.arrangement import arranged
from datalayer.reading.csv_dialects import DIALECTS, CsvDialect
from datalayer.reading.extracts.requests import ExtractRequest, conditions_of
from datalayer.reading.publication import Publication
from datalayer.reading.question import Question
from datalayer.reading.questions import data_sets
from datalayer.reading.results import Result
from datalayer.reading.views import size_of_lines

_SAMPLED_ROWS: Final = 500


def rows_counted(publication: Publication, request: ExtractRequest) -> int:
    """Return how many rows the file of *request*, a resolved one, has; cached.

    Raises:
        ReadFailed, QueryTooLong: They can't be counted.
    """
    data_set = publication.registry.data_sets[request.data_set]
    met = conditions_of(request, data_set)
    if not met.predicates:
        return publication.manifest.file(data_set.name).rows
    rows = data_sets.rows(data_set, met, with_total=True)
    name = f"count_{data_set.name}"
    counting = Question(name, rows.total_sql, met.parameters, rows.data_sets)
    return int(publication.table(counting).table["rows"][0].as_py())


def rows_seen(
    publication: Publication, request: ExtractRequest, *, page: int, page_rows: int
) -> Result:
    """Return a page of the rows of *request*: its columns, in the order that the file has; cached.

    Args:
        publication: Where they are read.
        request: A resolved one.
        page: Which page, from 1.
        page_rows: Rows of a page, 10,000 at most.

    Raises:
        ReadFailed, QueryTooLong: They can't be read.
    """
    data_set = publication.registry.data_sets[request.data_set]
    question = _first_page(data_set, request, page_rows, offset=(page - 1) * page_rows)
    found = publication.table(question)
    return replace(found, table=found.table.select(_columns(data_set, request)))


def estimated_bytes(publication: Publication, request: ExtractRequest, rows: int) -> int:
    """Return about how large the file of *rows* rows is that *request*, a resolved one, asks for.

    CSV and Arrow by the rows that come first in the key, as those of another order would have to
    be sorted; Parquet by what its columns take in the published file. The file of a whole data
    set in Parquet has exactly this size. The rows that are read for it are cached.

    Raises:
        ReadFailed, QueryTooLong: The rows can't be read.
    """
    if request.format == "parquet":
        return _parquet_bytes(publication, request, rows)
    data_set = publication.registry.data_sets[request.data_set]
    unsorted = replace(request, arrangement=replace(request.arrangement, order=()))
    question = _first_page(data_set, unsorted, _SAMPLED_ROWS)
    if request.format == "arrow":
        table = publication.table(question).table.select(_columns(data_set, request))
        return _grown(table.nbytes, table.num_rows, rows)
    dialect = DIALECTS[request.dialect or "rfc"]
    written = {name: data_set.column(name).type for name in _columns(data_set, request)}
    sampled = publication.table(_sizing(question, dialect, written)).table.to_pylist()[0]
    return len(dialect.head(written)) + _grown(sampled["bytes"], sampled["rows"], rows)


def _parquet_bytes(publication: Publication, request: ExtractRequest, rows: int) -> int:
    published = publication.manifest.file(request.data_set)
    if request.is_whole:
        return published.size_bytes
    data_set = publication.registry.data_sets[request.data_set]
    columns = set(_columns(data_set, request))
    try:
        about = pyarrow.parquet.read_metadata(publication.snapshot.path(request.data_set))
    except OSError as error:
        raise ReadFailed(publication_id=publication.id, problem=str(error.strerror)) from error
    groups = (about.row_group(place) for place in range(about.num_row_groups))
    chunks = (group.column(place) for group in groups for place in range(group.num_columns))
    taken = sum(each.total_compressed_size for each in chunks if each.path_in_schema in columns)
    return _grown(taken, published.rows, rows)


def _first_page(
    data_set: DataSet, request: ExtractRequest, page_rows: int, offset: int = 0
) -> Question:
    question = data_sets.rows(data_set, conditions_of(request, data_set), limit=page_rows)
    question = arranged(question, request.arrangement, data_set.key, offset)
    return replace(question, offset=offset)


def _sizing(question: Question, dialect: CsvDialect, columns: Mapping[str, ColumnType]) -> Question:
    """Return the question of how many rows the page of *question* has, and bytes as CSV."""
    sql, parameters = question.page_query()
    sized = size_of_lines(dialect.lines(sql, columns))
    return Question(f"size_of_{question.name}", sized, parameters, question.data_sets)


def _columns(data_set: DataSet, request: ExtractRequest) -> tuple[str, ...]:
    return request.arrangement.columns or tuple(column.name for column in data_set.columns)


def _grown(size_bytes: int, rows: int, wanted: int) -> int:
    return round(size_bytes / rows * wanted) if rows else 0
