"""What there is to do, on the page that opens first: cards, ticks, marks, filters, pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import ANYONE, RowKey, Statement
from datalayer.runtime import portal
from tests.marked_list import CHECK, LATE, publish_list, publish_orders, publish_without_list, row
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

Publish = Callable[[Publisher], Manifest]


def activate(made: Manifest) -> Manifest:
    portal().activate(ADMIN, confirmed=True)
    return made


@pytest.fixture
def orders(state: object, publisher: Publisher) -> Manifest:
    """A list of 23 orders, so three pages."""
    return activate(publish_orders(publisher, 23))


def links(app: AppTest, page: str = "forecast") -> list[str]:
    """Return the parameters of links to a page, in their order."""
    found = app.main.get("page_link")
    return [link.proto.query_string for link in found if link.proto.page == page]


def parts(app: AppTest) -> list[str]:
    """Return the parts on the cards, in their order."""
    pairs = (dict(each.split("=", 1) for each in link.split("&")) for link in links(app))
    return [pair["item"] for pair in pairs]


def at_page(open_page: OpenPage, page: str) -> AppTest:
    app = open_page()
    app.query_params["page"] = page
    return app.run()


def tick(app: AppTest, rank: int) -> AppTest:
    return app.checkbox(f"farol-tick-{rank}").set_value(not _ticked(app, rank)).run()


def _ticked(app: AppTest, rank: int) -> bool:
    return bool(app.checkbox(f"farol-tick-{rank}").value)


def address(app: AppTest, name: str) -> str:
    found = app.query_params.get(name, [""])
    return found if isinstance(found, str) else found[0]


class TestCards:
    pytestmark = pytest.mark.usefixtures("active")

    def test_a_card_says_what_to_order_until_when_and_why(self, open_page: OpenPage) -> None:
        portuguese, english = texts(open_page()), texts(open_page(locale="en-US"))

        assert "Pedir 30 já&#58; o prazo era" in portuguese
        assert "Order 30 now&#58; it was due" in english
        assert "chance of a shortage" in english

    def test_a_card_leads_to_its_part_and_keeps_language_and_filters(
        self, open_page: OpenPage
    ) -> None:
        found = links(open_page(lang="en", tier="late"))

        assert found == ["lang=en&item=P00002&location_id=network&tier=late"]

    def test_each_card_has_a_picture_with_its_finding_in_words(self, open_page: OpenPage) -> None:
        said = texts(open_page(locale="en-US"))

        assert said.count("<svg") == 2
        assert 'role="img" aria-label="Used' in said

    def test_the_tick_of_a_card_names_its_row(self, open_page: OpenPage) -> None:
        app = open_page(locale="en-US")

        assert app.checkbox("farol-tick-1").label.startswith("Order 30 now: it was due")
        assert "P00002" in app.checkbox("farol-tick-1").label

    def test_one_line_says_what_the_list_comes_to(self, open_page: OpenPage) -> None:
        assert "2 orders until" in texts(open_page(locale="en-US"))

    def test_on_a_first_monday_nothing_is_called_new(self, open_page: OpenPage) -> None:
        assert "farol-badge" not in texts(open_page())


class TestPages:
    pytestmark = pytest.mark.usefixtures("orders")

    def test_ten_cards_a_page_lead_to_all_of_them(self, open_page: OpenPage) -> None:
        seen = [part for page in "123" for part in parts(at_page(open_page, page))]

        assert seen == [f"P{number:05d}" for number in range(1, 24)]

    def test_a_page_behind_the_last_is_the_last(self, open_page: OpenPage) -> None:
        assert parts(at_page(open_page, "99")) == ["P00021", "P00022", "P00023"]

    @pytest.mark.parametrize("page", ["0", "-1", "two", "1.5", "²"])
    def test_a_page_that_is_no_number_is_told_and_the_first_is_shown(
        self, open_page: OpenPage, page: str
    ) -> None:
        app = at_page(open_page, page)

        assert "o número de uma página, como 2" in app.warning[0].value
        assert parts(app)[0] == "P00001"


class TestFilters:
    pytestmark = pytest.mark.usefixtures("active")

    def test_a_tier_in_the_address_is_shown_alone(self, open_page: OpenPage) -> None:
        assert parts(open_page(tier="this_week")) == ["P00001"]

    def test_choosing_a_tier_writes_it_into_the_address_and_begins_with_its_first_page(
        self, open_page: OpenPage
    ) -> None:
        app = at_page(open_page, "2")

        app.button_group("farol-tier").set_value("late").run()

        assert (address(app, "tier"), address(app, "page")) == ("late", "")
        assert parts(app) == ["P00002"]

    def test_tiers_are_told_with_their_numbers(self, open_page: OpenPage) -> None:
        tiers = open_page(locale="en-US").button_group("farol-tier")

        assert [each.content for each in tiers.proto.options] == [
            "All **2**",
            "Late **1**",
            "This week **1**",
        ]

    def test_a_value_that_a_filter_has_not_is_told_and_the_rest_is_shown(
        self, open_page: OpenPage
    ) -> None:
        app = open_page(tier="blue", abc_class="A")

        assert "tier" in app.warning[0].value
        assert app.button("farol-chosen-0").label == "Classe ABC\\: A"

    def test_a_word_that_is_pressed_is_a_filter_removed(self, open_page: OpenPage) -> None:
        app = open_page(supplier="Nobody,Ltd\\, nowhere")

        app.button("farol-chosen-0").click().run()

        assert address(app, "supplier") == "Ltd\\, nowhere"

    def test_what_fits_no_filter_is_said_with_what_would(self, open_page: OpenPage) -> None:
        app = open_page(category="nothing", locale="en-US")

        assert "No action fits these filters" in app.info[0].value

    def test_an_unknown_place_is_told(self, open_page: OpenPage) -> None:
        app = open_page(location="nowhere")

        assert "nowhere" in app.warning[0].value
        assert len(parts(app)) == 2


class TestTicks:
    pytestmark = pytest.mark.usefixtures("orders")

    def test_a_tick_stands_in_the_address_with_its_publication(
        self, open_page: OpenPage, orders: Manifest
    ) -> None:
        app = tick(tick(open_page(), 1), 2)

        assert (address(app, "ticked"), address(app, "p")) == ("1-2", orders.publication_id)

    def test_a_link_with_ticks_has_them(self, open_page: OpenPage, orders: Manifest) -> None:
        app = open_page(p=orders.publication_id, ticked="2,23", locale="en-US")

        assert _ticked(app, 2)
        assert "2 ticked" in texts(app)

    def test_ticks_survive_paging_and_filters(self, open_page: OpenPage, orders: Manifest) -> None:
        app = tick(open_page(locale="en-US"), 1)
        app.query_params["page"] = "3"
        app.query_params["abc_class"] = "A"

        assert "1 ticked" in texts(app.run())

    def test_one_press_ticks_a_page_and_another_takes_it_back(self, open_page: OpenPage) -> None:
        app = open_page()

        ticked = address(app.checkbox("farol-tick-page-1").check().run(), "ticked")
        app.checkbox("farol-tick-page-1").uncheck().run()

        assert (ticked, address(app, "ticked"), address(app, "p")) == ("1-10", "", "")

    def test_what_is_ticked_is_taken_along(self, open_page: OpenPage, orders: Manifest) -> None:
        app = tick(tick(open_page(), 1), 3)

        assert f"p={orders.publication_id}&rows=1%2C3" in links(app, "orders")

    @pytest.mark.parametrize("text", ["1-", "x", "0", "24", "1-999999999"])
    def test_ticks_that_cannot_be_are_told_and_the_list_is_shown(
        self, open_page: OpenPage, orders: Manifest, text: str
    ) -> None:
        app = open_page(p=orders.publication_id, ticked=text)

        assert app.warning
        assert len(parts(app)) == 10

    def test_ticks_without_their_publication_are_left_out_and_told(
        self, open_page: OpenPage
    ) -> None:
        app = open_page(ticked="1-2", locale="en-US")

        assert "given without a publication" in app.warning[0].value
        assert not _ticked(app, 1)

    def test_ticks_do_not_outlive_their_publication(
        self, open_page: OpenPage, publisher: Publisher
    ) -> None:
        app = tick(open_page(locale="en-US"), 1)
        activate(publish_orders(publisher, 23))
        app.run()

        kept = "1 ticked" in texts(app)
        app.query_params.clear()
        app.session_state["farol.parameters"] = {}
        app.run()

        assert (kept, _ticked(app, 1)) == (True, False)


class TestMarks:
    pytestmark = pytest.mark.usefixtures("orders")

    def mark(self, part: int = 1, kind: str = "ordered", **more: Any) -> None:
        key = RowKey(f"P{part:05d}", "network", "order", "-")
        said = Statement(kind, **more)
        portal().marks.mark(ANYONE, portal().open(), key, said, name="Ana")

    def test_what_is_put_aside_leaves_the_list_and_can_be_looked_at(
        self, open_page: OpenPage
    ) -> None:
        self.mark()

        left, aside = open_page(), open_page(put_aside="true", locale="en-US")

        assert parts(left)[0] == "P00002"
        assert parts(aside) == ["P00001"]
        assert "Ordered by Ana" in texts(aside)

    def test_what_is_put_aside_has_no_tick(self, open_page: OpenPage) -> None:
        self.mark()

        keys = {str(box.key) for box in open_page(put_aside="true").checkbox}

        assert not {key for key in keys if key.startswith("farol-tick-")}

    def test_what_was_seen_stays_with_who_saw_it(self, open_page: OpenPage) -> None:
        self.mark(kind="seen", comment="<b>not</b> yet")

        app = open_page(locale="en-US")

        assert parts(app)[0] == "P00001"
        assert "Seen by Ana “&lt;b&gt;not&lt;/b&gt; yet”" in texts(app)

    def test_a_row_that_was_put_aside_meanwhile_loses_its_tick(self, open_page: OpenPage) -> None:
        app = tick(tick(open_page(locale="en-US"), 1), 2)
        self.mark()

        assert "1 ticked" in texts(app.run())
        assert address(app, "ticked") == "2"

    def test_a_row_that_another_tab_put_aside_says_so_when_it_is_to_be_decided_on(
        self, open_page: OpenPage
    ) -> None:
        app = open_page(locale="en-US")
        self.mark()

        app.button("farol-mark-1").click().run()

        assert "P00001: Ordered by Ana" in app.warning[0].value.replace("\\", "")
        assert not app.run().warning


class TestLists:
    def test_a_quiet_monday_says_since_when_and_what_comes_next(
        self, state: object, publisher: Publisher, open_page: OpenPage
    ) -> None:
        activate(publish_list(publisher, {}))

        found = open_page(locale="en-US").success[0].value

        assert "Nothing needs you: so says the publication of" in found
        assert "The next publication is due by" in found

    @pytest.mark.parametrize("page", ["monday.py", "orders.py"])
    def test_a_list_without_stock_says_that_no_order_can_be_proposed(
        self, state: object, publisher: Publisher, open_page: OpenPage, page: str
    ) -> None:
        tables = publisher.tables(items=3)
        empty = {name: tables[name].slice(0, 0) for name in ("fact_inventory", "fact_action")}
        activate(publisher.publish(items=3, tables={**tables, **empty}))

        app = open_page(page, locale="en-US")

        assert app.warning[0].value.startswith("This publication knows no stock")
        assert "othing to order" not in texts(app)
        assert not app.success

    def test_what_is_put_aside_is_told_on_a_quiet_monday(
        self, state: object, publisher: Publisher, open_page: OpenPage
    ) -> None:
        activate(publish_list(publisher, {1: (LATE, 0.9)}))
        until = datetime.now(UTC).date() + timedelta(days=30)
        portal().marks.mark(
            ANYONE, portal().open(), row(1), Statement("snoozed", until), name="Ana"
        )

        assert "1 row is put aside; it comes back on" in open_page(locale="en-US").success[0].value

    def test_a_list_of_one_part_has_no_pages(
        self, state: object, publisher: Publisher, open_page: OpenPage
    ) -> None:
        activate(publish_list(publisher, {1: (CHECK, None)}))

        app = open_page()

        assert parts(app) == ["P00001"]
        assert not app.get("pagination")

    def test_a_publication_from_before_there_were_lists_shows_its_exceptions(
        self, state: object, publisher: Publisher, open_page: OpenPage
    ) -> None:
        activate(publish_without_list(publisher))

        app = open_page()

        assert "não tem lista de ações" in app.info[0].value
        assert "Estoque e pedidos abertos duram 7 dias" in texts(app)

    def test_places_are_told_where_there_are_several(
        self, state: object, publisher: Publisher, open_page: OpenPage
    ) -> None:
        tables = publisher.tables()
        top, *_ = tables["dim_location"].to_pylist()
        depot = top | {
            "location_id": "D1",
            "name": "Depot 1",
            "level": "depot",
            "parent_location_id": "network",
        }
        places = pa.Table.from_pylist([depot, top], schema=tables["dim_location"].schema)
        rows = [each | {"location_id": "D1"} for each in tables["fact_action"].to_pylist()]
        moved = pa.Table.from_pylist(rows, schema=tables["fact_action"].schema)
        activate(publisher.publish(tables=tables | {"dim_location": places, "fact_action": moved}))

        labels = [link.proto.label for link in open_page().main.get("page_link")]

        assert sum("Depot 1" in label for label in labels) == 2

    @pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "x" * 300, ":red[a] **b**"])
    def test_a_name_of_anything_is_shown_as_it_is(
        self, state: object, publisher: Publisher, open_page: OpenPage, text: str
    ) -> None:
        tables = publisher.tables()
        rows = [each | {"name": text} for each in tables["dim_item"].to_pylist()]
        renamed = pa.Table.from_pylist(rows, schema=tables["dim_item"].schema)
        activate(publisher.publish(tables=tables | {"dim_item": renamed}))

        app = open_page()

        assert not app.exception
        assert "<img" not in texts(app)
        assert len(parts(app)) == 2
