"""The portal as its users meet it: forecasts of both demonstrations, real servers, real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.demonstrations import Publishing, Served, activate, serving, serving_activated
from tests.e2e.visits import PATIENCE_MS, Visit
from tests.ordering_publications import publish_quantities
from tests.publisher import Publisher

expect.set_options(timeout=PATIENCE_MS)
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WHERE_IT_IS_USED = {"online-retail": {"served", "visit"}, "torres": {"torres", "torres_visit"}}
"""Fixtures that need a demonstration; `make test-e2e` takes all, a single test seldom both."""


@pytest.fixture(scope="session")
def publishing(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Publishing]:
    """The demonstrations that this run needs, all of them being published at the same time."""
    used = {name for test in request.session.items for name in getattr(test, "fixturenames", ())}
    return {
        name: Publishing(name, tmp_path_factory.mktemp(name))
        for name, fixtures in WHERE_IT_IS_USED.items()
        if fixtures & used
    }


@pytest.fixture(scope="session")
def served(publishing: dict[str, Publishing]) -> Iterator[Served]:
    """A portal of the bundled data: 301 parts, one network, no places."""
    with serving(publishing["online-retail"].wait()) as portal:
        yield portal


@pytest.fixture(scope="session")
def torres(publishing: dict[str, Publishing]) -> Iterator[Served]:
    """A portal of the synthetic demonstration: places, suppliers and trouble of every kind."""
    with serving(publishing["torres"].wait()) as portal:
        yield portal


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Iterator[Served]:
    """A portal that keeps two publications: orders of R$ 12,000, then of R$ 13,650."""
    folder = tmp_path_factory.mktemp("compared")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    publish_quantities(publisher, [10.0] * 12)
    with serving(folder) as portal:
        publish_quantities(publisher, [*[10.0] * 9, 25.0, 12.5, 9.0])
        portal.command("datalayer", "activate", "--confirm")
        yield portal


@pytest.fixture(scope="session")
def six_parts(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry
) -> Callable[[Path], AbstractContextManager[Served]]:
    """Serves a copy of six parts of nine hours ago in a new folder.

    Copied: to publish, activate and welcome takes twice as long as the start of a server.
    """
    ready = tmp_path_factory.mktemp("six")
    nine_hours_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=9)
    Publisher(FolderStore(ready / "store"), registry).publish(generated_at=nine_hours_ago)
    password = activate(ready)

    def serve(folder: Path) -> AbstractContextManager[Served]:
        shutil.copytree(ready, folder, dirs_exist_ok=True)
        return serving_activated(folder, password)

    return serve


@pytest.fixture
def served_small(
    six_parts: Callable[[Path], AbstractContextManager[Served]],
    publisher: Publisher,
    tmp_path: Path,
) -> Iterator[Served]:
    """A portal of one test alone, which may spoil it: six parts, of ``publisher``."""
    with six_parts(tmp_path) as portal:
        publisher.published.append(publisher.latest)
        yield portal


@pytest.fixture(scope="session")
def shared_small(
    six_parts: Callable[[Path], AbstractContextManager[Served]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """As ``served_small``, once for all tests that change nothing."""
    with six_parts(tmp_path_factory.mktemp("small")) as portal:
        yield portal


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, without its own calls to the network."""
    executable = shutil.which("chromium")
    assert executable, "chromium is missing; `make system-packages` installs it or says how"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=QUIET_CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab on the bundled data; requests to other hosts and console messages are failures."""
    with visiting(browser, served, getattr(request, "param", {})) as tab:
        yield tab


@pytest.fixture
def torres_visit(
    browser: Browser, torres: Served, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """The same on the synthetic demonstration."""
    with visiting(browser, torres, getattr(request, "param", {})) as tab:
        yield tab


@contextmanager
def visiting(browser: Browser, served: Served, options: dict[str, Any]) -> Iterator[Visit]:
    """Open a tab of a browser with *options*, and fail if it did what no page may do."""
    defaults = {
        "locale": "en-GB",
        "timezone_id": "America/Sao_Paulo",
        "viewport": {"width": 1366, "height": 900},
    }
    context = browser.new_context(**{**defaults, **options})
    context.set_default_timeout(PATIENCE_MS)
    tab = Visit(context.new_page(), served)
    yield tab
    context.close()
    assert tab.foreign_requests == []
    assert tab.console_messages == []
