"""The document that every page starts as: Streamlit's own, with two things told in advance.

Left alone, it looks for its server below the page's address first and fails there, a round trip
and an error in the console for every deep link; and it asks for the code that draws charts only
once a chart has arrived.
"""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

PATHS = ("/", "/forecast", "/data", "/admin")
_BUILT = Path(streamlit.__file__).parent / "static"


def routes() -> list[Route]:
    """Return a route for each page's address; any other one goes to Streamlit as it is."""
    chart_code = next((_BUILT / "static/js").glob("PlotlyChart.*.js")).name
    told = (
        '<script src="./app/static/start.js"></script>\n'
        f'    <link rel="modulepreload" crossorigin href="./static/js/{chart_code}">\n  '
    )
    document = (_BUILT / "index.html").read_text(encoding="utf-8")
    document = document.replace("<head>", f"<head>{told}", 1)

    async def answer(request: Request) -> HTMLResponse:  # noqa: ARG001 - Starlette passes it
        # One response each: compression rewrites the headers of the response it is given.
        return HTMLResponse(document, headers={"Cache-Control": "no-cache"})

    return [Route(path, answer, methods=["GET"]) for path in PATHS]
