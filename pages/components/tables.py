"""Tables in the user's language: the registry's labels, local numbers and dates, a caption."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import pandas as pd
import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Provenance, Result
from pages.components import captions
from pages.components.language import NOTHING, _, day, exact_number, label, moment, number, percent

PAGE_ROWS: Final = 50
_NO_BREAK: Final = "\u00a0"


def show(result: Result, columns: Sequence[str], *, key: str, registry: Registry) -> None:
    """Draw *columns* of a result in this order, page by page, and its caption under them.

    Those that the result lacks are left out. *key* names the table and its page selector.
    """
    names = [name for name in columns if name in result.table.column_names]
    draw(result.table.select(names), _labels(result.provenance, registry), key=key)
    captions.show(result.provenance)


def draw(
    table: pa.Table,
    headings: Mapping[str, str] | None = None,
    *,
    key: str,
    shares: Collection[str] = (),
) -> None:
    """Draw a table page by page, every value formatted by its type; zero rows say so.

    Columns are headed by their names unless *headings* has others. The numbers of those in
    *shares* are fractions and are told as percentages.
    """
    if table.num_rows == 0:
        st.info(_("No rows."))
        return
    pages = -(-table.num_rows // PAGE_ROWS)
    place = st.container()
    page = st.pagination(pages, key=f"{key}-page") if pages > 1 else 1
    shown = table.slice((page - 1) * PAGE_ROWS, PAGE_ROWS)
    place.table(_style(shown, headings or {}, shares), hide_index=True, border="horizontal")
    if pages > 1:
        first = (page - 1) * PAGE_ROWS + 1
        st.caption(
            _("Rows {first} to {last} of {count}").format(
                first=number(first, 0),
                last=number(first + shown.num_rows - 1, 0),
                count=number(table.num_rows, 0),
            )
        )


def exact(table: pa.Table, headings: Mapping[str, str], *, alt: str) -> None:
    """Draw all rows of a table, every digit of their numbers and UTC times to the second.

    Args:
        table: No more rows than one page shows.
        headings: What columns are called.
        alt: What the table is, for those who don't see it.
    """
    names = _tell_apart([headings[name] for name in table.column_names], table.column_names)
    texts = dict(zip(names, (_exact_formatter(each.type) for each in table.schema), strict=True))
    # Nulls would make whole numbers fractions, which lose digits from 2**53 on.
    frame = table.to_pandas(date_as_object=True, integer_object_nulls=True)
    style = frame.set_axis(names, axis="columns").style.format(texts, na_rep=NOTHING)
    st.table(style, hide_index=True, border="horizontal", alt=alt)


def _labels(provenance: Provenance, registry: Registry) -> dict[str, str]:
    """Return labels by column name; the data set named first has the last word."""
    found: dict[str, str] = {}
    for name in reversed(provenance.data_sets):
        found.update({c.name: label(c.label) for c in registry.data_sets[name].columns})
    return found


def _style(
    table: pa.Table, headings: Mapping[str, str], shares: Collection[str]
) -> pd.io.formats.style.Styler:
    """Numbers stay numbers under their formatted text, so that they are set flush right."""
    names = _tell_apart(
        [headings.get(name, name) for name in table.column_names], table.column_names
    )
    formatters = (
        _share_formatter(table[name]) if name in shares else _formatter(table[name])
        for name in table.column_names
    )
    texts = dict(zip(names, formatters, strict=True))
    frame = table.to_pandas(date_as_object=True).set_axis(list(texts), axis="columns")
    return frame.style.format(texts, na_rep=NOTHING)


def _tell_apart(headings: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return headings that tell columns apart, though the registry may label two alike."""
    return [
        heading if headings.count(heading) == 1 else f"{heading} ({name})"
        for heading, name in zip(headings, names, strict=True)
    ]


def _formatter(column: pa.ChunkedArray) -> Callable[[object], str]:
    type_ = column.type
    if pa.types.is_boolean(type_):
        return lambda value: _("yes") if value else _("no")
    if pa.types.is_timestamp(type_):
        return _or_nothing(_moment_in_two_lines)
    if pa.types.is_date(type_):
        return _or_nothing(day)
    decimals = _decimals_of(column)
    if decimals is not None:
        return _or_nothing(lambda value: number(float(value), decimals))
    # The cells of a table are Markdown to Streamlit: a name could draw an image of another host.
    return lambda value: NOTHING if value is None else captions.literal(str(value))


def _share_formatter(column: pa.ChunkedArray) -> Callable[[object], str]:
    """Return what tells fractions as percentages, with a decimal where one of them has it."""
    known = [value for value in column.to_pylist() if value is not None and math.isfinite(value)]
    decimals = int(any(round(value, 2) != round(value, 4) for value in known))
    return _or_nothing(lambda value: percent(float(value), decimals))


def _decimals_of(column: pa.ChunkedArray) -> int | None:
    """Return how many decimals a column of numbers is shown with; None for one of no numbers."""
    if pa.types.is_integer(column.type):
        return 0
    if pa.types.is_decimal(column.type):
        return int(column.type.scale)
    return _decimals(column) if pa.types.is_floating(column.type) else None


def _exact_formatter(type_: pa.DataType) -> Callable[[object], str]:
    if pa.types.is_timestamp(type_):
        return _or_nothing(lambda value: f"{day(value.date())} {value:%H:%M:%S} UTC")
    if pa.types.is_floating(type_):
        return _or_nothing(exact_number)
    return _formatter(pa.chunked_array([], type_))


def _decimals(column: pa.ChunkedArray) -> int:
    """Return as many decimals as tell a column's values apart; one number for all of them."""
    values = [abs(value) for value in column.to_pylist() if value is not None]
    if all(value == int(value) for value in values if math.isfinite(value)):
        return 0
    return 1 if max(values) >= 100 else 2


def _moment_in_two_lines(value: datetime) -> str:
    """Return a point in time that breaks between its date and its time, if it must."""
    date_text, time_text, zone = moment(value).rsplit(" ", 2)
    return f"{date_text.replace(' ', _NO_BREAK)} {time_text}{_NO_BREAK}{zone}"


def _or_nothing(text: Callable[..., str]) -> Callable[[object], str]:
    return lambda value: NOTHING if pd.isna(value) else text(value)
