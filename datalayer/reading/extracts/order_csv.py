"""Orders written in the form that another program takes: names, columns, and bytes of CSV."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalayer.kernel.contract.order_profiles import ORDER
from datalayer.kernel.contract.registry import ColumnType, Language, OrderColumn, OrderProfile
from datalayer.kernel.errors import InvalidSelection, UnwritableOrder
from datalayer.kernel.sentences import Sentence
from datalayer.reading.csv_dialects import CsvDialect
from datalayer.reading.extracts.order_rows import OrderRow, OrderWords
from datalayer.reading.extracts.requests import MEDIA_TYPES, NOT_IN_FILE_NAMES
from datalayer.reading.order_reasons import order_reason
from datalayer.reading.order_rule import order_value
from datalayer.reading.publication import Publication
from datalayer.reading.questions import orders
from datalayer.reading.questions.locations import NETWORK

_LONGEST_NAME = 40
_TYPES = {
    "quantity": ColumnType.DOUBLE,
    "proposed_quantity": ColumnType.DOUBLE,
    "value": ColumnType.DOUBLE,
    "published_on": ColumnType.DATE,
}
"""Of what comes from the row ordered itself; the rest is text."""


@dataclass(frozen=True)
class Taking:
    """Who takes orders along, and when; the file and its name say so.

    Attributes:
        at: With its zone.
    """

    by: str
    at: datetime

    @property
    def name(self) -> str:
        """How the name of a file tells it."""
        plain = unicodedata.normalize("NFKD", self.by).encode("ascii", "ignore").decode()
        by = NOT_IN_FILE_NAMES.sub("-", plain)[:_LONGEST_NAME].strip(".-")
        return f"{self.at:%Y%m%dT%H%M%S%z}_{by}"


@dataclass(frozen=True)
class OrderForm:
    """What a file of orders looks like.

    Attributes:
        language: Of what is told in words; None for that of the profile.
        taking: Who takes the orders along, where somebody does.
        called: How the name of the file begins.
    """

    profile: OrderProfile
    language: Language | None = None
    taking: Taking | None = None
    called: str = "orders"


def profile_named(publication: Publication, name: str) -> OrderProfile:
    """Return the form of file called *name*.

    Raises:
        InvalidSelection: The publication has no such profile.
    """
    profiles = publication.registry.order_profiles
    if name not in profiles:
        expected = Sentence("one of {values:s}", values=tuple(profiles))
        raise InvalidSelection(parameter="profile", found=repr(name[:80]), expected=expected)
    return profiles[name]


def media_type(profile: OrderProfile) -> str:
    """Return the media type of a CSV of *profile*, with its encoding as the web names it."""
    charset = profile.encoding.removesuffix("-sig").replace("cp", "windows-")
    return MEDIA_TYPES["csv"].replace("utf-8", charset)


def name_of_orders(publication: Publication, wanted: OrderForm, place: str = "") -> str:
    """Return the name of a file of orders for *place*, without its ending."""
    taken = wanted.taking.name if wanted.taking else ""
    where = NOT_IN_FILE_NAMES.sub("-", place)
    return "_".join(
        filter(None, [wanted.called, where, publication.id, wanted.profile.name, taken])
    )


def order_csvs(
    publication: Publication, wanted: OrderForm, rows: Sequence[OrderRow]
) -> dict[str, bytes]:
    """Return the files by name; one without rows where nothing is ordered.

    Raises:
        UnwritableOrder: A text has a character that the profile's encoding has not.
    """
    question = orders.ordered([(row.item_id, row.location_id, row.quantity) for row in rows])
    ordered = [
        row | {"said": rows[row["position"]].said}
        for row in publication.table_page(question).rows.to_pylist()
    ]
    by_place = wanted.profile.file_per_location
    files: dict[str, list[dict[str, Any]]] = {} if ordered and by_place else {"": []}
    for row in ordered:
        files.setdefault(row["location_id"] if by_place else "", []).append(row)
    contents: dict[str, bytes] = {}
    for number, (place, lines) in enumerate(files.items(), start=1):
        name = name_of_orders(publication, wanted, place)
        # Codes that differ in signs only look alike in the name of a file.
        unique = f"{name}_{number}" if f"{name}.csv" in contents else name
        contents[f"{unique}.csv"] = _csv(publication, wanted, lines)
    return contents


def _csv(
    publication: Publication,
    wanted: OrderForm,
    rows: Sequence[Mapping[str, Any]],
) -> bytes:
    profile = wanted.profile
    types = {column.heading: _type_of(publication, column) for column in profile.columns}
    cells = []
    for line, row in enumerate(rows, start=1):
        own = _values(publication, wanted, row)
        cells.append({c.heading: _cell(c, row, own, line) for c in profile.columns})
    dialect = _dialect(profile)
    question = orders.given(cells, types)
    table = publication.database.query(
        publication.id, dialect.lines(question.sql, types), question.parameters
    )
    text = dialect.head(types).decode() + "".join(table.column("row_csv").to_pylist())
    try:
        return text.encode(profile.encoding.removesuffix("-sig"))
    except UnicodeEncodeError as error:
        raise UnwritableOrder(
            profile=profile.name,
            character=repr(text[error.start]),
            encoding=profile.encoding,
            near=repr(text[max(0, error.start - 30) : error.start + 10].strip()),
        ) from error


def _dialect(profile: OrderProfile) -> CsvDialect:
    return CsvDialect(
        name=profile.name,
        delimiter=profile.delimiter,
        decimal=profile.decimal,
        byte_order_mark=profile.encoding == "utf-8-sig",
        date=profile.date,
        time="yyyy-MM-ddTHH:mm:ssX",
        truth=("true", "false"),
        guarded=True,
        spelt=profile.for_spreadsheets,
    )


def _type_of(publication: Publication, column: OrderColumn) -> ColumnType:
    if not column.data_set:
        return ColumnType.TEXT
    if column.data_set == ORDER:
        return _TYPES.get(column.name, ColumnType.TEXT)
    return publication.registry.data_sets[column.data_set].column(column.name).type


def _values(
    publication: Publication, wanted: OrderForm, row: Mapping[str, Any]
) -> dict[str, object]:
    """Return what a profile can take from the row ordered itself, all but its line."""
    language, taking = wanted.language or wanted.profile.language, wanted.taking
    return {
        **{name: row[name] for name in ("item_id", "location_id", "quantity")},
        "branch": None if row["location_id"] == NETWORK else row["location_id"],
        "value": order_value(row["quantity"], row["dim_item"]["unit_cost"]),
        **_proposal(publication, row, language),
        "publication_id": publication.id,
        "published_on": publication.manifest.generated_at.date(),
        "taken_by": taking.by if taking else None,
        "taken_at": taking.at.isoformat(timespec="seconds") if taking else None,
    }


def _proposal(
    publication: Publication, row: Mapping[str, Any], language: Language
) -> dict[str, object]:
    """Return what was proposed, by which rule, and why."""
    said: OrderWords | None = row["said"]
    if said is not None:
        return {
            "proposed_quantity": row["quantity"],
            "tier": said.policy.in_language(language),
            "reason": said.reason.in_language(language),
        }
    action = row["fact_action"]
    card = {**action, "as_of": (row["fact_inventory"] or {}).get("as_of")}
    frequency = str(publication.manifest.lineage.get("frequency", "D"))
    tiers = publication.registry.data_sets["fact_action"].column("tier").value_labels
    return {
        "proposed_quantity": action["quantity"],
        "tier": tiers[action["tier"]].in_language(language),
        "reason": order_reason(
            card, publication.registry, language, quantity=row["quantity"], frequency=frequency
        ),
    }


def _cell(
    column: OrderColumn, row: Mapping[str, Any], values: Mapping[str, object], line: int
) -> object:
    """Return what stands in a column of the row at *line* of its file, from 1."""
    if not column.data_set:
        return column.constant
    if column.data_set != ORDER:
        # What is bought by another rule need not be on the list of actions.
        return (row[column.data_set] or {}).get(column.name)
    if column.name == "line":
        return f"{line * column.step:0{column.digits}d}"
    return values[column.name]
