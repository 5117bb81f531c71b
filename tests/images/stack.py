"""The compose files brought up by podman-compose, with stand-ins for the images of others."""

from __future__ import annotations

import json
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import randbelow

import httpx

from tests.images.engine import BASE, TAG, ContainerEngine, EngineError
from tests.integration.servers import wait_until
from tests.portals import ROOT
from tests.redis_server import free_port

SERVICES = ("redis", "store", "proxy")
COMPOSE = Path(sys.executable).with_name("podman-compose")
WEED = Path(sys.executable).with_name("weed")
HOST = "host.containers.internal"
"""What podman calls this machine within its containers."""
REPLICA = "farol_replica"
WITHIN_S = 90
"""How long anything is waited for; beside other builds a start takes a minute."""


@dataclass(frozen=True)
class Stack:
    """A project of compose that is up.

    Attributes:
        folder: A copy of the compose files and of deploy/, with secrets of its own.
        name: Of the project; containers are called by it.
        files: The compose files, in their order.
        variables: What would stand in .env.
        address: Where the proxy answers, without a path.
    """

    engine: ContainerEngine
    folder: Path
    name: str
    files: Sequence[str]
    variables: Mapping[str, str]
    address: str = ""
    visitors: list[httpx.Client] = field(default_factory=list)

    def compose(self, *arguments: str, **variables: str) -> str:
        """Run podman-compose on the project; return what it printed."""
        files = [part for name in self.files for part in ("-f", str(self.folder / name))]
        command = (str(COMPOSE), "-p", self.name, *files, *arguments)
        return self.engine.call(*command, **{**self.variables, **variables})

    def container(self, service: str, number: int = 1) -> str:
        """Return the name of a service's container."""
        return f"{self.name}_{service}_{number}"

    def inside(self, service: str, *command: str, number: int = 1) -> str:
        """Run a command in a service's container; return what it printed."""
        return self.engine.run("exec", self.container(service, number), *command)

    def portal(self, *arguments: str) -> str:
        """Run a module of the portal in its first container; return what it printed."""
        return self.inside("app", "python", "-m", *arguments)

    def visitor(self, **headers: str) -> httpx.Client:
        """Return a browser of its own, which keeps cookies, until the stack goes down."""
        visitor = httpx.Client(
            base_url=self.address,
            headers=headers,
            timeout=30,
            trust_env=False,
            verify=False,  # the tests' certificates are their own
        )
        self.visitors.append(visitor)
        return visitor

    def visitors_of_all(self, count: int) -> list[httpx.Client]:
        """Return visitors of *count* replicas, one of each."""
        found: dict[str, httpx.Client] = {}

        def found_all() -> bool:
            visitor = self.visitor()
            visitor.get("/health/live")
            found.setdefault(visitor.cookies[REPLICA], visitor)
            return len(found) == count

        wait_until(found_all, within_s=WITHIN_S, problem=f"only {len(found)} replicas answer")
        return list(found.values())

    def wait_until_live(self, path: str = "/health/live") -> None:
        """Wait until the portal answers through the proxy."""
        visitor = self.visitor()

        def live() -> bool:
            try:
                return visitor.get(path).status_code == 200
            except httpx.HTTPError:
                return False

        try:
            wait_until(live, within_s=WITHIN_S, problem="the portal does not answer")
        except TimeoutError as error:
            raise EngineError(self.told()) from error

    def remove(self) -> None:
        """Remove containers, volumes and networks; podman-compose forgets the scaled ones."""
        project = f"label=io.podman.compose.project={self.name}"
        if containers := self.engine.run("ps", "--all", "--quiet", "--filter", project).split():
            self.engine.run("rm", "--force", "--volumes", "--time", "2", *containers)
        self.compose("down", "--volumes", "--timeout", "2")

    def told(self) -> str:
        """Return the last lines that each container wrote."""
        listed = self.engine.run("ps", "--all", "--format", "{{.Names}}").split()
        ours = [name for name in listed if name.startswith(f"{self.name}_")]
        return "\n".join(f"{name}: {self.engine.logs(name)[-2000:]}" for name in ours)


@contextmanager
def stack_up(
    engine: ContainerEngine,
    folder: Path,
    *files: str,
    up: Sequence[str] = (),
    init: Sequence[str] = (),
    prepare: Callable[[Path], None] = lambda _: None,
    **variables: str,
) -> Iterator[Stack]:
    """Bring *files*, compose files of the project, up in *folder* for the block.

    Args:
        up: Options of ``up``, such as ``--scale``.
        init: Options of deploy/init.sh.
        prepare: Called with the folder before the containers start.
        variables: What would stand in .env; where the proxy listens is given.
    """
    copy_files(folder)
    engine.call("sh", str(folder / "deploy/init.sh"), *init)
    prepare(folder)
    port = free_port()
    scheme = variables.get("FAROL_SCHEME", "http")
    stack = Stack(
        engine,
        folder,
        f"farol{uuid.uuid4().hex[:6]}",
        files,
        {
            **{f"FAROL_{name.upper()}_IMAGE": service_image(name) for name in SERVICES},
            # Beside a stack of this machine's user, and others of the tests.
            "FAROL_FRONT_SUBNET": f"172.31.{randbelow(250)}.0/24",
            "FAROL_LISTEN": f"127.0.0.1:{port}",
            **variables,
        },
        f"{scheme}://localhost:{port}",
    )
    try:
        stack.compose("up", "--detach", *up)
        yield stack
    finally:
        for visitor in stack.visitors:
            visitor.close()
        stack.remove()


def copy_files(folder: Path) -> None:
    """Copy what the compose files need into *folder*."""
    shutil.copy(ROOT / "docker-compose.yml", folder)
    shutil.copytree(
        ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets", "*.py")
    )
    (folder / "ml_jobs").mkdir()
    shutil.copy(ROOT / "ml_jobs/docker-compose.yml", folder / "ml_jobs")


def service_image(name: str) -> str:
    """Return the name of the stand-in for a service's image."""
    return f"localhost/farol-stand-in/{name}:{TAG}"


def build_services(engine: ContainerEngine) -> None:
    """Build the stand-ins for the images of others."""
    context = WEED.resolve().parent
    for name in SERVICES:
        engine.run(
            "build",
            *("--quiet", "--pull=never", "--layers", "--format=docker"),
            *("--build-arg", f"BASE_IMAGE={BASE}", "--tag", service_image(name)),
            *("--file", str(ROOT / f"tests/images/services/{name}.Dockerfile"), str(context)),
        )


def health(visitor: httpx.Client, path: str = "/health") -> dict[str, object]:
    """Return what a replica says of itself."""
    found: dict[str, object] = json.loads(visitor.get(path).content)
    return found
