"""Lists of pages to take away: all rows of one, in the order asked for, as one CSV."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity
from datalayer.kernel.contract.registry import Column, ColumnType
from datalayer.reading.arrangement import AS_PUBLISHED, Arrangement, arranged
from datalayer.reading.csv_dialects import dialect_named
from datalayer.reading.extracts.delivery import Delivery, Outcome
from datalayer.reading.extracts.digests import Digest
from datalayer.reading.extracts.requests import MEDIA_TYPES
from datalayer.reading.extracts.service import Extract
from datalayer.reading.extracts.writing import Rows, csv_chunks
from datalayer.reading.filters import NO_CONDITIONS, Conditions
from datalayer.reading.publication import ORIGIN, Publication
from datalayer.reading.question import Question
from datalayer.reading.questions import accuracy, availability_columns, buy_list, inventory
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.views import with_constants

_LONGEST_DETAIL: Final = 500


class ListFiles:
    """Makes files of the rows of lists, and tells the audit log of each that is taken.

    Whoever may read a publication may take them: they are the rows of a list, all of its pages.
    """

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def of_stock(
        self,
        publication: Publication,
        wanted: inventory.StockSelection,
        identity: Identity,
        *,
        met: Conditions = NO_CONDITIONS,
        arrangement: Arrangement = AS_PUBLISHED,
        dialect: str | None = None,
    ) -> Extract:
        """Return the positions *wanted* of *publication* as CSV; never fewer than were counted.

        Args:
            publication: Whose positions they are.
            wanted: Which.
            identity: Who takes them.
            met: Further conditions on their columns.
            arrangement: Which columns, and in which order the rows; by part if it has none.
            dialect: Name of the dialect of CSV; None for rfc.

        Raises:
            InvalidSelection: There is no such dialect or place.
            ReadFailed: The rows can't be counted; from the chunks, that they can't be read, or
                are other than the counted.
        """
        publication.require_location(wanted.location_id)
        question = inventory.positions(publication.registry, wanted, met)
        question = arranged(question, arrangement, question.order)
        details: dict[str, Detail] = {
            "location_id": wanted.location_id,
            "filters": _told(question.parameters),
            "text": wanted.text,
            "order": ", ".join(map(str, arrangement.order)),
        }
        columns = inventory.columns(publication.registry)
        return self._file(publication, question, columns, identity, dialect, details)

    def of_nearer_parts(
        self,
        publication: Publication,
        parts: accuracy.JudgedParts,
        identity: Identity,
        *,
        sort: accuracy.NearerSort = "much",
        dialect: str | None = None,
    ) -> Extract:
        """Return those of *parts* on which the naive source was nearer; else as ``of_stock``."""
        publication.require_location(parts.location_id)
        question = accuracy.naive_nearer(parts, sort)
        chosen = {"category": parts.category, "demand_class": parts.demand_class}
        filters = {**chosen, "source": parts.source}
        details: dict[str, Detail] = {
            "location_id": parts.location_id,
            "filters": ", ".join(f"{name}={value}" for name, value in filters.items() if value),
            "order": sort,
        }
        columns = accuracy.nearer_columns(publication.registry)
        return self._file(publication, question, columns, identity, dialect, details)

    def of_buys(
        self,
        publication: Publication,
        wanted: buy_list.BuyListing,
        identity: Identity,
        *,
        arrangement: Arrangement = AS_PUBLISHED,
        dialect: str | None = None,
    ) -> Extract:
        """Return the steps *wanted* of the buy list, by rank unless arranged; as ``of_stock``.

        Raises:
            UnknownDataSet: The publication has no buy list.
        """
        data_set_named(publication.registry, "fact_buy_list")
        question = buy_list.steps(wanted)
        question = arranged(question, arrangement, question.order)
        details: dict[str, Detail] = {
            "filters": _told(question.parameters),
            "budget": "" if wanted.budget is None else f"{wanted.budget:g}",
            "order": ", ".join(map(str, arrangement.order)),
        }
        columns = availability_columns.told_columns(publication.registry)
        return self._file(publication, question, columns, identity, dialect, details)

    def _file(
        self,
        publication: Publication,
        question: Question,
        columns: Iterable[Column],
        identity: Identity,
        dialect: str | None,
        about: Mapping[str, Detail],
    ) -> Extract:
        written = dialect_named(dialect)
        types = {column.name: column.type for column in columns}
        if not question.columns:
            question, types = _with_origin(publication, question, types)
        shown = {name: types[name] for name in question.columns or types}
        rows = Rows(question, shown, publication.count(question))
        # What the bytes depend on; values stand in the parameters.
        meaning = (publication.id, question.sql, sorted(question.parameters.items()), written.name)
        details: dict[str, Detail] = {
            "data_set": question.data_sets[0],
            "format": "csv",
            "dialect": written.name,
            **about,
            "rows": rows.count,
        }
        return Extract(
            file_name=f"{question.file_name}_{publication.id}_{written.name}.csv",
            media_type=MEDIA_TYPES["csv"],
            rows=rows.count,
            key=hashlib.sha256(repr(meaning).encode("utf-8", "surrogatepass")).hexdigest(),
            provenance=publication.provenance(question.data_sets),
            chunks=Delivery(
                csv_chunks(publication, rows, written),
                rows=rows.count,
                announced=None,
                on_begin=partial(self._record, identity, "begun", publication.id, details),
                on_end=partial(self._ended, identity, publication.id, details),
            ),
            part=lambda _: None,
        )

    def _record(
        self, identity: Identity, outcome: str, publication_id: str, details: dict[str, Detail]
    ) -> None:
        told = {name: value for name, value in details.items() if value != ""}
        self._audit.record(identity, "extract", outcome, publication_id, **told)

    def _ended(
        self,
        identity: Identity,
        publication_id: str,
        details: dict[str, Detail],
        digest: Digest,
        outcome: Outcome,
    ) -> None:
        about = {**details, "bytes": digest.size_bytes, "sha256": digest.sha256}
        self._record(identity, outcome.value, publication_id, about)


def _with_origin(
    publication: Publication, question: Question, types: Mapping[str, ColumnType]
) -> tuple[Question, dict[str, ColumnType]]:
    """Return *question* and the types of its columns, with those that tell where rows are from."""
    missing = [name for name in ORIGIN if name not in types]
    values = {f"origin_{name}": getattr(publication.manifest, name) for name in missing}
    sql = with_constants(question.sql, {name: f"origin_{name}" for name in missing})
    return (
        replace(question, sql=sql, parameters={**question.parameters, **values}),
        {**types, **{name: ORIGIN[name] for name in missing}},
    )


def _told(parameters: Mapping[str, object]) -> str:
    """Return what restricts the rows, as the audit log has it."""
    filters = {
        name.removeprefix("filter_"): value
        for name, value in parameters.items()
        if name.startswith("filter_")
    }
    return ", ".join(f"{name}={value}" for name, value in filters.items())[:_LONGEST_DETAIL]
