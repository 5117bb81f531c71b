"""What the page of a part reads: the part at one place, with all that is said of it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from datalayer.portal import Publication, Result, questions

Row = Mapping[str, Any]
Listing = questions.listings.Listing

PUT_ASIDE: Final = "put_aside"
_READ: Final = (
    "fact_inventory",
    "fact_open_order",
    "fact_repair",
    "fact_metrics",
    "fact_exception",
    "fact_availability",
)


@dataclass(frozen=True)
class PartSituation:
    """A part at one place.

    Attributes:
        item: Its row of dim_item.
        location: The place: a row of ``questions.locations.of_item``.
        actions: What is to be done here, cards of ``questions.actions.cards``: what is left first,
            then what was put aside; None where the publication has no list of actions.
        results: The rows of each data set of part and place, by the data set's name; without
            those that the publication hasn't got.
        sources: The source that the part's orders rest on; none where nothing was forecast.
    """

    item: Row
    location: Row
    actions: tuple[Row, ...] | None
    results: Mapping[str, Result]
    sources: tuple[str, ...] = ()

    @property
    def item_id(self) -> str:
        """The part's code."""
        return str(self.item["item_id"])

    @property
    def location_id(self) -> str:
        """The place's code."""
        return str(self.location["location_id"])

    @property
    def decision(self) -> Row | None:
        """The first thing that is to be done and was not put aside."""
        left = [each for each in self.actions or () if each["state"] != PUT_ASIDE]
        return left[0] if left else None

    @property
    def after_moves(self) -> Row | None:
        """The first thing to be done and not put aside once moves are made."""
        left = [each for each in self.actions or () if each["state"] != PUT_ASIDE]
        return next((each for each in left if each["action"] != "move"), None)

    @property
    def stock(self) -> Row | None:
        """The stock here; None where the publication says nothing of it."""
        return next(iter(self.rows("fact_inventory")), None)

    @property
    def repair(self) -> Row | None:
        """How the part is repaired; None of one that isn't."""
        return next(iter(self.rows("fact_repair")), None)

    @property
    def days_at_store(self) -> float | None:
        """Days that it waits at the central store; None where that isn't told."""
        worth = next(iter(self.rows("fact_availability")), {})
        days: float | None = worth.get("days_at_store")
        return days

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a data set; none where there is no such data set."""
        return self._rows.get(name, [])

    @cached_property
    def _rows(self) -> Mapping[str, list[Row]]:
        return {name: result.table.to_pylist() for name, result in self.results.items()}

    def measures(self) -> Row | None:
        """Return the champion's measures over the longest horizon; None where there are none."""
        champion = [row for row in self.rows("fact_metrics") if row["is_champion"]]
        return max(champion, key=lambda row: row["horizon"], default=None)


def actions(publication: Publication, wanted: Listing | None, item_id: str) -> tuple[Row, ...]:
    """Return cards of all that is to be done about a part, at every place.

    Places that none lies below come first, and at each place what leads.
    """
    if wanted is None:
        return ()
    rows = publication.table(questions.actions.of_part(wanted, item_id)).table
    told = publication.table(questions.actions.cards(rows, wanted.standing)).table.to_pylist()
    by_rank = {card["rank"]: card for card in told}
    return tuple(by_rank[rank] for rank in rows["rank"].to_pylist())


def read(
    publication: Publication, item: Row, location: Row, cards: Sequence[Row] | None
) -> PartSituation:
    """Return a part at a place.

    Args:
        publication: The one that is shown.
        item: The part's row of dim_item.
        location: A place of the part.
        cards: What is to be done about the part, at every place; None without a list of actions.
    """
    registry, here = publication.registry, str(location["location_id"])
    results = {}
    for name in _READ:
        if name in registry.data_sets:
            question = questions.data_sets.of_part(registry, name, str(item["item_id"]), here)
            results[name] = publication.table(question)
    mine = None if cards is None else [card for card in cards if card["location_id"] == here]
    ordered = None if mine is None else tuple(sorted(mine, key=_is_put_aside))
    found = PartSituation(item, location, ordered, results)
    return replace(found, sources=_sources(publication, found))


def _sources(publication: Publication, found: PartSituation) -> tuple[str, ...]:
    for row in (found.decision, found.measures(), found.stock):
        if row is not None:
            return (str(row["source"]),)
    question = questions.forecasts.sources(publication.registry, found.item_id, found.location_id)
    return tuple(publication.table(question).table["source"].to_pylist()[:1])


def _is_put_aside(card: Row) -> bool:
    return bool(card["state"] == PUT_ASIDE)
