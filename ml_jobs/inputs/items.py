"""Items: what the item file says, what the demand tells, and documented assumptions for the rest.

Where neither says otherwise, lead times are assumed by ABC class (A 7, B 14, C 21 days) and so is
criticality (A high, B medium, C low). Every assumed value is named in the column ``assumed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.classification import abc_classes, syntetos_boylan
from ml_jobs.inputs.catalogue import Catalogue, Value
from ml_jobs.inputs.master_file import MasterFile, NumberColumn, TextColumn, read_master
from ml_jobs.inputs.stock_file import ORDERING
from ml_jobs.panel import NETWORK, Items, Panel

LEAD_TIME_DAYS: Mapping[str, float] = {"A": 7.0, "B": 14.0, "C": 21.0}
LONGEST_LEAD_TIME_DAYS = 5 * 365
CRITICALITY: Mapping[str, str] = {"A": "high", "B": "medium", "C": "low"}

COLUMNS = (
    TextColumn("sku"),
    TextColumn("name"),
    TextColumn("category"),
    TextColumn("supplier"),
    TextColumn("unit"),
    TextColumn("criticality", ("high", "medium", "low")),
    TextColumn("abc_class", ("A", "B", "C")),
    NumberColumn("unit_cost"),
    NumberColumn("lead_time_days", maximum=LONGEST_LEAD_TIME_DAYS),
    NumberColumn("lead_time_sd_days", maximum=LONGEST_LEAD_TIME_DAYS),
    NumberColumn("minimum_order"),
    NumberColumn("order_multiple"),
)

_LEAD_TIME_RULE = Bilingual(
    en="Lead times are assumed by ABC class: A 7, B 14, C 21 days.",
    pt_BR="Prazos de entrega são presumidos pela classe ABC: A 7, B 14, C 21 dias.",
)
_CRITICALITY_RULE = Bilingual(
    en="Criticality is assumed by ABC class: A high, B medium, C low.",
    pt_BR="A criticidade é presumida pela classe ABC: A alta, B média, C baixa.",
)


@dataclass(frozen=True)
class ItemSummary:
    """What the demand of the whole network tells of each item.

    Attributes:
        item_ids: Sorted by UTF-8 bytes, unique; I of them.
        demand_class: smooth, erratic, intermittent or lumpy, shape (I,).
        year_demand: Units asked for in the last year, shape (I,).
    """

    item_ids: tuple[str, ...]
    demand_class: TextArray
    year_demand: FloatArray


@dataclass(frozen=True)
class DescribedItems:
    """Items, one row each, with the rules by which assumed values were made, as sentences."""

    items: Items
    assumptions: tuple[Bilingual, ...]


def read_items(path: Path) -> MasterFile:
    """Read an item file: ``item_id`` and any other columns of ``dim_item``.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    return read_master(path, COLUMNS)


def summary_of(panel: Panel) -> ItemSummary:
    """Return what the network's series of *panel* tell of its items."""
    (places,) = np.nonzero(np.array(panel.location_ids, dtype=np.object_) == NETWORK)
    network = panel if len(places) == len(panel.item_ids) else panel.rows(places)
    year = np.nan_to_num(network.demand[:, -panel.frequency.steps_per_year :]).sum(axis=1)
    return ItemSummary(network.item_ids, syntetos_boylan(network).demand_class, year)


def join_summaries(summaries: Sequence[ItemSummary]) -> ItemSummary:
    """Return the items of several panels as one; the panels must stand in the items' order.

    Raises:
        ValueError: They don't.
    """
    item_ids = tuple(item for part in summaries for item in part.item_ids)
    if any(one >= other for one, other in pairwise(item_ids)):
        raise ValueError("items of a later panel stand before those of an earlier one")
    return ItemSummary(
        item_ids,
        np.concatenate([part.demand_class for part in summaries]),
        np.concatenate([part.year_demand for part in summaries]),
    )


def describe_items(
    summary: ItemSummary, catalogue: Catalogue, file: MasterFile | None
) -> DescribedItems:
    """Put together what is known and what has to be assumed of every item of *summary*."""
    columns = _Columns(summary.item_ids, file.table.to_pylist() if file else [], catalogue)
    unit_cost = columns.values("unit_cost")
    ranked = _abc(summary.year_demand, np.array(unit_cost, np.float64))
    abc_class = [str(a or r) for a, r in zip(columns.values("abc_class"), ranked, strict=True)]
    lead_time = columns.assuming("lead_time_days", [LEAD_TIME_DAYS[a] for a in abc_class])
    criticality = columns.assuming("criticality", [CRITICALITY[a] for a in abc_class])
    values: dict[str, Sequence[Value]] = {
        "item_id": summary.item_ids,
        "sku": columns.values("sku", otherwise=summary.item_ids),
        "name": columns.values("name", otherwise=summary.item_ids),
        **{name: columns.values(name) for name in ("category", "supplier", "unit")},
        "unit_cost": unit_cost,
        "lead_time_days": lead_time,
        **{name: columns.values(name) for name in ORDERING},
        "criticality": criticality,
        "abc_class": abc_class,
        "demand_class": summary.demand_class.tolist(),
        "assumed": columns.assumed_names(),
    }
    types = {column.name: column.type for column in COLUMNS}
    arrays = {n: pa.array(column, types.get(n, pa.string())) for n, column in values.items()}
    return DescribedItems(Items(pa.table(arrays)), columns.rules())


def items_for(panel: Panel, items: Items) -> Items:
    """Return the items' rows repeated for each series of *panel*, in its order.

    All that a row says is of the item in the whole network, its demand class too.

    Args:
        panel: Its items must be among *items*.
        items: One row per item, sorted by item_id.
    """
    if panel.item_ids == (known := tuple(items.table.column("item_id").to_pylist())):
        return items
    place = {item: number for number, item in enumerate(known)}
    rows = pa.array([place[item] for item in panel.item_ids], pa.int64())
    return Items(items.table.take(rows))


def _abc(year_demand: FloatArray, unit_cost: FloatArray) -> list[str]:
    """Rank by value of the last year's demand; by units where costs aren't known of all."""
    costs = unit_cost if np.isfinite(unit_cost).all() else np.ones_like(unit_cost)
    classes: TextArray = abc_classes(year_demand * costs)
    return [str(name) for name in classes]


class _Columns:
    """Columns put together by precedence: item file, then catalogue, then an assumption."""

    def __init__(
        self, item_ids: tuple[str, ...], rows: list[dict[str, Value]], catalogue: Catalogue
    ) -> None:
        self._item_ids = item_ids
        self._rows = {row["item_id"]: row for row in rows}
        self._catalogue = catalogue
        self._assumed: dict[str, list[bool]] = {}

    def values(self, column: str, *, otherwise: Sequence[Value] | None = None) -> list[Value]:
        """Return what file and catalogue say; where neither does, *otherwise* or None."""
        read = [self._rows.get(item, {}).get(column) for item in self._item_ids]
        known = [self._catalogue.columns.get(column, {}).get(item) for item in self._item_ids]
        if column in self._catalogue.assumed:
            pairs = zip(read, known, strict=True)
            self._assumed[column] = [r is None and k is not None for r, k in pairs]
        rest = otherwise or [None] * len(read)
        by_rank = zip(read, known, rest, strict=True)
        return [next((v for v in values if v is not None), None) for values in by_rank]

    def assuming(self, column: str, rule: Sequence[Value]) -> list[Value]:
        """Return a column with *rule* where nothing is said; that counts as assumed."""
        self._assumed[column] = [value is None for value in self.values(column)]
        return self.values(column, otherwise=rule)

    def assumed_names(self) -> list[str]:
        """Return, for each item, the names of its assumed columns, comma separated."""
        flagged = sorted(self._assumed.items())
        return [
            ",".join(name for name, flags in flagged if flags[place])
            for place in range(len(self._item_ids))
        ]

    def rules(self) -> tuple[Bilingual, ...]:
        """Return the rules of the columns in which anything was assumed."""
        made = {column for column, flags in self._assumed.items() if any(flags)}
        rules = list(self._catalogue.rules) if made & self._catalogue.assumed else []
        rules += [_LEAD_TIME_RULE] if "lead_time_days" in made else []
        rules += [_CRITICALITY_RULE] if "criticality" in made else []
        return tuple(rules)
