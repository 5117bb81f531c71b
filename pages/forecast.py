"""Forecast: one part's stock, history, forecasts with their bands, and how good they were."""

from __future__ import annotations

from datalayer.portal import questions
from pages.components import charts, exceptions, filters, frame, parts, search
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
chart = charts.daily(
    series,
    selection=selection,
    registry=registry,
    unit=per_period(frequency),
    subject=parts.subject(item),
)
charts.show(chart, key="forecast")
metrics = publication.table(questions.accuracy.of_item(item_id))
parts.judgement(metrics, selection.sources, registry=registry, frequency=frequency)
