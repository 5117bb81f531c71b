"""Evidence of addresses: every one that an application answers at, documented or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

ANY_METHOD: Final = "ANY"
"""Of what is mounted and does not say which methods it takes."""
WEBSOCKET: Final = "WEBSOCKET"


def walk_routes(routes: Sequence[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield method and path of each of *routes* and of all that is within them."""
    for route in iter_route_contexts(routes):
        path = prefix + (getattr(route, "path", None) or "")
        original = route.original_route
        within = getattr(original, "routes", None)
        if within:
            yield from walk_routes(within, path)
        elif methods := getattr(route, "methods", None):
            yield from ((method, path) for method in methods)
        elif isinstance(getattr(original, "app", None), StaticFiles):
            yield "GET", path
        else:
            yield WEBSOCKET if "WebSocket" in type(original).__name__ else ANY_METHOD, path
