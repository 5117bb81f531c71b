"""Fixtures for every test. Nothing heavy is imported before a test asks for it.

Tests marked ``ml`` run in the environment of ml_jobs, which has neither streamlit nor redis.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from datalayer.kernel.contract.registry import Registry
    from datalayer.kernel.storage.object_store import FolderStore
    from tests.publisher import Publisher

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The contract of this repository."""
    from datalayer.kernel.contract.registry_loader import load_registry

    return load_registry(ROOT / "schema_registry.json")


@pytest.fixture
def folder_store(tmp_path: Path) -> FolderStore:
    """An empty store in a folder."""
    from datalayer.kernel.storage.object_store import FolderStore

    return FolderStore(tmp_path / "store")


@pytest.fixture
def publisher(folder_store: FolderStore, registry: Registry) -> Publisher:
    """Publishes into ``folder_store``."""
    from tests.publisher import Publisher

    return Publisher(folder_store, registry)
