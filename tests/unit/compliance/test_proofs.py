"""A proof that can't be made says why, and the portal goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from datalayer.compliance.proofs import Proofs
from datalayer.settings import Settings


def test_a_proof_that_can_not_be_made_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("no folder")
    monkeypatch.chdir(tmp_path)  # where there is no portal
    proofs = Proofs(Settings(state=tmp_path / "state"))

    running = proofs.start()

    assert running.wait(60)
    assert "could not be made" in str(running.problem)
    assert proofs.running() is None
    assert proofs.latest() is None
    assert proofs.latest_files() == {}


@pytest.mark.parametrize(
    "program",
    ["no program", "#!/bin/sh\necho '{}'\n", "#!/bin/sh\nseq 1 60000 >&2\necho ended >&2\n"],
)
def test_a_proof_ends_whatever_its_process_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))

    running = Proofs(Settings(state=tmp_path / "state")).start()

    assert running.wait(60)
    assert "could not be made" in str(running.problem)
