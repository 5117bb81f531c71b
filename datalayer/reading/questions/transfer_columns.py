"""The columns that answers about moves have, as the contract describes them."""

from __future__ import annotations

from dataclasses import replace

from datalayer.kernel.contract.registry import Column, ColumnType, Registry
from datalayer.reading.filters import unpublished_column
from datalayer.reading.questions import transfers


def told_columns(registry: Registry) -> tuple[Column, ...]:
    """Return the columns of a move of the answer to ``transfers.moves``."""
    item = registry.data_sets["dim_item"]
    known: dict[str, Column] = {
        column.name: column for column in registry.data_sets["fact_transfer"].columns
    }
    known |= {name: replace(item.column(name), required=False) for name in ("name", "unit")}
    for name, end in (("from_location", "gives"), ("to_location", "takes")):
        described = f"Name of the location that {end}."
        known[name] = unpublished_column(name, ColumnType.TEXT, described=described)
    return tuple(known[name] for name in transfers.COLUMNS)
