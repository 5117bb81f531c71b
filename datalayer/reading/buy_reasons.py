"""Why a step of the buy list stands where it does, and why a part is not in the list: sentences.

They are made of published rows alone; nothing is weighed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from datalayer.kernel.contract.registry import Bilingual, Language, Registry
from datalayer.kernel.contract.spoken import CURRENCIES, PIECES, amount, number, percent, quantity
from datalayer.kernel.errors import UnknownRank
from datalayer.reading import buy_sentences as sentences
from datalayer.reading.order_reasons import units
from datalayer.reading.publication import Publication
from datalayer.reading.questions import buy_list, transfers

Row = Mapping[str, Any]

MONEY: Final = 1000.0
"""What hours are told for, in the publication's currency."""


@dataclass(frozen=True)
class BuyReason:
    """Why a step of the list stands where it does.

    Attributes:
        step: Its row of ``questions.buy_list.explained_step``.
        before: That of the step before it; None for the first.
        after: That of the step after it; None for the last.
        why: In sentences.
    """

    step: Row
    before: Row | None
    after: Row | None
    why: Bilingual


def step_reason(publication: Publication, rank: int) -> BuyReason:
    """Return why the step at *rank* of the buy list of *publication* stands there.

    Raises:
        UnknownRank: The list has no such rank.
    """
    rows = publication.table(buy_list.explained_step(rank)).table.to_pylist()
    found = {row["rank"]: row for row in rows}
    if rank not in found:
        raise UnknownRank(
            name="fact_buy_list",
            publication_id=publication.id,
            rank=rank,
            count=publication.manifest.rows_of("fact_buy_list"),
        )
    step, before, after = found[rank], found.get(rank - 1), found.get(rank + 1)
    speaking = Speaking.of(publication)
    return BuyReason(step, before, after, speaking.bilingual(_of_step, step, before, after))


def part_reason(publication: Publication, item_id: str, location_id: str) -> Bilingual:
    """Return why a part at a place is, or is not, in the buy list of *publication*."""
    found = publication.table(buy_list.explained_part(item_id, location_id)).table.to_pylist()
    speaking = Speaking.of(publication)
    if not found:
        named = publication.require_item(item_id).table.to_pylist()[0]
        return speaking.bilingual(_unknown, named | {"location": location_id})
    row = found[0] | {"item_id": item_id}
    if row["listed_rank"] is not None:
        return step_reason(publication, row["listed_rank"]).why
    if speaking.has_moves:
        moved = publication.table(transfers.brought(item_id, location_id)).table.to_pylist()[0]
        row |= {"brought": moved["quantity"]}
    return speaking.bilingual(_of_part, row)


@dataclass(frozen=True)
class Speaking:
    """How amounts of one publication are told in one language.

    Attributes:
        currency: ISO code; an empty string where none is published.
        has_moves: Whether anything is to be moved before it is bought.
    """

    registry: Registry
    currency: str
    language: Language = "en"
    has_moves: bool = False

    @classmethod
    def of(cls, publication: Publication) -> Speaking:
        """Return how amounts of *publication* are told, in English at first."""
        currency = str(publication.manifest.lineage.get("currency") or "")
        has_moves = publication.manifest.rows_of("fact_transfer") > 0
        return cls(publication.registry, currency, has_moves=has_moves)

    def bilingual(self, tell: Callable[..., Iterator[str]], *rows: Row | None) -> Bilingual:
        """Return what *tell* yields of *rows*, in both languages."""
        languages: tuple[Language, Language] = ("en", "pt_BR")
        told = (" ".join(tell(replace(self, language=each), *rows)) for each in languages)
        return Bilingual(*told)

    def say(self, sentence: Bilingual, **values: str) -> str:
        """Return *sentence* in its language, with *values* in its places."""
        return sentence.in_language(self.language).format(**values)

    @property
    def made(self) -> str:
        """What is said of stock that the list begins with: moves are made, where there are any."""
        return sentences.MADE.in_language(self.language) if self.has_moves else ""

    def money(self, value: float) -> str:
        """Return an amount with its currency; of small ones with hundredths."""
        sign = CURRENCIES.get(self.currency, f"{self.currency} ")
        whole = value >= 1000 or value == int(value)
        return f"{sign}{number(value, self.language, 0 if whole else 2)}"

    def hours(self, value: float) -> str:
        """Return tower-hours."""
        return self.say(sentences.HOURS, hours=self.plain_hours(value))

    def plain_hours(self, value: float) -> str:
        """Return hours with what makes small ones differ from 0."""
        if 0 < value < 0.005:
            return self.say(sentences.LITTLE, hours=number(0.01, self.language, 2))
        return quantity(round(value, 6), self.language)

    def rate(self, value: float | None) -> str:
        """Return hours for ``MONEY``; those of what costs nothing have no end."""
        return f"{'∞' if value is None else self.plain_hours(value)} h"

    def units(self, row: Row, name: str) -> str:
        """Return the quantity *name* of a row, in the unit of its part."""
        return f"{units(row[name], self.language)} {row['unit'] or PIECES}"

    def part(self, row: Row) -> str:
        """Return which part a row is of, and where."""
        location = row["location"] or row.get("location_id") or ""
        name = row["name"] or row["item_id"]
        return self.say(sentences.OF_PLACE, name=name, item_id=row["item_id"], location=location)


def _of_step(said: Speaking, step: Row, before: Row | None, after: Row | None) -> Iterator[str]:
    numbers = {
        "quantity": said.units(step, "quantity"),
        "part": said.part(step),
        "before": said.units(step, "from_quantity"),
        "made": said.made,
        "hours": said.hours(step["down_hours_avoided"]),
    }
    rate = step["hours_per_1000"]
    if rate is None:
        yield said.say(sentences.FREE, **numbers)
    else:
        own = {"cost": said.money(step["cost"]), "per_money": said.rate(rate)}
        yield said.say(sentences.STEP, **numbers, **own, money=said.money(MONEY))
    yield from _of_repair(said, step)
    yield from _of_supply(said, step)
    yield from _of_later_order(said, step)
    yield from _of_place(said, step)
    yield from _of_class(said, step)
    for sentence, other in ((sentences.BEFORE, before), (sentences.AFTER, after)):
        if other is not None:
            at = {"part": said.part(other), "per_money": said.rate(other["hours_per_1000"])}
            yield said.say(sentence, **at, money=said.money(MONEY))
    if _is_weighed(before, step) or _is_weighed(step, after):
        yield said.say(sentences.WEIGHED)
    if step["supported"] is False:
        yield said.say(sentences.UNSUPPORTED)


def _of_repair(said: Speaking, row: Row) -> Iterator[str]:
    if row["repair_days"] is not None:
        days, share = (
            amount(row[name], unit, said.language)
            for name, unit in (("repair_days", "d"), ("condemnation", "share"))
        )
        sentence = sentences.REPAIRED if row["condemnation"] else sentences.ALL_REPAIRED
        yield said.say(sentence, days=days, share=share)


def _of_supply(said: Speaking, row: Row) -> Iterator[str]:
    if count := row["supplies"]:
        places = said.say(sentences.PLACES[count > 1], count=number(count, said.language, 0))
        yield said.say(sentences.CENTRAL, places=places)
    store, wait, days = row["store"], row["days_at_store"], row["supply_days"]
    if store is None:
        return
    if wait is None:
        yield said.say(sentences.AS_BY_SUPPLIERS, store=store)
        return
    told = {
        name: amount(value, "d", said.language) for name, value in (("days", days), ("wait", wait))
    }
    sentence = sentences.SUPPLIED if days is not None else sentences.SUPPLIED_SOME_TIME
    yield said.say(sentence, store=store, **told)


def _of_later_order(said: Speaking, row: Row) -> Iterator[str]:
    if row["late_days"]:
        yield said.say(sentences.LATER, days=amount(row["late_days"], "d", said.language))


def _of_class(said: Speaking, step: Row) -> Iterator[str]:
    if step["class_budget"] is not None:
        yield said.say(
            sentences.CLASS_PAYS if step["within_class_budget"] else sentences.CLASS_ENDS,
            budget=said.money(step["class_budget"]),
            cost=said.money(step["class_cumulative_cost"]),
        )


def _of_place(said: Speaking, step: Row) -> Iterator[str]:
    whole = step["all_down_hours_avoided"]
    if whole:
        yield said.say(
            sentences.PLACE,
            rank=number(step["rank"], said.language, 0),
            steps=number(step["all_steps"], said.language, 0),
            cost=said.money(step["cumulative_cost"]),
            share=percent(step["cumulative_down_hours_avoided"] / whole, said.language),
        )


def _is_weighed(first: Row | None, second: Row | None) -> bool:
    """Whether the second of two steps avoids more for its cost, in hours that count alike."""
    if first is None or second is None:
        return False
    rates = first["hours_per_1000"], second["hours_per_1000"]
    return None not in rates and bool(rates[1] > rates[0] * (1 + 1e-9))


def _of_part(said: Speaking, row: Row) -> Iterator[str]:
    part = said.part(row)
    if row["left_out"] is not None:
        labels = said.registry.data_sets["fact_availability"].column("left_out").value_labels
        reason = labels[row["left_out"]].in_language(said.language)
        yield said.say(sentences.LEFT_OUT, part=part, reason=reason[:1].lower() + reason[1:])
        return
    if row["stocked"] is False:
        yield said.say(sentences.NOT_STOCKED, part=part)
        return
    if row.get("brought"):
        # What one more would avoid is published of the stock before any move.
        yield said.say(sentences.NOT_LISTED, part=part)
        yield said.say(sentences.BROUGHT, quantity=said.units(row, "brought"))
        return
    if row["position"] >= row["target_quantity"]:
        held = {name: said.units(row, name) for name in ("position", "target_quantity")}
        yield said.say(
            sentences.ENOUGH,
            part=part,
            position=held["position"],
            target=held["target_quantity"],
        )
    else:
        yield said.say(sentences.NOT_LISTED, part=part)
    yield from _of_repair(said, row)
    yield from _of_supply(said, row)
    yield from _of_later_order(said, row)
    yield from _of_its_money(said, row)


def _of_its_money(said: Speaking, row: Row) -> Iterator[str]:
    cost, hours = row["unit_cost"], row["next_unit_down_hours"]
    if not cost or hours is None:
        return
    sentence = sentences.DONT if row["position"] >= row["target_quantity"] else sentences.NEXT
    yield said.say(sentence, cost=said.money(cost), hours=said.hours(hours))
    if row["elsewhere"] > hours:
        yield said.say(sentences.ELSEWHERE, hours=said.plain_hours(row["elsewhere"]) + " h")
    elif row["all_steps"] and row["next_unit_per_1000"] is not None:
        yield said.say(
            sentences.FIRST,
            money=said.money(MONEY),
            per_money=said.rate(row["next_unit_per_1000"]),
            first=said.rate(row["first_per_1000"]),
            last=said.rate(row["last_per_1000"]),
        )


def _unknown(said: Speaking, row: Row) -> Iterator[str]:
    yield said.say(sentences.UNKNOWN, part=said.part(row))
