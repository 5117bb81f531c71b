"""What stands where the list has no rows: nothing to do, nothing that fits, nothing put aside."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from datalayer.portal import Publication, RowState, questions
from pages.components.language import _, moment, ngettext, number, weekday
from pages.components.worklist.list_query import AskedList


def knows_no_stock(publication: Publication) -> bool:
    """Return whether no stock at all is known, so that no order can be proposed."""
    if "fact_inventory" not in publication.registry.data_sets:
        return True
    row = publication.table(questions.inventory.known()).table.to_pylist()[0]
    return not row["known"]


def no_stock() -> str:
    """Return what is said where no stock is known."""
    return _(
        "This publication knows no stock, so no order can be proposed. Ask whoever runs the "
        "forecasts to give it the stock."
    )


def show(publication: Publication, asked: AskedList) -> None:
    """Say why there is no row, and what comes next."""
    if not asked.put_aside and not asked.asked and knows_no_stock(publication):
        return  # said above the list already
    if asked.put_aside:
        st.info(_("Nothing is put aside."), icon=":material/check:")
    elif asked.asked:
        st.info(
            _("No action fits these filters. Remove one, or choose another tier."),
            icon=":material/filter_list_off:",
        )
    else:
        _nothing(publication, asked.wanted.standing)


def _nothing(publication: Publication, standing: pa.Table) -> None:
    since = _("Nothing needs you: so says the publication of {moment}.").format(
        moment=moment(publication.manifest.generated_at)
    )
    sentences = [since, *_aside(standing), _next(publication)]
    st.success(" ".join(sentences), icon=":material/check_circle:")


def _aside(standing: pa.Table) -> list[str]:
    """Return how much is put aside, and when the first of it comes back."""
    aside = standing.filter(pc.equal(standing["state"], RowState.PUT_ASIDE.value))
    count = aside.num_rows
    if not count:
        return []
    first: date | None = pc.min(aside["until"]).as_py()
    text = (
        ngettext(
            "{count} row is put aside; it comes back on {day}.",
            "{count} rows are put aside; the first comes back on {day}.",
            count,
        )
        if first
        else ngettext("{count} row is put aside.", "{count} rows are put aside.", count)
    )
    return [text.format(count=number(count, 0), day=weekday(first))]


def _next(publication: Publication) -> str:
    """Return when the next publication is due."""
    freshness = publication.registry.data_sets["fact_action"].freshness
    due = publication.manifest.generated_at + timedelta(hours=freshness.due_after_hours)
    return _("The next publication is due by {day}.").format(day=weekday(due.date()))
