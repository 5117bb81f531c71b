"""Publications whose stock serves two contracts at two places, and ones that say nothing of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import pyarrow as pa

from tests.publisher import Publisher

DATA_SETS = ("agg_availability", "agg_promise", "fact_availability", "fact_buy_list")

Row = dict[str, Any]
Bought = tuple[str, str, str, float, float, float]

STEPS: tuple[Bought, ...] = (
    ("P00002", "network", "CT-A", 2.0, 100.0, 50.0),
    ("P00003", "DEPOT", "CT-B", 1.0, 0.1, 0.04),
    ("P00002", "network", "CT-A", 1.0, 0.2, 0.03),
    ("P00005", "network", "CT-B", 3.0, 300.0, 30.0),
    ("P00003", "DEPOT", "CT-B", 1.0, 0.1, 0.01),
    ("P00006", "DEPOT", "CT-A", 1.0, 599.6, 19.92),
)
"""Part, place, contract, quantity, cost and hours avoided of each step, in the list's order."""


def available_tables(publisher: Publisher, steps: Sequence[Bought] = STEPS) -> dict[str, pa.Table]:
    """Return the tables of a publication with contracts CT-A and CT-B, and *steps* to buy.

    Of the parts of fake data, four are weighed; P00001 and P00004 take no tower down.
    """
    tables = publisher.tables()
    places = tables["dim_location"].to_pylist()
    depot = {"location_id": "DEPOT", "name": "Depósito", "level": "depot"}
    tables["dim_location"] = like(
        tables["dim_location"], [{**places[0], **depot, "parent_location_id": "network"}, *places]
    )
    tables["fact_availability"] = like(
        tables["fact_availability"], _worth(tables["fact_availability"].to_pylist())
    )
    contracts = {"CT-A": "Alfa", "CT-B": "Beta"}
    tables["agg_availability"] = like(
        tables["agg_availability"],
        [
            {**row, "contract_id": contract, "name": name}
            for contract, name in contracts.items()
            for row in tables["agg_availability"].to_pylist()
        ],
    )
    tables["agg_promise"] = like(
        tables["agg_promise"],
        [
            {**row, "contract_id": contract}
            for contract in contracts
            for row in tables["agg_promise"].to_pylist()
        ],
    )
    first = tables["fact_buy_list"].to_pylist()[0]
    tables["fact_buy_list"] = like(tables["fact_buy_list"], _listed(first, steps))
    return tables


def silent_tables(publisher: Publisher) -> dict[str, pa.Table]:
    """Return the tables of a publication from before availability was weighed."""
    return {name: table for name, table in publisher.tables().items() if name not in DATA_SETS}


def like(table: pa.Table, rows: Sequence[Row]) -> pa.Table:
    """Return *rows* as a table with the columns of another."""
    return pa.Table.from_pylist(list(rows), schema=table.schema)


def _worth(rows: Sequence[Row]) -> list[Row]:
    """Parts 3 and 6 lie at the depot."""
    at_depot = {"P00003": "DEPOT", "P00006": "DEPOT"}
    return [{**row, "location_id": at_depot.get(row["item_id"], "network")} for row in rows]


def _listed(first: Row, steps: Sequence[Bought]) -> list[Row]:
    costs = list(accumulate(step[4] for step in steps))
    hours = list(accumulate(step[5] for step in steps))
    held: dict[tuple[str, str], float] = {}
    rows = []
    for place, (item, location, contract, quantity, cost, avoided) in enumerate(steps):
        before = held.get((item, location), 2.0)
        held[item, location] = before + quantity
        row = {
            "rank": place + 1,
            "item_id": item,
            "location_id": location,
            "from_quantity": before,
            "quantity": quantity,
            "cost": cost,
            "down_hours_avoided": avoided,
            "cumulative_cost": costs[place],
            "cumulative_down_hours_avoided": hours[place],
            "contract_id": contract,
        }
        rows.append({**first, **row})
    return rows
