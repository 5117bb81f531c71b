"""A real nginx before a portal, by the configuration that is documented."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.servers import wait_until
from tests.portals import ROOT
from tests.redis_server import free_port
from tests.running_portal import READY_WITHIN_S

NAME = "intranet.example"
KEPT, STRIPPED = "proxy_pass http://farol;", "proxy_pass http://farol/;"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxied:
    """A portal behind a proxy at *address*, which is ``http://host:port``."""

    address: str

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the proxy under the name that the world knows it by."""
        asked = {"Host": f"{NAME}:{self.port}", **headers}
        return httpx.get(self.address + path, headers=asked, timeout=READY_WITHIN_S)


@contextmanager
def nginx(folder: Path, portal: str, proxy_pass: str) -> Iterator[Proxied]:
    """Run nginx by the documented configuration, at another port and before *portal*."""
    port = free_port()
    text = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    changes = {
        "listen 80;": f"listen 127.0.0.1:{port};",
        "127.0.0.1:8501": portal.removeprefix("http://"),
        KEPT: proxy_pass,
        "http {": "\n".join(["http {", *(f"{each}_temp_path {each};" for each in TEMPORARY)]),
    }
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after, 1)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is missing; `make system-packages` installs it or says how"
    user = "user root; " if os.geteuid() == 0 else ""
    settings = f"{user}daemon off; pid nginx.pid;"
    command = [program, "-p", str(folder), "-c", "nginx.conf", "-e", "error.log", "-g", settings]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    proxied = Proxied(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        log = folder / "error.log"
        assert server.poll() is None, log.read_text(errors="replace") if log.exists() else ""
        try:
            return proxied.get("/").status_code == 404
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, within_s=READY_WITHIN_S, problem="nginx did not answer in time")
        yield proxied
    finally:
        server.terminate()
        server.wait(timeout=READY_WITHIN_S)
