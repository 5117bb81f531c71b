"""One publication: what it answers to questions, pinned to one snapshot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, partial
from itertools import chain

import pyarrow as pa

from datalayer.kernel.contract.claims import claims_of, period_end
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import ColumnType, Freshness, Registry
from datalayer.kernel.errors import InvalidSelection, UnknownItem
from datalayer.kernel.sentences import Sentence
from datalayer.publications.stages import Snapshot
from datalayer.reading.cache.result_cache import CacheKey, ResultCache
from datalayer.reading.csv_dialects import CsvDialect
from datalayer.reading.database import Database, Parameters
from datalayer.reading.paging import Page, join_rows, last_position, sources_in, text_bytes
from datalayer.reading.question import Question
from datalayer.reading.questions import items, locations, search
from datalayer.reading.results import Provenance, Result
from datalayer.reading.views import json_query, with_constants

ORIGIN = {
    "dataset_id": ColumnType.TEXT,
    "model_version": ColumnType.TEXT,
    "generated_at": ColumnType.TIMESTAMP,
}
"""The columns of published rows that tell which publication they are of."""

SUGGESTIONS = 5
"""Most codes that a part which there is not is answered with."""


class FreshnessState(StrEnum):
    """Four states from best to worst, told apart by age; unknown when age makes no sense."""

    FRESH = "fresh"
    DUE = "due"
    UNKNOWN = "unknown"
    STALE = "stale"


@dataclass(frozen=True, eq=False)
class Publication:
    """One publication, open to be read; a switch elsewhere does not touch it.

    Every read raises ``ReadFailed`` where the files can't be read, ``QueryTooLong`` where it takes
    longer than one read may, and ``UnknownPublication`` once the publication is not kept any more.

    Attributes:
        snapshot: Its files.
        registry: The contract behind columns, units and labels, with the data sets that there are.
        clock: Tells the present moment, UTC.
    """

    snapshot: Snapshot
    registry: Registry
    database: Database
    cache: ResultCache
    clock: Callable[[], datetime]

    @cached_property
    def id(self) -> str:
        """Its id."""
        return self.snapshot.publication_id

    @cached_property
    def manifest(self) -> Manifest:
        """What it says of itself."""
        return self.snapshot.manifest

    @cached_property
    def loaded_at(self) -> datetime:
        """When this portal loaded it, UTC."""
        return self.snapshot.loaded_at

    @cached_property
    def _contract(self) -> str:
        return "".join(self.registry.fingerprints[name] for name in sorted(self.registry.data_sets))

    def table(self, question: Question) -> Result:
        """Return the answer to *question*, its first page where it has a limit; cached."""
        sql, parameters = question.page_query()
        read = partial(self.database.query, self.id, sql, parameters)
        table = self.cache.get_or_make(self._key(question, sql, parameters), read)
        if question.limit is not None:
            table = table.slice(0, question.limit)
        sources = question.sources or sources_in(table)
        return Result(table, self.provenance(question.data_sets, sources))

    def _key(self, question: Question, sql: str, parameters: Parameters) -> CacheKey:
        return CacheKey(
            question.name, tuple(sorted(parameters.items())), self.id, (self._contract, sql)
        )

    def json_page(self, question: Question) -> Page[bytes]:
        """Return one page of the answer to *question* as JSON text; not cached here."""
        columns = self.database.columns(self.id, question.sql, question.parameters)
        beside = tuple(dict.fromkeys((*question.order, *({"source"} & columns.keys()))))
        shown = tuple((name, columns[name]) for name in question.columns or columns)
        sql, parameters = question.page_query()
        written = json_query(sql, shown, beside)
        page = self._page(question, written, parameters)
        return replace(page, rows=join_rows(page.rows.column("row_json")))

    def csv_page(self, question: Question, dialect: CsvDialect) -> Page[bytes]:
        """Return one page of the answer to *question* as CSV, its names first; not cached here.

        Unless its columns were asked for, each row ends with where it is from, as those of
        extracts do: rows of two publications can be told apart once they stand in one sheet.
        """
        columns = self.database.columns(self.id, question.sql, question.parameters)
        beside = tuple(dict.fromkeys((*question.order, *({"source"} & columns.keys()))))
        shown = {name: ColumnType(columns[name]) for name in question.columns or columns}
        sql, parameters = question.page_query()
        # Who asks for columns gets those.
        missing = () if question.columns else ORIGIN.keys() - shown.keys()
        origin = {name: kind for name, kind in ORIGIN.items() if name in missing}
        values = {f"origin_{name}": getattr(self.manifest, name) for name in origin}
        sql = with_constants(sql, {name: f"origin_{name}" for name in origin})
        shown |= origin
        page = self._page(question, dialect.lines(sql, shown, beside), {**parameters, **values})
        lines = (text_bytes(chunk) for chunk in page.rows.column("row_csv").chunks)
        return replace(page, rows=b"".join((dialect.head(shown), *lines)))

    def table_page(self, question: Question) -> Page[pa.Table]:
        """Return one page of the answer to *question* as a table; not cached here."""
        page = self._page(question, *question.page_query())
        shown = list(question.columns) or page.rows.column_names
        return replace(page, rows=page.rows.select(shown))

    def _page(self, question: Question, sql: str, parameters: Parameters) -> Page[pa.Table]:
        read = self.database.query(self.id, sql, parameters)
        table = read.slice(0, question.limit)
        return Page(
            rows=table,
            count=table.num_rows,
            sources=question.sources or sources_in(table),
            more=read.num_rows > table.num_rows,
            last=last_position(table, question.order),
            total=self.count(question) if question.total_sql else None,
        )

    def stream(self, question: Question) -> Iterator[pa.RecordBatch]:
        """Yield the whole answer to *question* in batches; no time limit holds here."""
        return self.database.stream(self.id, question.sql, question.parameters)

    def require_item(self, item_id: str) -> Result:
        """Return the row of dim_item of a part.

        Raises:
            UnknownItem: There is no such part; carries the nearest codes.
        """
        found = self.table(items.item(item_id))
        if not found.table.num_rows:
            raise UnknownItem(item_id=item_id, suggestions=self._nearest(item_id))
        return found

    def _nearest(self, item_id: str) -> list[str]:
        """Return codes of parts that a search for a code finds, then those written most like it."""
        self.prepare_search()
        asked = (search.parts(item_id, SUGGESTIONS), items.suggestions(item_id, SUGGESTIONS))
        found = (self.table_page(question).rows["item_id"].to_pylist() for question in asked)
        return list(dict.fromkeys(chain.from_iterable(found)))[:SUGGESTIONS]

    def prepare_search(self) -> None:
        """Make searches of parts fast: half a second per 100,000 parts, once.

        A search that was not prepared answers the same.
        """
        self.database.keep_folded(self.id)

    def require_location(self, location_id: str) -> None:
        """Refuse a location that the publication doesn't have.

        Raises:
            InvalidSelection: It has none of that id.
        """
        if not self.table(locations.location(location_id)).table.num_rows:
            expected = Sentence(
                "a location_id of the data set dim_location, such as {network}",
                network=locations.NETWORK,
            )
            raise InvalidSelection(
                parameter="location", found=ascii(location_id), expected=expected
            )

    def require_item_and_location(self, item_id: str, location_id: str) -> None:
        """Refuse a part or a location as ``require_item`` and ``require_location`` do."""
        self.require_item(item_id)
        self.require_location(location_id)

    def provenance(self, data_sets: tuple[str, ...], sources: tuple[str, ...] = ()) -> Provenance:
        """Return the provenance that a result read from *data_sets* carries."""
        manifest = self.manifest
        return Provenance(
            publication_id=manifest.publication_id,
            dataset_id=manifest.dataset_id,
            model_version=manifest.model_version,
            generated_at=manifest.generated_at,
            data_through=manifest.data_through,
            loaded_at=self.loaded_at,
            data_sets=data_sets,
            sources=sources,
        )

    def freshness(self) -> Mapping[str, FreshnessState]:
        """Return how fresh each data set is by the registry's thresholds."""
        now = self.clock()
        return {
            name: freshness_state(self.manifest.generated_at, now, data_set.freshness)
            for name, data_set in self.registry.data_sets.items()
        }

    def data_freshness(self) -> FreshnessState:
        """Return how fresh the demand is that the results know of, whenever they were computed.

        Its age begins when a run could know a period more: a day, a week or a month.
        """
        frequency = claims_of(self.manifest).frequency
        next_period = period_end(self.manifest.data_through + timedelta(days=1), frequency)
        over = datetime.combine(next_period + timedelta(days=1), time(), UTC)
        now = self.clock()
        return freshness_state(
            min(over, now), now, self.registry.data_sets["fact_demand"].freshness
        )

    def count(self, question: Question) -> int:
        """Return the number of all rows of the answer to *question*, which counts them; cached."""
        # DuckDB refuses parameters that the SQL does not name.
        sql = question.total_sql
        named = set(re.findall(r"\$(\w+)", sql))
        parameters = {name: value for name, value in question.parameters.items() if name in named}
        read = partial(self.database.query, self.id, sql, parameters)
        counted = self.cache.get_or_make(self._key(question, sql, parameters), read)
        return int(counted.column("rows")[0].as_py())


def freshness_state(generated_at: datetime, now: datetime, limits: Freshness) -> FreshnessState:
    """Return the state at *now* of results computed at *generated_at*.

    A publication from the future says that one of the two clocks is wrong: unknown.
    """
    age_hours = (now - generated_at).total_seconds() / 3600
    if age_hours < 0:
        return FreshnessState.UNKNOWN
    if age_hours >= limits.stale_after_hours:
        return FreshnessState.STALE
    return FreshnessState.DUE if age_hours >= limits.due_after_hours else FreshnessState.FRESH
