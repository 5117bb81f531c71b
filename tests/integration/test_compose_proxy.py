"""The proxy of docker-compose.yml: what it refuses, adds and takes away, whatever stands behind."""

from __future__ import annotations

import hashlib
import re
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.caddy_server import Caddy, adapted, caddy
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


@pytest.mark.parametrize("accepted", ["gzip", "zstd", ""])
def test_a_digest_and_an_etag_are_of_the_bytes_that_are_sent(proxy: Caddy, accepted: str) -> None:
    path = "/farol/api/v1/extracts/fact_demand.csv"
    with proxy.client() as visitor:
        del visitor.headers["Accept-Encoding"]
        visitor.headers.update({"Accept-Encoding": accepted} if accepted else {})
        # Known before it is sent once it was made.
        visitor.get(path)
        with visitor.stream("GET", path) as answer:
            sent = b"".join(answer.iter_raw())
        head = visitor.head(path)
        known = visitor.get(path, headers={"If-None-Match": head.headers["ETag"]})

    digest = b64decode(answer.headers["Repr-Digest"].partition("=:")[2].rstrip(":"))
    assert answer.headers.get("Content-Encoding", "") == accepted
    assert answer.headers["Content-Length"] == head.headers["Content-Length"] == str(len(sent))
    assert digest == hashlib.sha256(sent).digest()
    assert known.status_code == 304


def test_a_static_file_is_packed_and_a_head_of_it_says_no_wrong_length(proxy: Caddy) -> None:
    with proxy.client() as visitor:
        found = re.search('static/js/[^"]+', visitor.get("/farol/").text)
        assert found is not None
        script = f"/farol/{found[0]}"
        with visitor.stream("GET", script) as answer:
            sent = b"".join(answer.iter_raw())
        head = visitor.head(script)

    assert answer.headers["Content-Encoding"] in {"gzip", "zstd"}
    assert len(sent) < int(head.headers["Content-Length"])
    assert "Content-Encoding" not in head.headers


@pytest.mark.parametrize("path", ["/nothing", "/farol/", "/farol/api/v1/nothing"])
def test_no_answer_names_the_servers_or_is_without_policies(proxy: Caddy, path: str) -> None:
    with proxy.client() as visitor:
        headers = visitor.get(path).headers

    assert {name for name in PROTECTIVE if name not in headers} == set()
    assert {"Server", "Via"} & {name.title() for name in headers} == set()


def test_an_answer_is_not_kept_back_until_a_slow_body_ends(tmp_path: Path) -> None:
    servers = adapted(tmp_path)["apps"]["http"]["servers"].values()
    bounded = {server["listen"][0]: "read_timeout" in server for server in servers}

    # The job's parts of files take as long as they take.
    assert bounded == {
        ":8080": True,
        ":8333": False,
        ":8334": False,
        "127.0.0.1:2080": False,
    }


def test_a_portal_that_is_away_does_not_fill_the_log(tmp_path: Path) -> None:
    sampling = adapted(tmp_path)["logging"]["logs"]["default"]["sampling"]

    assert sampling["first"] <= 10
    assert sampling["thereafter"] >= 1000


def test_a_portal_that_is_away_is_a_calm_page_that_asks_again(alone: Caddy) -> None:
    with alone.client() as visitor:
        answer = visitor.get("/")

    assert answer.status_code in {502, 503}
    assert "the portal does not answer at present" in answer.text
    assert answer.headers["Refresh"] == answer.headers["Retry-After"] == "5"
    assert {name for name in PROTECTIVE if name not in answer.headers} == set()
    assert {"Server", "Via"} & {name.title() for name in answer.headers} == set()


def test_a_file_of_nobody_s_is_refused_by_the_portal_and_not_for_its_size(proxy: Caddy) -> None:
    with proxy.client() as visitor:
        path = "/farol/_stcore/upload_file/session/file"
        answer = visitor.put(path, content=bytes(2 * MIB))

    assert answer.status_code == 403
    assert "Only a signed-in administrator" in answer.text


@pytest.mark.parametrize(
    ("size", "is_announced"), [(MIB + 1, True), (10 * MIB, True), (MIB + 1, False)]
)
def test_a_large_body_is_refused_by_its_size(proxy: Caddy, size: int, is_announced: bool) -> None:
    content = b"x" * size
    with proxy.client() as visitor:
        answer = visitor.post(
            "/farol/api/v1/data/refresh", content=content if is_announced else iter([content])
        )

    # What is sent without its length, the portal may refuse before the proxy has counted it.
    assert answer.status_code == 413
    assert "1 MiB" in answer.text or not is_announced
    assert "Retry-After" not in answer.headers
