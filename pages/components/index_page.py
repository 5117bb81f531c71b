"""The document that every page starts as: Streamlit's own, with two things told in advance.

Left alone, it looks for its server below the page's address first and fails there, a round trip
and an error in the console for every deep link; and it asks for the code that draws charts only
once a chart has arrived. Where no more pages may be open, another document says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Scope

from pages.components.frame import STATIC

PATHS = ("/", "/forecast", "/data", "/admin")
RETRY_AFTER_S = 15
_BUILT = Path(streamlit.__file__).parent / "static"


def routes(refuses_page: Callable[[Scope], bool]) -> list[Route]:
    """Return a route for each page's address; any other one goes to Streamlit as it is.

    *refuses_page* tells whether whoever sends a request would have no session for the page.
    """
    chart_code = next((_BUILT / "static/js").glob("PlotlyChart.*.js")).name
    told = (
        '<script src="./app/static/start.js"></script>\n'
        f'    <link rel="modulepreload" crossorigin href="./static/js/{chart_code}">\n  '
    )
    document = (_BUILT / "index.html").read_text(encoding="utf-8")
    document = document.replace("<head>", f"<head>{told}", 1)
    full = (STATIC / "full.html").read_text(encoding="utf-8")

    async def answer(request: Request) -> HTMLResponse:
        # One response each: compression rewrites the headers of the response it is given.
        if refuses_page(request.scope):
            headers = {"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER_S)}
            return HTMLResponse(full, 503, headers=headers)
        return HTMLResponse(document, headers={"Cache-Control": "no-cache"})

    return [Route(path, answer, methods=["GET"]) for path in PATHS]
