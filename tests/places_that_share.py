"""Two depots below the network of the fake data, of which one gives parts to the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pyarrow as pa

GIVER, TAKER = "D1", "D2"


def with_moves(tables: Mapping[str, pa.Table], count: int = 3) -> dict[str, pa.Table]:
    """Return *tables* with two depots, the stock of *count* parts there, and what to move of it.

    Of the first part 5 units go, of the next 4, and so on; what is worth most is the first. Each is
    an action: the first is late, the others are this week's.
    """
    codes = tables["dim_item"]["item_id"].to_pylist()[:count]
    known = tables["dim_location"].to_pylist()
    (whole,) = (row for row in known if row["location_id"] == "network")
    depots = [
        {**whole, "location_id": code, "name": name, "level": "depot", "state": state}
        | {"parent_location_id": "network"}
        for code, name, state in ((GIVER, "CD Campinas", "SP"), (TAKER, "CD Recife", "PE"))
    ]
    stocks = tables["fact_inventory"].to_pylist()
    of_network = {row["item_id"]: row for row in stocks if row["location_id"] == "network"}
    stamp = tables["fact_buy_list"].to_pylist()[0]
    moves = [_move(code, place, stamp) for place, code in enumerate(codes, start=1)]
    for move in moves:
        row, units = of_network[move["item_id"]], move["quantity"]
        stocks.append(_stock(row, GIVER, stock=10.0, moved=-units, keep=5.0, fill=8.0))
        stocks.append(_stock(row, TAKER, stock=0.0, moved=units, keep=4.0, fill=6.0))
    actions = tables["fact_action"].to_pylist()
    return {
        **tables,
        "dim_location": _table(
            sorted([*depots, *known], key=lambda row: str(row["location_id"])),
            tables["dim_location"],
        ),
        "fact_inventory": _table(
            sorted(stocks, key=lambda row: (row["item_id"], row["location_id"])),
            tables["fact_inventory"],
        ),
        "fact_transfer": _table(moves, tables["fact_transfer"]),
        "fact_action": _table(
            _ranked([*(_action(move, actions[0]) for move in moves), *actions]),
            tables["fact_action"],
        ),
        "agg_transfer": _table([_replay(stamp)], tables["agg_transfer"]),
    }


def with_orders_behind(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Return *tables* of ``with_moves`` whose depots order what they lack once moves are made."""
    actions = tables["fact_action"].to_pylist()
    taking = {row["item_id"] for row in actions if row["action"] == "move"}
    order = next(row for row in actions if row["action"] == "order")
    orders = [
        {
            **order,
            "item_id": row["item_id"],
            "location_id": row["location_id"],
            "tier": "this_week",
            "is_leading": row["location_id"] != TAKER or row["item_id"] not in taking,
            "quantity": row["order_quantity"],
        }
        for row in tables["fact_inventory"].to_pylist()
        if row["location_id"] in (GIVER, TAKER) and row["order_quantity"]
    ]
    return {**tables, "fact_action": _table(_ranked([*actions, *orders]), tables["fact_action"])}


def _action(move: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """A move as an action, with the stock's figures of another one."""
    is_first = move["rank"] == 1
    return {
        **like,
        "item_id": move["item_id"],
        "location_id": move["to_location_id"],
        "action": "move",
        "ref": move["from_location_id"],
        "tier": "late" if is_first else "this_week",
        "is_leading": True,
        "quantity": move["quantity"],
        "arrives": like["due"] + timedelta(days=3) if is_first else None,
        "reason_code": None,
        "reasons": 0,
        "from_location_id": move["from_location_id"],
        "assumed": "",
    }


def _ranked(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The actions with ranks by tier, in it what is moved first; sorted by their key."""
    urgent = sorted(actions, key=lambda row: (row["tier"] != "late", row["action"] != "move"))
    ranked = [{**row, "rank": rank} for rank, row in enumerate(urgent, start=1)]
    key = ("item_id", "location_id", "action", "ref")
    return sorted(ranked, key=lambda row: tuple(row[name] for name in key))


def _stock(
    row: Mapping[str, Any], place: str, *, stock: float, moved: float, keep: float, fill: float
) -> dict[str, Any]:
    position = stock + moved
    short = position <= keep
    order = {
        "status": "reorder" if short else "ok",
        "order_quantity": fill - position if short else 0.0,
        "order_by": row["as_of"] if short else None,
        "on_order": 0.0,
    }
    level = {"current_stock": stock, "moved": moved, "reorder_point": keep, "order_up_to": fill}
    return {**row, **order, **level, "location_id": place, "safety_stock": 0.0, "assumed": ""}


def _move(code: str, rank: int, stamp: Mapping[str, Any]) -> dict[str, Any]:
    quantity = float(6 - rank)
    gain, loss, put_off, freight = 900.0 / rank, 30.0 / rank, 12.0, 42.0 if rank == 1 else None
    return {
        **{name: stamp[name] for name in ("source", "dataset_id", "model_version", "generated_at")},
        "rank": rank,
        "item_id": code,
        "from_location_id": GIVER,
        "to_location_id": TAKER,
        "quantity": quantity,
        "km": 2120.0,
        "days": 3.0 if rank == 1 else None,
        "distance_assumed": rank != 1,
        "freight": freight,
        "receiver_gain": gain,
        "donor_loss": loss,
        "purchase_put_off": put_off,
        "value": gain + put_off - loss - (freight or 0.0),
        "receiver_hours_avoided": 18.0 / rank,
        "donor_hours_lost": 0.5 / rank,
        "donor_stock_left": 10.0 - quantity,
        "donor_reorder_point": 5.0,
        "donor_monthly_demand": 1.0,
        "contract_id": "network",
    }


def _replay(stamp: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: stamp[name] for name in ("source", "dataset_id", "model_version", "generated_at")},
        "cutoff": stamp["generated_at"].date().replace(day=1),
        "unit": "un",
        "moves": 3,
        "units_moved": 12.0,
        "shortage_avoided": 5.0,
        "shortage_caused": 1.0,
        "hours_avoided": 60.0,
        "hours_caused": 7.0,
    }


def _table(rows: list[dict[str, Any]], like: pa.Table) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=like.schema)
