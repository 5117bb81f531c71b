"""Overview: the figures of the network, what needs a look this week, and the total ahead."""

from __future__ import annotations

import streamlit as st

from pages.components import charts, exceptions, frame
from pages.components.language import _
from pages.components.units import per_period

view = frame.view()
frame.header(_("Overview"))
overview = view.overview()
frequency = str(view.manifest.lineage.get("frequency", "D"))

charts.show_kpis(overview.kpis, manifest=view.manifest)

st.header(_("What needs you first"), anchor=False)
exceptions.show(overview.exceptions, registry=view.registry, manifest=view.manifest)

st.header(_("Whole network"), anchor=False)
total = charts.total_figure(
    overview.forecast_total, registry=view.registry, unit=per_period(frequency)
)
charts.show(total, key="total")
