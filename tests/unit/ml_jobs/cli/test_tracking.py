"""Runs logged with MLflow into a folder: no network, nothing reported home."""

from __future__ import annotations

import builtins
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from datalayer.kernel.contract.manifest import ContractReference, Manifest
from ml_jobs.cli.tracking import measures, open_tracking, parameters
from ml_jobs.errors import MissingExtraError, TrackingError
from ml_jobs.publishing.gold_files import GoldFiles
from tests.unit.ml_jobs import gold_samples as samples

pytestmark = pytest.mark.ml

ROOT = Path(__file__).parents[4]
MANIFEST = Manifest(
    publication_id="20260411T060000Z-00000000",
    dataset_id="spare parts",
    model_version="1",
    generated_at=datetime(2026, 4, 11, 6, tzinfo=UTC),
    data_through=date(2026, 4, 10),
    contract=ContractReference("c", "1.0.0", {}),
    files=(),
    lineage={
        "code_version": "c0de",
        "inputs": [
            {"role": "demand", "name": "a.csv", "sha256": "aa", "rows": 1},
            {"role": "demand", "name": "b.csv", "sha256": "bb", "rows": 1},
            {"role": "stock", "name": "s.csv", "sha256": "cc", "rows": 1},
        ],
    },
)
SETTINGS = {"forecast.seed": 7, "forecast.sources": ("naive", "mean"), "input.items": None}


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def gold(tmp_path: Path) -> GoldFiles:
    return samples.gold_of(tmp_path / "gold")


def test_parameters_are_settings_seed_code_and_the_hashes_of_all_inputs() -> None:
    named = parameters(MANIFEST, SETTINGS)

    assert named["forecast.seed"] == "7"
    assert named["input.demand.sha256"] == "aa bb"
    assert named["input.stock.sha256"] == "cc"
    assert (named["code_version"], named["data_through"]) == ("c0de", "2026-04-10")


def test_measures_are_those_of_all_series_by_source_and_horizon(gold: GoldFiles) -> None:
    found = measures(gold)

    assert found["wql/ensemble/28"] == pytest.approx(0.4)
    assert {name.split("/")[1] for name in found} == set(samples.FORECASTS)
    assert not any(name.startswith("n_obs") for name in found)


def test_a_run_is_kept_in_a_folder_with_all_that_was_said_and_no_connection(
    gold: GoldFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    tracking = open_tracking(str(tmp_path / "runs"))

    first = tracking.log(MANIFEST, gold, SETTINGS)
    second = tracking.log(MANIFEST, gold, SETTINGS)

    folders = sorted(path.parent for path in tmp_path.glob("runs/*/*/params"))
    assert {folder.name for folder in folders} == {first, second}
    assert len({folder.parent for folder in folders}) == 1
    kept = folders[0]
    assert (kept / "params/forecast.sources").read_text() == "('naive', 'mean')"
    assert float((kept / "metrics/wql/ensemble/28").read_text().split()[1]) == pytest.approx(0.4)
    manifest = json.loads((kept / "artifacts/metadata.json").read_text())
    assert manifest["publication_id"] == MANIFEST.publication_id


def test_telemetry_is_off_before_mlflow_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from ml_jobs.cli.tracking import open_tracking\n"
        "assert 'mlflow' not in sys.modules\n"
        f"open_tracking({str(tmp_path / 'runs')!r})\n"
        "from mlflow.telemetry.client import get_telemetry_client\n"
        "print(get_telemetry_client())"
    )
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=plain,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stdout == "None\n", answer.stderr


@pytest.mark.parametrize("place", ["sqlite:///runs.db", "databricks://profile"])
def test_a_place_that_runs_can_not_be_kept_at_is_refused(place: str) -> None:
    with pytest.raises(TrackingError, match="a folder or the http address"):
        open_tracking(place)


def test_a_disk_that_refuses_is_an_error_that_names_the_place(
    gold: GoldFiles, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(TrackingError, match=r"could not be logged at .*file"):
        open_tracking(str(tmp_path / "file")).log(MANIFEST, gold, SETTINGS)


def test_without_mlflow_the_lock_file_that_has_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = builtins.__import__

    def without_mlflow(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "mlflow":
            raise ImportError(name)
        return load(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_mlflow)

    with pytest.raises(MissingExtraError, match=r"mlflow-skinny.*requirements-extras\.txt"):
        open_tracking("runs")
