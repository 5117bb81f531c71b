"""The law of the house: nothing that is deployed trains, predicts or even loads what could."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from datalayer.compliance.at_a_glance import check_compliance
from datalayer.compliance.report import ProofReport, latest_report, read_report
from datalayer.kernel.contract.manifest import Manifest
from tests.publisher import Publisher

PROJECT = Path(__file__).parents[2]
OF_THE_RUNNING_PORTAL = (
    "everything-was-used",
    "loaded-without-ml",
    "routes-infer-nothing",
    "routes-only-read",
    "registry-asks-for-metadata",
    "rows-have-metadata",
    "database-is-locked",
)


def prove(folder: Path, **environment: str) -> tuple[int, str, ProofReport]:
    """Prove the portal of *folder*; return exit code, last line and report."""
    only = [word for name in OF_THE_RUNNING_PORTAL for word in ("--only", name)]
    places = {"FAROL_STORE": str(folder / "store"), "FAROL_STATE": str(folder / "var")}
    done = subprocess.run(
        [sys.executable, "-m", "datalayer.compliance", "--out", str(folder / "out"), *only],
        cwd=PROJECT,
        env={**os.environ, **places, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    written = latest_report(folder / "out")
    assert written, done.stderr
    return done.returncode, done.stdout.splitlines()[-1], read_report(written)


def test_the_running_portal_keeps_its_promises_and_is_left_as_it_was(
    activated: Manifest, tmp_path: Path
) -> None:
    before = contents(tmp_path)

    code, closing_line, report = prove(tmp_path)

    assert [each for each in report.results if each.findings] == []
    assert closing_line == report.closing_line == "7 checks passed, 0 failed; no image was measured"
    assert code == 0
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "var/proof/lock").unlink()  # what keeps two proofs from using one folder
    assert contents(tmp_path) == before


def test_a_model_that_a_page_could_load_is_found(publisher: Publisher, tmp_path: Path) -> None:
    publisher.publish()
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "torch.py").touch()
    (planted / "sitecustomize.py").write_text("import torch")

    code, closing_line, report = prove(tmp_path, PYTHONPATH=str(planted))

    assert code == 1
    assert closing_line == "5 checks passed, 2 failed; no image was measured"
    findings = {each.name: each.findings for each in report.results if each.findings}
    assert findings.keys() == {"everything-was-used", "loaded-without-ml"}
    assert findings["loaded-without-ml"][0].startswith("the module torch is loaded after every")
    # The administration page says so, too, whoever looks at it.
    assert "The page admin (en) reported: Machine learning" in findings["everything-was-used"][0]


OF_ROWS = {
    "everything-was-used",
    "loaded-without-ml",
    "rows-have-metadata",
    "database-is-locked",
}


def test_with_nothing_published_what_needs_rows_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()

    _, closing_line, report = prove(tmp_path)

    not_shown = {each.name: each for each in report.results if each.outcome == "not applicable"}
    assert closing_line == "3 checks passed, 0 failed; no image was measured"
    assert not_shown.keys() == OF_ROWS
    assert "nothing is published" in not_shown["loaded-without-ml"].looked_at


def test_with_a_publication_that_is_refused_what_needs_rows_fails(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish()
    publisher.corrupt("fact_forecast")

    code, _, report = prove(tmp_path)

    failed = {each.name: each for each in report.results if each.outcome == "failed"}
    assert code == 1
    assert failed.keys() == OF_ROWS
    (told,) = failed["loaded-without-ml"].findings
    assert told.startswith("The store's latest publication could not be read: ")


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below *folder*, by its path."""
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_the_environment_of_the_portal_holds_no_machine_learning() -> None:
    found = check_compliance()

    assert found.checked
    assert found.violations == ()
