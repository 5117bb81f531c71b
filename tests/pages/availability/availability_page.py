"""Publications for the page of availability, and what the page then says."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from html import unescape

import pyarrow as pa
from streamlit.testing.v1 import AppTest

from datalayer.api.application import create_api
from datalayer.runtime import portal
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.portals import get
from tests.publisher import Publisher
from tests.served_portal import document_made_once

Changes = Mapping[str, object]

TODAY = "today"
SHORT = {TODAY: {"towers_down": 8.0, "availability": 0.992, "towers_down_low": 4.0}}
"""Today's stock misses the target, which the curve's second point meets."""


def publish(
    publisher: Publisher,
    rows: Mapping[str, Changes] | None = None,
    *,
    tables: dict[str, pa.Table] | None = None,
    **all_rows: object,
) -> None:
    """Publish with other values in rows of the curve, named by policy and point, and in all."""
    tables = dict(tables or publisher.tables())
    curve = [
        {**row, **all_rows, **_changes(row, rows or {})}
        for row in tables["agg_availability"].to_pylist()
    ]
    tables["agg_availability"] = pa.Table.from_pylist(curve, tables["agg_availability"].schema)
    publish_tables(publisher, tables)


def _changes(row: Mapping[str, object], rows: Mapping[str, Changes]) -> Changes:
    return rows.get(str(row["policy"]), {}) | rows.get(f"{row['policy']}-{row['point']}", {})


def publish_tables(
    publisher: Publisher, tables: dict[str, pa.Table], *, budget: object = None
) -> None:
    """Publish *tables* of a run that was given the *budget*."""
    lineage = {"currency": "BRL", "settings": {"options": {"budget": budget}}}
    publisher.publish(tables=tables, lineage=lineage)
    portal().activate(ADMIN, confirmed=True)


def opened(open_page: OpenPage, **parameters: str) -> AppTest:
    """Return the page in English, as an address with *parameters* asks for it."""
    app = open_page("availability.py", locale="en-US", **parameters)
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    """Return what it says, without the marks of literal text."""
    return texts(app).replace("\\", "")


def listed(app: AppTest) -> list[str]:
    """Return the rows of the list as text, the line of the budget among them."""
    body = next(
        (each.proto.body for each in app.main.get("html") if "farol-buys" in each.proto.body), ""
    )
    rows = re.findall(r"<tr.*?</tr>", body.partition("<tbody>")[2])
    return [unescape(re.sub("<[^>]+>", " ", row)) for row in rows]


def downloaded(path: str) -> list[dict[str, str]]:
    """Return the rows of a file that the page leads to."""
    with document_made_once():
        answer = get(create_api(portal()), path.removeprefix("/").removeprefix("api"))
    assert answer.status_code == 200
    return list(csv.DictReader(answer.text.splitlines()))
