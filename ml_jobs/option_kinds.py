"""The kinds of values that options take, checked alike from a command line and from a job file.

A kind stands in the annotation of an option's field (`Help` beside it says what the option does),
so that the field declares all there is to say of the option.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from datalayer.kernel.contract.manifest import read_instant
from ml_jobs.panel import Frequency

DURATION = r"[1-9][0-9]{0,3}[hdw]"
SPDX_IDENTIFIER = "[A-Za-z0-9][A-Za-z0-9.+-]{0,63}"
"""What identifies a licence, in the list of the Software Package Data Exchange."""

MLFLOW_FOLDER = "build/mlruns"
MOST_MONEY = 1e15
COUNTRIES = "an ISO 3166 code of a country whose holidays are known, such as BR, PT or US"


@dataclass(frozen=True)
class Help:
    """What an option does, and where it stands in a job file.

    Attributes:
        text: What the option does, with its unit.
        key: In the section; by default the field's name.
    """

    section: str
    text: str
    key: str | None = None


@dataclass(frozen=True)
class Kind:
    """What values of one kind look like.

    Attributes:
        expected: What a value must be, to be read after "must be".
        metavar: What stands for the value in the help; empty for a switch.
        check: Looks at the value before pydantic does, or makes it; raises ValueError.
        parse: Makes what TOML would hold from a command line's text; raises ValueError.
        relative_to: Takes a relative path from a folder; None for kinds that hold no path.
        when_bare: What the flag means without a value, as TOML has it; None if it needs one.
    """

    expected: str
    metavar: str
    check: Callable[[object], object] | None = None
    parse: Callable[[str], object] = str
    relative_to: Callable[[Path, str], object] | None = None
    when_bare: object | None = None

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the field's schema with *check* before it."""
        schema = handler(source)
        if self.check is None:
            return schema
        return core_schema.no_info_before_validator_function(self.check, schema)


def several(names: tuple[str, ...], what: str, *, least: int = 1) -> Kind:
    """At least *least* of *names*, none of them twice; on the command line with commas between."""

    def check(found: object) -> object:
        if not isinstance(found, list | tuple) or not set(found) <= set(names):
            raise ValueError
        if len(found) < least or len(set(found)) < len(found):
            raise ValueError
        return tuple(found)

    def parse(text: str) -> object:
        return [name.strip() for name in text.split(",") if name.strip()]

    return Kind(f"a list of names out of {', '.join(names)}", f"{what},...", check, parse)


def one_of(names: tuple[str, ...], metavar: str) -> Kind:
    """One of *names*."""

    def check(found: object) -> object:
        if found not in names:
            raise ValueError
        return found

    return Kind(f"one of {', '.join(names)}", metavar, check)


def _code(expected: str, metavar: str, pattern: str) -> Kind:
    """Texts that match *pattern*."""
    compiled = re.compile(pattern, re.ASCII)

    def check(found: object) -> object:
        if isinstance(found, str) and compiled.fullmatch(found):
            return found
        raise ValueError

    return Kind(expected, metavar, check)


def _not_blank(found: object) -> object:
    if isinstance(found, str) and not found.strip():
        raise ValueError
    return found


def check_country(found: object) -> object:
    """Return *found* if it is the code of a country whose public holidays are known.

    Raises:
        ValueError: It is not.
    """
    # It takes a moment to load and has the calendars of the whole world.
    import holidays

    if found in holidays.list_supported_countries(include_aliases=False):
        return found
    raise ValueError


def _moment(found: object) -> datetime:
    return read_instant(found.isoformat() if isinstance(found, datetime) else found)


def _place(found: object) -> object:
    """A folder or an address; true stands for the folder that is the default."""
    return MLFLOW_FOLDER if found is True else _not_blank(found)


def _address_from(folder: Path, place: str) -> str:
    return place if "://" in place else str(folder / place)


_Strict: TypeAlias = Annotated[str, Field(strict=True)]
Flag: TypeAlias = Annotated[bool, Field(strict=True), Kind("true or false", "")]
Count: TypeAlias = Annotated[
    int, Field(strict=True, ge=1), Kind("a whole number of at least 1", "N", parse=int)
]
CountFromZero: TypeAlias = Annotated[
    int, Field(strict=True, ge=0), Kind("a whole number of at least 0", "N", parse=int)
]
Money: TypeAlias = Annotated[
    float,
    Field(strict=True, ge=0, le=MOST_MONEY, allow_inf_nan=False),
    Kind("an amount of money of at least 0, such as 300000 or 0", "MONEY", parse=float),
]
Text: TypeAlias = Annotated[_Strict, Kind("a text that is not empty", "TEXT", _not_blank)]
FilePath: TypeAlias = Annotated[
    Path, Kind("the path of a file", "FILE", _not_blank, relative_to=Path.joinpath)
]
FolderPath: TypeAlias = Annotated[
    Path, Kind("the path of a folder", "FOLDER", _not_blank, relative_to=Path.joinpath)
]
StoreAddress: TypeAlias = Annotated[
    _Strict,
    Kind("a folder or s3://bucket/prefix", "STORE", _not_blank, relative_to=_address_from),
]
CurrencyCode: TypeAlias = Annotated[str, _code("an ISO 4217 code such as BRL", "CODE", "[A-Z]{3}")]
LicenseId: TypeAlias = Annotated[
    str, _code("an SPDX identifier such as CC-BY-4.0", "ID", SPDX_IDENTIFIER)
]
CountryCode: TypeAlias = Annotated[str, Kind(COUNTRIES, "CODE", check_country)]
EngineName: TypeAlias = Annotated[
    str,
    _code(
        "processes, dask or dask://HOST:PORT",
        "ENGINE",
        r"processes|dask|dask://[^/\s]+:\d{1,5}",
    ),
]
Duration: TypeAlias = Annotated[
    str, _code("hours, days or weeks such as 12h, 45d or 52w", "TIME", DURATION)
]
Period: TypeAlias = Annotated[Frequency, Kind("D, W or MS", "{D,W,MS}")]
Moment: TypeAlias = Annotated[
    datetime, Kind("a time with its zone such as 2026-11-21T06:00:00Z", "TIME", _moment)
]
TrackingPlace: TypeAlias = Annotated[
    _Strict,
    Kind(
        "true, a folder or the address of an MLflow server",
        "PLACE",
        _place,
        relative_to=_address_from,
        when_bare=True,
    ),
]
