"""The command line: from a demand file to a publication, and what a refusal looks like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from ml_jobs.__main__ import main

pytestmark = pytest.mark.ml

ROOT = Path(__file__).parents[3]
GENERATED_AT = "2026-11-21T06:00:00Z"

Run = Callable[..., int]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_REGISTRY", str(ROOT / "schema_registry.json"))
    for name in ("STORE", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        monkeypatch.delenv(f"FAROL_{name}", raising=False)


@pytest.fixture
def demand(tmp_path: Path) -> Path:
    """Daily demand of eight items over 200 days, and two bad rows."""
    rng = np.random.default_rng(11)
    first = date(2026, 1, 1)
    path = tmp_path / "demand.csv"
    lines = ["item_id;date;quantity"]
    for item in range(8):
        for day, quantity in enumerate(rng.poisson(0.4 + item / 3, 200)):
            if quantity:
                lines.append(f"part-{item};{first + timedelta(days=day)};{quantity}")
    path.write_text("\n".join([*lines, "part-0;soon;1", "part-0;2026-01-02;-5"]), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def forecast(tmp_path: Path, demand: Path, store: Path) -> Run:
    """Run ``forecast`` quickly, with what a test adds."""

    def run(*arguments: str, file: Path = demand, to: Path = store) -> int:
        return main(
            [
                *("forecast", "--demand", str(file), "--to", str(to)),
                *("--rejected", str(tmp_path / "rejected.parquet"), "--sources", "naive,mean"),
                *("--horizon", "7", "--processes", "1", "--generated-at", GENERATED_AT),
                *arguments,
            ]
        )

    return run


def manifest_of(store: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((store / "metadata.json").read_text())
    return fields


def test_a_demand_file_becomes_the_latest_publication(
    forecast: Run, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = forecast()

    shown = capsys.readouterr()
    assert code == 0, shown.err
    manifest = manifest_of(store)
    assert manifest["publication_id"] in shown.out
    assert manifest["data_through"] == "2026-07-19"
    assert manifest["generated_at"] == "2026-11-21T06:00:00Z"
    assert len(manifest["files"]) == 10


def test_the_output_says_where_every_row_went(
    forecast: Run, demand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forecast()

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = len(demand.read_text().splitlines()) - 1
    assert [str(rows), "read"] in lines
    assert [str(rows - 2), "used"] in lines
    assert pq.read_table(tmp_path / "rejected.parquet")["reason"].to_pylist() == [
        "bad_date",
        "negative_quantity",
    ]


def test_the_lineage_tells_how_the_results_were_made_and_nothing_of_the_machine(
    forecast: Run, demand: Path, store: Path, tmp_path: Path
) -> None:
    items = tmp_path / "items.csv"
    items.write_text("item_id,unit_cost\npart-0,2.5\nelsewhere,1\n")

    forecast("--items", str(items), "--seed", "5", "--dataset-id", "spares", "--currency", "BRL")

    manifest = manifest_of(store)
    lineage = manifest["lineage"]
    assert manifest["dataset_id"] == "spares"
    assert lineage["inputs"][0]["name"] == "demand.csv"
    assert lineage["inputs"][0]["sha256"] == hashlib.sha256(demand.read_bytes()).hexdigest()
    assert [entry["role"] for entry in lineage["inputs"]] == ["demand", "items"]
    assert lineage["rows"]["set_aside"] == {"bad_date": 1, "negative_quantity": 1}
    assert (lineage["seed"], lineage["frequency"], lineage["demonstration"]) == (5, "D", False)
    assert lineage["currency"] == "BRL"
    assert any("Lead times are assumed" in sentence["en"] for sentence in lineage["assumptions"])
    assert lineage["notes"] == ["items.csv has 1 item(s) that are not forecast"]
    assert set(lineage["forecast"]["sources"]) == {"naive", "mean"}
    assert {"duckdb", "statsforecast", "python"} <= set(lineage["libraries"])
    assert str(tmp_path) not in (store / "metadata.json").read_text()


def test_the_same_input_makes_the_same_bytes(forecast: Run, tmp_path: Path) -> None:
    stores = [tmp_path / "one", tmp_path / "two"]

    codes = [forecast(to=store) for store in stores]

    assert codes == [0, 0]
    files = [
        {path.relative_to(store): path.read_bytes() for path in store.rglob("*") if path.is_file()}
        for store in stores
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize("content", ["", "item_id,date,quantity\nA,2026-01-05,three\n"])
def test_an_unusable_file_ends_with_code_1_its_reason_and_no_store(
    forecast: Run, tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)

    code = forecast(file=path)

    assert code == 1
    assert capsys.readouterr().err.startswith("bad.csv ")
    assert not store.exists()


def test_results_older_than_the_latest_are_refused_before_anything_is_read(
    forecast: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forecast()
    capsys.readouterr()

    code = forecast("--generated-at", "2026-11-20T06:00:00Z", file=tmp_path / "absent.csv")

    assert code == 1
    assert "which is later than 2026-11-20T06:00:00+00:00" in capsys.readouterr().err


def test_an_s3_store_without_its_settings_is_refused_with_all_their_names(
    demand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["forecast", "--demand", str(demand), "--to", "s3://bucket/prefix"])

    shown = capsys.readouterr().err
    assert code == 1
    for name in ("FAROL_S3_ENDPOINT", "FAROL_S3_ACCESS_KEY", "FAROL_S3_SECRET_KEY"):
        assert name in shown


def test_settings_that_are_wrong_are_all_named(
    forecast: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAROL_STORE_TIMEOUT_S", "soon")
    monkeypatch.setenv("FAROL_S3_ENDPOINT", "https://host/path")

    code = forecast()

    shown = capsys.readouterr().err
    assert code == 1
    assert "FAROL_STORE_TIMEOUT_S is 'soon'" in shown
    assert "FAROL_S3_ENDPOINT is 'https://host/path'" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["--horizon", "0"],
        ["--frequency", "Y"],
        ["--generated-at", "2026-11-21T06:00:00"],
        ["--min-sale-days", "few"],
        ["--sources", ","],
        ["--generated-at", "0001-01-01T00:00:00+14:00"],
    ],
)
def test_a_wrong_option_ends_with_code_2(forecast: Run, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        forecast(*arguments)

    assert ended.value.code == 2


def test_a_folder_of_parquet_files_is_published(
    forecast: Run, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forecast()

    code = main(["publish", str(store), "--to", str(tmp_path / "copy")])

    assert code == 0, capsys.readouterr().err
    copy, original = manifest_of(tmp_path / "copy"), manifest_of(store)
    assert copy["lineage"] == original["lineage"]
    assert copy["data_through"] == original["data_through"]


def test_a_faulty_folder_ends_with_code_1_and_a_line_for_every_fault(
    tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()

    code = main(["publish", str(tmp_path / "empty"), "--to", str(store)])

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert lines[0].startswith("Nothing was published: the folder empty has")
    assert sum(line.startswith("- ") and "there is no file" in line for line in lines) == 10
    assert not store.exists()


def test_an_unexpected_failure_shows_a_reference_and_no_values(
    forecast: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        password = "".join(["hu", "sh"])
        raise ValueError(len(password))

    monkeypatch.setattr("ml_jobs.__main__.forecast", broken)

    code = forecast()

    told = capsys.readouterr().err
    assert code == 1
    assert "The job failed unexpectedly; the log has it as" in told
    assert "hush" not in told
