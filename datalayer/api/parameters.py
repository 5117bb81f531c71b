"""Parameters that reads share: strictly typed, with examples for the OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import BeforeValidator
from pydantic.json_schema import SkipJsonSchema

from datalayer.api.context import CursorText, Pin, open_publication
from datalayer.api.cursors import read_cursor
from datalayer.api.described_parameters import NO_NUL
from datalayer.kernel.contract.registry import ColumnType, DataSet
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import NETWORK, Portal, Publication
from datalayer.reading.arrangement import Arrangement, arranged, arrangement_of
from datalayer.reading.filters import (
    LONGEST_TEXT,
    VALUE_READERS,
    Conditions,
    Filter,
    conditions,
    filters_of,
)
from datalayer.reading.question import MOST_ROWS, Position, Question
from datalayer.reading.questions.items import row_offset

_FEW_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_TEXT: dict[str, Any] = {"min_length": 1, "max_length": LONGEST_TEXT, "pattern": NO_NUL}


def read_as(name: str, kind: ColumnType) -> BeforeValidator:
    """Read the text of a parameter as strictly, and refuse it with the same words, as filters.

    It stands after the bounds: before them, pydantic would leave these out of the document.
    """
    return BeforeValidator(partial(VALUE_READERS[kind], name))


def _page_rows(text: str) -> int:
    """Return the value of ``limit``; its bounds are told whatever is wrong with it."""
    rows = int(text) if _FEW_DIGITS.fullmatch(text) else 0
    if not 1 <= rows <= MOST_ROWS:
        expected = f"a whole number from 1 to {MOST_ROWS:,}"
        raise InvalidSelection(parameter="limit", found=ascii(text[:80]), expected=expected)
    return rows


Limit = Annotated[
    int,
    Query(
        ge=1,
        le=MOST_ROWS,
        description="Most rows of one page.",
        openapi_examples={"page": {"value": 50}},
    ),
    BeforeValidator(_page_rows),
]
Total = Annotated[
    bool,
    read_as("total", ColumnType.BOOLEAN),
    Query(
        description="Count all rows that match, on this page or not.",
        openapi_examples={"counted": {"value": True}},
    ),
]
Start = Annotated[
    date | SkipJsonSchema[None],
    Query(
        description="First day, inclusive; the beginning of the data if left out.",
        openapi_examples={"day": {"value": "2026-11-01"}},
    ),
    read_as("start", ColumnType.DATE),
]
End = Annotated[
    date | SkipJsonSchema[None],
    Query(
        description="Last day, inclusive; the end of the forecast if left out.",
        openapi_examples={"day": {"value": "2026-12-18"}},
    ),
    read_as("end", ColumnType.DATE),
]
Location = Annotated[
    str,
    Query(
        **_TEXT,
        description="A `location_id` of dim_location; the whole network if left out.",
        openapi_examples={"network": {"value": NETWORK}},
    ),
    read_as("location", ColumnType.TEXT),
]
Category = Annotated[
    str | SkipJsonSchema[None],
    Query(
        max_length=LONGEST_TEXT,
        pattern=NO_NUL,
        description="Only parts of that category; `unclassified` for those without.",
        openapi_examples={"category": {"value": "Energia"}},
    ),
    read_as("category", ColumnType.TEXT),
]
ItemId = Annotated[
    str,
    Path(
        **_TEXT,
        description="Code of a part.",
        openapi_examples={"part": {"value": "P00001"}},
    ),
    read_as("item_id", ColumnType.TEXT),
]
Search = Annotated[
    str,
    Query(
        max_length=LONGEST_TEXT,
        pattern=NO_NUL,
        description="Code, or words, whole or half, of name, code, category and supplier, in any "
        "order. Case, accents, signs, double blanks and zeros before a code don't count; one "
        "slip in a word is forgiven.",
        openapi_examples={"words": {"value": "bateria 12 V"}},
    ),
]
DataSetName = Annotated[
    str,
    Path(
        **_TEXT,
        description="Name of a data set.",
        openapi_examples={"forecasts": {"value": "fact_forecast"}},
    ),
    read_as("name", ColumnType.TEXT),
]


@dataclass(frozen=True)
class PageParameters:
    """Which page of an answer, and of which publication."""

    limit: Limit = 100
    cursor: CursorText = None
    p: Pin = None


@dataclass(frozen=True)
class PlacedPageParameters(PageParameters):
    """A page of the rows of one location."""

    location: Location = NETWORK


@dataclass(frozen=True)
class CountedPageParameters(PageParameters):
    """A page of rows that are counted for those who ask for it."""

    total: Total = False


Page = Annotated[PageParameters, Depends()]
Placed = Annotated[PlacedPageParameters, Depends()]
Counted = Annotated[CountedPageParameters, Depends()]


@dataclass(frozen=True)
class AskedRows:
    """What of the rows of a publication somebody asks for.

    Attributes:
        publication: The one to read.
        conditions: What rows must meet.
        arrangement: Which columns are wanted, and in which order.
        key: The columns that, together, name one of the rows.
        position: Where the page before ended; None for a first page.
    """

    publication: Publication
    conditions: Conditions
    arrangement: Arrangement
    key: Sequence[str]
    position: Position | None

    @property
    def after(self) -> Position | None:
        """Where the page before ended, for rows in the order that they have."""
        return None if self.arrangement.order else self.position

    def arrange(self, question: Question) -> Question:
        """Return *question*, which asks for the rows, with the columns and the order wanted.

        Raises:
            InvalidCursor: The position is not of these rows.
        """
        offset = row_offset(self.position) if self.arrangement.order else 0
        return arranged(question, self.arrangement, self.key, offset)


def open_page(
    request: Request,
    portal: Portal,
    page: PageParameters,
    filters: Mapping[str, Filter],
    columns: Collection[str],
    key: Sequence[str],
    *,
    in_key_order: bool = True,
) -> AskedRows:
    """Return what is asked for of rows with these *filters* and *columns*, which *key* names.

    Unless they are asked for in another order, they come *in_key_order* or in one of their own.

    Raises:
        InvalidSelection: Cursor, publication, columns, order or a filter's value can't be used.
        UnknownPublication, NothingPublished, SignInRequired: As for ``Portal.open``.
    """
    cursor = read_cursor(request)
    publication = open_publication(request, portal, page.p, cursor)
    asked = request.query_params
    met = conditions(filters, asked.multi_items())
    sorted_by = key if in_key_order else ()
    arrangement = arrangement_of(columns, asked.get("columns"), asked.get("order"), sorted_by)
    return AskedRows(publication, met, arrangement, key, cursor.after if cursor else None)


def filters_on(data_set: DataSet, *names: str) -> dict[str, Filter]:
    """Return the filters on those of the named columns that *data_set* has."""
    return filters_of(column for column in data_set.columns if column.name in names)
