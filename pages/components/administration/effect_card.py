"""The effect of a candidate: in a sentence, before and after side by side, then in detail."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import streamlit as st

from datalayer.portal import Effect
from datalayer.runtime import portal
from pages.components import captions, publication_report, tables
from pages.components.administration import (
    effect_actions,
    effect_basis,
    ends,
    large_changes,
    lineage_table,
)
from pages.components.administration.ends import Ends
from pages.components.language import _, label, number, sentence_text


def sentence(effect: Effect) -> None:
    """Draw what it comes to in one sentence, and what of the two can't be compared."""
    st.markdown(f"**{captions.literal(sentence_text(effect.sentence))}.**")
    if effect.not_compared:
        lines = (f"- {captions.literal(sentence_text(each))}" for each in effect.not_compared)
        st.info(
            "\n".join([_("Not everything of the two can be compared:"), "", *lines]),
            icon=":material/compare_arrows:",
        )


def details(effect: Effect) -> None:
    """Draw everything that is known of the effect."""
    st.subheader(_("Before and after"), anchor=False)
    ends.draw([*_orders(effect), *effect_basis.lines(effect)], key="effect-ends")
    for text in (_places(effect), effect_basis.sources(effect), effect_basis.cutoffs(effect)):
        st.markdown(captions.literal(text))
    _caption(effect)
    large_changes.show(effect)
    effect_actions.show(effect)
    _statuses(effect)
    lineage_table.show(effect)
    st.subheader(_("Rows of the data sets"), anchor=False)
    publication_report.row_counts(effect.rows)


def _orders(effect: Effect) -> Iterable[Ends]:
    """What is proposed for the whole network; what there is to do at places is told below."""
    found = effect.proposals
    before, after = found.before, found.after
    yield ends.counts(_("Parts"), effect.before.parts, effect.after.parts)
    if effect.dropped_parts or effect.new_parts:
        alone = (number(each, 0) for each in (effect.dropped_parts, effect.new_parts))
        yield Ends(_("Of these in one of the two only"), *alone, change="")
    yield ends.counts(_("Proposed orders, whole network"), before.orders, after.orders)
    yield ends.money(_("What these come to"), found)
    if before.without_value or after.without_value:
        name = _("Of these not in the sum, as their cost isn't known")
        yield ends.counts(name, before.without_value, after.without_value)
    if before.unknown or after.unknown:
        name = _("Parts whose order isn't known, as their stock isn't")
        yield ends.counts(name, before.unknown, after.unknown)
    moved = _("{moved} of {proposed}").format(
        moved=number(found.moved, 0), proposed=number(found.proposed, 0)
    )
    yield Ends(_("Orders that change by more than a fifth"), "", "", moved)


def _places(effect: Effect) -> str:
    """Say whose orders are counted; nothing where the network is all there is."""
    rows = {each.data_set: each.candidate_rows for each in effect.rows}
    if rows.get("dim_location", 0) < 2:
        return ""
    return _(
        "These orders are as proposed for the whole network; those of the list of what to do are "
        "of the places."
    )


def _statuses(effect: Effect) -> None:
    st.subheader(_("Parts whose status changes"), anchor=False)
    column = portal().registry.data_sets["fact_inventory"].column("status")
    unknown = _("not planned")

    def text(status: str | None) -> str:
        known = column.value_labels.get(status or "")
        return label(known) if known else status or unknown

    rows = [
        {
            _("Before"): text(each.before),
            _("After"): text(each.after),
            _("Parts"): each.parts,
        }
        for each in effect.statuses
    ]
    if rows:
        tables.draw(pa.Table.from_pylist(rows), key="effect-statuses")
    else:
        st.markdown(_("No part has another status."))


def _caption(effect: Effect) -> None:
    for basis, text in (
        (effect.before, _("Active: {caption}")),
        (effect.after, _("Candidate: {caption}")),
    ):
        st.caption(captions.literal(text.format(caption=captions.caption(basis.provenance))))
