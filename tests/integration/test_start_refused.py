"""A portal with wrong settings, or a key that writes, doesn't start and says why in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.servers import WRITER, S3Server
from tests.portals import ROOT


def start(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FAROL_")}
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "app:app", "--port", "0"],
        cwd=ROOT,
        env={**kept, "FAROL_STATE": str(folder / "var"), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_key_that_may_write_to_the_store_is_refused(
    tmp_path: Path, s3_server: S3Server, prefix: str
) -> None:
    settings = s3_server.settings(prefix) | {
        "s3_access_key": WRITER[0],
        "s3_secret_key": WRITER[1],
    }

    refused = start(
        tmp_path, **{f"FAROL_{name.upper()}": str(value) for name, value in settings.items()}
    )

    assert refused.returncode == 1
    assert "lets this portal write; give it credentials that may only read" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("farol_s3_secret_key", "minioadmin", "FAROL_S3_SECRET_KEY is a sample, or holds a word"),
        ("farol_redis_url", "redis://:redis@redis:6379", "FAROL_REDIS_URL has a password that has"),
        ("farol_redis_url", "redis://redis:6379", "FAROL_REDIS_URL has no password, and whoever"),
        ("farol_s3_secret_key", "", "farol_s3_secret_key is empty; it must hold the value"),
    ],
)
def test_a_secret_that_can_be_guessed_or_is_missing_is_refused_with_one_sentence(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    (tmp_path / name).write_text(content)

    refused = start(tmp_path, FAROL_SECRETS=str(tmp_path))

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "minioadmin" not in refused.stderr
    assert not (tmp_path / "var").exists()
