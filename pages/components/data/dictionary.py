"""The dictionary: every column of the contract with its meaning, type, unit and values."""

from __future__ import annotations

import unicodedata
from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.registry import Column, ColumnType, DataSet, Registry
from datalayer.portal import Publication
from pages.components import captions, data_sets, tables
from pages.components.data import extract_address
from pages.components.language import _, label, ngettext, number

FIND: Final = "find"
_LONGEST: Final = 200


def show(publication: Publication) -> None:
    """Draw the columns of the data set chosen, or those of all that a search finds."""
    with st.container(key="farol-dictionary"):
        _columns(publication)
    captions.show(publication.provenance(tuple(publication.registry.data_sets)))


def _columns(publication: Publication) -> None:
    searched = _search()
    if searched:
        _found(publication.registry, searched)
    else:
        chosen = data_sets.choose(publication.registry, on_change=extract_address.keep_what_fits)
        st.markdown(captions.literal(label(chosen.description)))
        st.caption(_key_text(chosen))
        rows = [_row(column) for column in chosen.columns]
        tables.draw(pa.Table.from_pylist(rows), key=f"dictionary-{chosen.name}")


def _search() -> str:
    asked = st.query_params.get(FIND, "")[:_LONGEST]
    key = "farol-dictionary-find"
    if st.session_state.get(key) != asked:
        st.session_state[key] = asked
    st.text_input(
        _("Find a column"),
        key=key,
        type="search",
        max_chars=_LONGEST,
        placeholder=_("Name, label or meaning, in all data sets"),
        on_change=_keep,
        args=(key,),
    )
    return asked.strip()


def _keep(key: str) -> None:
    if text := st.session_state[key]:
        st.query_params[FIND] = text
    else:
        st.query_params.pop(FIND, None)


def _found(registry: Registry, searched: str) -> None:
    words = _folded(searched).split()
    rows = [
        {_("Data set"): data_set.name, **_row(column)}
        for data_set in registry.data_sets.values()
        for column in data_set.columns
        if all(word in _folded(_looked_in(column)) for word in words)
    ]
    text = ngettext("{count} column found", "{count} columns found", len(rows))
    st.caption(text.format(count=number(len(rows), 0)))
    if rows:
        tables.draw(pa.Table.from_pylist(rows), key="dictionary-found")


def _looked_in(column: Column) -> str:
    return f"{column.name} {label(column.label)} {label(column.description)}"


def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in letters if not unicodedata.combining(each))


def _key_text(data_set: DataSet) -> str:
    labels = [label(data_set.column(name).label) for name in data_set.key]
    return captions.literal(_("One row for each: {columns}").format(columns=", ".join(labels)))


def _row(column: Column) -> dict[str, str | None]:
    return {
        _("Column"): column.name,
        _("Label"): label(column.label),
        _("Meaning"): label(column.description),
        _("Type"): _type_text(column.type),
        _("Unit"): _unit_text(column.unit) or None,
        _("Values"): _values_text(column) or None,
    }


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
