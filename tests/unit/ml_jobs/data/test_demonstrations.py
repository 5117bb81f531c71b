"""The job reads the synthetic demonstration with exactly the notes that its trouble deserves."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.cli.job_options import request_of
from ml_jobs.data.demonstrations import DEMONSTRATIONS
from ml_jobs.panel import NETWORK
from ml_jobs.pipeline.preparing import Prepared, prepare
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.progress import silent
from ml_jobs.publishing.publish import check
from tests.unit.ml_jobs.runs import Ran, ran

pytestmark = pytest.mark.ml

TORRES = DEMONSTRATIONS["torres"]
RECOMPUTE = Path(__file__).parents[4] / "docs/examples/recompute_decisions.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("torres")


@pytest.fixture(scope="module")
def request_of_torres(folder: Path) -> JobRequest:
    own = {"engine.work": folder / "runs", "output.rejected": folder / "rejected.parquet"}
    return request_of({**TORRES.options(folder), **own}, demonstration=TORRES)


@pytest.fixture(scope="module")
def prepared(request_of_torres: JobRequest) -> Prepared:
    return prepare(request_of_torres, report=silent)


@pytest.fixture(scope="module")
def few_parts(request_of_torres: JobRequest, folder: Path, registry: Registry) -> Ran:
    """A run of the rectifiers alone, by cheap sources."""
    demand = folder / "rectifiers.csv"
    lines = request_of_torres.demand.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines[1:] if line.startswith("02")]
    demand.write_text("".join([lines[0], *kept]), encoding="utf-8")
    options = replace(request_of_torres.options, sources=("naive", "mean"), origins=2)
    return ran(replace(request_of_torres, demand=demand, options=options, processes=1), registry)


def test_only_what_was_spoilt_is_set_aside(prepared: Prepared) -> None:
    aside = {str(reason): rows for reason, rows in prepared.accounting.set_aside.items()}

    assert {name: rows for name, rows in aside.items() if name not in _DRAWN} == {
        "bad_date": 1,
        "bad_quantity": 1,
        "date_out_of_range": 1,
        "missing_item": 1,
        "unmatched_return": 1,
    }
    assert all(aside[name] > 0 for name in _DRAWN)


_DRAWN = ("returned", "too_few_sale_days")


def test_the_notes_are_those_expected(prepared: Prepared) -> None:
    for note, begun in zip(prepared.notes, _NOTES, strict=True):
        assert begun in note


_NOTES = (
    "are returns",
    "stock.csv has 1 item(s) that match the demand but for spelling",
    "1 location(s) of orders.csv are not among the locations; their orders count for the network",
    "items.csv has 5 item(s) that are not forecast",
    "stand in several rows, as of lots",
    "1 item(s) have negative stock",
    "stock.csv has 6 item(s) that are not forecast",
    "1 line(s) received more than was ordered",
    "1 line(s) have nothing left to receive",
    "open line(s) were due before the day of the forecast",
    "4 open line(s) have no due day",
    "orders.csv has 3 item(s) that are not forecast",
    "installed.csv has 5 item(s) that are not forecast",
    "1 item(s) have another amount on order in the stock file",
)


def test_a_few_parts_are_published_within_the_contract(few_parts: Ran, registry: Registry) -> None:
    check(few_parts.draft, registry)

    items = few_parts.table("dim_item").to_pylist()
    assert len(items) > 15
    assert all(row["supplier"].endswith("(sintético)") for row in items)
    assert set(few_parts.table("dim_location")["location_id"].to_pylist()) >= {"CD-SP", NETWORK}


def test_what_is_synthetic_is_called_so(few_parts: Ran) -> None:
    lineage, assumptions = few_parts.draft.lineage, few_parts.draft.lineage["assumptions"]

    assert (lineage["demonstration"], lineage["synthetic"]) == (True, True)
    assert "synthetic" in few_parts.draft.dataset_id
    assert isinstance(assumptions, list)
    assert assumptions[0]["en"].startswith("All of this is synthetic")
    assert assumptions[0]["pt_BR"].startswith("Tudo aqui é sintético")


def test_the_results_are_dated_to_the_morning_after_the_history(few_parts: Ran) -> None:
    draft = few_parts.draft

    assert (draft.generated_at.date() - draft.data_through).days == 1


def test_observed_data_are_not_called_synthetic(tmp_path: Path) -> None:
    real = DEMONSTRATIONS["online-retail"]

    request = request_of(real.options(tmp_path), demonstration=real)

    assert request.demonstration
    assert request.synthetic is None


@pytest.fixture
def published(few_parts: Ran, tmp_path: Path) -> Path:
    """A folder with the data sets of the few parts, as a publication has them."""
    for name, file in few_parts.draft.files.items():
        (tmp_path / f"{name}.parquet").symlink_to(file)
    return tmp_path


def recompute(folder: Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, RECOMPUTE, folder]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def test_decisions_recompute_from_what_is_published(published: Path) -> None:
    done = recompute(published)

    assert done.stdout.endswith("0 of them are not what the columns give\n"), done.stdout
    assert int(done.stdout.split(maxsplit=1)[0]) > 500
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("data_set", "column", "change"),
    [
        ("fact_action", "quantity", "quantity + 1"),
        ("fact_action", "due", "due - 1"),
        ("fact_action", "arrives", "arrives + 70"),
        ("fact_action", "runs_out", "runs_out + 70"),
        ("fact_action", "stockout_probability", "stockout_probability * 0.9"),
        ("fact_action", "priority", "priority * 2"),
        ("fact_inventory", "cycle_demand", "cycle_demand * 1.1"),
    ],
)
def test_a_figure_that_is_not_what_the_columns_give_is_told(
    published: Path, data_set: str, column: str, change: str
) -> None:
    file = published / f"{data_set}.parquet"
    altered = duckdb.read_parquet(str(file)).project(f"* replace ({change} as {column})")
    altered.write_parquet(f"{file}.altered")
    Path(f"{file}.altered").rename(file)

    done = recompute(published)

    assert done.returncode == 1
    assert "the columns give" in done.stdout
