"""The figures of the overview: what each one is, stands in its SQL file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from datalayer.reading.queries import exceptions, frequency
from datalayer.reading.reader import Reader
from datalayer.reading.results import Provenance, Result
from datalayer.reading.selections import NETWORK

_EXCEPTIONS_SHOWN = 10
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
class Overview:
    """What the overview page draws.

    Attributes:
        exceptions: The first exceptions, as ``PublicationView.exceptions`` returns them.
        forecast_total: Network total by date of the headline source: date, source, forecast,
            actual.
    """

    kpis: tuple[Kpi, ...]
    exceptions: Result
    forecast_total: Result


def overview(reader: Reader) -> Overview:
    """Return the figures, the first exceptions and the network's total."""
    source = _headline_source(reader)
    return Overview(
        kpis=(
            _forecast_30d(reader, source),
            _parts_at_risk(reader),
            _value_at_risk(reader),
            _service_level(reader),
            _accuracy(reader, source),
        ),
        exceptions=exceptions(reader, _EXCEPTIONS_SHOWN),
        forecast_total=_forecast_total(reader, source),
    )


def _headline_source(reader: Reader) -> str | None:
    """Return the source that speaks for the network; None if the publication names none."""
    rows = reader.ask("headline_source").to_pylist()
    return rows[0]["source"] if rows else None


def _forecast_total(reader: Reader, source: str | None) -> Result:
    table = reader.ask("forecast_total", source=source, location_id=NETWORK)
    return reader.result(table, "agg_daily", sources=(source,) if source else ())


def _forecast_30d(reader: Reader, source: str | None) -> Kpi:
    points = reader.ask(
        "kpi_forecast_30d",
        source=source,
        location_id=NETWORK,
        data_through=reader.manifest.data_through,
        periods=_PERIODS_IN_30_DAYS[frequency(reader.manifest)],
    )
    trend = _trend(points)
    return Kpi(
        name="forecast_30d",
        value=sum(trend) if trend else None,
        unit=_unit(reader, "agg_daily", "forecast_30d_total"),
        trend=trend,
        trend_dates=_dates(points),
        provenance=reader.provenance(("agg_daily",), (source,) if source else ()),
    )


def _parts_at_risk(reader: Reader) -> Kpi:
    points = reader.ask("kpi_parts_at_risk", location_id=NETWORK)
    trend = _trend(points)
    return Kpi(
        name="parts_at_risk",
        value=trend[-1] if trend else None,
        unit="items",
        trend=trend,
        trend_dates=_dates(points),
        provenance=reader.provenance(("fact_inventory",)),
    )


def _value_at_risk(reader: Reader) -> Kpi:
    whole, by_day = _split(reader.ask("kpi_value_at_risk", location_id=NETWORK))
    return Kpi(
        name="value_at_risk",
        value=whole,
        unit=_unit(reader, "fact_exception", "value_at_risk"),
        trend=_trend(by_day),
        trend_dates=_dates(by_day),
        provenance=reader.provenance(("fact_exception", "fact_inventory")),
    )


def _service_level(reader: Reader) -> Kpi:
    (point,) = reader.ask("kpi_service_level", location_id=NETWORK).column("point").to_pylist()
    return Kpi(
        name="service_level",
        value=point,
        unit=_unit(reader, "fact_inventory", "stockout_probability"),
        trend=(),
        trend_dates=(),
        provenance=reader.provenance(("fact_inventory",)),
    )


def _accuracy(reader: Reader, source: str | None) -> Kpi:
    whole, by_week = _split(reader.ask("kpi_accuracy", source=source, location_id=NETWORK))
    return Kpi(
        name="accuracy",
        value=whole,
        unit=_unit(reader, "agg_metrics", "wape"),
        trend=_trend(by_week),
        trend_dates=_dates(by_week),
        provenance=reader.provenance(("agg_daily",), (source,) if source else ()),
    )


def _split(points: pa.Table) -> tuple[float | None, pa.Table]:
    """Return the undated whole in the first row, and the dated rows after it."""
    return points.column("point")[0].as_py(), points.slice(1)


def _trend(points: pa.Table) -> tuple[float, ...]:
    return tuple(points.column("point").to_pylist())


def _dates(points: pa.Table) -> tuple[date, ...]:
    return tuple(points.column("date").to_pylist())


def _unit(reader: Reader, data_set: str, column: str) -> str:
    return reader.registry.data_sets[data_set].column(column).unit
