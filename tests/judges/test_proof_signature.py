"""The signature of a proof's report is checked by the documented script."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from datalayer.compliance.report import ProofReport, write_report
from datalayer.compliance.signing import sign_report
from datalayer.compliance.verifier import CheckResult
from tests.judges.judge import PROJECT, Judge
from tests.signing import KEY

SCRIPT = PROJECT / "docs/examples/verify_signature.py"
REPORT = ProofReport(
    checked_at=datetime(2026, 11, 26, 12, tzinfo=UTC),
    image_digest="sha256:" + "ab" * 32,
    image_bytes=556_000_000,
    results=(CheckResult("a", "A holds", "passed", "3 things"),),
)


def test_the_report_and_the_image_are_told_and_an_altered_report_is_named(
    judge: Judge, tmp_path: Path
) -> None:
    (tmp_path / "trusted.pem").write_text(KEY.public_pem())
    written = write_report(REPORT, tmp_path / "out")
    envelope = sign_report(written.json, KEY)

    done = judge.run("python", SCRIPT, tmp_path / "trusted.pem", envelope)

    assert done.returncode == 0, done.stderr
    assert f"as signed {written.sha256} {written.json.name}" in " ".join(done.stdout.split())
    assert f"not here {'ab' * 32} farol-app" in " ".join(done.stdout.split())
    assert "1 checks passed, 0 failed; app image 556 MB" in done.stdout

    written.json.write_bytes(written.json.read_bytes() + b" ")
    done = judge.run("python", SCRIPT, tmp_path / "trusted.pem", envelope)
    assert done.returncode == 1
    assert f"{written.json.name} has the SHA-256" in done.stderr
