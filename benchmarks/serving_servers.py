"""The servers under load, each a process of its own on a free port, ended with the block."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.serving_data import ServedPublication
from benchmarks.serving_load import LoadAnswer, Unfair, ask

ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / ".venv-serving/bin/python"
UVICORN = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
READY_WITHIN_S = 120
NO_LIMIT = "999999999/second"

_READ = re.compile(rb'"event": ?"api\.read"')
_HIT = re.compile(rb'"cache_hit": ?true')


@dataclass
class Server:
    """A running server.

    Attributes:
        port: On this host.
        log: What it wrote to its standard output and error.
        ready_s: From its start to its first answer.
    """

    port: int
    log: Path
    ready_s: float
    _read_to: int = field(default=0)

    def check_reads(self, *, least: int, cached: bool) -> None:
        """Compare what Farol logged since the last check with what it was asked.

        Args:
            least: Reads that were answered, so that as many lines are expected.
            cached: Whether all of them must come from the cache, or none.

        Raises:
            Unfair: It logged less, or an answer came from where it must not.
        """
        reads, hits = 0, 0
        deadline = time.monotonic() + 20
        while reads < least and time.monotonic() < deadline:
            lines = self._lines()
            reads += sum(bool(_READ.search(line)) for line in lines)
            hits += sum(bool(_HIT.search(line)) for line in lines)
            if reads < least:
                time.sleep(0.05)  # between two looks at a condition with a deadline
        if reads < least:
            raise Unfair(f"Farol logged {reads} reads of at least {least}; see {self.log}")
        wrong = hits < least if cached else hits > 0
        if wrong:
            expected = "all" if cached else "none"
            raise Unfair(f"{hits} of {reads} answers came from the cache; {expected} must")

    def forget_reads(self) -> None:
        """Leave what was logged so far out of the next check.

        Lines come in the order of their answers: once that of one more read stands in the log, so
        do those before it.

        Raises:
            Unfair: Its line does not come.
        """
        marker = f"marker-{time.monotonic_ns()}"
        address = f"http://127.0.0.1:{self.port}/api/v1/exceptions?limit=1"
        for _ in range(2):  # the second comes from the cache, where there is one
            asked = urllib.request.Request(address, headers={"X-Request-ID": marker})
            with urllib.request.urlopen(asked) as answer:
                answer.read()
        found, deadline = 0, time.monotonic() + 20
        while found < 2:
            if time.monotonic() > deadline:
                raise Unfair(f"Farol logged no read as {marker}; see {self.log}")
            found += sum(marker.encode() in line for line in self._lines())
            time.sleep(0.02)  # between two looks at a condition with a deadline

    def _lines(self) -> list[bytes]:
        with self.log.open("rb") as log:
            log.seek(self._read_to)
            whole, _, _ = log.read().rpartition(b"\n")
        self._read_to += len(whole) + bool(whole)
        return whole.split(b"\n")


@contextmanager
def farol(published: ServedPublication, folder: Path, *, cache: bool = True) -> Iterator[Server]:
    """Serve a publication with the real application, under its defaults.

    Args:
        published: What to serve.
        folder: For the log.
        cache: False to keep no answer, so that every one is made anew.
    """
    settings = {**published.settings(), "FAROL_RATE_LIMIT": NO_LIMIT}
    if not cache:
        settings["FAROL_CACHE_BYTES"] = "0"
    port = free_port()
    command = [sys.executable, *_uvicorn(port), "app:app"]
    with running("farol", command, settings, folder, ready=(port, "/health")) as server:
        yield server


@contextmanager
def replay(answers: Mapping[str, LoadAnswer], folder: Path) -> Iterator[Server]:
    """Serve *answers* by their path with a raw ASGI application; and ``/hello``."""
    hello = LoadAnswer(
        200, (("content-type", "text/plain"), ("content-length", "11")), b"hello world"
    )
    kept = {}
    for number, (path, answer) in enumerate({**answers, "/hello": hello}.items()):
        body = folder / f"replay-{number}.bin"
        body.write_bytes(answer.body)
        # uvicorn writes these two itself, as it does for Farol.
        headers = [each for each in answer.headers if each[0] not in {"date", "server"}]
        kept[path] = (headers, str(body))
    listing = folder / "replay.json"
    listing.write_text(json.dumps(kept), encoding="utf-8")
    port = free_port()
    command = [sys.executable, *_uvicorn(port), "benchmarks.serving_peers.replay:app"]
    settings = {"SERVING_REPLAY": str(listing)}
    with running("replay", command, settings, folder, ready=(port, "/hello")) as server:
        yield server


@contextmanager
def roapi(published: ServedPublication, folder: Path, *, in_memory: bool) -> Iterator[Server]:
    """Serve fact_forecast with ROAPI: its copy in memory, as it comes, or the Parquet file."""
    port, *others = (free_port() for _ in range(3))
    name = "roapi-memory" if in_memory else "roapi-parquet"
    config = folder / f"{name}.json"
    addresses = zip(("http", "postgres", "flight_sql"), (port, *others), strict=True)
    table = {
        "name": "fact_forecast",
        "uri": str(published.fact_forecast),
        "option": {"format": "parquet", "use_memory_table": in_memory},
    }
    document = {"addr": {key: f"127.0.0.1:{at}" for key, at in addresses}, "tables": [table]}
    # JSON is YAML, which is what it reads.
    config.with_suffix(".yml").write_text(json.dumps(document), encoding="utf-8")
    command = [str(PEERS_PYTHON.with_name("roapi")), "-c", str(config.with_suffix(".yml"))]
    with running(name, command, {}, folder, ready=(port, "/api/schema")) as server:
        yield server


@contextmanager
def datasette(published: ServedPublication, folder: Path) -> Iterator[Server]:
    """Serve fact_forecast with Datasette from an indexed SQLite file."""
    port = free_port()
    app_dir = str(ROOT / "benchmarks/serving_peers")
    command = [str(PEERS_PYTHON), *_uvicorn(port), "--app-dir", app_dir, "datasette_app:app"]
    settings = {"SERVING_SQLITE": str(published.sqlite())}
    ready = (port, "/-/versions.json")
    with running("datasette", command, settings, folder, ready=ready) as server:
        yield server


def peer_versions() -> dict[str, str]:
    """Return the versions of the peers' packages.

    Raises:
        Unfair: Their environment is missing.
    """
    if not PEERS_PYTHON.exists():
        raise Unfair(f"{PEERS_PYTHON.parent.parent} is missing: make .venv-serving/.ready")
    code = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({n: m.version(n) for n in ('roapi', 'datasette', 'uvicorn')}))"
    )
    told = subprocess.run([PEERS_PYTHON, "-c", code], capture_output=True, text=True, check=True)
    versions: dict[str, str] = json.loads(told.stdout)
    return versions


def free_port() -> int:
    """Return a port of this host that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _uvicorn(port: int) -> list[str]:
    return ["-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), *UVICORN]


@contextmanager
def running(
    name: str,
    command: list[str],
    settings: Mapping[str, str],
    folder: Path,
    *,
    ready: tuple[int, str],
) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        name: Of its log.
        command: What starts it.
        settings: Its environment, beside this process's.
        folder: For the log.
        ready: The port and the address that answer with 200 once it can be asked.

    Raises:
        Unfair: It did not start.
    """
    log = folder / f"{name}-{ready[0]}.log"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FAROL_")}
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env={**kept, **settings}
        )
    try:
        while not _answers(*ready):
            if process.poll() is not None or time.monotonic() > began + READY_WITHIN_S:
                told = log.read_text(errors="replace")[-3000:]
                raise Unfair(f"{name} did not start: {told}")
            time.sleep(0.02)  # between two looks at a condition with a deadline
        yield Server(ready[0], log, time.monotonic() - began)
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(port: int, address: str) -> bool:
    try:
        return ask(port, address, timeout_s=10).status == 200
    except OSError:
        return False
