"""Files of orders have the bytes that other programs take, and say where each row comes from."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from datalayer.access.audit.log import AuditLog
from datalayer.access.identity import ANYONE
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import (
    InvalidSelection,
    UnknownDataSet,
    UnwritableOrder,
)
from datalayer.marks.tables import STANDING
from datalayer.reading.extracts.order_csv import Taking
from datalayer.reading.extracts.order_files import OrderFiles
from datalayer.reading.extracts.order_rows import OrdersOfTiers
from datalayer.reading.publication import Publication
from tests.extracted import content
from tests.publisher import Publisher
from tests.unit.reading.extracts.conftest import OpenPublication

SAO_PAULO = timezone(timedelta(hours=-3))
GENERATED_AT = datetime(2026, 11, 21, 6, tzinfo=UTC)
NOTHING_MARKED = pa.Table.from_pylist(
    [], schema=pa.schema([(column.name, pa.string()) for column in STANDING])
)
WHY = "Acaba sex 04/12/2026; chance de faltar: 4 em 10."
LONG_REASON = (
    f"{WHY} Confira antes: um pedido de 30 unidades é mais que o uso do último ano, 12 unidades."
)
PLACES = ("network", "SE", "CD-RJ", "CD-SP")


def tables_of(publisher: Publisher, **names: str) -> dict[str, pa.Table]:
    """A publication of three parts at two depots of one region."""
    tables = publisher.tables(generated_at=GENERATED_AT, items=3)

    def put(data_set: str, rows: list[dict[str, Any]]) -> None:
        tables[data_set] = pa.Table.from_pylist(rows, schema=tables[data_set].schema)

    parts = ("-5X", "0302001", "B")
    items = tables["dim_item"].to_pylist()
    put(
        "dim_item",
        [
            row
            | {
                "item_id": code,
                "name": names.get("name", "Retificador 48 V"),
                "unit_cost": 12.5,
                "supplier": None,
            }
            for row, code in zip(items, parts, strict=True)
        ],
    )
    (network,) = tables["dim_location"].to_pylist()
    above = {"SE": "network", "CD-RJ": "SE", "CD-SP": "SE"}
    put(
        "dim_location",
        [
            network | {"location_id": place, "parent_location_id": above.get(place)}
            for place in sorted(PLACES)
        ],
    )
    first, *_ = tables["fact_action"].to_pylist()
    # Part, place, tier, units, reason to check with its numbers.
    asked = [
        ("0302001", "CD-SP", "late", 30.0, ("above_a_year", 30.0, 12.0)),
        ("-5X", "CD-RJ", "late", 2.5, (None, None, None)),
        ("0302001", "network", "late", 32.5, (None, None, None)),
        ("B", "CD-SP", "this_week", 1234.0, (None, None, None)),
        ("B", "CD-RJ", "will_run_out", 7.0, (None, None, None)),
    ]
    put(
        "fact_action",
        sorted(
            (
                first
                | {"item_id": item, "location_id": place, "tier": tier, "quantity": units}
                | dict(zip(("check_first", "check_observed", "check_expected"), check, strict=True))
                | {"rank": rank}
                | {"due": date(2026, 11, 20), "arrives": date(2026, 12, 4)}
                for rank, (item, place, tier, units, check) in enumerate(asked, start=1)
            ),
            key=lambda row: (row["item_id"], row["location_id"]),
        ),
    )
    return tables


@pytest.fixture
def order_files(audit: AuditLog) -> OrderFiles:
    return OrderFiles(audit)


@pytest.fixture
def publication(publisher: Publisher, open_publication: OpenPublication) -> Publication:
    """Orders of three parts at two depots, and of one for the whole network."""
    tables = tables_of(publisher)
    return open_publication(publisher.publish(generated_at=GENERATED_AT, tables=tables))


def of_tiers(*tiers: str, places: tuple[str, ...] = ()) -> OrdersOfTiers:
    return OrdersOfTiers(tiers, places, NOTHING_MARKED)


def rows_of(text: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows of a file in UTF-8."""
    lines = io.StringIO(text.decode("utf-8-sig"))
    return list(csv.DictReader(lines, delimiter=delimiter))


def unpacked(packed: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_generic_list_opens_in_a_spreadsheet_with_its_codes(
    order_files: OrderFiles, publication: Publication
) -> None:
    extract = order_files.of_tiers(publication, "generic", of_tiers("late"), ANYONE)

    taken = content(extract)

    assert (
        taken
        == (
            "\ufeffline;item_id;sku;name;supplier;location_id;quantity;proposed_quantity;unit;"
            "unit_cost;value;order_by;arrives;tier;reason;publication_id;taken_by;taken_at\r\n"
            '"=""1""";"=""0302001""";"NC-P00002";"Retificador 48 V";;"CD-SP";30,0;30,0;"un";12,5;'
            f'375,0;20/11/2026;04/12/2026;"Atrasado";"{LONG_REASON}";"=""{publication.id}""";;\r\n'
            '"=""2""";"\'-5X";"NC-P00001";"Retificador 48 V";;"CD-RJ";2,5;2,5;"un";12,5;'
            f'31,25;20/11/2026;04/12/2026;"Atrasado";"{WHY}";"=""{publication.id}""";;\r\n'
        ).encode()
    )
    assert (extract.rows, extract.media_type) == (2, "text/csv; charset=utf-8; header=present")


def test_sap_has_a_file_for_each_plant(order_files: OrderFiles, publication: Publication) -> None:
    extract = order_files.of_tiers(publication, "sap-pr", of_tiers("late", "this_week"), ANYONE)

    files = unpacked(content(extract))
    head = (
        "DOC_TYPE;PREQ_ITEM;MATERIAL;QUANTITY;PLANT;PUR_GROUP;DELIV_DATE;FAROL_PUBLICATION;"
        "FAROL_REASON;FAROL_TAKEN_BY;FAROL_TAKEN_AT\r\n"
    )
    assert files == {
        f"orders_CD-SP_{publication.id}_sap-pr.csv": (
            f'{head}"NB";"00010";"0302001";30.0;"CD-SP";"";20261204;"{publication.id}";'
            f'"{LONG_REASON}";;\r\n'
            f'"NB";"00020";"B";1234.0;"CD-SP";"";20261204;"{publication.id}";"{WHY}";;\r\n'
        ).encode(),
        f"orders_CD-RJ_{publication.id}_sap-pr.csv": (
            f'{head}"NB";"00010";"\'-5X";2.5;"CD-RJ";"";20261204;"{publication.id}";"{WHY}";;\r\n'
        ).encode(),
    }
    assert extract.file_name == f"orders_{publication.id}_sap-pr.zip"
    assert extract.media_type == "application/zip"


def test_protheus_is_written_in_its_own_encoding(
    order_files: OrderFiles, publication: Publication
) -> None:
    wanted = of_tiers("late", places=("CD-SP",))

    extract = order_files.of_tiers(publication, "protheus-sc", wanted, ANYONE, form="csv")

    assert content(extract) == (
        "C1_FILIAL;C1_NUM;C1_SOLICIT;C1_EMISSAO;C1_ITEM;C1_PRODUTO;C1_UM;C1_QUANT;C1_DATPRF;C1_OBS;"
        "FAROL_MOTIVO;FAROL_LEVADO_POR;FAROL_LEVADO_EM\r\n"
        f'"CD-SP";"";"FAROL";21/11/2026;"0001";"0302001";"un";30.0;04/12/2026;"{publication.id}";'
        f'"{LONG_REASON}";;\r\n'
    ).encode("cp1252")
    assert extract.media_type == "text/csv; charset=windows-1252; header=present"


def test_the_same_orders_are_the_same_bytes(
    order_files: OrderFiles, publication: Publication
) -> None:
    made = [
        content(order_files.of_tiers(publication, "sap-pr", of_tiers("late", "this_week"), ANYONE))
        for _ in range(2)
    ]

    assert made[0] == made[1]


def test_what_was_put_aside_is_not_ordered(
    order_files: OrderFiles, publication: Publication
) -> None:
    names = [column.name for column in STANDING]
    aside = dict.fromkeys(names) | {
        "item_id": "-5X",
        "location_id": "CD-RJ",
        "action": "order",
        "ref": "-",
        "state": "put_aside",
    }
    marked = pa.Table.from_pylist([aside], schema=NOTHING_MARKED.schema)
    wanted = OrdersOfTiers(("late",), (), marked)

    extract = order_files.of_tiers(publication, "generic", wanted, ANYONE)

    assert extract.rows == 1


def test_chosen_orders_keep_their_order_and_are_as_proposed_unless_changed(
    order_files: OrderFiles, publication: Publication
) -> None:
    extract = order_files.of_ranks(publication, "plain", {4: 9, 1: None, 5: None}, ANYONE)

    assert [
        (
            row["item_id"],
            row["location_id"],
            row["quantity"],
            row["proposed_quantity"],
            row["value"],
        )
        for row in rows_of(content(extract))
    ] == [
        ("B", "CD-SP", "9.0", "1234.0", "112.5"),
        ("0302001", "CD-SP", "30.0", "30.0", "375.0"),
        ("B", "CD-RJ", "7.0", "7.0", "87.5"),
    ]


def test_a_changed_quantity_is_said_in_every_file(
    order_files: OrderFiles, publication: Publication
) -> None:
    for profile, reason in (("generic", "reason"), ("sap-pr", "FAROL_REASON")):
        text = content(order_files.of_ranks(publication, profile, {4: 9}, ANYONE))

        assert rows_of(text, ";")[0][reason] == (
            f"Quantidade alterada à mão; proposta: 1.234. {WHY}"
        )


def test_a_file_speaks_the_language_that_is_asked_for(
    order_files: OrderFiles, publication: Publication
) -> None:
    extract = order_files.of_ranks(publication, "generic", {4: None}, ANYONE, language="en")

    (row,) = rows_of(content(extract), ";")
    assert (row["tier"], row["reason"]) == (
        "This week",
        "Runs out Fri 4 Dec 2026, chance of a shortage 4 in 10.",
    )


def test_orders_taken_along_say_by_whom_and_when_inside_and_in_the_name(
    order_files: OrderFiles, publication: Publication
) -> None:
    taking = Taking("João P.", datetime(2026, 11, 23, 7, 4, 5, tzinfo=SAO_PAULO))

    extract = order_files.of_ranks(publication, "plain", {4: None}, ANYONE, taking=taking)

    (row,) = rows_of(content(extract))
    assert (row["taken_by"], row["taken_at"]) == ("João P.", "2026-11-23T07:04:05-03:00")
    assert extract.file_name == f"orders_{publication.id}_plain_20261123T070405-0300_Joao-P.csv"


def test_each_file_of_a_place_says_who_took_it(
    order_files: OrderFiles, publication: Publication
) -> None:
    taking = Taking("Ana", datetime(2026, 11, 23, 7, tzinfo=UTC))

    extract = order_files.of_ranks(publication, "sap-pr", {4: None, 5: None}, ANYONE, taking=taking)

    files = unpacked(content(extract))
    end = f"{publication.id}_sap-pr_20261123T070000+0000_Ana.csv"
    assert list(files) == [f"orders_CD-SP_{end}", f"orders_CD-RJ_{end}"]
    assert all(rows_of(file, ";")[0]["FAROL_TAKEN_BY"] == "Ana" for file in files.values())


def test_a_quantity_that_breaks_minimum_or_multiple_is_refused_with_the_next_that_keeps_them(
    publisher: Publisher, open_publication: OpenPublication, order_files: OrderFiles
) -> None:
    tables = tables_of(publisher)
    stock, *_ = tables["fact_inventory"].to_pylist()
    kept = {"minimum_order": 50.0, "order_multiple": 20.0, "lot": 1.0}
    row = stock | kept | {"item_id": "B", "location_id": "CD-SP"}
    tables["fact_inventory"] = pa.Table.from_pylist([row], schema=tables["fact_inventory"].schema)
    publication = open_publication(publisher.publish(generated_at=GENERATED_AT, tables=tables))

    with pytest.raises(InvalidSelection) as refused:
        order_files.of_ranks(publication, "plain", {4: 41}, ANYONE)

    assert "quantity is 41 of B; it must be 60" in str(refused.value)
    assert order_files.of_ranks(publication, "plain", {4: 60}, ANYONE).rows == 1


def test_nothing_to_order_is_a_file_with_its_headings(
    order_files: OrderFiles, publication: Publication
) -> None:
    for profile in publication.registry.order_profiles:
        extract = order_files.of_tiers(publication, profile, of_tiers("surplus"), ANYONE)

        assert (extract.rows, content(extract).count(b"\r\n")) == (0, 1)


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        ({4: 0.0}, "quantity is 0 of B; it must be above 0"),
        ({4: float("nan")}, "quantity is nan of B; it must be above 0"),
        ({4: float("inf")}, "quantity is inf of B; it must be above 0"),
        ({4: 1e12}, "quantity is 1e+12 of B; it must be at most 12340, 10 times what is proposed"),
        ({1: None, 3: None}, "location is CD-SP and network of 0302001"),
        ({99: None}, "rows is 99; it must be places of orders in the list of publication"),
    ],
)
def test_rows_that_can_not_be_ordered_are_refused(
    order_files: OrderFiles,
    publication: Publication,
    quantities: dict[int, float | None],
    refusal: str,
) -> None:
    with pytest.raises(InvalidSelection) as refused:
        order_files.of_ranks(publication, "generic", quantities, ANYONE)

    assert refusal in str(refused.value)


@pytest.mark.parametrize(
    ("profile", "wanted", "form", "refusal"),
    [
        ("oracle", of_tiers("late"), None, "one of generic, plain, sap-pr, protheus-sc"),
        ("generic", of_tiers("soon"), None, "tier is soon; it must be one or more of late"),
        ("generic", of_tiers(), None, "tier is not given"),
        ("generic", of_tiers("late", places=("SE", "CD-SP")), None, "CD-SP and SE; it must be"),
        ("generic", of_tiers("late", places=("SE", "SE")), None, "SE twice"),
        ("sap-pr", of_tiers("late"), "csv", "it must be zip: sap-pr has a file for each of 2"),
    ],
)
def test_what_can_not_be_asked_for_is_refused(
    order_files: OrderFiles,
    publication: Publication,
    profile: str,
    wanted: OrdersOfTiers,
    form: Any,
    refusal: str,
) -> None:
    with pytest.raises(InvalidSelection) as refused:
        order_files.of_tiers(publication, profile, wanted, ANYONE, form=form)

    assert refusal in str(refused.value)


def test_a_publication_from_before_actions_has_no_order_file(
    publisher: Publisher, open_publication: OpenPublication, order_files: OrderFiles
) -> None:
    tables = publisher.tables(generated_at=GENERATED_AT, items=3)
    del tables["fact_action"]
    old = open_publication(publisher.publish(generated_at=GENERATED_AT, tables=tables))

    with pytest.raises(UnknownDataSet, match="no data set fact_action"):
        order_files.of_tiers(old, "generic", of_tiers("late"), ANYONE)


def test_a_text_that_the_encoding_has_not_is_named(
    publisher: Publisher, open_publication: OpenPublication, order_files: OrderFiles
) -> None:
    tables = tables_of(publisher)
    rows = [row | {"unit": "Ω"} for row in tables["dim_item"].to_pylist()]
    tables["dim_item"] = pa.Table.from_pylist(rows, schema=tables["dim_item"].schema)
    publication = open_publication(publisher.publish(generated_at=GENERATED_AT, tables=tables))

    with pytest.raises(UnwritableOrder, match="cp1252 has no 'Ω'"):
        order_files.of_tiers(publication, "protheus-sc", of_tiers("late"), ANYONE)


def test_each_file_taken_is_audited(
    order_files: OrderFiles, publication: Publication, audit: AuditLog
) -> None:
    extract = order_files.of_tiers(publication, "generic", of_tiers("late"), ANYONE)

    taken = content(extract)

    begun, delivered = sorted(audit.entries(2), key=lambda entry: entry.outcome)
    assert (begun.outcome, delivered.outcome) == ("begun", "delivered")
    assert begun.details["profile"] == "generic"
    assert begun.details["tiers"] == "late"
    assert delivered.details["bytes"] == len(taken)
    assert delivered.details["sha256"] == extract.key


def test_every_profile_takes_all_its_columns_from_the_contract(registry: Registry) -> None:
    assert list(registry.order_profiles) == ["generic", "plain", "sap-pr", "protheus-sc"]
    for profile in registry.order_profiles.values():
        values = {f"{column.data_set}.{column.name}" for column in profile.columns}
        assert {"order.quantity", "order.publication_id", "order.reason"} <= values
        assert "dim_item.item_id" in values
