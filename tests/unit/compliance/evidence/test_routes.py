"""No address is hidden from the proof."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, WebSocket
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from datalayer.compliance.evidence.routes import walk_routes


async def nothing() -> None:
    """Answer nothing."""


async def listen(socket: WebSocket) -> None:
    """Take a connection."""


async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
    """Be an application that does not say what it answers."""


def test_every_address_is_found_whatever_it_is_and_however_deep(tmp_path: Path) -> None:
    inner, router, api = APIRouter(), APIRouter(), FastAPI(openapi_url=None)
    inner.add_api_route("/train", nothing, methods=["POST"], include_in_schema=False)
    router.add_api_websocket_route("/listen", listen)
    router.include_router(inner, prefix="/inner")
    api.include_router(router, prefix="/v2")
    api.mount("/predict", unknown)
    api.mount("/static", StaticFiles(directory=tmp_path))

    assert set(walk_routes([Mount("/api", app=api)])) == {
        ("POST", "/api/v2/inner/train"),
        ("WEBSOCKET", "/api/v2/listen"),
        ("ANY", "/api/predict"),
        ("GET", "/api/static"),
    }
