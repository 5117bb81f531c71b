"""A whole site for a fault to strike: portal, S3 store, Redis, a small disk, and readers."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from datalayer.kernel.contract.registry_loader import load_registry
from tests.faults.between import Loop, RedisBetween, StoreBetween
from tests.faults.portal_process import PortalProcess
from tests.faults.publications import PublicationSeries
from tests.faults.readers import Sample
from tests.integration.servers import READER, publisher_into, running_s3, wait_until
from tests.portals import ROOT
from tests.redis_server import RedisServer, free_port, running_redis
from tests.unit.publications.full_disk import Disk, LimitedDisk, small_disk

DISK_BYTES = 64 * 2**20
REFRESHED_WITHIN_S = 90
STORE_TIMEOUT_S = 2


@dataclass(frozen=True)
class Refreshed:
    """How a refresh ended.

    Attributes:
        publication_id: The active one now, if it went well; else empty.
        problem: Why it did not, in the sentence that its caller is given.
        status: Of the problem, as a status of HTTP; 0 where none came.
    """

    publication_id: str = ""
    problem: str = ""
    status: int = 0


class PortalDisk(LimitedDisk):
    """Stands in where nothing can be mounted: the system refuses the portal's writes."""

    def __init__(self, folder: Path, pid: Callable[[], int]) -> None:
        super().__init__(folder)
        self._pid = pid

    def fill(self) -> None:
        """Allow no file of the portal to grow."""
        limits = (0, resource.RLIM_INFINITY)
        resource.prlimit(self._pid(), resource.RLIMIT_FSIZE, limits)

    def empty(self) -> None:
        """Allow them to."""
        limits = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(self._pid(), resource.RLIMIT_FSIZE, limits)


@dataclass
class Site:
    """All that a fault may strike, and what looks at it meanwhile.

    Attributes:
        disk: Holds the state folder of the portal.
        key: Of the API, of the scope ``refresh``.
        samples_file: Where the readers write how each read went.
    """

    folder: Path
    publications: PublicationSeries
    store: StoreBetween
    redis_server: RedisServer
    redis: RedisBetween
    portal: PortalProcess
    disk: Disk
    key: str = ""

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.disk.folder / "var"

    @property
    def samples_file(self) -> Path:
        """Where the readers write."""
        return self.folder / "samples.ndjson"

    def samples(self, from_byte: int, since_s: float, until_s: float) -> list[Sample]:
        """Return how the reads went that began between two moments.

        Args:
            from_byte: Size of the file of samples at the first moment.
        """
        with self.samples_file.open() as lines:
            lines.seek(from_byte)
            found = (Sample(**json.loads(line)) for line in lines if line.endswith("\n"))
            return [each for each in found if since_s <= each.at_s < until_s]

    def call(self, method: str, address: str, **more: object) -> httpx.Response:
        """Call the portal with the key."""
        headers = {"X-API-Key": self.key}
        return httpx.request(
            method, self.portal.address + address, headers=headers, timeout=30, **more
        )

    def begin_refresh(self, *, force: bool = False) -> httpx.Response:
        """Ask for a refresh; return the answer that accepts or refuses it."""
        body = {"source": "ml_results", "force": force}
        return self.call("POST", "/api/v1/data/refresh", json=body)

    def refresh(self, *, force: bool = False) -> Refreshed:
        """Bring in the store's latest publication; return how that ended."""
        try:
            answer = self.begin_refresh(force=force)
            if answer.status_code != 202:
                return Refreshed(problem=answer.json()["detail"], status=answer.status_code)
            return self._ended(answer.headers["Location"])
        except httpx.TransportError as error:
            return Refreshed(problem=f"no answer: {type(error).__name__}")

    def health(self) -> dict[str, object]:
        """Return what ``/health`` says; nothing where it does not answer."""
        try:
            content: dict[str, object] = self.call("GET", "/health").json()
        except httpx.TransportError:
            return {}
        return content

    def _ended(self, address: str) -> Refreshed:
        job: dict[str, object] = {}

        def ended() -> bool:
            job.update(self.call("GET", address).json())
            return job["status"] != "running"

        wait_until(ended, within_s=REFRESHED_WITHIN_S, problem=f"a refresh does not end: {job}")
        if job["status"] == "succeeded":
            return Refreshed(str(job["publication_id"]))
        problem = job["problem"]
        assert isinstance(problem, dict)
        return Refreshed(problem=problem["detail"], status=problem["status"])


@contextmanager
def running_site(folder: Path, *, rate: float, pages: int) -> Iterator[Site]:
    """Run a site that serves two publications, read *rate* times a second, for the block."""
    with ExitStack() as stack:
        site = _site(folder, stack)
        for _ in range(2):
            site.publications.publish()
            site.portal.command("datalayer", "activate")
        site.key = site.portal.command(
            "datalayer.access", "key", "add", "faults", "--scope", "refresh"
        ).strip()
        stack.callback(site.portal.stop)
        site.portal.start()
        stack.enter_context(_reading(site, rate, pages))
        yield site


def _site(folder: Path, stack: ExitStack) -> Site:
    for name in ("s3", "redis"):
        (folder / name).mkdir(parents=True)
    s3 = stack.enter_context(running_s3(folder / "s3"))
    redis_server = stack.enter_context(running_redis(folder / "redis"))
    loop = stack.enter_context(Loop())
    store = StoreBetween(loop, free_port(), s3.endpoint)
    redis = RedisBetween(loop, free_port(), redis_server.port)
    stack.callback(store.vanish)
    stack.callback(redis.close)
    store.listen()
    redis.listen()
    disk = stack.enter_context(small_disk(folder, size_bytes=DISK_BYTES))
    settings = {
        "FAROL_STORE": f"s3://{s3.bucket}/results",
        "FAROL_S3_ENDPOINT": store.endpoint,
        "FAROL_S3_ACCESS_KEY": READER[0],
        "FAROL_S3_SECRET_KEY": READER[1],
        "FAROL_S3_SECURE": "false",
        "FAROL_STORE_TIMEOUT_S": str(STORE_TIMEOUT_S),
        "FAROL_STATE": str(disk.folder / "var"),
        "FAROL_REDIS_URL": redis.url,
        "FAROL_RATE_LIMIT": "1000000/minute",
        "FAROL_KEEP_SNAPSHOTS": "4",
    }
    portal = PortalProcess(folder / "portal", settings)
    if isinstance(disk, LimitedDisk):
        disk = PortalDisk(disk.folder, lambda: portal.pid)
    publisher = publisher_into(s3, "results", load_registry(ROOT / "schema_registry.json"))
    publications = PublicationSeries(publisher, folder / "figures")
    return Site(folder, publications, store, redis_server, redis, portal, disk)


@contextmanager
def _reading(site: Site, rate: float, pages: int) -> Iterator[None]:
    arguments = (site.portal.address, site.publications.folder, site.samples_file, rate, pages)
    log = site.folder / "readers.log"
    with log.open("wb") as output:
        readers = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.readers", *map(str, arguments)],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    try:
        wait_until(
            lambda: readers.poll() is not None or site.samples_file.exists(),
            within_s=60,
            problem="the readers do not begin",
        )
        yield
        assert readers.poll() is None, f"the readers ended: {log.read_text()[-3000:]}"
    finally:
        readers.kill()
        readers.wait()
