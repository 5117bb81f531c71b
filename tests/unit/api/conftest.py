"""An API over a portal that serves one publication."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from datalayer.api.application import create_api
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.portal import Portal
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal


@pytest.fixture
def empty_portal(tmp_path: Path) -> Iterator[Portal]:
    """A portal with nothing published."""
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


@pytest.fixture
def portal(empty_portal: Portal, publisher: Publisher) -> Portal:
    """A portal that serves a publication of six parts."""
    publisher.publish()
    empty_portal.activate(ADMIN)
    return empty_portal


@pytest.fixture
def api(portal: Portal) -> FastAPI:
    """The API of ``portal``."""
    return create_api(portal)


@pytest.fixture
def served(tmp_path: Path, publisher: Publisher) -> Iterator[ServedPortal]:
    """A portal of six parts behind its middleware, open to everybody."""
    publisher.publish()
    with served_portal(tmp_path) as served:
        served.portal.activate(ADMIN)
        yield served


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[ServedPortal]:
    """As ``served``, once for all tests of a module that change nothing."""
    folder = tmp_path_factory.mktemp("shared")
    Publisher(FolderStore(folder / "store"), registry).publish()
    with served_portal(folder, rate_limit="999999999/second") as served:
        served.portal.activate(ADMIN)
        yield served


@pytest.fixture(scope="module")
def shared_api(shared: ServedPortal) -> FastAPI:
    """The API of ``shared``, without its middleware."""
    return create_api(shared.portal)
