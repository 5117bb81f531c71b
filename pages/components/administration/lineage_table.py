"""What made two publications differ: settings, seed, sources, inputs and versions."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import streamlit as st

from datalayer.portal import Effect, lineage
from datalayer.runtime import portal
from pages.components import captions, tables
from pages.components.language import NOTHING, _, day, label, number

_SHORT_DIGEST = 12
_SOURCES = {("forecast", "champions"), ("forecast", "sources")}


def show(effect: Effect) -> None:
    """Draw what differs; a line where nothing does."""
    st.subheader(_("What made them differ"), anchor=False)
    found = lineage.differences(effect.before.manifest, effect.after.manifest)
    if not found:
        st.markdown(_("Both were made of the same inputs, with the same settings."))
        return
    rows = [
        {
            _("What"): name(each.path),
            _("Active"): _text(each.path, each.before),
            _("Candidate"): _text(each.path, each.after),
        }
        for each in found
    ]
    tables.draw(pa.Table.from_pylist(rows), key="effect-lineage")


def name(path: lineage.Path) -> str:
    """Return what stands at a place of the lineage; its own names where no word is known for it."""
    words = {
        ("model_version",): _("Model version"),
        ("code_version",): _("Version of the program"),
        ("dataset_id",): _("Data set"),
        ("contract",): _("Version of the contract"),
        ("data_through",): _("Data through"),
        ("seed",): _("Seed of chance"),
        ("frequency",): _("Length of a period"),
        ("currency",): _("Currency"),
        ("items",): _("Parts"),
        ("settings", "options", "origins"): _("Tests of the backtest asked for"),
        ("settings", "options", "sources"): _("Sources asked for"),
        ("settings", "options", "horizon"): _("Periods ahead asked for"),
        ("settings", "options", "review_days"): _("Days between reviews"),
        ("settings", "options", "budget"): _("Budget of the buy list"),
        ("settings", "options", "country"): _("Country of the holidays"),
        ("settings", "min_sale_days"): _("Fewest days of demand of a part"),
        ("forecast", "cutoffs"): _("Days that the backtest forecast from"),
        ("forecast", "warm_up_cutoffs"): _("Days that weights and ranges were learnt from"),
        ("forecast", "sources"): _("Sources of forecasts"),
        ("forecast", "horizon"): _("Periods ahead"),
        ("forecast", "series"): _("Series forecast"),
        ("forecast", "thin_series"): _("Series with a short history"),
    }
    return words.get(path) or _of_a_kind(path)


def _of_a_kind(path: lineage.Path) -> str:
    """Return the words of a place that there are many of, by its last name."""
    kinds = {
        ("inputs", "rows"): _("Input {name}: rows"),
        ("inputs", "sha256"): _("Input {name}: content"),
        ("inputs", "name"): _("Input {name}: file"),
        ("libraries",): _("Library {name}"),
        ("forecast", "champions"): _("Champion where demand is {name}"),
        ("settings", "options", "service_levels"): _("Service level, criticality {name}"),
    }
    last = path[-1]
    inputs = kinds.get((path[0], last)) if len(path) > 2 else None
    if inputs:
        return inputs.format(name=path[1])
    known = kinds.get(path[:-1])
    return known.format(name=_value(last)) if known else " › ".join(path)


def _text(path: lineage.Path, value: object) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, tuple):
        return ", ".join(_text(path, each) for each in value) or NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and path[-1] in {"rows", "items"}:
        return number(value, 0)
    return _of_text(path, str(value))


def _of_text(path: lineage.Path, value: str) -> str:
    if path[-1] in {"cutoffs", "warm_up_cutoffs", "data_through"}:
        return _day(value)
    if path[-1] == "sha256" or path == ("code_version",):
        return value[:_SHORT_DIGEST]
    if path[:2] in _SOURCES or path == ("settings", "options", "sources"):
        return captions.source_name(value)
    return value


def _value(name: str) -> str:
    """Return what the contract calls a class of demand or a criticality; another name as it is."""
    columns = portal().registry.data_sets["dim_item"]
    labels = {
        **columns.column("demand_class").value_labels,
        **columns.column("criticality").value_labels,
    }
    return label(labels[name]).lower() if name in labels else name


def _day(value: str) -> str:
    try:
        return day(date.fromisoformat(value))
    except ValueError:
        return value
