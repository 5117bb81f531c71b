"""The scripts that build and bundle images, with an engine that only notes what it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

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
if [ "$1" = -m ]; then exit; fi
exec {python} "$@"
"""
"""Without pip, which would ask an index."""

IN_GIT = ("Dockerfile", "docker-compose.yml", "pyproject.toml", "requirements.txt", ".gitignore")


@dataclass(frozen=True)
class Checkout:
    """A folder with the scripts, in git, and an engine."""

    folder: Path
    programs: Path

    def run(
        self, script: str, *arguments: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/ with podman, unless *variables* say otherwise."""
        path = f"{self.programs}:{os.environ['PATH']}"
        python = str(self.programs / "python")
        return subprocess.run(
            [self.folder / "deploy" / script, *arguments],
            env={"PATH": path, "ENGINE": "podman", "PYTHON": python, **variables},
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


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clean checkout of the scripts and what they read."""
    made = Checkout(tmp_path / "farol", tmp_path / "programs")
    shutil.copytree(
        ROOT / "deploy", made.folder / "deploy", ignore=shutil.ignore_patterns("secrets")
    )
    for name in IN_GIT:
        shutil.copy(ROOT / name, made.folder)
    made.git("init", "--quiet")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "All")
    made.programs.mkdir()
    text = ENGINE.format(folder=made.programs)
    for name, content in {
        "podman": text,
        "buildah": text,
        "python": PYTHON.format(python=sys.executable),
    }.items():
        (made.programs / name).write_text(content, encoding="utf-8")
        (made.programs / name).chmod(0o755)
    docker_archive(made.programs / "image.tar", packed({"f": b"1"}))
    return made


@pytest.mark.parametrize("engine", ["podman", "buildah"])
def test_an_image_that_is_whole_gets_its_name(checkout: Checkout, engine: str) -> None:
    done = checkout.run("build_images.sh", "app", ENGINE=engine, TAG="1")

    assert done.returncode == 0, done.stderr
    assert done.stdout == "farol-app:1: 550 MB, sha256:id\n"
    assert [call.split()[-1] for call in checkout.calls("tag")] == ["farol-app:1"]


@pytest.mark.parametrize("step", ["build*", "push*", "pull*", "*inspect*Size*", "*inspect*.Id*"])
def test_where_a_step_of_a_build_fails_no_image_gets_its_name(
    checkout: Checkout, step: str
) -> None:
    done = checkout.run("build_images.sh", "app", FAIL=step)

    assert done.returncode != 0
    assert "no room" in done.stderr
    assert checkout.calls("tag") == []


@pytest.mark.parametrize(
    ("engine", "size"), [("podman", "600600000"), ("buildah", "601 MB"), ("buildah", "1.06 GB")]
)
def test_a_portal_s_image_that_is_too_big_gets_no_name(
    checkout: Checkout, engine: str, size: str
) -> None:
    done = checkout.run("build_images.sh", "app", ENGINE=engine, SIZE=size)

    assert done.returncode == 1
    assert "MB; the deployment's images may have 600 MB at most" in done.stderr
    assert checkout.calls("tag") == []


def test_an_image_without_its_lock_is_not_built(checkout: Checkout) -> None:
    (checkout.folder / "requirements.txt").unlink()

    done = checkout.run("build_images.sh", "app")

    assert done.returncode == 1
    assert "requirements.txt is missing, and an image is built from its lock alone" in done.stderr


@pytest.mark.parametrize("script", ["build_images.sh", "make_bundle.sh"])
def test_another_engine_is_refused(checkout: Checkout, script: str) -> None:
    done = checkout.run(script, ENGINE="kaniko")

    assert done.returncode == 1
    assert "ENGINE is kaniko; it must be docker, podman or buildah" in done.stderr


def test_a_secret_that_can_t_be_read_is_named(checkout: Checkout) -> None:
    done = checkout.run("build_images.sh", "app", PIP_CONFIG="/nowhere")

    assert done.returncode == 1
    assert "/nowhere, meant as the secret pip_config, can't be read" in done.stderr


def test_an_image_says_its_commit_alone_where_nothing_else_lies_in_the_folder(
    checkout: Checkout,
) -> None:
    assert checkout.revision() == checkout.git("rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["deploy/another.py", "requirements.txt"])
def test_an_image_says_that_its_folder_has_more_than_its_commit(
    checkout: Checkout, name: str
) -> None:
    with (checkout.folder / name).open("a", encoding="utf-8") as file:
        file.write("# more\n")

    assert checkout.revision() == checkout.git("rev-parse", "HEAD") + "-dirty"


def test_an_archive_unpacked_in_another_repository_is_not_that_one_s_commit(
    checkout: Checkout,
) -> None:
    (checkout.folder / ".git").rename(checkout.folder.parent / ".git")

    assert checkout.revision() == "unknown"


def test_a_bundle_names_the_services_that_it_has_not(checkout: Checkout) -> None:
    done = checkout.run("make_bundle.sh", TAG="1")

    assert done.returncode == 0, done.stderr
    (archive,) = (checkout.folder / "build").glob("*.tar")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2]: name for name in opened.getnames()}
        left_out = opened.extractfile(names["images/LEFT_OUT"])
        listed = opened.extractfile(names["images/LIST"])
        assert left_out is not None
        assert listed is not None
        assert [line.split(b":")[0] for line in left_out.read().splitlines()] == [
            b"docker.io/library/redis",
            b"docker.io/chrislusf/seaweedfs",
            b"docker.io/library/caddy",
        ]
        file, name, config, manifest = listed.read().decode().split()
    assert (file, name.rpartition(":")[0]) == ("app.oci.tar", "docker.io/library/farol-app")
    assert len(config) == len(manifest) == 64
    assert {"images/app.oci.tar", "SHA256SUMS", "install.sh", "deploy/init.sh"} <= names.keys()


@pytest.mark.parametrize("step", ["save*", "*inspect*farol-app*"])
def test_where_a_step_of_a_bundle_fails_none_is_made(checkout: Checkout, step: str) -> None:
    done = checkout.run("make_bundle.sh", FAIL=step)

    assert done.returncode != 0
    assert list((checkout.folder / "build").iterdir()) == []


def test_an_image_that_was_saved_in_part_is_not_bundled(checkout: Checkout) -> None:
    saved = checkout.programs / "image.tar"
    saved.write_bytes(saved.read_bytes()[:700])

    done = checkout.run("make_bundle.sh")

    assert done.returncode != 0
    assert list((checkout.folder / "build").iterdir()) == []


def test_a_bundle_is_not_made_of_a_folder_that_is_not_in_git(checkout: Checkout) -> None:
    (checkout.folder / ".git").rename(checkout.folder.parent / ".git")

    done = checkout.run("make_bundle.sh")

    assert done.returncode == 1
    assert f"{checkout.folder} is no checkout of git" in done.stderr
