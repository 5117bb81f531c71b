"""Pages over a publication of 20,000 parts: each opens, and what it counts is all there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import streamlit as st

from datalayer import runtime
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.many_parts import multiplied
from tests.pages.conftest import ADMIN, BROWSER, OpenPage, texts
from tests.portals import ROOT, make_portal
from tests.publisher import Publisher

PARTS, TIMES = 20, 1000
LAST = f"P{PARTS:05d}-{TIMES - 1:03d}"
COUNTS = {
    "monday": ("of 2,000 actions", "**2,000 orders", "1,000 of these orders are late"),
    "forecast": ("1 of 2,000",),
    "orders": ("**2,000 orders", "One file with 2,000 rows", "1 to 50 of 2,000"),
    "accuracy": ("of 20,000 tested parts", "20,000 of 20,000"),
    "availability": ("parts and places",),
    "inventory": ("20,000",),
    "changes": (),
    "data": ("20,000 rows**, all that there are",),
    "guide": (),
    "admin": (),
}
"""What each page says of how many there are."""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, registry: Registry, fresh: datetime) -> Path:
    """Store and state of a portal whose active publication has 20,000 parts."""
    folder = tmp_path_factory.mktemp("many")
    publisher = Publisher(FolderStore(folder / "store"), registry)
    tables = publisher.tables(items=PARTS, generated_at=fresh)
    publisher.publish(generated_at=fresh, tables=multiplied(tables, registry, TIMES))
    portal = make_portal(folder)
    portal.activate(ADMIN)
    portal.close()
    return folder


@pytest.fixture
def state(many: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As elsewhere, but one for all tests here, which change nothing."""
    monkeypatch.setenv("FAROL_STATE", str(many / "var"))
    monkeypatch.setenv("FAROL_STORE", str(many / "store"))
    monkeypatch.setenv("FAROL_REGISTRY", str(ROOT / "schema_registry.json"))
    monkeypatch.setattr(type(st.context), "ip_address", property(lambda _: BROWSER))
    runtime.reset()
    yield many / "var"
    runtime.reset()


@pytest.mark.parametrize(("page", "counts"), COUNTS.items(), ids=list(COUNTS))
def test_a_page_opens_and_counts_all_there_is(
    open_page: OpenPage, page: str, counts: tuple[str, ...]
) -> None:
    app = open_page(f"{page}.py", locale="en-GB")

    assert not app.exception
    assert app.title
    said = texts(app)
    assert "went wrong" not in said
    assert [each for each in counts if each not in said] == []


def test_the_last_part_opens_as_the_first_does(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item=LAST)

    assert not app.exception
    assert LAST in texts(app)


def test_counts_are_told_as_portuguese_writes_them(open_page: OpenPage) -> None:
    assert "de 2.000 a" in texts(open_page("monday.py"))
