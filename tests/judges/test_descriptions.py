"""What the job writes beside a publication's manifest, judged by the tools of each standard."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.publishing.publish import Draft, check, publish
from tests.judges.judge import PROJECT, Judge
from tests.publisher import (
    DATASET_ID,
    FIRST_GENERATED_AT,
    MODEL_VERSION,
    Publisher,
    data_through,
    set_value,
    write_tables,
)

ML_PYTHON = PROJECT / ".venv-ml/bin/python"
QUICK = (
    *("--frequency", "W", "--sources", "naive,mean,tsb,ensemble", "--bootstrap-samples", "50"),
    *("--horizon", "4", "--origins", "2", "--warmups", "1"),
    *("--currency", "BRL", "--license", "CC-BY-4.0"),
)
LOAD_CROISSANT = PROJECT / "tests/judges/load_croissant.py"
READ_RUN_EVENTS = PROJECT / "tests/judges/read_run_events.py"


@pytest.fixture(scope="module")
def job_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with what the job itself published of a little demand at two places."""
    folder = tmp_path_factory.mktemp("job")
    weeks = [f"{day:%Y-%m-%d}" for day in _mondays(60)]
    rows = [
        f"P{item},{place},{week},{1 + (7 * item + number) % 5}"
        for item in range(3)
        for place in ("SP", "RJ")
        for number, week in enumerate(weeks)
        if (number + item) % 3
    ]
    demand = folder / "demand.csv"
    demand.write_text("\n".join(["item_id,location_id,date,quantity", *rows]))
    done = subprocess.run(
        [ML_PYTHON, "-m", "ml_jobs", "forecast", "--demand", demand, *QUICK],
        cwd=PROJECT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("FAROL_")},
            "FAROL_STORE": str(folder / "store"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "store"


def _mondays(weeks: int) -> list[Any]:
    first = FIRST_GENERATED_AT.date()
    ends = first.toordinal() - first.weekday()
    return [first.fromordinal(ends - 7 * back) for back in range(weeks, 0, -1)]


@pytest.fixture(scope="module")
def from_job(job_store: Path) -> Path:
    """The folder of the job's publication."""
    (folder,) = (job_store / "publications").iterdir()
    return folder


@pytest.fixture
def spoilt(from_job: Path, tmp_path: Path) -> Path:
    """A copy of the job's publication, to be spoilt."""
    return Path(shutil.copytree(from_job, tmp_path / "spoilt"))


def manifest_of(folder: Path, registry: Registry) -> Manifest:
    content = (folder / "metadata.json").read_bytes()
    return parse_manifest(content, location="metadata.json", registry=registry)


def rows_of(folder: Path, registry: Registry) -> dict[str, int]:
    return {file.data_set: file.rows for file in manifest_of(folder, registry).files}


def frictionless(judge: Judge, folder: Path) -> dict[str, Any]:
    """Return the report of ``frictionless validate datapackage.json``."""
    done = judge.run("frictionless", "validate", "datapackage.json", "--json", within=folder)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["valid"] is (done.returncode == 0)
    return report


def errors_of(report: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the types of error found, by resource."""
    return {(task["name"], error["type"]) for task in report["tasks"] for error in task["errors"]}


def test_frictionless_validates_the_job_s_publication_with_all_its_rows(
    judge: Judge, from_job: Path, registry: Registry
) -> None:
    report = frictionless(judge, from_job)

    assert (report["valid"], report["errors"], errors_of(report)) == (True, [], set())
    validated = {task["name"]: task["stats"]["rows"] for task in report["tasks"]}
    assert validated == rows_of(from_job, registry)
    assert not judge.tried_to_connect


def test_mlcroissant_loads_every_row_of_every_record_set(
    judge: Judge, from_job: Path, registry: Registry
) -> None:
    loaded = judge.run("python", LOAD_CROISSANT, "croissant.json", within=from_job)

    assert loaded.returncode == 0, loaded.stderr
    assert json.loads(loaded.stdout) == rows_of(from_job, registry)
    assert not judge.tried_to_connect


def test_mlcroissant_misses_nothing_but_how_to_cite_it(judge: Judge, from_job: Path) -> None:
    done = judge.run("mlcroissant", "validate", "--jsonld", "croissant.json", within=from_job)

    assert done.returncode == 0, done.stderr
    warnings = [line for line in done.stderr.splitlines() if line.startswith("  - ")]
    assert len(warnings) == 1
    assert "citeAs" in warnings[0]


def test_the_run_events_are_those_of_the_standard_s_own_classes(
    judge: Judge, from_job: Path
) -> None:
    read = judge.run("python", READ_RUN_EVENTS, from_job / "openlineage.ndjson")

    assert read.returncode == 0, read.stderr
    events = [(each["job"]["name"], each["eventType"]) for each in json.loads(read.stdout)]
    assert events == [
        ("ml_jobs", "START"),
        ("ml_jobs", "COMPLETE"),
        ("ml_jobs.validation", "START"),
        ("ml_jobs.validation", "COMPLETE"),
    ]
    assert not judge.tried_to_connect


def test_a_publication_with_an_empty_data_set_is_judged_sound(
    judge: Judge,
    publisher: Publisher,
    folder_store: FolderStore,
    registry: Registry,
    tmp_path: Path,
) -> None:
    tables = publisher.tables(generated_at=FIRST_GENERATED_AT)
    tables["fact_exception"] = tables["fact_exception"].slice(0, 0)
    files = write_tables(tables, tmp_path / "tables")
    lineage = {"frequency": "D"}
    when = FIRST_GENERATED_AT
    draft = Draft(files, DATASET_ID, MODEL_VERSION, when, data_through(when), lineage)
    manifest = publish(check(draft, registry), folder_store, registry)
    folder = Path(folder_store.address) / "publications" / manifest.publication_id

    report = frictionless(judge, folder)
    loaded = judge.run("python", LOAD_CROISSANT, "croissant.json", within=folder)

    assert errors_of(report) == set()
    assert json.loads(loaded.stdout) == rows_of(folder, registry)


def spoil_rows(folder: Path, data_set: str, change: Callable[[pa.Table], pa.Table]) -> None:
    path = folder / f"{data_set}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def test_frictionless_finds_what_is_not_as_described(judge: Judge, spoilt: Path) -> None:
    # One fault a data set, in one pass: the tool takes seconds for each.
    spoil_rows(spoilt, "fact_demand", lambda t: set_value(t, "quantity", 0, -3.0))
    spoil_rows(spoilt, "fact_inventory", lambda t: set_value(t, "status", 0, "fine"))
    spoil_rows(spoilt, "fact_backtest", lambda t: set_value(t, "item_id", 0, "P99"))
    spoil_rows(spoilt, "fact_metrics", lambda t: set_value(t, "source", 0, t["source"][1].as_py()))
    spoil_rows(spoilt, "agg_daily", lambda t: t.slice(1))
    spoil_rows(spoilt, "agg_policy", lambda t: t.drop_columns(["fill_rate"]))

    assert errors_of(frictionless(judge, spoilt)) >= {
        ("fact_demand", "constraint-error"),
        ("fact_inventory", "constraint-error"),
        ("fact_backtest", "foreign-key"),
        ("fact_metrics", "primary-key"),
        ("agg_daily", "row-count"),
        ("agg_policy", "missing-label"),
    }


def test_mlcroissant_finds_a_flipped_bit(judge: Judge, spoilt: Path) -> None:
    file = spoilt / "fact_demand.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    loaded = judge.run("python", LOAD_CROISSANT, "croissant.json", within=spoilt)

    assert loaded.returncode != 0
    assert "is not identical with the reference" in loaded.stderr


def test_mlcroissant_finds_a_field_of_no_column(judge: Judge, spoilt: Path) -> None:
    spoil(spoilt / "croissant.json", '"column": "quantity"', '"column": "quantities"')

    loaded = judge.run("python", LOAD_CROISSANT, "croissant.json", within=spoilt)

    assert loaded.returncode != 0
    assert "quantities" in loaded.stderr


def spoil(path: Path, found: str, instead: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert found in text
    path.write_text(text.replace(found, instead, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ('"eventType":"COMPLETE"', '"eventType":"DONE"'),
        ('"runId":"', '"runId":"no-'),
        ('"fileCount":1', '"fileCount":"1"'),
        ('"fileCount":1', '"files":1'),
        ('"success":true,', ""),
        ('"outputFacets":{', '"inputFacets":{'),
        ("/1-0-2/OutputStatistics", "/1-0-1/OutputStatistics"),
        ('"eventTime":"2', '"eventTime":"x2'),
    ],
)
def test_run_events_of_another_form_are_found(
    judge: Judge, spoilt: Path, found: str, instead: str
) -> None:
    spoil(spoilt / "openlineage.ndjson", found, instead)

    read = judge.run("python", READ_RUN_EVENTS, spoilt / "openlineage.ndjson")

    assert read.returncode != 0
