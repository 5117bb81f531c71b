"""deploy/make_bundle.sh: a commit and its images in one archive, the same bytes each time."""

from __future__ import annotations

import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from tests.unit.deploy.checkouts import Checkout, make_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clean checkout of the scripts and what they read."""
    return make_checkout(tmp_path)


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


def test_its_wheels_are_those_of_the_lock_for_the_python_of_the_images(checkout: Checkout) -> None:
    checkout.run("make_bundle.sh")

    (call,) = checkout.calls("-m")
    assert call.startswith("-m pip download ")
    for option in ("--require-hashes", "--only-binary=:all:", "--python-version 3.11"):
        assert f" {option} " in call


def test_a_service_from_another_registry_is_bundled_under_the_name_of_compose(
    checkout: Checkout,
) -> None:
    done = checkout.run("make_bundle.sh", FAROL_REDIS_IMAGE="registry.example/cache:1")

    assert "Saving docker.io/library/redis:" in done.stdout
    assert checkout.calls("save")[-1].endswith("registry.example/cache:1")


def test_a_bundle_of_one_commit_is_the_same_whoever_makes_it(tmp_path: Path) -> None:
    epoch = {"SOURCE_DATE_EPOCH": "1700000000"}
    digests = set()
    for umask in (0o022, 0o077):
        before = os.umask(umask)
        try:
            checkout = make_checkout(tmp_path / f"{umask:o}")
            for path in sorted(checkout.folder.rglob("*"), reverse=True):
                os.utime(path, (umask, umask))
            checkout.run("make_bundle.sh", **epoch)
        finally:
            os.umask(before)
        (archive,) = (checkout.folder / "build").glob("*.tar")
        digests.add(hashlib.sha256(archive.read_bytes()).hexdigest())
        assert sorted(path.suffix for path in archive.parent.iterdir()) == [".sha256", ".tar"]

    assert len(digests) == 1


def test_what_no_commit_has_is_in_no_bundle(checkout: Checkout) -> None:
    (checkout.folder / "deploy/secrets").mkdir()
    (checkout.folder / "deploy/secrets/key").write_text("hush", encoding="utf-8")

    checkout.run("make_bundle.sh")

    (archive,) = (checkout.folder / "build").glob("*.tar")
    with tarfile.open(archive) as opened:
        assert not [name for name in opened.getnames() if "secrets" in name]


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
