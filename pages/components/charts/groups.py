"""Rows of one grouping of an answer, in the order in which their groups are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pages.components.charts.chart import Row


def of_grouping(table: pa.Table, grouping: str, names: Mapping[str, str]) -> list[Row]:
    """Return the rows of a grouping, in the order of *names*; groups without a name are left out.

    Args:
        table: Has grouping and group_value.
        grouping: Which rows.
        names: What the groups are called.
    """
    found = table.filter(pc.equal(table["grouping"], grouping)).to_pylist()
    of = {row["group_value"]: row for row in found}
    return [of[name] for name in names if name in of]


def told_rows(
    rows: Sequence[Row], table: pa.Table, names: Mapping[str, str], shown: Sequence[str]
) -> pa.Table:
    """Return *rows* of *table* as a table of group_value, by its name, and the columns *shown*."""
    schema = pa.schema([table.schema.field(name) for name in shown])
    groups = pa.array([names[row["group_value"]] for row in rows], pa.string())
    return pa.Table.from_pylist(
        [{name: row[name] for name in shown} for row in rows], schema=schema
    ).add_column(0, "group_value", groups)
