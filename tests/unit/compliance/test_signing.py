"""A signed report says which report and which image it is of, and nobody can say otherwise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from datalayer.compliance.__main__ import main
from datalayer.compliance.report import latest_report
from datalayer.kernel.attestation.envelope import verify
from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys

DIGEST = "sha256:" + "ab" * 32


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    """A key, kept in key.pem."""
    made = SigningKey.generate()
    (tmp_path / "key.pem").write_text(made.private_pem())
    (tmp_path / "key.pem").chmod(0o600)
    return made


def test_the_report_and_the_image_are_what_is_signed(key: SigningKey, tmp_path: Path) -> None:
    measured = ["--image-size", "556000000", "--image-digest", DIGEST]
    out = ["--out", str(tmp_path), "--sign", str(tmp_path / "key.pem")]

    assert main(["--only", "image-is-small", *measured, *out]) == 0

    report = latest_report(tmp_path)
    assert report
    envelope = report.with_suffix(".attestation.json").read_bytes()
    said = verify(envelope, TrustedKeys((key.public,)), publication_id="-").statement
    assert said.sha256_of(report.name) == hashlib.sha256(report.read_bytes()).hexdigest()
    assert said.sha256_of("farol-app") == "ab" * 32
    assert said.predicate["closing_line"] == "1 checks passed, 0 failed; app image 556 MB"


def test_a_report_can_be_signed_later_but_not_once_it_was_changed(
    key: SigningKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--only", "lock-is-hashed", "--out", str(tmp_path)])
    report = latest_report(tmp_path)
    assert report
    sign = ["--report", str(report), "--sign", str(tmp_path / "key.pem")]

    assert main(sign) == 0
    assert latest_report(tmp_path) == report

    report.write_bytes(report.read_bytes().replace(b"passed", b"failed"))
    assert main(sign) == 1
    assert "was changed" in capsys.readouterr().err


def test_a_key_that_others_can_read_is_refused_before_anything_is_done(
    key: SigningKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key.pem").chmod(0o644)

    code = main(["--only", "lock-is-hashed", "--out", str(tmp_path / "out"), "--sign",
                 str(tmp_path / "key.pem")])  # fmt: skip

    assert code == 1
    assert "must be 0600" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
