"""Stock on hand: read from a stock file, or assumed by a documented rule and labelled so.

The rule plays a common policy over the demand observed, for every item alike: stock is looked at
once a week and ordered up to the 90 % quantile of demand over lead time and one week (windows of
the last 180 days); an order arrives after the lead time; demand without stock is lost. What is on
the shelf and on order at the end is the assumed stock, so that some items run short and others
don't, as under any such policy. Service levels are assumed by ABC class: A 98, B 95, C 90 %.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from datalayer.contract.registry import Bilingual
from ml_jobs import cells
from ml_jobs.arrays import FloatArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.master_file import MasterFile, NumberColumn, read_master
from ml_jobs.panel import Items, Panel, Stock

SERVICE_LEVEL: Mapping[str, float] = {"A": 0.98, "B": 0.95, "C": 0.90}
REVIEW_DAYS = 7.0
FILL_QUANTILE = 0.90
WINDOW_DAYS = 180.0

NUMBER_COLUMNS = (
    NumberColumn("current_stock"),
    NumberColumn("on_order"),
    NumberColumn("service_level", 0.5, 0.9999),
)

_STOCK_RULE = Bilingual(
    en=(
        "Stock and open orders are assumed: what a weekly order-up-to policy at the 90 % quantile "
        "of demand over lead time and a week would have left."
    ),
    pt_BR=(
        "Estoque e pedidos abertos são presumidos: o que teria restado de uma política semanal de "
        "repor até o quantil de 90 % da demanda do prazo de entrega mais uma semana."
    ),
)
_SERVICE_RULE = Bilingual(
    en="Service levels are assumed by ABC class: A 98, B 95, C 90 %.",
    pt_BR="Níveis de serviço são presumidos pela classe ABC: A 98, B 95, C 90 %.",
)


@dataclass(frozen=True)
class DescribedStock:
    """Stock with the rules by which its assumed values were made, as sentences."""

    stock: Stock
    assumptions: tuple[Bilingual, ...]


def read_stock(path: Path) -> MasterFile:
    """Read a stock file: ``item_id``, ``current_stock``, and optionally the others.

    The others are ``location_id``, ``as_of``, ``on_order`` and ``service_level``. Rows of one
    item at several locations are summed to the network, the highest service level holding.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    file = read_master(
        path,
        text_columns={},
        number_columns=NUMBER_COLUMNS,
        required=("current_stock",),
        unique=False,
    )
    _refuse_repeated(file)
    return MasterFile(file.source, file.item_ids, _summed(file) | _as_of(file))


def describe_stock(panel: Panel, items: Items, file: MasterFile | None) -> DescribedStock:
    """Put together what the stock file says and what has to be assumed.

    An item that the file leaves out gets the assumptions; its ``on_order`` is 0 where the file
    has the item and says nothing of orders.
    """
    columns = file.columns if file else {}
    known = columns.get("current_stock", {})
    shelf, orders = assumed_stock(panel, _lead_times(items))
    ids = panel.item_ids
    abc = items.table.column("abc_class").to_pylist()
    service = columns.get("service_level", {})
    end = panel.data_through.astype(object)
    flags = {
        "current_stock": [item not in known for item in ids],
        "on_order": [item not in known for item in ids],
        "service_level": [item not in service for item in ids],
    }
    table = pa.table(
        {
            "item_id": pa.array(ids, pa.string()),
            "location_id": pa.array(panel.location_ids, pa.string()),
            "as_of": pa.array(
                [_day(columns.get("as_of", {}).get(item), end) for item in ids], pa.date32()
            ),
            "current_stock": _numbers([known.get(i, s) for i, s in zip(ids, shelf, strict=True)]),
            "on_order": _numbers(
                [
                    columns.get("on_order", {}).get(item, 0.0) if item in known else order
                    for item, order in zip(ids, orders, strict=True)
                ]
            ),
            "service_level": _numbers(
                [service.get(i, SERVICE_LEVEL[a]) for i, a in zip(ids, abc, strict=True)]
            ),
            "assumed": pa.array(
                [",".join(n for n, f in flags.items() if f[i]) for i in range(len(ids))],
                pa.string(),
            ),
        }
    )
    rules = [_STOCK_RULE] if any(flags["current_stock"]) else []
    rules += [_SERVICE_RULE] if any(flags["service_level"]) else []
    return DescribedStock(Stock(table), tuple(rules))


def assumed_stock(panel: Panel, lead_time_days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return stock on hand and on order that the policy above leaves, whole units, shape (S,)."""
    step = panel.frequency.days_per_step
    review = max(round(REVIEW_DAYS / step), 1)
    lead = np.maximum(np.ceil(lead_time_days / step), 1).astype(np.int64)
    demand = np.nan_to_num(panel.demand)
    level = _fill_level(demand, lead + review, window=max(int(WINDOW_DAYS / step), 1))
    shelf = level.copy()
    periods = demand.shape[1]
    arriving = np.zeros((len(lead), periods + int(lead.max(initial=1)) + 1))
    series = np.arange(len(lead))
    for period in range(periods):
        shelf = np.maximum(shelf + arriving[:, period] - demand[:, period], 0.0)
        if period % review == 0:
            on_order = arriving[:, period + 1 :].sum(axis=1)
            arriving[series, period + lead] += np.maximum(level - shelf - on_order, 0.0)
    return shelf, arriving[:, periods:].sum(axis=1)


def _fill_level(demand: FloatArray, spans: IntArray, *, window: int) -> FloatArray:
    """Quantile of demand summed over each series' own span, in the last *window* periods."""
    recent = demand[:, -window:]
    sums = np.cumsum(np.pad(recent, ((0, 0), (1, 0))), axis=1)
    level = np.zeros(len(demand))
    for span in np.unique(spans):
        rows = spans == span
        width = min(int(span), recent.shape[1])
        totals = sums[rows][:, width:] - sums[rows][:, :-width]
        level[rows] = np.ceil(np.quantile(totals, FILL_QUANTILE, axis=1) - 1e-9)
    return level


def _lead_times(items: Items) -> FloatArray:
    return np.asarray(items.table.column("lead_time_days").to_numpy(), dtype=np.float64)


def _numbers(values: list[float | str | None]) -> pa.Array:
    return pa.array([float(value or 0.0) for value in values], pa.float64())


def _day(read: float | str | None, otherwise: date) -> date:
    return date.fromisoformat(read) if isinstance(read, str) else otherwise


def _refuse_repeated(file: MasterFile) -> None:
    location = file.source.find("location_id")
    places = cells.texts(file.source, location) if location else np.full(len(file.item_ids), "")
    pairs = Counter(zip(file.item_ids, places, strict=True))
    twice = sorted({item for (item, _), rows in pairs.items() if rows > 1})[:5]
    if twice:
        raise InputError(file.source.name, f"names items more than once: {', '.join(twice)}")


def _summed(file: MasterFile) -> dict[str, dict[str, float | str | None]]:
    summed: dict[str, dict[str, float | str | None]] = {}
    for wanted in NUMBER_COLUMNS:
        column = file.source.find(wanted.name)
        if column is None:
            continue
        merge = max if wanted.name == "service_level" else sum
        rows: defaultdict[str, list[float]] = defaultdict(list)
        for item, value in zip(file.item_ids, cells.numbers(file.source, column), strict=True):
            if np.isfinite(value):
                rows[item].append(float(value))
        summed[wanted.name] = {item: float(merge(values)) for item, values in rows.items()}
    return summed


def _as_of(file: MasterFile) -> dict[str, dict[str, float | str | None]]:
    column = file.source.find("as_of")
    if column is None:
        return {}
    days = cells.days(file.source, column)
    if bad := int(np.isnat(days).sum()):
        raise InputError(file.source.name, f"has {bad} as_of that are no date such as 2026-11-20")
    latest: dict[str, float | str | None] = {}
    for item, day in zip(file.item_ids, days.astype(str).tolist(), strict=True):
        latest[item] = max(day, str(latest.get(item, day)))
    return {"as_of": latest}
