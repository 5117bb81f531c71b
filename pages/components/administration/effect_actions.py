"""What there is to do before and after: by tier, new, gone, and what looks implausible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from datalayer.portal import Effect, effect_model
from datalayer.runtime import portal
from pages.components import captions, frame, tables
from pages.components.language import _, ngettext, number
from pages.components.worklist import action_words

ActionChanges = effect_model.ActionChanges
Row = Mapping[str, Any]


def show(effect: Effect) -> None:
    """Draw it; a line where one of the two has no list."""
    st.subheader(_("What there is to do"), anchor=False)
    found = effect.actions
    if found is None:
        st.markdown(_("One of the two has no list of actions, so these are not compared."))
        return
    with st.container(key="farol-effect-actions", gap="small"):
        _compared(found, effect)


def _compared(found: ActionChanges, effect: Effect) -> None:
    _tiers(found)
    new = sum(tier.new for tier in found.tiers)
    vanished = sum(tier.vanished for tier in found.tiers)
    _rows(ngettext("{count} is new", "{count} are new", new), new, found.new, effect)
    _rows(
        ngettext("{count} is gone", "{count} are gone", vanished),
        vanished,
        found.vanished,
        effect,
    )
    _checks(found, effect)


def _tiers(found: ActionChanges) -> None:
    rows = [
        {
            _("List"): action_words.tier(each.tier),
            _("Active"): each.before,
            _("Candidate"): each.after,
            _("New"): each.new,
            _("Gone"): each.vanished,
        }
        for each in found.tiers
    ]
    if rows:
        tables.draw(pa.Table.from_pylist(rows), key="effect-tiers")
    else:
        st.markdown(_("Neither of the two has anything to do."))


def _rows(text: str, count: int, rows: Sequence[Row], effect: Effect) -> None:
    if not count:
        return
    st.markdown(f"**{text.format(count=number(count, 0))}**" + _first(count, len(rows)))
    for row in rows:
        _link(row, effect)


def _checks(found: ActionChanges, effect: Effect) -> None:
    """Draw the proposals that say what to check first, as they look implausible."""
    text = _("To check first, as they look implausible: {before} before, {after} after").format(
        before=number(found.to_check_before, 0), after=number(found.to_check_after, 0)
    )
    st.markdown(f"**{text}**" + _first(found.to_check_after, len(found.to_check)))
    frequency = str(effect.after.manifest.lineage.get("frequency", "D"))
    for row in found.to_check:
        check = action_words.check_first(row, portal().registry, frequency=frequency)
        _link(row, effect, check)


def _first(count: int, shown: int) -> str:
    if shown >= count:
        return ""
    text = ngettext(", the first of them:", ", the first {count} of them:", shown)
    return text.format(count=number(shown, 0))


def _link(row: Row, effect: Effect, more: str = "") -> None:
    """Draw what a row says as a link to its part, in what is active at present."""
    told: Row = defaultdict(lambda: None, row, as_of=effect.after.manifest.data_through)
    said = (action_words.headline(told), row["item_id"], row["name"], row["place"], more)
    text = captions.literal(" · ".join(str(each) for each in said if each))
    if row["item_id"] in effect.proposals.new_items:
        # What is active at present has no page of it.
        st.markdown(text)
    else:
        frame.link("forecast.py", text, item=row["item_id"], location=row["location_id"])
