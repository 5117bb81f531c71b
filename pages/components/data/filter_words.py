"""The filters of an extract as sentences, beside the controls that they were set by."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.kernel.contract.registry import Column, ColumnType
from pages.components import captions
from pages.components.data import typed_values
from pages.components.data.extract_address import AskedExtract
from pages.components.language import _, label

_MOST_VALUES: Final = 10


def show(wanted: AskedExtract) -> None:
    """Draw what the rows must meet, a line for each filter; nothing where all are wanted."""
    lines = [
        f"- {text}" for column in wanted.data_set.columns for text in _of_column(wanted, column)
    ]
    if lines:
        st.markdown("\n".join([_("Only rows where"), *lines]))


def _of_column(wanted: AskedExtract, column: Column) -> list[str]:
    name = f"**{captions.literal(label(column.label))}**"
    said = {
        "": _("{column} is {values}"),
        "_contains": _("{column} contains {values}, whatever the case and accents"),
        "_min": _("{column} is {values} or more"),
        "_max": _("{column} is {values} or less"),
    }
    if column.type is ColumnType.DATE:
        said |= {
            "_min": _("{column} is {values} or later"),
            "_max": _("{column} is {values} or earlier"),
        }
    found = [
        text.format(column=name, values=_values(column, wanted.values(f"{column.name}{ending}")))
        for ending, text in said.items()
        if wanted.values(f"{column.name}{ending}")
    ]
    for value in wanted.values(f"{column.name}_null"):
        text = _("{column} is empty") if value == "true" else _("{column} has a value")
        found.append(text.format(column=name))
    return found


def _values(column: Column, values: list[str]) -> str:
    """Return *values* in words, the first of them where they are many."""
    shown = [captions.literal(_value(column, value)) for value in values[:_MOST_VALUES]]
    if more := len(values) - len(shown):
        shown.append(_("{count} more").format(count=more))
    if len(shown) == 1:
        return shown[0]
    return _("{values} or {last}").format(values=", ".join(shown[:-1]), last=shown[-1])


def _value(column: Column, value: str) -> str:
    if column.name == "source":
        return captions.source_name(value)
    if column.type is ColumnType.BOOLEAN:
        return _("yes") if value == "true" else _("no")
    if value in column.value_labels:
        return label(column.value_labels[value])
    told = typed_values.told(column, value)
    return f"“{told}”" if column.type is ColumnType.TEXT else told
