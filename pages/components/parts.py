"""What is said of one part around its chart: name, stock, and how good its forecasts were."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Result
from pages.components import captions, findings
from pages.components.language import _, label


def subject(item: Result) -> str:
    """Return the part as a text alternative names it."""
    row = item.table.to_pylist()[0]
    return _("Part {item_id} ({name})").format(item_id=row["item_id"], name=row["name"])


def heading(item: Result) -> None:
    """Draw the code and the name of a part."""
    row = item.table.to_pylist()[0]
    st.header(captions.literal(f"{row['item_id']} · {row['name']}"), anchor=False)


def classes(item: Result) -> None:
    """Draw the codes and classes of a part."""
    row = item.table.to_pylist()[0]
    found = {
        _("code {value}"): row["sku"],
        _("category {value}"): row["category"],
        _("class {value}"): row["abc_class"],
        _("{value} demand"): _demand_class(row["demand_class"]),
    }
    texts = (text.format(value=value) for text, value in found.items() if value)
    st.caption(captions.literal(" · ".join(texts)))


def stock(inventory: Result) -> None:
    """Draw the stock line of a part, where the publication has one."""
    for row in inventory.table.to_pylist():
        line = captions.literal(findings.stock_line(row))
        st.markdown(f"{_status(str(row['status']))} {line}")


def judgement(
    metrics: Result, sources: Sequence[str], *, registry: Registry, frequency: str
) -> None:
    """Say how good the first source was in the backtest, or that nobody can tell."""
    if not sources:
        st.warning(
            _(
                "The history of this part is too short to forecast it: only what was observed is "
                "drawn."
            ),
            icon=":material/do_not_disturb_on:",
        )
        return
    rows = [row for row in metrics.table.to_pylist() if row["source"] == sources[0]]
    rows.sort(key=lambda row: row["horizon"])
    if not rows:
        st.warning(
            _(
                "The history of this part is too short to test a forecast on it: take the bands "
                "with care."
            ),
            icon=":material/help:",
        )
        return
    source = label(registry.sources[sources[0]].label)
    st.markdown(captions.literal(findings.metrics_line(rows[-1], source, frequency)))


def _status(status: str) -> str:
    wording = {
        "ok": (_("Enough stock"), "green", "check_circle"),
        "reorder": (_("Order"), "orange", "shopping_cart"),
        "overdue": (_("Order overdue"), "red", "warning"),
        "overstock": (_("Overstock"), "blue", "inventory_2"),
        "unknown": (_("Stock unknown"), "gray", "help"),
    }
    return captions.badge(*wording[status])


def _demand_class(name: str | None) -> str:
    return {
        "smooth": _("smooth"),
        "erratic": _("erratic"),
        "intermittent": _("intermittent"),
        "lumpy": _("lumpy"),
    }.get(name or "", "")
