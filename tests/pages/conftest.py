"""A portal on a state of its own for every test of a page, and a way to open its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.pages.speaking import speaking
from tests.portals import activate_in
from tests.publisher import Publisher
from tests.validating import validated_once

__all__ = ["validated_once"]

SCRIPT = Path(__file__).parents[2] / "pages/_navigation.py"
ADMIN = Identity("cli:test", Role.ADMIN)
BROWSER = "192.0.2.7"

_components = manifest_scanner.scan_component_manifests

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True, scope="session")
def _components_found_once() -> Iterator[None]:
    """Each page under test looks for components in all that is installed, and finds the same."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", cache(_components))
        yield


@pytest.fixture(autouse=True)
def _nobody_spoke() -> Iterator[None]:
    """No language is left from a test before."""
    with speaking(None):
        yield


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state folder of a portal whose store is that of ``publisher``; nothing is active."""
    monkeypatch.setenv("FAROL_STATE", str(tmp_path / "var"))
    monkeypatch.setenv("FAROL_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("FAROL_REGISTRY", str(SCRIPT.parents[1] / "schema_registry.json"))
    # The address of a connection is all that a page under test has no stand-in for.
    monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: BROWSER))
    runtime.reset()
    yield tmp_path / "var"
    runtime.reset()


@pytest.fixture(scope="session")
def fresh() -> datetime:
    """A time of generation that counts as fresh."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def publisher(folder_store: FolderStore, registry: Registry, fresh: datetime) -> Publisher:
    """Publishes results that count as fresh, however long ago this was written."""
    return Publisher(folder_store, registry, first_generated_at=fresh)


@pytest.fixture(scope="session")
def activated_folder(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry, fresh: datetime
) -> Path:
    """As elsewhere, with results of an hour ago."""
    return activate_in(tmp_path_factory.mktemp("fresh"), registry, fresh)


@pytest.fixture
def active(state: Path, activated: Manifest, publisher: Publisher) -> Publisher:
    """A publisher whose one publication, generated an hour ago, is active."""
    return publisher


@pytest.fixture
def open_page(state: Path) -> OpenPage:
    """Open a page as a browser with the given language would, by its address's parameters."""

    def opened(page: str = "", /, *, locale: str = "pt-BR", **parameters: str) -> AppTest:
        app = AppTest.from_file(str(SCRIPT), default_timeout=30)
        app.context = {"locale": locale, "timezone": "America/Sao_Paulo"}
        if page:
            app.switch_page(page)
        app.query_params.update(parameters)
        return app.run()

    return opened


def texts(app: AppTest) -> str:
    """Return all that a page says, for assertions on its words."""
    kinds = (app.title, app.header, app.subheader, app.markdown, app.caption)
    notices = (app.info, app.warning, app.error, app.success)
    return "\n".join(str(element.value) for kind in (*kinds, *notices) for element in kind)
