"""The small pictures of demand: what they draw, and what they say to those who don't see them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Literal
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.components.worklist.sparklines import sparkline, sparkline_text
from tests.pages.speaking import speaking

Row = dict[str, Any]
SVG = "{http://www.w3.org/2000/svg}"
MONDAY = date(2026, 6, 1)


def rows_of(
    used: list[float | None],
    ahead: list[tuple[float | None, float | None, float | None]],
    grain: str = "week",
) -> list[Row]:
    """Return rows as the question of periods has them."""
    past = [{"actual": value, "forecast": None, "q100": None, "q900": None} for value in used]
    future = [
        {"actual": None, "forecast": mean, "q100": low, "q900": high} for mean, low, high in ahead
    ]
    return [
        {"date": MONDAY + timedelta(weeks=n), "grain": grain, **row}
        for n, row in enumerate([*past, *future])
    ]


def drawn(rows: list[Row]) -> ET.Element:
    return ET.fromstring(sparkline(rows))


ANY_NUMBER = st.none() | st.floats(min_value=0) | st.floats()
ANY_ROWS = st.builds(
    rows_of,
    st.lists(ANY_NUMBER, max_size=60),
    st.lists(st.tuples(ANY_NUMBER, ANY_NUMBER, ANY_NUMBER), max_size=40),
    st.sampled_from(["week", "month"]),
)


@pytest.mark.parametrize("language", ["en", "pt_BR"])
@given(rows=ANY_ROWS)
def test_whatever_the_numbers_it_is_small_and_stays_inside_its_frame(
    rows: list[Row], language: Literal["en", "pt_BR"]
) -> None:
    with speaking(language):
        svg = sparkline(rows)
    picture = ET.fromstring(svg)

    assert len(svg.encode()) < 1500
    assert picture.get("role") == "img"
    assert picture.get("aria-label")
    shapes = [piece.get("d") or piece.get("points") or "" for piece in picture.iter()]
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", " ".join(shapes))]
    assert all(0 <= each <= 120 for each in numbers)
    assert not re.search(r"nan|inf|script|href|url\(", svg.partition(">")[2])


def test_periods_that_were_used_are_bars_and_the_forecast_is_dashed_in_its_band() -> None:
    picture = drawn(rows_of([4.0, 0.0, 8.0], [(5.0, 1.0, 9.0), (6.0, 2.0, 9.0)]))

    paths = [each.get("d", "") for each in picture.iter("path")]
    assert [path.count("M") for path in paths] == [2, 1]
    assert [each.get("stroke-dasharray") for each in picture.iter("polyline")] == ["3 2"]
    assert [len(each.get("points", "").split()) for each in picture.iter("polygon")] == [8]


def test_the_greatest_is_as_high_as_the_picture_and_half_of_it_half_as_high() -> None:
    (path,) = (each.get("d", "") for each in drawn(rows_of([10.0, 5.0], [])).iter("path"))

    assert re.findall(r"V([\d.]+)", path) == ["1.5", "14"]


def test_a_little_demand_is_seen_beside_a_great_one() -> None:
    (path,) = (each.get("d", "") for each in drawn(rows_of([1.0, 1e9], [])).iter("path"))

    assert re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", path) == [("26.5", "26"), ("26.5", "1.5")]


def test_no_line_is_ruled_where_nothing_is_forecast() -> None:
    assert len(list(drawn(rows_of([1.0], [])).iter("path"))) == 1


def test_one_period_to_come_has_a_length() -> None:
    (line,) = drawn(rows_of([], [(5.0, 1.0, 9.0)])).iter("polyline")

    (x0, y0, x1, y1) = map(float, line.get("points", "").split())
    assert (x1 > x0, y0) == (True, y1)


def test_nothing_fixes_a_colour() -> None:
    svg = sparkline(rows_of([1.0], [(5.0, 1.0, 9.0)]))

    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) == {"none", "currentColor"}


WEEKS = rows_of([12.0] * 26, [(15.0, 5.0, 30.0)] * 13)


@pytest.mark.parametrize(
    ("rows", "english", "portuguese"),
    [
        (
            WEEKS,
            "Used 12 a week over the last 26 weeks; forecast 15 a week over the next 13 weeks.",
            "Uso de 12 por semana em 26 semanas; previsão de 15 por semana nas próximas 13.",
        ),
        (
            rows_of([0.5, 0.25], [], "month"),
            "Used 0.38 a month over the last 2 months; nothing is forecast.",
            "Uso de 0,38 por mês em 2 meses; sem previsão.",
        ),
        (
            rows_of([], [(1.25, 0.0, 3.0)]),
            "Nothing is known of what was used; forecast 1.2 in the next week.",
            "Não se sabe o uso; previsão de 1,2 na próxima semana.",
        ),
        ([], "No demand is known.", "Não se conhece demanda."),
    ],
)
def test_the_picture_says_its_finding(rows: list[Row], english: str, portuguese: str) -> None:
    with speaking("en"):
        assert sparkline_text(rows) == english
    with speaking("pt_BR"):
        assert sparkline_text(rows) == portuguese
