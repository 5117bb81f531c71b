"""The checks are named once, and the command makes those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest

from datalayer.compliance.__main__ import main
from datalayer.compliance.checks import checks
from datalayer.compliance.checks_of_job import checks_of_job
from datalayer.compliance.evidence.exercise import (
    MUST_BE_REFUSED,
    StatementAttempt,
    StatementAttempts,
)
from datalayer.compliance.place import Place
from datalayer.compliance.policies.portal import EverythingRefused
from datalayer.compliance.report import latest_report, read_report
from datalayer.compliance.verifier import Verifiable
from datalayer.settings import Settings


@pytest.mark.parametrize("all_checks", [checks, checks_of_job])
def test_every_check_has_a_name_of_its_own_and_promises_something(
    all_checks: Callable[[Place], Sequence[Verifiable]],
) -> None:
    made = all_checks(Place(Settings()))

    assert len({each.name for each in made}) == len(made)
    assert all(each.promise[0].isupper() for each in made)


def test_a_planted_model_fails_the_proof_with_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("datalayer", "pages", ".streamlit"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pages/innocent").write_bytes(b"\x80\x05\x95")
    monkeypatch.chdir(tmp_path)

    code = main(["--only", "no-model-files", "--out", "out"])

    written = latest_report(tmp_path / "out")
    assert code == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("1 failed; no image was measured")
    assert written
    (result,) = read_report(written).results
    assert f"{tmp_path}/pages/innocent begins like a Python pickle" in "\n".join(result.findings)


def test_a_lock_that_is_not_there_fails_the_proof(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--only", "installed-is-the-lock", "--lock", "nowhere.txt"])

    assert code == 1
    assert "an image must carry the lock" in capsys.readouterr().out


def test_nothing_but_what_is_not_applicable_is_no_proof(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "image-is-small"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 checks passed, 0 failed")


def test_a_measured_image_is_judged_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "image-is-small", "--image-size", "556000000"]) == 0
    assert capsys.readouterr().out.endswith("1 checks passed, 0 failed; app image 556 MB\n")
    assert main(["--only", "image-is-small", "--image-size", "700000000"]) == 1


def test_a_check_that_does_not_exist_is_refused_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "nonsense"]) == 1
    assert "lock-is-hashed" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--image-size", "0"], ["--image-size", "1e9"], ["--image-digest", "sha256:x"]]
)
def test_wrong_options_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)


def test_a_database_that_is_not_locked_down_fails(tmp_path: Path) -> None:
    words = ("/etc/passwd", "copy", "attach", "memory_limit", "lock_configuration")
    local = [each for each in MUST_BE_REFUSED if any(word in each for word in words)]

    def attempt(statement: str) -> StatementAttempt:
        try:
            duckdb.connect().execute(statement.replace("{folder}", str(tmp_path)))
        except duckdb.Error as error:
            return StatementAttempt(statement=statement, refused=True, answer=str(error))
        return StatementAttempt(statement=statement, refused=False, answer="")

    found = list(EverythingRefused().findings(StatementAttempts(tuple(map(attempt, local)))))

    assert len(local) == len(words)
    assert len(found) == len(words)
