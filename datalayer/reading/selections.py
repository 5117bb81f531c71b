"""What a caller asks of a publication: typed, checked against the registry, hashable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection

NETWORK = "network"
MOST_ITEMS = 200
"""Most parts that can be named at once."""


@dataclass(frozen=True)
class SeriesSelection:
    """One part at one location, by source and span.

    Attributes:
        sources: Forecast sources wanted; empty for all there are.
        start: First day wanted, inclusive; None for the beginning of the data.
        end: Last day wanted, inclusive; None for the end of the forecast.
    """

    item_id: str
    location_id: str = NETWORK
    sources: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None

    def check(self, registry: Registry) -> None:
        """Refuse a source that the registry doesn't know and a span that ends before it starts.

        Raises:
            InvalidSelection: Either of the two.
        """
        check_sources_and_span(registry, self.sources, self.start, self.end)


@dataclass(frozen=True)
class SummarySelection:
    """What is summed up: a place, by source and span, all parts or some.

    Attributes:
        sources: Forecast sources wanted; empty for all there are.
        start: First day wanted, inclusive; None for the beginning of the data.
        end: Last day wanted, inclusive; None for the end of the forecast.
        category: Only parts of that category; None for all.
        item_ids: Only these parts; empty for all.
    """

    location_id: str = NETWORK
    sources: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    category: str | None = None
    item_ids: tuple[str, ...] = ()

    def check(self, registry: Registry) -> None:
        """Refuse what ``SeriesSelection.check`` refuses, and more than 200 parts.

        Raises:
            InvalidSelection: Any of them.
        """
        check_sources_and_span(registry, self.sources, self.start, self.end)
        if len(self.item_ids) > MOST_ITEMS:
            expected = f"given at most {MOST_ITEMS} times; ask by category, or take an extract"
            raise InvalidSelection("item_ids", f"given {len(self.item_ids)} times", expected)


def within(parameter: str, value: int, *, least: int, most: int) -> int:
    """Return *value* if it lies between *least* and *most*.

    Raises:
        InvalidSelection: It does not.
    """
    if not least <= value <= most:
        raise InvalidSelection(parameter, value, f"between {least} and {most}")
    return value


def check_sources_and_span(
    registry: Registry, sources: tuple[str, ...], start: date | None, end: date | None
) -> None:
    """Refuse a source that *registry* doesn't know and a span that ends before it starts.

    Raises:
        InvalidSelection: Either of the two.
    """
    known = ", ".join(registry.sources)
    for source in sources:
        if source not in registry.sources:
            raise InvalidSelection("source", ascii(source[:80]), f"one of {known}")
    if start and end and start > end:
        raise InvalidSelection("start", start, f"on or before the end, {end}")
