"""The curve of availability: what no past supports is open and on dots, and shares stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pages.components.charts import ApiCall, AvailabilityCurve, Chart, availability
from pages.components.charts.availability_words import chance, share, towers
from tests.pages.charts.figures import notes, result, validated
from tests.pages.speaking import speaking

CALL = ApiCall("extracts/agg_availability.csv", (("contract_id", "CT-1"),))
TOWERS = 1000.0
Row = dict[str, Any]


def row(policy: str, point: int, value: float, down: float, *, supported: bool = True) -> Row:
    return {
        "contract_id": "CT-1",
        "policy": policy,
        "point": point,
        "name": "Alfa",
        "towers": TOWERS,
        "target_availability": 0.99,
        "stock_value": value,
        "towers_down": down,
        "towers_down_low": down / 2,
        "towers_down_high": down * 2,
        "availability": 1 - down / TOWERS,
        "chance_target_met": 0.5,
        "towers_down_promised": down,
        "towers_down_happened": down,
        "n_windows": 4,
        "supported": supported,
        "not_supported_because": None if supported else "tail_not_seen",
        "source": "ensemble",
    }


ROWS = (
    row("money", 0, 100.0, 60.0),
    row("money", 1, 200.0, 20.0),
    row("money", 2, 300.0, 9.0),
    row("money", 3, 400.0, 4.0, supported=False),
    row("money", 4, 9000.0, 1.0, supported=False),
    row("today", 0, 250.0, 50.0),
    row("service", 0, 350.0, 30.0),
)


def drawn(rows: Sequence[Row] = ROWS, shown: Row | None = None) -> Chart:
    found = result(rows, pa.Table.from_pylist(list(rows)).schema)
    return availability(found, AvailabilityCurve(rows), shown, currency="BRL", call=CALL)


def heights(chart: Chart, trace: int) -> list[float]:
    return [float(value) for value in np.asarray(chart.figure.data[trace]["y"])]


def test_what_no_past_supports_is_open_and_on_dots() -> None:
    chart = drawn()
    solid, dotted, points = chart.figure.data[:3]

    assert (solid["line"]["dash"], dotted["line"]["dash"]) == ("solid", "dot")
    assert [np.isnan(value) for value in heights(chart, 0)] == [False, False, False, True, True]
    # The dots begin where the line ends.
    assert [np.isnan(value) for value in heights(chart, 1)] == [True, True, False, False, False]
    assert list(points["marker"]["symbol"]) == ["circle"] * 3 + ["circle-open"] * 2


def test_the_axes_hold_the_marks_and_what_is_supported_but_not_all_that_isnt() -> None:
    layout = drawn().figure.layout

    assert 350 < layout["xaxis"]["range"][1] < 9000
    assert 50 < layout["yaxis"]["range"][1] < 61


def test_today_and_service_levels_are_named_beside_their_marks() -> None:
    assert {"hoje", "níveis de serviço", "meta 99,00%"} <= notes(drawn())


def test_the_figure_is_one_that_plotly_knows() -> None:
    validated(drawn(shown=dict(ROWS[1])))


def test_the_text_says_what_the_curve_has_for_todays_money() -> None:
    with speaking("en"):
        alt = drawn().alt

    assert "Today's stock: R$ 250, 50.0 towers down." in alt
    assert "For no more than today's stock costs, the curve has 20.0 towers down (R$ 200)." in alt
    assert "The target of 99.00% is reached from R$ 300 on." in alt
    assert "The past supports 3 of 5 points" in alt


def test_a_target_that_only_an_unsupported_point_reaches_is_no_promise() -> None:
    rows = [{**each, "target_availability": 0.995} for each in ROWS]
    with speaking("en"):
        alt = drawn(rows).alt

    assert "is reached from R$ 400 on: no past supports that." in alt


def test_the_table_has_all_points_and_why_one_is_not_supported() -> None:
    with speaking("en"):
        rows = drawn().rows.to_pylist()

    assert len(rows) == len(ROWS)
    assert rows[-1]["supported"].startswith("such small chances")
    assert rows[0]["policy"] == "Today's stock"


def test_a_contract_without_towers_has_no_line_of_its_target() -> None:
    rows = [{**each, "towers": None, "availability": None} for each in ROWS]

    chart = drawn(rows)

    assert chart.figure is not None
    assert not chart.figure.layout["shapes"]
    assert all("meta" not in text for text in notes(chart))


def test_a_curve_without_points_is_no_empty_chart() -> None:
    chart = drawn(ROWS[-2:])

    assert chart.figure is None
    assert "Nenhum ponto da curva" in chart.alt


@pytest.mark.parametrize(
    ("value", "beside", "text"),
    [
        (0.9993, None, "99.93%"),
        (1.0, None, "100.00%"),
        (0.999998, None, "99.9998%"),
        (0.99948, 0.9995, "99.948%"),
        (0.9995, 0.9995, "99.95%"),
        (None, 0.9995, "–"),
    ],
)
def test_a_share_is_told_apart_from_the_target_and_from_the_whole(
    value: float | None, beside: float | None, text: str
) -> None:
    with speaking("en"):
        assert share(value, beside=beside) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.999, "over 99%"), (0.001, "under 1%"), (1.0, "100%"), (None, "–")]
)
def test_a_chance_is_certain_only_where_it_is(value: float | None, text: str) -> None:
    with speaking("en"):
        assert chance(value) == text


def test_towers_below_one_keep_two_decimals() -> None:
    with speaking("en"):
        assert [towers(each) for each in (0.41, 12.62, None)] == ["0.41", "12.6", "–"]
