"""What an address asks for, read as a request that can be met; what can't be used is named."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from datalayer.kernel.contract.registry import DataSet, Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.arrangement import AS_PUBLISHED, Arrangement, arrangement_of
from datalayer.reading.extracts.requests import MEDIA_TYPES, ExtractRequest, Part
from datalayer.reading.filters import Filter, conditions, given_more_than_once, row_filters_of
from datalayer.reading.questions.data_sets import data_set_named

Pairs = tuple[tuple[str, str], ...]
"""A parameter's name and one value of it as text, for each value."""

_FORMS = ("columns", "order", "format", "dialect")


@dataclass(frozen=True)
class Asked:
    """A request that can be met, and what of an address it had to do without.

    Attributes:
        request: Resolved; of a publication with the registry it was read for.
        filters: What its rows must meet, as the API takes it.
        refused: What can't be used, each with what would be right.
    """

    request: ExtractRequest
    filters: Pairs
    refused: tuple[InvalidSelection, ...]


def filters_on(data_set: DataSet) -> dict[str, Filter]:
    """Return the filters that an extract of *data_set* takes, by name."""
    return row_filters_of(data_set.columns)


def read_asked(registry: Registry, name: str, pairs: Pairs, *, dialect: str) -> Asked:
    """Return what *pairs* ask for of the data set *name*, as far as that can be met.

    The request is the one that the API makes of the same parameters, so that both give the same
    file under the same name.

    Args:
        registry: That of a publication.
        name: The data set.
        pairs: Filters by name, and ``columns``, ``order``, ``format`` and ``dialect``.
        dialect: That of CSV where none is asked for.

    Raises:
        UnknownDataSet: There is none of that name; nothing of *pairs* means anything then.
    """
    data_set = data_set_named(registry, name)
    forms, refused = _forms(pairs)
    filters = _usable_filters(data_set, pairs, refused)
    request = ExtractRequest(
        name,
        *_form(forms, dialect, registry, name, refused),
        part_of(filters),
        tuple(sorted(_beside_part(filters))),
        _usable_arrangement(data_set, forms, refused),
    )
    return Asked(request.resolve(registry), filters, tuple(refused))


def part_of(filters: Pairs) -> Part:
    """Return the part that *filters* mean where the API takes them for one."""
    item_ids = [value for name, value in filters if name == "item_id"]
    sources = tuple(value for name, value in filters if name == "source")
    return Part(item_ids[0] if len(item_ids) == 1 else None, sources=sources)


def address_pairs(asked: Asked) -> Pairs:
    """Return the parameters of the API's address that give the file of *asked*."""
    arrangement, dialect = asked.request.arrangement, asked.request.dialect
    order = ",".join(map(str, arrangement.order))
    forms = {"columns": ",".join(arrangement.columns), "order": order, "dialect": dialect or ""}
    return (*asked.filters, *((name, value) for name, value in forms.items() if value))


def _beside_part(filters: Pairs) -> Pairs:
    one_item = sum(name == "item_id" for name, _ in filters) == 1
    of_part = {"source", *(["item_id"] if one_item else [])}
    return tuple(pair for pair in filters if pair[0] not in of_part)


def _forms(pairs: Pairs) -> tuple[Mapping[str, str], list[InvalidSelection]]:
    """Return the parameters that are no filters; one given twice is refused."""
    found: dict[str, str] = {}
    refused: list[InvalidSelection] = []
    for name, value in pairs:
        if name in _FORMS and name in found:
            refused.append(given_more_than_once(name))
        elif name in _FORMS:
            found[name] = value
    return found, refused


def _usable_filters(data_set: DataSet, pairs: Pairs, refused: list[InvalidSelection]) -> Pairs:
    """Return what of *pairs* are filters with values of their columns' types."""
    known = filters_on(data_set)
    kept: Pairs = ()
    for name in dict.fromkeys(name for name, _ in pairs if name not in _FORMS):
        asked = tuple(dict.fromkeys(pair for pair in pairs if pair[0] == name))
        try:
            if name not in known:
                raise _no_such_column(data_set, name)
            conditions(known, asked)
        except InvalidSelection as refusal:
            refused.append(refusal)
        else:
            kept += asked
    return kept


def _no_such_column(data_set: DataSet, name: str) -> InvalidSelection:
    expected = Sentence("left out: {data_set} has no such column", data_set=data_set.name)
    return InvalidSelection(parameter=name[:80], found=Sentence("given"), expected=expected)


def _usable_arrangement(
    data_set: DataSet, forms: Mapping[str, str], refused: list[InvalidSelection]
) -> Arrangement:
    """Return the columns and the order asked for, without the names that can't be used.

    The first of them is told, whatever their number.
    """
    known = [column.name for column in data_set.columns]
    asked = {name: forms[name] for name in ("columns", "order") if name in forms}
    for name, text in asked.items():
        columns, order = (text if each == name else None for each in ("columns", "order"))
        try:
            arrangement_of(known, columns, order)
        except InvalidSelection as refusal:
            refused.append(refusal)
            signed = {f"-{each}" for each in known} if name == "order" else set()
            asked[name] = ",".join(_usable_names({*known, *signed}, text.split(",")))
    columns, order = (asked.get(name) or None for name in ("columns", "order"))
    if columns is None and order is None:
        return AS_PUBLISHED
    return arrangement_of(known, columns, order, data_set.key)


def _usable_names(known: Collection[str], names: Iterable[str]) -> list[str]:
    """Return those of *names* that are *known*; of a column with and without a minus the first."""
    found: dict[str, str] = {}
    for name in (each.strip() for each in names):
        if name in known:
            found.setdefault(name.removeprefix("-"), name)
    return list(found.values())


def _form(
    forms: Mapping[str, str],
    usual: str,
    registry: Registry,
    name: str,
    refused: list[InvalidSelection],
) -> tuple[str, str | None]:
    """Return format and dialect; CSV in the *usual* dialect for what can't be used."""
    kind = forms.get("format", "csv")
    if kind not in MEDIA_TYPES:
        _resolve(ExtractRequest(name, kind), registry, refused)
        kind = "csv"
    dialect = forms.get("dialect", usual if kind == "csv" else None)
    if not _resolve(ExtractRequest(name, kind, dialect), registry, refused):
        dialect = usual if kind == "csv" else None
    return kind, dialect


def _resolve(request: ExtractRequest, registry: Registry, refused: list[InvalidSelection]) -> bool:
    try:
        request.resolve(registry)
    except InvalidSelection as refusal:
        refused.append(refusal)
        return False
    return True
