"""A file of open orders is read line by line; what can't be used is refused or named."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_jobs.errors import InputError
from ml_jobs.inputs.files.reading import ReadingOptions
from ml_jobs.inputs.files.usual_headings import usual_columns
from ml_jobs.inputs.locations import Hierarchy, Location
from ml_jobs.inputs.master_file import MasterFile
from ml_jobs.inputs.orders_file import open_lines, orders_of, read_orders
from ml_jobs.panel import NETWORK, Frequency, Panel

pytestmark = pytest.mark.ml

TODAY = date(2026, 11, 27)
TREE = Hierarchy(
    (
        Location("RJ", "Rio", "depot", "SE"),
        Location("SE", "Sudeste", "region", NETWORK),
        Location("SP", "São Paulo", "depot", "SE"),
        Location(NETWORK, "Network", NETWORK),
    )
)
HEADER = "order_id,line,item_id,location_id,supplier,quantity,received,due"


def read(folder: Path, *rows: str, header: str = HEADER, **reading: object) -> MasterFile:
    path = folder / "orders.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return read_orders(path, TODAY, ReadingOptions(**reading))


def opened(file: MasterFile) -> list[tuple[str, str, float]]:
    rows = file.table.to_pylist()
    return [(f"{row['order_id']}/{row['line']}", row["item_id"], row["quantity"]) for row in rows]


def panel_of(*keys: tuple[str, str]) -> Panel:
    items, places = zip(*keys, strict=True)
    count = len(keys)
    dates = Frequency.DAILY.calendar(np.datetime64("2026-11-01"), 2)
    return Panel(
        items, places, dates, np.ones((count, 2)), np.zeros(count, np.int64), Frequency.DAILY
    )


def test_what_is_received_is_not_open(tmp_path: Path) -> None:
    file = read(tmp_path, "45,10,A,SP,ACME,10,4,2026-12-01", "45,20,B,,,5,,2026-12-02")

    assert opened(file) == [("45/10", "A", 6.0), ("45/20", "B", 5.0)]
    assert file.table["location_id"].to_pylist() == ["SP", NETWORK]
    assert file.table["due"].to_pylist() == [date(2026, 12, 1), date(2026, 12, 2)]
    assert file.notes == ()


def test_lines_without_numbers_are_numbered_in_each_order(tmp_path: Path) -> None:
    file = read(tmp_path, "45,A,1", "46,A,2", "45,B,3", header="order_id,item_id,quantity")

    assert opened(file) == [("45/1", "A", 1.0), ("46/1", "A", 2.0), ("45/2", "B", 3.0)]


def test_every_fault_of_an_orders_file_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(
            tmp_path,
            "45,10,A,SP,,10,,2026-12-01",
            "45,10,B,SP,,5,,2026-12-01",
            ",10,B,SP,,5,,2026-12-01",
            "46,1,,SP,,5,,2026-12-01",
            "46,2,B,SP,,few,,soon",
            "46,3,B,SP,,5,-1,1999-12-31",
            "46,4,B,SP,,,,2036-11-28",
        )

    said = str(refused.value)
    for expected in (
        "order_id is missing in 1 row(s)",
        "order_id and line must be unique; found more than once: '45/10'",
        "item_id is missing in 1 row(s)",
        "quantity has 'few'; it must be a number from 0 to 1e+12",
        "received has '-1'; it must be a number from 0",
        "quantity is missing in 2 row(s)",
        "due has 'soon'; it must be a date such as 2026-11-20, or nothing",
        "due must lie from 2000-01-01 to 2036-11-27, 10 years after the day of the forecast",
        "found '1999-12-31 of 46/3', '2036-11-28 of 46/4'",
    ):
        assert expected in said


def test_an_order_and_a_line_that_read_alike_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must be unique; found more than once: 'A/1/2'"):
        read(tmp_path, "A/1,2,X,,,5,,", "A,1/2,X,,,5,,")


def test_what_received_more_than_was_ordered_has_nothing_open(tmp_path: Path) -> None:
    file = read(tmp_path, "45,10,A,SP,,10,12,2026-12-01", "45,20,A,SP,,10,10,2026-12-01")

    assert opened(file) == []
    assert file.notes == (
        "1 line(s) received more than was ordered, so nothing of them is open: '45/10 (12 of 10)'",
        "1 line(s) have nothing left to receive and were left out",
    )


def test_days_past_and_days_not_known_are_kept_and_named(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        *("45,10,A,,,1,,2026-11-26", "45,20,A,,,1,,2025-01-02", "45,30,A,,,1,,2026-11-27"),
        *("45,40,A,,,1,,", "45,50,A,,,1,,00.00.0000"),
    )

    assert file.table["due"].null_count == 2
    assert file.notes == (
        (
            "2 open line(s) were due before the day of the forecast; "
            "the oldest is '45/20' of 2025-01-02"
        ),
        "2 open line(s) have no due day and count as due after the lead time",
    )


def test_a_column_of_what_is_open_goes_for_the_others(tmp_path: Path) -> None:
    header = "order_id,item_id,open_quantity,due"

    file = read(tmp_path, "45,A,7,2026-12-01", "46,A,-2,2026-12-01", header=header)

    assert opened(file) == [("45/1", "A", 7.0)]


def test_what_is_open_may_not_contradict_the_rest(tmp_path: Path) -> None:
    header = "order_id,line,item_id,quantity,received,open_quantity"
    sound = ("45,1,A,10,4,6", "45,2,A,10,12,-2", "45,3,A,10,,6")

    assert opened(read(tmp_path, *sound, header=header)) == [("45/1", "A", 6), ("45/3", "A", 6)]
    with pytest.raises(
        InputError,
        match=r"open_quantity must be quantity less received; found "
        r"'46/1 \(7 open of 10, 4 received\)', '46/2 \(11 open of 10, 0 received\)'",
    ):
        read(tmp_path, *sound, "46,1,A,10,4,7", "46,2,A,10,,11", header=header)


@pytest.mark.parametrize(
    ("headings", "meant"),
    [
        (
            "EBELN EBELP MATNR WERKS MENGE WEMNG EINDT LIFNR",
            "EBELN MATNR MENGE EBELP WERKS WEMNG EINDT LIFNR",
        ),
        (
            "C7_FILIAL C7_NUM C7_ITEM C7_PRODUTO C7_QUANT C7_QUJE C7_DATPRF C7_FORNECE",
            "C7_NUM C7_PRODUTO C7_QUANT C7_ITEM C7_FILIAL C7_QUJE C7_DATPRF C7_FORNECE",
        ),
    ],
)
def test_headings_of_orders_of_usual_programs_are_known(headings: str, meant: str) -> None:
    names = ("order_id", "item_id", "quantity", "line", "location_id", "received", "due")

    found = usual_columns([(name,) for name in (*names, "supplier")], headings.split())

    assert list(found.values()) == meant.split()


def test_an_sap_list_is_told_which_columns_are_meant(tmp_path: Path) -> None:
    header = "Documento de compras;Item;Material;Ainda a ser fornecido (qtd.);Data de remessa"
    row = "4500081200;10;1101001;5;01.12.2026"

    with pytest.raises(InputError) as refused:
        read(tmp_path, row, header=header)
    proposed = str(refused.value)
    file = read(
        tmp_path,
        row,
        header=header,
        columns={
            "order_id": "Documento de compras",
            "line": "Item",
            "item_id": "Material",
            "open_quantity": "Ainda a ser fornecido (qtd.)",
        },
    )

    assert proposed.endswith(
        "give --columns 'item_id=Material,order_id=Documento de compras,"
        "open_quantity=Ainda a ser fornecido (qtd.),line=Item,due=Data de remessa'"
    )
    assert opened(file) == [("4500081200/10", "1101001", 5.0)]
    assert file.notes == (
        "1 open line(s) have no due day and count as due after the lead time",
        "no column is called due; if Data de remessa is it, give --columns 'due=Data de remessa'",
    )


def test_lines_of_other_items_are_left_out_and_other_places_count_for_the_network(
    tmp_path: Path,
) -> None:
    file = read(tmp_path, "1,1,A,SP,,1,,", "1,2,A,BIN,,2,,", "1,3,Z,SP,,4,,")

    lines = open_lines(file, ("A", "B"), TREE)

    assert lines.select(["item_id", "location_id"]).to_pylist() == [
        {"item_id": "A", "location_id": "SP"},
        {"item_id": "A", "location_id": NETWORK},
    ]


def test_orders_stand_by_series_day_and_order_at_every_place_above(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        *("2,1,A,SP,,1,,2026-12-09", "1,1,A,SP,,2,,", "3,1,A,RJ,,4,,2026-12-01"),
        *("0,1,A,,,8,,2026-12-09", "9,1,B,SP,,16,,"),
    )
    panel = panel_of(("A", "SE"), ("A", "SP"), ("A", NETWORK), ("B", NETWORK))

    orders = orders_of(open_lines(file, panel.item_ids, TREE), panel, TREE)

    assert list(zip(orders.series.tolist(), orders.ref.tolist(), strict=True)) == [
        *((0, "3/1"), (0, "2/1"), (0, "1/1")),
        *((1, "2/1"), (1, "1/1")),
        *((2, "3/1"), (2, "0/1"), (2, "2/1"), (2, "1/1")),
        (3, "9/1"),
    ]
    here = [(1, "2/1"), (1, "1/1"), (2, "0/1")]
    named = np.flatnonzero(orders.is_here)
    assert [(orders.series[n], orders.ref[n]) for n in named] == here
    assert np.isnat(orders.due).tolist() == [
        False,
        False,
        True,
        False,
        True,
        *[False] * 3,
        True,
        True,
    ]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.sampled_from(["SP", "RJ", "SE", ""]),
        st.integers(0, 50),
        st.integers(0, 50),
        st.one_of(st.none(), st.integers(-400, 3000)),
    ),
    min_size=1,
    max_size=12,
)


@given(lines=LINES, shuffled=st.randoms(use_true_random=False))
def test_totals_add_up_by_level_whatever_the_order_of_rows(
    lines: list[tuple[str, str, int, int, int | None]],
    shuffled: Random,
) -> None:
    rows = [
        f"{number % 3},{number},{item},{place},,{ordered},{received},"
        f"{'' if due is None else TODAY + timedelta(days=due)}"
        for number, (item, place, ordered, received, due) in enumerate(lines)
    ]
    places = ("RJ", "SE", "SP", NETWORK)
    panel = panel_of(*((item, place) for item in "AB" for place in places))

    with TemporaryDirectory() as folder:
        first = open_lines(read(Path(folder), *rows), panel.item_ids, TREE)
        shuffled.shuffle(rows)
        second = open_lines(read(Path(folder), *rows), panel.item_ids, TREE)
    orders = orders_of(first, panel, TREE)

    assert first.equals(second)
    sums = np.bincount(orders.series, orders.quantity, minlength=8).reshape(2, 4)
    own = {place: np.zeros(2) for place in ("RJ", "SE", "SP", "")}
    for item, place, ordered, received, _ in lines:
        own[place]["AB".index(item)] += max(ordered - received, 0)
    region = own["RJ"] + own["SP"] + own["SE"]
    expected = np.stack([own["RJ"], region, own["SP"], region + own[""]], axis=1)
    assert sums.tolist() == expected.tolist()


def test_no_open_line_makes_no_order(tmp_path: Path) -> None:
    file = read(tmp_path, "1,1,A,SP,,1,1,")
    panel = panel_of(("A", NETWORK))

    orders = orders_of(open_lines(file, panel.item_ids, TREE), panel, TREE)

    assert orders.series.tolist() == []
    assert file.table.schema.field("quantity").type == pa.float64()
