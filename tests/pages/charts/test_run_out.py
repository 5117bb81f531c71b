"""When it runs out: the stock as it goes on, with deliveries, the order, and what it says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.portal import SeriesSelection
from pages.components.charts import Chart, ChartedPart, run_out
from tests.pages.charts.figures import (
    SUBJECT,
    THROUGH,
    Row,
    axis,
    contract,
    moments,
    named,
    notes,
    numbers,
    pointed_at,
    result,
    validated,
)
from tests.pages.speaking import speaking

LEVELS = ("stock_q025", "stock_q100", "stock_q500", "stock_q900", "stock_q975")
SCHEMA = pa.schema(
    [
        ("date", pa.date32()),
        *(
            (name, pa.float64())
            for name in ("position", "position_with_order", "receipts", *LEVELS)
        ),
        ("stockout_probability", pa.float64()),
        ("source", pa.string()),
    ]
)
STOCK = {"reorder_point": 9.0, "lot": 1.0, "lead_time_days": 14.0, "lead_time_sd_days": 2.0}
ORDER = {"action": "order", "arrives": THROUGH + timedelta(days=17), "runs_out": date(2026, 12, 4)}


def week(
    number: int, position: float | None, receipts: float = 0.0, ordered: float = 0.0
) -> dict[str, Any]:
    """Return the row of the end of a week; 0 is what is known."""
    sides = zip(LEVELS, (-4.0, -2.0, 0.0, 2.0, 4.0), strict=True)
    levels = {
        name: None if position is None else position + (side if number else 0.0)
        for name, side in sides
    }
    return {
        "date": THROUGH + timedelta(weeks=number),
        "position": position,
        "position_with_order": None if position is None else position + ordered,
        "receipts": receipts,
        **levels,
        "source": "ensemble",
    }


FALLING = [week(0, 10.0), week(1, 4.0), week(2, -2.0), week(3, -8.0, ordered=30.0)]


def drawn(
    rows: list[dict[str, Any]],
    action: Row | None = ORDER,
    orders: tuple[Row, ...] = (),
    *,
    is_repaired: bool = False,
) -> Chart:
    return run_out(
        result(rows, SCHEMA),
        STOCK,
        action,
        orders=orders,
        part=ChartedPart(
            selection=SeriesSelection("0804001", "CD-SP"),
            registry=contract(),
            unit="unidades",
            subject=SUBJECT,
        ),
        is_repaired=is_repaired,
    )


def test_expected_stock_is_dashed_and_never_below_zero() -> None:
    line = named(drawn(FALLING), "sem pedir")

    assert line["line"]["dash"] == "dash"
    assert line["y"] == [10.0, 4.0, 0.0, 0.0]


def test_what_lacks_is_said_in_words() -> None:
    said = pointed_at(drawn(FALLING))

    assert said[0] == "dom 22/11: 10 (80%: 10 a 10)"
    assert said[3] == "dom 13/12: faltam 8 (80%: faltam 10 a faltam 6)"


def test_it_is_said_in_english_too() -> None:
    with speaking("en"):
        said = pointed_at(drawn(FALLING))

    assert said[3] == "Sun 13 Dec: 8 short (80%: 10 short to 6 short)"


def test_the_order_comes_on_the_day_that_the_list_says() -> None:
    line = named(drawn(FALLING), "com o pedido")

    step = [one for one in zip(line["x"], line["y"], strict=True) if one[0] == "2026-12-09"]
    assert [value for _day, value in step] == [0.0, pytest.approx(30.0 - 2.0 - 6.0 * 3 / 7)]
    assert line["y"][-1] == 22.0
    assert "+30, o pedido" in notes(drawn(FALLING))


def test_without_an_order_there_is_one_line() -> None:
    chart = drawn(FALLING[:3], action=None)

    assert named(chart, "estoque esperado")
    assert "com o pedido" not in notes(chart)


def test_a_delivery_is_a_step_on_its_day_with_its_number() -> None:
    rows = [week(0, 3.0), week(1, 1.0), week(2, 10.0, receipts=11.0)]
    order = {"order_id": "4500082068", "quantity": 11.0, "due": THROUGH + timedelta(days=9)}

    chart = drawn(rows, action=None, orders=(order,))

    line = named(chart, "estoque esperado")
    assert line["x"].count("2026-12-01") == 2
    assert "+11, pedido 4500082068" in notes(chart)


def test_what_comes_back_from_repair_bears_no_number_of_an_order() -> None:
    rows = [week(0, 3.0), week(1, 4.0, receipts=1.0), week(2, 5.0, receipts=2.0)]
    order = {"order_id": "4500082068", "quantity": 1.0, "due": THROUGH + timedelta(days=9)}

    said = notes(drawn(rows, action=None, orders=(order,), is_repaired=True))

    assert "+1" in said
    assert "+1, pedido 4500082068" in said


def test_several_deliveries_are_one_step_at_the_end_of_their_week() -> None:
    rows = [week(0, 3.0), week(1, 14.0, receipts=13.0)]
    orders = tuple(
        {"order_id": str(n), "quantity": float(n), "due": THROUGH + timedelta(days=n)}
        for n in (6, 7)
    )

    chart = drawn(rows, action=None, orders=orders)

    assert named(chart, "estoque esperado")["x"] == ["2026-11-22", "2026-11-29", "2026-11-29"]
    assert "+13 já pedido" in notes(chart)


def test_the_day_on_which_it_runs_out_is_marked_and_named() -> None:
    assert "acaba sex 04/12" in notes(drawn(FALLING))


def test_a_day_beyond_what_is_drawn_is_not_marked() -> None:
    far = {**ORDER, "runs_out": THROUGH + timedelta(days=400)}

    chart = drawn(FALLING, far)

    assert not any(text.startswith("acaba") for text in notes(chart))
    assert "Não deve acabar até 13/12/2026" in chart.alt


def test_the_window_of_an_arrival_is_shaded_as_far_as_it_is_drawn() -> None:
    chart = drawn(FALLING)

    windows = [
        shape
        for shape in chart.figure.to_dict()["layout"]["shapes"]
        if shape["type"] == "rect" and shape["fillcolor"].endswith("1F")
    ]
    assert [(one["x0"], one["x1"]) for one in windows] == [("2026-12-07", "2026-12-11")]
    assert "chega qua 09/12 (± 2 d)" in notes(chart)


def test_an_order_of_today_has_its_window_where_none_is_proposed() -> None:
    chart = drawn(FALLING[:3], action=None)

    assert "pedido agora, chega em dom 06/12 (± 2 d)" in notes(chart)


def test_the_reorder_point_is_a_thin_named_line() -> None:
    assert "ponto de pedido 9" in notes(drawn(FALLING))


def test_the_text_alternative_tells_stock_day_and_what_is_left() -> None:
    assert drawn(FALLING).alt == (
        "Peça 0804001: 10 em estoque em 22/11/2026. Deve acabar em 04/12/2026. Esperado em "
        "13/12/2026: sem pedir, faltam 8 (80%: faltam 10 a faltam 6); com o pedido, 22."
    )


def test_unknown_stock_is_said_and_not_drawn() -> None:
    chart = drawn([week(0, None), week(1, None)])

    assert chart.figure is None
    assert "o estoque não é conhecido" in chart.alt


def test_the_table_has_what_lacks_as_it_is_published() -> None:
    assert drawn(FALLING).rows["position"].to_pylist() == [10.0, 4.0, -2.0, -8.0]


def test_a_code_like_markup_is_drawn_as_it_is() -> None:
    rows = [week(0, 3.0), week(1, 14.0, receipts=13.0)]
    order = {"order_id": "<b>&", "quantity": 13.0, "due": None}

    assert "+13, pedido &lt;b&gt;&amp;" in notes(drawn(rows, action=None, orders=(order,)))


AMOUNTS = st.one_of(st.just(0.0), st.floats(-1e9, 1e9), st.integers(-50, 50).map(float))


@given(positions=st.lists(AMOUNTS, min_size=2, max_size=30), arrives=st.integers(-30, 300))
def test_nothing_is_drawn_below_zero_or_outside_the_days_projected(
    positions: list[float], arrives: int
) -> None:
    rows = [week(number, position) for number, position in enumerate(positions)]
    action = {**ORDER, "arrives": THROUGH + timedelta(days=arrives)}
    with speaking("pt_BR"):
        chart = drawn(rows, action)

    figure = validated(chart)
    assert all(value >= 0 for trace in figure.data for value in numbers(trace.y))
    assert all(rows[0]["date"] <= day <= rows[-1]["date"] for day in moments(chart))
    begin, end = axis(chart)
    assert all(
        begin <= shape.x0 <= shape.x1 <= end
        for shape in figure.layout.shapes
        if shape.xref != "paper"
    )
