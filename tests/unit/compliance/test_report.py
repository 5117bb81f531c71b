"""A report can be read again, shows what was changed in it, and is told in one line."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from datalayer.compliance.report import (
    JOB_IMAGE,
    MOST_KEPT,
    ProofReport,
    hashes_of,
    latest_report,
    read_report,
    report_html,
    report_json,
    write_report,
)
from datalayer.compliance.verifier import CheckResult
from datalayer.kernel.errors import EvidenceMissing
from datalayer.kernel.sentences import Sentence

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
PASSED = CheckResult("a", "A holds", "passed", "3 things")
FAILED = CheckResult("b", "B holds", "failed", "4 things", ("<b> is there; it must not be",))
SKIPPED = CheckResult("c", "C holds", "not applicable", "there is no C here")
REPORT = ProofReport(AT, "", None, {"requirements.txt": "ab"}, (PASSED, FAILED, SKIPPED))


def test_the_closing_line_counts_what_passed_and_failed_and_tells_the_image() -> None:
    assert REPORT.closing_line == "1 checks passed, 1 failed; no image was measured"
    measured = replace(REPORT, image_bytes=556_400_000)
    assert measured.closing_line == "1 checks passed, 1 failed; app image 556 MB"


@pytest.mark.parametrize(
    ("results", "passed"),
    [((PASSED,), True), ((PASSED, SKIPPED), True), ((PASSED, FAILED), False), ((SKIPPED,), False),
     ((), False)],
)  # fmt: skip
def test_a_proof_passed_only_if_something_was_checked_and_nothing_failed(
    results: tuple[CheckResult, ...], passed: bool
) -> None:
    assert replace(REPORT, results=results).passed is passed


def test_a_report_is_read_as_it_was_written_with_its_digest_beside_it(tmp_path: Path) -> None:
    written = write_report(REPORT, tmp_path)

    assert latest_report(tmp_path) == written.json
    assert read_report(written.json) == REPORT
    assert hashlib.sha256(written.json.read_bytes()).hexdigest() == written.sha256
    assert written.sha256 in written.html.read_text(encoding="utf-8")


def test_a_report_that_was_changed_is_refused(tmp_path: Path) -> None:
    written = write_report(REPORT, tmp_path)
    written.json.write_bytes(written.json.read_bytes().replace(b"failed", b"passed"))

    with pytest.raises(EvidenceMissing, match="was changed"):
        read_report(written.json)


def test_a_report_without_its_digest_is_refused(tmp_path: Path) -> None:
    written = write_report(REPORT, tmp_path)
    written.json.with_suffix(".json.sha256").unlink()

    with pytest.raises(EvidenceMissing, match="can't be read"):
        read_report(written.json)


def test_the_same_proof_has_the_same_bytes() -> None:
    again = replace(REPORT, hashes=dict(reversed(REPORT.hashes.items())))

    assert report_json(REPORT) == report_json(again)


def test_the_page_shows_findings_as_text_and_needs_no_other_file() -> None:
    page = report_html(REPORT, "ab")

    assert "&lt;b&gt; is there" in page
    assert "http" not in page
    assert "<script" not in page


def test_old_reports_are_removed(tmp_path: Path) -> None:
    for minutes in range(MOST_KEPT + 2):
        write_report(replace(REPORT, checked_at=AT + timedelta(minutes=minutes)), tmp_path)

    kept = sorted(path.name for path in tmp_path.glob("*.json"))
    assert len(kept) == MOST_KEPT
    assert kept[0] == "proof-20261126T120200Z.json"
    assert len(list(tmp_path.iterdir())) == 3 * MOST_KEPT


def test_what_was_read_is_told_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM x")
    sbom = tmp_path / "sbom.json"
    sbom.write_bytes(b"{}")
    (tmp_path / "compose.yml").write_bytes(b"x: 1")

    assert hashes_of(tmp_path, ["compose.yml"], [sbom, None]) == {
        "compose.yml": hashlib.sha256(b"x: 1").hexdigest(),
        "Dockerfile": hashlib.sha256(b"FROM x").hexdigest(),
        str(sbom): hashlib.sha256(b"{}").hexdigest(),
    }


def test_what_was_found_can_be_told_in_other_languages_after_it_was_read(tmp_path: Path) -> None:
    looked_at = Sentence("{count} files", count=50_000)
    finding = Sentence("{path} is there", path="model.pkl")
    found = CheckResult("d", "D holds", "failed", looked_at, (finding,))
    written = write_report(replace(REPORT, results=(found,)), tmp_path)

    (result,) = read_report(written.json).results

    assert (result.looked_at, result.findings) == ("50,000 files", ("model.pkl is there",))
    assert isinstance(result.looked_at, Sentence)
    assert isinstance(result.findings[0], Sentence)
    assert (result.findings[0].template, result.looked_at.fields) == (
        finding.template,
        {"count": 50_000},
    )


def test_the_report_of_the_jobs_image_names_it_and_is_json_alone(tmp_path: Path) -> None:
    report = replace(REPORT, image_name=JOB_IMAGE, image_bytes=1_058_000_000)

    written = write_report(report, tmp_path)

    assert written.html is None
    assert read_report(written.json) == report
    assert report.closing_line == "1 checks passed, 1 failed; farol-ml-jobs 1058 MB"
