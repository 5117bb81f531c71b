"""Everything that can be read of one publication, pinned to one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.reading import overview, paging, queries
from datalayer.reading.freshness import FreshnessState, freshness_state
from datalayer.reading.overview import Overview
from datalayer.reading.paging import JsonRows, TablePage
from datalayer.reading.question import Question
from datalayer.reading.reader import Reader
from datalayer.reading.results import Provenance, Result
from datalayer.reading.selections import NETWORK, SeriesSelection


class PublicationView:
    """One publication, read through the cache; a switch elsewhere does not touch it."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._clock = clock

    @property
    def manifest(self) -> Manifest:
        """What the publication says of itself."""
        return self._reader.manifest

    @property
    def loaded_at(self) -> datetime:
        """When this portal loaded it, UTC."""
        return self._reader.loaded_at

    @property
    def registry(self) -> Registry:
        """The contract behind the columns, units and labels."""
        return self._reader.registry

    def provenance(self, data_sets: tuple[str, ...], sources: tuple[str, ...] = ()) -> Provenance:
        """Return the provenance that a result read from *data_sets* carries."""
        return self._reader.provenance(data_sets, sources)

    def freshness(self) -> Mapping[str, FreshnessState]:
        """Return how fresh each data set is by the registry's thresholds."""
        now = self._clock()
        return {
            name: freshness_state(self.manifest.generated_at, now, data_set.freshness)
            for name, data_set in self.registry.data_sets.items()
        }

    def answer(self, question: Question) -> Result:
        """Return the answer to *question*, cached."""
        return self._reader.answer(question)

    def json_rows(self, question: Question) -> JsonRows:
        """Return one page of the answer to *question* as JSON text; not cached here."""
        return paging.json_rows(self._reader, question)

    def table_page(self, question: Question) -> TablePage:
        """Return one page of the answer to *question* as a table; not cached here."""
        return paging.table_page(self._reader, question)

    def search_items(self, text: str, limit: int = 20) -> Result:
        """Find parts: item_id, sku, name, category, abc_class, demand_class; best match first."""
        return queries.search_items(self._reader, text, limit)

    def item(self, item_id: str) -> Result:
        """Return the one row of dim_item.

        Raises:
            UnknownItem: There is none; carries the nearest codes.
        """
        return queries.item(self._reader, item_id)

    def sources(self, item_id: str, location_id: str = NETWORK) -> tuple[str, ...]:
        """Return the sources that forecast the part there, champion first."""
        return queries.sources(self._reader, item_id, location_id)

    def forecast_series(self, selection: SeriesSelection) -> Result:
        """Return history and forecasts: date, source, forecast, actual, cutoff, quantiles.

        Rows whose source is null are observed demand, zero-filled over the part's span;
        they come first. Then one row per date and source.

        Raises:
            UnknownItem: There is no such part.
            InvalidSelection: A source is unknown or the span is empty.
        """
        return queries.forecast_series(self._reader, selection)

    def item_metrics(self, item_id: str, location_id: str = NETWORK) -> Result:
        """Return the rows of fact_metrics of one part, champion first."""
        return queries.item_metrics(self._reader, item_id, location_id)

    def item_inventory(self, item_id: str, location_id: str = NETWORK) -> Result:
        """Return the row of fact_inventory of one part, or zero rows."""
        return queries.item_inventory(self._reader, item_id, location_id)

    def overview(self) -> Overview:
        """Return the figures, exceptions and total of the overview."""
        return overview.overview(self._reader)

    def exceptions(self, limit: int = 100, location_id: str = NETWORK) -> Result:
        """Return a location's first rows of fact_exception by rank, with the part's ``name``."""
        return queries.exceptions(self._reader, limit, location_id)

    def rows(self, data_set: str, limit: int = 100, offset: int = 0) -> Result:
        """Return rows of a data set in key order.

        Raises:
            UnknownDataSet: The registry has none of that name.
            InvalidSelection: *limit* or *offset* is out of bounds.
        """
        return queries.rows(self._reader, data_set, limit, offset)
