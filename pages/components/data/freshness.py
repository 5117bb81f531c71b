"""How fresh each data set is: its state, the three clocks, and when it counts as due or old."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from datalayer.portal import Publication
from pages.components import captions, data_sets, publication_state, tables
from pages.components.language import _, day, label, number


def show(publication: Publication) -> None:
    """Draw a row for every data set of *publication*, and what its states mean."""
    fresh, manifest = publication.freshness(), publication.manifest
    files = {file.data_set: file for file in manifest.files}
    rows = [
        {
            _("Contents"): label(data_set.label),
            _("Data set"): name,
            _("Freshness"): data_sets.freshness_text(fresh[name]),
            _("Data through"): manifest.data_through,
            _("Generated"): manifest.generated_at,
            _("Loaded here"): publication.loaded_at,
            _("Due after"): _hours(data_set.freshness.due_after_hours),
            _("Out of date after"): _hours(data_set.freshness.stale_after_hours),
            _("Rows"): files[name].rows,
            _("Size"): data_sets.size_text(files[name].size_bytes),
        }
        for name, data_set in publication.registry.data_sets.items()
        if name in files
    ]
    st.markdown(
        _("The demand that all of them know ends on {day}: {state}.").format(
            day=day(manifest.data_through),
            state=data_sets.freshness_text(publication.data_freshness()),
        )
    )
    tables.draw(pa.Table.from_pylist(rows), key="freshness")
    st.caption(
        _(
            "“Up to date”, “Update due” and “Out of date” count from the moment a data set was "
            "generated; a time that lies ahead is an age that nobody knows."
        )
    )
    if missing := publication_state.missing_data_sets(publication):
        text = _("Not in this publication: {names}").format(names=", ".join(missing))
        st.info(captions.literal(text), icon=":material/info:")
    captions.show(publication.provenance(tuple(publication.registry.data_sets)))


def _hours(hours: float) -> str:
    """Return a span in whole days where it is some, else in hours."""
    if hours >= 48 and hours % 24 == 0:
        return f"{number(hours / 24, 0)} d"
    return f"{number(hours, 0 if hours == int(hours) else 1)} h"
