"""Which addresses are the pages', and what each starts with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette

from datalayer.kernel.errors import SettingsError
from datalayer.settings import Settings
from pages.components.index_page import PATHS, is_page, routes
from tests.portals import get


@pytest.fixture(scope="module")
def pages() -> Starlette:
    return Starlette(routes=routes(lambda _: False))


@pytest.mark.parametrize("path", PATHS)
def test_whatever_a_page_begins_with_is_served(pages: Starlette, path: str) -> None:
    named = set(re.findall(r'(?:src|href)="\.(/[^"]+)"', get(pages, path).text))

    assert len(named) > 5
    # The document names the description of an interface for agents, which is closed.
    feeds = {f"/api/v1/{name}.atom" for name in ("publications", "activations")}
    others = {"/_stcore/agent/openapi.json", *feeds}
    assert {each for each in named if not is_page("http", each)} == others


def test_a_page_begins_without_a_script_of_its_own(pages: Starlette) -> None:
    document = get(pages, "/").text

    assert "<script " in document
    assert "<script>" not in document
    assert not re.search(r"\son[a-z]+=", document)


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/script-health-check",
        "/_stcore/bidi-components/x/y.js",
        "/_stcore/agent/openapi.json",
        "/_stcore/agent/mcp",
        "/_stcore/stream",
        "/auth/login",
        "/auth/logout",
        "/oauth2callback",
        "/static/js/an-earlier-version.js",
        "/index.html",
        "/nothing.html",
        "/data/nothing",
        "/metrics",
        "/health",
        "/media",
    ],
)
def test_what_no_page_uses_of_streamlit_is_closed(path: str) -> None:
    assert not is_page("http", path)


def test_the_one_connection_is_that_of_the_pages() -> None:
    assert is_page("websocket", "/_stcore/stream")
    assert not is_page("websocket", "/")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/overview?lang=en&p=1", "./?lang=en&p=1"),
        ("/overview/", "../"),
        ("/forecast/?item=A%2Fb", "../forecast?item=A%2Fb"),
    ],
)
def test_an_address_near_a_page_s_leads_to_it(pages: Starlette, path: str, leads_to: str) -> None:
    assert is_page("http", path.partition("?")[0])
    assert get(pages, path).headers["location"] == leads_to


@pytest.mark.parametrize("page", sorted(Path("pages").glob("[a-z]*.py")))
def test_no_prefix_is_the_address_of_a_page(monkeypatch: pytest.MonkeyPatch, page: Path) -> None:
    monkeypatch.setenv("FAROL_PATH_PREFIX", f"/{page.stem}")

    with pytest.raises(SettingsError, match="an address of the portal itself"):
        Settings.load()


@pytest.mark.parametrize(
    ("path", "language", "says"),
    [
        ("/forcast", "pt-BR,pt;q=0.9", "Não há esta página"),
        ("/Overviw", "en-GB", "There is no such page"),
        ("/previsao?lang=en", "pt-BR", "There is no such page"),
    ],
)
def test_an_address_that_was_mistyped_says_so_and_leads_to_the_pages(
    pages: Starlette, path: str, language: str, says: str
) -> None:
    answer = get(pages, path, **{"Accept-Language": language})

    assert is_page("http", path.partition("?")[0])
    assert answer.status_code == 404
    assert says in answer.text
    assert {"./", "forecast", "orders", "data", "admin"} <= set(
        re.findall('href="([^"]+)"', answer.text)
    )
