"""The job file: every option of a forecast, read with the command line, every fault at once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ml_jobs.cli.command_line import given_values, parser
from ml_jobs.cli.job_file import read_job_file
from ml_jobs.cli.job_options import OPTIONS, SECTIONS, Option, request_of, values_of
from ml_jobs.errors import JobFileError
from ml_jobs.options import ForecastOptions
from ml_jobs.panel import Frequency

pytestmark = pytest.mark.ml

EXAMPLE = Path(__file__).parents[4] / "docs/examples/job.toml"

# One value of each option as TOML has it, as the command line has it, and as the job has it.
SAMPLES: dict[str, tuple[str, str, Any]] = {
    "input.demand": ('"d.csv"', "d.csv", Path("d.csv")),
    "input.invoices": ("true", "", True),
    "input.items": ('"i.csv"', "i.csv", Path("i.csv")),
    "input.stock": ('"s.csv"', "s.csv", Path("s.csv")),
    "input.orders": ('"o.csv"', "o.csv", Path("o.csv")),
    "input.contracts": ('"c.csv"', "c.csv", Path("c.csv")),
    "input.installed": ('"p.csv"', "p.csv", Path("p.csv")),
    "input.classes": ('"k.csv"', "k.csv", Path("k.csv")),
    "input.lanes": ('"w.csv"', "w.csv", Path("w.csv")),
    "input.locations": ('"l.csv"', "l.csv", Path("l.csv")),
    "input.drivers": ('"x.csv"', "x.csv", Path("x.csv")),
    "input.location_column": ('"site"', "site", "site"),
    "input.frequency": ('"MS"', "MS", Frequency.MONTHLY),
    "input.min_sale_days": ("3", "3", 3),
    "input.columns": (
        '{ item_id = "Material", date = "Data, hora" }',
        'item_id=Material,date="Data, hora"',
        {"item_id": "Material", "date": "Data, hora"},
    ),
    "input.sheet": ('["Plan1", "Plan, 2"]', 'Plan1,"Plan, 2"', ("Plan1", "Plan, 2")),
    "input.encoding": ('"cp850"', "cp850", "cp850"),
    "input.decimal": ('","', ",", ","),
    "input.thousands": ('"space"', "space", "space"),
    "input.returns": ('"ignore"', "ignore", "ignore"),
    "input.sign": ('"negative"', "negative", "negative"),
    "input.allow_rejected": ("0.4", "0.4", 0.4),
    "input.dates": ('"day-first"', "day-first", "day-first"),
    "input.currency": ('"BRL"', "BRL", "BRL"),
    "input.license": ('"CC-BY-4.0"', "CC-BY-4.0", "CC-BY-4.0"),
    "input.dataset_id": ('"parts"', "parts", "parts"),
    "forecast.horizon": ("7", "7", 7),
    "forecast.origins": ("0", "0", 0),
    "forecast.warmups": ("2", "2", 2),
    "forecast.spacing": ("14", "14", 14),
    "forecast.min_history": ("30", "30", 30),
    "forecast.sources": ('["naive", "mean"]', "naive, mean", ("naive", "mean")),
    "forecast.country": ('"PT"', "PT", "PT"),
    "forecast.seed": ("0", "0", 0),
    "forecast.learn_series": ("10", "10", 10),
    "forecast.weigh_series": ("11", "11", 11),
    "forecast.bootstrap_samples": ("12", "12", 12),
    "rules.arima.demand_classes": ('["lumpy"]', "lumpy", ("lumpy",)),
    "rules.arima.abc_classes": ("[]", "", ()),
    "rules.arima.max_series": ("1", "1", 1),
    "rules.prophet.demand_classes": ('["smooth"]', "smooth", ("smooth",)),
    "rules.prophet.abc_classes": ('["B", "C"]', "B,C", ("B", "C")),
    "rules.prophet.max_series": ("0", "0", 0),
    "inventory.review_days": ("7", "7", 7),
    "inventory.service_levels": (
        "{ high = 0.99 }",
        "high=0.99",
        {"high": 0.99, "medium": 0.95, "low": 0.9},
    ),
    "inventory.policy": ('"money"', "money", "money"),
    "inventory.budget": ("300000", "300000", 300000.0),
    "engine.engine": ('"dask://host:8786"', "dask://host:8786", "dask://host:8786"),
    "engine.processes": ("2", "2", 2),
    "engine.partition_size": ("64", "64", 64),
    "engine.work": ('"w"', "w", Path("w")),
    "tracking.mlflow": ('"http://host:5000"', "http://host:5000", "http://host:5000"),
    "output.to": ('"s3://bucket/prefix"', "s3://bucket/prefix", "s3://bucket/prefix"),
    "output.rejected": ('"r.parquet"', "r.parquet", Path("r.parquet")),
    "output.valid_for": ('"45d"', "45d", "45d"),
    "output.generated_at": (
        "2026-11-21T06:00:00-03:00",
        "2026-11-21T06:00:00-03:00",
        datetime(2026, 11, 21, 9, tzinfo=UTC),
    ),
}


GIVEN = {
    "input.demand": Path("demand.csv"),
    "output.generated_at": datetime(2026, 11, 21, 6, tzinfo=UTC),
}


def by_name(name: str) -> Option:
    return next(option for option in OPTIONS if option.name == name)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    return tmp_path / "job.toml"


def faults_of(job: Path, content: str) -> tuple[str, ...]:
    job.write_text(content, encoding="utf-8")
    with pytest.raises(JobFileError) as refused:
        read_job_file(job)
    return refused.value.faults


def test_there_is_a_sample_of_every_option() -> None:
    assert set(SAMPLES) == {option.name for option in OPTIONS}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_file_and_command_line_give_the_same_value(option: Option, tmp_path: Path) -> None:
    in_file, as_text, wanted = SAMPLES[option.name]
    job = tmp_path / "job.toml"
    job.write_text(f"[{option.section}]\n{option.key} = {in_file}\n", encoding="utf-8")
    arguments = [option.flag, as_text] if option.name != "input.invoices" else [option.flag]

    flags = given_values(parser().parse_args(["forecast", *arguments]))

    assert flags == {option.name: wanted}
    located = tmp_path / wanted if isinstance(wanted, Path) else wanted
    assert read_job_file(job) == {option.name: located}


def test_file_and_command_line_ask_for_the_same(job: Path, tmp_path: Path) -> None:
    content, arguments = "", ["forecast"]
    for option in OPTIONS:
        in_file, as_text, wanted = SAMPLES[option.name]
        folder = f"{tmp_path}/" if isinstance(wanted, Path) else ""
        content += f"{option.name} = {in_file}\n"
        arguments += [option.flag, f"{folder}{as_text}"][: 1 if wanted is True else 2]
    job.write_text(content, encoding="utf-8")

    asked = request_of(given_values(parser().parse_args(arguments)))

    assert request_of(read_job_file(job)) == asked


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_value_reaches_its_own_option_and_no_other(option: Option) -> None:
    wanted = SAMPLES[option.name][2]

    values = values_of(request_of(GIVEN | {option.name: wanted}))

    defaults = {each.name: each.default for each in OPTIONS}
    assert values == defaults | GIVEN | {option.name: wanted}


def test_no_two_options_share_a_flag() -> None:
    flags = [option.flag for option in OPTIONS]

    assert len(set(flags)) == len(flags)


def test_every_section_is_one_of_the_options() -> None:
    assert set(SECTIONS) == {option.section for option in OPTIONS}


def test_paths_are_taken_from_the_folder_of_the_file(job: Path, tmp_path: Path) -> None:
    job.write_text(
        '[input]\ndemand = "data/d.csv"\nitems = "/master/items.csv"\n'
        '[output]\nto = "results"\n[tracking]\nmlflow = true\n'
    )

    values = read_job_file(job)

    assert values["input.demand"] == tmp_path / "data/d.csv"
    assert values["input.items"] == Path("/master/items.csv")
    assert values["output.to"] == str(tmp_path / "results")
    assert values["tracking.mlflow"] == str(tmp_path / "build/mlruns")


def test_every_fault_is_named_with_its_key_what_was_found_and_what_is_right(job: Path) -> None:
    faults = faults_of(
        job,
        'title = "x"\n'
        '[input]\ndemnd = "d.csv"\nfrequency = "Y"\nmin_sale_days = 0\nhorizon = 7\n'
        "[forecast]\nhorizon = true\nseed = 1.5\n"
        'sources = ["naive", "prophecy"]\n'
        "[rules.arimo]\nmax_series = 1\n[rules]\nprophet = 3\n[inventory]\n"
        "service_levels = { high = 95 }\n[output]\ngenerated_at = 2026-11-21\n",
    )

    first, *others = faults
    assert first.startswith("title, outside any section, is not known")
    assert others == [
        "[input] demnd is not known; did you mean demand?",
        "[input] frequency is 'Y'; it must be D, W or MS",
        "[input] min_sale_days is 0; it must be a whole number of at least 1",
        "[input] horizon is not known; horizon belongs in [forecast]",
        "[forecast] horizon is true; it must be a whole number of at least 1",
        "[forecast] seed is 1.5; it must be a whole number of at least 0",
        "[forecast] sources is ['naive', 'prophecy']; it must be "
        + by_name("forecast.sources").kind.expected,
        "[rules.arimo] is no section; did you mean rules.arima?",
        "[rules.prophet] is 3; it must be a section of keys",
        "[inventory] service_levels is {'high': 95}; it must be "
        + by_name("inventory.service_levels").kind.expected,
        "[output] generated_at is 2026-11-21; it must be "
        + by_name("output.generated_at").kind.expected,
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("input.demand", "3"),
        ("input.demand", '""'),
        ("input.invoices", '"yes"'),
        ("input.currency", '"reais"'),
        ("input.license", '"see the file"'),
        ("forecast.country", '"Brazil"'),
        ("forecast.sources", "[]"),
        ("forecast.sources", '["naive", "naive"]'),
        ("forecast.sources", '"naive"'),
        ("forecast.origins", "-1"),
        ("inventory.service_levels", "{ vital = 0.9 }"),
        ("inventory.service_levels", "{ high = true }"),
        ("inventory.service_levels", "{}"),
        ("inventory.policy", '"gut feeling"'),
        ("inventory.budget", "-1"),
        ("inventory.budget", '"300"'),
        ("inventory.budget", "true"),
        ("inventory.budget", "nan"),
        ("inventory.budget", "inf"),
        ("inventory.budget", "1e16"),
        ("engine.engine", '"spark"'),
        ("output.generated_at", "2026-11-21T06:00:00"),
        ("output.valid_for", "45"),
        ("output.valid_for", '"45 days"'),
        ("output.valid_for", '"0d"'),
        ("output.generated_at", '"soon"'),
        ("output.generated_at", '"0001-01-01T00:00:00+14:00"'),
        ("tracking.mlflow", "false"),
    ],
)
def test_an_impossible_value_is_refused_with_what_would_be_right(
    job: Path, key: str, value: str
) -> None:
    option = by_name(key)

    (fault,) = faults_of(job, f"[{option.section}]\n{option.key} = {value}\n")

    assert fault.startswith(f"[{option.section}] {option.key} is ")
    assert fault.endswith(f"; it must be {option.kind.expected}")


def test_a_file_that_is_no_toml_is_refused_with_the_place(job: Path) -> None:
    (fault,) = faults_of(job, "[input]\ndemand = d.csv\n")

    assert fault.startswith("it is no TOML: ")
    assert "line 2" in fault


def test_a_mark_of_utf_8_before_the_text_is_passed_over(job: Path) -> None:
    job.write_text('[input]\ndataset_id = "peças"\n', encoding="utf-8-sig")

    assert list(read_job_file(job).values()) == ["peças"]


def test_another_encoding_than_utf_8_is_refused_by_name(job: Path) -> None:
    job.write_text('[input]\ndataset_id = "peças"\n', encoding="cp1252")

    with pytest.raises(JobFileError, match="it is not in UTF-8, as TOML must be; save it so"):
        read_job_file(job)


def test_a_file_that_is_not_there_is_refused(job: Path) -> None:
    with pytest.raises(JobFileError, match=r"job\.toml .* can't be read: No such file"):
        read_job_file(job)


def test_the_example_names_every_option_with_a_value_that_is_right(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    whole = re.sub(r"^#(?=\w+ = )", "", text, flags=re.MULTILINE)
    job = tmp_path / "job.toml"
    job.write_text(whole, encoding="utf-8")

    values = read_job_file(job)

    assert set(values) == {option.name for option in OPTIONS}


def test_what_the_example_leaves_as_it_is_stands_there_as_the_default(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    left = re.sub(r"^(?!#\w+ = |\[).*$", "", text, flags=re.MULTILINE)
    job = tmp_path / "job.toml"
    job.write_text(re.sub(r"^#", "", left, flags=re.MULTILINE), encoding="utf-8")

    values = read_job_file(job)

    known = {o.name: o.default for o in OPTIONS if o.default is not None and o.name in values}
    places = {name: tmp_path / value for name, value in known.items() if isinstance(value, Path)}
    assert {name: values[name] for name in known} == known | places


def test_the_example_is_read_as_it_is() -> None:
    values = read_job_file(EXAMPLE)

    request = request_of(values)
    assert request.demand == EXAMPLE.parent / "demand.csv"
    assert request.to == str(EXAMPLE.parent / "../ml_results")
    assert request.options == ForecastOptions()
