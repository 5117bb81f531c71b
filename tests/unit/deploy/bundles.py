"""Small bundles to install, and an engine that loads nothing and fails where it is told to."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.portals import ROOT

FILES = {
    "LICENSE": "Apache-2.0",
    "README.md": "Farol",
    "CHANGELOG.md": "first",
    "VERSION": "1.2.3\n",
    "docker-compose.yml": "name: farol\n",
    "ml_jobs/docker-compose.yml": "name: farol-ml-jobs\n",
    "deploy/init.sh": "exit 0\n",
    "docs/deployment.md": "# Deployment\n",
    "images/LIST": "",
    "images/LEFT_OUT": "docker.io/library/redis:7\n",
    "wheelhouse/some-1-py3-none-any.whl": "PK",
    "requirements.txt": "some==1\n",
    "schema_registry.json": "{}\n",
}
TWO_IMAGES = (
    "app.oci.tar docker.io/library/farol-app:1.2.3 aa ab\n"
    "redis.oci.tar docker.io/library/redis:7 ba bb\n"
)
_ENGINE = """\
#!/bin/sh
# As of an engine that reads what is meant for others.
cat > /dev/null
echo "$*" >> {log}
case "$*" in {case}) {deed} ;; esac
"""


@dataclass(frozen=True)
class Bundle:
    """A small bundle without images, and where it is to be installed."""

    folder: Path
    target: Path

    def install(
        self,
        *arguments: str | Path,
        shell: tuple[str, ...] = ("sh",),
        umask: int = -1,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run install.sh in the folder around the bundle, with *target* unless it is told another.

        The engine is never called where no image is listed.
        """
        return subprocess.run(
            [*shell, f"{self.folder.name}/install.sh", *(arguments or (self.target,))],
            env={"PATH": os.environ["PATH"], "ENGINE": "podman", **variables},
            cwd=self.folder.parent,
            umask=umask,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def write(self, name: str, text: str) -> None:
        """Change a file, and its line in SHA256SUMS with it."""
        (self.folder / name).write_text(text, encoding="utf-8")
        sign(self.folder)

    def installed(self) -> list[Path]:
        """Return all that there is where it is installed."""
        return sorted(self.target.parent.glob("*"))


@dataclass(frozen=True)
class FakeEngine:
    """A program that does nothing but note what it was asked for."""

    program: Path
    log: Path

    def calls(self) -> list[str]:
        """Return what it was asked for, in order."""
        return self.log.read_text(encoding="utf-8").splitlines()


def make_bundle(folder: Path) -> Bundle:
    """Make a bundle below *folder*."""
    here = folder / "farol-1.2.3"
    for name, text in FILES.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "deploy/bundle/install.sh", here)
    sign(here)
    return Bundle(here, folder / "opt/farol")


def sign(folder: Path) -> None:
    """Write SHA256SUMS of all files."""
    files = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    lines = [
        f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.relative_to(folder)}\n"
        for each in files
        if each.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def make_engine(folder: Path, case: str = "", deed: str = ":") -> FakeEngine:
    """Make an engine in *folder* that does *deed*, a command, where it is asked for *case*."""
    engine = FakeEngine(folder / "engine", folder / "calls")
    text = _ENGINE.format(log=engine.log, case=case or "nothing", deed=deed)
    engine.program.write_text(text, encoding="utf-8")
    engine.program.chmod(0o755)
    return engine
