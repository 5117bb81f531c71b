"""An API over a portal that serves one publication."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from datalayer.api.application import create_api
from datalayer.portal import Portal
from tests.portals import ADMIN, make_portal
from tests.publisher import Publisher


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
