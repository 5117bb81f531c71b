"""A publication whose orders are chosen one by one, and a page that shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import ANYONE
from datalayer.kernel.contract.manifest import Manifest
from datalayer.marks.marking import RowKey
from datalayer.marks.statements import Statement
from tests.pages.conftest import ADMIN, OpenPage
from tests.publisher import Publisher

AS_OF = date(2026, 11, 23)
FREE: Mapping[str, float | None] = {"minimum_order": None, "order_multiple": None, "lot": 1.0}
"""Sizes of orders that any whole quantity keeps."""


@dataclass(frozen=True)
class Proposed:
    """A row of the list, by the number of its part."""

    part: int
    tier: str = "late"
    action: str = "order"
    quantity: float | None = 40.0
    due: date = AS_OF
    more: Mapping[str, Any] = field(default_factory=dict)


PublishOrders = Callable[..., Manifest]


@pytest.fixture
def publish_orders(state: object, publisher: Publisher) -> PublishOrders:
    """Publish and activate some orders; *parts* are told of in dim_item, *stock* in inventory.

    *change* returns what is published of all tables.
    """

    def published(
        rows: Sequence[Proposed],
        parts: Mapping[int, Mapping[str, Any]] | None = None,
        stock: Mapping[int, Mapping[str, Any]] | None = None,
        change: Callable[[dict[str, pa.Table]], dict[str, pa.Table]] = dict,
    ) -> Manifest:
        time = datetime.now(UTC).replace(microsecond=0) - timedelta(
            hours=9 - len(publisher.published)
        )
        items = max(6, *(row.part for row in rows))
        tables = publisher.tables(generated_at=time, items=items)
        template, *_ = tables["fact_action"].to_pylist()
        made = [
            template
            | {
                "item_id": f"P{row.part:05d}",
                "location_id": "network",
                "rank": rank,
                "tier": row.tier,
                "action": row.action,
                "quantity": row.quantity,
                "due": row.due,
                "value": (row.quantity or 0.0) * 50.0,
            }
            | row.more
            for rank, row in enumerate(rows, start=1)
        ]
        _put(tables, "fact_action", sorted(made, key=lambda row: str(row["item_id"])))
        told_stock = {
            row.part: {**FREE, "order_quantity": row.quantity, **(stock or {}).get(row.part, {})}
            for row in rows
            if row.action == "order"
        }
        for name, told in (("dim_item", parts or {}), ("fact_inventory", told_stock)):
            by_code = {f"P{part:05d}": more for part, more in told.items()}
            _put(
                tables,
                name,
                [row | by_code.get(row["item_id"], {}) for row in tables[name].to_pylist()],
            )
        manifest = publisher.publish(generated_at=time, tables=change(tables), items=items)
        runtime.portal().activate(ADMIN, confirmed=True)
        return manifest

    return published


def _put(tables: dict[str, pa.Table], name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    tables[name] = pa.Table.from_pylist(list(rows), schema=tables[name].schema)


def mark_ordered(part: int, name: str = "Bruno") -> None:
    """Let another planner take an order along."""
    portal = runtime.portal()
    key = RowKey(f"P{part:05d}", "network", "order", "-")
    portal.marks.mark(ANYONE, portal.open(), key, Statement("ordered"), name=name)


def states() -> dict[str, str]:
    """Return the state of each marked row by its part."""
    portal = runtime.portal()
    rows = portal.marks.standing(portal.open()).to_pylist()
    return {row["item_id"]: row["state"] for row in rows}


@pytest.fixture
def open_orders(open_page: OpenPage) -> OpenPage:
    """Open the page of orders in English, by the parameters of its address."""

    def opened(**parameters: str) -> AppTest:
        return open_page("orders.py", locale="en-US", **parameters)

    return opened


def take_along(app: AppTest, name: str = "Ana") -> AppTest:
    """Give a name, and press the button."""
    app.text_input(key="farol.marked_by").set_value(name).run()
    return app.button(key="order-take").click().run()
