"""Parts of the fake data that are repaired: some units are away, and most of them come back."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


def with_repairs(tables: Mapping[str, pa.Table], count: int = 2) -> dict[str, pa.Table]:
    """Return *tables* with the first *count* parts in repair, 8 units each, of which 6 return."""
    inventory, stamp = tables["fact_inventory"].to_pylist(), ("dataset_id", "model_version")
    seen: set[str] = set()
    repairs = []
    for row in inventory:
        if row["location_id"] != "network" or len(seen) == count:
            continue
        seen.add(row["item_id"])
        row |= {"on_order": (row["on_order"] or 0.0) + 6.0, "cycle_demand": 8.0}
        row |= {"reorder_point": row["reorder_point"] + 6.0, "safety_stock": 0.0}
        repairs.append(
            {
                **{name: row[name] for name in (*stamp, "generated_at", "source")},
                "item_id": row["item_id"],
                "location_id": row["location_id"],
                "repair_days": 30.0,
                "condemnation": 0.2,
                "in_repair": 8.0,
                "coming_back": 6.0,
                "failures": 12.0,
                "condemned": 2.4,
                "missing": 8.0,
            }
        )
    return {
        **tables,
        "fact_inventory": pa.Table.from_pylist(inventory, schema=tables["fact_inventory"].schema),
        "fact_repair": pa.Table.from_pylist(repairs, schema=tables["fact_repair"].schema),
    }
