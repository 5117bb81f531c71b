"""The table of all options of a forecast, made from the fields that declare them.

Flags of the command line, keys of a job file and the request are all made from this table, so
that none of them has an option that another lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from operator import getitem
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter

from ml_jobs.data.demonstrations import Demonstration
from ml_jobs.errors import UsageError
from ml_jobs.inputs.demand.row_rules import RowRules
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.option_kinds import Help, Kind
from ml_jobs.options import ForecastOptions
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.selection import DEFAULT_RULES, CostlyRule

_COSTLY = "costs much, so it runs where it pays: on the series with the greatest demand"
SECTIONS: Mapping[str, str] = {
    "input": "the files to read, CSV or Parquet with a line of headings",
    "forecast": "what to forecast, and how forecasts are judged on the past",
    "rules.arima": f"AutoARIMA {_COSTLY}",
    "rules.prophet": f"Prophet {_COSTLY}",
    "inventory": "what is asked of stock",
    "engine": "where the work is done; the results are the same anywhere",
    "tracking": "runs kept to be compared",
    "output": "where results go, and their time",
}


@dataclass(frozen=True)
class Option:
    """One option of a forecast.

    Attributes:
        section: Of the job file, such as ``rules.arima``.
        path: Where its field stands in a `JobRequest`, such as ``("options", "horizon")``.
        hint: The field's annotation.
        default: None where the data or the environment decide.
    """

    section: str
    key: str
    path: tuple[str, ...]
    hint: Any
    kind: Kind
    default: object
    text: str

    @property
    def name(self) -> str:
        """Section and key, unique among all options."""
        return f"{self.section}.{self.key}"

    @property
    def flag(self) -> str:
        """What the command line calls it, with its dashes."""
        source = self.section.partition("rules.")[2]
        return f"--{source and f'{source}-'}{self.key.replace('_', '-')}"

    def check(self, value: object) -> object:
        """Return *value*, as TOML holds it, as the field does.

        Raises:
            ValueError, TypeError: It is not what the field takes.
        """
        checked: object = TypeAdapter(self.hint).validate_python(value)
        return checked


def _options_of(
    owner: type, defaults: object, path: tuple[str, ...] = (), section: str | None = None
) -> Iterator[Option]:
    for name, hint in get_type_hints(owner, include_extras=True).items():
        # In "Count | None" the kind stands within the union.
        parts = (hint, *get_args(getattr(hint, "__origin__", None)))
        notes = [note for part in parts for note in getattr(part, "__metadata__", ())]
        for about in (note for note in notes if isinstance(note, Help)):
            yield Option(
                section=section or about.section,
                key=about.key or name,
                path=(*path, name),
                hint=hint,
                kind=next(note for note in notes if isinstance(note, Kind)),
                default=getattr(defaults, name, None),
                text=about.text,
            )


def _options() -> Iterator[Option]:
    # The class has the defaults as attributes, without a demand file and a time of its own.
    yield from _options_of(JobRequest, JobRequest)
    yield from _options_of(ReadingOptions, ReadingOptions(), ("reading",))
    yield from _options_of(RowRules, RowRules(), ("row_rules",))
    yield from _options_of(ForecastOptions, ForecastOptions(), ("options",))
    for source, rule in DEFAULT_RULES.items():
        path = ("options", "rules", source)
        yield from _options_of(CostlyRule, rule, path, f"rules.{source}")


OPTIONS = tuple(sorted(_options(), key=lambda option: [*SECTIONS].index(option.section)))


def request_of(
    values: Mapping[str, object], *, demonstration: Demonstration | None = None
) -> JobRequest:
    """Return the request that has *values*, keyed as ``Option.name``, and defaults for the rest.

    Raises:
        UsageError: No demand file is named.
    """
    if "input.demand" not in values:
        problem = "No demand is named; give --demand FILE, or demand in [input] of a job file"
        raise UsageError(problem=problem)
    rules = {source: asdict(rule) for source, rule in DEFAULT_RULES.items()}
    request: dict[str, Any] = {
        "demonstration": demonstration is not None,
        "synthetic": demonstration.synthetic if demonstration else None,
        "reading": {},
        "row_rules": {},
        "options": {"rules": rules},
    }
    for option in (option for option in OPTIONS if option.name in values):
        *holders, field = option.path
        reduce(getitem, holders, request)[field] = values[option.name]
    return TypeAdapter(JobRequest).validate_python(request)


def values_of(request: JobRequest) -> dict[str, object]:
    """Return the value of every option by ``Option.name``, as *request* has it."""
    held = asdict(request)
    return {option.name: reduce(getitem, option.path, held) for option in OPTIONS}
