"""Why a step of the buy list stands where it does, and why a part is not in the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.errors import UnknownItem, UnknownRank
from datalayer.reading.buy_reasons import part_reason, step_reason
from datalayer.reading.publication import Publication
from tests.availability import STEPS, Bought, available_tables, like, silent_tables
from tests.places_that_share import with_moves
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs

NOT_HELD = {
    "policy": "not_stocked",
    "safety_stock": 0.0,
    "reorder_point": 0.0,
    "order_up_to": 0.0,
    "order_quantity": 0.0,
    "status": "ok",
}
Open = Callable[[Manifest], Publication]
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def opened(publisher: Publisher, open_publication: Open) -> Callable[..., Publication]:
    """Opens a publication with steps to buy, what stock is worth changed as a test wants it."""

    def open_it(
        steps: tuple[Bought, ...] = STEPS,
        change: Change = lambda row: row,
        *,
        not_stocked: str = "",
    ) -> Publication:
        tables = available_tables(publisher, steps)
        worth = tables["fact_availability"]
        tables["fact_availability"] = like(worth, [change(row) for row in worth.to_pylist()])
        items = tables["dim_item"]
        named = [
            row | {"name": f"Peça {row['item_id'][-1]}", "unit": "un", "unit_cost": 400.0}
            for row in items.to_pylist()
        ]
        for row in named:
            row["stocked"] = row["item_id"] != not_stocked
        tables["dim_item"] = like(items, named)
        stock = tables["fact_inventory"].to_pylist()
        tables["fact_inventory"] = like(
            tables["fact_inventory"],
            [row | (NOT_HELD if row["item_id"] == not_stocked else {}) for row in stock],
        )
        return open_publication(publisher.publish(tables=tables, lineage={"currency": "BRL"}))

    return open_it


def test_a_step_tells_what_it_costs_what_it_avoids_and_its_neighbours(
    opened: Callable[..., Publication],
) -> None:
    reason = step_reason(opened(), 4)

    assert reason.why.en == (
        "Buying 3 un of Peça 5 (P00005) at Rede, on top of 2 un in stock and on order, costs R$ "
        "300 and avoids 30 tower-hours a month: R$ 1,000 avoid 100 h. It stands at 4 of 6: up to "
        "here R$ 400.30 avoid 80.1% of what the list avoids. Before it stands Peça 2 (P00002) at "
        "Rede, where R$ 1,000 avoid 150 h. After it stands Peça 3 (P00003) at Depósito, where R$ "
        "1,000 avoid 100 h."
    )
    assert reason.why.pt_BR.startswith(
        "Comprar 3 un de Peça 5 (P00005) em Rede, além de 2 un em estoque e pedidos, custa R$ 300 "
        "e evita 30 horas de torre por mês: R$ 1.000 evitam 100 h. Está na posição 4 de 6: até "
        "aqui, R$ 400,30 evitam 80,1% do que a lista evita."
    )


def test_the_first_has_none_before_it_and_the_last_none_after(
    opened: Callable[..., Publication],
) -> None:
    publication = opened()

    first, last = step_reason(publication, 1), step_reason(publication, 6)

    assert (first.before, last.after) == (None, None)
    assert "Before it stands" not in first.why.en
    assert "After it stands" not in last.why.en


def test_a_step_that_avoids_more_for_its_cost_than_the_one_before_says_why_it_stands_behind(
    opened: Callable[..., Publication],
) -> None:
    steps = (("P00002", "network", "CT-A", 1.0, 100.0, 10.0), *STEPS[3:4])
    dearer = (("P00002", "network", "CT-A", 1.0, 100.0, 9.0), *STEPS[3:4])

    weighed, alike = "An hour counts by what it costs its contract", "60 h"
    assert weighed not in step_reason(opened(steps), 1).why.en
    assert weighed in step_reason(opened(dearer), 1).why.en
    assert weighed in step_reason(opened(dearer), 2).why.en
    assert alike not in step_reason(opened(dearer), 2).why.en


def test_what_the_past_has_not_seen_is_said_not_to_be_promised(
    opened: Callable[..., Publication],
) -> None:
    publication = opened(change=lambda row: row | ({"supported": False} if row["position"] else {}))

    assert "nobody can promise that" in step_reason(publication, 1).why.en
    assert "não se pode prometer" in step_reason(publication, 1).why.pt_BR


def test_a_step_that_costs_nothing_divides_by_nothing(opened: Callable[..., Publication]) -> None:
    free = ("P00002", "network", "CT-A", 1.0, 0.0, 5.0)
    publication = opened((free, *STEPS[3:]))

    assert "costs nothing and avoids 5 tower-hours a month." in step_reason(publication, 1).why.en
    assert "where R$ 1,000 avoid ∞ h" in step_reason(publication, 2).why.en


@pytest.mark.parametrize("rank", [0, -1, 7, 2**62])
def test_a_rank_that_the_list_has_not_is_refused(
    rank: int, opened: Callable[..., Publication]
) -> None:
    with pytest.raises(UnknownRank, match="has no row of rank"):
        step_reason(opened(), rank)


def test_a_part_in_the_list_is_told_by_its_first_step(opened: Callable[..., Publication]) -> None:
    publication = opened()

    assert part_reason(publication, "P00005", "network").en == step_reason(publication, 4).why.en


def test_a_part_with_enough_says_what_its_money_avoids_elsewhere(
    opened: Callable[..., Publication],
) -> None:
    publication = opened(
        STEPS[:4],
        lambda row: (
            row
            | (
                {
                    "position": 9.0,
                    "next_unit_down_hours": 0.2,
                    "next_unit_per_1000": 0.5,
                }
                if row["item_id"] == "P00006"
                else {}
            )
        ),
    )

    why = part_reason(publication, "P00006", "DEPOT")

    assert why.en == (
        "Peça 6 (P00006) at Depósito has 9 un in stock and on order; worth holding: 4 un. Don't "
        "buy: one more costs R$ 400 and avoids 0.20 tower-hours a month. The same money avoids "
        "50.1 h with what stands first in the list."
    )
    assert "Não compre: mais uma unidade custa R$ 400 e evita 0,20 horas" in why.pt_BR


def test_where_the_money_of_one_buys_no_step_what_1000_avoid_is_compared(
    opened: Callable[..., Publication],
) -> None:
    dear = (("P00002", "network", "CT-A", 40.0, 500.0, 50.0),)
    publication = opened(
        dear, lambda row: row | ({"position": 9.0} if row["item_id"] == "P00006" else {})
    )

    why = part_reason(publication, "P00006", "DEPOT").en

    assert "The same money" not in why
    assert "with what stands first in the list, 100 h, and with what stands last, 100 h." in why


def test_a_part_that_lacks_stock_but_is_not_listed_is_not_advised_against(
    opened: Callable[..., Publication],
) -> None:
    why = part_reason(opened(STEPS[:1]), "P00005", "network").en

    assert why.startswith("Peça 5 (P00005) at Rede is not in the buy list. One more costs R$ 400")
    assert "Don't buy" not in why


def test_a_part_that_is_not_held_is_not_bought_and_no_money_is_told_of_it(
    opened: Callable[..., Publication],
) -> None:
    why = part_reason(opened(STEPS[:1], not_stocked="P00005"), "P00005", "network")

    assert why.en == (
        "Peça 5 (P00005) at Rede isn't to be held in stock, so nothing of it is bought."
    )
    assert why.pt_BR.endswith("não se mantém em estoque; por isso nada dela se compra.")


def test_a_part_that_is_left_out_says_why(opened: Callable[..., Publication]) -> None:
    why = part_reason(opened(), "P00001", "network")

    assert why.en == (
        "Peça 1 (P00001) at Rede is in no figure of availability: takes no tower down."
    )
    assert why.pt_BR.endswith("disponibilidade: não derruba torre.")


def test_a_part_that_nothing_is_published_of_says_so(
    opened: Callable[..., Publication], publisher: Publisher, open_publication: Open
) -> None:
    silent = open_publication(publisher.publish(tables=silent_tables(publisher)))

    for publication, part in ((opened(), "P00003"), (silent, "P00002")):
        why = part_reason(publication, part, "network").en
        assert why.startswith("Nothing is published of what stock of")


def test_an_unknown_part_is_refused(opened: Callable[..., Publication]) -> None:
    with pytest.raises(UnknownItem):
        part_reason(opened(), "nobody", "network")


def test_hours_too_few_to_show_are_not_shown_as_none(opened: Callable[..., Publication]) -> None:
    publication = opened((("P00002", "network", "CT-A", 1.0, 100.0, 0.001),))

    why = step_reason(publication, 1).why

    assert "avoids less than 0.01 tower-hours a month" in why.en
    assert "evita menos de 0,01 horas de torre por mês" in why.pt_BR


class TestMoves:
    """What is moved before anything is bought is part of what a step stands on."""

    @pytest.fixture
    def moving(self, publisher: Publisher, open_publication: Open) -> Publication:
        """One step of P00002; of P00005, which is not listed, five are brought to the network."""
        tables = with_moves(available_tables(publisher, STEPS[:1]))
        rows = tables["fact_transfer"].to_pylist()
        there = [{**rows[0], "item_id": "P00005", "to_location_id": "network"}, *rows[1:]]
        tables["fact_transfer"] = like(tables["fact_transfer"], there)
        return open_publication(publisher.publish(tables=tables, lineage={"currency": "BRL"}))

    def test_a_step_stands_on_stock_once_moves_are_made(self, moving: Publication) -> None:
        why = step_reason(moving, 1).why

        assert "on top of 2 un in stock and on order once all moves are made, costs" in why.en
        assert "além de 2 un em estoque e pedidos, feitas as transferências, custa" in why.pt_BR

    def test_a_part_that_moves_bring_is_not_told_what_one_more_would_avoid(
        self, moving: Publication
    ) -> None:
        why = part_reason(moving, "P00005", "network")

        assert why.en == (
            "Retificador 48 V 50 A (P00005) at Rede is not in the buy list. Moves bring 5 un there "
            "before anything is bought."
        )
        assert why.pt_BR.endswith("Transferências levam 5 un até lá antes de qualquer compra.")


class TestSupply:
    """What a central store supplies waits there, too."""

    @pytest.fixture
    def supplied(self, publisher: Publisher, open_publication: Open) -> Callable[..., Publication]:
        """The depot is supplied from the network: P00006 and, beside its store, P00005."""

        def open_it(wait: float | None, days: float | None = 3.0) -> Publication:
            tables = available_tables(publisher, STEPS[:4])
            places = tables["dim_location"]
            rule = {"supplied_from": "network", "supply_days": days}
            told = [
                row | (rule if row["location_id"] == "DEPOT" else {}) for row in places.to_pylist()
            ]
            tables["dim_location"] = like(places, told)
            worth = tables["fact_availability"]
            rows = worth.to_pylist()
            rows += [row | {"location_id": "DEPOT"} for row in rows if row["item_id"] == "P00005"]
            of_depot = [
                row | {"days_at_store": wait if row["location_id"] == "DEPOT" else None}
                for row in rows
            ]
            key = ("item_id", "location_id")
            made = sorted(of_depot, key=lambda row: tuple(row[name] for name in key))
            tables["fact_availability"] = like(worth, made)
            return open_publication(publisher.publish(tables=tables))

        return open_it

    def test_a_place_tells_the_way_and_what_of_the_wait_is_the_stores(
        self, supplied: Callable[..., Publication]
    ) -> None:
        why = part_reason(supplied(2.5), "P00005", "DEPOT")

        assert (
            "It comes from the central store, Rede: 3 days on the way, and 2.5 days more, on "
            "average, until there is one, with the store's stock of today."
        ) in why.en
        assert "Vem do depósito central, Rede: 3 dias a caminho e, em média, mais 2,5 dias" in (
            why.pt_BR
        )

    def test_a_way_that_nobody_knows_is_not_told(
        self, supplied: Callable[..., Publication]
    ) -> None:
        why = part_reason(supplied(2.5, days=None), "P00005", "DEPOT").en

        assert "store, Rede, where it waits 2.5 days, on average, until there is one" in why

    def test_what_is_weighed_as_if_suppliers_delivered_it_says_so(
        self, supplied: Callable[..., Publication]
    ) -> None:
        why = part_reason(supplied(None), "P00005", "DEPOT").en

        assert "Rede supplies the place, but this part is weighed as if suppliers" in why

    def test_a_central_store_tells_how_many_places_wait_for_it(
        self, supplied: Callable[..., Publication]
    ) -> None:
        why = step_reason(supplied(2.5), 4).why

        assert "It is the central store of 1 place with this part: what a unit avoids" in why.en
        assert "É o depósito central de 1 local com esta peça" in why.pt_BR

    def test_nothing_is_said_of_what_suppliers_deliver(
        self, opened: Callable[..., Publication]
    ) -> None:
        assert "store" not in step_reason(opened(), 4).why.en


class TestRepairs:
    """Of what comes back only a share is bought."""

    @pytest.fixture
    def repairing(self, publisher: Publisher, open_publication: Open) -> Publication:
        """P00002 is bought, P00005 is not; both come back from repair."""
        tables = with_repairs(available_tables(publisher, STEPS[:1]), count=9)
        return open_publication(publisher.publish(tables=tables, lineage={"currency": "BRL"}))

    def test_a_step_says_what_comes_back_from_repair(self, repairing: Publication) -> None:
        why = step_reason(repairing, 1).why

        assert (
            "What fails comes back from repair in 30 days, but for the 20% that are beyond repair."
        ) in why.en
        assert "O que falha volta do conserto em 30 dias, menos os 20% que não têm conserto." in (
            why.pt_BR
        )

    def test_where_all_can_be_repaired_nothing_is_beyond_it(
        self, publisher: Publisher, open_publication: Open
    ) -> None:
        tables = with_repairs(available_tables(publisher, STEPS[:1]), count=9)
        rows = [
            row | {"condemnation": 0.0, "condemned": 0.0}
            for row in tables["fact_repair"].to_pylist()
        ]
        tables["fact_repair"] = pa.Table.from_pylist(rows, tables["fact_repair"].schema)
        why = step_reason(open_publication(publisher.publish(tables=tables)), 1).why

        assert "What fails comes back from repair in 30 days. " in why.en
        assert "O que falha volta do conserto em 30 dias. " in why.pt_BR

    def test_a_part_that_is_not_listed_says_so_as_well(self, repairing: Publication) -> None:
        why = part_reason(repairing, "P00005", "network")

        assert "comes back from repair in 30 days" in why.en

    def test_nothing_is_said_of_what_is_not_repaired(
        self, opened: Callable[..., Publication]
    ) -> None:
        assert "repair" not in step_reason(opened(), 4).why.en


def test_a_later_open_order_is_told_of_a_step_and_of_a_part_that_is_not_listed(
    opened: Callable[..., Publication],
) -> None:
    publication = opened(STEPS[:4], lambda row: row | {"late_days": 20.0})

    listed, other = step_reason(publication, 1).why, part_reason(publication, "P00006", "DEPOT")

    said = "Its last open order comes 20 days later than one placed today would: stock is weighed"
    assert said in listed.en
    assert said in other.en
    assert "Seu último pedido aberto chega 20 dias depois de um que fosse feito" in listed.pt_BR


def test_a_step_says_whether_the_budget_of_its_class_pays_for_it(
    publisher: Publisher, open_publication: Open
) -> None:
    tables = available_tables(publisher)
    of_class = {1: (350.0, 100.0), 4: (350.0, 400.0)}
    steps = [
        row
        | dict(zip(("class_budget", "class_cumulative_cost"), of_class[row["rank"]], strict=True))
        if row["rank"] in of_class
        else row
        for row in tables["fact_buy_list"].to_pylist()
    ]
    tables["fact_buy_list"] = like(tables["fact_buy_list"], steps)
    publication = open_publication(publisher.publish(tables=tables, lineage={"currency": "BRL"}))

    paid, beyond, free = (step_reason(publication, rank).why for rank in (1, 4, 2))

    assert "its class, R$ 350, pays for it: up to here the class costs R$ 100." in paid.en
    assert "R$ 350, doesn't pay for it: with this step the class costs R$ 400." in beyond.en
    assert "não paga por ela: com este passo a classe custa R$ 400." in beyond.pt_BR
    assert "class" not in free.en
