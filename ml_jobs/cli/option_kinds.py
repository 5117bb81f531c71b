"""The kinds of values that options take, read alike from a command line and from a job file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ml_jobs.panel import Frequency

MLFLOW_FOLDER = "build/mlruns"


def _as_it_is(value: object, _folder: Path) -> object:
    return value


@dataclass(frozen=True)
class Kind:
    """What values of one kind look like.

    Attributes:
        expected: What a value must be, to be read after "must be".
        metavar: What stands for the value in the help.
        check: Makes the value from what TOML holds; raises ValueError where it can't.
        parse: Makes from a command line's text what TOML would hold; raises ValueError.
        located: Takes a relative path from a folder; for kinds that hold no path, the value.
        when_bare: What the flag means without a value, as TOML has it; None if it needs one.
    """

    expected: str
    metavar: str
    check: Callable[[object], object]
    parse: Callable[[str], object]
    located: Callable[[object, Path], object] = _as_it_is
    when_bare: object | None = None

    def from_text(self, text: str) -> object:
        """Return the value that a command line's *text* is.

        Raises:
            ValueError: It is none.
        """
        return self.check(self.parse(text))


def whole(least: int) -> Kind:
    """Whole numbers of at least *least*."""

    def check(found: object) -> int:
        # In Python, unlike in TOML, true is a whole number.
        if isinstance(found, int) and not isinstance(found, bool) and found >= least:
            return found
        raise ValueError

    return Kind(f"a whole number of at least {least}", "N", check, int)


def several(names: tuple[str, ...], what: str, *, least: int = 1) -> Kind:
    """At least *least* of *names*, none of them twice; on the command line with commas between."""

    def check(found: object) -> tuple[str, ...]:
        if not isinstance(found, list) or not all(name in names for name in found):
            raise ValueError
        if len(found) < least or len(set(found)) < len(found):
            raise ValueError
        return tuple(found)

    def parse(text: str) -> object:
        return [name.strip() for name in text.split(",") if name.strip()]

    return Kind(f"a list of names out of {', '.join(names)}", f"{what},...", check, parse)


def fractions_by(names: tuple[str, ...], *, low: float, high: float) -> Kind:
    """A fraction for each of some *names*; as ``name=0.95,...`` on the command line."""

    def check(found: object) -> Mapping[str, float]:
        if not isinstance(found, dict) or not found or not set(found) <= set(names):
            raise ValueError
        if any(isinstance(v, bool) or not isinstance(v, int | float) for v in found.values()):
            raise ValueError
        if not all(low <= value <= high for value in found.values()):
            raise ValueError
        return {name: float(value) for name, value in found.items()}

    def parse(text: str) -> object:
        pairs = (pair.partition("=") for pair in text.split(","))
        return {name.strip(): float(value) for name, _, value in pairs}

    expected = f"a fraction of {low} to {high} for any of {', '.join(names)}"
    return Kind(expected, "NAME=FRACTION,...", check, parse)


def _text_of(accepts: Callable[[str], bool]) -> Callable[[object], str]:
    def check(found: object) -> str:
        if isinstance(found, str) and found.strip() and accepts(found):
            return found
        raise ValueError

    return check


def _matching(pattern: str) -> Callable[[object], str]:
    compiled = re.compile(pattern, re.ASCII)
    return _text_of(lambda text: compiled.fullmatch(text) is not None)


def _flag(found: object) -> bool:
    if isinstance(found, bool):
        return found
    raise ValueError


_any_text = _text_of(lambda _text: True)


def _path(found: object) -> Path:
    return Path(_any_text(found))


def _frequency(found: object) -> Frequency:
    return Frequency(_any_text(found))


def _moment(found: object) -> datetime:
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


def _place(found: object) -> str:
    """A folder or an address; true stands for the folder that is the default."""
    return MLFLOW_FOLDER if found is True else _any_text(found)


def _from(folder_or_file: object, folder: Path) -> object:
    return folder / str(folder_or_file)


def _address_from(place: object, folder: Path) -> object:
    return place if "://" in str(place) else str(folder / str(place))


TEXT = Kind("a text that is not empty", "TEXT", _any_text, str)
FLAG = Kind("true or false", "", _flag, str)
COUNT = whole(1)
FILE = Kind("the path of a file", "FILE", _path, str, _from)
FOLDER = Kind("the path of a folder", "FOLDER", _path, str, _from)
STORE = Kind("a folder or s3://bucket/prefix", "STORE", _any_text, str, _address_from)
FREQUENCY = Kind("D, W or MS", "{D,W,MS}", _frequency, str)
CURRENCY = Kind("an ISO 4217 code such as BRL", "CODE", _matching("[A-Z]{3}"), str)
COUNTRY = Kind("an ISO 3166 code such as BR", "CODE", _matching("[A-Z]{2}"), str)
ENGINE = Kind(
    "processes, dask or dask://HOST:PORT",
    "ENGINE",
    _matching(r"processes|dask|dask://[^/\s]+:\d{1,5}"),
    str,
)
MOMENT = Kind("a time with its zone such as 2026-11-21T06:00:00Z", "TIME", _moment, str)
TRACKING = Kind(
    "true, a folder or the address of an MLflow server",
    "PLACE",
    _place,
    str,
    _address_from,
    when_bare=True,
)
