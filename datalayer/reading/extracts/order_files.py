"""Files of orders in the form that another program takes: rows, or the orders of some tiers."""

from __future__ import annotations

import hashlib
import io
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, Literal

import pyarrow as pa

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity
from datalayer.kernel.contract.order_profiles import ORDER
from datalayer.kernel.contract.registry import ColumnType, Language, OrderColumn, OrderProfile
from datalayer.kernel.errors import InvalidSelection, UnwritableOrder
from datalayer.kernel.sentences import Sentence
from datalayer.reading.csv_dialects import CsvDialect
from datalayer.reading.extracts.delivery import Delivery, Outcome
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.order_reasons import order_reason
from datalayer.reading.extracts.requests import MEDIA_TYPES, NOT_IN_FILE_NAMES
from datalayer.reading.extracts.service import Extract
from datalayer.reading.order_lines import OrderLine
from datalayer.reading.order_rule import order_value
from datalayer.reading.publication import Publication
from datalayer.reading.question import MOST_ROWS
from datalayer.reading.questions import orders
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.locations import NETWORK

Form = Literal["csv", "zip"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can name: the same rows, the same bytes
_LONGEST_DETAIL = 500
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
class _OrderRow:
    """What is ordered: units of a part for a place."""

    item_id: str
    location_id: str
    quantity: float


@dataclass(frozen=True)
class _Wanted:
    """How a file is wanted; what isn't said is the profile's or nobody's.

    Attributes:
        asked: What the audit log tells of the rows asked for.
    """

    profile: str
    form: Form | None = None
    language: Language | None = None
    taking: Taking | None = None
    asked: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OrdersOfTiers:
    """Which of the published orders are wanted.

    Attributes:
        tiers: At least one of the contract's.
        location_ids: Places, none of which lies in another; empty for all that none lies below.
        standing: What planners marked, as ``PlannerMarks.standing`` has it: what they put aside is
            left out.
    """

    tiers: tuple[str, ...]
    location_ids: tuple[str, ...]
    standing: pa.Table


class OrderFiles:
    """Makes files of orders, and tells the audit log of each that is taken.

    Whoever may read a publication may take them: ordering is a planner's work.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def of_tiers(
        self,
        publication: Publication,
        profile: str,
        wanted: OrdersOfTiers,
        identity: Identity,
        *,
        form: Form | None = None,
    ) -> Extract:
        """Return the orders that *publication* proposes; else as ``of_ranks``.

        Raises:
            UnknownDataSet: The publication is from before there were actions.
            InvalidSelection: A tier or place is not known, or there are too many orders.
        """
        known = data_set_named(publication.registry, "fact_action").column("tier").allowed
        if not wanted.tiers or not set(wanted.tiers) <= set(known):
            found = ", ".join(wanted.tiers)[:80] or Sentence("not given")
            expected = Sentence("one or more of {values}", values=tuple(known))
            raise InvalidSelection(parameter="tier", found=found, expected=expected)
        require_places(publication, wanted.location_ids)
        page = publication.table_page(
            orders.of_tiers(
                publication.registry, wanted.tiers, wanted.location_ids, wanted.standing
            )
        )
        if page.more:
            raise _too_many(f"more than {MOST_ROWS}")
        rows = [_OrderRow(**row) for row in page.rows.to_pylist()]
        asked = {"tiers": ", ".join(wanted.tiers), "locations": ", ".join(wanted.location_ids)}
        return self._extract(publication, rows, identity, _Wanted(profile, form, asked=asked))

    def of_ranks(
        self,
        publication: Publication,
        profile: str,
        quantities: Mapping[int, float | None],
        identity: Identity,
        *,
        form: Form | None = None,
        language: Language | None = None,
        taking: Taking | None = None,
    ) -> Extract:
        """Return some orders of the list as the file of *profile*, with why each is ordered.

        Without a *form* it is CSV, or a zip where the profile has a file for each place and there
        are several.

        Args:
            publication: Whose list it is.
            profile: Name of the form of file.
            quantities: Units of each order by its rank in the list, in the order of the file; None
                for what is proposed.
            identity: Who takes it.
            form: As above.
            language: Of what is told in words; None for that of the profile.
            taking: Who takes the orders along, where somebody does.

        Raises:
            UnknownDataSet: The publication is from before there were actions.
            InvalidSelection: There is no such profile or order, a quantity is not above 0 or
                doesn't keep minimum and multiple, a part is ordered for a place and for one in it,
                or the form is CSV and there are several files.
            UnwritableOrder: A text has a character that the profile's encoding has not.
        """
        data_set_named(publication.registry, "fact_action")
        if len(quantities) > MOST_ROWS:
            raise _too_many(str(len(quantities)))
        rows = _chosen(publication, quantities)
        wanted = _Wanted(profile, form, language, taking)
        return self._extract(publication, rows, identity, wanted)

    def _extract(
        self,
        publication: Publication,
        rows: Sequence[_OrderRow],
        identity: Identity,
        wanted: _Wanted,
    ) -> Extract:
        profile = _profile_named(publication, wanted.profile)
        form, taking = wanted.form, wanted.taking
        data_set_named(publication.registry, "fact_action")
        _refuse_nested(publication, [(row.item_id, row.location_id) for row in rows])
        contents = _contents(publication, profile, rows, wanted)
        made = form or ("zip" if len(contents) > 1 else "csv")
        if made == "csv" and len(contents) > 1:
            expected = f"zip: {profile.name} has a file for each of {len(contents)} places"
            raise InvalidSelection(parameter="format", found="csv", expected=expected)
        content = _packed(contents) if made == "zip" else next(iter(contents.values()))
        digest = Digest(len(rows), len(content), hashlib.sha256(content).hexdigest())
        details: dict[str, Detail] = {
            "profile": profile.name,
            "format": made,
            **{key: value[:_LONGEST_DETAIL] for key, value in wanted.asked.items() if value},
            **({"taken_by": taking.by} if taking else {}),
            "rows": len(rows),
        }
        return Extract(
            file_name=f"{_name(publication, wanted)}.{made}",
            media_type="application/zip" if made == "zip" else _media_type(profile),
            rows=len(rows),
            key=digest.sha256,
            provenance=publication.provenance(orders.ORDERED),
            chunks=self._deliver(content, digest, publication, identity, details),
            part=lambda _: None,
        )

    def _deliver(
        self,
        content: bytes,
        digest: Digest,
        publication: Publication,
        identity: Identity,
        details: Mapping[str, Detail],
    ) -> Delivery:
        record = partial(self._audit.record, identity, "extract")

        def end(_: Digest, outcome: Outcome) -> None:
            about = {**details, "bytes": digest.size_bytes, "sha256": digest.sha256}
            record(outcome.value, publication.id, **about)

        begin = partial(record, "begun", publication.id, **details)
        return Delivery(
            iter([content]), rows=digest.rows, announced=digest, on_begin=begin, on_end=end
        )


def require_places(publication: Publication, location_ids: Sequence[str]) -> None:
    """Find out whether there are these places, and none lies in another.

    Raises:
        InvalidSelection: There is no such place, or the same demand would count twice.
    """
    for location_id in location_ids:
        publication.require_location(location_id)
    if len(location_ids) > 1:
        _refuse_nested(publication, [("", place) for place in location_ids])


def _profile_named(publication: Publication, name: str) -> OrderProfile:
    profiles = publication.registry.order_profiles
    if name not in profiles:
        expected = Sentence("one of {values}", values=tuple(profiles))
        raise InvalidSelection(parameter="profile", found=repr(name[:80]), expected=expected)
    return profiles[name]


def _media_type(profile: OrderProfile) -> str:
    charset = profile.encoding.removesuffix("-sig").replace("cp", "windows-")
    return MEDIA_TYPES["csv"].replace("utf-8", charset)


def _too_many(found: str) -> InvalidSelection:
    expected = Sentence("at most {count}; ask for fewer tiers or locations", count=str(MOST_ROWS))
    return InvalidSelection(parameter="orders", found=found, expected=expected)


def _chosen(publication: Publication, quantities: Mapping[int, float | None]) -> list[_OrderRow]:
    """Return the orders with these ranks, with the *quantities* that they are given."""
    found = publication.table(orders.of_ranks(list(quantities))).table.to_pylist()
    proposed = {row["rank"]: row for row in found if row["action"] == "order"}
    rows = []
    for rank, quantity in quantities.items():
        if rank not in proposed:
            expected = Sentence(
                "places of orders in the list of publication {id}", id=publication.id
            )
            raise InvalidSelection(parameter="rows", found=rank, expected=expected)
        row = proposed[rank]
        line = OrderLine(row, row["quantity"] if quantity is None else quantity)
        if not line.is_orderable:
            raise _not_orderable(line)
        rows.append(_OrderRow(row["item_id"], row["location_id"], line.quantity))
    return rows


def _not_orderable(line: OrderLine) -> InvalidSelection:
    is_amount = 0 < line.quantity < inf
    kept = Sentence("{units:g}, which keeps minimum and multiple", units=line.orderable)
    expected = kept if is_amount else Sentence("above 0")
    found = Sentence(
        "{value} of {item_id}", value=f"{line.quantity:g}", item_id=line.card["item_id"]
    )
    return InvalidSelection(parameter="quantity", found=found, expected=expected)


def _refuse_nested(publication: Publication, ordered: Sequence[tuple[str, str]]) -> None:
    """Refuse what is ordered twice: for a place, or for one and another that it lies in."""
    tree = publication.table(orders.location_tree()).table.to_pylist()
    above = {row["location_id"]: row["parent_location_id"] for row in tree}
    places: defaultdict[str, set[str]] = defaultdict(set)
    for item_id, place in ordered:
        if place in places[item_id]:
            found = Sentence("{place} twice", place=_place_of(place, item_id))
            expected = Sentence("given once")
            raise InvalidSelection(parameter="location", found=found, expected=expected)
        places[item_id].add(place)
    for item_id, place in ordered:
        outer = above.get(place)
        while outer is not None and outer not in places[item_id]:
            outer = above.get(outer)
        if outer is not None:
            found = Sentence("{one} and {other}", one=place, other=_place_of(outer, item_id))
            expected = Sentence(
                "places of which none lies in another, or the same demand is ordered twice"
            )
            raise InvalidSelection(parameter="location", found=found, expected=expected)


def _place_of(place: str, item_id: str) -> str:
    return Sentence("{value} of {item_id}", value=place, item_id=item_id) if item_id else place


def _name(publication: Publication, wanted: _Wanted, place: str = "") -> str:
    taken = wanted.taking.name if wanted.taking else ""
    where = NOT_IN_FILE_NAMES.sub("-", place)
    return "_".join(filter(None, ["orders", where, publication.id, wanted.profile, taken]))


def _contents(
    publication: Publication,
    profile: OrderProfile,
    rows: Sequence[_OrderRow],
    wanted: _Wanted,
) -> dict[str, bytes]:
    """Return the files by name; one without rows where nothing is ordered."""
    question = orders.ordered([(row.item_id, row.location_id, row.quantity) for row in rows])
    told = publication.table_page(question).rows.to_pylist()
    files: dict[str, list[dict[str, Any]]] = {} if told and profile.file_per_location else {"": []}
    for row in told:
        place = row["location_id"] if profile.file_per_location else ""
        files.setdefault(place, []).append(row)
    contents: dict[str, bytes] = {}
    for number, (place, lines) in enumerate(files.items(), start=1):
        name = _name(publication, wanted, place)
        # Codes that differ in signs only look alike in the name of a file.
        unique = f"{name}_{number}" if f"{name}.csv" in contents else name
        contents[f"{unique}.csv"] = _csv(publication, profile, lines, wanted)
    return contents


def _packed(contents: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return packed.getvalue()


def _csv(
    publication: Publication,
    profile: OrderProfile,
    rows: Sequence[Mapping[str, Any]],
    wanted: _Wanted,
) -> bytes:
    types = {column.heading: _type_of(publication, column) for column in profile.columns}
    cells = []
    for line, row in enumerate(rows, start=1):
        own = _values(publication, wanted.language or profile.language, wanted.taking, row)
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
    publication: Publication,
    language: Language,
    taking: Taking | None,
    row: Mapping[str, Any],
) -> dict[str, object]:
    """Return what a profile can take from the row ordered itself, all but its line."""
    action, exception = row["fact_action"], row["fact_exception"]
    tiers = publication.registry.data_sets["fact_action"].column("tier").value_labels
    return {
        **{name: row[name] for name in ("item_id", "location_id", "quantity")},
        "branch": None if row["location_id"] == NETWORK else row["location_id"],
        "proposed_quantity": action["quantity"],
        "value": order_value(row["quantity"], row["dim_item"]["unit_cost"]),
        "tier": tiers[action["tier"]].in_language(language),
        "reason": order_reason(
            action, exception, publication.registry, language, quantity=row["quantity"]
        ),
        "publication_id": publication.id,
        "published_on": publication.manifest.generated_at.date(),
        "taken_by": taking.by if taking else None,
        "taken_at": taking.at.isoformat(timespec="seconds") if taking else None,
    }


def _cell(
    column: OrderColumn, row: Mapping[str, Any], values: Mapping[str, object], line: int
) -> object:
    """Return what stands in a column of the row at *line* of its file, from 1."""
    if not column.data_set:
        return column.constant
    if column.data_set != ORDER:
        return row[column.data_set][column.name]
    if column.name == "line":
        return f"{line * column.step:0{column.digits}d}"
    return values[column.name]
