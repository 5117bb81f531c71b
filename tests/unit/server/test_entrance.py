"""Requests come in under a known name, with the path prefix or without, and leave with it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message, Scope
from starlette.websockets import WebSocket
from structlog.testing import capture_logs

from datalayer.server.entrance import Entrance
from datalayer.server.hosts import AllowedHosts
from tests.portals import get
from tests.served_portal import ServedPortal, served_portal

PREFIX = "/intern/farol"


@pytest.fixture(scope="module")
def prefixed(
    tmp_path_factory: pytest.TempPathFactory, activated_folder: Path
) -> Iterator[ServedPortal]:
    """A portal of six parts under a path prefix."""
    folder = tmp_path_factory.mktemp("prefixed")
    shutil.copytree(activated_folder, folder, dirs_exist_ok=True)
    settings = {"path_prefix": PREFIX, "allowed_hosts": "farol.example"}
    with served_portal(folder, rate_limit="999999999/second", **settings) as served:
        yield served


def application(prefix: str = "") -> Entrance:
    """Return an application that shows what comes in."""

    async def show(request: Request) -> Response:
        answer = Response(f"{request.url.path} {request.scope['raw_path'].decode()}")
        answer.set_cookie("name", "value")
        return answer

    async def lead(request: Request) -> Response:
        return RedirectResponse(request.query_params["to"])

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"{socket.url.path} {socket.headers['host']}")

    app = Starlette(
        routes=[Route("/lead", lead), WebSocketRoute("/talk", talk), Route("/{path:path}", show)]
    )
    return Entrance(
        app,
        is_page=lambda _kind, _path: True,
        api=Starlette(),
        hosts=AllowedHosts("farol.example"),
        path_prefix=prefix,
    )


def asked(address: str, prefix: str = "") -> httpx.Response:
    return get(application(prefix), address, Host="farol.example")


def connected(path: str = "/talk", prefix: str = "", **headers: str) -> list[Message]:
    """Return what is sent to a client that opens a connection."""
    given = {"host": "farol.example", **headers}
    scope: Scope = {
        "type": "websocket",
        "path": path,
        "query_string": b"",
        "headers": [(each.lower().encode(), value.encode()) for each, value in given.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(prefix)(scope, receive, send))
    return sent


class TestServerNames:
    @pytest.mark.parametrize(
        "address", ["/api/v1/items", "/health", "/metrics", "/", "/api/v1/docs", "/nothing"]
    )
    def test_nothing_is_answered_under_a_strange_name(
        self, shared: ServedPortal, address: str
    ) -> None:
        answer = shared.get(address, Host='elsewhere.example"<b>')

        assert answer.status_code == 421
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.json()["type"] == "/api/v1/problems/unknown-host"

    @pytest.mark.parametrize("host", ["10.1.2.3:8501", "[::1]:8501", "localhost"])
    def test_a_probe_by_address_is_answered(self, shared: ServedPortal, host: str) -> None:
        assert shared.get("/health", Host=host).status_code == 200

    def test_the_name_that_a_proxy_was_asked_under_counts_too(self, shared: ServedPortal) -> None:
        answers = [
            shared.get("/health", **{"X-Forwarded-Host": forwarded}).status_code
            for forwarded in ("localhost", "localhost, 10.0.0.1", "localhost, elsewhere.example")
        ]

        assert answers == [200, 200, 421]

    def test_a_strange_name_opens_no_connection(self) -> None:
        (answer,) = connected(Host="elsewhere.example")

        assert answer["type"] == "websocket.close"


class TestConnections:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "farol.example"},
            {"Origin": "http://farol.example"},
            {"Origin": "https://farol.example", "X-Forwarded-Host": "farol.example"},
            {"Origin": "https://farol.example", "Host": "FAROL.example:443"},
            {"Origin": "https://farol.example", "Host": "10.0.0.5:8501",
             "X-Forwarded-Host": "farol.example"},
        ],
    )  # fmt: skip
    def test_a_page_of_the_portal_opens_one(self, headers: dict[str, str]) -> None:
        _, message = connected(**headers)

        assert message["text"] == "/talk farol.example"

    @pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://localhost", "null"])
    def test_a_page_of_another_site_opens_none(self, origin: str) -> None:
        with capture_logs() as logged:
            (answer,) = connected(Origin=origin)

        assert answer["type"] == "websocket.close"
        assert [line["type"] for line in logged] == ["cross-site"]
        assert origin in logged[0]["problem"]

    def test_one_is_opened_under_the_prefix(self) -> None:
        _, message = connected(f"{PREFIX}/talk", PREFIX)

        assert message["text"] == "/talk farol.example"


class TestPrefix:
    @pytest.mark.parametrize("kept", [PREFIX, ""])
    def test_a_proxy_may_keep_the_prefix_or_strip_it(self, kept: str) -> None:
        answer = asked(f"{kept}/items/A%2Fb%20c", PREFIX)

        assert answer.text == "/items/A/b c /items/A%2Fb%20c"

    def test_an_encoded_prefix_is_the_prefix(self) -> None:
        assert asked("/%66arol/A%2Fb", "/farol").text.startswith("/A/b ")

    def test_what_only_begins_like_the_prefix_is_left_alone(self) -> None:
        assert asked("/farolito/x", "/farol").text == "/farolito/x /farolito/x"

    def test_the_prefix_without_a_slash_leads_to_the_first_page(self) -> None:
        answer = asked(f"{PREFIX}?lang=en", PREFIX)

        assert (answer.status_code, answer.headers["location"]) == (308, f"{PREFIX}/?lang=en")

    @pytest.mark.parametrize(
        ("to", "leads_to"),
        [
            ("/forecast?item=1", f"{PREFIX}/forecast?item=1"),
            ("http://farol.example/data", f"{PREFIX}/data"),
            ("./data", "./data"),
            ("https://elsewhere.example/data", "https://elsewhere.example/data"),
        ],
    )
    def test_a_redirect_stays_under_the_prefix(self, to: str, leads_to: str) -> None:
        answer = asked(f"/lead?{urlencode({'to': to})}", PREFIX)

        assert answer.headers["location"] == leads_to

    def test_a_cookie_is_for_addresses_under_the_prefix(self) -> None:
        cookie = asked("/x", PREFIX).headers["set-cookie"]

        assert f"Path={PREFIX};" in f"{cookie};"
        assert "Path=/;" in f"{asked('/x').headers['set-cookie']};"

    @pytest.mark.parametrize("kept", [PREFIX, ""])
    def test_everything_of_the_portal_is_under_it(self, prefixed: ServedPortal, kept: str) -> None:
        addresses = ["/api/v1/items", "/api/v1/extracts/dim_item.csv", "/api/v1/docs"]
        addresses += ["/health", "/health/live", "/health/ready", "/metrics"]

        assert {prefixed.get(kept + each).status_code for each in addresses} == {200}

    def test_the_document_s_server_and_examples_are_under_it(self, prefixed: ServedPortal) -> None:
        document = prefixed.get(f"{PREFIX}/api/v1/openapi.json").json()

        assert document["servers"] == [{"url": f"{PREFIX}/api"}]

    def test_the_index_leads_to_addresses_under_it(self, prefixed: ServedPortal) -> None:
        index = prefixed.get("/api/v1").json()["data"]

        listed = [each["href"] for each in index["addresses"] if not each["templated"]]
        for each in (index["documentation"], index["openapi"], *listed):
            assert each.startswith(f"{PREFIX}/api/v1")
            assert prefixed.get(each).status_code == 200

    def test_the_type_of_a_problem_is_an_address_that_explains_it(
        self, prefixed: ServedPortal
    ) -> None:
        for found in (
            prefixed.get("/api/v1/items/nobody/timeseries"),
            prefixed.get("/api/v1/nothing"),
            prefixed.get("/health", Host="elsewhere.example"),
        ):
            kind = found.json()["type"]
            assert kind.startswith(f"{PREFIX}/api/v1/problems/")
            assert prefixed.get(kind).json()["data"]["type"] == kind

    def test_a_kept_answer_is_the_same_under_it(self, prefixed: ServedPortal) -> None:
        answers = [prefixed.get(f"{each}/api/v1/items?limit=1").text for each in (PREFIX, "") * 2]

        assert len(set(answers)) == 1

    def test_the_metrics_count_one_route_with_and_without_it(self, prefixed: ServedPortal) -> None:
        prefixed.get(f"{PREFIX}/api/v1/items?limit=2")

        assert PREFIX not in prefixed.get("/metrics").text

    def test_without_a_prefix_the_server_is_the_root(self, shared: ServedPortal) -> None:
        document = shared.get("/api/v1/openapi.json").json()

        assert document["servers"] == [{"url": "/api"}]


class TestNothingThere:
    @pytest.mark.parametrize(
        "address",
        [
            "/api/v1/typo",
            "/apiv1/items",
            "/healthz",
            "/health/typo",
            "/metricsx",
            "/other/api/v1/items",
            "/other/health",
            "/_stcore/metrics",
            "/index.html",
        ],
    )
    @pytest.mark.parametrize("kept", ["", PREFIX, "/other"])
    def test_a_program_is_told_so_with_a_problem(
        self, prefixed: ServedPortal, kept: str, address: str
    ) -> None:
        answer = prefixed.get(kept + address)

        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert json.loads(answer.text)["type"] == f"{PREFIX}/api/v1/problems/not-found"

    def test_a_browser_is_shown_the_way_to_the_first_page(self, prefixed: ServedPortal) -> None:
        answer = prefixed.get(f"{PREFIX}/forecasst", Accept="text/html,*/*;q=0.8")

        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert f'href="{PREFIX}/"' in answer.text

    def test_a_browser_is_shown_no_page_where_programs_ask(self, prefixed: ServedPortal) -> None:
        answer = prefixed.get("/healthz", Accept="text/html,*/*;q=0.8")

        assert answer.headers["content-type"] == "application/problem+json"


class TestProbes:
    @pytest.mark.parametrize("address", ["/health", "/health/live", "/health/ready"])
    @pytest.mark.parametrize(
        "credentials", [{"X-API-Key": "farol_old"}, {"Cookie": "farol_session=old"}]
    )
    def test_an_old_key_or_session_makes_no_portal_sick(
        self, shared: ServedPortal, address: str, credentials: dict[str, str]
    ) -> None:
        shared.get("/health")
        shared.portal.store_watch.wait_for_answer()
        shared.portal.state_watch.wait_for_answer()

        with_old, without = shared.get(address, **credentials), shared.get(address)

        assert with_old.text == without.text
        assert with_old.status_code == 200
