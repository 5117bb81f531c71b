"""The list of exceptions: every row says in one sentence why it is there and leads to its part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow.compute as pc
import streamlit as st

from datalayer.contract.publication import Manifest
from datalayer.contract.registry import ReasonCode, Registry
from datalayer.warehouse.results import Result
from pages.components import captions, findings, frame
from pages.components.language import _, day, label
from pages.components.units import amount

THIN_HISTORY: Final = "thin_history"
MOST_ROWS: Final = 10_000
_WIDTHS: Final = (5, 1)


def show(result: Result, *, registry: Registry, manifest: Manifest) -> None:
    """Draw the rows of fact_exception in the order of their rank, and the caption under them."""
    rows = result.table.to_pylist()
    if not rows:
        st.success(_("Nothing needs attention: there are no exceptions."), icon=":material/check:")
    for row in rows:
        with st.container(border=True, key=f"exception-{row['rank']}"):
            _draw(row, registry=registry, manifest=manifest)
    captions.show(result.provenance)


def of_part(result: Result, item_id: str, *, registry: Registry, manifest: Manifest) -> None:
    """Draw why one part stands in the list of exceptions; a thin history as a warning."""
    mine = result.table.filter(pc.equal(result.table["item_id"], item_id))
    for row in mine.to_pylist():
        reason = registry.reason_codes[row["reason_code"]]
        text = f"**{label(reason.label)}.** {captions.literal(_sentence(row, reason, manifest))}"
        if reason.name == THIN_HISTORY:
            st.warning(text, icon=":material/help:")
        else:
            st.markdown(f"{_severity(row['severity'])} {text}")


def _draw(row: Mapping[str, object], *, registry: Registry, manifest: Manifest) -> None:
    reason = registry.reason_codes[str(row["reason_code"])]
    finding, value = st.columns(_WIDTHS, gap="small", vertical_alignment="center")
    with finding:
        item_id = str(row["item_id"])
        name = captions.literal(str(row.get("name") or ""))
        frame.link("forecast.py", f":primary[**{item_id}** · {name}]", item=item_id)
        text = f"**{label(reason.label)}.** {captions.literal(_sentence(row, reason, manifest))}"
        st.markdown(f"{_severity(str(row['severity']))} {text}")
    with value:
        _value(row, currency=str(manifest.lineage.get("currency", "")))


def _sentence(row: Mapping[str, object], reason: ReasonCode, manifest: Manifest) -> str:
    frequency = str(manifest.lineage.get("frequency", "D"))
    return findings.exception_sentence(row, reason, frequency=frequency)


def _severity(severity: str) -> str:
    wording = {
        "high": (_("High"), "red", "priority_high"),
        "medium": (_("Medium"), "orange", "remove"),
        "low": (_("Low"), "gray", "arrow_downward"),
    }
    return captions.badge(*wording[severity])


def _value(row: Mapping[str, object], *, currency: str) -> None:
    at_risk = row["value_at_risk"]
    if isinstance(at_risk, int | float) and at_risk > 0:
        st.markdown(
            _("{amount} at risk").format(
                amount=captions.literal(amount(at_risk, "currency", currency=currency))
            )
        )
    if row.get("since"):
        st.caption(_("since {day}").format(day=day(row["since"])))  # type: ignore[arg-type]
