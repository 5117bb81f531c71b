"""docker-compose.yml as it is deployed: three replicas, the job's container, and what fails."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.visits import PATIENCE_MS
from tests.images.conftest import Say
from tests.images.engine import ContainerEngine, EngineError
from tests.images.job_machine import JobMachine
from tests.images.stack import (
    COMPOSE,
    REPLICA,
    WITHIN_S,
    Stack,
    health,
    stack_up,
)
from tests.integration.servers import wait_until
from tests.redis_server import free_port

REPLICAS = 3
NET_BIND_SERVICE = 1 << 10
PART = "P003"
SERIES = f"/api/v1/items/{PART}/timeseries"
# Reads one question without DuckDB, so that the answer can only come from another replica.
READ_FROM_CACHE = """
from datalayer import runtime
from datalayer.reading.database import Database
from datalayer.reading.questions import items

def refuse(*_):
    raise SystemExit("DuckDB was asked")

Database.query = refuse
print(runtime.portal().open().table(items.item("P003")).table.num_rows)
"""
READ = READ_FROM_CACHE.replace("Database.query = refuse", "")
WRITE = """
from datalayer.kernel.errors import StoreDenied
from datalayer.settings import Settings

store = Settings.load().open_store()
print(store.try_write())
for key in ("metadata.json", "publications/x/metadata.json"):
    try:
        store.write(key, b"{}")
        print("written")
    except StoreDenied as error:
        print("denied")
"""
CONNECT = """
import socket, sys
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
        print(address, "open")
    except OSError as error:
        print(address, "closed")
"""


@pytest.fixture(scope="module")
def stack(
    engine: ContainerEngine,
    services: None,
    app_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Three replicas, their services, and the store's door for the job's machine."""
    with stack_up(
        engine,
        tmp_path_factory.mktemp("compose"),
        "docker-compose.yml",
        "deploy/compose.ml-machine.yml",
        up=("--scale", f"app={REPLICAS}"),
        FAROL_APP_IMAGE=app_image,
        FAROL_STORE_LISTEN=f"0.0.0.0:{free_port()}",
    ) as up:
        up.wait_until_live()
        yield up


@pytest.fixture(scope="module")
def job(
    stack: Stack, ml_image: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[JobMachine]:
    job = JobMachine(stack, ml_image, tmp_path_factory.mktemp("input"))
    yield job
    job.remove()


@pytest.fixture(scope="module")
def refresher(stack: Stack) -> str:
    """A key of the API that may refresh."""
    return stack.portal("datalayer.access", "key", "add", "nightly", "--scope", "refresh").strip()


def finish(stack: Stack, key: str, action: str, **body: object) -> dict[str, object]:
    """Have the API refresh or roll back, and return the job once it has ended."""
    script = stack.visitor(**{"X-API-Key": key})
    began = script.post(f"/api/v1/data/{action}", json=body)
    assert began.status_code == 202, began.text
    job: dict[str, object] = began.json()

    def ended() -> bool:
        answer = script.get(f"/api/v1/data/refresh/{job['job_id']}")
        assert answer.status_code == 200, answer.text
        job.update(answer.json())
        return job["status"] != "running"

    wait_until(ended, within_s=WITHIN_S, problem=f"still running: {job}")
    return job


def refresh(stack: Stack, key: str) -> dict[str, object]:
    return finish(stack, key, "refresh", source="ml_results", confirm=True)


def wait_until_all_serve(visitors: list[httpx.Client], publication_id: object) -> float:
    """Wait until each replica serves the publication; return the seconds that it took."""
    began = time.monotonic()
    for visitor in visitors:
        wait_until(
            lambda visitor=visitor: health(visitor)["publication_id"] == publication_id,  # type: ignore[misc]
            within_s=WITHIN_S,
            problem=f"{publication_id} did not reach a replica: {health(visitor)}",
        )
    return time.monotonic() - began


@pytest.fixture(scope="module")
def first(stack: Stack, job: JobMachine, refresher: str) -> str:
    """The id of the first publication, active on all replicas."""
    published = job.publish()
    activated = refresh(stack, refresher)
    assert activated["outcome"] == "activated", activated
    wait_until_all_serve(stack.visitors_of_all(REPLICAS), published)
    return published


@pytest.fixture(scope="module")
def second(stack: Stack, job: JobMachine, refresher: str, first: str, say: Say) -> str:
    """The id of a second publication, activated on one replica and followed by the others."""
    published = job.publish()
    visitors = stack.visitors_of_all(REPLICAS)
    activated = refresh(stack, refresher)
    seconds = wait_until_all_serve(visitors, published)
    assert activated["outcome"] == "activated", activated
    say(f"an activation on one replica was served by all {REPLICAS} after {seconds:.1f} s")
    return published


def test_a_publication_of_the_job_s_container_is_seen_on_the_page(
    stack: Stack, first: str, browser: Browser
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{stack.address}/forecast?item={PART}")
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=PATIENCE_MS)

    expect(page.get_by_text(re.compile(r"Generated .+UTC")).first).to_be_visible()
    page.close()
    own = stack.address.partition("://")[2]
    assert [url for url in asked if own not in url and not url.startswith(("data:", "blob:"))] == []


def test_an_activation_reaches_every_replica(stack: Stack, second: str) -> None:
    serving = {health(visitor)["publication_id"] for visitor in stack.visitors_of_all(REPLICAS)}

    assert serving == {second}


def test_a_roll_back_reaches_every_replica(
    stack: Stack, refresher: str, first: str, second: str
) -> None:
    rolled_back = finish(stack, refresher, "rollback", publication_id=None)
    wait_until_all_serve(stack.visitors_of_all(REPLICAS), first)

    again = finish(stack, refresher, "rollback", publication_id=second)
    wait_until_all_serve(stack.visitors_of_all(REPLICAS), second)

    assert rolled_back["status"] == again["status"] == "succeeded"


def test_a_visitor_stays_with_one_replica(stack: Stack) -> None:
    for visitor in stack.visitors_of_all(REPLICAS):
        processes = {
            visitor.get("/health/live").headers["X-Request-ID"].rpartition("-")[0]
            for _ in range(10)
        }

        assert len(processes) == 1


def test_what_one_replica_read_another_finds_in_redis(stack: Stack, second: str) -> None:
    stack.inside("app", "python", "-c", READ, number=1)

    rows = stack.inside("app", "python", "-c", READ_FROM_CACHE, number=2)

    assert rows.strip() == "1"


def test_the_portal_s_key_can_read_and_not_write(stack: Stack, first: str) -> None:
    answers = stack.inside("app", "python", "-c", WRITE)

    assert answers.split() == ["False", "denied", "denied"]


@pytest.mark.parametrize("service", ["app", "redis", "store"])
def test_no_route_leads_out(stack: Stack, service: str) -> None:
    lines = stack.inside(service, "cat", "/proc/net/route").splitlines()[1:]

    destinations = [line.split()[1] for line in lines]
    assert destinations
    assert "00000000" not in destinations


def test_the_portal_reaches_s3_and_redis_and_nothing_else(stack: Stack) -> None:
    asked = ("s3:8333", "redis:6379", "store:8333", "store:18333", "proxy:2080", "192.0.2.1:443")

    found = stack.inside("app", "python", "-c", CONNECT, *asked).split("\n")

    assert [line.split()[0] for line in found if line.endswith("open")] == ["s3:8333", "redis:6379"]


def test_strangers_read_nothing_of_the_store(stack: Stack, first: str) -> None:
    address = f"http://127.0.0.1:{stack.variables['FAROL_STORE_LISTEN'].split(':')[1]}"
    paths = ("/farol/ml_results/metadata.json", "/farol", "/", "/status")

    answers = [httpx.get(address + path, trust_env=False).status_code for path in paths]

    assert answers == [403, 403, 404, 404]


@pytest.mark.parametrize("service", ["app", "redis", "store", "proxy"])
def test_no_container_has_more_rights_than_its_work_takes(stack: Stack, service: str) -> None:
    status = stack.inside(service, "cat", "/proc/1/status")

    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(lines["Uid"].split()) == {"10001"}
    assert int(lines["CapEff"], 16) == (NET_BIND_SERVICE if service == "proxy" else 0)
    assert lines["NoNewPrivs"].strip() == "1"
    assert not stack.engine.succeeds("exec", stack.container(service), "touch", "/etc/probe")


def test_every_container_is_found_healthy(stack: Stack, first: str) -> None:
    names = [stack.container("app", number) for number in range(1, REPLICAS + 1)]
    names += [stack.container(service) for service in ("redis", "store", "proxy")]

    assert [name for name in names if not stack.engine.succeeds("healthcheck", "run", name)] == []


def test_static_files_are_packed_and_answers_of_the_api_keep_their_own_packing(
    stack: Stack, first: str
) -> None:
    visitor = stack.visitor(**{"Accept-Encoding": "gzip"})
    script = re.search(r"static/js/[^\"]+\.js", visitor.get("/").text)
    assert script

    packed = visitor.get(f"/{script[0]}")
    answer = visitor.get(SERIES)

    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers.get("Content-Length", 0)) < len(packed.content) / 2
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["ETag"]


def test_the_proxy_adds_what_the_portal_leaves_out_and_nothing_against_it(stack: Stack) -> None:
    page = stack.visitor().get("/")

    assert page.headers.get_list("Content-Security-Policy") == [
        page.headers["Content-Security-Policy"]
    ]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Server" not in page.headers
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith(f"{REPLICA}=")
    assert "HttpOnly" in cookie


def test_what_is_too_large_is_refused_by_the_proxy(stack: Stack) -> None:
    visitor = stack.visitor()

    headers = visitor.get("/health/live", headers={"X-Padding": "x" * 100_000})
    body = visitor.post("/api/v1/data/refresh", content=b"x" * 2_000_000)

    assert headers.status_code == 431
    assert body.status_code == 413


def test_another_name_than_the_portal_s_is_refused(stack: Stack) -> None:
    answer = stack.visitor(Host="evil.example").get("/")

    assert answer.status_code == 421


def test_visitors_of_a_killed_replica_go_on_with_another(stack: Stack, second: str) -> None:
    visitors = stack.visitors_of_all(REPLICAS)
    stack.engine.run("kill", "--signal", "KILL", stack.container("app", 2))
    try:
        before = [visitor.cookies[REPLICA] for visitor in visitors]
        answers = [visitor.get(SERIES) for visitor in visitors]
        after = [visitor.cookies[REPLICA] for visitor in visitors]
    finally:
        stack.engine.run("start", stack.container("app", 2))
        stack.visitors_of_all(REPLICAS)

    assert [answer.status_code for answer in answers] == [200] * REPLICAS
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_without_redis_reads_go_on_and_with_it_again_it_is_used(stack: Stack, second: str) -> None:
    def cache() -> object:
        # A part that nobody asked for before is looked for in Redis.
        visitor.get(f"/api/v1/items/{next(unknown)}")
        return health(visitor)["cache"]["state"]  # type: ignore[index]

    unknown = (f"UNKNOWN{number}" for number in itertools.count())
    visitor = stack.visitor()
    stack.engine.run("kill", "--signal", "KILL", stack.container("redis"))
    try:
        wait_until(lambda: cache() == "down", within_s=WITHIN_S, problem="Redis is not missed")
        read = visitor.get("/api/v1/items/P004/timeseries").status_code
    finally:
        stack.engine.run("start", stack.container("redis"))

    wait_until(lambda: cache() == "ok", within_s=WITHIN_S, problem="Redis is not used again")
    assert read == 200


def test_without_the_store_reads_go_on_and_a_refresh_says_why_it_failed(
    stack: Stack, refresher: str, second: str
) -> None:
    visitor = stack.visitor()
    stack.engine.run("kill", "--signal", "KILL", stack.container("store"))
    try:
        failed = refresh(stack, refresher)
        read = visitor.get("/api/v1/items/P005/timeseries").status_code
        still = health(visitor)["publication_id"]
    finally:
        stack.engine.run("start", stack.container("store"))
    stack.engine.seconds_until(
        stack.container("store"), "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8333/healthz"
    )
    wait_until(
        lambda: refresh(stack, refresher)["status"] == "succeeded",
        within_s=WITHIN_S,
        problem="the store is not used again",
    )

    assert failed["status"] == "failed"
    assert "store s3://farol/ml_results" in str(failed["problem"])
    assert (read, still) == (200, second)


def replace_replicas(stack: Stack, **variables: str) -> str:
    """Have deploy/replace_replicas.sh make the replicas anew; return what it printed."""
    told = {"COMPOSE": str(COMPOSE), "COMPOSE_PROJECT_NAME": stack.name, "ENGINE": "podman"}
    told |= {"COMPOSE_FILE": ":".join(stack.files), **stack.variables, **variables}
    return stack.engine.call("sh", str(stack.folder / "deploy/replace_replicas.sh"), **told)


def started(stack: Stack) -> set[str]:
    """Return the ids of the replicas' containers that run."""
    filters = (
        f"label=com.docker.compose.project={stack.name}",
        "label=com.docker.compose.service=app",
    )
    named = [part for each in filters for part in ("--filter", each)]
    return set(stack.engine.run("ps", "--quiet", *named).split())


def test_a_replica_that_does_not_serve_ends_the_replacement_of_the_others(
    stack: Stack, second: str
) -> None:
    before = started(stack)
    visitors = stack.visitors_of_all(REPLICAS)

    with pytest.raises(EngineError, match="The other 2 were not touched"):
        replace_replicas(stack, FAROL_LOG_LEVEL="LOUD", WITHIN_S="5")

    left = started(stack)
    answers = [visitor.get(SERIES).status_code for visitor in visitors]
    stack.compose("up", "--detach", "--no-recreate", "--scale", f"app={REPLICAS}")
    assert left < before
    assert len(left) == REPLICAS - 1
    assert answers == [200] * REPLICAS


def test_replicas_are_replaced_one_after_the_other_while_the_rest_serve(
    stack: Stack, second: str, say: Say
) -> None:
    stack.visitors_of_all(REPLICAS)
    before, visitor, statuses = started(stack), stack.visitor(), []
    with ThreadPoolExecutor() as aside:
        replacing = aside.submit(replace_replicas, stack, FAROL_LOG_LEVEL="WARNING")
        while not replacing.done():
            statuses.append(visitor.get("/health/ready").status_code)

    said = replacing.result()

    say(f"{len(statuses)} answers to one visitor while three replicas were replaced")
    assert said.count("serves in place of") == REPLICAS
    assert set(statuses) == {200}
    assert started(stack).isdisjoint(before)
    assert len(started(stack)) == REPLICAS


def test_a_stop_and_a_start_of_all_of_it_lose_nothing(
    stack: Stack, refresher: str, second: str
) -> None:
    stack.compose("stop")
    store = stack.engine.run("inspect", "--format", "{{.State.ExitCode}}", stack.container("store"))
    stack.compose("start")
    stack.wait_until_live()
    visitors = stack.visitors_of_all(REPLICAS)

    assert store.strip() == "0"  # it ended by itself, and was not killed
    assert {health(visitor)["publication_id"] for visitor in visitors} == {second}
    wait_until(
        lambda: refresh(stack, refresher)["outcome"] == "already_current",
        within_s=WITHIN_S,
        problem="the store has not kept its publications",
    )
    assert "whole" in stack.portal("datalayer", "verify")
