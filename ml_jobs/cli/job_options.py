"""Every option of a forecast, once: its section, key, flag, kind, default and explanation.

Flags of the command line and keys of a job file are both made from these dataclasses, so that
neither has an option that the other lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, get_type_hints

from ml_jobs.classification import ABC_SHARES
from ml_jobs.cli import option_kinds as kinds
from ml_jobs.cli.option_kinds import Kind
from ml_jobs.inputs.items import TEXT_COLUMNS
from ml_jobs.options import SOURCES, ForecastOptions
from ml_jobs.panel import Frequency
from ml_jobs.pipeline.engine import LOCAL
from ml_jobs.pipeline.request import WORK
from ml_jobs.selection import DEFAULT_RULES

REJECTED = Path("build/rejected.parquet")
DEMAND_CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
ABC_CLASSES = (*(name for name, _ in ABC_SHARES), "C")


@dataclass(frozen=True)
class Is:
    """What an option's values look like, and what they do."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Input:
    """What is read; relative paths are as the operating system takes them."""

    demand: Annotated[
        Path | None,
        Is(kinds.FILE, "item_id, date, quantity, perhaps location_id; or a folder of such"),
    ] = None
    invoices: Annotated[
        bool, Is(kinds.FLAG, "the demand file holds invoice lines, cancellations among them")
    ] = False
    items: Annotated[
        Path | None, Is(kinds.FILE, "of the items: name, category, unit cost, lead time and more")
    ] = None
    stock: Annotated[
        Path | None, Is(kinds.FILE, "stock on hand, open orders, service level by item")
    ] = None
    locations: Annotated[
        Path | None, Is(kinds.FILE, "the locations and what each belongs to: depot, region")
    ] = None
    drivers: Annotated[
        Path | None, Is(kinds.FILE, "what is known ahead, by date: prices, planned works")
    ] = None
    location_column: Annotated[
        str | None, Is(kinds.TEXT, "column of invoice lines that names the location")
    ] = None
    frequency: Annotated[
        Frequency | None, Is(kinds.FREQUENCY, "days, weeks or months; else as the dates are")
    ] = None
    min_sale_days: Annotated[
        int | None, Is(kinds.COUNT, "items with demand on fewer days are set aside")
    ] = None
    currency: Annotated[str | None, Is(kinds.CURRENCY, "of unit costs, such as BRL")] = None
    dataset_id: Annotated[
        str | None, Is(kinds.TEXT, "names the data in every result; else the demand file does")
    ] = None


@dataclass(frozen=True)
class Forecast:
    """What is forecast, and how forecasts are judged."""

    horizon: Annotated[
        int | None,
        Is(kinds.COUNT, "periods ahead; else 28 days, 13 weeks, 6 months or the longest lead time"),
    ] = None
    origins: Annotated[int, Is(kinds.whole(0), "past cutoffs at which every source is judged")] = (
        ForecastOptions.origins
    )
    warmups: Annotated[
        int, Is(kinds.whole(0), "earlier cutoffs, not judged, that the weights are learnt from")
    ] = ForecastOptions.warmups
    spacing: Annotated[
        int | None,
        Is(kinds.COUNT, "periods from cutoff to cutoff; else 28 days, 4 weeks, 6 months"),
    ] = None
    min_history: Annotated[
        int | None,
        Is(
            kinds.COUNT,
            "periods observed before a series is judged; else 56 days, 26 weeks, 12 months",
        ),
    ] = None
    sources: Annotated[tuple[str, ...], Is(kinds.several(SOURCES, "SOURCE"), "models that run")] = (
        SOURCES
    )
    country: Annotated[
        str, Is(kinds.COUNTRY, "the country whose public holidays the models know")
    ] = ForecastOptions.country
    seed: Annotated[int, Is(kinds.whole(0), "of everything random")] = ForecastOptions.seed
    learn_series: Annotated[int, Is(kinds.COUNT, "series, at most, that models learn from")] = (
        ForecastOptions.learn_series
    )
    weigh_series: Annotated[
        int, Is(kinds.COUNT, "series, at most, that weights are learnt from")
    ] = ForecastOptions.weigh_series
    bootstrap_samples: Annotated[
        int, Is(kinds.COUNT, "resamples behind the interval of the value added")
    ] = ForecastOptions.bootstrap_samples


@dataclass(frozen=True)
class Rule:
    """Which series a model runs on that costs a thousand times what the others do."""

    demand_classes: Annotated[
        tuple[str, ...],
        Is(kinds.several(DEMAND_CLASSES, "CLASS", least=0), "series of these classes come first"),
    ]
    abc_classes: Annotated[
        tuple[str, ...],
        Is(kinds.several(ABC_CLASSES, "CLASS", least=0), "then items of these ABC classes"),
    ]
    max_series: Annotated[int, Is(kinds.whole(0), "on so many series at most")]


@dataclass(frozen=True)
class Inventory:
    """What is asked of stock."""

    review_days: Annotated[int, Is(kinds.COUNT, "days between two orders")] = (
        ForecastOptions.review_days
    )
    service_levels: Annotated[
        Mapping[str, float] | None,
        Is(
            kinds.fractions_by(TEXT_COLUMNS["criticality"], low=0.5, high=0.9999),
            "by criticality, the chance asked for that stock lasts until an order arrives; "
            "the stock file's go first",
        ),
    ] = None


@dataclass(frozen=True)
class Engine:
    """Where the work is done."""

    engine: Annotated[
        str, Is(kinds.ENGINE, "processes of this machine, or Dask (see requirements-extras.txt)")
    ] = LOCAL
    processes: Annotated[int | None, Is(kinds.COUNT, "on this machine; else one per core")] = None
    partition_size: Annotated[
        int, Is(kinds.COUNT, "series worked on at a time; memory grows with it")
    ] = ForecastOptions.partition_series
    work: Annotated[
        Path, Is(kinds.FOLDER, "keeps what is finished, so that a killed run goes on where it was")
    ] = WORK


@dataclass(frozen=True)
class Tracking:
    """Where runs are kept for comparison."""

    mlflow: Annotated[
        str | None,
        Is(kinds.TRACKING, f"log the run with MLflow; by itself in {kinds.MLFLOW_FOLDER}"),
    ] = None


@dataclass(frozen=True)
class Output:
    """Where results go."""

    to: Annotated[str | None, Is(kinds.STORE, "the store to publish to; else FAROL_STORE")] = None
    rejected: Annotated[Path, Is(kinds.FILE, "rows set aside, with the reason of each")] = REJECTED
    generated_at: Annotated[
        datetime | None, Is(kinds.MOMENT, "time of the results, to repeat a run exactly; else now")
    ] = None


def _section(name: str, heading: str, *, prefix: str = "") -> dict[str, str]:
    return {"name": name, "heading": heading, "prefix": prefix}


def _rule(source: str) -> Rule:
    rule = DEFAULT_RULES[source]
    return Rule(rule.demand_classes, rule.abc_classes, rule.max_series)


_COSTLY = "costs much, so it runs where it pays: on the series with the greatest demand"


@dataclass(frozen=True)
class JobOptions:
    """All options of a forecast; each field is a section of the job file."""

    input: Input = field(
        default_factory=Input,
        metadata=_section("input", "the files to read, CSV or Parquet with a line of headings"),
    )
    forecast: Forecast = field(
        default_factory=Forecast,
        metadata=_section("forecast", "what to forecast, and how forecasts are judged on the past"),
    )
    arima: Rule = field(
        default_factory=lambda: _rule("arima"),
        metadata=_section("rules.arima", f"AutoARIMA {_COSTLY}", prefix="arima-"),
    )
    prophet: Rule = field(
        default_factory=lambda: _rule("prophet"),
        metadata=_section("rules.prophet", f"Prophet {_COSTLY}", prefix="prophet-"),
    )
    inventory: Inventory = field(
        default_factory=Inventory, metadata=_section("inventory", "what is asked of stock")
    )
    engine: Engine = field(
        default_factory=Engine,
        metadata=_section("engine", "where the work is done; the results are the same anywhere"),
    )
    tracking: Tracking = field(
        default_factory=Tracking, metadata=_section("tracking", "runs kept to be compared")
    )
    output: Output = field(
        default_factory=Output, metadata=_section("output", "where results go, and their time")
    )

    def with_values(self, values: Mapping[str, object]) -> JobOptions:
        """Return the options with *values*, keyed as ``Option.name``, in place."""
        changed = {}
        for section in fields(self):
            name = section.metadata["name"]
            given = {
                option.key: values[option.name]
                for option in OPTIONS
                if option.section == name and option.name in values
            }
            changed[section.name] = replace(getattr(self, section.name), **given)
        return replace(self, **changed)


@dataclass(frozen=True)
class Option:
    """One option of a forecast.

    Attributes:
        section: Of the job file, such as ``rules.arima``.
        heading: What the section is for.
        key: Within the section.
        flag: On the command line, with its dashes.
        default: None where the data or the environment decide.
        text: What it does.
    """

    section: str
    heading: str
    key: str
    flag: str
    kind: Kind
    default: object
    text: str

    @property
    def name(self) -> str:
        """Section and key, unique among all options."""
        return f"{self.section}.{self.key}"


def _options() -> Iterator[Option]:
    defaults = JobOptions()
    for section in fields(defaults):
        held = getattr(defaults, section.name)
        said = get_type_hints(type(held), include_extras=True)
        about = section.metadata
        for key, hint in said.items():
            (described,) = hint.__metadata__
            yield Option(
                section=about["name"],
                heading=about["heading"],
                key=key,
                flag=f"--{about['prefix']}{key.replace('_', '-')}",
                kind=described.kind,
                default=getattr(held, key),
                text=described.text,
            )


OPTIONS: tuple[Option, ...] = tuple(_options())


def values_of(options: JobOptions) -> dict[str, object]:
    """Return the value of every option by ``Option.name``."""
    return {
        f"{section.metadata['name']}.{each.name}": getattr(
            getattr(options, section.name), each.name
        )
        for section in fields(options)
        for each in fields(getattr(options, section.name))
    }
