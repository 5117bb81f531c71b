"""The two demonstrations, published as ``make run`` publishes them and served side by side."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from tests.redis_server import free_port
from tests.running_portal import READY_WITHIN_S, wait_until_live

PROJECT: Final = Path(__file__).parents[2]
PYTHON: Final = PROJECT / ".venv/bin/python"
ML_PYTHON: Final = PROJECT / ".venv-ml/bin/python"
KEPT_STORES: Final = "FAROL_E2E_STORES"
"""Names a folder with ``store-online-retail`` and ``store-torres``, not to be computed again."""


@dataclass(frozen=True)
class Served:
    """A running portal.

    Attributes:
        password: Of the administrator that the first start created.
        log: File that the server's output goes to.
    """

    address: str
    store: Path
    environment: dict[str, str]
    password: str
    log: Path

    def command(self, *arguments: str, python: Path = PYTHON) -> str:
        """Run a module of the project against this portal's store and state; return its output."""
        answer = subprocess.run(
            [str(python), "-m", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout


class Publishing:
    """A demonstration's forecasts on their way into a store of their own."""

    def __init__(self, name: str, folder: Path) -> None:
        """Begin to publish the demonstration *name* into the new *folder*."""
        self.name = name
        self.folder = folder
        self.store = folder / "store"
        kept = Path(os.environ.get(KEPT_STORES, "/nowhere")) / f"store-{name}"
        if kept.exists():
            shutil.copytree(kept, self.store)
        self._process = None if kept.exists() else self._begin()

    def wait(self) -> Path:
        """Wait until all is published; return the folder that holds the store."""
        if self._process:
            output, _ = self._process.communicate()
            assert self._process.returncode == 0, output
        return self.folder

    def _begin(self) -> subprocess.Popen[str]:
        # Earlier than this run, so that it can publish another, newer and not of the future.
        generated_at = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
        command = ["-m", "ml_jobs", "demo", "--data", self.name, "--to", str(self.store)]
        rejected = str(self.folder / "rejected.parquet")
        return subprocess.Popen(
            [str(ML_PYTHON), *command, "--generated-at", generated_at, "--rejected", rejected],
            cwd=PROJECT,
            env=_environment(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Activate and serve the store in *folder*, as ``make run`` does, for the block."""
    with serving_activated(folder, activate(folder)) as portal:
        yield portal


def activate(folder: Path) -> str:
    """Activate the store in *folder*; return the password of the first administrator."""
    portal = Served("", folder / "store", _environment(folder), "", folder / "server.log")
    portal.command("datalayer", "activate")
    welcome = portal.command("datalayer", "welcome")
    password = re.search(r"password\s+(\S+)", welcome)
    assert password, welcome
    return password[1]


@contextmanager
def serving_activated(folder: Path, password: str) -> Iterator[Served]:
    """Serve the store in *folder*, or a copy of one, that ``activate`` gave *password* for."""
    port = free_port()
    address, log = f"http://127.0.0.1:{port}", folder / "server.log"
    portal = Served(address, folder / "store", _environment(folder), password, log)
    command = [str(PYTHON.with_name("streamlit")), "run", "app.py", "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--server.headless", "true"],
            cwd=PROJECT,
            env=portal.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_live(server, address, log)
        yield portal
    finally:
        server.terminate()
        server.wait(timeout=READY_WITHIN_S)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAROL_")},
        "FAROL_STORE": str(folder / "store"),
        "FAROL_STATE": str(folder / "state"),
    }
