"""A key that may write to a real S3 store is found by trying; one that only reads passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.exercise import exerciser
from datalayer.compliance.policies.portal import WriteRefused
from datalayer.settings import Settings
from tests.integration.servers import READER, WRITER, S3Server
from tests.portals import ROOT
from tests.publisher import Publisher


@pytest.mark.parametrize(("keys", "findings"), [(READER, 0), (WRITER, 1)], ids=["reads", "writes"])
def test_a_key_that_may_write_is_found(
    keys: tuple[str, str],
    findings: int,
    s3_server: S3Server,
    prefix: str,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publisher.publish(items=2)
    settings = {**s3_server.settings(prefix), "s3_access_key": keys[0], "s3_secret_key": keys[1]}
    for name, value in {**settings, "state": tmp_path / "state"}.items():
        monkeypatch.setenv(f"FAROL_{name.upper()}", str(value))
    monkeypatch.chdir(ROOT)

    used = exerciser(Path(), Settings.load())()

    assert used.require_published().publication_id == publisher.latest.publication_id
    assert len(list(WriteRefused().findings(used.store))) == findings
