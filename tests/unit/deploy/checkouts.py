"""Checkouts of the scripts that build images, with an engine that notes what it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.portals import ROOT
from tests.unit.deploy.test_image_archives import docker_archive, packed

ENGINE = """\
#!/bin/sh
echo "$*" >> {folder}/calls
case "$*" in
  ${{FAIL:-nothing}}) echo "no room" >&2; exit 1 ;;
  info) ;;
  build*) while [ "$1" != --iidfile ]; do shift; done; echo built > "$2" ;;
  push*)
    for target; do :; done
    mkdir "${{target#dir:}}" && cd "${{target#dir:}}"
    echo '{{"config": {{"digest": "sha256:aa", "size": 1}}, "layers": []}}' > manifest.json
    echo '{{"config": {{}}, "history": []}}' > aa
    ;;
  "image inspect"*Size*) echo "${{SIZE:-550000000}}" ;;
  images*) echo "${{SIZE:-550 MB}}" ;;
  *inspect*redis* | *inspect*seaweedfs* | *inspect*caddy*) exit 1 ;;
  *inspect*) echo id ;;
  save*) while [ "$1" != --output ]; do shift; done; cp {folder}/image.tar "$2" ;;
esac
"""
PYTHON = """\
#!/bin/sh
if [ "$1" = -m ]; then echo "$*" >> {folder}/calls; exit; fi
exec {python} "$@"
"""
"""Without pip, which would ask an index."""

IN_GIT = (
    ".dockerignore",
    ".gitignore",
    "Dockerfile",
    "docker-compose.yml",
    "ml_jobs/Dockerfile",
    "ml_jobs/Dockerfile.dockerignore",
    "ml_jobs/docker-compose.yml",
    "ml_jobs/requirements.txt",
    "pyproject.toml",
    "requirements.txt",
)


@dataclass(frozen=True)
class Checkout:
    """A folder with the scripts, in git, and an engine."""

    folder: Path
    programs: Path

    def run(
        self, script: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/ with podman, unless *variables* say otherwise."""
        (self.programs / "scratch").mkdir(exist_ok=True)
        always = {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "TMPDIR": str(self.programs / "scratch"),
            "ENGINE": "podman",
            "PYTHON": str(self.programs / "python"),
        }
        return subprocess.run(
            [self.folder / "deploy" / script, *arguments],
            env={**always, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def git(self, *arguments: str) -> str:
        """Run git here; return what it printed."""
        names = ("-c", "user.name=one", "-c", "user.email=one@example.org")
        done = subprocess.run(
            ["git", *names, *arguments], cwd=self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def calls(self, word: str) -> list[str]:
        """Return what the engine was asked for, beginning with *word*."""
        lines = (self.programs / "calls").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.split()[0] == word]

    def revision(self) -> str:
        """Return the commit that an image would be labelled with."""
        self.run("build_images.sh", "app")
        return self.calls("build")[-1].partition("REVISION=")[2].split()[0]


def make_checkout(folder: Path) -> Checkout:
    """Make a checkout below *folder*."""
    made = Checkout(folder / "farol", folder / "programs")
    shutil.copytree(
        ROOT / "deploy", made.folder / "deploy", ignore=shutil.ignore_patterns("secrets")
    )
    for name in IN_GIT:
        (made.folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, made.folder / name)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "All")
    made.programs.mkdir()
    text = ENGINE.format(folder=made.programs)
    for name, content in {
        "podman": text,
        "buildah": text,
        "python": PYTHON.format(folder=made.programs, python=sys.executable),
    }.items():
        (made.programs / name).write_text(content, encoding="utf-8")
        (made.programs / name).chmod(0o755)
    docker_archive(made.programs / "image.tar", packed({"f": b"1"}))
    return made
