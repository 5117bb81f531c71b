"""Items: what the item file says, what the demand tells, and documented assumptions for the rest.

Where neither says otherwise, lead times are assumed by ABC class (A 7, B 14, C 21 days) and so is
criticality (A high, B medium, C low). Every assumed value is named in the column ``assumed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from datalayer.contract.registry import Bilingual
from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.catalogue import Catalogue, Value
from ml_jobs.classification import abc_classes, syntetos_boylan
from ml_jobs.master_file import MasterFile, NumberColumn, read_master
from ml_jobs.panel import Items, Panel

LEAD_TIME_DAYS: Mapping[str, float] = {"A": 7.0, "B": 14.0, "C": 21.0}
LONGEST_LEAD_TIME_DAYS = 5 * 365
CRITICALITY: Mapping[str, str] = {"A": "high", "B": "medium", "C": "low"}

TEXT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sku": (),
    "name": (),
    "category": (),
    "supplier": (),
    "unit": (),
    "criticality": ("high", "medium", "low"),
    "abc_class": ("A", "B", "C"),
}
NUMBER_COLUMNS = (
    NumberColumn("unit_cost"),
    NumberColumn("lead_time_days", maximum=LONGEST_LEAD_TIME_DAYS),
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
class DescribedItems:
    """Items with the rules by which their assumed values were made, as sentences."""

    items: Items
    assumptions: tuple[Bilingual, ...]


def read_items(path: Path) -> MasterFile:
    """Read an item file: ``item_id`` and any other columns of ``dim_item``.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    return read_master(path, text_columns=TEXT_COLUMNS, number_columns=NUMBER_COLUMNS)


def describe_items(panel: Panel, catalogue: Catalogue, file: MasterFile | None) -> DescribedItems:
    """Put together what is known and what has to be assumed of every item of *panel*."""
    columns = _Columns(panel.item_ids, file.columns if file else {}, catalogue)
    sku, name = columns.text("sku"), columns.text("name")
    unit_cost = columns.number("unit_cost")
    ranked = _abc(panel, unit_cost)
    abc_class = [a or r for a, r in zip(columns.text("abc_class"), ranked, strict=True)]
    lead_time = columns.assuming("lead_time_days", [LEAD_TIME_DAYS[a] for a in abc_class])
    criticality = columns.assuming("criticality", [CRITICALITY[a] for a in abc_class])
    table = pa.table(
        {
            "item_id": pa.array(panel.item_ids, pa.string()),
            "sku": _texts([s or i for s, i in zip(sku, panel.item_ids, strict=True)]),
            "name": _texts([n or i for n, i in zip(name, panel.item_ids, strict=True)]),
            "category": _texts(columns.text("category")),
            "supplier": _texts(columns.text("supplier")),
            "unit": _texts(columns.text("unit")),
            "unit_cost": pa.array(unit_cost, pa.float64(), from_pandas=True),
            "lead_time_days": pa.array(lead_time, pa.float64()),
            "criticality": _texts(criticality),
            "abc_class": _texts(abc_class),
            "demand_class": _texts(syntetos_boylan(panel).demand_class.tolist()),
            "assumed": _texts(columns.assumed_names()),
        }
    )
    return DescribedItems(Items(table), columns.rules())


def _abc(panel: Panel, unit_cost: FloatArray) -> list[str]:
    """Rank by value of the last year's demand; by units where costs aren't known of all."""
    year = np.nan_to_num(panel.demand[:, -panel.frequency.steps_per_year :]).sum(axis=1)
    costs = unit_cost if np.isfinite(unit_cost).all() else np.ones_like(unit_cost)
    classes: TextArray = abc_classes(year * costs)
    return [str(name) for name in classes]


def _texts(values: Sequence[Value]) -> pa.Array:
    return pa.array(values, pa.string())


class _Columns:
    """Columns put together by precedence: item file, then catalogue, then an assumption."""

    def __init__(
        self,
        item_ids: tuple[str, ...],
        from_file: Mapping[str, Mapping[str, Value]],
        catalogue: Catalogue,
    ) -> None:
        self._item_ids = item_ids
        self._from_file = from_file
        self._catalogue = catalogue
        self._assumed: dict[str, list[bool]] = {}

    def values(self, column: str) -> list[Value]:
        """Return what file and catalogue say, None where neither does."""
        read = self._from_file.get(column, {})
        told = self._catalogue.columns.get(column, {})
        if column in self._catalogue.assumed:
            self._assumed[column] = [i not in read and i in told for i in self._item_ids]
        return [read.get(item, told.get(item)) for item in self._item_ids]

    def text(self, column: str) -> list[str | None]:
        """Return a text column, None where nothing is said."""
        return [None if value is None else str(value) for value in self.values(column)]

    def number(self, column: str) -> FloatArray:
        """Return a numeric column, NaN where nothing is said."""
        return np.array([np.nan if v is None else v for v in self.values(column)], np.float64)

    def assuming(self, column: str, rule: Sequence[Value]) -> list[Value]:
        """Return a column with *rule* where nothing is said; that counts as assumed."""
        values = self.values(column)
        self._assumed[column] = [value is None for value in values]
        return [r if v is None else v for v, r in zip(values, rule, strict=True)]

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
