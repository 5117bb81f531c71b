"""What tests of the page Data share: its rows, its link, and what the API answers to that."""

from __future__ import annotations

import asyncio
import io

import httpx
import pandas as pd
import pyarrow.ipc
import pyarrow.parquet as pq
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.api.application import create_api
from tests.served_portal import document_made_once

DOWNLOAD, BAIXAR = "Download these rows", "Baixar estas linhas"
Rows = list[tuple[object, ...]]


def links(app: AppTest) -> dict[str, str]:
    """Return the links of the page by what they say."""
    return {each.proto.label: each.proto.url for each in app.main.get("link_button")}


def downloaded(path: str) -> httpx.Response:
    """Return what the API answers to a link of the page."""
    with document_made_once():
        api = create_api(runtime.portal())

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as browser:
            return await browser.get(path.removeprefix("api"))

    return asyncio.run(get()).raise_for_status()


def rows_of_file(app: AppTest) -> Rows:
    """Return the rows of the Parquet or Arrow file that the page links to."""
    found = links(app)
    address = found.get(DOWNLOAD) or found[BAIXAR]
    content = io.BytesIO(downloaded(address).content)
    if ".parquet?" in address:
        return as_rows(pq.read_table(content).to_pandas(date_as_object=True))
    return as_rows(pyarrow.ipc.open_stream(content).read_all().to_pandas(date_as_object=True))


def rows_of_page(app: AppTest) -> Rows:
    """Return the rows that the page shows, as they came to the browser."""
    return as_rows(app.table[0].value) if app.table else []


def all_rows_of_page(app: AppTest) -> Rows:
    """Return the rows of every page, from the first to the last."""
    rows, page = [], 1
    while shown := rows_of_page(app):
        rows += shown
        page += 1
        if len(shown) < 50:
            break
        app.query_params["page"] = str(page)
        if app.run().warning:
            break
    return rows


def as_rows(frame: pd.DataFrame) -> Rows:
    """Return the rows of a frame with None for each null, and times as texts."""
    whole = frame.astype(object).where(frame.notna(), None)
    return [
        tuple(str(each) if isinstance(each, pd.Timestamp) else each for each in row)
        for row in whole.itertuples(index=False)
    ]
