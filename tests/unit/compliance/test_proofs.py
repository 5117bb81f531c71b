"""A proof that can't be made says why, and the portal goes on."""

from __future__ import annotations

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
