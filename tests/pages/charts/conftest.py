"""Charts are drawn for a reader of Portuguese unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.speaking import speaking


@pytest.fixture(autouse=True)
def _portuguese() -> Iterator[None]:
    with speaking("pt_BR"):
        yield
