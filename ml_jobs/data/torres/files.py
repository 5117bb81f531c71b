"""The files of the synthetic demonstration, as a Brazilian program exports them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from ml_jobs.classification import abc_classes
from ml_jobs.data.torres import troubles
from ml_jobs.data.torres.catalogue import SyntheticPart, read_campaigns, read_parts
from ml_jobs.data.torres.contracts import contract_rows, installed_rows
from ml_jobs.data.torres.depots import DEPOTS, REGIONS
from ml_jobs.data.torres.lanes import lane_rows
from ml_jobs.data.torres.replenishment import SERVICE_LEVELS, Holding, PlacedOrder, replenish
from ml_jobs.data.torres.troubles import Row
from ml_jobs.data.torres.usage import WEEKS_PER_YEAR, Usage, draw_usage
from ml_jobs.data.torres.workshop import with_repairs

SEED = 48
THROUGH = date(2026, 11, 22)
FILES = (
    "demand",
    "items",
    "stock",
    "locations",
    "orders",
    "contracts",
    "installed",
    "lanes",
)
FIRST_ORDER = 4500081200


def write_torres(folder: Path, through: date = THROUGH) -> Mapping[str, Path]:
    """Write the files into *folder* and return them by role, as `FILES` names them.

    Args:
        folder: Files of these names in it are replaced.
        through: The last day of the history, a Sunday.

    Raises:
        ValueError: *through* is no Sunday; weeks begin on Mondays.
    """
    if through.isoweekday() != 7:
        raise ValueError(f"the history ends with a week, on a Sunday; {through} is none")
    random = np.random.default_rng(SEED)
    parts = read_parts(random)
    usage = draw_usage(parts, read_campaigns(), np.datetime64(through), random)
    bought = troubles.in_stock(replenish(parts, usage, random), random)
    holdings = with_repairs(bought, parts, usage)
    orders = [order for holding in holdings for order in holding.orders]
    rows: Mapping[str, Iterable[Row]] = {
        "demand": troubles.in_demand(list(_demand(parts, usage)), random),
        "items": troubles.in_items(list(_items(parts, usage)), parts),
        "stock": troubles.in_stock_rows(list(_stock(holdings, through))),
        "locations": _locations(),
        "orders": _orders([*orders, *troubles.in_orders(holdings)], through),
        "contracts": contract_rows(),
        "installed": installed_rows(parts),
        "lanes": lane_rows(),
    }
    return {role: _write(folder / f"{role}.csv", rows[role]) for role in FILES}


def _demand(parts: Sequence[SyntheticPart], usage: Usage) -> Iterator[Row]:
    """Units issued, in the order of their weeks."""
    days = [_day(monday) for monday in usage.mondays.astype(object)]
    for week, row, place in np.argwhere(usage.units.transpose(2, 0, 1) > 0):
        yield {
            "item_id": parts[row].item_id,
            "location_id": DEPOTS[place].location_id,
            "date": days[week],
            "quantity": _number(usage.units[row, place, week]),
        }


def _items(parts: Sequence[SyntheticPart], usage: Usage) -> Iterator[Row]:
    costs = np.array([part.unit_cost for part in parts])
    classes = abc_classes(usage.units[:, :, -WEEKS_PER_YEAR:].sum(axis=(1, 2)) * costs)
    for part, abc_class in zip(parts, classes.tolist(), strict=True):
        yield {
            "item_id": part.item_id,
            "name": part.name,
            "category": part.category,
            "supplier": part.supplier,
            "unit": part.unit,
            "unit_cost": _number(part.unit_cost),
            "criticality": part.criticality,
            "abc_class": abc_class,
            "lead_time_days": _number(part.lead_time_days),
            "lead_time_sd_days": _number(part.lead_time_sd_days),
            "minimum_order": _number(part.minimum_order) if part.minimum_order else "",
            "order_multiple": _number(part.sold_by) if part.sold_by else "",
            "repair_days": _number(part.repair_days) if part.repair_days else "",
            "condemnation": _number(part.condemned) if part.repair_days else "",
        }


def _stock(holdings: Sequence[Holding], through: date) -> Iterator[Row]:
    for holding in holdings:
        yield {
            "item_id": holding.part.item_id,
            "location_id": holding.location_id,
            "current_stock": _number(holding.on_hand),
            "on_order": _number(holding.on_order),
            "in_repair": _number(holding.in_repair) if holding.part.repair_days else "",
            "service_level": _number(SERVICE_LEVELS[holding.part.criticality]),
            "as_of": _day(through),
        }


def _locations() -> Iterator[Row]:
    empty = dict.fromkeys(("state", "latitude", "longitude"), "")
    network = {"location_id": "network", "name": "Rede", "level": "network"}
    yield {**network, "parent_location_id": "", **empty}
    for code, name in REGIONS.items():
        region = {"location_id": code, "name": name, "level": "region"}
        yield {**region, "parent_location_id": "network", **empty}
    for depot in DEPOTS:
        yield {
            "location_id": depot.location_id,
            "name": depot.name,
            "level": "depot",
            "parent_location_id": depot.region,
            "state": depot.state,
            "latitude": _number(depot.latitude),
            "longitude": _number(depot.longitude),
        }


def _orders(orders: Sequence[PlacedOrder], through: date) -> Iterator[Row]:
    """Order lines, up to three of a number where they go to one place from one supplier."""
    ordered = sorted(orders, key=lambda order: (order.location_id, order.supplier))
    number, line = FIRST_ORDER, 0
    for place, order in enumerate(ordered):
        before = ordered[place - 1]
        same = (before.location_id, before.supplier) == (order.location_id, order.supplier)
        number, line = (number, line + 1) if same and line < 3 else (number + 7, 1)
        due = "" if order.due is None else _day(through + timedelta(order.due))
        yield {
            "order_id": str(number),
            "line": f"{10 * line:05d}",
            "item_id": order.item_id,
            "location_id": order.location_id,
            "supplier": order.supplier,
            "quantity": _number(order.quantity),
            "received": _number(order.received),
            "due": due,
        }


def _number(value: float) -> str:
    return f"{value:.10g}".replace(".", ",")


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _write(path: Path, rows: Iterable[Row]) -> Path:
    lines = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(lines)
    return path
