"""The list's filters in an address, which every page that leads back to the list carries along.

Several values of a filter are parted by commas; a comma in a value has a backslash before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from streamlit.runtime.state import QueryParamsProxy

from datalayer.portal import questions

FILTERS: Final = (*questions.listings.FILTERS, "action", "location", "put_aside")
"""Names of the filters, those of ``questions.listings.filter_columns``."""
PAGE: Final = "page"

_VALUE: Final = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

Pairs = tuple[tuple[str, str], ...]
"""A filter's name and one value of it as text, for each value, as ``Portal.listing`` takes them."""


def asked(parameters: QueryParamsProxy) -> Pairs:
    """Return the values of filters that an address has."""
    return values_of(parameters, FILTERS)


def values_of(parameters: QueryParamsProxy, names: Iterable[str]) -> Pairs:
    """Return the values that an address has under *names*."""
    return tuple(
        (name, _ESCAPED.sub(r"\1", value))
        for name in names
        for text in parameters.get_all(name)
        for value in _VALUE.findall(text)
    )


def parameters_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters of an address that ``asked`` finds *pairs* in."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value.replace("\\", "\\\\").replace(",", "\\,"))
    return {name: ",".join(dict.fromkeys(texts)) for name, texts in values.items()}


def carried(parameters: QueryParamsProxy) -> Mapping[str, str]:
    """Return what links to a part, and from it back to the list, carry along."""
    page = parameters.get(PAGE, "")
    return {**parameters_of(asked(parameters)), **({PAGE: page} if page else {})}
