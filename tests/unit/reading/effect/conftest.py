"""Two publications beside each other, the second with tables of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.reading.publication import Publication
from tests.publisher import Publisher, replace_column

LINEAGE = {"frequency": "D", "currency": "BRL"}

Publish = Callable[..., Publication]


def with_values(table: pa.Table, **columns: Sequence[object]) -> pa.Table:
    """Return *table* with other values in the first rows of some columns."""
    for name, values in columns.items():
        kept = table[name].to_pylist()[len(values) :]
        table = replace_column(table, name, [*values, *kept])
    return table


@pytest.fixture
def publish(publisher: Publisher, open_publication: Callable[[Manifest], Publication]) -> Publish:
    """Publishes and opens one, with the first values of orders and costs that are given."""

    def published(
        orders: Sequence[object] = (),
        costs: Sequence[object] = (),
        *,
        items: int = 6,
        lineage: dict[str, object] | None = None,
        **replaced: pa.Table,
    ) -> Publication:
        tables = publisher.tables(items=items)
        tables["fact_inventory"] = with_values(tables["fact_inventory"], order_quantity=orders)
        tables["dim_item"] = with_values(tables["dim_item"], unit_cost=costs)
        return open_publication(
            publisher.publish(tables=tables | replaced, lineage=LINEAGE | (lineage or {}))
        )

    return published
