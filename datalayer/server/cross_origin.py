"""Reads by pages of other origins (CORS), for the origins that a setting names."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

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
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "HEAD"),
        allow_headers=_ASKED,
        expose_headers=_SHOWN,
    )
