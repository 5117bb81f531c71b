"""Filters of an extract: a column is chosen, then what its values must be, by its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import Column, ColumnType
from pages.components import captions, language
from pages.components.data import typed_values
from pages.components.data.extract_address import AskedExtract, write
from pages.components.language import _, label

_ENDINGS: Final = ("", "_min", "_max", "_contains", "_null")
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2200, 12, 31)


def show(wanted: AskedExtract) -> None:
    """Draw the choice of columns to filter by, and what is asked of each of them."""
    columns = {column.name: column for column in wanted.data_set.columns}
    chosen = _chosen(wanted)
    # A control stays where it is when its value is taken away, or can't be read.
    st.session_state[_beside(wanted)] = chosen
    key = f"farol-filtered-{wanted.data_set.name}-{language.current()}"
    if st.session_state.get(key) != chosen:
        st.session_state[key] = chosen
    st.multiselect(
        _("Filter by"),
        list(columns),
        key=key,
        format_func=lambda name: f"{label(columns[name].label)} ({name})",
        placeholder=_("All rows"),
        select_all=False,
        on_change=_choose,
        args=(wanted, key),
    )
    for name in chosen:
        _control(wanted, columns[name])


def _chosen(wanted: AskedExtract) -> list[str]:
    """Return the columns that the address filters by, and those that were chosen beside them."""
    kept = st.session_state.get(_beside(wanted), [])
    met = [column.name for column in wanted.data_set.columns if _filters_of(wanted, column.name)]
    return list(dict.fromkeys((*kept, *met)))


def _beside(wanted: AskedExtract) -> str:
    return f"farol-filtered-beside-{wanted.data_set.name}"


def _filters_of(wanted: AskedExtract, column: str) -> list[str]:
    names = {f"{column}{ending}" for ending in _ENDINGS}
    return [name for name, _value in wanted.asked.filters if name in names]


def _choose(wanted: AskedExtract, key: str) -> None:
    known = {column.name for column in wanted.data_set.columns}
    chosen = [name for name in st.session_state[key] if name in known]
    before = _chosen(wanted)
    st.session_state[_beside(wanted)] = chosen
    gone = [name for name in before if name not in chosen]
    write({f"{name}{ending}": () for name in gone for ending in _ENDINGS})
    typed_values.forget(f"{name}{ending}" for name in gone for ending in _ENDINGS)


def _control(wanted: AskedExtract, column: Column) -> None:
    with st.container(border=True, key=f"farol-filter-of-{column.name}"):
        st.markdown(f"**{captions.literal(label(column.label))}** `{column.name}`")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if column.allowed:
                _one_of(wanted, column, list(column.allowed), _value_words(column))
            elif column.type is ColumnType.BOOLEAN:
                words = {"true": _("yes"), "false": _("no")}
                _one_of(wanted, column, list(words), words)
            elif column.type is ColumnType.TEXT:
                _text(wanted, f"{column.name}_contains", _("Contains"))
                _one_of(wanted, column, [], {}, grows=True)
            else:
                _bounds(wanted, column)
            if not column.required:
                _nulls(wanted, column)


def _one_of(
    wanted: AskedExtract,
    column: Column,
    known: list[str],
    words: Mapping[str, str],
    *,
    grows: bool = False,
) -> None:
    values = wanted.values(column.name)
    key = _key(wanted, column.name, values)
    st.multiselect(
        _("Is one of"),
        list(dict.fromkeys((*known, *values))),
        key=key,
        format_func=lambda value: words.get(value, value),
        placeholder=_("Type a value and press Enter") if grows else _("Any value"),
        accept_new_options=grows,
        select_all=False,
        on_change=_keep,
        args=(column.name, key, _each),
    )


def _bounds(wanted: AskedExtract, column: Column) -> None:
    exact = wanted.values(column.name)
    if exact:
        _one_of(wanted, column, exact, _exact_words(column, exact))
    for ending, text in (("_min", _("From")), ("_max", _("To"))):
        name = f"{column.name}{ending}"
        if column.type is ColumnType.DATE:
            _day(wanted, name, text)
        else:
            _typed(wanted, column, name, text)


def _day(wanted: AskedExtract, name: str, text: str) -> None:
    value = next((date.fromisoformat(each) for each in wanted.values(name)), None)
    key = _key(wanted, name, value)
    st.date_input(
        text,
        key=key,
        value=None,
        min_value=min(filter(None, (_EARLIEST, value))),
        max_value=max(filter(None, (_LATEST, value))),
        format=language.date_picker_format(),
        on_change=_keep,
        args=(name, key, lambda day: [day.isoformat()] if day else []),
    )


def _text(wanted: AskedExtract, name: str, text: str) -> None:
    key = _key(wanted, name, next(iter(wanted.values(name)), ""))
    st.text_input(
        text, key=key, max_chars=200, on_change=_keep, args=(name, key, lambda t: [t] if t else [])
    )


def _typed(wanted: AskedExtract, column: Column, name: str, text: str) -> None:
    """Draw a bound that is written out; what can't be read stands under it, and filters nothing."""
    shown = typed_values.written(column, next(iter(wanted.values(name)), ""))
    key = _key(wanted, name, typed_values.unread(name) or shown)
    st.text_input(
        text,
        key=key,
        max_chars=80,
        placeholder=typed_values.example(column),
        on_change=_read,
        args=(column, name, key),
    )
    if found := typed_values.unread(name):
        st.error(
            _("{found} can't be used; write {expected}").format(
                found=captions.literal(f"“{found}”"), expected=typed_values.expected(column)
            )
        )


def _nulls(wanted: AskedExtract, column: Column) -> None:
    name = f"{column.name}_null"
    words = {"false": _("has a value"), "true": _("is empty")}
    key = _key(wanted, name, next(iter(wanted.values(name)), None))
    st.selectbox(
        _("Empty or not"),
        list(words),
        index=None,
        key=key,
        format_func=words.__getitem__,
        placeholder=_("Both"),
        on_change=_keep,
        args=(name, key, lambda value: [value] if value else []),
    )


def _key(wanted: AskedExtract, name: str, value: object) -> str:
    """Return the key of a filter's control, which shows what the address has.

    Each language has controls of its own: what a browser tells of a choice are the words for it.
    """
    key = f"farol-filter-{wanted.data_set.name}-{name}-{language.current()}"
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return key


def _keep(name: str, key: str, values_of: Callable[..., list[str]]) -> None:
    write({name: values_of(st.session_state[key])})


def _read(column: Column, name: str, key: str) -> None:
    typed_values.read(column, name, st.session_state[key])


def _each(values: list[str]) -> list[str]:
    return values


def _value_words(column: Column) -> dict[str, str]:
    if column.name == "source":
        return {name: captions.source_name(name) for name in column.allowed}
    return {value: label(text) for value, text in column.value_labels.items()}


def _exact_words(column: Column, values: list[str]) -> dict[str, str]:
    return {value: typed_values.told(column, value) for value in values}
