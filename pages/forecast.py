"""Forecast: one part's stock, history, forecasts with their bands, and how good they were."""

from __future__ import annotations

from pages.components import charts, data_sets, exceptions, filters, frame, parts, tables
from pages.components.language import _
from pages.components.units import per_period

view = frame.view()
frame.header(_("Forecast"))
frequency = str(view.manifest.lineage.get("frequency", "D"))

item_id = filters.part(view)
item = view.item(item_id)
parts.classes(item)
parts.stock(view.item_inventory(item_id))
exceptions.of_part(
    view.exceptions(exceptions.MOST_ROWS), item_id, registry=view.registry, manifest=view.manifest
)

selection = filters.series_selection(view, item_id)
series = view.forecast_series(selection)
captioned = charts.forecast_figure(
    series,
    sources=selection.sources,
    registry=view.registry,
    unit=per_period(frequency),
    subject=parts.subject(item),
)
charts.show(captioned, key="forecast")
parts.judgement(
    view.item_metrics(item_id), selection.sources, registry=view.registry, frequency=frequency
)

data_sets.series_download(view, selection, frame.identity())
tables.forecast_twin(series, selection.sources, key="series", registry=view.registry)
