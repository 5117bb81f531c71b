"""The extract that an address asks for: read from it, and written back to it.

Filters stand under the names that the API has for them, several values of one parted by commas, so
that the address of the page is one link to the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from datalayer.kernel.contract.registry import ColumnType, DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import Publication, asking
from pages.components import captions, frame, language
from pages.components.language import ngettext
from pages.components.worklist import list_address

DATA_SET: Final = "dataset"
PAGE: Final = "page"
_FORMS: Final = ("columns", "order", "format", "dialect")
_OF_THE_PAGE: Final = frozenset(
    {DATA_SET, PAGE, "tab", "find", "lang", "p", "embed", "embed_options"}
)
"""Parameters that say nothing of the rows."""
_MOST_TOLD: Final = 5


@dataclass(frozen=True)
class AskedExtract:
    """The extract that the address asks for, as far as it can be had.

    Attributes:
        publication: What it is read of.
        data_set: What it has rows of.
        asked: Its request, and the filters that the address has.
    """

    publication: Publication
    data_set: DataSet
    asked: asking.Asked

    @property
    def texts(self) -> list[str]:
        """Those of its columns that hold text."""
        return self._columns_of(ColumnType.TEXT)

    @property
    def flags(self) -> list[str]:
        """Those of its columns that are true or false."""
        return self._columns_of(ColumnType.BOOLEAN)

    def _columns_of(self, kind: ColumnType) -> list[str]:
        columns = {column.name: column.type for column in self.data_set.columns}
        names = self.asked.request.arrangement.columns or columns
        return [name for name in names if columns[name] is kind]

    def values(self, name: str) -> list[str]:
        """Return the values of a filter, as texts."""
        return [value for filter_name, value in self.asked.filters if filter_name == name]

    def address(self, ending: str = "") -> str:
        """Return the address of its file at the API, relative to the pages; pinned.

        *ending* stands behind the format.
        """
        pairs = [*asking.address_pairs(self.asked), ("p", self.publication.id)]
        return self._address(f"{self.asked.request.format}{ending}", pairs)

    def address_as(self, kind: str) -> str:
        """Return the address of the same rows in another format, CSV for programs."""
        pairs = [pair for pair in asking.address_pairs(self.asked) if pair[0] != "dialect"]
        return self._address(kind, [*pairs, ("p", self.publication.id)])

    def _address(self, kind: str, pairs: Sequence[tuple[str, str]]) -> str:
        return f"api/v1/extracts/{self.data_set.name}.{kind}?{urlencode(pairs)}"


def of_address(publication: Publication, data_set: DataSet) -> AskedExtract:
    """Return the extract of *data_set* that the address asks for; what can't be used is told."""
    usual = language.csv_dialect()
    asked = asking.read_asked(publication.registry, data_set.name, _pairs(), dialect=usual)
    _tell(asked.refused)
    return AskedExtract(publication, data_set, asked)


def write(changes: Mapping[str, Sequence[str]]) -> None:
    """Write *changes*, values by parameter, to the address; none takes a parameter away.

    Other rows begin on their first page.
    """
    for name, values in changes.items():
        if values:
            st.query_params[name] = joined(values) if name not in _FORMS else ",".join(values)
        else:
            st.query_params.pop(name, None)
    st.query_params.pop(PAGE, None)


def joined(values: Iterable[str]) -> str:
    """Return *values* as one parameter has them."""
    return list_address.parameters_of(("", value) for value in values)[""]


def keep_what_fits(registry: Registry, name: str) -> None:
    """Take from the address what the data set *name*, now chosen, has no column for."""
    data_set = registry.data_sets[name]
    filters = asking.filters_on(data_set)
    for parameter in list(st.query_params):
        if parameter in _OF_THE_PAGE or parameter in ("format", "dialect"):
            continue
        if parameter not in filters:
            st.query_params.pop(parameter, None)
    st.query_params.pop(PAGE, None)


def _pairs() -> asking.Pairs:
    names = [name for name in st.query_params if name not in _OF_THE_PAGE]
    filters = list_address.values_of(st.query_params, [n for n in names if n not in _FORMS])
    forms = ((n, value) for n in _FORMS for value in st.query_params.get_all(n))
    return (*filters, *forms)


def _tell(refused: Sequence[InvalidSelection]) -> None:
    for refusal in refused[:_MOST_TOLD]:
        frame.refuse(refusal)
    if (more := len(refused) - _MOST_TOLD) > 0:
        text = ngettext(
            "{count} more part of the address can't be used, and was left out.",
            "{count} more parts of the address can't be used, and were left out.",
            more,
        )
        st.warning(captions.literal(text.format(count=language.number(more, 0))))
