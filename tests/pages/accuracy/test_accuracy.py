"""The page of accuracy: its first sentence, its choices, and each state that it may be in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.part.test_part import publish_changed, republish
from tests.publisher import Publisher

pytestmark = pytest.mark.usefixtures("active")

Row = dict[str, Any]
Change = Callable[[list[Row]], list[Row]]
PAGE = "accuracy.py"
SECTIONS = [
    "All parts together",
    "Better than repeating the past?",
    "Do the ranges hold?",
    "Too high or too low?",
    "Parts for which repeating the past was nearer",
    "Service and stock of the rules",
    "Cost of the rules",
    "What following would have cost",
]


def losses(*of_source: float, naive: float = 0.5) -> Change:
    """Return what gives the parts these losses by the source in use, and one by the naive one."""

    def changed(rows: list[Row]) -> list[Row]:
        codes = sorted({row["item_id"] for row in rows})
        told = dict(zip(codes, of_source, strict=True))
        return [row | _measured(row, told[row["item_id"]], naive) for row in rows]

    return changed


def _measured(row: Row, loss: float, naive: float) -> Row:
    if row["source"] == "naive":
        return {"scaled_pinball": naive, "fva_vs_naive": 0.0 if naive else None}
    value = 1 - loss / naive if naive else None
    verdict = None if value is None else "worse" if value < -0.5 else "alike"
    return {"scaled_pinball": loss, "fva_vs_naive": value, "verdict": verdict}


def each(**values: object) -> Change:
    """Return what gives every row these values."""
    return lambda rows: [row | values for row in rows]


def links(app: AppTest) -> list[str]:
    return [link.proto.query_string for link in app.main.get("page_link")]


def first_words(app: AppTest) -> str:
    """Return the first sentence, which stands before all figures."""
    return next(each.value for each in app.markdown if each.value.startswith("**"))


def test_the_page_begins_with_one_sentence_and_goes_on_section_by_section(
    open_page: OpenPage,
) -> None:
    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert app.title[0].value == "Accuracy"
    assert [each.value for each in app.header] == SECTIONS
    assert "In 2 tests over 14 days each, the forecasts in use were 40% better" in first_words(app)
    assert "For 0 of 6 tested parts repeating the past was nearer." in first_words(app)


def test_the_sentence_is_told_in_portuguese(open_page: OpenPage) -> None:
    app = open_page(PAGE)

    assert app.title[0].value == "Acurácia"
    assert "Em 2 testes de 14 dias cada, previsões em uso" in first_words(app)
    assert "40% melhor que repetir o passado" in first_words(app)


@pytest.mark.parametrize(
    ("of_source", "told"),
    [
        ((0.2, 0.3, 0.25, 0.3, 0.2, 0.25), "better than repeating the past"),
        ((0.8, 0.9, 0.7, 0.8, 0.9, 0.85), "worse than repeating the past"),
        ((0.2, 0.9, 0.4, 0.6, 0.3, 0.7), "like repeating the past"),
    ],
)
def test_the_sentence_says_better_like_or_worse_as_it_is(
    active: Publisher, open_page: OpenPage, of_source: tuple[float, ...], told: str
) -> None:
    republish(active, fact_metrics=losses(*of_source))

    app = open_page(PAGE, locale="en")

    assert told in first_words(app)


def test_of_one_test_too_little_is_known(active: Publisher, open_page: OpenPage) -> None:
    republish(active, fact_metrics=each(n_origins=1))

    said = first_words(open_page(PAGE, locale="en"))

    assert "Too few tests to tell" in said
    assert "1 test over 14 days of 6 parts" in said


def test_of_a_few_parts_too_little_is_known(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en", category="Energia")

    assert "Too few tests to tell" in first_words(app)


def test_the_past_without_error_is_said_and_its_parts_are_listed(
    active: Publisher, open_page: OpenPage
) -> None:
    republish(active, fact_metrics=losses(*[0.5] * 6, naive=0.0))

    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert "its error is zero" in first_words(app)
    assert "For 6 of 6 tested parts repeating the past was nearer" in first_words(app)
    assert len(links(app)) == 6
    assert "Repeating the past had no error" in texts(app)


def test_parts_that_the_past_was_nearer_for_are_links_the_worst_first(
    active: Publisher, open_page: OpenPage
) -> None:
    republish(active, fact_metrics=losses(0.4, 0.6, 0.9, 0.4, 0.4, 0.4))

    app = open_page(PAGE, locale="en")

    assert [link.rpartition("item=")[2] for link in links(app)] == [
        "P00003&location_id=network",
        "P00002&location_id=network",
    ]
    assert "80% worse than repeating the past, more than chance explains" in texts(app)
    assert "20% worse than repeating the past, which may be chance" in texts(app)
    assert "For 2 of 6 tested parts" in first_words(app)


def test_the_list_can_be_sorted_and_the_address_says_so(
    active: Publisher, open_page: OpenPage
) -> None:
    republish(active, fact_metrics=losses(0.4, 0.6, 0.9, 0.4, 0.4, 0.4))
    app = open_page(PAGE, locale="en")

    app.selectbox("accuracy-order").select("part").run()

    assert app.query_params["order"] in ("part", ["part"])
    assert "P00002" in links(app)[0]


def test_the_list_is_taken_away_as_it_is_sorted_and_chosen(
    active: Publisher, open_page: OpenPage
) -> None:
    republish(active, fact_metrics=losses(0.9, 0.9, 0.9, 0.9, 0.9, 0.9))

    app = open_page(PAGE, locale="en", order="part", category="Energia")

    link, _ledger = app.get("link_button")
    address, query = link.proto.url.split("?")
    asked = dict(parse_qsl(query))
    assert address == "api/v1/metrics/naive-nearer.csv"
    assert (asked["sort"], asked["category"], asked["dialect"]) == ("part", "Energia", "rfc")
    assert asked["p"] == runtime.portal().open().id
    assert link.proto.label == f"These {len(links(app))} rows (CSV)"


def test_a_publication_without_tests_says_that_nobody_can_tell(
    active: Publisher, open_page: OpenPage
) -> None:
    none: Change = lambda _rows: []  # noqa: E731
    publish_changed(
        active, fact_metrics=none, fact_backtest=none, agg_metrics=none, agg_policy=none
    )
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page(PAGE, locale="en")

    assert not app.exception
    assert "6 parts fit, and none was tested like this" in first_words(app)
    assert [each.value for each in app.header] == SECTIONS[:1]


def test_units_are_never_added_up_and_the_choice_says_what_is_shown(
    active: Publisher, open_page: OpenPage
) -> None:
    def mixed(rows: list[Row]) -> list[Row]:
        return [row | {"unit": "m" if place < 2 else "un"} for place, row in enumerate(rows)]

    republish(active, dim_item=mixed)

    app = open_page(PAGE, locale="en", measure="m")

    assert "2 of 6." in texts(app)
    assert "Those in units are not added to them." in texts(app)
    assert "Stock and fill rate are not shown" in texts(app)


def test_mixed_units_are_told_in_money_where_costs_are_known(
    active: Publisher, open_page: OpenPage
) -> None:
    def mixed(rows: list[Row]) -> list[Row]:
        return [
            row | {"unit": "m" if place else "un", "unit_cost": 2.0}
            for place, row in enumerate(rows)
        ]

    republish(active, dim_item=mixed)

    app = open_page(PAGE, locale="en")

    assert app.selectbox("accuracy-measure").value == "money"
    assert "today's cost of the part, of 6 of 6 parts" in texts(app)


def test_parts_without_a_cost_are_told_where_money_is_shown(
    active: Publisher, open_page: OpenPage
) -> None:
    def costed(rows: list[Row]) -> list[Row]:
        return [row | {"unit_cost": 2.0 if place else None} for place, row in enumerate(rows)]

    republish(active, dim_item=costed)

    app = open_page(PAGE, locale="en", measure="money")

    assert "of 5 of 6 parts. The cost of the others isn't known." in texts(app)


def test_a_choice_is_kept_in_the_address_and_judges_that_source(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en")

    app.selectbox("accuracy-source").select("arima").run()

    assert app.query_params["source"] in ("arima", ["arima"])
    assert "ARIMA were 40% better" in first_words(app)


def test_the_past_is_not_compared_with_itself(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en", source="naive")

    assert "is what all forecasts are compared with" in first_words(app)


def test_a_source_that_is_not_there_is_named_with_those_that_are(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en", source="prophet")

    assert not app.exception
    assert "arima, naive" in app.warning[0].value
    assert "40% better" in first_words(app)


def test_choices_that_no_part_fits_together_say_so(open_page: OpenPage, active: Publisher) -> None:
    def classed(rows: list[Row]) -> list[Row]:
        return [
            row | {"demand_class": "smooth" if row["category"] == "Energia" else "lumpy"}
            for row in rows
        ]

    republish(active, dim_item=classed)

    app = open_page(PAGE, locale="en", category="Energia", demand_class="lumpy")

    assert not app.exception
    assert "No part fits what was chosen." in first_words(app)
    assert list(app.header) == []


def test_charts_say_their_finding_and_carry_a_caption(open_page: OpenPage) -> None:
    app = open_page(PAGE, locale="en")

    captions = [each.value for each in app.caption]
    assert sum(each.startswith("Same publication") for each in captions) >= 5
    assert any(each.startswith("Generated ") for each in captions)


@pytest.mark.parametrize(
    ("section", "column"),
    [
        ("value-source", "Better than repeating the past by"),
        ("calibration", "Held"),
        ("bias-source", "WAPE"),
        ("service", "Service achieved"),
    ],
)
def test_shares_stand_in_the_tables_as_percentages(
    open_page: OpenPage, section: str, column: str
) -> None:
    app = open_page(PAGE, locale="en")
    app.session_state[f"{section}-taken"] = True
    app.run()

    table, _costs, _ledger = app.table
    drawn = pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_all()
    cells = drawn.column(list(table.value).index(column)).to_pylist()
    assert cells
    assert all(cell == "–" or cell.endswith("%") for cell in cells)
