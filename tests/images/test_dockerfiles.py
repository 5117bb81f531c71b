"""The Dockerfiles have no finding of hadolint, with no rule switched off for all of a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.portals import ROOT

DOCKERFILES = ("Dockerfile", "ml_jobs/Dockerfile")
HADOLINT = Path(sys.executable).with_name("hadolint")


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_hadolint_finds_nothing(dockerfile: str) -> None:
    done = subprocess.run(
        [HADOLINT, "--no-color", dockerfile], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_hadolint_finds_what_is_there(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python\nRUN pip install torch\n", encoding="utf-8")

    done = subprocess.run([HADOLINT, bad], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "DL3006" in done.stdout
