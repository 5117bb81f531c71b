"""Invoice lines become demand: cancellations netted, corrections and charges set aside."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ml_jobs.data import DEMAND
from ml_jobs.errors import InputError
from ml_jobs.inputs.demand.demand_rows import DemandRows
from ml_jobs.inputs.demand.invoices import location_code, merge_catalogues, read_invoices
from ml_jobs.inputs.demand.reasons import USED, Reasons, RejectReason

pytestmark = pytest.mark.ml

HEADER = "invoice_no,stock_code,description,quantity,invoice_date,unit_price,country"
TODAY = date(2026, 11, 21)


def names(reasons: Reasons) -> list[str]:
    return ["" if number == USED else [*RejectReason][number - 1] for number in reasons]


def read(folder: Path, *lines: str, location_column: str | None = None) -> DemandRows:
    path = folder / "lines.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return read_invoices(path, today=TODAY, location_column=location_column)


def line(
    invoice: str = "1",
    code: str = "22423",
    name: str = "CAKE STAND",
    quantity: str = "3",
    moment: str = "2011-05-01 10:00:00",
    price: str = "2.5",
    country: str = "Brazil",
) -> str:
    return ",".join([invoice, code, name, quantity, moment, price, country])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(code="POST"), RejectReason.NON_STOCK_CODE),
        (line(code="m"), RejectReason.NON_STOCK_CODE),
        (line(code="BANK CHARGES"), RejectReason.NON_STOCK_CODE),
        (line(code="C2"), RejectReason.NON_STOCK_CODE),
        (line(code="gift_0001_20"), RejectReason.NON_STOCK_CODE),
        (line(code=""), RejectReason.MISSING_ITEM),
        (line(name=" "), RejectReason.MISSING_DESCRIPTION),
        (line(price="0"), RejectReason.NON_POSITIVE_PRICE),
        (line(price="-11062.06"), RejectReason.NON_POSITIVE_PRICE),
        (line(price=""), RejectReason.NON_POSITIVE_PRICE),
        (line(quantity="0"), RejectReason.NON_POSITIVE_QUANTITY),
        (line(quantity="-4"), RejectReason.NON_POSITIVE_QUANTITY),
        (line(quantity="many"), RejectReason.BAD_QUANTITY),
        (line(moment="2011-13-01 10:00:00"), RejectReason.BAD_DATE),
        (line(invoice="C2", quantity="-9"), RejectReason.UNMATCHED_CANCELLATION),
    ],
)
def test_a_line_that_is_no_demand_is_set_aside_with_its_reason(
    tmp_path: Path, bad: str, reason: RejectReason
) -> None:
    rows = read(tmp_path, line(), bad)

    assert names(rows.reasons) == ["", reason]


def test_a_cancellation_undoes_the_latest_earlier_sale_of_its_item_and_quantity(
    tmp_path: Path,
) -> None:
    rows = read(
        tmp_path,
        line(invoice="1", moment="2011-05-01 10:00:00"),
        line(invoice="2", moment="2011-05-02 10:00:00"),
        line(invoice="3", moment="2011-05-03 10:00:00", quantity="4"),
        line(invoice="C4", moment="2011-05-04 10:00:00", quantity="-3"),
        line(invoice="5", moment="2011-05-05 10:00:00"),
    )

    assert names(rows.reasons) == [
        "",
        RejectReason.CANCELLED_SALE,
        "",
        RejectReason.CANCELLATION,
        "",
    ]


def test_a_sale_is_undone_once_only(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        line(invoice="1", quantity="5"),
        line(invoice="2"),
        line(invoice="C3", quantity="-3"),
        line(invoice="C4", quantity="-3"),
    )

    assert names(rows.reasons) == [
        "",
        RejectReason.CANCELLED_SALE,
        RejectReason.CANCELLATION,
        RejectReason.UNMATCHED_CANCELLATION,
    ]


def test_a_cancellation_before_the_sale_undoes_nothing(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        line(invoice="C1", quantity="-3", moment="2011-05-01 09:00:00"),
        line(invoice="2", moment="2011-05-01 10:00:00"),
    )

    assert names(rows.reasons) == [RejectReason.UNMATCHED_CANCELLATION, ""]


@pytest.mark.parametrize("day", ["2011-05-01", "25/05/2011"])
def test_lines_of_one_day_are_ordered_by_their_time(tmp_path: Path, day: str) -> None:
    rows = read(
        tmp_path,
        line(invoice="1", moment=f"{day} 10:00:00"),
        line(invoice="3", moment=f"{day} 12:00:00"),
        line(invoice="C2", quantity="-3", moment=f"{day} 11:00:00"),
    )

    assert names(rows.reasons) == [RejectReason.CANCELLED_SALE, "", RejectReason.CANCELLATION]


def test_codes_are_compared_in_upper_case(tmp_path: Path) -> None:
    rows = read(tmp_path, line(code="85123a"), line(code="85123A"))

    assert rows.items.texts.tolist() == ["85123A", "85123A"]


def test_the_most_frequent_description_is_the_name(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path, line(name="damaged?"), line(name="CAKE  STAND "), line(name="CAKE STAND")
    ).catalogue

    assert catalogue.columns["name"] == {"22423": "CAKE STAND"}


def test_unit_costs_and_categories_are_said_to_be_assumed(tmp_path: Path) -> None:
    lines = [line(code=f"1000{n}", name=f"TIN BOX {n} RED", price=f"{n + 1}") for n in range(5)]

    catalogue = read(tmp_path, *lines, line(code="20000", name="UMBRELLA")).catalogue

    assert catalogue.assumed == {"unit_cost", "category"}
    assert catalogue.columns["unit_cost"]["10002"] == 3.0
    assert set(catalogue.columns["category"].values()) == {"box"}
    assert "20000" not in catalogue.columns["category"]


def test_columns_that_are_missing_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text("invoice_no,description,quantity,invoice_date\n1,A,2,2011-05-01\n")

    with pytest.raises(InputError, match="has no column stock_code, unit_price; it has invoice_no"):
        read_invoices(path, today=TODAY)


def test_every_line_of_the_bundled_data_is_used_or_set_aside() -> None:
    rows = read_invoices(DEMAND, today=TODAY)

    accounting = rows.accounting
    assert accounting.read == accounting.used + sum(accounting.set_aside.values())
    assert (
        accounting.set_aside[RejectReason.CANCELLATION]
        == accounting.set_aside[RejectReason.CANCELLED_SALE]
    )
    assert accounting.used > 0.95 * accounting.read
    assert set(rows.items.texts[rows.used]) == set(rows.catalogue.columns["name"])


def test_a_column_can_name_the_places(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        line(country="United Kingdom"),
        line(country="EIRE"),
        line(country=" United Kingdom "),
        location_column="Country",
    )

    assert rows.locations is not None
    assert rows.locations.texts.tolist() == ["UNITED-KINGDOM", "EIRE", "UNITED-KINGDOM"]
    assert rows.location_names == {"EIRE": "EIRE", "UNITED-KINGDOM": "United Kingdom"}


def test_without_that_column_lines_name_no_place(tmp_path: Path) -> None:
    rows = read(tmp_path, line())

    assert rows.locations is None


def test_a_line_without_a_place_is_set_aside_where_places_are_asked_for(tmp_path: Path) -> None:
    rows = read(tmp_path, line(), line(country=""), location_column="country")

    assert names(rows.reasons) == ["", RejectReason.MISSING_LOCATION]


def test_a_column_of_places_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column depot; it has invoice_no"):
        read(tmp_path, line(), location_column="depot")


def test_a_cancellation_undoes_sales_of_its_own_place_only(tmp_path: Path) -> None:
    lines = [
        line(invoice="1", country="EIRE"),
        line(invoice="2", country="Brazil", moment="2011-05-02 10:00:00"),
        line(invoice="C3", country="EIRE", quantity="-3", moment="2011-05-03 10:00:00"),
    ]

    with_places = read(tmp_path, *lines, location_column="country")
    without = read(tmp_path, *lines)

    assert names(with_places.reasons) == [
        RejectReason.CANCELLED_SALE,
        "",
        RejectReason.CANCELLATION,
    ]
    assert names(without.reasons) == ["", RejectReason.CANCELLED_SALE, RejectReason.CANCELLATION]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("United Kingdom", "UNITED-KINGDOM"),
        ("São Paulo (SP)", "SAO-PAULO-SP"),
        ("depot_07", "DEPOT-07"),
        ("Malmö", "MALMO"),
        ("東京", "U6771U4EAC"),
        ("København", "KU00D8BENHAVN"),
        (" - ", ""),
    ],
)
def test_codes_of_places_are_ascii_capitals(text: str, code: str) -> None:
    assert location_code(text) == code


def test_categories_of_several_files_come_from_the_names_of_all(tmp_path: Path) -> None:
    one, two = (
        read(tmp_path, *(line(code=f"{k}000{n}", name=f"TIN BOX {n}") for n in range(2))).catalogue
        for k in "12"
    )

    both = merge_catalogues([one, two])

    assert not one.columns["category"]
    assert both.columns["category"] == dict.fromkeys(["10000", "10001", "20000", "20001"], "box")
    assert both.rules == one.rules
    assert merge_catalogues([one]) == one
