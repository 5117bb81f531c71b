"""The bundle's install.sh where an engine, the disk or its own life ends in the middle."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.unit.deploy.bundles import TWO_IMAGES, Bundle, make_bundle, make_engine


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A version that is to come after one that is installed."""
    made = make_bundle(tmp_path)
    made.install()
    made.write("VERSION", "1.3.0\n")
    made.write("images/LIST", TWO_IMAGES)
    return made


def test_every_image_is_loaded_before_the_first_gets_its_name(
    bundle: Bundle, tmp_path: Path
) -> None:
    engine = make_engine(tmp_path)

    done = bundle.install(ENGINE=str(engine.program))

    assert done.returncode == 0, done.stderr
    assert [call for call in engine.calls() if not call.startswith("image inspect")] == [
        "load --quiet --input images/app.oci.tar",
        "load --quiet --input images/redis.oci.tar",
        "tag aa farol-app:1.2.3",
        "tag ba docker.io/library/redis:7",
    ]


def test_an_image_is_known_by_its_manifest_where_the_engine_does_so(
    bundle: Bundle, tmp_path: Path
) -> None:
    engine = make_engine(tmp_path, "'image inspect '?a", "exit 1")

    done = bundle.install(ENGINE=str(engine.program))

    assert done.returncode == 0, done.stderr
    assert "tag ab farol-app:1.2.3" in engine.calls()


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("*app.oci.tar", "could not load images/app.oci.tar"),
        ("*redis.oci.tar", "could not load images/redis.oci.tar"),
        ("*' 'b[ab]", "loaded images/redis.oci.tar, but has no image sha256:ba after it"),
        ("tag*redis*", "could not name docker.io/library/redis:7"),
    ],
)
def test_an_engine_that_fails_in_the_middle_leaves_the_earlier_version_in_place(
    bundle: Bundle, tmp_path: Path, case: str, sentence: str
) -> None:
    before = bundle.installed()

    done = bundle.install(ENGINE=str(make_engine(tmp_path, case, "exit 1").program))

    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.endswith("Nothing was installed.\n")
    assert bundle.installed() == before
    assert (bundle.target / "VERSION").read_text(encoding="utf-8") == "1.2.3\n"


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_what_ends_it_in_the_middle_leaves_the_earlier_version_in_place(
    bundle: Bundle, tmp_path: Path, ending: signal.Signals
) -> None:
    before = bundle.installed()
    engine = make_engine(tmp_path, "*redis.oci.tar", f"kill -{ending.value} $PPID")

    done = bundle.install(ENGINE=str(engine.program))

    assert done.returncode == 128 + ending
    assert done.stderr.endswith("Nothing was installed.\n")
    assert bundle.installed() == before


def test_it_goes_on_after_it_was_killed(bundle: Bundle, tmp_path: Path) -> None:
    killed = bundle.install(
        ENGINE=str(make_engine(tmp_path, "*redis.oci.tar", "kill -9 $PPID").program)
    )
    served_meanwhile = (bundle.target / "VERSION").read_text(encoding="utf-8")

    done = bundle.install(ENGINE=str(make_engine(tmp_path).program))

    assert killed.returncode == -signal.SIGKILL
    assert served_meanwhile == "1.2.3\n"
    assert done.returncode == 0, done.stderr
    assert (bundle.target / "VERSION").read_text(encoding="utf-8") == "1.3.0\n"
    assert not [path for path in bundle.installed() if path.name.endswith(".partial")]


def test_a_disk_that_is_full_leaves_the_earlier_version_in_place_and_loads_nothing(
    bundle: Bundle, tmp_path: Path
) -> None:
    before = bundle.installed()
    bundle.write("wheelhouse/some-1-py3-none-any.whl", "PK" * 50_000)
    engine = make_engine(tmp_path)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)

    done = subprocess.run(
        ["sh", bundle.folder / "install.sh", bundle.target],
        env={"PATH": os.environ["PATH"], "ENGINE": str(engine.program)},
        # Of any file that is written, as of a disk that has no more room.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1])),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert done.stderr.endswith("Nothing was installed.\n")
    assert bundle.installed() == before
    assert not engine.log.exists()


def test_a_folder_where_nothing_can_be_made_is_named(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")

    done = bundle.install("file/farol")

    assert done.returncode == 1
    assert f"{tmp_path}/file" in done.stderr
    assert done.stderr.endswith("Nothing was installed.\n")


def test_an_engine_that_does_not_answer_is_passed_over(bundle: Bundle, tmp_path: Path) -> None:
    make_engine(tmp_path, "info", "exit 1").program.rename(tmp_path / "docker")
    make_engine(tmp_path).program.rename(tmp_path / "podman")

    done = bundle.install(PATH=f"{tmp_path}:{os.environ['PATH']}", ENGINE="")

    assert done.returncode == 0, done.stderr
    assert "with podman ..." in done.stdout
    assert "with docker" not in done.stdout


def test_without_an_engine_nothing_is_installed(bundle: Bundle, tmp_path: Path) -> None:
    before = bundle.installed()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "sha256sum", "cut", "find", "grep", "wc", "dirname", "tr"):
        (programs / name).symlink_to(str(shutil.which(name)))

    done = bundle.install(PATH=str(programs), ENGINE="")

    assert done.returncode == 1
    assert "looked for docker and podman" in done.stderr
    assert bundle.installed() == before
