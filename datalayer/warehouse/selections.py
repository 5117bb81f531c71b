"""What a caller asks of a publication: typed, checked against the registry, hashable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from datalayer.contract.registry import Registry
from datalayer.errors import InvalidSelection

NETWORK = "network"


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
        known = ", ".join(registry.sources)
        for source in self.sources:
            if source not in registry.sources:
                raise InvalidSelection("source", source, f"one of {known}")
        if self.start and self.end and self.start > self.end:
            raise InvalidSelection("start", self.start, f"on or before the end, {self.end}")


def within(parameter: str, value: int, *, least: int, most: int) -> int:
    """Return *value* if it lies between *least* and *most*.

    Raises:
        InvalidSelection: It does not.
    """
    if not least <= value <= most:
        raise InvalidSelection(parameter, value, f"between {least} and {most}")
    return value
