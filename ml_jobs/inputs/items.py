"""Items: what the item file says, what the demand tells, and documented assumptions for the rest.

Where neither says otherwise, lead times are assumed by ABC class (A 7, B 14, C 21 days) and so is
criticality (A high, B medium, C low). Of a part with ``repair_days`` and no ``condemnation`` a
fifth is assumed to be beyond repair. Every assumed value is named in the column ``assumed``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Bilingual
from ml_jobs.arrays import FloatArray, TextArray
from ml_jobs.classification import abc_classes, syntetos_boylan
from ml_jobs.inputs.demand.demand_rows import Catalogue, Value
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.master_file import (
    MasterFile,
    NumberColumn,
    TextColumn,
    TruthColumn,
    read_master,
    samples,
)
from ml_jobs.panel import NETWORK, Items, Panel

LONGEST_LEAD_TIME_DAYS = 5 * 365
HIGHEST_HOLDING_RATE = 10.0
"""Above it a rate is one in percent, by mistake."""
ASSUMED_CONDEMNATION = 0.2
CRITICALITIES = ("high", "medium", "low")

COLUMNS = (
    TextColumn("sku", codes=True),
    TextColumn("name"),
    TextColumn("category"),
    TextColumn("supplier"),
    TextColumn("unit"),
    TextColumn("criticality", CRITICALITIES),
    TextColumn("abc_class", ("A", "B", "C")),
    NumberColumn("unit_cost"),
    NumberColumn("lost_unit_cost"),
    NumberColumn("holding_rate_per_year", maximum=HIGHEST_HOLDING_RATE),
    NumberColumn("lead_time_days", maximum=LONGEST_LEAD_TIME_DAYS),
    NumberColumn("lead_time_sd_days", maximum=LONGEST_LEAD_TIME_DAYS),
    NumberColumn("minimum_order"),
    NumberColumn("order_multiple"),
    NumberColumn("weight_kg"),
    TruthColumn("stocked"),
    NumberColumn("repair_days", maximum=LONGEST_LEAD_TIME_DAYS),
    NumberColumn("condemnation", maximum=1.0),
)

_TYPES = [("item_id", pa.string()), *((column.name, column.type) for column in COLUMNS)]
_NO_ROWS = pa.schema(_TYPES).empty_table()
# By column, what is assumed of each ABC class, and the rule as a sentence.
_RULES: Mapping[str, tuple[Mapping[str, Value], Bilingual]] = {
    "lead_time_days": (
        {"A": 7.0, "B": 14.0, "C": 21.0},
        Bilingual(
            en="Lead times are assumed by ABC class: A 7, B 14, C 21 days.",
            pt_BR="Prazos de entrega são presumidos pela classe ABC: A 7, B 14, C 21 dias.",
        ),
    ),
    "criticality": (
        {"A": "high", "B": "medium", "C": "low"},
        Bilingual(
            en="Criticality is assumed by ABC class: A high, B medium, C low.",
            pt_BR="A criticidade é presumida pela classe ABC: A alta, B média, C baixa.",
        ),
    ),
}
_CONDEMNATION_RULE = Bilingual(
    en=(
        "Of parts that are repaired, 20 % are assumed to be beyond repair where the item file "
        "doesn't say how many are."
    ),
    pt_BR=(
        "Das peças que são consertadas, presume-se que 20 % não têm conserto onde o arquivo de "
        "itens não diz quantas."
    ),
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


def read_items(path: Path, reading: ReadingOptions = AS_FOUND) -> MasterFile:
    """Read an item file: ``item_id`` and any other columns of ``dim_item``.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    return read_master(path, COLUMNS, reading, faults_of=_faults)


def summary_of(panel: Panel) -> ItemSummary:
    """Return what the network's series of *panel* tell of its items."""
    (places,) = np.nonzero(np.array(panel.location_ids, dtype=np.object_) == NETWORK)
    network = panel if len(places) == len(panel.item_ids) else panel.rows(places)
    year = np.nan_to_num(network.demand[:, -panel.frequency.steps_per_year :]).sum(axis=1)
    return ItemSummary(network.item_ids, syntetos_boylan(network).demand_class, year)


def join_summaries(summaries: Sequence[ItemSummary]) -> ItemSummary:
    """Return the items of several panels as one.

    Raises:
        ValueError: The panels don't stand in the items' order.
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
    item_ids = pa.array(summary.item_ids, pa.string())
    known, assumed = _known_columns(item_ids, catalogue, file)
    for name in ("sku", "name"):
        known[name] = pc.coalesce(known[name], item_ids)
    known["stocked"] = pc.fill_null(known["stocked"], True)
    # Ranked by value of the last year's demand; by units where costs aren't known of all.
    costs = known["unit_cost"].to_numpy(zero_copy_only=False)
    values = summary.year_demand * (costs if np.isfinite(costs).all() else 1.0)
    known["abc_class"] = pc.coalesce(known["abc_class"], pa.array(abc_classes(values), pa.string()))
    for name, (by_class, _) in _RULES.items():
        assumed[name] = pc.is_null(known[name])
        rule = [by_class[abc_class] for abc_class in known["abc_class"].to_pylist()]
        known[name] = pc.coalesce(known[name], pa.array(rule, known[name].type))
    told, known["condemnation"] = known["condemnation"], _condemned(known)
    assumed["condemnation"] = pc.and_(pc.is_null(told), pc.is_valid(known["condemnation"]))
    flags = pa.table(dict(sorted(assumed.items()))).to_pylist()
    listed = [",".join(name for name in item if item[name]) for item in flags]
    table = pa.table(
        {
            "item_id": item_ids,
            **known,
            "demand_class": pa.array(summary.demand_class, pa.string()),
            "assumed": pa.array(listed, pa.string()),
        }
    )
    made = {name for name, items in assumed.items() if pc.any(items).as_py()}
    own = catalogue.rules if made & catalogue.assumed else ()
    rules = {name: rule for name, (_, rule) in _RULES.items()}
    rules["condemnation"] = _CONDEMNATION_RULE
    return DescribedItems(
        Items(table), (*own, *(rule for name, rule in rules.items() if name in made))
    )


def items_for(panel: Panel, items: Items) -> Items:
    """Return the items' rows repeated for each series of *panel*, in its order.

    *items* has one row per item, sorted by item_id, with all items of *panel* among them. All that
    a row says is of the item in the whole network, its demand class too.
    """
    if panel.item_ids == (known := tuple(items.table.column("item_id").to_pylist())):
        return items
    place = {item: number for number, item in enumerate(known)}
    rows = pa.array([place[item] for item in panel.item_ids], pa.int64())
    return Items(items.table.take(rows))


def _condemned(known: Mapping[str, pa.Array]) -> pa.Array:
    """Share of each item beyond repair: as told, assumed of what is repaired, else null."""
    repaired = pc.is_valid(known["repair_days"])
    assumed = pc.if_else(repaired, ASSUMED_CONDEMNATION, pa.scalar(None, pa.float64()))
    return pc.coalesce(known["condemnation"], assumed)


def _faults(rows: pa.Table) -> Iterator[str]:
    """Parts of which some come back, nobody knows when."""
    comes_back = pc.fill_null(pc.less(rows.column("condemnation"), 1.0), False)
    found = rows.filter(pc.and_(comes_back, pc.is_null(rows.column("repair_days"))))
    if found.num_rows:
        shown = [f"{row['item_id']} ({row['condemnation']:g})" for row in found.to_pylist()]
        yield (
            "condemnation says that some come back from repair, and repair_days is empty; give the "
            f"days from failure to shelf, or a condemnation of 1: {samples(shown)}"
        )


def _known_columns(
    item_ids: pa.Array, catalogue: Catalogue, file: MasterFile | None
) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
    """What the item file says, else the catalogue, by column; and where the latter assumed it."""
    table = file.table if file else _NO_ROWS
    rows = table.take(pc.index_in(item_ids, table.column("item_id").combine_chunks()))
    known, assumed = {}, {}
    for column in COLUMNS:
        told = catalogue.columns.get(column.name, {})
        values = pa.array([told.get(item) for item in item_ids.to_pylist()], column.type)
        read = rows.column(column.name).combine_chunks()
        known[column.name] = pc.coalesce(read, values)
        if column.name in catalogue.assumed:
            assumed[column.name] = pc.and_(pc.is_null(read), pc.is_valid(values))
    return known, assumed
