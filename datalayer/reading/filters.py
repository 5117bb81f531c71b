"""Filters of rows, typed by the registry: which there are, and their values read from text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from datalayer.kernel.contract.registry import Bilingual, Column, ColumnType
from datalayer.kernel.errors import InvalidCursor, InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading import views
from datalayer.reading.database import Parameter

LONGEST_TEXT = 200
MOST_VALUES = 200
LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**63 - 1

PAGING = frozenset({"p", "cursor", "limit"})
"""Parameters that don't change what is asked, but which part of the answer comes."""
NOT_FILTERS = PAGING | {"columns", "order", "dialect", "total"}
"""Parameters of every read; a column of such a name can't be filtered by."""

_ORDERED = {ColumnType.DATE, ColumnType.TIMESTAMP, ColumnType.DOUBLE, ColumnType.INTEGER}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


_ENDINGS: Mapping[views.Operator, str] = {"=": "", ">=": "_min", "<=": "_max"}
_SEARCHING: Mapping[views.Operator, str] = {"contains": "_contains", "null": "_null"}


@dataclass(frozen=True)
class Filter:
    """One filter that a caller may set.

    Attributes:
        name: The column's, with ``_min`` or ``_max`` where the value is a bound, ``_contains``
            where it is a piece of the text, ``_null`` where it says whether there is no value.
        operator: How the column compares with the value; ``=`` takes several values, too.
    """

    name: str
    column: Column
    operator: views.Operator


@dataclass(frozen=True)
class Conditions:
    """What rows must meet: SQL that compares, and a value for each ``$name`` in it."""

    predicates: tuple[str, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def __add__(self, other: Conditions) -> Conditions:
        """Return the conditions of both."""
        return Conditions(
            (*self.predicates, *other.predicates), {**self.parameters, **other.parameters}
        )


def filters_of(columns: Iterable[Column]) -> dict[str, Filter]:
    """Return the filters that *columns* allow, by name.

    Every column can be asked for by its values; those that have an order by bounds, too.
    """
    wanted = [
        Filter(f"{column.name}{ending}", column, operator)
        for column in columns
        for operator, ending in _ENDINGS.items()
        if operator == "=" or column.type in _ORDERED
    ]
    return {each.name: each for each in wanted if each.name not in NOT_FILTERS}


def row_filters_of(columns: Iterable[Column]) -> dict[str, Filter]:
    """Return the filters that rows as they were published allow, by name.

    Beside those of ``filters_of``, text can be searched, and where values may be missing, rows can
    be asked for by that.
    """
    columns = tuple(columns)
    found = {
        f"{column.name}{ending}": Filter(f"{column.name}{ending}", column, operator)
        for column in columns
        for operator, ending in _SEARCHING.items()
        if (_is_free_text(column) if operator == "contains" else not column.required)
    }
    return found | filters_of(columns)


def unpublished_column(
    name: str,
    kind: ColumnType,
    allowed: Iterable[str] = (),
    *,
    described: str = "",
    unit: str = "",
) -> Column:
    """Return a column of an answer that no data set has, called by its *name* in all languages."""
    text = Bilingual(described or name, described or name)
    return Column(
        name=name,
        type=kind,
        required=False,
        key_position=None,
        minimum=None,
        maximum=None,
        allowed=tuple(allowed),
        reference=None,
        unit=unit,
        quantile_level=None,
        label=Bilingual(name, name),
        description=text,
    )


def conditions(filters: Mapping[str, Filter], asked: Iterable[tuple[str, str]]) -> Conditions:
    """Return what *asked*, pairs of a filter's name and a value as text, means.

    Several values of one column are alternatives; different filters must all be met. Names that
    are no filters are left alone.

    Raises:
        InvalidSelection: A value is not of its column's type, a bound is given twice, or there
            are more than 200 values.
    """
    given: dict[str, list[str]] = {}
    for name, text in asked:
        if name in filters:
            given.setdefault(name, []).append(text)
    met = (_condition(filters[name], texts) for name, texts in sorted(given.items()))
    return sum(met, Conditions())


def equal(column: Column, value: Parameter) -> Conditions:
    """Return the condition that *column* is *value*."""
    parameter = f"only_{column.name}"
    return Conditions((views.compares(column, "=", parameter),), {parameter: value})


NO_CONDITIONS = Conditions()


def after_position(columns: Sequence[Column], position: Sequence[object] | None) -> Conditions:
    """Return the condition that a row stands behind *position* in the order of *columns*.

    Args:
        columns: The columns that order the rows and together name one.
        position: The values of another row in them, dates as ISO text, as a cursor has them;
            None for no condition.

    Raises:
        InvalidCursor: *position* has other columns than the rows, or values of other types.
        InvalidSelection: A value of the right type can't be one of its column.
    """
    if position is None:
        return NO_CONDITIONS
    if len(position) != len(columns):
        raise InvalidCursor(found=ascii(list(position))[:80])
    pairs = zip(columns, position, strict=True)
    parameters = {f"after_{column.name}": _cursor_value(column, value) for column, value in pairs}
    return Conditions((views.after_key(columns, list(parameters)),), parameters)


def plain_text(name: str, text: str, longest: int = LONGEST_TEXT) -> str:
    """Return *text* if it can be looked for.

    Raises:
        InvalidSelection: It is longer than *longest* characters or holds what is no character.
    """
    if len(text) > longest:
        expected = Sentence("at most {count} characters long", count=longest)
        found = Sentence("{count} characters long", count=len(text))
        raise InvalidSelection(parameter=name, found=found, expected=expected)
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _invalid(name, text, Sentence("text without NUL and lone surrogates"))
    return text


def given_more_than_once(name: str) -> InvalidSelection:
    """Return the refusal of a parameter that has one value and was given several."""
    found, expected = Sentence("given more than once"), Sentence("given once")
    return InvalidSelection(parameter=name, found=found, expected=expected)


def _is_free_text(column: Column) -> bool:
    return column.type is ColumnType.TEXT and not column.allowed


def _condition(asked: Filter, texts: list[str]) -> Conditions:
    column, parameter = asked.column, f"filter_{asked.name}"
    values = [_value(asked, text) for text in texts]
    if asked.operator == "=" and len(values) > 1:
        if len(values) > MOST_VALUES:
            expected = Sentence("given at most {count} times", count=MOST_VALUES)
            found = Sentence("given {count} times", count=len(values))
            raise InvalidSelection(parameter=asked.name, found=found, expected=expected)
        listed = tuple(str(value) for value in values)
        return Conditions((views.compares(column, "in", parameter),), {parameter: listed})
    if len(values) > 1:
        raise given_more_than_once(asked.name)
    return Conditions((views.compares(column, asked.operator, parameter),), {parameter: values[0]})


def _value(asked: Filter, text: str) -> Parameter:
    name, column = asked.name, asked.column
    if asked.operator == "null":
        return _boolean(name, text)
    if column.allowed and text not in column.allowed:
        raise _invalid(name, text, Sentence("one of {values:s}", values=", ".join(column.allowed)))
    return VALUE_READERS[column.type](name, text)


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError:
        raise _invalid(name, text, Sentence("a date such as 2026-11-21")) from None


def _timestamp(name: str, text: str) -> datetime:
    expected = Sentence("a time with its zone, such as 2026-11-21T06:00:00Z")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(name, text, expected) from None
    if time.tzinfo is None:
        raise _invalid(name, text, expected)
    return time


def _integer(name: str, text: str) -> int:
    expected = Sentence(
        "a whole number between {least} and {greatest}",
        least=str(LEAST_INTEGER),
        greatest=str(GREATEST_INTEGER),
    )
    number = int(text) if _INTEGER.fullmatch(text) else None
    if number is None or not LEAST_INTEGER <= number <= GREATEST_INTEGER:
        raise _invalid(name, text, expected)
    return number


def _number(name: str, text: str) -> float:
    number = float(text) if len(text) <= LONGEST_TEXT and _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise _invalid(name, text, Sentence("a number such as 12.5"))
    return number


def _boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise _invalid(name, text, Sentence("true or false"))
    return text == "true"


VALUE_READERS: Mapping[ColumnType, Callable[[str, str], Parameter]] = {
    ColumnType.TEXT: plain_text,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.INTEGER: _integer,
    ColumnType.DOUBLE: _number,
    ColumnType.BOOLEAN: _boolean,
}
"""By type, what returns the value of a parameter from its name and text, or InvalidSelection."""


def _cursor_value(column: Column, value: object) -> Parameter:
    """Return *value* of a cursor as a value of *column*."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) != (column.type in _WRITTEN_AS_TEXT):
        raise InvalidCursor(found=ascii([value])[:80])
    if column.type is ColumnType.TEXT:
        # A key may be longer than what somebody looks for: a category has up to 1,000 characters.
        return plain_text("cursor", text, longest=len(text))
    return VALUE_READERS[column.type]("cursor", text)


_WRITTEN_AS_TEXT = {ColumnType.TEXT, ColumnType.DATE, ColumnType.TIMESTAMP}


def _invalid(name: str, text: str, expected: str) -> InvalidSelection:
    return InvalidSelection(parameter=name, found=ascii(text[:80]), expected=expected)
