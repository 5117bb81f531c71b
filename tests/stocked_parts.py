"""Publications with a stock of many parts at several places, with gaps of every kind."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from datalayer.kernel.contract.manifest import Manifest
from tests.publisher import Publisher

PLACES = ("DEPOT", "network")
FORECAST = 6
"""How many of the parts have forecasts."""
_ABC = ("A", "B", "C", None)
_DEMAND = ("smooth", "erratic", "intermittent", "lumpy", None)
_CATEGORIES = ("Energia", "Cabos, conectores", "Torres \\ mastros", None)
_SUPPLIERS = ("Acme", "Beta", None)

Row = dict[str, Any]


def publish_stock(
    publisher: Publisher,
    parts: int,
    *,
    generated_at: datetime | None = None,
    lineage: Mapping[str, object] | None = None,
) -> Manifest:
    """Publish *parts* parts with stock in the network, every second of them at a depot as well."""
    return publisher.publish(
        generated_at=generated_at,
        tables=stocked_tables(publisher, parts, generated_at=generated_at),
        lineage={"currency": "BRL"} if lineage is None else lineage,
    )


def stocked_tables(
    publisher: Publisher, parts: int, *, generated_at: datetime | None = None
) -> dict[str, pa.Table]:
    """Return the tables of such a publication; all but catalogue, places and stock are small."""
    tables = publisher.tables(generated_at=generated_at)
    chance = random.Random(parts)
    items = tables["dim_item"].to_pylist()
    tables["dim_item"] = _like(
        tables["dim_item"], [_item(items[n % len(items)], n, chance) for n in range(parts)]
    )
    place = tables["dim_location"].to_pylist()[0]
    depot = {"location_id": "DEPOT", "name": "Depósito", "level": "depot"}
    places = [place | depot | {"parent_location_id": "network"}, place]
    tables["dim_location"] = _like(tables["dim_location"], places)
    tables["fact_action"] = tables["fact_action"].slice(0, 0)
    stock = tables["fact_inventory"].to_pylist()[0]
    tables["fact_inventory"] = _like(
        tables["fact_inventory"],
        [
            _position(stock, n, place_id, chance)
            for n in range(parts)
            for place_id in (PLACES if n % 2 else PLACES[1:])
        ],
    )
    return tables


def _item(template: Row, number: int, chance: random.Random) -> Row:
    code = f"P{number + 1:05d}"
    return template | {
        "item_id": code,
        "sku": f"NC-{code}",
        "name": f"{template['name']} {number}",
        # Daily totals are by category, of the parts that have forecasts.
        "category": template["category"] if number < FORECAST else chance.choice(_CATEGORIES),
        "supplier": chance.choice(_SUPPLIERS),
        "abc_class": chance.choice(_ABC),
        "demand_class": chance.choice(_DEMAND),
        "unit": chance.choice(("un", "m")),
        "unit_cost": chance.choice((None, 0.2, 12.34, 1999.96)),
    }


def _position(template: Row, number: int, place: str, chance: random.Random) -> Row:
    day: date = template["as_of"]
    stock = chance.choice((None, 0.0, 1.0, 7.5, 300.0))
    is_low = stock is not None and stock < 20
    known = stock is not None
    cover = chance.choice((None, 3.5, 40.0, 3650.0)) if known else None
    return template | {
        "item_id": f"P{number + 1:05d}",
        "location_id": place,
        "current_stock": stock,
        "on_order": 0.0 if known else None,
        "reorder_point": 20.0,
        "order_up_to": 50.0,
        "safety_stock": 8.0,
        "days_of_cover": cover,
        "stockout_date": day + timedelta(days=chance.randint(-2, 60)) if is_low else None,
        "stockout_probability": 0.5 if is_low else 0.01 if known else None,
        "order_quantity": (50.0 - stock if is_low else 0.0) if stock is not None else None,
        "order_by": day + timedelta(days=chance.randint(-9, 9)) if is_low else None,
        "overstock_quantity": max(0.0, stock - 50) if stock is not None else None,
        "status": ("reorder" if is_low else "overstock") if known else "unknown",
    }


def _like(table: pa.Table, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=table.schema)
