"""Fixtures for every test. Nothing heavy is imported before a test asks for it.

Tests marked ``ml`` run in the environment of ml_jobs, which has neither streamlit nor redis.
"""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
import structlog

if TYPE_CHECKING:
    from datalayer.kernel.contract.manifest import Manifest
    from datalayer.kernel.contract.registry import Registry
    from datalayer.kernel.storage.object_store import FolderStore
    from tests.publisher import Publisher

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Let examples take their time, and keep the local values of a web server out of the logs.

    To print all of those with an exception takes seconds.
    """
    hypothesis.settings.register_profile(
        "farol", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("farol")
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


def pytest_collection_finish() -> None:
    """Look for garbage seldom: among all that is loaded by then, that takes a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish() -> None:
    """Let go of what was set aside, or libraries report it as leaked."""
    gc.unfreeze()


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


@pytest.fixture(scope="session")
def activated_folder(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Path:
    """Store and state of a portal that serves six parts; ``activated`` copies them."""
    from tests.portals import activate_in

    return activate_in(tmp_path_factory.mktemp("activated"), registry)


@pytest.fixture
def activated(activated_folder: Path, publisher: Publisher, tmp_path: Path) -> Manifest:
    """The one publication of ``publisher``, active where ``make_portal(tmp_path)`` looks.

    Copied: to publish and to activate takes ten times as long.
    """
    shutil.copytree(activated_folder, tmp_path, dirs_exist_ok=True)
    publisher.published.append(publisher.latest)
    return publisher.latest
