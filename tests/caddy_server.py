"""A real Caddy before a portal, by the files of deploy/proxy/ that compose gives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.integration.servers import wait_until
from tests.portals import ROOT
from tests.redis_server import free_port
from tests.running_portal import READY_WITHIN_S

DYNAMIC = "dynamic a {\n\t\t\t\tname app\n\t\t\t\tport 8501\n\t\t\t\trefresh 2s\n\t\t\t}"
TLS = "/run/tls"
PORTS = (":8080", ":8333", ":8334", ":2080")
VARIABLES = {
    "FAROL_SCHEME": "http",
    "FAROL_PATH_PREFIX": "",
    "FAROL_OUTER_PROXIES": "127.0.0.1/32",
}
"""What docker-compose.yml gives by itself."""


@dataclass(frozen=True)
class Caddy:
    """A proxy at *port* of this machine."""

    scheme: str
    port: int

    @property
    def address(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def client(self) -> httpx.Client:
        """Return a browser of its own, which keeps cookies."""
        return httpx.Client(
            base_url=self.address,
            timeout=READY_WITHIN_S,
            trust_env=False,
            verify=False,  # the tests' certificates are their own
        )


def make_certificate(folder: Path) -> None:
    """Write certificate.pem and key.pem of this machine into *folder*, for any user."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    for name in ("key.pem", "certificate.pem"):
        (folder / name).chmod(0o444)


def environment(**variables: str) -> dict[str, str]:
    """Return what the proxy runs in: *variables* beside those of docker-compose.yml."""
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**VARIABLES, "PATH": programs, **variables}


def copy_files(folder: Path, **changes: str) -> None:
    """Copy the files of deploy/proxy/ into *folder*, which is their /run/tls, too.

    Args:
        changes: What stands in them, and what takes its place.
    """
    for path in (ROOT / "deploy/proxy").iterdir():
        text = path.read_text(encoding="utf-8").replace(TLS, str(folder))
        for before, after in changes.items():
            text = text.replace(before, after)
        (folder / path.name).write_text(text, encoding="utf-8")


def adapted(folder: Path) -> dict[str, Any]:
    """Return what Caddy makes of its file, given what docker-compose.yml gives by itself."""
    copy_files(folder)
    done = subprocess.run(
        ["caddy", "adapt", "--config", str(folder / "Caddyfile")],
        env=environment(LISTENER_WRAPPERS=""),
        check=True,
        capture_output=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def caddy(folder: Path, upstream: str, **variables: str) -> Iterator[Caddy]:
    """Run the proxy at ports that are free, before what answers at *upstream* (host:port).

    Args:
        variables: Beside those that docker-compose.yml gives; a certificate is made.
    """
    make_certificate(folder)
    ports = {port: free_port() for port in PORTS}
    # The names of a network of containers mean nothing here.
    named = {name: f":{port}" for name, port in ports.items()}
    copy_files(folder, **{DYNAMIC: f"to {upstream}", **named})
    given = environment(**variables)
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["sh", str(folder / "start.sh")],
            env={**given, "HOME": str(folder)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            probe = f"http://127.0.0.1:{ports[':2080']}/"
            return httpx.get(probe, trust_env=False).status_code == 204
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, within_s=READY_WITHIN_S, problem="Caddy did not answer in time")
        yield Caddy(given["FAROL_SCHEME"], ports[":8080"])
    finally:
        server.terminate()
        server.wait(timeout=READY_WITHIN_S)
