"""Changed orders and the steps between their sums as rows: what the API and files tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from datalayer.reading.changed_orders import (
    CENTS,
    ChangedOrder,
    ChangedOrders,
    LeftOut,
    SumOf,
)

MONEY: Final = pa.decimal128(18, 2)
BEFORE, AFTER = "before", "after"

ORDER_COLUMNS: Final = pa.schema(
    [
        ("rank", pa.int64()),
        ("item_id", pa.string()),
        ("name", pa.string()),
        ("category", pa.string()),
        ("demand_class", pa.string()),
        ("reason", pa.string()),
        ("unit_before", pa.string()),
        ("unit_after", pa.string()),
        ("order_before", pa.float64()),
        ("order_after", pa.float64()),
        ("order_change", pa.float64()),
        ("value_before", MONEY),
        ("value_after", MONEY),
        ("value_change", MONEY),
        ("cause", pa.string()),
        ("left_out", pa.string()),
    ]
)
STEP_COLUMNS: Final = pa.schema(
    [
        ("rank", pa.int64()),
        ("step", pa.string()),
        ("amount", MONEY),
        ("parts", pa.int64()),
        ("sum", MONEY),
    ]
)


def order_rows(orders: Sequence[ChangedOrder]) -> pa.Table:
    """Return *orders* as rows, numbered from 1 in their order.

    Columns: ``ORDER_COLUMNS``; amounts of money to the cent, null where they aren't known.
    """
    rows = [{"rank": place, **_row(order)} for place, order in enumerate(orders, start=1)]
    return pa.Table.from_pylist(rows, schema=ORDER_COLUMNS)


def step_rows(orders: ChangedOrders, measure: SumOf) -> pa.Table:
    """Return the sum before, every step, and the sum after as rows: ``STEP_COLUMNS``.

    ``parts`` are those with an order at the two ends, and those that a step moved. There is no row
    where no cost is known.
    """
    if not is_told(orders, measure):
        return STEP_COLUMNS.empty_table()
    steps = orders.steps(measure)
    told = [
        (BEFORE, steps.before, steps.orders[0], steps.before),
        *((step.cause, step.amount, step.parts, step.level) for step in steps.steps),
        (AFTER, steps.after, steps.orders[1], steps.after),
    ]
    rows = [
        {
            "rank": place,
            "step": name,
            "amount": told_amount(amount, measure),
            "parts": parts,
            "sum": told_amount(level, measure),
        }
        for place, (name, amount, parts, level) in enumerate(told, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=STEP_COLUMNS)


def steps_object(orders: ChangedOrders, measure: SumOf) -> dict[str, Any]:
    """Return the two ends and all steps as an object of JSON; sums that aren't known are null."""
    steps = orders.steps(measure)
    sums = {
        "sum_before": steps.before,
        "sum_after": steps.after,
        "change": steps.change,
    }
    is_known = is_told(orders, measure)
    rows = step_rows(orders, measure).drop_columns(["rank"]).to_pylist()
    return {
        "measure": str(measure),
        "currency": orders.currency if measure is SumOf.VALUE else None,
        **{n: float(told_amount(v, measure)) if is_known else None for n, v in sums.items()},
        **dict(zip(("orders_before", "orders_after"), steps.orders, strict=True)),
        **dict(zip(("unknown_before", "unknown_after"), orders.unknown, strict=True)),
        "left_out": {
            str(why): orders.left_out(why) if measure is SumOf.VALUE else 0 for why in LeftOut
        },
        "steps": [_numbers(row) for row in rows[1:-1]],
    }


def is_told(orders: ChangedOrders, measure: SumOf) -> bool:
    """Return whether the sums of *measure* are known."""
    return measure is SumOf.ORDERS or orders.is_valued


def told_amount(amount: int, measure: SumOf) -> Decimal:
    """Return cents as money, and a number of orders as it is."""
    return Decimal(amount) / CENTS if measure is SumOf.VALUE else Decimal(amount)


def _row(order: ChangedOrder) -> dict[str, Any]:
    value = [None if cents is None else Decimal(cents) / CENTS for cents in order.cents]
    change = order.cents_change
    return {
        **{name: getattr(order, name) for name in ("item_id", "name", "category", "demand_class")},
        "reason": order.reason,
        **dict(zip(("unit_before", "unit_after"), order.unit, strict=True)),
        "order_before": _float(order.order[0]),
        "order_after": _float(order.order[1]),
        "order_change": _float(order.units_change),
        **dict(zip(("value_before", "value_after"), value, strict=True)),
        "value_change": None if change is None else Decimal(change) / CENTS,
        "cause": order.cause,
        "left_out": order.left_out and str(order.left_out),
    }


def _float(units: Decimal | None) -> float | None:
    return None if units is None else float(units)


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    return {name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()}
