"""A portal over an empty state folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.portal import Portal
from tests.portals import make_portal
from tests.validating import registry_read_once, validated_once

__all__ = ["registry_read_once", "validated_once"]

READERS = 6


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = make_portal(tmp_path)
    yield portal
    portal.close()
