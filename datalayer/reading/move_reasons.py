"""Why a part is to be moved from the place that gives it to the one that takes it: sentences.

They are made of published rows alone; nothing is weighed anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.contract.spoken import PIECES, number, quantity
from datalayer.kernel.errors import UnknownRank
from datalayer.reading import move_sentences as sentences
from datalayer.reading.buy_reasons import Row, Speaking
from datalayer.reading.publication import Publication
from datalayer.reading.questions import transfers

_CENT: Final = 0.005
"""What is told of money; less isn't."""


@dataclass(frozen=True)
class MoveReason:
    """Why something is to be moved.

    Attributes:
        move: Its row of ``questions.transfers.moves``.
        why: In sentences.
    """

    move: Row
    why: Bilingual


def move_reason(publication: Publication, rank: int) -> MoveReason:
    """Return why the move at *rank* of *publication* is proposed.

    Raises:
        UnknownRank: There is no such rank.
    """
    rows = publication.table(transfers.at_rank(rank)).table.to_pylist()
    if not rows:
        raise UnknownRank(
            name="fact_transfer",
            publication_id=publication.id,
            rank=rank,
            count=publication.manifest.rows_of("fact_transfer"),
        )
    return _reason(publication, rows[0])


def of_place(publication: Publication, item_id: str, location_id: str) -> tuple[MoveReason, ...]:
    """Return why a part is to be brought to a place or taken from it; what is worth most first.

    None where the publication has no moves.
    """
    if "fact_transfer" not in publication.registry.data_sets:
        return ()
    rows = publication.table(transfers.of_place(item_id, location_id)).table.to_pylist()
    return tuple(_reason(publication, row) for row in rows)


def _reason(publication: Publication, move: Row) -> MoveReason:
    moves = publication.manifest.rows_of("fact_transfer")
    speaking = Speaking.of(publication)
    return MoveReason(move, speaking.bilingual(_of_move, dict(move) | {"moves": moves}))


def _of_move(said: Speaking, move: Row) -> Iterator[str]:
    giver = move["from_location"] or move["from_location_id"]
    yield said.say(
        sentences.TAKES,
        taker=move["to_location"] or move["to_location_id"],
        quantity=said.units(move, "quantity"),
        name=move["name"] or move["item_id"],
        item_id=move["item_id"],
        hours=said.hours(move["receiver_hours_avoided"]),
        gain=said.money(move["receiver_gain"]),
    )
    yield from _of_giver(said, move, giver)
    if move["purchase_put_off"] >= _CENT:
        yield said.say(sentences.PUT_OFF, saved=said.money(move["purchase_put_off"]))
    if move["freight"] is None:
        yield said.say(sentences.FREIGHT_UNKNOWN)
    else:
        yield said.say(sentences.FREIGHT, freight=said.money(move["freight"]))
    yield said.say(
        sentences.WORTH,
        value=said.money(move["value"]),
        rank=number(move["rank"], said.language, 0),
        moves=number(move["moves"], said.language, 0),
    )


def _of_giver(said: Speaking, move: Row, giver: str) -> Iterator[str]:
    loss = move["donor_loss"]
    if loss >= _CENT:
        hours = said.hours(move["donor_hours_lost"])
        yield said.say(sentences.GIVES, giver=giver, hours=hours, loss=said.money(loss))
        times = move["receiver_gain"] / loss
        yield said.say(sentences.RATIO, times=number(times, said.language, 0 if times >= 10 else 1))
    else:
        yield said.say(sentences.LOSES_LITTLE, giver=giver)
    yield said.say(
        sentences.KEEPS,
        left=said.units(move, "donor_stock_left"),
        point=said.units(move, "donor_reorder_point"),
        use=quantity(move["donor_monthly_demand"], said.language, move["unit"] or PIECES),
    )
