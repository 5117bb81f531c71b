"""Tables get the columns, types and order that the contract asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.publishing.stamp import ARROW_TYPES, MissingColumnError, Stamp, stamp_table

pytestmark = pytest.mark.ml

STAMP = Stamp("parts", datetime(2026, 11, 21, 6, tzinfo=UTC), "1.0")


def test_a_table_without_rows_gets_all_columns_of_the_contract(registry: Registry) -> None:
    data_set = registry.data_sets["fact_backtest"]

    table = stamp_table(pa.table({}), data_set, STAMP)

    assert table.num_rows == 0
    assert table.schema == pa.schema([(c.name, ARROW_TYPES[c.type]) for c in data_set.columns])


def test_rows_are_put_in_the_order_of_the_key_and_say_where_they_come_from(
    registry: Registry,
) -> None:
    demand = {
        "item_id": ["B", "A"],
        "location_id": ["network"] * 2,
        "date": pa.array(["2026-01-01", "2026-01-02"]).cast(pa.date32()),
        "quantity": [1, 2],
    }

    table = stamp_table(pa.table(demand), registry.data_sets["fact_demand"], STAMP)

    assert table["item_id"].to_pylist() == ["A", "B"]
    assert table["quantity"].to_pylist() == [2.0, 1.0]
    assert set(table["dataset_id"].to_pylist()) == {"parts"}
    assert set(table["generated_at"].to_pylist()) == {STAMP.generated_at}


def test_a_column_that_the_contract_requires_and_the_job_does_not_make_is_named(
    registry: Registry,
) -> None:
    rows = pa.table({"item_id": ["A"], "location_id": ["network"], "quantity": [1.0]})

    with pytest.raises(MissingColumnError, match="no column date for fact_demand"):
        stamp_table(rows, registry.data_sets["fact_demand"], STAMP)
