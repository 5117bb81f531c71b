"""Questions about the whole network: its figures and its total by date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.reading.database import Parameter
from datalayer.reading.question import Question, sql_question
from datalayer.reading.questions.forecasts import frequency
from datalayer.reading.questions.locations import NETWORK
from datalayer.reading.results import Provenance, Result

_PERIODS_IN_30_DAYS = {"D": 30, "W": 4, "MS": 1}


@dataclass(frozen=True)
class Kpi:
    """One figure with its sparkline.

    Attributes:
        name: forecast_30d, parts_at_risk, value_at_risk, service_level or accuracy.
        value: None where the publication can't tell.
        unit: As the registry names units (``share`` is a fraction of 1); ``items`` for a count.
        trend: Points of the sparkline; empty where there is no series behind the figure.
        trend_dates: The date of each point.
    """

    name: str
    value: float | None
    unit: str
    trend: tuple[float, ...]
    trend_dates: tuple[date, ...]
    provenance: Provenance


@dataclass(frozen=True)
class Figure:
    """A figure that is to be read: the question of its points, and how they make a `Kpi`.

    Attributes:
        whole: Where the figure stands in the answer: in an undated first row, or in its points.
    """

    name: str
    unit: str
    whole: Literal["first row", "sum", "last point"]
    question: Question

    def kpi(self, answer: Result) -> Kpi:
        """Return the figure from the answer to its question."""
        dates, points = (tuple(answer.table.column(n).to_pylist()) for n in ("date", "point"))
        value = None
        if self.whole == "first row":
            value, dates, points = points[0], dates[1:], points[1:]
        elif points:
            value = sum(points) if self.whole == "sum" else points[-1]
        return Kpi(self.name, value, self.unit, points, dates, answer.provenance)


def headline_source() -> Question:
    """Return the question of the source that speaks for the network: one row, or none."""
    return sql_question("headline_source", {}, "agg_metrics")


def forecast_total(source: str | None) -> Question:
    """Return the question of the network's total by date: date, source, forecast, actual."""
    return _question("forecast_total", "agg_daily", source=source)


def figures(registry: Registry, manifest: Manifest, source: str | None) -> tuple[Figure, ...]:
    """Return the figures of the network, those of forecasts for the headline *source*."""

    def unit(data_set: str, column: str) -> str:
        return registry.data_sets[data_set].column(column).unit

    ahead: dict[str, Parameter] = {
        "source": source,
        "data_through": manifest.data_through,
        "periods": _PERIODS_IN_30_DAYS[frequency(manifest)],
    }
    forecast = _question("kpi_forecast_30d", "agg_daily", **ahead)
    at_risk = _question("kpi_parts_at_risk", "fact_inventory")
    value = _question("kpi_value_at_risk", "fact_exception", "fact_inventory")
    service = _question("kpi_service_level", "fact_inventory")
    accuracy = _question("kpi_accuracy", "agg_daily", source=source)
    stockout, wape = unit("fact_inventory", "stockout_probability"), unit("agg_metrics", "wape")
    return (
        Figure("forecast_30d", unit("agg_daily", "forecast_30d_total"), "sum", forecast),
        Figure("parts_at_risk", "items", "last point", at_risk),
        Figure("value_at_risk", unit("fact_exception", "value_at_risk"), "first row", value),
        Figure("service_level", stockout, "first row", service),
        Figure("accuracy", wape, "first row", accuracy),
    )


def _question(name: str, *data_sets: str, **parameters: Parameter) -> Question:
    source = parameters.get("source")
    sources = (str(source),) if source else ()
    return sql_question(name, {**parameters, "location_id": NETWORK}, *data_sets, sources=sources)
