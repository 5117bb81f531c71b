"""The orders that a buy list comes to, and why each is ordered: by the price of a tower-hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from datalayer.kernel.contract.registry import Bilingual
from datalayer.kernel.contract.spoken import number
from datalayer.reading.buy_reasons import Row, Speaking
from datalayer.reading.extracts.order_rows import (
    OrderRow,
    OrderWords,
    refuse_nested,
    too_many_orders,
)
from datalayer.reading.publication import Publication
from datalayer.reading.question import MOST_ROWS
from datalayer.reading.questions import buy_list
from datalayer.reading.questions.buy_list import BuyListing
from datalayer.reading.questions.data_sets import data_set_named
from datalayer.reading.questions.marks import not_put_aside

_POLICY: Final = "money"
_BOUGHT: Final = Bilingual(
    "{policy}: {quantity} on top of {before} in stock and on order{made} cost {cost} and avoid "
    "{hours} a month.",
    "{policy}: {quantity}, além de {before} em estoque e pedidos{made}, custam {cost} e "
    "evitam {hours} por mês.",
)
_CUT: Final = Bilingual(
    "Buy list from rank {first} to {last} of {all}, cut at {budget}",
    "Lista de compra da posição {first} à {last} de {all}, cortada em {budget}",
)
_UNCUT: Final = Bilingual(
    "Buy list from rank {first} to {last} of {all}, no budget",
    "Lista de compra da posição {first} à {last} de {all}, sem orçamento",
)
_CHOSEN: Final = Bilingual("; only {filters}", "; só {filters}")


@dataclass(frozen=True, eq=False)
class BuyOrders:
    """Which steps of the buy list are to be ordered.

    Attributes:
        wanted: Filters and budget.
        standing: What planners marked, as ``PlannerMarks.standing`` has it: parts whose order they
            put aside are left out.
    """

    wanted: BuyListing
    standing: pa.Table

    @property
    def filters(self) -> str:
        """What restricts the rows, as columns and their values."""
        return ", ".join(
            f"{name.removeprefix('filter_')}={_text(value)}"
            for name, value in sorted(self.wanted.met.parameters.items())
        )


def rows_of_buys(publication: Publication, asked: BuyOrders) -> list[OrderRow]:
    """Return the orders that the steps come to, one for each part at a place.

    Raises:
        UnknownDataSet: The publication has no buy list, or no list of actions to be marked.
        InvalidSelection: There are too many orders.
    """
    for name in ("fact_buy_list", "agg_availability", "fact_action"):
        data_set_named(publication.registry, name)
    aside = not_put_aside(publication.registry, asked.standing)
    page = publication.table_page(buy_list.bought_orders(asked.wanted, aside, limit=MOST_ROWS))
    if page.more:
        raise too_many_orders(f"more than {MOST_ROWS}")
    policies = publication.registry.data_sets["agg_availability"].column("policy").value_labels
    said = _Said(Speaking.of(publication), asked, policies[_POLICY])
    rows = [
        OrderRow(row["item_id"], row["location_id"], row["quantity"], said.of(row))
        for row in page.rows.to_pylist()
    ]
    refuse_nested(publication, [(row.item_id, row.location_id) for row in rows])
    return rows


@dataclass(frozen=True, eq=False)
class _Said:
    """What is said of the orders of one buy list."""

    speaking: Speaking
    asked: BuyOrders
    policy: Bilingual

    def of(self, row: Row) -> OrderWords:
        return OrderWords(self.policy, self.speaking.bilingual(self._reason, row))

    def _reason(self, said: Speaking, row: Row) -> Iterator[str]:
        yield said.say(
            _BOUGHT,
            policy=self.policy.in_language(said.language),
            quantity=said.units(row, "quantity"),
            before=said.units(row, "from_quantity"),
            made=said.made,
            cost=said.money(row["cost"]),
            hours=said.hours(row["down_hours_avoided"]),
        )
        yield f"{self._cut(said, row)}."

    def _cut(self, said: Speaking, row: Row) -> str:
        names = {"first": "steps_from", "last": "steps_to", "all": "all_steps"}
        ranks = {name: number(row[column], said.language, 0) for name, column in names.items()}
        budget = self.asked.wanted.budget
        cut = (
            said.say(_UNCUT, **ranks)
            if budget is None
            else said.say(_CUT, **ranks, budget=said.money(budget))
        )
        filters = self.asked.filters
        return cut + (said.say(_CHOSEN, filters=filters) if filters else "")


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "|".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
