"""The document that every page starts as, and which addresses are the pages'.

The document is Streamlit's own, with two things told in advance. Left alone, it looks for its
server below the page's address first and fails there, a round trip and an error in the console
for every deep link; and it asks for the code that draws charts only once a chart has arrived.
Where no more pages may be open, another document says so.

Streamlit answers every address with this document, and has endpoints that no page here uses. So
what is served is listed: the pages, what they load, and the two calls and the connection that the
document begins with, and where administrators send a file. Its metrics, sign-in by OpenID and the
agents' interface are not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from datalayer.kernel.errors import SettingsError
from pages.components.frame import STATIC

PATHS = (
    "/",
    "/forecast",
    "/orders",
    "/changes",
    "/availability",
    "/inventory",
    "/accuracy",
    "/data",
    "/guide",
    "/admin",
)
SCRIPTS = ("words.js", "frame.js", "charts.js", "keys.js", "links.js", "saving.js")
"""Scripts of ``pages/static`` that run beside Streamlit's own, once the document is there."""
RETRY_AFTER_S = 15
_BUILT = Path(st.__file__).parent / "static"
# The default page has no address of its own in Streamlit; links to it are written all the same.
_MOVED = {
    "/overview": "./",
    "/overview/": "../",
    "/monday": "./",
    **{f"{path}/": f"..{path}" for path in PATHS[1:]},
}
_INLINE_SCRIPT = re.compile("<script>.*?</script>", re.DOTALL)
_FILES = frozenset(
    f"/{file.relative_to(_BUILT).as_posix()}"
    for file in _BUILT.rglob("*")
    if file.is_file() and file.name != "index.html"
)
_CALLS = frozenset({"/_stcore/health", "/_stcore/host-config"})
_CONNECTION = "/_stcore/stream"
# What a person may have typed or kept for a page: one word, which no program's address is.
_TYPED = re.compile(
    r"/(?!(?:api|app|auth|component|media|static)\b|health|live|metric|ready)[A-Za-z-]{1,40}/?"
)
_SERVED = _FILES | _CALLS | {*PATHS, *_MOVED}
_FOLDERS = ("/app/static/", "/media/", "/component/", "/_stcore/upload_file/")


def is_page(kind: str, path: str) -> bool:
    """Return True for the address of a page and of whatever a page loads.

    Args:
        kind: ``http`` or ``websocket``, which have addresses of their own.
        path: Without the path prefix.
    """
    if kind == "websocket":
        return path == _CONNECTION
    return path in _SERVED or path.startswith(_FOLDERS) or _TYPED.fullmatch(path) is not None


def routes(refuses_page: Callable[[Scope], bool]) -> list[Route]:
    """Return a route for each page's address, and one for each that leads to one.

    Args:
        refuses_page: Tells whether whoever sends a request would have no session for the page.

    Raises:
        SettingsError: Streamlit has a path prefix of its own, which only pages would be under.
    """
    if other := st.get_option("server.baseUrlPath"):
        fault = f"server.baseUrlPath is {other!r}; set FAROL_PATH_PREFIX instead, for API and pages"
        raise SettingsError(faults=[fault])
    chart_code = next((_BUILT / "static/js").glob("PlotlyChart.*.js")).name
    told = (
        '<script src="./app/static/start.js"></script>\n    '
        + "".join(f'<script type="module" src="./app/static/{name}"></script>' for name in SCRIPTS)
        + '\n    <link rel="stylesheet" href="./app/static/farol.css">\n'
        '    <link rel="alternate" type="application/atom+xml" title="Publications" '
        'href="./api/v1/publications.atom">\n'
        '    <link rel="alternate" type="application/atom+xml" title="Activations" '
        'href="./api/v1/activations.atom">\n'
        f'    <link rel="modulepreload" crossorigin href="./static/js/{chart_code}">\n  '
    )
    document = (_BUILT / "index.html").read_text(encoding="utf-8")
    # The pages' policy lets no inline script run, and Streamlit's is for search engines.
    document = _INLINE_SCRIPT.sub("", document).replace("<head>", f"<head>{told}", 1)
    full = (STATIC / "full.html").read_text(encoding="utf-8")

    async def answer(request: Request) -> HTMLResponse:
        # One response each: compression rewrites the headers of the response it is given.
        if refuses_page(request.scope):
            headers = {"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER_S)}
            return HTMLResponse(full, 503, headers=headers)
        return HTMLResponse(document, headers={"Cache-Control": "no-cache"})

    async def miss(request: Request) -> Response:
        if request.url.path.endswith("/"):
            return RedirectResponse(f"..{request.url.path.rstrip('/')}")
        asked = request.query_params.get("lang") or request.headers.get("Accept-Language", "pt")
        language = "pt_BR" if asked.lower().startswith("pt") else "en"
        page = (STATIC / f"missing.{language}.html").read_text(encoding="utf-8")
        return HTMLResponse(page, 404, headers={"Cache-Control": "no-store"})

    async def lead(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(_MOVED[request.url.path] + query)

    return [
        *(Route(path, answer, methods=["GET"]) for path in PATHS),
        *(Route(path, lead, methods=["GET"]) for path in _MOVED),
        _TypedRoute("/{path:path}", miss, methods=["GET"]),
    ]


class _TypedRoute(Route):
    """Matches what a person may have typed and no page has; the rest is left to Streamlit."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether the address of a request is such a one."""
        typed = scope["type"] == "http" and _TYPED.fullmatch(scope["path"])
        return super().matches(scope) if typed else (Match.NONE, {})
