"""The portal as a process that a fault may kill and start again, on one port and one log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.portals import ROOT
from tests.redis_server import free_port
from tests.running_portal import READY_WITHIN_S, wait_until_live


class PortalProcess:
    """A portal that can be killed and started again.

    Attributes:
        environment: What it runs in, and commands on the same state.
        log: File that holds all it wrote, of every start.
        kill_at: Names the step of an activation at which it is killed; see ``killable``.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = folder / "portal.log"
        self.kill_at = folder / "kill-at"
        others = {name: each for name, each in os.environ.items() if not name.startswith("FAROL_")}
        self.environment = {**others, **settings, "FAULTS_KILL_AT": str(self.kill_at)}
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process
        return self._process.pid

    def start(self, **more: str) -> None:
        """Start it and return once it answers; *more* of the environment for this start."""
        self.kill_at.unlink(missing_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.faults.killable", "run", "app.py"),
                    *("--server.port", str(self._port), "--server.headless", "true"),
                ],
                cwd=ROOT,
                env=self.environment | more,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_until_live(self._process, self.address, self.log)

    def kill(self) -> None:
        """End it as a machine does that loses its power."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def wait_until_killed(self) -> None:
        """Return once it is gone."""
        assert self._process
        self._process.wait(timeout=READY_WITHIN_S)

    def stop(self) -> None:
        """End it as an administrator does."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=READY_WITHIN_S)

    def command(self, *arguments: str) -> str:
        """Run a module of the project on the portal's state; return what it printed.

        Raises:
            subprocess.CalledProcessError: It failed.
        """
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout
