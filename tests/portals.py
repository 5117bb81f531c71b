"""A whole portal over the test's store, and a client of its API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
from starlette.types import ASGIApp

from datalayer.access.identity import Identity, Role
from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import Portal
from datalayer.settings import Settings
from tests.publisher import Publisher
from tests.redis_server import free_port

ROOT = Path(__file__).parents[1]
ADMIN = Identity("ana", Role.ADMIN)
PLANNER = Identity("paulo", Role.PLANNER)


def portal_settings(folder: Path, **more: object) -> Settings:
    """Return settings for a portal whose store and state lie in *folder*."""
    fields: dict[str, object] = {
        "store": str(folder / "store"),
        "state": folder / "var",
        "registry": ROOT / "schema_registry.json",
        "memory_limit": "256MiB",
        **more,
    }
    return Settings.model_validate(fields)


def unreachable_store() -> dict[str, object]:
    """Settings of an S3 store on a port where nobody listens."""
    return {
        "store": "s3://bucket/prefix",
        "s3_endpoint": f"127.0.0.1:{free_port()}",
        "s3_access_key": "key",
        "s3_secret_key": "5b0e7c1d94f2a863",
        "s3_secure": False,
        "store_timeout_s": 0.2,
    }


def make_portal(folder: Path, clock: Callable[[], datetime] = utc_now, **more: object) -> Portal:
    """Return a portal whose store and state lie in *folder*."""
    return Portal(portal_settings(folder, **more), clock)


def activate_in(folder: Path, registry: Registry, generated_at: datetime | None = None) -> Path:
    """Publish into the store of *folder*, activate it in the state beside it; return *folder*."""
    Publisher(FolderStore(folder / "store"), registry).publish(generated_at=generated_at)
    portal = make_portal(folder)
    portal.activate(ADMIN)
    portal.close()
    return folder


def get(app: ASGIApp, address: str, **headers: str) -> httpx.Response:
    """Return the answer of *app* to a GET."""
    return request(app, "GET", address, **headers)


def request(app: ASGIApp, method: str, address: str, **headers: str) -> httpx.Response:
    """Return the answer of *app*; what the app raises is raised here."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.request(method, address, headers=headers)

    return asyncio.run(ask())
