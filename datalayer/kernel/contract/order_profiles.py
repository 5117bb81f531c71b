"""Files of orders as other programs take them, as data: columns, and how cells are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from datalayer.kernel.contract.odcs import is_text
from datalayer.kernel.contract.registry import Bilingual, OrderColumn, OrderProfile

ORDER = "order"
ORDER_VALUES = (
    *("item_id", "location_id", "branch", "quantity", "proposed_quantity", "value", "line"),
    *("tier", "reason", "publication_id", "published_on", "taken_by", "taken_at"),
)
READ_FROM = ("fact_action", "dim_item", "fact_inventory")
DATES = ("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd")
ENCODINGS = ("utf-8", "utf-8-sig", "cp1252")
DELIMITERS = (";", ",", "\t", "|")
DECIMALS = (".", ",")
LANGUAGES = ("en", "pt_BR")


def order_profile(entry: Mapping[str, Any]) -> OrderProfile:
    """Return the profile that an *entry* without faults describes."""
    return OrderProfile(
        name=entry["name"],
        label=Bilingual(en=entry["label"], pt_BR=entry["labelPtBr"]),
        delimiter=entry["delimiter"],
        decimal=entry["decimal"],
        date=entry["date"],
        encoding=entry["encoding"],
        language=entry["language"],
        for_spreadsheets=entry["forSpreadsheets"],
        file_per_location=entry["filePerLocation"],
        columns=tuple(map(_column, entry["columns"])),
    )


def _column(entry: Mapping[str, Any]) -> OrderColumn:
    data_set, _, name = entry.get("value", "").partition(".")
    return OrderColumn(
        entry["heading"],
        data_set,
        name,
        entry.get("constant", ""),
        entry.get("step", 1),
        entry.get("digits", 1),
    )


def profile_faults(
    place: str, entry: Mapping[str, Any], columns: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    """Yield what is wrong with a profile; *columns* are the names of those of each data set."""
    for name, known in (
        ("delimiter", DELIMITERS),
        ("decimal", DECIMALS),
        ("date", DATES),
        ("encoding", ENCODINGS),
        ("language", LANGUAGES),
        ("forSpreadsheets", (True, False)),
        ("filePerLocation", (True, False)),
    ):
        if not any(entry.get(name) is each or entry.get(name) == each for each in known):
            expected = ", ".join(map(repr, known))
            yield f"{place}: {name} is {entry.get(name)!r}; it must be one of {expected}"
    if entry.get("delimiter") == entry.get("decimal"):
        yield f"{place}: delimiter and decimal are both {entry.get('decimal')!r}"
    listed = entry.get("columns")
    if not isinstance(listed, list) or not listed or not all(isinstance(c, dict) for c in listed):
        yield f"{place}: columns must list at least one column"
        return
    headings = [str(column.get("heading")) for column in listed]
    for heading in sorted({each for each in headings if headings.count(each) > 1}):
        yield f"{place}: two columns have the heading {heading!r}"
    for column in listed:
        yield from _column_faults(f"{place}: column {column.get('heading')!r}", column, columns)


def _column_faults(
    place: str, column: Mapping[str, Any], columns: Mapping[str, frozenset[str]]
) -> Iterator[str]:
    heading = column.get("heading")
    if not is_text(heading) or not str(heading).isprintable() or set(str(heading)) & set(';,|"'):
        yield f"{place}: the heading must be text without separators and quotation marks"
    if ("value" in column) == ("constant" in column):
        yield f"{place}: needs either value or constant"
    if not isinstance(column.get("constant", ""), str):
        yield f"{place}: constant {column['constant']!r} must be text"
    data_set, _, name = str(column.get("value", "")).partition(".")
    known = {each: columns.get(each, frozenset()) for each in READ_FROM}
    known[ORDER] = frozenset(ORDER_VALUES)
    if "value" in column and name not in known.get(data_set, frozenset()):
        said = f"a column of {', '.join(READ_FROM)}, or order. and {', '.join(ORDER_VALUES)}"
        yield f"{place}: value {column['value']!r} must be {said}"
    for part in ("step", "digits"):
        number = column.get(part, 1)
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= 100:
            yield f"{place}: {part} {number!r} must be a whole number from 1 to 100"
        elif part in column and column.get("value") != "order.line":
            yield f"{place}: {part} is for order.line only"
