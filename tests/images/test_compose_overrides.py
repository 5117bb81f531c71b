"""The overrides of docker-compose.yml: another store, HTTPS under a path, a plain folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import StoreError
from datalayer.kernel.storage.s3_store import S3Options, S3Store
from tests.caddy_server import make_certificate
from tests.images.engine import ContainerEngine
from tests.images.stack import (
    WITHIN_S,
    Stack,
    copy_files,
    health,
    service_image,
    stack_up,
)
from tests.integration.servers import wait_until
from tests.publisher import Publisher
from tests.redis_server import free_port

BUCKET, PREFIX = "farol", "results"
CALLS = 30
"""How many calls of the API an address may make of the portal under HTTPS."""


@dataclass(frozen=True)
class OutsideStore:
    """An S3 server that is no part of the stack.

    Attributes:
        endpoint: As containers reach it: this machine's address on the engine's own bridge.
        keys: Folder with the files of a key that may only read.
        publication_id: What was published into it.
    """

    endpoint: str
    keys: Path
    publication_id: str


@pytest.fixture(scope="module")
def outside(
    engine: ContainerEngine,
    services: None,
    registry: Registry,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OutsideStore]:
    folder = tmp_path_factory.mktemp("outside")
    copy_files(folder)
    engine.call("sh", str(folder / "deploy/init.sh"))
    secrets, port = folder / "deploy/secrets", free_port()
    options = (
        "--init",
        f"--publish=0.0.0.0:{port}:8333",
        f"--volume={folder}/deploy/store/start.sh:/etc/farol/start.sh:ro",
        f"--volume={secrets}/store/identities.json:/run/secrets/s3_identities:ro",
        "--env=WEED_LEVELDB2_DIR=/var/tmp/index",
        "--entrypoint=/bin/sh",
    )
    with engine.container(service_image("store"), "/etc/farol/start.sh", options=options):
        key = (secrets / "ml_jobs/farol_s3_secret_key").read_text().strip()
        writing = S3Options(f"127.0.0.1:{port}", "ml_jobs", key, secure=False)
        store = S3Store(writing, BUCKET, PREFIX)

        def takes_writes() -> bool:
            try:
                store.write("ready", b"")
            except StoreError:
                return False
            return True

        wait_until(takes_writes, within_s=WITHIN_S, problem="the store takes no writes")
        published = Publisher(store, registry).publish()
        bridge = engine.run("network", "inspect", "podman", "--format", "{{json .Subnets}}")
        yield OutsideStore(
            endpoint=f"{json.loads(bridge)[0]['gateway']}:{port}",
            keys=secrets / "portal",
            publication_id=published.publication_id,
        )


@pytest.fixture(scope="module")
def elsewhere(
    engine: ContainerEngine,
    outside: OutsideStore,
    app_image: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """A portal over the outside store, with HTTPS, under /farol."""

    def prepare(folder: Path) -> None:
        secrets = folder / "deploy/secrets"
        for key in outside.keys.glob("farol_s3_*"):
            (secrets / "portal" / key.name).write_bytes(key.read_bytes())
        make_certificate(secrets / "tls")

    with stack_up(
        engine,
        tmp_path_factory.mktemp("elsewhere"),
        "docker-compose.yml",
        "deploy/compose.s3.yml",
        init=("--without-store",),
        prepare=prepare,
        FAROL_APP_IMAGE=app_image,
        FAROL_SCHEME="https",
        FAROL_PATH_PREFIX="/farol",
        FAROL_STORE=f"s3://{BUCKET}/{PREFIX}",
        FAROL_S3_ENDPOINT=outside.endpoint,
        FAROL_S3_SECURE="false",
        FAROL_RATE_LIMIT=f"{CALLS}/hour",
    ) as up:
        up.wait_until_live("/farol/health/live")
        yield up


def test_the_outside_store_s_publication_is_served(elsewhere: Stack, outside: OutsideStore) -> None:
    elsewhere.portal("datalayer", "activate", "--confirm")

    found = health(elsewhere.visitor(), "/farol/health")

    assert found["publication_id"] == outside.publication_id


def test_no_store_of_its_own_runs_beside_the_outside_one(elsewhere: Stack) -> None:
    assert not elsewhere.engine.succeeds("container", "exists", elsewhere.container("store"))


def test_pages_and_api_are_under_the_path_and_nothing_else_is_there(elsewhere: Stack) -> None:
    visitor = elsewhere.visitor()
    paths = ("/farol/", "/farol/forecast", "/farol/api/v1", "/", "/health", "/farolx")

    answers = [visitor.get(path).status_code for path in paths]

    assert answers == [200, 200, 200, 404, 404, 404]


def test_addresses_in_answers_are_of_https_and_the_path(elsewhere: Stack) -> None:
    feed = elsewhere.visitor().get("/farol/api/v1/publications.atom")

    assert f"{elsewhere.address}/farol/api/v1/" in feed.text


def test_browsers_are_told_to_stay_with_https(elsewhere: Stack) -> None:
    page = elsewhere.visitor().get("/farol/")

    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_an_address_that_a_visitor_made_up_is_not_believed(elsewhere: Stack) -> None:
    visitor = elsewhere.visitor()

    answers = [
        visitor.get("/farol/api/v1", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(CALLS + 1)
    ]

    assert answers[-1] == 429


@pytest.fixture(scope="module")
def over_a_folder(
    engine: ContainerEngine, app_image: str, store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    with stack_up(
        engine,
        tmp_path_factory.mktemp("folder"),
        "deploy/compose.folder.yml",
        FAROL_APP_IMAGE=app_image,
        FAROL_FOLDER=str(store),
    ) as up:
        up.wait_until_live()
        yield up


def test_a_folder_alone_is_served_by_one_container(over_a_folder: Stack) -> None:
    over_a_folder.portal("datalayer", "activate")

    running = over_a_folder.engine.run("ps", "--format", "{{.Names}}").split()

    assert health(over_a_folder.visitor())["readiness"] == "ready"
    assert [name for name in running if name.startswith(over_a_folder.name)] == [
        over_a_folder.container("app")
    ]


def test_the_folder_can_t_be_written_to(over_a_folder: Stack) -> None:
    app = over_a_folder.container("app")

    assert not over_a_folder.engine.succeeds("exec", app, "touch", "/srv/ml_results/probe")
