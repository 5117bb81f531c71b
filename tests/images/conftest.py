"""The images, built once for all tests of this folder; skipped with the reason where they can't."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.conftest import browser  # noqa: F401 - a fixture, and one browser for all tests
from tests.images.engine import ContainerEngine, build_images, engine_of, make_base, obstacle
from tests.images.stack import build_services
from tests.publisher import Publisher

Say = Callable[[str], None]


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Print a line at once, also while pytest keeps what tests print to itself."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    assert capture is not None

    def write(line: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{line}\n")
            sys.stdout.flush()

    return write


@pytest.fixture(scope="session")
def engine(say: Say) -> ContainerEngine:
    """The engine, with the base image in its storage."""
    if why := obstacle():
        say(f"skipping the tests of the images: {why}")
        pytest.skip(why)
    found = engine_of()
    make_base(found, say)
    return found


def built(engine: ContainerEngine, say: Say, image: str) -> str:
    """Build an image, from the cache's layers where they are the same; return its name."""
    say(f"building the image {image}, which takes minutes the first time")
    last_line = build_images(engine, image).splitlines()[-1]
    say(last_line)
    return last_line.partition(": ")[0]


@pytest.fixture(scope="session")
def app_image(engine: ContainerEngine, say: Say) -> str:
    """The portal's image."""
    return built(engine, say, "app")


@pytest.fixture(scope="session")
def ml_image(engine: ContainerEngine, say: Say) -> str:
    """The batch job's image."""
    return built(engine, say, "ml")


@pytest.fixture(scope="session")
def services(engine: ContainerEngine, say: Say) -> None:
    """What stands in for the images of Redis, the store and the proxy."""
    say("building what stands in for the images of Redis, the store and the proxy")
    build_services(engine)


@pytest.fixture(scope="session")
def store(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one publication that anybody may read, as a volume for the portal."""
    folder = tmp_path_factory.mktemp("store")
    Publisher(FolderStore(folder), registry).publish()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture(scope="session")
def demonstration(
    engine: ContainerEngine, ml_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A store with forecasts of the bundled data, published by the job's image without a network.

    They were made two hours ago, so that a test can publish newer ones that are not of the future.
    """
    folder = tmp_path_factory.mktemp("demonstration")
    folder.chmod(0o777)
    made = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
    options = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
    volume = f"--volume={folder}:/store"
    job = ("demo", "--to", "/store", "--generated-at", made)
    engine.run("run", "--rm", "--network=none", *options, volume, ml_image, *job)
    return folder
