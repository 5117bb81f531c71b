"""What deploy/proxy/start.sh refuses, by a sentence that says what would be right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.caddy_server import copy_files, environment, make_certificate


def refusal(folder: Path, **variables: str) -> str:
    copy_files(folder)
    done = subprocess.run(
        ["sh", str(folder / "start.sh")],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("scheme", ["HTTPS", "htps", " https"])
def test_a_scheme_that_is_none_is_refused(tmp_path: Path, scheme: str) -> None:
    assert refusal(tmp_path, FAROL_SCHEME=scheme) == (
        f"proxy: FAROL_SCHEME is '{scheme}'; it must be http or https"
    )


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
def test_https_without_its_files_is_refused_by_their_name(tmp_path: Path, name: str) -> None:
    make_certificate(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).touch()

    said = refusal(tmp_path, FAROL_SCHEME="https")

    assert f"FAROL_SCHEME is https, and {name} is missing, empty or closed to user" in said
    assert "put it into deploy/secrets/tls" in said
