"""What of two publications can't be compared, each told with why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.sentences import Sentence
from datalayer.reading.publication import Publication
from datalayer.reading.questions import effects

MOST_NAMED: Final = 5
"""Most places or data sets that are named."""

NOT_STATED: Final = "?"


def not_compared(
    before: Publication, after: Publication, *, other_units: int = 0
) -> tuple[Sentence, ...]:
    """Return what can't be compared in two publications; nothing where everything can.

    *other_units* is how many parts are counted in another unit than before.

    Raises:
        ReadFailed, QueryTooLong: One of them can't be read.
    """
    return (
        *_manifests(before.manifest, after.manifest),
        *_contracts(before, after),
        *_places(before, after),
        *_units(other_units),
    )


def _manifests(before: Manifest, after: Manifest) -> Iterator[Sentence]:
    if before.dataset_id != after.dataset_id:
        yield Sentence(
            "they are of two data sets, {before:s} and {after:s}: what differs may say nothing of "
            "the forecasts",
            before=before.dataset_id,
            after=after.dataset_id,
        )
    if _stated(before, "frequency") != _stated(after, "frequency"):
        yield Sentence(
            "their periods are not equally long ({before} and {after}): their accuracy and their "
            "pictures of demand are not compared",
            before=_period(before),
            after=_period(after),
        )
    if _stated(before, "currency") != _stated(after, "currency"):
        yield Sentence(
            "their money is not of one currency ({before:s} and {after:s}): values are not "
            "compared, and changes are ordered by units",
            before=_stated(before, "currency"),
            after=_stated(after, "currency"),
        )


def _contracts(before: Publication, after: Publication) -> Iterator[Sentence]:
    old, new = before.manifest.contract, after.manifest.contract
    missing = {*before.registry.data_sets} ^ {*after.registry.data_sets}
    if missing:
        yield Sentence(
            "they keep two versions of the contract ({before:s} and {after:s}): only one of them "
            "has {data_sets:s}",
            before=old.version,
            after=new.version,
            data_sets=_named(sorted(missing)),
        )


def _places(before: Publication, after: Publication) -> Iterator[Sentence]:
    ids = [
        {*each.table(effects.location_ids()).table["location_id"].to_pylist()}
        for each in (before, after)
    ]
    if gone := sorted(ids[0] - ids[1]):
        yield Sentence(
            "places that are gone, whose actions count as vanished: {places:s}",
            places=_named(gone),
        )
    if new := sorted(ids[1] - ids[0]):
        yield Sentence(
            "places that are new, whose actions count as new: {places:s}", places=_named(new)
        )


def _units(parts: int) -> Iterator[Sentence]:
    if parts:
        yield Sentence(
            "parts that are counted in another unit than before: {count}; by how much their orders "
            "differ can't be said in units",
            count=parts,
        )


def _stated(manifest: Manifest, name: str) -> str:
    return str(manifest.lineage.get(name) or NOT_STATED)


def _period(manifest: Manifest) -> Sentence:
    return {
        "D": Sentence("days"),
        "W": Sentence("weeks"),
        "MS": Sentence("months"),
    }.get(_stated(manifest, "frequency"), Sentence("not stated"))


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" (+{more})" if more > 0 else "")
