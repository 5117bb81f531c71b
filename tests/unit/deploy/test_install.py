"""The bundle's install.sh: all of it verified, or nothing installed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@dataclass(frozen=True)
class Bundle:
    """A small bundle without images, and where it is to be installed."""

    folder: Path
    target: Path

    def install(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run install.sh; nothing is loaded, so the engine is never called."""
        return subprocess.run(
            ["sh", self.folder / "install.sh", self.target],
            env={"PATH": os.environ["PATH"], "ENGINE": "podman", **variables},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )

    def write(self, name: str, text: str) -> None:
        """Change a file, and its line in SHA256SUMS with it."""
        (self.folder / name).write_text(text, encoding="utf-8")
        sign(self.folder)


def make(folder: Path) -> Bundle:
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


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return make(tmp_path)


def installed(bundle: Bundle) -> list[Path]:
    """Return all that there is where it is installed."""
    return sorted(bundle.target.parent.glob("*")) if bundle.target.parent.exists() else []


def test_what_is_verified_is_installed_and_says_what_to_do_next(bundle: Bundle) -> None:
    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert "Verified 14 files" in done.stdout
    assert f"Installed Farol 1.2.3 in {bundle.target}" in done.stdout
    assert "Not in this bundle: docker.io/library/redis:7" in done.stdout
    assert (bundle.target / "docs/deployment.md").read_text() == FILES["docs/deployment.md"]


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        bundle = make(Path(folder))
        files = [f for f in sorted(bundle.folder.rglob("*")) if f.is_file() and f.stat().st_size]
        # A script with a flipped bit may do anything; that of install.sh is the archive's own.
        path = data.draw(st.sampled_from([f for f in files if f.name != "install.sh"]))
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, 8 * len(content) - 1))
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)

        done = bundle.install()

        assert done.returncode == 1
        assert "Nothing was installed" in done.stderr
        assert installed(bundle) == []


def test_the_file_and_both_digests_are_named(bundle: Bundle) -> None:
    path = bundle.folder / "docs/deployment.md"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("# deployment\n", encoding="utf-8")

    done = bundle.install()

    found = hashlib.sha256(path.read_bytes()).hexdigest()
    sentence = f"docs/deployment.md has SHA-256 {found}; it must be {expected}"
    assert done.returncode == 1
    assert sentence in done.stderr


def test_a_missing_file_is_named(bundle: Bundle) -> None:
    (bundle.folder / "schema_registry.json").unlink()

    done = bundle.install()

    assert done.returncode == 1
    assert "schema_registry.json is missing" in done.stderr


def test_a_file_that_nobody_vouched_for_is_refused(bundle: Bundle) -> None:
    (bundle.folder / "deploy/more.sh").write_text("exit 0\n", encoding="utf-8")

    done = bundle.install()

    assert done.returncode == 1
    assert "there are 15 files" in done.stderr
    assert installed(bundle) == []


def test_a_folder_that_is_no_installation_is_left_alone(bundle: Bundle) -> None:
    bundle.target.mkdir(parents=True)
    (bundle.target / "mine").write_text("mine", encoding="utf-8")

    done = bundle.install()

    assert done.returncode == 1
    assert "is no link of an installation" in done.stderr
    assert [path.name for path in bundle.target.iterdir()] == ["mine"]


def test_it_can_be_run_again(bundle: Bundle) -> None:
    bundle.install()
    before = installed(bundle)

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert installed(bundle) == before


def test_an_upgrade_takes_settings_and_secrets_along_and_keeps_the_earlier_version(
    bundle: Bundle,
) -> None:
    bundle.install()
    earlier = bundle.target.resolve()
    (bundle.target / ".env").write_text("FAROL_ACCESS=members\n", encoding="utf-8")
    (bundle.target / "deploy/secrets").mkdir(mode=0o700)
    (bundle.target / "deploy/secrets/key").write_text("k", encoding="utf-8")
    bundle.write("VERSION", "1.3.0\n")

    done = bundle.install()

    assert done.returncode == 0, done.stderr
    assert bundle.target.resolve() != earlier
    assert (bundle.target / "VERSION").read_text() == "1.3.0\n"
    assert (bundle.target / ".env").read_text() == "FAROL_ACCESS=members\n"
    assert (bundle.target / "deploy/secrets/key").read_text() == "k"
    assert (bundle.target / "deploy/secrets").stat().st_mode & 0o777 == 0o700
    assert (earlier / "VERSION").read_text() == "1.2.3\n"


def test_an_image_that_can_t_be_loaded_leaves_the_earlier_version_in_place(bundle: Bundle) -> None:
    bundle.install()
    bundle.write("images/LIST", "app.oci.tar docker.io/library/farol-app:1 aa bb\n")

    done = bundle.install(ENGINE="false")

    assert done.returncode == 1
    assert "false could not load images/app.oci.tar" in done.stderr
    assert len(installed(bundle)) == 2


def test_without_an_engine_nothing_is_installed(bundle: Bundle, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "sha256sum", "cut", "find", "wc", "dirname", "tr"):
        (programs / name).symlink_to(str(shutil.which(name)))

    done = bundle.install(PATH=str(programs), ENGINE="")

    assert done.returncode == 1
    assert "looked for docker and podman" in done.stderr
    assert installed(bundle) == []
