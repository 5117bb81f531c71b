"""The command line: from a demand file to a publication, what is shown of it, and refusals."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalayer.kernel.contract.registry import Registry
from ml_jobs.__main__ import main
from ml_jobs.cli.job_options import OPTIONS
from ml_jobs.pipeline.job import run
from ml_jobs.publishing.publish import Draft

pytestmark = pytest.mark.ml

ROOT = Path(__file__).parents[4]
GENERATED_AT = "2026-11-21T06:00:00Z"
FAST = (
    *("--sources", "naive,mean", "--horizon", "7", "--origins", "2", "--processes", "1"),
    *("--generated-at", GENERATED_AT),
)

Run = Callable[..., int]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_REGISTRY", str(ROOT / "schema_registry.json"))
    for name in ("STORE", "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        monkeypatch.delenv(f"FAROL_{name}", raising=False)


@pytest.fixture
def demand(tmp_path: Path) -> Path:
    """Daily demand of eight items over 200 days, and two bad rows."""
    return write_demand(tmp_path / "demand.csv")


def write_demand(path: Path) -> Path:
    rng = np.random.default_rng(11)
    first = date(2026, 1, 1)
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
                *("--rejected", str(tmp_path / "rejected.parquet")),
                *("--work", str(tmp_path / "work")),
                *FAST,
                *arguments,
            ]
        )

    return run


@dataclass(frozen=True)
class SharedPublication:
    """One publication that many tests look at and none changes."""

    demand: Path
    store: Path
    rejected: Path
    shown: str


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> SharedPublication:
    folder = tmp_path_factory.mktemp("published")
    store, rejected = folder / "store", folder / "rejected.parquet"
    demand = write_demand(folder / "demand.csv")
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(told):
        patched.setenv("FAROL_REGISTRY", str(ROOT / "schema_registry.json"))
        code = main(
            [
                *("forecast", "--demand", str(demand), "--to", str(store)),
                *("--rejected", str(rejected), "--work", str(folder / "work")),
                *FAST,
            ]
        )
    assert code == 0
    return SharedPublication(demand, store, rejected, told.getvalue())


def manifest_of(store: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads((store / "metadata.json").read_text())
    return fields


def test_a_demand_file_becomes_the_latest_publication(
    published: SharedPublication, registry: Registry
) -> None:
    manifest = manifest_of(published.store)

    assert manifest["publication_id"] in published.shown
    assert manifest["data_through"] == "2026-07-19"
    assert manifest["generated_at"] == "2026-11-21T06:00:00Z"
    published_sets = {file["data_set"] for file in manifest["files"]}
    places = {"fact_transfer", "agg_transfer"}
    of_costs = ("agg_availability", "agg_promise", "agg_policy_money", "agg_regret")
    without_costs = {*of_costs, "fact_buy_list", *places}
    unasked = {"fact_open_order", "fact_repair"}
    assert published_sets == registry.data_sets.keys() - {*unasked, *without_costs}


def test_the_output_says_how_numbers_and_dates_were_read(published: SharedPublication) -> None:
    assert "Read: demand, numbers without a mark that could be read in two ways; dates by day" in (
        published.shown
    )


def test_the_output_says_what_weighing_stock_by_cost_can_save(published: SharedPublication) -> None:
    assert "Spread of cost over criticality: not known" in published.shown


def test_the_output_says_that_without_costs_no_rule_is_replayed(
    published: SharedPublication,
) -> None:
    assert "Rules to order by, replayed over the past: not known" in published.shown


def test_the_output_says_where_every_row_went(published: SharedPublication) -> None:
    lines = [line.split() for line in published.shown.splitlines()]
    rows = len(published.demand.read_text().splitlines()) - 1

    assert [f"{rows:,}", "read"] in lines
    assert [f"{rows - 2:,}", "used"] in lines
    assert pq.read_table(published.rejected)["reason"].to_pylist() == [
        "bad_date",
        "unmatched_return",
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
    assert lineage["inputs"][0]["read_as"] == (
        "numbers without a mark that could be read in two ways; "
        "dates by day, as in 2026-01-06 (date, row 1)"
    )
    assert lineage["inputs"][0]["sha256"] == hashlib.sha256(demand.read_bytes()).hexdigest()
    assert [entry["role"] for entry in lineage["inputs"]] == ["demand", "items"]
    assert lineage["rows"]["set_aside"] == {"bad_date": 1, "unmatched_return": 1}
    assert (lineage["seed"], lineage["frequency"], lineage["demonstration"]) == (5, "D", False)
    assert lineage["currency"] == "BRL"
    assert any("Lead times are assumed" in sentence["en"] for sentence in lineage["assumptions"])
    assert [note[:22] for note in lineage["notes"]] == [
        "1 row(s) of 1 item(s) ",
        "items.csv has 1 item(s",
    ]
    assert set(lineage["forecast"]["sources"]) == {"naive", "mean"}
    assert {"duckdb", "statsforecast", "python"} <= set(lineage["libraries"])
    assert str(tmp_path) not in (store / "metadata.json").read_text()


def test_the_same_input_makes_the_same_bytes(
    forecast: Run, published: SharedPublication, store: Path
) -> None:
    code = forecast()

    assert code == 0
    files = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (published.store, store)
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
    forecast: Run, published: SharedPublication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = ("--generated-at", "2026-11-20T06:00:00Z")

    code = forecast(*earlier, file=tmp_path / "absent.csv", to=published.store)

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


def test_a_country_without_a_calendar_ends_with_code_2_before_anything_is_read(
    forecast: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        forecast("--country", "XX", file=tmp_path / "absent.csv")

    assert ended.value.code == 2
    assert "'XX' must be an ISO 3166 code of a country" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--horizon", "5000"], "horizon is 5000 periods of frequency D; it must be at most 1825"),
        (["--sources", "arima"], "sources is arima; it must be at least one that runs on all"),
        (["--location-column", "plant"], "location_column is plant; it must be given with"),
        (["--invoices", "--returns", "net"], "returns is net; it must be left out with --invoices"),
        (["--to", "ftp://host/store"], "store is 'ftp://host/store'; it must be a folder or s3"),
    ],
)
def test_an_option_that_is_found_wrong_late_ends_with_code_2_and_its_sentence_alone(
    forecast: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    code = forecast("--work", str(tmp_path / "work"), *arguments)

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith(sentence)
    assert told.count("\n") == 1
    assert not (tmp_path / "work").exists()


def test_a_folder_of_parquet_files_is_published(
    published: SharedPublication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["publish", str(published.store), "--to", str(tmp_path / "copy")])

    assert code == 0, capsys.readouterr().err
    copy, original = manifest_of(tmp_path / "copy"), manifest_of(published.store)
    assert copy["lineage"] == original["lineage"]
    assert copy["data_through"] == original["data_through"]


def test_a_faulty_folder_ends_with_code_1_and_a_line_for_every_fault(
    tmp_path: Path, store: Path, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()

    code = main(["publish", str(tmp_path / "empty"), "--to", str(store)])

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert lines[0].startswith("Nothing was published: the folder empty has")
    missing = [line for line in lines if line.startswith("- ") and "there is no file" in line]
    required = [each for each in registry.data_sets.values() if not each.optional]
    assert len(missing) == len(required)
    assert not store.exists()


def test_an_unexpected_failure_shows_a_reference_and_no_values(
    forecast: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        password = "".join(["hu", "sh"])
        raise ValueError(len(password))

    monkeypatch.setattr("ml_jobs.__main__.run", broken)

    code = forecast()

    told = capsys.readouterr().err
    assert code == 1
    assert "The job failed unexpectedly; the log has it as" in told
    assert "hush" not in told


class TestOptions:
    def test_what_the_file_says_holds_and_flags_go_before_it(
        self, demand: Path, store: Path, tmp_path: Path
    ) -> None:
        job = tmp_path / "job.toml"
        job.write_text(
            f"""
            [input]
            demand = "{demand.name}"
            dataset_id = "of the file"
            [forecast]
            sources = ["naive", "mean"]
            seed = 3
            horizon = 9
            [output]
            to = "{store.name}"
            rejected = "set-aside.parquet"
            generated_at = {GENERATED_AT}
            [engine]
            processes = 1
            work = "work"
            """
        )

        code = main(["forecast", "--job", str(job), "--seed", "4"])

        assert code == 0
        manifest = manifest_of(store)
        assert manifest["dataset_id"] == "of the file"
        assert manifest["lineage"]["seed"] == 4
        assert manifest["lineage"]["forecast"]["horizon"] == 9
        assert (tmp_path / "set-aside.parquet").is_file()

    def test_a_job_file_with_faults_ends_with_code_2_and_a_line_for_every_fault(
        self, tmp_path: Path, store: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        job = tmp_path / "job.toml"
        job.write_text("[input]\ndemnd = 1\n[forecast]\nhorizon = 0\n")

        code = main(["forecast", "--job", str(job), "--to", str(store)])

        lines = capsys.readouterr().err.splitlines()
        assert code == 2
        assert lines == [
            "The job file job.toml has 2 fault(s):",
            "- [input] demnd is not known; did you mean demand?",
            "- [forecast] horizon is 0; it must be a whole number of at least 1",
        ]
        assert not store.exists()

    def test_without_demand_it_ends_with_code_2(self, capsys: pytest.CaptureFixture[str]) -> None:
        code = main(["forecast"])

        assert code == 2
        assert "give --demand FILE, or demand in [input]" in capsys.readouterr().err

    @pytest.mark.parametrize("command", ["forecast", "backtest", "demo"])
    def test_the_help_names_every_option_with_its_section(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])

        told = capsys.readouterr().out
        assert ended.value.code == 0
        for option in OPTIONS:
            if command == "forecast" or option.section not in ("input", "output", "tracking"):
                assert f"{option.flag} " in told or f"{option.flag}," in told
                assert f"[{option.section}]" in told


class TestBacktest:
    def test_a_publication_is_shown_without_running_anything(
        self, published: SharedPublication, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        picture = tmp_path / "backtest.png"

        code = main(
            ["backtest", "--from", str(published.store), "--item", "part-3", "--png", str(picture)]
        )

        shown = capsys.readouterr()
        assert code == 0, shown.err
        assert manifest_of(published.store)["publication_id"] in shown.out
        for words in ("all series", "demand_class", "added %", "part-3, network: demand as"):
            assert words in shown.out
        assert picture.read_bytes().startswith(b"\x89PNG")

    def test_a_forecast_that_is_run_for_it_is_not_published(
        self, demand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = {path.name for path in tmp_path.iterdir()}

        code = main(
            [
                *("backtest", "--demand", str(demand), "--work", str(tmp_path / "work")),
                *("--rejected", str(tmp_path / "rejected.parquet")),
                *FAST,
            ]
        )

        shown = capsys.readouterr()
        assert code == 0, shown.err
        assert "7 periods ahead" in shown.out
        after = {path.name for path in tmp_path.iterdir()}
        assert after - before == {"work", "rejected.parquet"}

    def test_a_publication_takes_no_options_of_a_forecast(
        self, published: SharedPublication, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["backtest", "--from", str(published.store), "--horizon", "7"])

        assert code == 2
        assert "takes no job file and no options" in capsys.readouterr().err


class TestExplain:
    def test_an_item_is_explained_and_all_formulas_agree(
        self, published: SharedPublication, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["explain", "part-3", "--from", str(published.store)])

        shown = capsys.readouterr()
        assert code == 0, shown.err
        assert shown.out.count(", equal") >= 3
        assert "NOT EQUAL" not in shown.out

    def test_an_unknown_item_ends_with_code_1_and_suggestions(
        self, published: SharedPublication, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["explain", "prat-3", "--from", str(published.store)])

        assert code == 1
        assert "part-3" in capsys.readouterr().err


def test_results_that_break_the_contract_are_not_published(
    forecast: Run, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def spoilt(*arguments: Any, **options: Any) -> Draft:
        draft = run(*arguments, **options)
        path = draft.files["fact_inventory"]
        table = pq.read_table(path)
        place = table.schema.get_field_index("reorder_point")
        negative = pa.array([-1.0] * table.num_rows)
        pq.write_table(table.set_column(place, "reorder_point", negative), path)
        return draft

    monkeypatch.setattr("ml_jobs.__main__.run", spoilt)

    code = forecast()

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert lines[0].startswith("Nothing was published: the results break the contract")
    assert any("reorder_point" in line for line in lines[1:])
    assert not store.exists()


@pytest.fixture
def _mlflow_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set back, after the test, what logging sets for the whole process."""
    for name in ("DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "MLFLOW_ALLOW_FILE_STORE"):
        monkeypatch.setenv(name, "true")


@pytest.mark.usefixtures("_mlflow_variables")
def test_a_run_is_logged_where_asked_to(
    forecast: Run, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = forecast("--mlflow", str(tmp_path / "runs"))

    shown = capsys.readouterr()
    assert code == 0, shown.err
    logged = next(tmp_path.glob("runs/*/*/artifacts/metadata.json"))
    assert json.loads(logged.read_text()) == manifest_of(store)
    assert (logged.parents[1] / "params/forecast.horizon").read_text() == "7"
