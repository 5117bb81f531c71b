"""Datasette as an ASGI application, so that it runs under the same uvicorn options as the others.

Runs in the peers' environment; ``SERVING_SQLITE`` names the database file. Every setting that costs
time beyond answering the rows is off.
"""

from __future__ import annotations

import os

from datasette.app import Datasette

app = Datasette(
    [],
    immutables=[os.environ["SERVING_SQLITE"]],
    settings={
        "max_returned_rows": 10_000,
        "default_page_size": 5_000,
        "suggest_facets": False,
        "sql_time_limit_ms": 60_000,
    },
).app()
