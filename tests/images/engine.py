"""A container engine for the tests: podman, with a storage that is nobody else's.

It lies in the user's cache, so that layers that were built once serve every checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.portals import ROOT

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "farol/images"
PROGRAMS = ("podman", "buildah", "skopeo", "runc", "catatonit", "debootstrap")
# debootstrap does not find by itself who provides what python3.11-venv asks for.
_IN_A_BASE = "python3.11-venv,python3-distutils,ca-certificates"
# What a Python image has not either; the folders themselves stay.
_NOT_IN_A_BASE = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/man",
)

_RECIPE = hashlib.sha256(repr((_IN_A_BASE, _NOT_IN_A_BASE)).encode()).hexdigest()[:8]
BASE = f"localhost/farol-stand-in/python:3.11-{_RECIPE}"
"""Stands in for the base image where no registry can be reached: the same Debian, its Python."""

TAG = f"test-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}"
"""Of the images that are built: checkouts share layers, and not names."""

HARDENED = (
    "--read-only",
    "--tmpfs=/tmp",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=1g",
    "--pids-limit=256",
)
"""How docker-compose.yml runs the portal, as options of podman."""

_CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
_STORAGE_CONF = """\
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""
_POLL_S = 0.1
_LAST_SAID = 4000


class EngineError(AssertionError):
    """A command of the engine failed; says what it wrote."""


@dataclass(frozen=True)
class ContainerEngine:
    """podman as root, with images, containers and networks of its own.

    Attributes:
        environment: What podman, buildah and what calls them must run in.
    """

    environment: Mapping[str, str] = field(repr=False)

    def run(self, *arguments: str) -> str:
        """Run podman; return what it printed.

        Raises:
            EngineError: It failed.
        """
        return self.call("podman", *arguments)

    def call(self, *command: str, **variables: str) -> str:
        """Run a program that uses the engine, in the project's folder; return what it printed.

        Raises:
            EngineError: It failed.
        """
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = f"{done.stdout}\n{done.stderr}"[-_LAST_SAID:]
            raise EngineError(f"{' '.join(command)}\n{said}")
        return done.stdout

    def has_image(self, name: str) -> bool:
        """Return True if there is an image of that name."""
        return not subprocess.run(
            ["podman", "image", "exists", name], env=dict(self.environment), check=False
        ).returncode

    def inspect(self, image: str) -> dict[str, object]:
        """Return what podman knows of an image: ``Id``, ``Size`` in bytes, ``Config``."""
        found: dict[str, object] = json.loads(self.run("image", "inspect", image))[0]
        return found

    @contextmanager
    def container(self, image: str, *command: str, options: Sequence[str] = ()) -> Iterator[str]:
        """Run *command* of *image* in the background for the block; yields the container's name."""
        name = f"farol-test-{uuid.uuid4().hex[:12]}"
        self.run("run", "--detach", "--name", name, *options, image, *command)
        try:
            yield name
        finally:
            self.run("rm", "--force", "--volumes", "--time", "2", name)

    def logs(self, container: str) -> str:
        """Return what a container wrote, to standard output and standard error."""
        done = subprocess.run(
            ["podman", "logs", container],
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return done.stdout

    def seconds_until(self, container: str, *probe: str, within_s: float = 120) -> float:
        """Return how long *probe*, a command in the container, took to succeed.

        Raises:
            EngineError: It did not within *within_s*; says what the container wrote.
        """
        begun = time.monotonic()
        while time.monotonic() - begun < within_s:
            if self.succeeds("exec", container, *probe):
                return time.monotonic() - begun
            time.sleep(_POLL_S)
        raise EngineError(f"{' '.join(probe)} failed for {within_s} s\n{self.logs(container)}")

    def succeeds(self, *arguments: str) -> bool:
        """Return True if podman ends with 0."""
        return not subprocess.run(
            ["podman", *arguments], env=dict(self.environment), capture_output=True, check=False
        ).returncode


def engine_of(folder: Path = CACHE) -> ContainerEngine:
    """Return the engine whose storage is in *folder*, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"containers.conf": _CONTAINERS_CONF, "storage.conf": _STORAGE_CONF}
    for name, text in files.items():
        (folder / name).write_text(text.format(folder=folder), encoding="utf-8")
    return ContainerEngine(
        {
            # None of the portal's settings: compose would take them over, and make exports one.
            **{name: os.environ[name] for name in os.environ if not name.startswith("FAROL_")},
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            # The build's commands are run without an engine within the engine.
            "BUILDAH_ISOLATION": "chroot",
        }
    )


def obstacle() -> str:
    """Return why images can't be built and run here, or an empty text."""
    if not sys.platform.startswith("linux"):
        return f"containers need Linux, and this is {sys.platform}"
    if os.geteuid() != 0:
        return "the stand-in for the base image is made by debootstrap, which needs root"
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"missing: {', '.join(missing)}; `make image-packages` installs them"
    done = subprocess.run(
        ["podman", "info"], env=dict(engine_of().environment), capture_output=True, check=False
    )
    return "" if done.returncode == 0 else f"podman can't work here: {done.stderr.decode()[-300:]}"


def make_base(engine: ContainerEngine, say: Callable[[str], None]) -> str:
    """Make the stand-in for the base image, unless it is there; return its name."""
    if engine.has_image(BASE):
        return BASE
    say("making a stand-in for the base image with debootstrap, which takes a minute or two")
    root = CACHE / f"base-{os.getpid()}"
    try:
        engine.call(
            "debootstrap",
            "--variant=minbase",
            f"--include={_IN_A_BASE}",
            "bookworm",
            str(root),
        )
        for name in _NOT_IN_A_BASE:
            shutil.rmtree(root / name)
            (root / name).mkdir()
        archive = root.with_suffix(".tar")
        engine.call("tar", "--create", f"--file={archive}", f"--directory={root}", ".")
        engine.run("import", "--quiet", str(archive), BASE)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        root.with_suffix(".tar").unlink(missing_ok=True)
    return BASE


def build_images(
    engine: ContainerEngine, *images: str, folder: Path = ROOT, **variables: str
) -> str:
    """Build images on the stand-in by ``deploy/build_images.sh``; return what it printed."""
    return engine.call(
        str(folder / "deploy/build_images.sh"),
        *images,
        **{
            "ENGINE": "podman",
            "BASE_IMAGE": BASE,
            "TAG": TAG,
            **_pip_on_this_machine(),
            **variables,
        },
    )


def _pip_on_this_machine() -> dict[str, str]:
    """Return the variables by which a build reaches the index that pip reaches here."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    lines = (line.partition("=") for line in listed.stdout.splitlines())
    # The environment's values come last, and count most.
    values = {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in lines}
    told = {"index-url", "extra-index-url", "trusted-host", "proxy", "timeout"}
    kept = {k: v for k, v in values.items() if k in told and not v.startswith(("file:", "/"))}
    configuration = CACHE / "pip.conf"
    text = "".join(f"{name} = {value}\n" for name, value in kept.items())
    configuration.write_text(f"[global]\n{text}", encoding="utf-8")
    variables = {"PIP_CONFIG": str(configuration)}
    return variables | ({"CA_BUNDLE": values["cert"]} if values.get("cert") else {})
