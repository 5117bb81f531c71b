"""The portal on a network without a way out: the browser's journeys, and no other host asked for.

The journeys are those of tests/e2e; here they meet the image instead of a checkout. Each tab fails
its test for a request to another host or an error in the console.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import visit  # noqa: F401 - a fixture
from tests.e2e.demonstrations import PYTHON, Served
from tests.e2e.test_portal_in_browser import *  # noqa: F403 - in their order, which they build on
from tests.e2e.test_security_in_browser import (
    test_a_page_is_drawn_within_its_policy,  # noqa: F401 - collected here
    test_the_documentation_is_drawn_within_its_policy,  # noqa: F401 - collected here
)
from tests.images.engine import HARDENED, ContainerEngine
from tests.images.forwarding import forwarded
from tests.images.test_app_image import LIVE

ADDRESS = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"


@dataclass(frozen=True)
class ServedByImage(Served):
    """A portal in a container; commands of the portal run in it, those of the job here."""

    engine: ContainerEngine
    container: str

    def command(self, *arguments: str, python: Path = PYTHON) -> str:
        """Run a module of the project against this portal's store and state; return its output."""
        if python != PYTHON:
            return super().command(*arguments, python=python)
        return self.engine.run("exec", self.container, "python", "-m", *arguments)


@pytest.fixture(scope="session")
def inside(engine: ContainerEngine) -> Iterator[str]:
    """A network that this machine reaches, and that leads nowhere."""
    name = f"farol-test-{uuid.uuid4().hex[:12]}"
    engine.run("network", "create", "--internal", name)
    yield name
    engine.run("network", "rm", "--force", name)


@pytest.fixture(scope="session")
def served(
    engine: ContainerEngine,
    app_image: str,
    inside: str,
    demonstration: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The image on that network, with the bundled data published and active."""
    log = tmp_path_factory.mktemp("air-gap") / "log"
    options = (
        *HARDENED,
        f"--network={inside}",
        f"--volume={demonstration}:/store:ro",
        "--env=FAROL_STORE=/store",
        f"--log-opt=path={log}",
    )
    with engine.container(app_image, options=options) as container:
        engine.seconds_until(container, *LIVE)
        engine.run("exec", container, "python", "-m", "datalayer", "activate")
        address = engine.run("inspect", "--format", ADDRESS, container).strip()
        password = re.search(r"password\s+(\S+)", log.read_text(encoding="utf-8"))
        assert password is not None
        environment = dict(engine.environment)
        with forwarded(address, 8501) as port:
            here = f"http://127.0.0.1:{port}"
            yield ServedByImage(
                here, demonstration, environment, password[1], log, engine, container
            )


def test_the_portal_has_no_route_out(engine: ContainerEngine, served: ServedByImage) -> None:
    """192.0.2.1 is nobody's (RFC 5737): without a route the attempt fails at once."""
    code = "import socket; socket.create_connection(('192.0.2.1', 443), timeout=10)"

    done = engine.run("exec", served.container, "sh", "-c", f'python -c "{code}" 2>&1 || true')

    assert "Network is unreachable" in done
