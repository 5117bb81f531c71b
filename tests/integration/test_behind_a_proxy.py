"""Behind the nginx of deploy/nginx.conf everything is under the prefix, kept or stripped."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.nginx_server import KEPT, NAME, STRIPPED, Proxied, nginx
from tests.running_portal import READY_WITHIN_S, running_portal

PREFIX = "/farol"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, activated_folder: Path) -> Iterator[str]:
    """The address of a portal of six parts under a prefix, without its proxy."""
    folder = tmp_path_factory.mktemp("proxied")
    shutil.copytree(activated_folder, folder, dirs_exist_ok=True)
    settings = {"FAROL_PATH_PREFIX": PREFIX, "FAROL_ALLOWED_HOSTS": NAME}
    with running_portal(folder, **settings) as running:
        yield running.address


@pytest.fixture(scope="module", params=[KEPT, STRIPPED], ids=["kept", "stripped"])
def proxied(
    tmp_path_factory: pytest.TempPathFactory, portal: str, request: pytest.FixtureRequest
) -> Iterator[Proxied]:
    with nginx(tmp_path_factory.mktemp("nginx"), portal, request.param) as found:
        yield found


@pytest.mark.parametrize(
    "path", ["/health", "/health/live", "/health/ready", "/api/v1/items?limit=1", "/metrics"]
)
def test_what_programs_ask_for_is_under_the_prefix(proxied: Proxied, path: str) -> None:
    answer = proxied.get(PREFIX + path)

    assert answer.status_code == 200
    assert "html" not in answer.headers["content-type"]


def test_a_file_is_whole(proxied: Proxied, portal: str) -> None:
    path = "/api/v1/extracts/fact_demand.parquet"

    fetched = proxied.get(PREFIX + path)
    described = proxied.get(f"{PREFIX}{path}.metadata.json").json()

    assert hashlib.sha256(fetched.content).hexdigest() == described["sha256"]


def test_the_document_leads_to_what_it_describes(proxied: Proxied) -> None:
    document = proxied.get(f"{PREFIX}/api/v1/openapi.json").json()

    server = document["servers"][0]["url"]
    assert proxied.get(f"{server}/v1/items").status_code == 200
    assert proxied.get(f"{PREFIX}/api/v1/docs").status_code == 200
    assert proxied.get(f"{PREFIX}/api/v1/docs/start.js").status_code == 200


def test_a_problem_s_type_is_an_address_under_the_prefix(proxied: Proxied) -> None:
    kind = proxied.get(f"{PREFIX}/api/v1/items/nobody/timeseries").json()["type"]

    assert proxied.get(kind).json()["data"]["type"] == kind


def test_the_longest_addresses_and_the_links_that_repeat_them_pass(proxied: Proxied) -> None:
    parts = "".join(f"&item_id={number:060d}" for number in range(199))

    answer = proxied.get(f"{PREFIX}/api/v1/datasets/fact_demand/rows?limit=1&item_id=P00001{parts}")

    assert answer.status_code == 200
    following = httpx.URL(answer.url).join(answer.links["next"]["url"])
    assert len(following.raw_path) > 12_000
    assert proxied.get(following.raw_path.decode()).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/typo", "/healthz", "/health/typo", "/_stcore/metrics"])
def test_there_is_no_page_where_programs_ask(proxied: Proxied, path: str) -> None:
    answer = proxied.get(PREFIX + path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", "/forecast", "/orders", "/data", "/admin"])
def test_a_page_and_what_it_loads_are_under_the_prefix(proxied: Proxied, path: str) -> None:
    assert proxied.get(PREFIX + path).headers["content-type"].startswith("text/html")
    for each in ("/app/static/start.js", "/_stcore/host-config", "/favicon.png"):
        assert proxied.get(PREFIX + each).status_code == 200


@pytest.mark.parametrize(
    ("path", "leads_to"), [("", "/farol/"), ("/overview?lang=en", "./?lang=en")]
)
def test_an_address_near_a_page_s_leads_under_the_prefix(
    proxied: Proxied, path: str, leads_to: str
) -> None:
    assert proxied.get(PREFIX + path).headers["location"] == leads_to


def test_a_file_of_nobody_s_is_refused_by_the_portal_and_not_for_its_size(
    proxied: Proxied,
) -> None:
    # Two MiB, which nginx by itself would refuse before the portal hears of it.
    address = f"{proxied.address}{PREFIX}/_stcore/upload_file/session/file"
    headers = {"Host": f"{NAME}:{proxied.port}"}

    answer = httpx.put(address, content=bytes(2 * 1024 * 1024), headers=headers)

    assert answer.status_code == 403
    assert "Only a signed-in administrator" in answer.text


def test_a_cookie_is_for_the_prefix_only(proxied: Proxied) -> None:
    cookie = proxied.get(f"{PREFIX}/_stcore/health").headers["set-cookie"]

    assert f"Path={PREFIX};" in f"{cookie};"


def test_a_page_is_drawn_over_its_connection(proxied: Proxied) -> None:
    assert asyncio.run(page_drawn(proxied, origin=f"http://{NAME}:{proxied.port}"))


def test_a_page_of_another_site_is_drawn_none(proxied: Proxied) -> None:
    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(page_drawn(proxied, origin="http://elsewhere.example"))

    assert refused.value.response.status_code == 403


async def page_drawn(proxied: Proxied, origin: str) -> bool:
    """Return True once the script of the first page has run to its end without a failure."""
    address = f"ws://{NAME}:{proxied.port}{PREFIX}/_stcore/stream"
    connecting = websockets.connect(
        address, host="127.0.0.1", port=int(proxied.port), origin=origin,
        subprotocols=["streamlit"], max_size=None, proxy=None,
    )  # fmt: skip
    async with asyncio.timeout(READY_WITHIN_S), connecting as connection:
        asked = BackMsg()
        asked.rerun_script.query_string = ""
        await connection.send(asked.SerializeToString())
        async for data in connection:
            told = ForwardMsg.FromString(data)
            if told.WhichOneof("type") == "script_finished":
                return told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    return False
