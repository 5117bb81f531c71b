"""What changed: two publications in a sentence, by cause and by part, and every state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.kernel.contract.manifest import Manifest
from datalayer.runtime import portal
from pages.components.captions import literal
from tests.ordering_publications import publish_quantities
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

GONE = "20200101T000000Z-00000000"


def publish(publisher: Publisher, quantities: list[float | None], **more: Any) -> Manifest:
    """Publish and activate parts with these proposed orders, each unit of which costs R$ 100."""
    made = publish_quantities(publisher, quantities, **more)
    portal().activate(ADMIN, confirmed=True)
    return made


@pytest.fixture
def pair(active: Publisher) -> tuple[Manifest, Manifest]:
    """Orders of R$ 6,000, then of R$ 7,500; the second is active."""
    return publish(active, [10.0] * 6), publish(active, [25.0, 5.0, 10.0, 15.0, 10.0, 10.0])


def moved(app: AppTest) -> list[str]:
    """Return the parts that the page lists, as their links have them."""
    return [link.proto.label for link in app.main.get("page_link")]


def address_of(link: object) -> Mapping[str, str]:
    query = link.proto.query_string  # type: ignore[attr-defined]
    return dict(each.split("=", 1) for each in query.split("&"))


def test_the_first_sentence_says_how_the_orders_moved(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    said = texts(open_page("changes.py", locale="en"))

    assert "The proposed orders rose from R\\$\u00a06,000 to R\\$\u00a07,500" in said
    assert "+R\\$\u00a01,500" in said
    assert "parts with an order\\: 6 → 6" in said


def test_the_two_last_publications_are_compared_and_stand_in_the_address(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    app = open_page("changes.py")

    assert app.query_params["before"] in (pair[0].publication_id, [pair[0].publication_id])
    assert app.query_params["after"] in (pair[1].publication_id, [pair[1].publication_id])


def test_the_steps_of_the_chart_add_up_to_the_difference_of_its_ends(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    app = open_page("changes.py", locale="en")
    app.session_state["changed-steps-taken"] = True
    app.run()

    amounts = list(app.table[0].value["Adds"])
    assert amounts[0] + sum(amounts[1:-1]) == amounts[-1]
    assert (amounts[0], amounts[-1]) == (6_000, 7_500)


def test_the_chart_says_what_it_shows_and_where_both_ends_come_from(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    app = open_page("changes.py", locale="en")

    alt = app.get("plotly_chart")[0].proto.alt
    assert "6,000 before" in alt
    assert "7,500 after" in alt
    captions = [each.value for each in app.caption]
    assert any(f"Compared with publication {pair[0].publication_id}" in each for each in captions)


def test_a_part_leads_to_its_page_with_both_publications(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    app = open_page("changes.py", locale="en")

    link = next(each for each in app.main.get("page_link") if "P00001" in each.proto.label)
    asked = address_of(link)
    assert asked["item"] == "P00001"
    assert asked["compare"] == pair[0].publication_id


def test_parts_are_sorted_as_the_address_asks(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    assert "P00001" in moved(open_page("changes.py"))[0]
    assert "P00002" in moved(open_page("changes.py", sort="fall"))[0]


def test_orders_can_be_counted_instead(open_page: OpenPage, active: Publisher) -> None:
    publish(active, [10.0, 0.0, 0.0])
    publish(active, [10.0, 5.0, 5.0])

    said = texts(open_page("changes.py", locale="en", measure="orders"))

    assert "Parts with a proposed order rose from 1 to 3 (+2)" in said


def test_the_wrong_way_round_is_said_and_turned(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    first, last = (each.publication_id for each in pair)

    app = open_page("changes.py", locale="en", before=last, after=first)

    assert "the way back" in texts(app)
    assert "The proposed orders fell from R\\$\u00a07,500 to R\\$\u00a06,000" in texts(app)


def test_tests_over_days_and_over_weeks_are_not_compared(
    open_page: OpenPage, active: Publisher
) -> None:
    publish(active, [10.0] * 6)
    publish(active, [12.0] * 6, frequency="W")

    said = texts(open_page("changes.py", locale="en"))

    assert "were not tested over the same horizon" in said
    assert "up to" not in said


@pytest.mark.parametrize("taken", ["changes-parts-taken", "forecasts-taken"])
def test_files_have_the_parts_of_the_categories_and_classes_chosen(
    open_page: OpenPage, pair: tuple[Manifest, Manifest], taken: str
) -> None:
    app = open_page("changes.py", category="Energia", demand_class="smooth")
    app.session_state[taken] = True
    app.run()

    (link,) = app.get("link_button")
    asked = parse_qsl(urlsplit(link.proto.url).query)
    assert {("category", "Energia"), ("demand_class", "smooth")} <= set(asked)
    assert "limit" not in dict(asked)


@pytest.mark.parametrize(
    "asked",
    [{"before": GONE}, {"after": GONE}, {"before": "x"}, {"after": "a\0b"}],
)
def test_a_publication_that_is_not_kept_is_named_and_left_out(
    open_page: OpenPage, pair: tuple[Manifest, Manifest], asked: dict[str, str]
) -> None:
    app = open_page("changes.py", locale="en", **asked)

    assert "is not kept here" in app.warning[0].value
    assert "The proposed orders rose" in texts(app)


def test_a_publication_is_not_compared_with_itself(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    same = pair[1].publication_id

    app = open_page("changes.py", locale="en", before=same, after=same)

    assert "another publication than the one after" in app.warning[0].value
    assert "The proposed orders rose" in texts(app)


@pytest.mark.parametrize("name", ["location", "category", "demand_class", "measure", "sort"])
def test_a_choice_that_there_is_not_is_named_and_left_out(
    open_page: OpenPage, pair: tuple[Manifest, Manifest], name: str
) -> None:
    app = open_page("changes.py", locale="en", **{name: "moon"})

    assert f"{literal(name)} is “moon”" in app.warning[0].value
    assert "The proposed orders rose" in texts(app)


@pytest.mark.usefixtures("active")
def test_one_publication_alone_is_said_and_how_to_get_another(open_page: OpenPage) -> None:
    said = texts(open_page("changes.py", locale="en"))

    assert "there is nothing to compare" in said
    assert "When an administrator activates another publication" in said


def test_a_damaged_publication_is_said_and_another_one_compared(
    open_page: OpenPage, active: Publisher, state: Path
) -> None:
    damaged = publish(active, [10.0] * 6)
    publish(active, [20.0] * 6)
    spoil(state, damaged)

    app = open_page("changes.py", locale="en")

    assert damaged.publication_id in app.warning[0].value
    assert "is damaged" in app.warning[0].value
    assert app.query_params["before"] not in (damaged.publication_id, [damaged.publication_id])


def test_where_all_others_are_damaged_none_is_said_not_to_be_kept(
    open_page: OpenPage, active: Publisher, state: Path
) -> None:
    first = active.published[-1]
    publish(active, [20.0] * 6)
    spoil(state, first)

    said = texts(open_page("changes.py", locale="en"))

    assert "No other publication that is kept here can be read" in said
    assert "Only publication" not in said


def test_a_pinned_publication_is_the_one_after(open_page: OpenPage, active: Publisher) -> None:
    first = active.published[-1]
    pinned = publish(active, [10.0] * 6)
    publish(active, [20.0] * 6)

    app = open_page("changes.py", p=pinned.publication_id)

    assert app.query_params["after"] in (pinned.publication_id, [pinned.publication_id])
    assert app.query_params["before"] in (first.publication_id, [first.publication_id])


def test_an_order_that_is_not_known_is_no_order_of_0(
    open_page: OpenPage, active: Publisher
) -> None:
    publish(active, [10.0] * 3)
    publish(active, [10.0, 10.0, None])

    app = open_page("changes.py", locale="en")

    assert "doesn't say what to order\\: 0 before, 1 after" in texts(app)
    assert "the stock was not known at one of the times" in app.get("plotly_chart")[0].proto.alt
    bodies = " ".join(each.proto.body for each in app.get("html"))
    assert "10\u00a0units → not known" in bodies


def test_a_part_in_another_unit_is_told_apart_and_never_summed(
    open_page: OpenPage, active: Publisher
) -> None:
    publish(active, [10.0] * 3)
    publish(active, [10.0] * 3, unit="m")

    app = open_page("changes.py", locale="en")

    assert "1 part is counted in another unit than before" in texts(app)
    assert "The proposed orders stayed at R\\$\u00a02,000" in texts(app)
    bodies = " ".join(each.proto.body for each in app.get("html"))
    assert "Counted in another unit: no difference can be told." in bodies


def test_an_order_in_no_sum_of_money_is_counted_as_an_order(
    open_page: OpenPage, active: Publisher
) -> None:
    publish(active, [10.0] * 3)
    publish(active, [10.0] * 3, unit="m")

    assert "parts with an order\\: 3 → 3" in texts(open_page("changes.py", locale="en"))


def test_another_version_of_the_contract_is_said(open_page: OpenPage, active: Publisher) -> None:
    publish(active, [10.0] * 3, contract_version="1.2.0")
    publish(active, [12.0] * 3)

    said = texts(open_page("changes.py", locale="en"))

    assert "different versions of the contract (1.2.0 and" in said
    assert "The proposed orders rose" in said


@pytest.mark.parametrize(("currency", "cost"), [("USD", 100.0), ("BRL", None)])
def test_where_money_can_not_be_compared_orders_are_counted(
    open_page: OpenPage, active: Publisher, currency: str, cost: float | None
) -> None:
    publish(active, [10.0, 0.0], cost=cost)
    publish(active, [10.0, 5.0], currency=currency, cost=cost)

    said = texts(open_page("changes.py", locale="en"))

    assert "only the number of orders is compared" in said
    assert "Parts with a proposed order rose from 1 to 2 (+1)" in said


def test_the_page_is_drawn_whole_in_portuguese(
    open_page: OpenPage, pair: tuple[Manifest, Manifest]
) -> None:
    app = open_page("changes.py")

    assert not app.exception
    assert "Os pedidos propostos subiram de R\\$\u00a06.000 para R\\$\u00a07.500" in texts(app)


def spoil(state: Path, manifest: Manifest) -> None:
    """Damage the kept files of a publication, and forget that they were ever proved."""
    path = state / "snapshots" / manifest.publication_id / "dim_item.parquet"
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    runtime.reset()
