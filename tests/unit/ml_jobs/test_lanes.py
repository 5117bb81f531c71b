"""Lanes: as given, else over a great circle; what isn't known is not taken for nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.lanes import EARTH_RADIUS_KM, Lane, Lanes, great_circle_km, lanes_of

pytestmark = pytest.mark.ml

latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
places = st.tuples(latitudes, longitudes)


def by_cosines(start: tuple[float, float], end: tuple[float, float]) -> float:
    """The same distance by the law of cosines, which is sound for places far apart."""
    (a, b), (c, d) = (tuple(map(math.radians, place)) for place in (start, end))
    cosine = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(b - d)
    return EARTH_RADIUS_KM * math.acos(max(-1.0, min(1.0, cosine)))


@given(start=places, end=places)
def test_a_great_circle_is_that_of_another_formula(
    start: tuple[float, float], end: tuple[float, float]
) -> None:
    assert great_circle_km(start, end) == pytest.approx(by_cosines(start, end), abs=0.5)
    assert great_circle_km(start, end) == pytest.approx(great_circle_km(end, start))


def test_a_lane_that_is_given_goes_before_where_places_lie() -> None:
    lanes = Lanes({("A", "B"): Lane(km=700.0, days=2.0)}, {"A": (0.0, 0.0), "B": (0.0, 1.0)})

    assert lanes.between("A", "B") == Lane(km=700.0, days=2.0)
    assert lanes.between("B", "A").km == pytest.approx(111.2, abs=0.1)
    assert lanes.between("B", "A").assumed


def test_a_lane_without_a_distance_gets_that_of_the_places() -> None:
    lanes = Lanes({("A", "B"): Lane(days=2.0)}, {"A": (0.0, 0.0), "B": (0.0, 1.0)})

    found = lanes.between("A", "B")

    assert (found.days, found.assumed) == (2.0, True)
    assert found.km == pytest.approx(111.2, abs=0.1)


def test_where_a_place_lies_nowhere_nothing_is_known_of_the_way() -> None:
    lanes = lanes_of({}, [("A", 0.0, 0.0), ("B", None, None)])

    assert lanes.between("A", "B") == Lane()


@pytest.mark.parametrize(
    ("lane", "kilograms", "freight"),
    [
        (Lane(), 3.0, None),
        (Lane(fixed_cost=10.0), None, 10.0),
        (Lane(fixed_cost=10.0, cost_per_kg=2.0), 3.0, 16.0),
        (Lane(cost_per_kg=2.0), 3.0, 6.0),
        (Lane(fixed_cost=10.0, cost_per_kg=2.0), None, None),
        (Lane(fixed_cost=0.0, cost_per_kg=0.0), None, 0.0),
    ],
)
def test_freight_is_known_where_all_that_it_takes_is(
    lane: Lane, kilograms: float | None, freight: float | None
) -> None:
    assert lane.freight(kilograms) == freight
