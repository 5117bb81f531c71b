"""The buy list as files of orders: one order of each part, its policy, and where it was cut."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE
from datalayer.kernel.errors import InvalidSelection, UnknownDataSet
from datalayer.marks.tables import STANDING
from datalayer.reading.extracts.bought_rows import BuyOrders
from datalayer.reading.extracts.order_csv import Taking
from datalayer.reading.extracts.order_files import OrderFiles
from datalayer.reading.publication import Publication
from datalayer.reading.questions import buy_list
from tests.availability import available_tables, silent_tables
from tests.extracted import content
from tests.publisher import Publisher
from tests.reading import published_rows
from tests.unit.reading.extracts.conftest import OpenPublication

Row = dict[str, str]
SCHEMA = pa.schema([(column.name, pa.string()) for column in STANDING])


@pytest.fixture
def order_files(audit: AuditLog) -> OrderFiles:
    return OrderFiles(audit)


@pytest.fixture
def publication(publisher: Publisher, open_publication: OpenPublication) -> Publication:
    """Six steps of four parts at two places; the list of actions orders the second of them too."""
    tables = available_tables(publisher)
    manifest = publisher.publish(tables=tables, lineage={"currency": "BRL"})
    return open_publication(manifest)


def asked(
    publication: Publication, *pairs: tuple[str, str], aside: tuple[str, ...] = ()
) -> BuyOrders:
    rows = [
        dict.fromkeys(SCHEMA.names)
        | {
            "item_id": code,
            "location_id": "network",
            "action": "order",
            "ref": "-",
            "state": "put_aside",
        }
        for code in aside
    ]
    wanted = buy_list.buy_listing(publication.registry, pairs)
    return BuyOrders(wanted, pa.Table.from_pylist(rows, schema=SCHEMA))


def taken(
    order_files: OrderFiles,
    publication: Publication,
    *pairs: tuple[str, str],
    aside: tuple[str, ...] = (),
    profile: str = "plain",
) -> list[Row]:
    wanted = asked(publication, *pairs, aside=aside)
    extract = order_files.of_buys(publication, profile, wanted, ANYONE)
    return list(csv.DictReader(io.StringIO(content(extract).decode("utf-8-sig"))))


def test_steps_of_a_part_are_one_order_in_the_order_of_the_list(
    order_files: OrderFiles, publication: Publication
) -> None:
    rows = taken(order_files, publication)

    assert [(row["item_id"], row["location_id"], row["quantity"]) for row in rows] == [
        ("P00002", "network", "3.0"),
        ("P00003", "DEPOT", "2.0"),
        ("P00005", "network", "3.0"),
        ("P00006", "DEPOT", "1.0"),
    ]
    assert [row["line"] for row in rows] == ["1", "2", "3", "4"]


def test_only_what_the_budget_pays_for_is_ordered(
    order_files: OrderFiles, publication: Publication
) -> None:
    rows = taken(order_files, publication, ("budget", "100.2"))

    assert [(row["item_id"], row["quantity"]) for row in rows] == [
        ("P00002", "2.0"),
        ("P00003", "1.0"),
    ]


def test_a_budget_of_0_orders_nothing(order_files: OrderFiles, publication: Publication) -> None:
    assert taken(order_files, publication, ("budget", "0")) == []


def test_each_row_says_the_policy_and_where_the_list_was_cut(
    order_files: OrderFiles, publication: Publication
) -> None:
    row = taken(order_files, publication, ("budget", "100.3"))[0]

    assert row["tier"] == "By the price of a tower-hour"
    assert row["reason"] == (
        "By the price of a tower-hour: 3 un on top of 2 un in stock and on order cost R$ 100.20 "
        "and avoid 50.0 tower-hours a month. Buy list from rank 1 to 3 of 6, cut at R$ 100.30."
    )


def test_filters_and_an_uncut_list_are_told(
    order_files: OrderFiles, publication: Publication
) -> None:
    row = taken(order_files, publication, ("contract_id", "CT-B"))[0]

    assert row["reason"].endswith(
        "Buy list from rank 2 to 5 of 6, no budget; only contract_id=CT-B."
    )


def test_a_spreadsheet_for_brazil_is_told_in_portuguese(
    order_files: OrderFiles, publication: Publication
) -> None:
    wanted = asked(publication, ("budget", "100.1"))

    text = content(order_files.of_buys(publication, "generic", wanted, ANYONE)).decode()

    assert '"Pelo preço da hora de torre"' in text
    assert "Lista de compra da posição 1 à 2 de 6, cortada em R$ 100,10." in text


def test_what_planners_put_aside_is_left_out_and_buys_nothing_else(
    order_files: OrderFiles, publication: Publication
) -> None:
    rows = taken(order_files, publication, ("budget", "100.3"), aside=("P00002",))

    assert [row["item_id"] for row in rows] == ["P00003"]
    assert "from rank 1 to 3 of 6" in rows[0]["reason"]


def test_days_are_those_of_the_list_of_actions_or_none(
    order_files: OrderFiles, publication: Publication
) -> None:
    rows = {row["item_id"]: row for row in taken(order_files, publication)}

    ordered = {
        row["item_id"]: row
        for row in published_rows(publication, "fact_action", 10_000).table.to_pylist()
        if row["action"] == "order"
    }
    assert set(ordered) & set(rows)
    for code, row in rows.items():
        due = ordered[code]["due"].isoformat() if code in ordered else ""
        assert row["order_by"] == (due if row["location_id"] == "network" else "")


def test_each_place_has_its_file_where_the_profile_wants_it(
    order_files: OrderFiles, publication: Publication
) -> None:
    extract = order_files.of_buys(publication, "sap-pr", asked(publication), ANYONE)

    with zipfile.ZipFile(io.BytesIO(content(extract))) as archive:
        names = sorted(archive.namelist())
    assert names == [
        f"buy_orders_DEPOT_{publication.id}_sap-pr.csv",
        f"buy_orders_network_{publication.id}_sap-pr.csv",
    ]


def test_protheus_can_write_every_sentence(
    order_files: OrderFiles, publication: Publication
) -> None:
    extract = order_files.of_buys(publication, "protheus-sc", asked(publication), ANYONE)

    assert content(extract)


def test_who_takes_it_is_told_by_file_and_log(
    order_files: OrderFiles, publication: Publication, audit: AuditLog
) -> None:
    taking = Taking("Ana", datetime(2026, 11, 23, 9, tzinfo=UTC))
    wanted = asked(publication, ("budget", "250"), ("contract_id", "CT-B"))

    extract = order_files.of_buys(publication, "plain", wanted, ANYONE, taking=taking)

    assert ',"Ana",' in content(extract).decode()
    assert extract.file_name.endswith("_plain_20261123T090000+0000_Ana.csv")
    details = json.loads(json.dumps(dict(audit.entries(1)[0].details)))
    assert (details["buy_list"], details["budget"]) == ("contract_id=CT-B", "250")
    assert details["taken_by"] == "Ana"


def test_an_unknown_profile_is_refused(order_files: OrderFiles, publication: Publication) -> None:
    with pytest.raises(InvalidSelection, match="profile"):
        order_files.of_buys(publication, "xls", asked(publication), ANYONE)


def test_a_publication_without_a_buy_list_is_refused(
    order_files: OrderFiles, publisher: Publisher, open_publication: OpenPublication
) -> None:
    silent = open_publication(publisher.publish(tables=silent_tables(publisher)))

    with pytest.raises(UnknownDataSet, match="fact_buy_list"):
        order_files.of_buys(silent, "plain", asked(silent), ANYONE)
