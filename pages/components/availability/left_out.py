"""What is in no figure, and why; and what the figures take for granted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Publication, questions
from pages.components import captions, frame
from pages.components.language import _, ngettext, number, percent

Row = Mapping[str, Any]

_CRITICALITIES: Final = ("high", "medium", "low")


def show(publication: Publication) -> None:
    """Draw how many parts are in no figure, by reason, and what is assumed."""
    st.header(_("What was left out, and what is assumed"), anchor=False)
    found = publication.table(questions.availability.left_out())
    rows = found.table.to_pylist()
    told = [_weighed(rows), *(_left_out(row) for row in rows if row["left_out"])]
    if any(row["left_out"] is None for row in rows):
        told += [_two_levels(publication.manifest), *_assumed(publication)]
    st.markdown("\n".join(f"- {captions.literal(text)}" for text in told if text))
    if any(row["left_out"] for row in rows):
        frame.link(
            "data.py",
            _("The parts that were left out"),
            dataset="fact_availability",
            left_out_null="false",
        )
    captions.show(found.provenance, of="left-out")


def _weighed(rows: list[Row]) -> str:
    if not rows:
        return _("Which parts are in these figures isn't published.")
    weighed = next((row for row in rows if row["left_out"] is None), None)
    if weighed is None:
        return _("No part is in these figures.")
    text = ngettext(
        "{count} part and place is in these figures.",
        "{count} parts and places are in these figures.",
        weighed["parts"],
    ).format(count=number(weighed["parts"], 0))
    if not weighed["unsupported"]:
        return text
    more = ngettext(
        "What is worth holding of {count} rests on a chance too small to have been seen.",
        "What is worth holding of {count} rests on chances too small to have been seen.",
        weighed["unsupported"],
    ).format(count=number(weighed["unsupported"], 0))
    return f"{text} {more}"


def _left_out(row: Row) -> str:
    count = int(row["parts"])
    text = {
        "no_cost": ngettext(
            "{count} part and place is left out: no cost is known.",
            "{count} parts and places are left out: no cost is known.",
            count,
        ),
        "no_forecast": ngettext(
            "{count} part and place is left out: it has no forecast.",
            "{count} parts and places are left out: they have no forecast.",
            count,
        ),
        "no_stock": ngettext(
            "{count} part and place is left out: its stock isn't known.",
            "{count} parts and places are left out: their stock isn't known.",
            count,
        ),
        "no_tower": ngettext(
            "{count} part and place is left out: it takes no tower down.",
            "{count} parts and places are left out: they take no tower down.",
            count,
        ),
    }.get(str(row["left_out"]), str(row["left_out"]))
    return text.format(count=number(count, 0))


def _two_levels(manifest: Manifest) -> str:
    count = noted(manifest, "forecast").get("two_levels")
    if not isinstance(count, int) or not count:
        return ""
    return ngettext(
        "{count} part and place is a central store's or supplied from one: both levels are weighed "
        "at once, and what was promised and kept in the past leaves it out.",
        "{count} parts and places are a central store's or supplied from one: both levels are "
        "weighed at once, and what was promised and kept in the past leaves them out.",
        count,
    ).format(count=number(count, 0))


def _assumed(publication: Publication) -> list[str]:
    """Return what the figures take for granted, as far as the publication says with what."""
    settings = noted(publication.manifest, "settings", "options", "settings")
    told = []
    without = publication.table(questions.availability.rates_assumed()).table.to_pylist()[0]
    if without["parts"] and isinstance(settings.get("holding_rate"), int | float):
        text = _("Assumed where nobody says: keeping stock costs {share} of its value a year.")
        told.append(text.format(share=percent(settings["holding_rate"], 0)))
    shares = [settings.get(f"criticality_{name}") for name in _CRITICALITIES]
    if all(isinstance(share, int | float) for share in shares):
        text = _(
            "Assumed where nobody says: of the failures of a part, {high} take a tower down at "
            "high criticality, {medium} at medium, {low} at low."
        )
        high, medium, low = (percent(share, 0) for share in shares)
        told.append(text.format(high=high, medium=medium, low=low))
    return told


def noted(manifest: Manifest, *names: str) -> Mapping[str, Any]:
    """Return what the run says of itself under *names*, from the outermost; none where nothing."""
    found: object = manifest.lineage
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
