"""An API over a portal that serves one publication."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from datalayer.api.application import create_api
from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal
from tests.portals import ADMIN, make_portal
from tests.served_portal import ServedPortal, document_made_once, served_portal
from tests.validating import registry_read_once, validated_once

__all__ = ["registry_read_once", "validated_once"]


@pytest.fixture
def empty_portal(tmp_path: Path) -> Iterator[Portal]:
    """A portal with nothing published."""
    portal = make_portal(tmp_path)
    yield portal
    portal.close()


@pytest.fixture
def portal(activated: Manifest, empty_portal: Portal) -> Portal:
    """A portal that serves a publication of six parts, which is attached as if it activated it."""
    empty_portal.open(identity=ADMIN)
    return empty_portal


@pytest.fixture
def api(portal: Portal) -> FastAPI:
    """The API of ``portal``."""
    with document_made_once():
        return create_api(portal)


@pytest.fixture
def served(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal of six parts behind its middleware, open to everybody."""
    with served_portal(tmp_path) as served:
        served.portal.open()
        yield served


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory, activated_folder: Path
) -> Iterator[ServedPortal]:
    """As ``served``, once for all tests that change nothing."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(activated_folder, folder, dirs_exist_ok=True)
    with served_portal(folder, rate_limit="999999999/second") as served:
        yield served


@pytest.fixture(scope="session")
def shared_api(shared: ServedPortal) -> FastAPI:
    """The API of ``shared``, without its middleware."""
    with document_made_once():
        return create_api(shared.portal)
