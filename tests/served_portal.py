"""A portal with its API, /health and /metrics behind their middleware, in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.applications import Starlette
from starlette.routing import Mount

from datalayer.access.accounts import SESSION_COOKIE, Accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import Identity, Role
from datalayer.portal import Portal
from datalayer.server.serving import Serving, serving
from datalayer.settings import Settings
from tests.portals import portal_settings

OPERATOR = Identity("cli:test", Role.ADMIN)
PASSWORD = "correct horse battery staple"
BASE = "http://localhost"
PAGES = frozenset({"/", "/overview"})
"""Addresses that pass for those of pages; there are none at them."""

_documents: list[str] = []


@dataclass
class ServedPortal:
    """A portal as it is served, and calls of it.

    Attributes:
        peer: Address that calls come from.
    """

    settings: Settings
    portal: Portal
    peer: str = "192.0.2.7"
    _keys: dict[Scope, str] = field(default_factory=dict)

    @cached_property
    def serving(self) -> Serving:
        """What app.py serves beside the pages."""
        with document_made_once():
            return serving(self.portal, self.settings, lambda _, path: path in PAGES)

    @cached_property
    def app(self) -> Starlette:
        """What app.py serves, without the pages."""
        return Starlette(middleware=self.serving.middleware)

    @property
    def api(self) -> FastAPI:
        """The API alone."""
        (mounted,) = (each for each in self.serving.application.routes if isinstance(each, Mount))
        assert isinstance(mounted.app, FastAPI)
        return mounted.app

    @cached_property
    def accounts(self) -> Accounts:
        """The accounts; hashes are the cheapest there are."""
        return Accounts(self.settings.state, bcrypt_rounds=4)

    def key(self, scope: Scope) -> str:
        """Return an API key of *scope*."""
        if scope not in self._keys:
            keys = ApiKeys(self.settings.state)
            self._keys[scope] = keys.add(f"{scope}er", scope, by=OPERATOR, expires_in_s=None)
        return self._keys[scope]

    def cookie(self, name: str, role: Role) -> str:
        """Return the session cookie of a new user who has just signed in."""
        self.accounts.add(name, role, PASSWORD, by=OPERATOR)
        return f"{SESSION_COOKIE}={self.accounts.sign_in(name, PASSWORD).token}"

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self.call("GET", address, headers)

    def call(
        self, method: str, address: str, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Return the answer to one call; redirects are answers too."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, client=(self.peer, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, address, headers=headers, **more)

        return asyncio.run(ask())

    def raw(
        self, address: str, method: str = "GET", **headers: str
    ) -> tuple[httpx.Response, bytes]:
        """Return the answer and the bytes that were sent, still packed."""

        async def ask() -> tuple[httpx.Response, bytes]:
            transport = httpx.ASGITransport(self.app, client=(self.peer, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                request = client.build_request(method, address, headers=headers)
                answer = await client.send(request, stream=True)
                return answer, b"".join([each async for each in answer.aiter_raw()])

        return asyncio.run(ask())


@contextmanager
def served_portal(folder: Path, **settings: object) -> Iterator[ServedPortal]:
    """Serve a portal whose store and state lie in *folder* for the block."""
    read = portal_settings(folder, **settings)
    portal = Portal(read)
    try:
        yield ServedPortal(read, portal)
    finally:
        portal.close()


@contextmanager
def document_made_once() -> Iterator[None]:
    """Give the APIs made in the block, all over this repository's registry, one document.

    FastAPI takes half a second to make it, which is most of what a portal in a test costs.
    """

    def document(**described: Any) -> dict[str, Any]:
        if not _documents:
            _documents.append(json.dumps(get_openapi(**described)))
        made: dict[str, Any] = json.loads(_documents[0])
        return made

    with mock.patch("fastapi.applications.get_openapi", document):
        yield
