"""The proxy of docker-compose.yml: what it refuses, adds and takes away, whatever stands behind."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.caddy_server import Caddy, caddy
from tests.redis_server import free_port
from tests.running_portal import running_portal

MIB = 1024 * 1024
PROTECTIVE = {
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, activated_folder: Path) -> Iterator[Caddy]:
    """HTTPS before a portal under a path, with variables in forms that the portal takes, too."""
    folder = tmp_path_factory.mktemp("portal")
    shutil.copytree(activated_folder, folder, dirs_exist_ok=True)
    with (
        running_portal(folder, FAROL_PATH_PREFIX="/farol/") as portal,
        caddy(
            tmp_path_factory.mktemp("caddy"),
            portal.address.removeprefix("http://"),
            FAROL_SCHEME="https",
            FAROL_PATH_PREFIX="/farol/",
            FAROL_OUTER_PROXIES="10.9.8.7/32, 192.0.2.0/24",
        ) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    """HTTP before a portal that is not there."""
    with caddy(tmp_path_factory.mktemp("alone"), f"127.0.0.1:{free_port()}") as running:
        yield running


def test_pages_and_api_are_under_the_path_alone(proxy: Caddy) -> None:
    with proxy.client() as visitor:
        paths = ("/farol/", "/farol/api/v1", "/", "/health", "/farolx")

        assert [visitor.get(path).status_code for path in paths] == [200, 200, 404, 404, 404]


def test_a_visitor_s_cookie_is_for_this_portal_alone(proxy: Caddy) -> None:
    with proxy.client() as visitor:
        cookie = visitor.get("/farol/health/live").headers["Set-Cookie"]

    name, _, attributes = cookie.partition(";")
    assert name.startswith("farol_replica=")
    assert attributes == " Path=/farol/; Secure; HttpOnly; SameSite=Lax"


def test_plain_http_is_sent_to_https(proxy: Caddy) -> None:
    plain = proxy.address.replace("https", "http")

    answer = httpx.get(f"{plain}/farol/forecast?item=P001", trust_env=False)

    assert answer.status_code == 308
    assert answer.headers["Location"] == f"{proxy.address}/farol/forecast?item=P001"


def test_no_other_port_is_announced(proxy: Caddy) -> None:
    with proxy.client() as visitor:
        assert "Alt-Svc" not in visitor.get("/farol/").headers


def test_a_digest_is_of_the_bytes_that_are_sent(proxy: Caddy) -> None:
    path, packed = "/farol/api/v1/extracts/fact_demand.csv", {"Accept-Encoding": "gzip"}
    with proxy.client() as visitor:
        # Known before it is sent once it was made.
        visitor.get(path, headers=packed)
        with visitor.stream("GET", path, headers=packed) as answer:
            sent = b"".join(answer.iter_raw())

    digest = b64decode(answer.headers["Repr-Digest"].partition("=:")[2].rstrip(":"))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(sent)
    assert digest == hashlib.sha256(sent).digest()


@pytest.mark.parametrize("path", ["/nothing", "/farol/", "/farol/api/v1/nothing"])
def test_no_answer_names_the_servers_or_is_without_policies(proxy: Caddy, path: str) -> None:
    with proxy.client() as visitor:
        headers = visitor.get(path).headers

    assert {name for name in PROTECTIVE if name not in headers} == set()
    assert {"Server", "Via"} & {name.title() for name in headers} == set()


def test_a_portal_that_is_away_is_a_calm_page_that_asks_again(alone: Caddy) -> None:
    with alone.client() as visitor:
        answer = visitor.get("/")

    assert answer.status_code in {502, 503}
    assert "the portal does not answer at present" in answer.text
    assert answer.headers["Refresh"] == answer.headers["Retry-After"] == "5"
    assert {name for name in PROTECTIVE if name not in answer.headers} == set()
    assert {"Server", "Via"} & {name.title() for name in answer.headers} == set()


@pytest.mark.parametrize("size", [MIB + 1, 10 * MIB])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_large_body_is_refused_by_its_size(proxy: Caddy, size: int, is_announced: bool) -> None:
    content = b"x" * size
    with proxy.client() as visitor:
        answer = visitor.post(
            "/farol/api/v1/data/refresh", content=content if is_announced else iter([content])
        )

    assert answer.status_code == 413
    assert "1 MiB" in answer.text or "1024 KiB" in answer.text
    assert "Retry-After" not in answer.headers
