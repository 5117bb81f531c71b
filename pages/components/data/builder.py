"""The extract builder: which rows and columns, in which order and form, and how many they are."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.portal import Publication
from pages.components import captions, copied_calls, data_sets
from pages.components.data import (
    extract_address,
    filter_controls,
    filter_words,
    seen_rows,
    taking_away,
)
from pages.components.data.extract_address import AskedExtract, write
from pages.components.language import _, current, label

_CSV: Final = ("rfc", "excel-br")


def show(publication: Publication) -> None:
    """Draw the choices, how many rows they leave, how to take them, and the rows themselves."""
    chosen = data_sets.choose(publication.registry, on_change=extract_address.keep_what_fits)
    wanted = extract_address.of_address(publication, chosen)
    st.caption(captions.literal(label(chosen.description)))
    _columns(wanted)
    filter_controls.show(wanted)
    _order(wanted)
    _form(wanted)
    st.header(_("These rows"), anchor=False)
    filter_words.show(wanted)
    taking_away.show(wanted)
    copied_calls.show(
        wanted.address(),
        wanted.address_as("parquet"),
        wanted.address_as("csv"),
        wanted.texts,
        wanted.flags,
    )
    seen_rows.show(wanted)


def _columns(wanted: AskedExtract) -> None:
    labels = {column.name: label(column.label) for column in wanted.data_set.columns}
    key = _key(wanted, "columns", list(wanted.asked.request.arrangement.columns))
    st.multiselect(
        _("Columns, in this order"),
        list(labels),
        key=key,
        format_func=lambda name: f"{labels[name]} ({name})",
        placeholder=_("All columns"),
        select_all=False,
        on_change=_keep,
        args=("columns", key),
    )


def _order(wanted: AskedExtract) -> None:
    labels = {column.name: label(column.label) for column in wanted.data_set.columns}
    chosen = [str(each) for each in wanted.asked.request.arrangement.order]
    named = {each.removeprefix("-") for each in chosen}
    free = [each for name in labels if name not in named for each in (name, f"-{name}")]
    key = _key(wanted, "order", chosen)
    by_key = ", ".join(labels[name] for name in wanted.data_set.key)
    st.multiselect(
        _("Sort by"),
        [*chosen, *free],
        key=key,
        format_func=lambda name: _order_text(labels[name.removeprefix("-")], name),
        placeholder=_("The key: {columns}").format(columns=by_key),
        help=_("Empty values come last. Equal rows come in the order of the key."),
        select_all=False,
        on_change=_keep,
        args=("order", key),
    )


def _order_text(text: str, name: str) -> str:
    shown = _("{column}, greatest first") if name.startswith("-") else _("{column}, least first")
    return shown.format(column=f"{text} ({name.removeprefix('-')})")


def _form(wanted: AskedExtract) -> None:
    texts = {
        "excel-br": _("CSV for Excel in Brazil: semicolon, decimal comma, dd/mm/yyyy"),
        "rfc": _("CSV for programs: comma, decimal point (RFC 4180)"),
        "parquet": "Parquet",
        "arrow": "Arrow",
    }
    key = _key(wanted, "form", wanted.asked.request.dialect or wanted.asked.request.format)
    st.radio(
        _("File"),
        list(texts),
        key=key,
        format_func=texts.__getitem__,
        horizontal=True,
        on_change=_keep_form,
        args=(key,),
    )


def _key(wanted: AskedExtract, name: str, value: object) -> str:
    """Return the key of a control of this language, which shows what the address has."""
    key = f"farol-extract-{wanted.data_set.name}-{name}-{current()}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _keep(name: str, key: str) -> None:
    write({name: st.session_state[key]})


def _keep_form(key: str) -> None:
    chosen = st.session_state[key]
    is_csv = chosen in _CSV
    write({"format": ["csv" if is_csv else chosen], "dialect": [chosen] if is_csv else []})
