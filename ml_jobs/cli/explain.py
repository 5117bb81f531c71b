"""Why a publication forecasts what it does for an item, and why it asks for that reorder point.

Nothing is forecast anew: class, distribution and formulas are recomputed from what is published,
and the result stands beside the published one.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from datalayer.kernel.errors import InvalidSelection, UnknownItem
from ml_jobs.classification import ceased, syntetos_boylan
from ml_jobs.cli.explanation import (
    DemandHistory,
    Explanation,
    LeadTimeSum,
    Row,
    SourceRecord,
    at_longest_horizon,
    mapping_at,
    number,
    text,
)
from ml_jobs.columns import column_of
from ml_jobs.dispersion import LEAST_MEAN
from ml_jobs.inputs.demand.coverage import Span
from ml_jobs.models.ensemble_weights import FORGETTING
from ml_jobs.panel import NETWORK, Frequency, Panel
from ml_jobs.publishing.gold_files import GoldFiles

DATA_SETS = (
    "dim_item",
    "fact_demand",
    "fact_forecast",
    "fact_metrics",
    "fact_inventory",
    "agg_metrics",
    "fact_action",
    "fact_open_order",
    "fact_projection",
    "dim_location",
)


def explain(gold: GoldFiles, item_id: str, location_id: str = NETWORK) -> Explanation:
    """Explain why *item_id* is forecast and ordered as it is; raises what `item_rows` does."""
    item, inventory = item_rows(gold, item_id, location_id)
    panel = history_panel(gold, item_id, location_id)
    history = None if panel is None else _history(panel)
    return Explanation(
        gold=gold,
        item=item,
        inventory=inventory,
        history=history,
        sources=_sources(gold, item_id, location_id, history),
        class_losses=_class_losses(gold, history),
        lead_time=_lead_time(inventory, history),
        actions=_optional_rows(gold, "fact_action", item_id, location_id, by="rank"),
        open_orders=_open_orders(gold, item_id, location_id),
        periods=_optional_rows(gold, "fact_projection", item_id, location_id, by="date"),
    )


def _open_orders(gold: GoldFiles, item_id: str, location_id: str) -> list[Row]:
    """The open orders of the place and of all places in it, those due first."""
    if "fact_open_order" not in gold.files:
        return []
    parents = {
        text(row, "location_id"): text(row, "parent_location_id")
        for row in gold.rows("dim_location").to_pylist()
    }

    def lies_in(place: str) -> bool:
        return place == location_id or (place in parents and lies_in(parents[place]))

    rows = gold.rows("fact_open_order", item_id=item_id).to_pylist()
    inside = [row for row in rows if lies_in(text(row, "location_id"))]
    return sorted(inside, key=lambda row: text(row, "due"))


def _optional_rows(
    gold: GoldFiles, data_set: str, item_id: str, location_id: str, *, by: str
) -> list[Row]:
    """The rows of a data set that not every publication has, in the order of a column."""
    if data_set not in gold.files:
        return []
    rows = gold.rows(data_set, item_id=item_id, location_id=location_id)
    found: list[Row] = rows.sort_by(by).to_pylist()
    return found


def item_rows(gold: GoldFiles, item_id: str, location_id: str) -> tuple[Row, Row]:
    """Return the rows of ``dim_item`` and ``fact_inventory`` of an item at a location.

    Raises:
        UnknownItem: There is no such item; names the nearest ones.
        InvalidSelection: The item has nothing at the location; names where it has.
    """
    items = gold.rows("dim_item", item_id=item_id).to_pylist()
    if not items:
        raise UnknownItem(item_id=item_id, suggestions=_suggestions(gold, item_id))
    inventory = gold.rows("fact_inventory", item_id=item_id).to_pylist()
    by_location: dict[str, Row] = {row["location_id"]: row for row in inventory}
    if location_id not in by_location:
        known = sorted(by_location)
        near = difflib.get_close_matches(location_id, known, n=5, cutoff=0.3) or known[:5]
        raise InvalidSelection(
            parameter="location",
            found=location_id,
            expected=f"where {item_id} is: {', '.join(near)}",
        )
    return items[0], by_location[location_id]


def _suggestions(gold: GoldFiles, item_id: str) -> Sequence[str]:
    items = gold.rows("dim_item", columns=["item_id", "name"]).to_pylist()
    asked = item_id.casefold()
    by_case = {row["item_id"].casefold(): row["item_id"] for row in items}
    near = [by_case[code] for code in difflib.get_close_matches(asked, by_case, n=5, cutoff=0.4)]
    named = [row["item_id"] for row in items if asked in text(row, "name").casefold()]
    return list(dict.fromkeys([*near, *named]))[:5]


def history_panel(gold: GoldFiles, item_id: str, location_id: str) -> Panel | None:
    """Return the demand of one series on its calendar; None where none is on record."""
    rows = gold.rows("fact_demand", item_id=item_id, location_id=location_id)
    if not rows.num_rows:
        return None
    days = rows.column("date").to_numpy().astype("datetime64[D]")
    published = text(gold.lineage, "frequency")
    frequency = Frequency(published) if published in set(Frequency) else Frequency.DAILY
    # From the first row to the end of the data, or to the last row; no row is a zero.
    first = frequency.first_days(days.min()[None])[0]
    last = max(np.datetime64(gold.data_through), days.max())
    dates = Span(first, last).calendar(frequency)
    demand = np.zeros((1, len(dates)))
    periods = np.searchsorted(dates, frequency.first_days(days))
    np.add.at(demand[0], periods, column_of(rows, "quantity"))
    starts = np.zeros(1, dtype=np.int64)
    return Panel((item_id,), (location_id,), dates, demand, starts, frequency)


def _history(panel: Panel) -> DemandHistory:
    pattern = syntetos_boylan(panel)
    return DemandHistory(
        first=panel.dates[0].astype(object),
        last=panel.data_through.astype(object),
        frequency=panel.frequency,
        periods=len(panel.dates),
        demands=int((panel.demand > 0).sum()),
        total=float(panel.demand.sum()),
        adi=float(pattern.adi[0]),
        cv2=float(pattern.cv2[0]),
        sigma=float(panel.demand.std()),
        demand_class=str(pattern.demand_class[0]),
        ended=bool(ceased(panel)[0]),
    )


def _sources(
    gold: GoldFiles, item_id: str, location_id: str, history: DemandHistory | None
) -> dict[str, SourceRecord]:
    futures = _future_totals(gold, item_id, location_id)
    judged = gold.rows("fact_metrics", item_id=item_id, location_id=location_id).to_pylist()
    scores = {text(row, "source"): row for row in at_longest_horizon(judged)}
    notes = mapping_at(gold.lineage, "forecast", "sources")
    if history is not None and history.ended:
        weights = dict.fromkeys([n for n in FORGETTING if n in futures][:1], 1.0)
    else:
        weights = _weights(gold.lineage, history.demand_class if history else "", futures)
    names = sorted({*notes, *futures, *scores}, key=lambda name: (name not in futures, name))
    return {
        name: SourceRecord(
            rule=text(mapping_at(notes, name), "rule"),
            weight=weights.get(name),
            scores=scores.get(name, {}),
            future_total=futures.get(name),
        )
        for name in names
    }


def _future_totals(gold: GoldFiles, item_id: str, location_id: str) -> dict[str, float]:
    """Sum each source's forecast of the periods after the data's end."""
    totals: dict[str, float] = {}
    columns = ["source", "date", "forecast"]
    rows = gold.rows("fact_forecast", columns=columns, item_id=item_id, location_id=location_id)
    for row in rows.to_pylist():
        if row["date"] > gold.data_through:
            totals[row["source"]] = totals.get(row["source"], 0.0) + row["forecast"]
    return totals


def _class_losses(gold: GoldFiles, history: DemandHistory | None) -> dict[str, float]:
    """The loss of each source over all series of the item's class."""
    if history is None:
        return {}
    rows = gold.rows("agg_metrics", group_by="demand_class", group_value=history.demand_class)
    losses = at_longest_horizon(rows.to_pylist())
    return {text(row, "source"): number(row, "scaled_pinball") for row in losses}


def _weights(
    lineage: Mapping[str, object], demand_class: str, covering: Collection[str]
) -> dict[str, float]:
    """The ensemble's weights for a series of the class that the sources of *covering* cover."""
    ensemble = mapping_at(lineage, "forecast", "ensemble")
    listed = ensemble.get("members")
    members = [str(name) for name in listed] if isinstance(listed, list) else []
    together = "+".join(name for name in members if name in covering)
    by_kind = mapping_at(ensemble, "weights")
    for kind in (f"{demand_class}: {together}", f"all: {together}", "otherwise"):
        found = mapping_at(by_kind, kind)
        weights = {name: number(found, name) for name in found if name in covering}
        if weights:
            return {name: weight / sum(weights.values()) for name, weight in weights.items()}
    return {}


def _lead_time(inventory: Row, history: DemandHistory | None) -> LeadTimeSum | None:
    names = ("lead_time_demand", "lead_time_excess", "lot", "service_level", "lead_time_days")
    mean, excess, lot, asked, days = (number(inventory, name) for name in names)
    if not np.isfinite([mean, excess, lot, asked, days]).all() or history is None:
        return None
    planned = number(inventory, "planned_service_level")
    return LeadTimeSum(
        mean=mean,
        drawn=max(mean, _least_daily_demand(inventory, history) * days),
        excess=excess,
        lot=lot,
        asked=asked,
        level=planned if np.isfinite(planned) else asked,
        source=text(inventory, "lead_time_source") or text(inventory, "source"),
    )


def _least_daily_demand(inventory: Row, history: DemandHistory) -> float:
    published = number(inventory, "least_daily_demand")
    if np.isfinite(published):
        return published
    # Publications of contract 1.2 and before leave it to this rule.
    return 0.0 if history.ended else LEAST_MEAN * history.mean / history.frequency.days_per_step
