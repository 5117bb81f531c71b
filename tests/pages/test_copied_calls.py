"""Copy this call: the calls that the data page shows for the rows it shows."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import Role
from pages.components.copied_calls import calls_of
from tests.pages.conftest import OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher

HOSTILE = """a'b"c$(id)`id`\\ ;&|<>#!*?[x]{y}~%41\nç漢"""


def calls_shown(app: AppTest) -> list[str]:
    """Return the calls for curl, Python and R."""
    return [each.value for each in app.code if "/api/v1/" in each.value]


def addresses_shown(app: AppTest) -> list[str]:
    """Return the address in each of the calls, as its language reads it."""
    curl, python, r = calls_shown(app)
    called = next(n for n in ast.walk(ast.parse(python)) if isinstance(n, ast.Call) and n.args)
    quoted = r[r.index('"') : r.index('", encoding') + 1]
    return [
        shlex.split(curl)[-1],
        ast.literal_eval(called.args[0]),
        ast.literal_eval(quoted),
    ]


@pytest.mark.usefixtures("active")
def test_the_calls_are_of_the_publication_shown_at_the_address_of_the_browser(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_demand", dialect="excel-br")
    app.context = {**app.context, "url": "https://farol.example/parts/data"}

    shown = addresses_shown(app.run())

    pin = f"p={active.latest.publication_id}"
    address = "https://farol.example/parts/api/v1/extracts/fact_demand"
    assert shown == [
        f"{address}.csv?dialect=excel-br&{pin}",
        f"{address}.parquet?{pin}",
        f"{address}.csv?{pin}",
    ]
    assert not any("FAROL_KEY" in call for call in calls_shown(app))


@pytest.mark.usefixtures("active")
def test_the_calls_have_the_filters_columns_and_order_of_the_page(open_page: OpenPage) -> None:
    app = open_page(
        "data.py",
        locale="en-US",
        dataset="dim_item",
        name_contains=HOSTILE.replace("\\", "\\\\").replace(",", "\\,"),
        columns="name,item_id",
        order="-name",
    )

    for address in addresses_shown(app):
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["name_contains"] == HOSTILE
        assert asked["columns"] == "name,item_id"
        assert asked["order"] == "-name"


def test_members_are_told_where_their_key_goes(
    open_page: OpenPage, active: Publisher, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(state, "ana", Role.ANALYST)
    monkeypatch.setenv("FAROL_ACCESS", "members")
    runtime.reset()

    app = sign_in(open_page("data.py", locale="en-US"), "ana")

    shown = calls_shown(app)
    assert len(shown) == 3
    assert all("FAROL_KEY" in call for call in shown)
    assert "environment variable FAROL_KEY" in texts(app)


@pytest.mark.parametrize(
    ("texts", "flags", "classes"),
    [
        (["item_id", "name"], [], 'item_id = "character", name = "character"'),
        (["item_id"], ["stocked"], 'item_id = "character", stocked = "logical"'),
        ([], ["stocked"], 'stocked = "logical"'),
    ],
)
def test_r_is_told_what_it_would_take_for_something_else(
    texts: list[str], flags: list[str], classes: str
) -> None:
    calls = calls_of("http://p/a", "http://p/b", "http://p/c", texts, flags, with_key=False)

    assert f"colClasses = c({classes})" in calls["R"]


def test_r_is_told_nothing_where_there_is_nothing_to_tell() -> None:
    calls = calls_of("http://p/a", "http://p/b", "http://p/c", [], [], with_key=False)

    assert "colClasses" not in calls["R"]
