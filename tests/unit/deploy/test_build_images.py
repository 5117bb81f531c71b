"""deploy/build_images.sh: an image gets its name once it is whole, small enough, of a commit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.deploy.checkouts import Checkout, make_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clean checkout of the scripts and what they read."""
    return make_checkout(tmp_path)


@pytest.mark.parametrize("engine", ["podman", "buildah"])
def test_an_image_that_is_whole_gets_its_name(checkout: Checkout, engine: str) -> None:
    done = checkout.run("build_images.sh", "app", ENGINE=engine, TAG="1")

    assert done.returncode == 0, done.stderr
    assert done.stdout == "farol-app:1: 550 MB, sha256:id\n"
    assert [call.split()[-1] for call in checkout.calls("tag")] == ["farol-app:1"]
    assert list((checkout.programs / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("image", "dockerfile", "ignored"),
    [
        ("app", "Dockerfile", ".dockerignore"),
        ("ml", "ml_jobs/Dockerfile", "ml_jobs/Dockerfile.dockerignore"),
    ],
)
def test_an_image_has_the_format_time_and_list_of_what_is_ignored_that_it_must(
    checkout: Checkout, image: str, dockerfile: str, ignored: str
) -> None:
    checkout.run("build_images.sh", image)

    (call,) = checkout.calls("build")
    assert f"--file {dockerfile} " in call
    assert f"--ignorefile {ignored} ." in call
    assert "--format docker --layers " in call
    assert f"--timestamp {checkout.git('log', '-1', '--format=%ct')} " in call
    assert "--no-cache" not in call
    assert "--secret" not in call


def test_a_build_takes_over_what_pip_is_told_on_this_machine(
    checkout: Checkout, tmp_path: Path
) -> None:
    for name in ("pip.conf", "ca.pem", "apt.conf"):
        (tmp_path / name).touch()

    checkout.run(
        "build_images.sh",
        "ml",
        PIP_CONFIG_FILE=f"{tmp_path}/pip.conf",
        PIP_CERT=f"{tmp_path}/ca.pem",
        APT_CONFIG=f"{tmp_path}/apt.conf",
        NO_CACHE="1",
    )

    (call,) = checkout.calls("build")
    assert "--no-cache" in call
    for name, file in (
        ("pip_config", "pip.conf"),
        ("ca_bundle", "ca.pem"),
        ("apt_config", "apt.conf"),
    ):
        assert f"--secret id={name},src={tmp_path}/{file} " in call


@pytest.mark.parametrize("step", ["build*", "push*", "pull*", "*inspect*Size*", "*inspect*.Id*"])
def test_where_a_step_of_a_build_fails_no_image_gets_its_name(
    checkout: Checkout, step: str
) -> None:
    done = checkout.run("build_images.sh", "app", FAIL=step)

    assert done.returncode != 0
    assert "no room" in done.stderr
    assert checkout.calls("tag") == []
    assert list((checkout.programs / "scratch").iterdir()) == []


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
