"""What a Parquet file says of its columns, which validation compared with the rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from datalayer.kernel.contract.registry import ColumnType, DataSet

_NUMBERS = (ColumnType.DOUBLE, ColumnType.INTEGER)


def column_metrics(path: Path, data_set: DataSet) -> dict[str, dict[str, float]]:
    """Return the metrics of each column of *data_set*, by their names in OpenLineage.

    They are ``nullCount``, and of numbers ``min`` and ``max``; one that the file says nothing of
    for some row group is left out.
    """
    metadata = pq.read_metadata(path)
    every = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    # Of no rows a file says nothing, and nothing is null of them.
    groups = [group for group in every if group.num_rows]
    places = {name: index for index, name in enumerate(metadata.schema.names)}
    known = [column for column in data_set.columns if column.name in places]
    return {
        column.name: _metrics(
            [group.column(places[column.name]).statistics for group in groups],
            is_number=column.type in _NUMBERS,
        )
        for column in known
    }


def _metrics(statistics: list[pq.Statistics | None], *, is_number: bool) -> dict[str, float]:
    told = [each for each in statistics if each is not None]
    found: dict[str, float] = {}
    if len(told) < len(statistics):
        return found
    if all(each.has_null_count for each in told):
        found["nullCount"] = sum(each.null_count for each in told)
    valued = [each for each in told if each.num_values]
    if is_number and valued and all(each.has_min_max for each in valued):
        found["min"] = min(each.min for each in valued)
        found["max"] = max(each.max for each in valued)
    return found
