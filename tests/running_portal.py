"""The portal as it is deployed, on a port of its own, asked over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.integration.servers import wait_until
from tests.portals import ROOT
from tests.redis_server import free_port

READY_WITHIN_S = 60

Server = Literal["uvicorn", "streamlit"]
_COMMANDS: Mapping[Server, Sequence[str]] = {
    "uvicorn": ("-m", "uvicorn", "app:app", "--port"),
    "streamlit": ("-m", "streamlit", "run", "app.py", "--server.port"),
}


@dataclass(frozen=True)
class RunningPortal:
    """A portal that answers at *address*.

    Attributes:
        environment: What it runs in, for commands that work on the same state.
        log: File that holds all it wrote.
        pid: Its process.
    """

    address: str
    state: Path
    environment: dict[str, str]
    log: Path
    pid: int

    @property
    def port(self) -> int:
        """The port of this host on which it listens."""
        return int(self.address.rpartition(":")[2])

    def command(self, *arguments: str) -> str:
        """Run a module of the project on this portal's state; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_portal(
    folder: Path, server: Server = "uvicorn", **settings: str
) -> Iterator[RunningPortal]:
    """Serve store and state of *folder*, laid out as ``portal_settings`` does, for the block."""
    port = free_port()
    others = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
    environment = {
        **others,
        "FAROL_STORE": str(folder / "store"),
        "FAROL_STATE": str(folder / "var"),
        **settings,
    }
    address, log = f"http://127.0.0.1:{port}", folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *_COMMANDS[server], str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_live(process, address, log)
        yield RunningPortal(address, folder / "var", environment, log, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=READY_WITHIN_S)


def wait_until_live(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return once the portal answers; fail with its log if it ends or takes too long."""

    def answers() -> bool:
        assert server.poll() is None, log.read_text(errors="replace")
        try:
            with urllib.request.urlopen(f"{address}/health/live", timeout=10) as answer:
                return answer.status == 200
        except OSError:  # an address that can't be reached, and one that takes its time
            return False

    wait_until(answers, within_s=READY_WITHIN_S, problem="the portal did not answer in time")
