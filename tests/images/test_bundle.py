"""The bundle: one archive from which Farol is installed and started without a network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.images.conftest import Say
from tests.images.engine import HARDENED, TAG, ContainerEngine, engine_of
from tests.images.test_app_image import LIVE
from tests.portals import ROOT

WITHOUT_A_NETWORK = ("unshare", "--net")


@pytest.fixture(scope="module")
def unpacked(
    engine: ContainerEngine, app_image: str, say: Say, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What is in the bundle of this checkout."""
    say("making the bundle, which takes minutes")
    variables = {"ENGINE": "podman", "PYTHON": sys.executable, "TAG": TAG}
    said = engine.call(str(ROOT / "deploy/make_bundle.sh"), "app", **variables)
    say(said.splitlines()[-1])
    folder = tmp_path_factory.mktemp("bundle")
    with tarfile.open(ROOT / said.splitlines()[-1].partition(":")[0]) as archive:
        archive.extractall(folder, filter="data")
    (found,) = folder.iterdir()
    return found


def test_it_holds_images_wheels_compose_files_and_documents(unpacked: Path) -> None:
    expected = {
        "SHA256SUMS",
        "deploy/init.sh",
        "docker-compose.yml",
        "docs/deployment.md",
        "images/app.oci.tar",
        "install.sh",
        "ml_jobs/compose.signed.yml",
        "ml_jobs/docker-compose.yml",
        "requirements.txt",
    }

    assert [name for name in sorted(expected) if not (unpacked / name).is_file()] == []


def test_it_holds_no_secret_and_nothing_of_this_machine(unpacked: Path) -> None:
    assert not (unpacked / "deploy/secrets").exists()
    assert not list(unpacked.rglob(".env"))


def test_its_wheels_are_those_of_the_lock_and_enough_without_an_index(
    unpacked: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *WITHOUT_A_NETWORK,
            *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"),
            *("--ignore-installed", "--require-hashes", "--no-index", "--isolated"),
            *("--find-links", unpacked / "wheelhouse", "-r", unpacked / "requirements.txt"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_it_is_installed_and_started_on_a_machine_without_a_network(
    unpacked: Path, store: Path, tmp_path: Path, say: Say
) -> None:
    other_machine = engine_of(tmp_path / "storage")
    target = tmp_path / "opt/farol"

    said = other_machine.call(
        *WITHOUT_A_NETWORK, "sh", str(unpacked / "install.sh"), str(target), ENGINE="podman"
    )

    assert f"in {target}" in said
    volume = (f"--volume={store}:/store:ro", "--env=FAROL_STORE=/store")
    options = (*HARDENED, "--network=none", *volume)
    version = (target / "VERSION").read_text().strip()
    with other_machine.container(f"farol-app:{version}", options=options) as portal:
        say(f"installed from the bundle, up in {other_machine.seconds_until(portal, *LIVE):.1f} s")
    other_machine.run("image", "rm", "--all", "--force")
    shutil.rmtree(tmp_path / "storage", ignore_errors=True)


def test_a_flipped_bit_in_an_image_is_refused_and_nothing_installed(
    unpacked: Path, tmp_path: Path
) -> None:
    image = unpacked / "images/app.oci.tar"
    flip(image)
    try:
        done = subprocess.run(
            ["sh", unpacked / "install.sh", tmp_path / "opt/farol"],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        flip(image)

    assert done.returncode == 1
    assert "images/app.oci.tar has SHA-256" in done.stderr
    assert list(tmp_path.iterdir()) == []


def flip(path: Path) -> None:
    """Flip one bit in the middle of a file."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
