"""Columns that several files of one history store in different ways, made alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence

import pyarrow as pa

from ml_jobs.inputs.files.headings import normal


def of_one_kind(tables: Sequence[pa.Table], needed: Container[str]) -> list[pa.Table]:
    """Return *tables* with columns alike in all of them, as far as nothing that is read changes.

    Days and moments become moments; with texts of dates they become such texts, year first, which
    can be read in one way only. What is not *needed*, by its `normal` heading, becomes text where
    it is text in some table.
    """
    kinds: defaultdict[str, set[pa.DataType]] = defaultdict(set)
    for table in tables:
        for column in table.schema:
            if not pa.types.is_null(column.type):
                kinds[column.name].add(column.type)
    wanted = {
        name: kind
        for name, found in kinds.items()
        if len(found) > 1 and (kind := _common_kind(found, is_needed=normal(name) in needed))
    }
    return [_cast_columns(table, wanted) for table in tables]


def _common_kind(found: Collection[pa.DataType], *, is_needed: bool) -> pa.DataType | None:
    """Return what columns of the kinds *found* become, None where they stay as they are."""
    temporal = [kind for kind in found if _is_day_or_moment(kind)]
    texts = [kind for kind in found if pa.types.is_string(kind) or pa.types.is_large_string(kind)]
    if len(temporal) == len(found):
        return pa.timestamp("us")
    if temporal and len(temporal) + len(texts) == len(found):
        return pa.string()
    plain = all(pa.types.is_primitive(kind) or kind in texts for kind in found)
    return pa.string() if texts and plain and not is_needed else None


def _is_day_or_moment(kind: pa.DataType) -> bool:
    return pa.types.is_date(kind) or (pa.types.is_timestamp(kind) and kind.tz is None)


def _cast_columns(table: pa.Table, kinds: Mapping[str, pa.DataType]) -> pa.Table:
    for place, name in enumerate(table.column_names):
        if name in kinds:
            values = table.column(place).cast(kinds[name], safe=False)
            table = table.set_column(place, name, values)
    return table
