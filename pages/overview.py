"""Overview: the figures of the network, what needs a look this week, and the total ahead."""

from __future__ import annotations

import streamlit as st

from datalayer.portal import questions
from pages.components import charts, exceptions, frame
from pages.components.language import _
from pages.components.units import per_period

publication = frame.publication()
frame.header(_("Overview"))
registry, manifest = publication.registry, publication.manifest
frequency = str(manifest.lineage.get("frequency", "D"))

headline = publication.table(questions.overview.headline_source()).table
source = headline["source"][0].as_py() if headline.num_rows else None
figures = questions.overview.figures(registry, manifest, source)
kpis = [figure.kpi(publication.table(figure.question)) for figure in figures]
charts.show_kpis(kpis, manifest=manifest)

st.header(_("What needs you first"), anchor=False)
first = publication.table(questions.exceptions.first(exceptions.SHOWN_FIRST))
exceptions.show(first, registry=registry, manifest=manifest)

st.header(_("Whole network"), anchor=False)
ahead = publication.table(questions.overview.forecast_total(source))
charts.show(charts.total_figure(ahead, registry=registry, unit=per_period(frequency)), key="total")
