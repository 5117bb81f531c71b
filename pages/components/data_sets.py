"""What a data set is: its state in a publication, its columns, its file and its first rows."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.kernel.errors import InvalidSelection, UnknownDataSet
from datalayer.portal import FreshnessState, Publication
from pages.components import frame, language, tables
from pages.components.language import _, label, number

PREVIEW_ROWS: Final = 10
_CHOSEN: Final = "dataset"
_DIALECT: Final = "dialect"


def choose(registry: Registry) -> DataSet:
    """Draw the chooser of data sets, which the address keeps as ``?dataset=``; return the choice.

    Raises:
        UnknownDataSet: The address names none of the registry; carries those there are.
    """
    known = {
        name: f"{label(data_set.label)} ({name})" for name, data_set in registry.data_sets.items()
    }
    asked = st.query_params.get(_CHOSEN, next(iter(known)))
    st.session_state[_CHOSEN] = asked if asked in known else None
    st.selectbox(
        _("Data set"),
        list(known),
        index=None,
        key=_CHOSEN,
        format_func=lambda name: known[name],
        placeholder=_("Choose a data set"),
        on_change=_keep_in_address,
        args=(_CHOSEN,),
    )
    if asked not in known:
        raise UnknownDataSet(name=asked, known=tuple(known))
    return registry.data_sets[asked]


def _keep_in_address(name: str) -> None:
    if chosen := st.session_state[name]:
        st.query_params[name] = chosen


def states(publication: Publication) -> None:
    """Draw how fresh and how large every data set of a publication is."""
    fresh = publication.freshness()
    files = {file.data_set: file for file in publication.manifest.files}
    rows = [
        {
            _("Contents"): label(data_set.label),
            _("Data set"): name,
            _("Freshness"): freshness_text(fresh[name]),
            _("Rows"): files[name].rows,
            _("Size"): size_text(files[name].size_bytes),
        }
        for name, data_set in publication.registry.data_sets.items()
        if name in files
    ]
    tables.draw(pa.Table.from_pylist(rows), key="data-sets")


def columns(data_set: DataSet) -> None:
    """Draw the dictionary of *data_set*: a row per column."""
    rows = [
        {
            _("Column"): column.name,
            _("Contents"): f"{label(column.label)}. {label(column.description)}",
            _("Type"): ", ".join(filter(None, (_type_text(column.type), _unit_text(column.unit)))),
            _("Values"): _values_text(column) or None,
        }
        for column in data_set.columns
    ]
    tables.draw(pa.Table.from_pylist(rows), key="columns")


def downloads(publication: Publication, data_set: DataSet) -> None:
    """Draw the links that stream the whole data set, and what proves them whole.

    They name the publication, so that what comes is what the page shows, switch or no switch.
    """
    file = publication.manifest.file(data_set.name)
    dialect = dialect_chooser()
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, text, icon in (
            ("csv", "CSV", ":material/csv:"),
            ("parquet", "Parquet", ":material/download:"),
            ("arrow", "Arrow", ":material/download:"),
        ):
            in_dialect = dialect if kind == "csv" else None
            address = _address(publication, f"{data_set.name}.{kind}", in_dialect)
            st.link_button(_("Download {kind}").format(kind=text), address, icon=icon)
        st.link_button(
            _("Description of the CSV (JSON)"),
            _address(publication, f"{data_set.name}.csv.metadata.json", dialect),
            icon=":material/description:",
            help=_("Columns, origin, number of rows, size and SHA-256; makes the file once"),
        )
        st.caption(_("{rows} rows, all of them").format(rows=number(file.rows, 0)))
    st.caption(_("SHA-256 of the published file, {size}:").format(size=size_text(file.size_bytes)))
    st.code(file.sha256, language=None, wrap_lines=True)


def dialect_chooser() -> str:
    """Draw the chooser of the CSV dialect and return the name of the choice.

    The address keeps it as ``?dialect=``; without one it is what the spreadsheet of the language
    that is spoken opens rightly.
    """
    texts = {
        "rfc": _("Comma, decimal point (RFC 4180)"),
        "excel-br": _("Excel in Brazil: semicolon, decimal comma, dd/mm/yyyy"),
    }
    usual = "excel-br" if language.current() == "pt_BR" else "rfc"
    asked = st.query_params.get(_DIALECT, usual)
    if asked not in texts:
        expected = " / ".join(texts)
        frame.refuse(
            InvalidSelection(parameter=_DIALECT, found=ascii(asked[:80]), expected=expected)
        )
    st.session_state[_DIALECT] = asked if asked in texts else usual
    return st.radio(
        _("CSV for"),
        list(texts),
        format_func=texts.__getitem__,
        horizontal=True,
        key=_DIALECT,
        on_change=_keep_in_address,
        args=(_DIALECT,),
    )


def _address(publication: Publication, file: str, dialect: str | None) -> str:
    asked = {"dialect": dialect, "p": publication.id}
    return f"api/v1/extracts/{file}?{urlencode({k: v for k, v in asked.items() if v})}"


def freshness_text(state: FreshnessState) -> str:
    """Return a state as a symbol and a word; neither needs its colour."""
    return {
        FreshnessState.FRESH: "✓ " + _("Up to date"),
        FreshnessState.DUE: "◔ " + _("Update due"),
        FreshnessState.STALE: "⚠ " + _("Out of date"),
        FreshnessState.UNKNOWN: "? " + _("Age unknown"),
    }[state]


def size_text(size_bytes: int) -> str:
    """Return a number of bytes in the unit that suits its size."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{number(size_bytes / factor, 1)} {unit}"
    return f"{number(size_bytes, 0)} B"


def _type_text(kind: ColumnType) -> str:
    return {
        ColumnType.TEXT: _("text"),
        ColumnType.DATE: _("date"),
        ColumnType.TIMESTAMP: _("time (UTC)"),
        ColumnType.DOUBLE: _("number"),
        ColumnType.INTEGER: _("whole number"),
        ColumnType.BOOLEAN: _("yes or no"),
    }[kind]


def _unit_text(unit: str) -> str:
    return {
        "share": _("share of 1"),
        "d": _("days"),
        "un": _("units"),
        "un/period": _("units a period"),
        "currency": _("currency"),
    }.get(unit, unit)


def _values_text(column: Column) -> str:
    """Return what a value of the column may be, in words."""
    parts = [] if column.required else [_("may be empty")]
    if column.key_position is not None:
        parts.append(_("key, place {place}").format(place=column.key_position))
    if column.minimum is not None:
        parts.append(f"≥ {number(column.minimum, _decimals(column.minimum))}")
    if column.maximum is not None:
        parts.append(f"≤ {number(column.maximum, _decimals(column.maximum))}")
    if column.form and not column.reference:
        parts.append(
            _("{count} characters at most").format(count=number(column.form.max_length, 0))
        )
    if column.allowed:
        parts.append(", ".join(column.allowed))
    if column.reference:
        target = f"{column.reference.data_set}.{column.reference.column}"
        parts.append(_("stands in {column}").format(column=target))
    return "; ".join(parts)


def _decimals(value: float) -> int:
    return 0 if value == int(value) else 2
