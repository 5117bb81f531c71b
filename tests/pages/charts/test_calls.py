"""What a chart draws is what its call answers with, row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from datalayer.api.application import create_api
from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal, Publication, SeriesSelection, questions
from pages.components import charts
from pages.components.charts import Chart
from tests.portals import get, make_portal
from tests.served_portal import document_made_once

SUBJECT = "P00001"
ITEM = SeriesSelection("P00001", sources=("arima",))


@pytest.fixture
def portal(activated: Manifest, tmp_path: Path) -> Iterator[Portal]:
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


@pytest.fixture
def api(portal: Portal) -> FastAPI:
    with document_made_once():
        return create_api(portal)


def answered(api: FastAPI, chart: Chart, dialect: str = "rfc") -> list[dict[str, str]]:
    """Return the rows that the call of a chart answers with, without those of other columns."""
    address = chart.call.address(chart.provenance.publication_id, dialect)
    answer = get(api, address.removeprefix("api"))
    assert answer.status_code == 200
    assert chart.provenance.publication_id in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def use_of(publication: Publication, selection: SeriesSelection = ITEM) -> Chart:
    return charts.use(
        publication.table(questions.plans.periods(publication.registry, selection)),
        part=charts.ChartedPart(
            selection=selection,
            registry=publication.registry,
            unit="",
            subject=SUBJECT,
        ),
    )


def test_the_call_of_the_use_answers_with_what_is_drawn(portal: Portal, api: FastAPI) -> None:
    chart = use_of(portal.open())

    rows = answered(api, chart)

    drawn = {
        str(row["date"]): row["actual"] if row["actual"] is not None else row["forecast arima"]
        for row in chart.rows.to_pylist()
    }
    told = {row["date"]: float(row["actual"] or row["forecast"]) for row in rows}
    assert told == drawn


def test_a_span_is_asked_for_too(portal: Portal, api: FastAPI) -> None:
    publication = portal.open()
    start, end = charts.span_of("3m", publication.manifest.data_through)
    chart = use_of(publication, SeriesSelection("P00001", sources=("arima",), start=start, end=end))

    assert len(answered(api, chart)) == chart.rows.num_rows


def test_the_call_of_the_projection_answers_with_what_is_drawn(
    portal: Portal, api: FastAPI
) -> None:
    publication = portal.open()
    question = questions.plans.projection(publication.registry, publication.manifest, "P00001")
    chart = charts.run_out(
        publication.table(question),
        None,
        None,
        orders=(),
        part=charts.ChartedPart(
            selection=SeriesSelection("P00001"),
            registry=publication.registry,
            unit="",
            subject=SUBJECT,
        ),
    )

    rows = answered(api, chart)

    names = [name for name in chart.rows.column_names if name != "date"]
    told = [[float(row[name]) if row[name] else None for name in names] for row in rows]
    assert told == [[row[name] for name in names] for row in chart.rows.to_pylist()]


def test_the_call_of_the_days_answers_with_what_is_drawn(portal: Portal, api: FastAPI) -> None:
    publication = portal.open()
    series = questions.forecasts.series(publication.registry, publication.manifest, ITEM)
    chart = charts.daily(
        publication.table(series),
        part=charts.ChartedPart(
            selection=ITEM,
            registry=publication.registry,
            unit="",
            subject=SUBJECT,
        ),
    )

    rows = answered(api, chart)

    assert {row["date"] for row in rows} == {str(day) for day in chart.rows["date"].to_pylist()}
    told = {row["date"]: float(row["actual"]) for row in rows if not row["source"]}
    drawn = {
        str(row["date"]): row["actual"]
        for row in chart.rows.to_pylist()
        if row["actual"] is not None
    }
    assert told == drawn


def test_the_call_of_the_comparison_answers_for_the_part_and_place(
    portal: Portal, api: FastAPI
) -> None:
    publication = portal.open()
    chart = charts.comparison(
        publication.table(questions.accuracy.of_item("P00001")),
        part=charts.ChartedPart(
            selection=SeriesSelection("P00001"),
            registry=publication.registry,
            unit="",
            subject=SUBJECT,
        ),
    )

    told = {row["source"] for row in answered(api, chart)}

    assert {*chart.rows["source"].to_pylist()} <= told
