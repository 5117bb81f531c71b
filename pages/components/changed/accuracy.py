"""How good the sources of two publications were in their tests, and which came or went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import streamlit as st

from datalayer.portal import Publication, questions
from pages.components import captions, tables
from pages.components.changed import taken_file
from pages.components.changed.comparison import ComparedOrders
from pages.components.charts import ApiCall
from pages.components.language import NOTHING, _, number, percent
from pages.components.units import periods

Row = Mapping[str, Any]


def show(compared: ComparedOrders) -> None:
    """Draw each source's value added before and after, over the longest horizon of both."""
    st.header(_("Accuracy"), anchor=False)
    before, after = compared.before, compared.after
    frequency, other = (questions.forecasts.frequency(end.manifest) for end in (after, before))
    ends = [_measured(each) for each in (before, after)]
    shared = set(ends[0]) & set(ends[1])
    if not shared or frequency != other:
        st.markdown(_("The two were not tested over the same horizon, so they can't be compared."))
        return
    horizon = max(shared)
    was, now = (end[horizon] for end in ends)
    st.markdown(_said(was, now, periods(horizon, frequency)))
    tables.draw(_rows(was, now), _headings(), key="changes-accuracy")
    if _tests(was) != _tests(now):
        st.caption(
            _(
                "The tests are not the same ({before} before, {after} after): what is better here "
                "may be so for the tests alone."
            ).format(before=number(_tests(was), 0), after=number(_tests(now), 0))
        )
    call = ApiCall("metrics", (("group_by", "all"), ("horizon", str(horizon))), ("source",))
    for name, end in ((_("Before"), before), (_("After"), after)):
        taken_file.show(call, of=name, key=f"accuracy-{end.id}", publication_id=end.id)


def _measured(publication: Publication) -> dict[int, dict[str, Row]]:
    """Return the measures over all parts by horizon and source; none where nothing was tested."""
    if "agg_metrics" not in publication.registry.data_sets:
        return {}
    found: dict[int, dict[str, Row]] = {}
    for row in publication.table(questions.accuracy.overall()).table.to_pylist():
        found.setdefault(row["horizon"], {})[row["source"]] = row
    return found


def _said(before: Mapping[str, Row], after: Mapping[str, Row], horizon: str) -> str:
    """Return what the table is of, and which sources came or went."""
    said = [
        _(
            "How much smaller the error of forecast and range was than that of repeating the past, "
            "up to {horizon} ahead, over all parts; in brackets where it lies in 95 of 100 cases."
        ).format(horizon=horizon)
    ]
    gone = [captions.source_name(each) for each in before if each not in after]
    new = [captions.source_name(each) for each in after if each not in before]
    if gone:
        said.append(_("Sources gone: {names}.").format(names=", ".join(gone)))
    if new:
        said.append(_("Sources new: {names}.").format(names=", ".join(new)))
    return captions.literal(" ".join(said))


def _rows(before: Mapping[str, Row], after: Mapping[str, Row]) -> pa.Table:
    sources = sorted({*before, *after}, key=lambda each: (-_best(before, after, each), each))
    columns = {
        "source": [captions.source_name(each) for each in sources],
        "before": [_value(before.get(each), _("new")) for each in sources],
        "after": [_value(after.get(each), _("gone")) for each in sources],
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _best(before: Mapping[str, Row], after: Mapping[str, Row], source: str) -> float:
    row = after.get(source) or before[source]
    value = row["fva_vs_naive"]
    return float("-inf") if value is None else float(value)


def _value(row: Row | None, absent: str) -> str:
    """Return the value added with its interval; a word where the source isn't there."""
    if row is None:
        return absent
    if row["fva_vs_naive"] is None:
        return NOTHING
    told = percent(row["fva_vs_naive"])
    if row["fva_low"] is None or row["fva_high"] is None:
        return told
    text = _("{value} ({low} to {high})")
    return text.format(value=told, low=percent(row["fva_low"]), high=percent(row["fva_high"]))


def _tests(rows: Mapping[str, Row]) -> int:
    return max((row["n_origins"] for row in rows.values()), default=0)


def _headings() -> dict[str, str]:
    return {"source": _("Source"), "before": _("Before"), "after": _("After")}
