"""Why a step of the buy list stands where it does, and why a part is not in the list: sentences.

They are made of published rows alone; nothing is weighed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from datalayer.kernel.contract.registry import Bilingual, Language, Registry
from datalayer.kernel.contract.spoken import CURRENCIES, PIECES, number, percent, quantity
from datalayer.kernel.errors import InvalidSelection
from datalayer.kernel.sentences import Sentence
from datalayer.reading.order_reasons import units
from datalayer.reading.publication import Publication
from datalayer.reading.questions import availability

Row = Mapping[str, Any]

MONEY: Final = 1000.0
"""What hours are told for, in the publication's currency."""

_STEP: Final = Bilingual(
    "Buying {quantity} of {part}, on top of {before} in stock and on order, costs {cost} and "
    "avoids {hours} a month: {money} avoid {per_money}.",
    "Comprar {quantity} de {part}, além de {before} em estoque e pedidos, custa {cost} e evita "
    "{hours} por mês: {money} evitam {per_money}.",
)
_FREE: Final = Bilingual(
    "Buying {quantity} of {part}, on top of {before} in stock and on order, costs nothing and "
    "avoids {hours} a month.",
    "Comprar {quantity} de {part}, além de {before} em estoque e pedidos, não custa nada e evita "
    "{hours} por mês.",
)
_BEYOND: Final = Bilingual(
    "It goes beyond what is worth holding at the prices of the contracts: {target}.",
    "Vai além do que vale ter aos preços dos contratos: {target}.",
)
_PLACE: Final = Bilingual(
    "It stands at {rank} of {steps}: up to here {cost} avoid {share} of what the list avoids.",
    "Está na posição {rank} de {steps}: até aqui, {cost} evitam {share} do que a lista evita.",
)
_BEFORE: Final = Bilingual(
    "Before it stands {part}, where {money} avoid {per_money}.",
    "Antes vem {part}, em que {money} evitam {per_money}.",
)
_AFTER: Final = Bilingual(
    "After it stands {part}, where {money} avoid {per_money}.",
    "Depois vem {part}, em que {money} evitam {per_money}.",
)
_WEIGHED: Final = Bilingual(
    "An hour counts by what it costs its contract, so that the order isn't that of hours alone.",
    "Cada hora conta pelo que custa ao seu contrato; por isso a ordem não é só a das horas.",
)
_UNSUPPORTED: Final = Bilingual(
    "What is worth holding of it is for a chance smaller than the past has seen: nobody can "
    "promise that.",
    "O que vale ter dela é para uma chance menor do que o passado já viu: isso não se pode "
    "prometer.",
)
_LEFT_OUT: Final = Bilingual(
    "{part} is in no figure of availability: {reason}.",
    "{part} não está em nenhum número de disponibilidade: {reason}.",
)
_UNKNOWN: Final = Bilingual(
    "Nothing is published of what stock of {part} avoids.",
    "Nada está publicado do que o estoque de {part} evita.",
)
_ENOUGH: Final = Bilingual(
    "{part} has {position} in stock and on order; worth holding: {target}.",
    "{part} tem {position} em estoque e pedidos; vale ter: {target}.",
)
_NOT_LISTED: Final = Bilingual(
    "{part} is not in the buy list.", "{part} não está na lista de compra."
)
_NEXT: Final = Bilingual(
    "One more costs {cost} and avoids {hours} a month.",
    "Mais uma unidade custa {cost} e evita {hours} por mês.",
)
_DONT: Final = Bilingual(
    "Don't buy: one more costs {cost} and avoids {hours} a month.",
    "Não compre: mais uma unidade custa {cost} e evita {hours} por mês.",
)
_ELSEWHERE: Final = Bilingual(
    "The same money avoids {hours} with what stands first in the list.",
    "O mesmo dinheiro evita {hours} com o que vem primeiro na lista.",
)
_FIRST: Final = Bilingual(
    "{money} of it avoid {per_money}; with what stands first in the list, {first}, and with what "
    "stands last, {last}.",
    "{money} dela evitam {per_money}; com o que vem primeiro na lista, {first}, e com o que vem "
    "por último, {last}.",
)
_OF_PLACE: Final = Bilingual("{name} ({item_id}) at {location}", "{name} ({item_id}) em {location}")
_LITTLE: Final = Bilingual("less than {hours}", "menos de {hours}")
_HOURS: Final = Bilingual("{hours} tower-hours", "{hours} horas de torre")


@dataclass(frozen=True)
class BuyReason:
    """Why a step of the list stands where it does.

    Attributes:
        step: Its row of ``questions.availability.explained_step``.
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
        InvalidSelection: The list has no such rank.
    """
    rows = publication.table(availability.explained_step(rank)).table.to_pylist()
    found = {row["rank"]: row for row in rows}
    if rank not in found:
        expected = Sentence("a rank of the buy list of publication {id}", id=publication.id)
        raise InvalidSelection(parameter="rank", found=str(rank), expected=expected)
    step, before, after = found[rank], found.get(rank - 1), found.get(rank + 1)
    speaking = Speaking.of(publication)
    return BuyReason(step, before, after, speaking.bilingual(_of_step, step, before, after))


def part_reason(publication: Publication, item_id: str, location_id: str) -> Bilingual:
    """Return why a part at a place is, or is not, in the buy list of *publication*."""
    found = publication.table(availability.explained_part(item_id, location_id)).table.to_pylist()
    speaking = Speaking.of(publication)
    if not found:
        named = publication.require_item(item_id).table.to_pylist()[0]
        return speaking.bilingual(_unknown, named | {"location": location_id})
    row = found[0] | {"item_id": item_id}
    if row["listed_rank"] is not None:
        return step_reason(publication, row["listed_rank"]).why
    return speaking.bilingual(_of_part, row)


@dataclass(frozen=True)
class Speaking:
    """How amounts of one publication are told in one language.

    Attributes:
        currency: ISO code; an empty string where none is published.
    """

    registry: Registry
    currency: str
    language: Language = "en"

    @classmethod
    def of(cls, publication: Publication) -> Speaking:
        """Return how amounts of *publication* are told, in English at first."""
        currency = str(publication.manifest.lineage.get("currency") or "")
        return cls(publication.registry, currency)

    def bilingual(self, tell: Callable[..., Iterator[str]], *rows: Row | None) -> Bilingual:
        """Return what *tell* yields of *rows*, in both languages."""
        languages: tuple[Language, Language] = ("en", "pt_BR")
        told = (
            " ".join(tell(Speaking(self.registry, self.currency, each), *rows))
            for each in languages
        )
        return Bilingual(*told)

    def say(self, sentence: Bilingual, **values: str) -> str:
        """Return *sentence* in its language, with *values* in its places."""
        return sentence.in_language(self.language).format(**values)

    def money(self, value: float) -> str:
        """Return an amount with its currency; of small ones with hundredths."""
        sign = CURRENCIES.get(self.currency, f"{self.currency} ")
        whole = value >= 1000 or value == int(value)
        return f"{sign}{number(value, self.language, 0 if whole else 2)}"

    def hours(self, value: float) -> str:
        """Return tower-hours."""
        return self.say(_HOURS, hours=self.plain_hours(value))

    def plain_hours(self, value: float) -> str:
        """Return hours with what makes small ones differ from 0."""
        if 0 < value < 0.005:
            return self.say(_LITTLE, hours=number(0.01, self.language, 2))
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
        return self.say(_OF_PLACE, name=name, item_id=row["item_id"], location=location)


def _of_step(said: Speaking, step: Row, before: Row | None, after: Row | None) -> Iterator[str]:
    numbers = {
        "quantity": said.units(step, "quantity"),
        "part": said.part(step),
        "before": said.units(step, "from_quantity"),
        "hours": said.hours(step["down_hours_avoided"]),
    }
    rate = step["hours_per_1000"]
    if rate is None:
        yield said.say(_FREE, **numbers)
    else:
        own = {"cost": said.money(step["cost"]), "per_money": said.rate(rate)}
        yield said.say(_STEP, **numbers, **own, money=said.money(MONEY))
    yield from _of_place(said, step)
    if step["target_quantity"] is not None and step["from_quantity"] >= step["target_quantity"]:
        yield said.say(_BEYOND, target=said.units(step, "target_quantity"))
    for sentence, other in ((_BEFORE, before), (_AFTER, after)):
        if other is not None:
            at = {"part": said.part(other), "per_money": said.rate(other["hours_per_1000"])}
            yield said.say(sentence, **at, money=said.money(MONEY))
    if _is_weighed(before, step) or _is_weighed(step, after):
        yield said.say(_WEIGHED)
    if step["supported"] is False:
        yield said.say(_UNSUPPORTED)


def _of_place(said: Speaking, step: Row) -> Iterator[str]:
    whole = step["all_down_hours_avoided"]
    if whole:
        yield said.say(
            _PLACE,
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
        yield said.say(_LEFT_OUT, part=part, reason=reason[:1].lower() + reason[1:])
        return
    if row["position"] >= row["target_quantity"]:
        held = {name: said.units(row, name) for name in ("position", "target_quantity")}
        yield said.say(
            _ENOUGH, part=part, position=held["position"], target=held["target_quantity"]
        )
    else:
        yield said.say(_NOT_LISTED, part=part)
    yield from _of_its_money(said, row)


def _of_its_money(said: Speaking, row: Row) -> Iterator[str]:
    cost, hours = row["unit_cost"], row["next_unit_down_hours"]
    if not cost or hours is None:
        return
    sentence = _DONT if row["position"] >= row["target_quantity"] else _NEXT
    yield said.say(sentence, cost=said.money(cost), hours=said.hours(hours))
    if row["elsewhere"] > hours:
        yield said.say(_ELSEWHERE, hours=said.plain_hours(row["elsewhere"]) + " h")
    elif row["all_steps"] and row["next_unit_per_1000"] is not None:
        yield said.say(
            _FIRST,
            money=said.money(MONEY),
            per_money=said.rate(row["next_unit_per_1000"]),
            first=said.rate(row["first_per_1000"]),
            last=said.rate(row["last_per_1000"]),
        )


def _unknown(said: Speaking, row: Row) -> Iterator[str]:
    yield said.say(_UNKNOWN, part=said.part(row))
