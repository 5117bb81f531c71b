"""What of a publication somebody wants to take away, and in which form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.reading.csv_dialects import dialect_named
from datalayer.reading.filters import Conditions, plain_text
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.forecasts import check_sources_and_span
from datalayer.reading.views import Operator, compares

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""The formats, each with its media type."""

_NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True)
class Part:
    """Which rows of a data set; what is left out restricts nothing.

    Attributes:
        location_id: One place; None for the rows of every place, the network's among them.
        sources: Forecast sources; empty for all there are.
        start: First day, inclusive.
        end: Last day, inclusive.
    """

    item_id: str | None = None
    location_id: str | None = None
    sources: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None


WHOLE = Part()
"""Every row."""


@dataclass(frozen=True)
class ExtractRequest:
    """A file that somebody wants.

    Attributes:
        data_set: Name of the data set.
        format: csv, parquet or arrow.
        dialect: Name of the CSV dialect; None for rfc, and for the other formats.
        part: The rows wanted.
    """

    data_set: str
    format: str = "csv"
    dialect: str | None = None
    part: Part = WHOLE

    def resolve(self, registry: Registry) -> ExtractRequest:
        """Return this request with its dialect named, if *registry* allows it.

        Raises:
            UnknownDataSet: There is none of that name.
            InvalidSelection: Format, dialect or part is not usable.
        """
        data_set = data_set_named(registry, self.data_set)
        if self.format not in MEDIA_TYPES:
            raise InvalidSelection(
                parameter="format", found=repr(self.format[:80]), expected="csv, parquet or arrow"
            )
        _check_part(self.part, data_set, registry)
        return ExtractRequest(self.data_set, self.format, self._dialect_name(), self.part)

    def file_name(self, publication_id: str) -> str:
        """Return a name that says data set, part, publication and dialect."""
        item_id = _NOT_IN_FILE_NAMES.sub("-", self.part.item_id or "")
        parts = (self.data_set, item_id, publication_id, self.dialect)
        return f"{'_'.join(filter(None, parts))}.{self.format}"

    def _dialect_name(self) -> str | None:
        if self.format != "csv":
            if self.dialect is not None:
                raise InvalidSelection(
                    parameter="dialect",
                    found=self.dialect[:80],
                    expected="left out: only CSV has one",
                )
            return None
        return dialect_named(self.dialect).name


def conditions_of(part: Part, data_set: DataSet) -> Conditions:
    """Return what the rows of *data_set* that are in *part* must meet."""
    used = [each for each in _FILTERS if getattr(part, each[0]) not in _NONE]
    predicates = tuple(
        compares(data_set.column(column), operator, name) for name, column, operator in used
    )
    return Conditions(predicates, {name: getattr(part, name) for name, _, _ in used})


_NONE: tuple[object, ...] = (None, ())
# Field of a part, column that it restricts, how.
_FILTERS: tuple[tuple[str, str, Operator], ...] = (
    ("item_id", "item_id", "="),
    ("location_id", "location_id", "="),
    ("sources", "source", "in"),
    ("start", "date", ">="),
    ("end", "date", "<="),
)
_CALLED = {"location_id": "location", "sources": "source"}
"""What callers call a field of a part, where it is another name."""


def _check_part(part: Part, data_set: DataSet, registry: Registry) -> None:
    known = {column.name for column in data_set.columns}
    for name, column, _ in _FILTERS:
        if getattr(part, name) not in _NONE and column not in known:
            expected = f"left out: {data_set.name} has no column {column}"
            raise InvalidSelection(
                parameter=_CALLED.get(name, name), found="given", expected=expected
            )
    named = (("item_id", part.item_id), ("location", part.location_id))
    for name, text in (*named, *(("source", source) for source in part.sources)):
        if text is not None:
            plain_text(name, text)
    check_sources_and_span(registry, part.sources, part.start, part.end)
