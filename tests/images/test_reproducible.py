"""Two builds of one commit are one image; where two images differ, it is said in what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.images.engine import TAG, ContainerEngine, build_images
from tests.portals import ROOT

FOREIGN = (
    ".env",
    ".streamlit/secrets.toml",
    "app.py~",
    "#app.py#",
    "datalayer/.#portal.py",
    "datalayer/access/id_ed25519",
    "datalayer/access/portal.py.orig",
    "datalayer/kernel/farol_s3_secret_key",
    "datalayer/kernel/key.pem",
    "deploy/secrets/portal/farol_redis_url",
    "ml_jobs/data/demand.parquet",
    "ml_jobs/demand.csv",
    "ml_jobs/secrets/farol_s3_secret_key",
    "pages/admin.py.bak",
    "pages/static/key.pem",
    "var/accounts.db",
)
"""What people, editors and Farol itself leave in a folder."""


def copied(folder: Path) -> Path:
    """Return a copy of the project's files as git lists them, with the modes of umask 077.

    Among them lies what has no place in an image.
    """
    folder.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    there = [name for name in listed.stdout.split(b"\0") if (ROOT / name.decode()).is_file()]
    packed = subprocess.run(
        ["tar", "--create", "--null", "--files-from=-"],
        cwd=ROOT,
        input=b"\0".join(there),
        capture_output=True,
        check=True,
    )
    # --touch: what was unpacked is as new as this moment.
    subprocess.run(
        ["sh", "-c", "umask 077 && tar --extract --touch --no-same-permissions"],
        cwd=folder,
        input=packed.stdout,
        check=True,
    )
    for name in FOREIGN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("hush", encoding="utf-8")
    (folder / "pages/hosts.py").symlink_to("/etc/hosts")
    return folder


def release_of(engine: ContainerEngine, image: str) -> dict[str, str]:
    """Return the variables that give another build the image's commit and time."""
    labels = engine.run("image", "inspect", "--format", "{{json .Labels}}", image)
    created = engine.run("image", "inspect", "--format", "{{.Created.Unix}}", image)
    revision = labels.partition('revision":"')[2].partition('"')[0]
    return {"REVISION": revision, "SOURCE_DATE_EPOCH": created.strip()}


def test_a_clean_build_elsewhere_has_the_digest_of_the_one_from_the_cache(
    engine: ContainerEngine, app_image: str, tmp_path: Path
) -> None:
    folder = copied(tmp_path / "another place")

    said = build_images(
        engine,
        "app",
        folder=folder,
        NO_CACHE="1",
        TAG=f"{TAG}-again",
        TZ="America/Sao_Paulo",
        **release_of(engine, app_image),
    )

    again = said.splitlines()[-1].partition(": ")[0]
    assert differences(engine, tmp_path, app_image, again) == ""
    assert engine.inspect(again)["Id"] == engine.inspect(app_image)["Id"]


def test_the_job_s_image_is_the_same_whatever_else_lies_in_the_folder(
    engine: ContainerEngine, ml_image: str, tmp_path: Path
) -> None:
    folder = copied(tmp_path / "another place")

    said = build_images(
        engine, "ml", folder=folder, TAG=f"{TAG}-again", **release_of(engine, ml_image)
    )

    again = said.splitlines()[-1].partition(": ")[0]
    assert differences(engine, tmp_path, ml_image, again) == ""


def test_two_images_that_differ_are_told_apart_file_by_file(
    engine: ContainerEngine, app_image: str, tmp_path: Path
) -> None:
    changed = "localhost/farol-test/changed"
    recipe = tmp_path / "Dockerfile"
    recipe.write_text(
        f"FROM {app_image}\nCOPY Dockerfile /opt/farol/app.py\nUSER 0\n", encoding="utf-8"
    )
    try:
        engine.run("build", "--quiet", "--format=docker", f"--tag={changed}", str(tmp_path))

        said = differences(engine, tmp_path, app_image, changed)
    finally:
        engine.run("image", "rm", changed)

    assert '"User": "0"' in said
    assert "layers: " in said


def differences(engine: ContainerEngine, folder: Path, one: str, two: str) -> str:
    """Return what ``deploy/image_differences.py`` says of two images."""
    if engine.inspect(one)["Id"] == engine.inspect(two)["Id"]:
        return ""
    archives = [folder / "one.tar", folder / "two.tar"]
    for image, archive in zip((one, two), archives, strict=True):
        engine.run("save", "--quiet", "--format=docker-archive", f"--output={archive}", image)
    done = subprocess.run(
        [sys.executable, ROOT / "deploy/image_differences.py", *archives],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
