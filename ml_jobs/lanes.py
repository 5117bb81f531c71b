"""Lanes between places: how far it is, how long it takes, and what it costs to bring a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


@dataclass(frozen=True)
class Lane:
    """The way from one place to another; None where something isn't known.

    Attributes:
        km: Kilometres.
        days: Days on the way.
        fixed_cost: Currency for a part that is brought, however many units.
        cost_per_kg: Currency.
        assumed: The distance is that of a great circle, and nothing else is known.
    """

    km: float | None = None
    days: float | None = None
    fixed_cost: float | None = None
    cost_per_kg: float | None = None
    assumed: bool = False

    def freight(self, kilograms: float | None) -> float | None:
        """Return what it costs to bring so many *kilograms*; None where that isn't known."""
        if self.fixed_cost is None and self.cost_per_kg is None:
            return None
        by_weight = 0.0
        if self.cost_per_kg:
            if kilograms is None:
                return None
            by_weight = self.cost_per_kg * kilograms
        return (self.fixed_cost or 0.0) + by_weight


@dataclass(frozen=True)
class Lanes:
    """All lanes that are known, and where places lie.

    Attributes:
        given: By the places from and to.
        positions: Latitude and longitude of places, degrees north and east.
    """

    given: Mapping[tuple[str, str], Lane] = field(default_factory=dict)
    positions: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def between(self, giver: str, taker: str) -> Lane:
        """Return the lane as given; else its distance over a great circle, where places lie."""
        known = self.given.get((giver, taker))
        if known is not None and known.km is not None:
            return known
        ends = [self.positions.get(place) for place in (giver, taker)]
        if ends[0] is None or ends[1] is None:
            return known or Lane()
        km = great_circle_km(ends[0], ends[1])
        if known is None:
            return Lane(km=km, assumed=True)
        return Lane(km, known.days, known.fixed_cost, known.cost_per_kg, assumed=True)


def great_circle_km(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the distance over the Earth's surface between two places by latitude and longitude.

    Source: the haversine formula, Sinnott 1984, "Virtues of the Haversine".
    """
    (north, east), (north_2, east_2) = (tuple(map(radians, place)) for place in (start, end))
    half = (
        sin((north_2 - north) / 2) ** 2 + cos(north) * cos(north_2) * sin((east_2 - east) / 2) ** 2
    )
    return 2.0 * EARTH_RADIUS_KM * asin(min(sqrt(half), 1.0))


def lanes_of(
    given: Mapping[tuple[str, str], Lane], places: Iterable[tuple[str, float | None, float | None]]
) -> Lanes:
    """Return the lanes *given* and those over great circles.

    *places* are codes with latitude and longitude.
    """
    return Lanes(
        given=given,
        positions={
            code: (north, east)
            for code, north, east in places
            if north is not None and east is not None
        },
    )
