"""Stock on hand: read from a stock file, or assumed by a documented rule and labelled so.

The rule plays a common policy over the demand observed, for every item alike: stock is looked at
once a week and ordered up to the 90 % quantile of demand over lead time and one week (windows of
the last 180 days); an order arrives after the lead time; demand without stock is lost. What is on
the shelf and on order at the end is the assumed stock, so that some items run short and others
don't, as under any such policy. Of a part that is repaired both are in proportion to how long one
that fails is missed. Service levels are assumed by criticality: high 98, medium 95, low 90 %.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import BoolArray, FloatArray, IntArray, running_sums
from ml_jobs.columns import column_of, texts_of
from ml_jobs.inputs.locations import Hierarchy
from ml_jobs.inputs.master_file import MasterFile
from ml_jobs.inputs.stock_file import HELD_HERE, NEGATIVE, ORDERING, stock_rows
from ml_jobs.options import SERVICE_LEVELS
from ml_jobs.panel import Dates, Items, OpenOrders, Panel, Stock
from ml_jobs.stocking.repair import Repair, repair_of

REVIEW_DAYS = 7.0
FILL_QUANTILE = 0.90
WINDOW_DAYS = 180.0
UNKNOWN_CRITICALITY = "medium"

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
_SHELF_RULE = Bilingual(
    en=(
        "Stock is assumed: what a weekly order-up-to policy at the 90 % quantile of demand over "
        "lead time and a week would have left on the shelf. Open orders are known."
    ),
    pt_BR=(
        "O estoque é presumido: o que teria restado na prateleira de uma política semanal de repor "
        "até o quantil de 90 % da demanda do prazo de entrega mais uma semana. Os pedidos abertos "
        "são conhecidos."
    ),
)
_REPAIR_RULE = Bilingual(
    en=(
        "Of parts that are repaired, stock is assumed in proportion to how long one that fails is "
        "missed."
    ),
    pt_BR=(
        "De itens que são reparados, presume-se o estoque na proporção do tempo que faz falta um "
        "que falha."
    ),
)
_OVERDUE_RULE = Bilingual(
    en=(
        "An open order that is overdue is assumed to come the day after an order placed today "
        "would."
    ),
    pt_BR=(
        "De um pedido aberto vencido presume-se que chegue no dia seguinte ao da chegada de um "
        "pedido feito hoje."
    ),
)
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class DescribedStock:
    """Stock with the rules by which its assumed values were made, as sentences.

    Attributes:
        differing: Items of which the stock file has another amount on order than the open orders
            add up to, each with one place and both amounts.
    """

    stock: Stock
    assumptions: tuple[Bilingual, ...]
    differing: Mapping[str, str] = field(default_factory=dict)


def describe_stock(
    panel: Panel,
    items: Items,
    file: MasterFile | None,
    *,
    levels: Mapping[str, float] = SERVICE_LEVELS,
    hierarchy: Hierarchy | None = None,
    orders: OpenOrders | None = None,
) -> DescribedStock:
    """Combine the stock file's values with assumptions where it has none.

    A series that the file leaves out gets the assumptions; its ``on_order`` is 0 where the file
    has the series and names no orders. Where *orders* are known, ``on_order`` is what they add up
    to, and what the file says is only compared. Stock that the file has as negative stays unknown.
    Nothing depends on the panel's other series.

    Args:
        panel: S series.
        items: One row per series, in the panel's order.
        file: Stock per item, or per item and location.
        levels: Service level assumed by criticality: high, medium and low.
        hierarchy: Says which locations hang under which; rows of the file are summed to a
            location above them that has no row of its own.
        orders: All open orders of the panel's series; None where no file names them.
    """
    known = stock_rows(file, panel, hierarchy)
    on_hand, asked = column_of(known, "current_stock"), column_of(known, "service_level")
    # What is negative is not known, and no rule is to hide that.
    unknown = known.column(NEGATIVE).fill_null(False).to_numpy()
    without_stock = ~np.isfinite(on_hand) & ~unknown
    repair, lead_time = repair_of(items, Stock(known)), column_of(items.table, "lead_time_days")
    share = _share_missed(repair, lead_time)
    shelf, in_transit = (
        items.stocked * np.where(repair.is_repaired, np.rint(share * amount), amount)
        for amount in assumed_stock(panel, lead_time)
    )
    criticality = texts_of(items.table, "criticality", otherwise=UNKNOWN_CRITICALITY)
    assumed = np.array([levels[name] for name in criticality.tolist()], dtype=np.float64)
    stated = column_of(known, "on_order")
    on_order = np.where(without_stock, in_transit, np.nan_to_num(stated))
    if orders is not None:
        on_order = np.bincount(orders.series, orders.quantity, minlength=len(on_order))
    as_of = known.column("as_of").to_numpy().astype("datetime64[D]")
    stock_days = np.where(np.isnat(as_of), panel.data_through, as_of)
    flags = {
        "current_stock": without_stock,
        "on_order": without_stock if orders is None else np.zeros_like(without_stock),
        "service_level": ~np.isfinite(asked),
    }
    columns: dict[str, object] = {
        "item_id": pa.array(panel.item_ids, pa.string()),
        "location_id": pa.array(panel.location_ids, pa.string()),
        "as_of": stock_days,
        "current_stock": np.where(without_stock, shelf, on_hand),
        "on_order": on_order,
        "in_repair": known.column("in_repair"),
        "service_level": np.where(np.isfinite(asked), asked, assumed),
        **{name: known.column(name) for name in ORDERING},
        "assumed": pa.array(_names(flags), pa.string()),
        HELD_HERE: known.column(HELD_HERE),
    }
    stock_rule = _STOCK_RULE if orders is None else _SHELF_RULE
    rules = [stock_rule] if without_stock.any() else []
    rules += [_REPAIR_RULE] if (without_stock & repair.is_repaired).any() else []
    rules += [_service_rule(levels)] if flags["service_level"].any() else []
    rules += [_OVERDUE_RULE] if orders is not None and _is_overdue(orders, stock_days).any() else []
    differing = _differing(panel, stated, on_order) if orders is not None else {}
    return DescribedStock(Stock(pa.table(columns)), tuple(rules), differing)


def _is_overdue(orders: OpenOrders, stock_days: Dates) -> BoolArray:
    """Which orders were due before their series' stock day, (N,); what has no day isn't."""
    overdue: BoolArray = orders.due < stock_days[orders.series].astype("datetime64[D]")
    return overdue


def _differing(panel: Panel, stated: FloatArray, on_order: FloatArray) -> dict[str, str]:
    """Say for each item, at its first such place, what the stock file has and what is on order."""
    with np.errstate(invalid="ignore"):
        rows = np.abs(stated - on_order) > _TOLERANCE * np.maximum(on_order, 1.0)
    found: dict[str, str] = {}
    for row in np.flatnonzero(rows).tolist():
        item, place = panel.item_ids[row], panel.location_ids[row]
        amounts = f"{stated[row]:g} instead of {on_order[row]:g}"
        found.setdefault(item, f"{item} at {place} ({amounts})")
    return found


def _service_rule(levels: Mapping[str, float]) -> Bilingual:
    high, medium, low = (f"{100 * levels[name]:g}" for name in ("high", "medium", "low"))
    return Bilingual(
        en=f"Service levels are assumed by criticality: high {high}, medium {medium}, low {low} %.",
        pt_BR="Níveis de serviço são presumidos pela criticidade: "
        f"alta {high}, média {medium}, baixa {low} %.",
    )


def _names(flags: Mapping[str, BoolArray]) -> list[str]:
    """For each row the names of the flags that are set, comma separated."""
    rows = zip(*(values.tolist() for values in flags.values()), strict=True)
    return [",".join(n for n, flag in zip(flags, row, strict=True) if flag) for row in rows]


def _share_missed(repair: Repair, lead_time_days: FloatArray) -> FloatArray:
    """How long a part is missed, of the time until one bought new would be there, shape (S,)."""
    days = np.nan_to_num(lead_time_days) + REVIEW_DAYS
    return repair.mixed(days) / days


def assumed_stock(panel: Panel, lead_time_days: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return stock on hand and on order that the policy above leaves, whole units, shape (S,)."""
    step = panel.frequency.days_per_step
    review = max(round(REVIEW_DAYS / step), 1)
    lead = np.maximum(np.ceil(np.nan_to_num(lead_time_days) / step), 1).astype(np.int64)
    demand = np.nan_to_num(panel.demand)
    level = _fill_level(demand, lead + review, window=max(int(WINDOW_DAYS / step), 1))
    shelf, on_order = level.copy(), np.zeros(len(lead))
    # What arrives in each of the periods ahead; the period of today stands at its number's rest.
    arriving = np.zeros((len(lead), int(lead.max(initial=1)) + 1))
    series, slots = np.arange(len(lead)), arriving.shape[1]
    for period in range(demand.shape[1]):
        arrived = arriving[:, period % slots].copy()
        arriving[:, period % slots] = 0.0
        on_order -= arrived
        shelf = np.maximum(shelf + arrived - demand[:, period], 0.0)
        if period % review == 0:
            ordered = np.maximum(level - shelf - on_order, 0.0)
            arriving[series, (period + lead) % slots] += ordered
            on_order += ordered
    return shelf, on_order


def _fill_level(demand: FloatArray, spans: IntArray, *, window: int) -> FloatArray:
    """Quantile of demand summed over each series' own span, in the last *window* periods."""
    recent = demand[:, -window:]
    sums = running_sums(recent)
    level = np.zeros(len(demand))
    for span in np.unique(spans):
        rows = spans == span
        width = min(int(span), recent.shape[1])
        totals = sums[rows][:, width:] - sums[rows][:, :-width]
        level[rows] = np.ceil(np.quantile(totals, FILL_QUANTILE, axis=1) - 1e-9)
    return level
