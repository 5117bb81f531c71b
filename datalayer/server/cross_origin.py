"""Reads by pages of other origins (CORS), for the origins that a setting names."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from datalayer.api.headers import OF_DATA
from datalayer.api.problems import problem

LONGEST_ORIGIN: Final = 200
_KEPT: Final = frozenset({"vary", "access-control-allow-origin"})
_ASKED = (
    "Authorization",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
    "X-API-Key",
    "X-Request-ID",
)
_SHOWN = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Range",
    "ETag",
    "Link",
    "Repr-Digest",
    "Retry-After",
    "X-Dataset-Id",
    "X-Generated-At",
    "X-Model-Version",
    "X-Publication-Id",
    "X-Request-ID",
    "X-Row-Count",
    "X-Total-Count",
)


def shared_with(origins: tuple[str, ...], app: ASGIApp) -> ASGIApp:
    """Return *app*, with its answers to reads open to pages of *origins*; ``*`` is everybody.

    Cookies are never asked for: who is signed in here is nobody to a page of another origin,
    which may send an API key.
    """
    if not origins:
        return app
    return _CrossOrigin(
        app,
        allow_origins=origins,
        allow_methods=("GET", "HEAD"),
        allow_headers=_ASKED,
        expose_headers=_SHOWN,
    )


class _CrossOrigin(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """Return what a browser may ask, or a problem where it is more than that."""
        response = super().preflight_response(request_headers)
        if response.status_code >= 400:
            origin = request_headers["origin"][:LONGEST_ORIGIN]
            detail = f"A page of {origin!a} may not ask so here: {bytes(response.body).decode()}"
            told = {name: text for name, text in response.headers.items() if name in _KEPT}
            response = problem("refused", detail, told)
        response.raw_headers.extend(OF_DATA)
        return response
