"""Locations: a tree with the whole network at its root, from a file or from the codes in demand.

A location file names each location by ``location_id`` and may say ``name``, ``level``,
``parent_location_id``, ``state``, ``latitude`` and ``longitude``. A location without a parent
hangs under the network, unless the file names the network itself as its root: then every other
location needs a parent. ``supplied_from`` names the central store above a location that its stock
comes from, within ``supply_days``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ml_jobs.arrays import BoolArray, IntArray
from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import AS_FOUND, ReadingOptions
from ml_jobs.inputs.files.source_file import SourceFile
from ml_jobs.inputs.master_file import MasterKey, NumberColumn, TextColumn, read_master, samples
from ml_jobs.inputs.supply import supply_faults
from ml_jobs.lanes import Lane
from ml_jobs.panel import NETWORK

LEVELS = ("region", "country", "depot", "site", "location")
DEFAULT_LEVEL = "location"
DEFAULT_INNER_LEVEL = "region"

COLUMNS = (
    TextColumn("name"),
    TextColumn("level", (NETWORK, *LEVELS)),
    TextColumn("parent_location_id"),
    TextColumn("state"),
    NumberColumn("latitude", minimum=-90, maximum=90),
    NumberColumn("longitude", minimum=-180, maximum=180),
    TextColumn("supplied_from"),
    NumberColumn("supply_days", maximum=5 * 365),
)


@dataclass(frozen=True)
class Location:
    """A place, or a group of places.

    Attributes:
        latitude, longitude: Degrees north and east, WGS 84.
        supplied_from: The central store above it that its stock comes from; None where that comes
            from suppliers.
        supply_days: From there until it arrives; None where not known.
    """

    location_id: str
    name: str
    level: str
    parent_location_id: str | None = None
    state: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    supplied_from: str | None = None
    supply_days: float | None = None


@dataclass(frozen=True)
class Hierarchy:
    """All locations as a tree, sorted by the UTF-8 bytes of their codes; ``network`` is its root.

    Attributes:
        notes: What was done to make it a tree, as sentences.
    """

    locations: tuple[Location, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_flat(self) -> bool:
        """Whether there is nothing below the network."""
        return len(self.locations) == 1

    @cached_property
    def location_ids(self) -> tuple[str, ...]:
        """The codes, L of them, sorted by UTF-8 bytes."""
        return tuple(location.location_id for location in self.locations)

    @cached_property
    def parents(self) -> IntArray:
        """Place of each location's parent among the locations, -1 for the network, shape (L,)."""
        place = {code: number for number, code in enumerate(self.location_ids)}
        above = [location.parent_location_id for location in self.locations]
        return np.array([-1 if code is None else place[code] for code in above], np.int64)

    @cached_property
    def depths(self) -> IntArray:
        """Steps from each location up to the network, shape (L,)."""
        depths = np.zeros(len(self.locations), np.int64)
        above = self.parents
        while (above >= 0).any():
            depths += above >= 0
            above = np.where(above >= 0, self.parents[above], -1)
        return depths

    @cached_property
    def is_leaf(self) -> BoolArray:
        """Which locations have none below them, shape (L,)."""
        leaf = np.ones(len(self.locations), np.bool_)
        leaf[self.parents[self.parents >= 0]] = False
        return leaf


NETWORK_ONLY = Hierarchy((Location(NETWORK, "Network", NETWORK),))


@dataclass(frozen=True)
class LocationFile:
    """A location file, read and sound; *unread* are columns that nothing is read from.

    Attributes:
        locations: As the file has them, each under its parent; the network is among them.
    """

    source: SourceFile
    locations: tuple[Location, ...]
    unread: tuple[str, ...]


def read_locations(path: Path, reading: ReadingOptions = AS_FOUND) -> LocationFile:
    """Read a location file.

    Raises:
        InputError: The file can't be used; every fault is named.
    """
    master = read_master(path, COLUMNS, reading, key=MasterKey("location_id"))
    rows = {row["location_id"]: row for row in master.table.to_pylist()}
    if faults := list(_faults(rows)):
        raise InputError(
            file=path.name, problem=f"has {len(faults):,} fault(s): {'; '.join(faults)}"
        )
    inner = {row["parent_location_id"] for row in rows.values()}
    locations = [_location(row, inner=code in inner) for code, row in rows.items()]
    if NETWORK not in rows:
        locations.append(NETWORK_ONLY.locations[0])
    return LocationFile(master.source, _sorted(locations), master.unread())


def hierarchy_of(
    codes: Iterable[str],
    file: LocationFile | None,
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    level: str = DEFAULT_LEVEL,
) -> Hierarchy:
    """Put the locations of *file* and those that only the demand names into one tree.

    The demand stands on *codes*. Those that the file does not have get the *level*, and their name
    from *names*, else from the code.
    """
    known = file.locations if file else NETWORK_ONLY.locations
    strange = sorted(set(codes) - {location.location_id for location in known})
    hung = [Location(code, names.get(code, code), level, NETWORK) for code in strange]
    notes = []
    if file and strange:
        notes.append(
            f"{len(strange):,} location(s) are not in {file.source.name} and were hung under the "
            f"network: {samples(strange)}"
        )
    if file and file.unread:
        notes.append(f"{file.source.name} has columns that are not read: {', '.join(file.unread)}")
    return Hierarchy(_sorted([*known, *hung]), tuple(notes))


def with_supply_days(hierarchy: Hierarchy, lanes: Mapping[tuple[str, str], Lane]) -> Hierarchy:
    """Return *hierarchy* with the days of *lanes* where it doesn't say how long supply takes.

    A note names the places of which neither does: those are weighed as if suppliers supplied them.
    """

    def days_of(place: Location) -> float | None:
        lane = lanes.get((place.supplied_from or "", place.location_id), Lane())
        return lane.days if place.supply_days is None else place.supply_days

    locations = tuple(replace(each, supply_days=days_of(each)) for each in hierarchy.locations)
    unknown = [
        each.location_id for each in locations if each.supplied_from and each.supply_days is None
    ]
    if not unknown:
        return replace(hierarchy, locations=locations)
    note = (
        f"{len(unknown):,} location(s) are supplied from a central store, and neither supply_days "
        "nor a lane's days say how long that takes; they are weighed as if suppliers supplied "
        f"them: {samples(unknown)}"
    )
    return Hierarchy(locations, (*hierarchy.notes, note))


def _location(row: Mapping[str, Any], *, inner: bool) -> Location:
    known = {name: row[name] for name in ("location_id", "state", "latitude", "longitude")}
    supply = {name: row[name] for name in ("supplied_from", "supply_days")}
    if row["location_id"] == NETWORK:
        name = row["name"] or NETWORK_ONLY.locations[0].name
        return Location(**known, name=name, level=NETWORK)
    return Location(
        **known,
        name=row["name"] or row["location_id"],
        level=row["level"] or (DEFAULT_INNER_LEVEL if inner else DEFAULT_LEVEL),
        parent_location_id=row["parent_location_id"] or NETWORK,
        **supply,
    )


def _faults(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    parents = {code: row["parent_location_id"] for code, row in rows.items()}
    yield from _root_faults(parents, {code: row["level"] for code, row in rows.items()})
    unknown = sorted({parent for parent in parents.values() if parent} - {*parents, NETWORK})
    if unknown:
        yield f"parent_location_id has {samples(unknown)}; it must be a location_id of the file"
    circling = sorted(code for code in parents if not _reaches_root(code, parents))
    if circling:
        yield f"parents go in a circle at {samples(circling)}; they must lead to {NETWORK!r}"
    places = [(code, row["latitude"], row["longitude"]) for code, row in rows.items()]
    half = sorted(code for code, north, east in places if (north is None) != (east is None))
    if half:
        yield f"latitude and longitude must both be there or neither; found one at {samples(half)}"
    yield from supply_faults(rows)


def _root_faults(
    parents: Mapping[str, str | None], levels: Mapping[str, str | None]
) -> Iterator[str]:
    if parent := parents.get(NETWORK):
        yield f"{NETWORK!r} hangs under {parent!r}; it is the root and has no parent"
    others = sorted(code for code, parent in parents.items() if not parent and code != NETWORK)
    if NETWORK in parents and others:
        roots = f"{NETWORK!r} and {samples(others)}"
        yield f"has several roots: {roots}; only {NETWORK!r} may have no parent"
    named = sorted(code for code, level in levels.items() if level == NETWORK and code != NETWORK)
    if named:
        yield f"the level {NETWORK!r} is the root's alone; found at {samples(named)}"
    if (level := levels.get(NETWORK)) not in (None, NETWORK):
        yield f"{NETWORK!r} has the level {level!r}; it must be {NETWORK!r}"


def _reaches_root(code: str, parents: Mapping[str, str | None]) -> bool:
    """Return whether parents lead out of the file from *code*; an unknown parent is out of it."""
    here: str | None = code
    for _ in range(len(parents) + 1):
        if here is None or here == NETWORK or here not in parents:
            return True
        here = parents[here]
    return False


def _sorted(locations: Iterable[Location]) -> tuple[Location, ...]:
    # Python orders texts by code points, which is the order of their UTF-8 bytes.
    return tuple(sorted(locations, key=lambda location: location.location_id))
