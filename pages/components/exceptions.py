"""The list of exceptions: every row says in one sentence why it is there and leads to its part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result
from pages.components import captions, findings, frame
from pages.components.language import _, day, label
from pages.components.units import amount

THIN_HISTORY: Final = "thin_history"
MOST_ROWS: Final = 10_000
SHOWN_FIRST: Final = 10
_WIDTHS: Final = (5, 1)

Row = Mapping[str, Any]


def show(result: Result, *, registry: Registry, manifest: Manifest) -> None:
    """Draw the rows of fact_exception in the order of their rank, and the caption under them."""
    rows = result.table.to_pylist()
    if not rows:
        st.success(_("Nothing needs attention: there are no exceptions."), icon=":material/check:")
    for reasons in _by_part(rows):
        with st.container(border=True, key=f"exception-{reasons[0]['rank']}"):
            _draw(reasons, registry=registry, manifest=manifest)
    captions.show(result.provenance)


def of_part(result: Result, item_id: str, *, registry: Registry, manifest: Manifest) -> None:
    """Draw why one part stands in the list of exceptions; a thin history as a warning."""
    mine = result.table.filter(pc.equal(result.table["item_id"], item_id))
    for row in mine.to_pylist():
        text = _sentence(row, registry, manifest)
        if row["reason_code"] == THIN_HISTORY:
            st.warning(text, icon=":material/help:")
        else:
            st.markdown(f"{_severity(row['severity'])} {text}")


def _by_part(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each part together, parts in the order of their first row."""
    parts: dict[tuple[object, object], list[Row]] = {}
    for row in rows:
        parts.setdefault((row["item_id"], row["location_id"]), []).append(row)
    return list(parts.values())


def _draw(reasons: Sequence[Row], *, registry: Registry, manifest: Manifest) -> None:
    finding, value = st.columns(_WIDTHS, gap="small", vertical_alignment="center")
    with finding:
        item_id = str(reasons[0]["item_id"])
        name = captions.literal(f"{item_id} · {reasons[0].get('name') or ''}")
        frame.link("forecast.py", f"**{name}**", item=item_id)
        for row in reasons:
            st.markdown(f"{_severity(str(row['severity']))} {_sentence(row, registry, manifest)}")
    with value:
        _value(reasons, currency=str(manifest.lineage.get("currency", "")))


def _sentence(row: Row, registry: Registry, manifest: Manifest) -> str:
    reason = registry.reason_codes[str(row["reason_code"])]
    frequency = str(manifest.lineage.get("frequency", "D"))
    text = findings.exception_sentence(row, reason, frequency=frequency)
    return f"**{label(reason.label)}.** {captions.literal(text)}"


def _severity(severity: str) -> str:
    wording = {
        "high": (_("High"), "red", "priority_high"),
        "medium": (_("Medium"), "orange", "remove"),
        "low": (_("Low"), "gray", "arrow_downward"),
    }
    return captions.badge(*wording[severity])


def _value(reasons: Sequence[Row], *, currency: str) -> None:
    """Draw the greatest value at risk among the reasons, and since when the oldest holds."""
    at_risk = max((row["value_at_risk"] or 0.0 for row in reasons), default=0.0)
    if at_risk > 0:
        text = amount(at_risk, "currency", currency=currency)
        st.markdown(_("{amount} at risk").format(amount=captions.literal(text)))
    since = [row["since"] for row in reasons if row.get("since")]
    if since:
        st.caption(_("since {day}").format(day=day(min(since))))
