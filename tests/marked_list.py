"""Lists of actions that planners mark in tests: publications whose rows are chosen one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from datalayer.kernel.contract.manifest import Manifest
from datalayer.marks.marking import RowKey
from tests.publisher import Publisher

PARTS = 6
LATE, THIS_WEEK, CHECK = "late", "this_week", "check_forecast"
_TIERS = ("late", "this_week", "will_run_out", "check_forecast", "surplus", "check_data")


def row(part: int) -> RowKey:
    """Return the row to check part number *part*, from 1."""
    return RowKey(f"P{part:05d}", "network", "check", "-")


def publish_list(
    publisher: Publisher, rows: Mapping[int, tuple[str, float | None]], **more: object
) -> Manifest:
    """Publish a list with a row for each part in *rows*: its tier, and its chance to run out."""
    time = more.pop("generated_at", None) or publisher.next_time()
    assert isinstance(time, datetime)
    tables = publisher.tables(generated_at=time, items=PARTS)
    template, *_ = tables["fact_action"].to_pylist()
    ranked = sorted(rows.items(), key=lambda each: (_TIERS.index(each[1][0]), each[0]))
    made = [
        template
        | {
            "item_id": row(part).item_id,
            "action": "check",
            "rank": rank,
            "tier": tier,
            "quantity": None,
            "stockout_probability": chance,
        }
        for rank, (part, (tier, chance)) in enumerate(ranked, start=1)
    ]
    made.sort(key=lambda each: str(each["item_id"]))
    tables["fact_action"] = pa.Table.from_pylist(made, schema=tables["fact_action"].schema)
    return publisher.publish(generated_at=time, items=PARTS, tables=tables)


def publish_orders(publisher: Publisher, count: int, **columns: object) -> Manifest:
    """Publish a list of as many orders, each of a part of its own, none of them due yet.

    *columns* are values that all rows have, or functions of the number of a part, from 1.
    """
    tables = publisher.tables(generated_at=publisher.next_time(), items=max(count, PARTS))
    template, *_ = tables["fact_action"].to_pylist()
    made = [
        template
        | {"item_id": f"P{part:05d}", "rank": part, "tier": "will_run_out"}
        | {name: value(part) if callable(value) else value for name, value in columns.items()}
        for part in range(1, count + 1)
    ]
    tables["fact_action"] = pa.Table.from_pylist(made, schema=tables["fact_action"].schema)
    return publisher.publish(
        generated_at=publisher.next_time(), items=max(count, PARTS), tables=tables
    )


def publish_without_list(publisher: Publisher) -> Manifest:
    """Publish as was done before there was a list of actions."""
    time = publisher.next_time()
    tables = publisher.tables(generated_at=time, items=PARTS)
    del tables["fact_action"]
    return publisher.publish(generated_at=time, items=PARTS, tables=tables)
