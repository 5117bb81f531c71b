"""Why a publication forecasts what it does for an item, and why it asks for that reorder point.

Nothing is forecast anew: class, distribution and formulas are recomputed from what is published,
and the result stands beside the published one.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np
from scipy import stats

from datalayer.kernel.errors import InvalidSelection, UnknownItem
from ml_jobs.arrays import FloatArray
from ml_jobs.classification import syntetos_boylan
from ml_jobs.cli.explanation import (
    Explanation,
    History,
    LeadTimeSum,
    Row,
    SourceRecord,
    Textbook,
    nested,
    number,
    text,
)
from ml_jobs.dispersion import LEAST_MEAN
from ml_jobs.panel import NETWORK, Dates, Frequency, Panel
from ml_jobs.publishing.gold_files import GoldFiles

DATA_SETS = (
    "dim_item",
    "fact_demand",
    "fact_forecast",
    "fact_metrics",
    "fact_inventory",
    "agg_metrics",
)
MEASURES = ("scaled_pinball", "mase", "bias", "coverage_80")


def explain(gold: GoldFiles, item_id: str, location_id: str = NETWORK) -> Explanation:
    """Gather why *item_id* is forecast and ordered as it is.

    Raises:
        UnknownItem: There is no such item; names the nearest ones.
        InvalidSelection: The item has nothing at the location; names where it has.
    """
    items = gold.rows("dim_item", item_id=item_id).to_pylist()
    if not items:
        raise UnknownItem(item_id, _suggestions(gold, item_id))
    inventory = _inventory(gold, item_id, location_id)
    panel = history_panel(gold, item_id, location_id)
    history = _history(panel, published=text(items[0], "demand_class"))
    lead_time = _lead_time(inventory, history)
    return Explanation(
        title=gold.title,
        model_version=gold.model_version,
        data_through=gold.data_through,
        item_id=item_id,
        location_id=location_id,
        item=items[0],
        history=history,
        sources=_sources(gold, item_id, location_id, history),
        champion=text(inventory, "source"),
        class_losses=_class_losses(gold, history),
        inventory=inventory,
        lead_time=lead_time,
        textbook=_textbook(inventory, lead_time, history),
        assumptions=_assumptions(gold.lineage),
    )


def _suggestions(gold: GoldFiles, item_id: str) -> Sequence[str]:
    known = gold.rows("dim_item", columns=["item_id", "name"])
    codes = [str(code) for code in known.column("item_id").to_pylist()]
    asked = item_id.casefold()
    by_case = {code.casefold(): code for code in codes}
    near = [by_case[code] for code in difflib.get_close_matches(asked, by_case, n=5, cutoff=0.4)]
    named = [
        code
        for code, name in zip(codes, known.column("name").to_pylist(), strict=True)
        if name and asked in str(name).casefold()
    ]
    return list(dict.fromkeys([*near, *named]))[:5]


def _inventory(gold: GoldFiles, item_id: str, location_id: str) -> Row:
    rows: list[Row] = gold.rows("fact_inventory", item_id=item_id).to_pylist()
    for row in rows:
        if row["location_id"] == location_id:
            return row
    known = sorted(text(row, "location_id") for row in rows)
    near = difflib.get_close_matches(location_id, known, n=5, cutoff=0.3) or known[:5]
    raise InvalidSelection("location", location_id, f"where {item_id} is: {', '.join(near)}")


def champion_at(gold: GoldFiles, item_id: str, location_id: str) -> str:
    """Return the source that the stock of an item at a location is held against.

    Raises:
        UnknownItem, InvalidSelection: As for `explain`.
    """
    if not gold.rows("dim_item", columns=["item_id"], item_id=item_id).num_rows:
        raise UnknownItem(item_id, _suggestions(gold, item_id))
    return text(_inventory(gold, item_id, location_id), "source")


def history_panel(gold: GoldFiles, item_id: str, location_id: str) -> Panel | None:
    """Return the demand of one series on its calendar; None where none is on record."""
    rows = gold.rows("fact_demand", item_id=item_id, location_id=location_id)
    if not rows.num_rows:
        return None
    days = rows.column("date").to_numpy().astype("datetime64[D]")
    quantities = rows.column("quantity").to_numpy().astype(np.float64)
    frequency = _frequency(gold.lineage)
    return _panel_of_one((item_id, location_id), days, quantities, gold.data_through, frequency)


def _history(panel: Panel | None, *, published: str) -> History | None:
    if panel is None:
        return None
    pattern = syntetos_boylan(panel)
    return History(
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
        published_class=published,
    )


def _panel_of_one(
    series: tuple[str, str],
    days: Dates,
    quantities: FloatArray,
    through: date,
    frequency: Frequency,
) -> Panel:
    """Lay the rows of one series out from its first row to the end; no row is a zero."""
    first = frequency.first_days(days.min()[None])[0]
    longest = int((np.datetime64(through) - first).astype(int) / frequency.days_per_step) + 2
    dates = frequency.calendar(first, longest)
    dates = dates[dates <= max(np.datetime64(through), days.max())]
    demand = np.zeros((1, len(dates)))
    np.add.at(demand[0], np.searchsorted(dates, frequency.first_days(days)), quantities)
    starts = np.zeros(1, dtype=np.int64)
    return Panel(series[:1], series[1:], dates, demand, starts, frequency)


def _frequency(lineage: Mapping[str, object]) -> Frequency:
    said = text(lineage, "frequency")
    return Frequency(said) if said in set(Frequency) else Frequency.DAILY


def _sources(
    gold: GoldFiles, item_id: str, location_id: str, history: History | None
) -> tuple[SourceRecord, ...]:
    place = {"item_id": item_id, "location_id": location_id}
    futures = _future_totals(gold, place)
    scores = _longest(gold.rows("fact_metrics", **place).to_pylist())
    notes = nested(gold.lineage, "forecast", "sources")
    weights = _weights(gold.lineage, history.demand_class if history else "", futures)
    names = sorted({*notes, *futures, *scores}, key=lambda name: (name not in futures, name))
    return tuple(
        SourceRecord(
            source=name,
            rule=text(nested(notes, name), "rule"),
            ran=name in futures,
            weight=weights.get(name),
            scores=_measures(scores.get(name)),
            origins=int(np.nan_to_num(number(scores.get(name), "n_origins"))),
            horizon=int(np.nan_to_num(number(scores.get(name), "horizon"))),
            future_total=futures.get(name, float("nan")),
        )
        for name in names
    )


def _future_totals(gold: GoldFiles, place: Mapping[str, str]) -> dict[str, float]:
    """Sum each source's forecast of the periods after the data's end."""
    columns = ["source", "date", "forecast"]
    totals: dict[str, float] = {}
    for row in gold.rows("fact_forecast", columns=columns, **place).to_pylist():
        if row["date"] > gold.data_through:
            totals[row["source"]] = totals.get(row["source"], 0.0) + row["forecast"]
    return totals


def _longest(rows: Sequence[Row]) -> dict[str, Row]:
    """The scores over the longest horizon that was judged, by source."""
    horizon = max((number(row, "horizon") for row in rows), default=0.0)
    return {text(row, "source"): row for row in rows if number(row, "horizon") == horizon}


def _class_losses(gold: GoldFiles, history: History | None) -> dict[str, float]:
    """The loss of each source over all series of the item's class."""
    if history is None:
        return {}
    group = {"group_by": "demand_class", "group_value": history.demand_class}
    rows = _longest(gold.rows("agg_metrics", **group).to_pylist())
    return {source: number(row, "scaled_pinball") for source, row in rows.items()}


def _measures(row: Row | None) -> dict[str, float]:
    return {name: number(row, name) for name in MEASURES} if row else {}


def _weights(
    lineage: Mapping[str, object], demand_class: str, covering: Collection[str]
) -> dict[str, float]:
    """The ensemble's weights for a series of the class that the sources of *covering* cover."""
    ensemble = nested(lineage, "forecast", "ensemble")
    listed = ensemble.get("members")
    members = [str(name) for name in listed] if isinstance(listed, list) else []
    together = "+".join(name for name in members if name in covering)
    by_kind = nested(ensemble, "weights")
    for kind in (f"{demand_class}: {together}", f"all: {together}", "otherwise"):
        found = nested(by_kind, kind)
        weights = {name: number(found, name) for name in found if name in covering}
        if weights:
            return {name: weight / sum(weights.values()) for name, weight in weights.items()}
    return {}


def _lead_time(inventory: Row, history: History | None) -> LeadTimeSum | None:
    names = ("lead_time_demand", "lead_time_excess", "lot", "service_level", "lead_time_days")
    mean, excess, lot, asked, days = (number(inventory, name) for name in names)
    if not np.isfinite([mean, excess, lot, asked, days]).all() or history is None:
        return None
    planned = number(inventory, "planned_service_level")
    return LeadTimeSum(
        mean=mean,
        drawn=max(mean, LEAST_MEAN * history.mean * days / history.frequency.days_per_step),
        excess=excess,
        lot=lot,
        asked=asked,
        level=planned if np.isfinite(planned) else asked,
        source=text(inventory, "lead_time_source") or text(inventory, "source"),
    )


def _textbook(
    inventory: Row, lead_time: LeadTimeSum | None, history: History | None
) -> Textbook | None:
    published = number(inventory, "textbook_reorder_point")
    if lead_time is None or history is None or not np.isfinite(published):
        return None
    days = number(inventory, "lead_time_days")
    sd_days = float(np.nan_to_num(number(inventory, "lead_time_sd_days")))
    return Textbook(
        demand=lead_time.mean,
        z=float(stats.norm.ppf(lead_time.asked)),
        periods=days / history.frequency.days_per_step,
        sigma=history.sigma,
        of_time=lead_time.mean / days * sd_days if days > 0 else 0.0,
        reorder_point=published,
    )


def _assumptions(lineage: Mapping[str, object]) -> tuple[str, ...]:
    said = lineage.get("assumptions")
    sentences = said if isinstance(said, list) else []
    return tuple(text(each, "en") if isinstance(each, dict) else str(each) for each in sentences)
