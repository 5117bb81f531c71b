"""The portal as its users meet it: forecasts of the bundled data, a real server, a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.redis_server import free_port
from tests.running_portal import READY_WITHIN_S, wait_until_live

PROJECT = Path(__file__).parents[2]
PYTHON = PROJECT / ".venv/bin/python"
PATIENCE_MS = 30_000
"""How long the browser is waited for; a machine that also runs other tests takes seconds."""

expect.set_options(timeout=PATIENCE_MS)
ML_PYTHON = PROJECT / ".venv-ml/bin/python"
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Forecast, publish and activate the bundled data, then serve, as ``make run`` does."""
    folder = tmp_path_factory.mktemp("portal")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAROL_")},
        "FAROL_STORE": str(folder / "store"),
        "FAROL_STATE": str(folder / "state"),
    }
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    portal = Served(address, folder / "store", environment, "", folder / "server.log")
    # Earlier than this run, so that it can publish another that is newer and not of the future.
    generated_at = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
    publish = ("ml_jobs", "demo", "--to", str(portal.store), "--generated-at", generated_at)
    rejected = str(folder / "rejected.parquet")
    portal.command(*publish, "--rejected", rejected, python=ML_PYTHON)
    portal.command("datalayer", "activate")
    welcome = portal.command("datalayer", "welcome", "--port", str(port))
    password = re.search(r"password\s+(\S+)", welcome)
    assert password, welcome
    command = [str(PYTHON.with_name("streamlit")), "run", "app.py", "--server.port", str(port)]
    with portal.log.open("w") as log:
        server = subprocess.Popen(
            [*command, "--server.headless", "true"],
            cwd=PROJECT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_live(server, address, portal.log)
        yield Served(address, portal.store, environment, password[1], portal.log)
    finally:
        server.terminate()
        server.wait(timeout=READY_WITHIN_S)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of the system, without its own calls to the network."""
    executable = shutil.which("chromium")
    assert executable, "chromium is missing; `make system-packages` installs it or says how"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=QUIET_CHROMIUM)
        yield chromium
        chromium.close()


class Visit:
    """One tab, and what it did beside showing pages."""

    def __init__(self, page: Page, served: Served) -> None:
        self.page = page
        self.served = served
        self.foreign_requests: list[str] = []
        self.console_errors: list[str] = []
        page.on("request", self._note_request)
        page.on("console", self._note_console)

    def open(self, path: str = "/") -> None:
        """Open a page of the portal and wait until Streamlit has drawn it."""
        self.page.goto(self.served.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the script that draws the page has ended."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")

    def _note_request(self, request: object) -> None:
        url = str(request.url)  # type: ignore[attr-defined]
        if not url.startswith((self.served.address, "data:", "blob:", "ws://127.0.0.1")):
            self.foreign_requests.append(url)

    def _note_console(self, message: object) -> None:
        if message.type == "error":  # type: ignore[attr-defined]
            self.console_errors.append(message.text)  # type: ignore[attr-defined]


@pytest.fixture
def visit(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A tab whose requests to other hosts and console errors are failures."""
    defaults = {
        "locale": "en-GB",
        "timezone_id": "America/Sao_Paulo",
        "viewport": {"width": 1366, "height": 900},
    }
    context = browser.new_context(**{**defaults, **getattr(request, "param", {})})
    context.set_default_timeout(PATIENCE_MS)
    found = Visit(context.new_page(), served)
    yield found
    context.close()
    assert found.foreign_requests == []
    assert found.console_errors == []
