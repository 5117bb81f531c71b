"""The regions that envelopes are for: what lies right below the network, with its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datalayer.portal import Publication, questions


@dataclass(frozen=True)
class Region:
    """A part of the network that has an envelope of its own.

    Attributes:
        places: Ids of its places that no other place lies below; the list has their actions.
    """

    location_id: str
    name: str
    places: tuple[str, ...]


def regions_of(publication: Publication) -> tuple[Region, ...]:
    """Return the regions of *publication* by name; one, the whole network, where none lies in it.

    Every place of the list is in exactly one of them.
    """
    rows = publication.table(questions.orders.location_tree()).table.to_pylist()
    names = {row["location_id"]: str(row["name"] or row["location_id"]) for row in rows}
    above = {row["location_id"]: row["parent_location_id"] for row in rows}
    leaves = sorted(set(names) - set(above.values()))
    places: dict[str, list[str]] = {}
    for leaf in leaves:
        places.setdefault(_region(leaf, above), []).append(leaf)
    found = (Region(region, names[region], tuple(below)) for region, below in places.items())
    return tuple(sorted(found, key=lambda region: (region.name, region.location_id)))


def _region(place: str, above: Mapping[str, str | None]) -> str:
    """Return what *place* lies in that lies right below the network; itself if nothing does."""
    region, over = place, above.get(place)
    while over is not None and above.get(over) is not None:
        region, over = over, above[over]
    return region
