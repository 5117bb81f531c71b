"""deploy/init.sh makes secrets that the portal accepts, and never touches those that are there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from datalayer.kernel.storage.settings import StoreSettings
from datalayer.settings import Settings
from tests.portals import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "secrets"


def init(
    folder: Path | str, *options: str, programs: str = "", umask: int = -1
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "deploy/init.sh"), *options],
        env={
            "PATH": programs + os.environ["PATH"],
            "FAROL_SECRETS_FOLDER": str(folder),
        },
        cwd="/",
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )


def with_program(folder: Path, name: str, text: str) -> str:
    """Put a program before the system's; return the beginning of the path that finds it."""
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / name).chmod(0o755)
    return f"{folder}:"


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_the_portal_starts_with_what_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(folder)
    monkeypatch.setenv("FAROL_SECRETS", str(folder / "portal"))
    monkeypatch.setenv("FAROL_STORE", "s3://farol/ml_results")
    monkeypatch.setenv("FAROL_S3_ENDPOINT", "s3:8333")

    settings = Settings.load()

    assert settings.redis_url
    assert settings.s3_secret_key


def test_the_job_starts_with_what_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(folder)
    monkeypatch.setenv("FAROL_SECRETS", str(folder / "ml_jobs"))

    assert StoreSettings.load().s3_secret_key


def test_only_the_job_may_write_to_the_store_and_only_to_its_bucket(folder: Path) -> None:
    init(folder)

    identities = json.loads((folder / "store/identities.json").read_text())["identities"]

    assert {identity["name"]: identity["actions"] for identity in identities} == {
        "portal": ["Read:farol", "List:farol"],
        "ml_jobs": ["Read:farol", "List:farol", "Write:farol"],
    }


def test_the_keys_of_the_store_are_those_of_portal_and_job(folder: Path) -> None:
    init(folder)

    made = contents(folder)
    for identity in json.loads(made["store/identities.json"])["identities"]:
        (keys,) = identity["credentials"]
        assert made[f"{identity['name']}/farol_s3_access_key"].strip() == keys["accessKey"]
        assert made[f"{identity['name']}/farol_s3_secret_key"].strip() == keys["secretKey"]


def test_redis_holds_the_digest_of_the_password_that_the_portal_has(folder: Path) -> None:
    init(folder)

    made = contents(folder)
    password = made["portal/farol_redis_url"].partition("portal:")[2].partition("@")[0]
    assert hashlib.sha256(password.encode()).hexdigest() in made["redis/users.acl"]
    assert password not in made["redis/users.acl"]
    assert made["redis/users.acl"].startswith("user default off\n")


def test_every_secret_is_another_and_every_folder_has_others(tmp_path: Path) -> None:
    init(tmp_path / "one")
    init(tmp_path / "other")

    made = [contents(tmp_path / name) for name in ("one", "other")]
    keys = [each[f"{who}/farol_s3_secret_key"] for each in made for who in ("portal", "ml_jobs")]
    assert len(set(keys)) == 4


def test_no_secret_is_shown(folder: Path) -> None:
    shown = init(folder)

    secrets = [text.strip() for name, text in contents(folder).items() if "secret_key" in name]
    assert all(secret not in shown.stdout + shown.stderr for secret in secrets)


def test_the_portal_s_user_of_redis_may_not_stop_or_reconfigure_it(folder: Path) -> None:
    init(folder)

    _, user, *rest = contents(folder)["redis/users.acl"].splitlines()
    assert user.split()[:3] == ["user", "portal", "on"]
    assert user.split()[4:] == ["~*", "&*", "+@all", "-@admin", "-@dangerous", "+info"]
    assert rest == []


@pytest.mark.parametrize("mode", [None, 0o755])
def test_other_users_of_the_machine_reach_nothing(folder: Path, mode: int | None) -> None:
    if mode:
        folder.mkdir(mode=mode)

    init(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_users_of_the_containers_read_what_is_mounted(folder: Path) -> None:
    init(folder)

    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o444}
    assert (folder / "tls").stat().st_mode & 0o777 == 0o755


def test_what_is_there_is_kept(folder: Path) -> None:
    init(folder)
    before = contents(folder)

    again = init(folder)

    assert again.returncode == 0
    assert contents(folder) == before


def test_a_half_that_lost_its_other_half_is_refused_by_name(folder: Path) -> None:
    init(folder)
    (folder / "redis/users.acl").unlink()
    before = contents(folder)

    refused = init(folder)

    assert refused.returncode == 1
    assert "there is portal/farol_redis_url, but not redis/users.acl" in refused.stderr
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["portal/farol_redis_url", "store/identities.json"])
def test_an_empty_file_is_no_secret(folder: Path, name: str) -> None:
    init(folder)
    (folder / name).unlink()
    (folder / name).touch()
    before = contents(folder)

    refused = init(folder)

    assert refused.returncode == 1
    assert f"{folder}/{name} is empty" in refused.stderr
    assert contents(folder) == before


def test_a_folder_that_an_engine_made_in_place_of_a_file_is_no_secret(folder: Path) -> None:
    (folder / "portal/farol_redis_url").mkdir(parents=True)

    refused = init(folder)

    assert refused.returncode == 1
    assert f"{folder}/portal/farol_redis_url is a folder; it must be a file" in refused.stderr
    assert contents(folder) == {}


def test_a_link_whose_file_is_gone_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    init(folder)
    (folder / "redis/users.acl").unlink()
    (folder / "redis/users.acl").symlink_to(tmp_path / "not mounted")
    before = contents(folder)

    refused = init(folder)

    assert refused.returncode == 1
    assert f"{folder}/redis/users.acl is no file, or a link to none" in refused.stderr
    assert contents(folder) == before


def test_where_a_file_can_t_be_made_its_other_half_is_not_left_behind(folder: Path) -> None:
    folder.mkdir()
    (folder / "portal").write_text("in the way", encoding="utf-8")

    refused = init(folder)

    assert refused.returncode != 0
    assert contents(folder) == {"portal": "in the way"}


@pytest.mark.parametrize("ending", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("place", ["redis/users.acl", "portal/farol_redis_url"])
def test_what_ends_it_in_the_middle_leaves_no_half(
    folder: Path, tmp_path: Path, ending: signal.Signals, place: str
) -> None:
    text = f'case "$*" in *{place}) kill -{ending.value} $PPID ;; esac; exec /bin/mv "$@"'

    ended = init(folder, programs=with_program(tmp_path / "bin", "mv", text))
    left = contents(folder)
    again = init(folder)

    assert ended.returncode == 128 + ending
    assert left == {}
    assert again.returncode == 0, again.stderr


def test_what_was_killed_in_the_middle_is_told_from_what_is_whole(
    folder: Path, tmp_path: Path
) -> None:
    text = 'case "$*" in *farol_redis_url) kill -9 $PPID; exit ;; esac; exec /bin/mv "$@"'
    init(folder, programs=with_program(tmp_path / "bin", "mv", text))

    refused = init(folder)
    (folder / "redis/users.acl").unlink()
    again = init(folder)

    assert refused.returncode == 1
    assert "there is redis/users.acl, but not portal/farol_redis_url" in refused.stderr
    assert again.returncode == 0, again.stderr
    assert not list(folder.rglob("*.partial"))


@pytest.mark.parametrize(("name", "word"), [("sha256sum", "sha256sum"), ("od", "/dev/urandom")])
def test_without_a_program_that_it_needs_it_makes_nothing(
    folder: Path, tmp_path: Path, name: str, word: str
) -> None:
    refused = init(folder, programs=with_program(tmp_path / "bin", name, "exit 127"))

    assert refused.returncode == 1
    assert f"{word} gave" in refused.stderr
    assert contents(folder) == {}


def test_what_else_lies_in_the_folder_keeps_its_mode(folder: Path) -> None:
    (folder / "signing").mkdir(parents=True, mode=0o700)

    init(folder)

    assert (folder / "signing").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_the_modes_are_the_same_under_any_umask(folder: Path, umask: int) -> None:
    done = init(folder, umask=umask)

    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*")} == {0o755, 0o444}


@pytest.mark.parametrize("name", ["a b", "it's", "two\nlines", "*", "-rf"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    done = init(tmp_path / name)
    before = contents(tmp_path / name)
    again = init(tmp_path / name)

    assert done.returncode == again.returncode == 0, done.stderr
    assert len(before) == 7
    assert contents(tmp_path / name) == before


def test_without_a_store_its_keys_are_left_to_the_operator(folder: Path) -> None:
    shown = init(folder, "--without-store")

    assert sorted(contents(folder)) == ["portal/farol_redis_url", "redis/users.acl"]
    assert "Put the store's keys into" in shown.stdout


@pytest.mark.parametrize("options", ["--force", "--without-store --force"])
def test_an_unknown_option_makes_nothing(folder: Path, options: str) -> None:
    refused = init(folder, *options.split())

    assert refused.returncode == 2
    assert f"{options} is no option" in refused.stderr
    assert not folder.exists()


def test_the_containers_users_can_read_what_a_clone_closed_to_them(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets", "*.py")
    )
    mounted = [tmp_path / "deploy" / name for name in ("proxy", "store", "monitoring")]
    for path in mounted:
        for each in (*path.iterdir(), path):
            each.chmod(0o700 if each.is_dir() else 0o600)

    subprocess.run(["sh", str(tmp_path / "deploy/init.sh")], check=True, capture_output=True)

    modes = {each.stat().st_mode & 0o777 for path in mounted for each in path.iterdir()}
    assert modes == {0o644}
    assert {path.stat().st_mode & 0o777 for path in mounted} == {0o755}
    assert (tmp_path / "deploy/secrets").stat().st_mode & 0o777 == 0o700
