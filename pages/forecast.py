"""Forecast: one part's stock, history, forecasts with their bands, and how good they were."""

from __future__ import annotations

from datalayer.portal import questions
from pages.components import (
    access,
    charts,
    data_sets,
    exceptions,
    filters,
    frame,
    parts,
    search,
    tables,
)
from pages.components.language import _
from pages.components.units import per_period

publication = frame.publication()
frame.header(_("Part"))
registry, manifest = publication.registry, publication.manifest
frequency = str(manifest.lineage.get("frequency", "D"))

item_id = search.part(publication)
item = publication.require_item(item_id)
parts.heading(item)
parts.classes(item)
parts.stock(publication.table(questions.inventory.of_item(item_id)))
listed = publication.table(questions.exceptions.first(exceptions.MOST_ROWS))
exceptions.of_part(listed, item_id, registry=registry, manifest=manifest)

selection = filters.series_selection(publication, item_id)
series = publication.table(questions.forecasts.series(registry, manifest, selection))
captioned = charts.forecast_figure(
    series,
    sources=selection.sources,
    registry=registry,
    unit=per_period(frequency),
    subject=parts.subject(item),
)
charts.show(captioned, key="forecast")
metrics = publication.table(questions.accuracy.of_item(item_id))
parts.judgement(metrics, selection.sources, registry=registry, frequency=frequency)

data_sets.series_download(publication, selection, access.identity())
tables.forecast_twin(series, selection.sources, key="series", registry=registry)
