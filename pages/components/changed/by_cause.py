"""What the difference of the proposed orders is made of: the chart, its table and its call."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import NETWORK
from pages.components import charts
from pages.components.changed import choosing
from pages.components.changed.comparison import ComparedOrders
from pages.components.charts import ApiCall
from pages.components.language import _


def show(compared: ComparedOrders) -> None:
    """Draw the steps from the one sum to the other."""
    st.header(_("What changed the orders"), anchor=False)
    changed = charts.ChangedSum(
        orders=compared.orders,
        measure=compared.measure,
        before=compared.before.provenance(()),
        after=compared.after.provenance(()),
        call=call(compared, "steps", (("measure", str(compared.measure)),), texts=("step",)),
    )
    charts.show(charts.waterfall(changed), key="changed-steps")
    if compared.place == NETWORK:
        st.caption(
            _(
                "Orders as they are proposed for the network as a whole. Those of the list of what "
                "to do are of its places; choose a place to compare those."
            )
        )


def call(
    compared: ComparedOrders,
    answer: str,
    more: tuple[tuple[str, str], ...] = (),
    *,
    texts: tuple[str, ...],
) -> ApiCall:
    """Return the call of what the page shows of both publications, as far as it is chosen.

    Args:
        compared: What is compared.
        answer: What is asked of the two; an empty string for all that changed, part by part.
        more: Parameters beside the choices.
        texts: Columns of the answer that must stay text.
    """
    chosen = [(name, value) for name in choosing.FILTERS for value in compared.kept[name]]
    path = f"publications/{compared.before.id}/changes/{compared.after.id}"
    asked = (("location", compared.place), *more, *chosen)
    return ApiCall("/".join(filter(None, (path, answer))), asked, texts, is_pinned=False)
