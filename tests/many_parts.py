"""A publication of very many parts, in which the same few stand again and again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Registry

_NAMED_ANEW = ("item_id", "sku", "order_id", "ref")
"""Columns in which each copy has texts of its own."""
_NOTHING_NAMED = pa.array(["", "-"])


def multiplied(
    tables: Mapping[str, pa.Table], registry: Registry, times: int
) -> dict[str, pa.Table]:
    """Return *tables* with each part *times* over, each copy with a code of its own.

    Args:
        tables: Those of a publication, such as ``Publisher.tables`` makes.
        registry: Has their keys.
        times: At most 1,000.
    """
    return {
        name: _copied(table, registry.data_sets[name].key, times)
        if "item_id" in table.column_names
        else _summed(table, times)
        if name == "agg_daily"
        else table
        for name, table in tables.items()
    }


def _copied(table: pa.Table, key: tuple[str, ...], times: int) -> pa.Table:
    rows, copies = (
        np.tile(np.arange(table.num_rows), times),
        np.repeat(np.arange(times), table.num_rows),
    )
    if key[0] == "item_id":
        parts = table["item_id"].combine_chunks().dictionary_encode().indices.to_numpy()
        in_order = np.lexsort((rows, copies, parts[rows]))
        rows, copies = rows[in_order], copies[in_order]
    copied = table.take(rows)
    numbers = pa.array([f"{number:03d}" for number in range(times)]).take(pa.array(copies))
    for name in {*_NAMED_ANEW} & {*table.column_names}:
        anew = pc.binary_join_element_wise(copied[name], numbers, "-")
        unnamed = pc.is_in(copied[name], _NOTHING_NAMED)
        copied = _with(copied, name, pc.if_else(unnamed, copied[name], anew))
    if "rank" in table.column_names:
        # The copies of a row stand together: so tiers stay in their order.
        ranks = (copied["rank"].to_numpy() - 1) * times + copies + 1
        copied = _with(copied, "rank", pa.chunked_array([ranks]))
    if key[0] == "item_id":
        return copied
    return _summed_so_far(copied.sort_by([(name, "ascending") for name in key]))


def _summed_so_far(table: pa.Table) -> pa.Table:
    """Add up anew what each row has of those before it."""
    for name in table.column_names:
        if name.startswith("cumulative_"):
            single = table[name.removeprefix("cumulative_")].to_numpy()
            table = _with(table, name, pa.chunked_array([np.cumsum(single)]))
    return table


def _summed(table: pa.Table, times: int) -> pa.Table:
    for field in table.schema:
        if pa.types.is_floating(field.type):
            table = _with(table, field.name, pc.multiply(table[field.name], float(times)))
    return table


def _with(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, values.cast(field.type))
