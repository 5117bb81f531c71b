"""Pages of other origins read where a setting names them, with a key and never with a cookie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datalayer.kernel.contract.manifest import Manifest
from tests.served_portal import ServedPortal, served_portal

ITEMS = "/api/v1/items"
FILE = "/api/v1/extracts/dim_item.parquet"
OURS = "https://bi.example.com"
ALLOWED = "access-control-allow-origin"


def shared_with(origins: str, folder: Path, activated: Manifest) -> Iterator[ServedPortal]:
    with served_portal(folder, cors_origins=origins) as served:
        yield served


@pytest.fixture
def one(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal that pages of one origin, and of another port of this host, may read."""
    yield from shared_with(f"{OURS}, http://localhost:3000", tmp_path, activated)


@pytest.fixture
def everybody(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    yield from shared_with("*", tmp_path, activated)


def preflight(served: ServedPortal, origin: str, method: str, headers: str = "") -> dict[str, str]:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    more = {"Access-Control-Request-Headers": headers} if headers else {}
    answer = served.call("OPTIONS", ITEMS, {**asked, **more})
    return {**answer.headers, "status": str(answer.status_code)}


@pytest.mark.parametrize("address", [ITEMS, FILE, "/api/v1/nothing"])
@pytest.mark.parametrize("origin", [OURS, "null", "https://evil.example"])
def test_by_itself_nobody_is_let_in(served: ServedPortal, address: str, origin: str) -> None:
    answer = served.get(address, Origin=origin)

    assert [each for each in answer.headers if each.startswith("access-control")] == []
    assert served.call("OPTIONS", address, {"Origin": origin}).status_code in (404, 405)


@pytest.mark.parametrize("address", [ITEMS, FILE, "/api/v1/items/nobody"])
@pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
def test_a_named_origin_may_read_and_sees_the_headers(
    one: ServedPortal, address: str, origin: str
) -> None:
    for _ in range(2):  # the second one is a kept answer
        answer = one.get(address, Origin=origin)

        assert answer.headers[ALLOWED] == origin
        shown = answer.headers["access-control-expose-headers"]
        assert {"ETag", "X-Row-Count", "Repr-Digest", "Link"} <= set(shown.split(", "))
        (varies,) = answer.headers.get_list("vary")
        assert "Origin" in varies.split(", ")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://bi.example.com.evil.example",
        "http://bi.example.com",
        "https://bi.example.com:444",
        "https://BI.example.com",
        "null",
        "",
    ],
)
def test_no_other_origin_is_let_in(one: ServedPortal, origin: str) -> None:
    one.get(ITEMS, Origin=OURS)

    answer = one.get(ITEMS, Origin=origin)

    assert answer.status_code == 200
    assert ALLOWED not in answer.headers
    assert ALLOWED not in preflight(one, origin, "GET")


def test_without_an_origin_the_answer_says_that_it_depends_on_it(one: ServedPortal) -> None:
    assert "Origin" in one.get(ITEMS).headers["vary"]


def test_a_browser_may_ask_for_what_reading_takes(one: ServedPortal) -> None:
    told = preflight(one, OURS, "GET", "x-api-key, range, if-range, if-none-match")

    assert told["status"] == "200"
    assert told[ALLOWED] == OURS


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_nothing_is_changed_from_another_origin(one: ServedPortal, method: str) -> None:
    assert preflight(one, OURS, method)["status"] == "400"


@pytest.mark.parametrize(
    ("origin", "method"), [(OURS, "POST"), ("https://evil.example", "GET"), ("null", "PUT")]
)
def test_what_a_browser_may_not_ask_is_told_by_a_problem(
    one: ServedPortal, origin: str, method: str
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}

    answer = one.call("OPTIONS", ITEMS, asked)

    assert answer.headers["content-type"] == "application/problem+json"
    assert origin in answer.json()["detail"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Origin" in answer.headers["vary"]


def test_cookies_are_never_let_in(one: ServedPortal, everybody: ServedPortal) -> None:
    for served in (one, everybody):
        answer = served.get(ITEMS, Origin=OURS)

        assert "access-control-allow-credentials" not in answer.headers
        assert "access-control-allow-credentials" not in preflight(served, OURS, "GET")


def test_everybody_may_read_where_the_setting_says_so(everybody: ServedPortal) -> None:
    assert everybody.get(ITEMS, Origin="https://anybody.example").headers[ALLOWED] == "*"
