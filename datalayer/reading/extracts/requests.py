"""What of a publication somebody wants to take away, and in which form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.arrangement import AS_PUBLISHED, Arrangement
from datalayer.reading.csv_dialects import dialect_named
from datalayer.reading.filters import Conditions, conditions, plain_text, row_filters_of
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.forecasts import check_sources_and_span
from datalayer.reading.views import Operator, compares

MEDIA_TYPES: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
"""The formats, each with its media type."""

NOT_IN_FILE_NAMES = re.compile(r"[^A-Za-z0-9.-]+")


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
        filters: What they must meet beside that: names of filters on the data set's columns, and
            values as text; as in ``filters.conditions``.
        arrangement: Which columns are wanted, and in which order the rows.
    """

    data_set: str
    format: str = "csv"
    dialect: str | None = None
    part: Part = WHOLE
    filters: tuple[tuple[str, str], ...] = ()
    arrangement: Arrangement = AS_PUBLISHED

    @property
    def is_whole(self) -> bool:
        """Whether it is of the whole data set, as that was published."""
        return self.part == WHOLE and not self.filters and self.arrangement == AS_PUBLISHED

    def resolve(self, registry: Registry) -> ExtractRequest:
        """Return this request with its dialect named, if *registry* allows it.

        Raises:
            UnknownDataSet: There is none of that name.
            InvalidSelection: Format, dialect, part or a filter is not usable.
        """
        data_set = data_set_named(registry, self.data_set)
        if self.format not in MEDIA_TYPES:
            raise InvalidSelection(
                parameter="format",
                found=repr(self.format[:80]),
                expected=Sentence("one of {values:s}", values=tuple(MEDIA_TYPES)),
            )
        _check_part(self.part, data_set, registry)
        _check_filters(self.filters, data_set)
        return replace(self, dialect=self._dialect_name())

    def file_name(self, publication_id: str) -> str:
        """Return a name that says data set, part, publication and dialect."""
        item_id = NOT_IN_FILE_NAMES.sub("-", self.part.item_id or "")
        parts = (self.data_set, item_id, publication_id, self.dialect)
        return f"{'_'.join(filter(None, parts))}.{self.format}"

    def _dialect_name(self) -> str | None:
        if self.format != "csv":
            if self.dialect is not None:
                raise InvalidSelection(
                    parameter="dialect",
                    found=self.dialect[:80],
                    expected=Sentence("left out: only CSV has one"),
                )
            return None
        return dialect_named(self.dialect).name


def conditions_of(request: ExtractRequest, data_set: DataSet) -> Conditions:
    """Return what the rows of *data_set* that *request* asks for must meet.

    Raises:
        InvalidSelection: The value of a filter is not of its column's type.
    """
    met = conditions(row_filters_of(data_set.columns), request.filters)
    return _conditions_of_part(request.part, data_set) + met


def _conditions_of_part(part: Part, data_set: DataSet) -> Conditions:
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


def _check_filters(filters: Iterable[tuple[str, str]], data_set: DataSet) -> None:
    known = row_filters_of(data_set.columns)
    for name, _ in filters:
        if name not in known:
            expected = Sentence("left out: {data_set} has no such column", data_set=data_set.name)
            raise InvalidSelection(parameter=name, found=Sentence("given"), expected=expected)


def _check_part(part: Part, data_set: DataSet, registry: Registry) -> None:
    known = {column.name for column in data_set.columns}
    for name, column, _ in _FILTERS:
        if getattr(part, name) not in _NONE and column not in known:
            expected = Sentence(
                "left out: {data_set} has no column {column:s}",
                data_set=data_set.name,
                column=column,
            )
            raise InvalidSelection(
                parameter=_CALLED.get(name, name), found=Sentence("given"), expected=expected
            )
    named = (("item_id", part.item_id), ("location", part.location_id))
    for name, text in (*named, *(("source", source) for source in part.sources)):
        if text is not None:
            plain_text(name, text)
    check_sources_and_span(registry, part.sources, part.start, part.end)
