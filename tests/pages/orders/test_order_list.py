"""The order list: which orders it has, what can be changed of them, and what it says of a row."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.kernel.contract.manifest import Manifest
from tests.marked_list import publish_without_list
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.orders.conftest import Proposed, PublishOrders, mark_ordered
from tests.publisher import Publisher
from tests.repaired_parts import with_repairs

THREE = (Proposed(1), Proposed(2, "this_week"), Proposed(3, "will_run_out"))


def quantities(app: AppTest) -> list[float]:
    """What the fields of the page have, from above."""
    return [field.value for field in app.number_input]


def ranks(app: AppTest) -> list[int]:
    """The orders of the page by their places in the list, from above."""
    return [int(str(field.key).rsplit("-", 1)[1]) for field in app.number_input]


def links(app: AppTest) -> str:
    """What the links of the page say."""
    return "\n".join(link.proto.label for link in app.get("page_link"))


def test_opened_bare_it_has_what_is_late_or_due_this_week(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders(THREE)

    app = open_orders()

    assert sorted(ranks(app)) == [1, 2]
    assert "Late, This week. What is to be expedited" in texts(app)


def test_a_tier_in_the_address_has_all_orders_of_it(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders(THREE)

    assert ranks(open_orders(tier="will_run_out")) == [3]


def test_rows_in_the_address_are_those_of_the_publication_named(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    first = publish_orders(THREE)
    publish_orders([Proposed(4)])

    assert sorted(ranks(open_orders(rows="1,3", p=first.publication_id))) == [1, 3]


def test_rows_without_their_publication_are_refused(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders(THREE)

    app = open_orders(rows="1-2")

    assert "it must be together with p" in app.error[0].value
    assert "The same places in the list of publication" in links(app)
    assert not app.number_input


def test_rows_that_are_not_there_are_named_and_the_others_shown(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders(THREE)

    app = open_orders(rows="2,7-9", p=manifest.publication_id)

    assert "3 rows of the address are not in publication" in app.error[0].value
    assert "7-9" in app.error[0].value
    assert ranks(app) == [2]


def test_what_is_no_row_or_no_tier_is_refused_with_what_would_be_right(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders(THREE)

    for asked in ({"rows": "one", "p": manifest.publication_id}, {"tier": "soon"}):
        app = open_orders(**asked)

        assert "it must be" in app.error[0].value
        assert not app.number_input


def test_orders_are_by_supplier_and_inside_by_date(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    rows = [Proposed(1), Proposed(2, due=date(2026, 11, 25)), Proposed(3), Proposed(4)]
    suppliers = {1: "beta", 2: "Alfa", 3: None, 4: "Alfa"}
    publish_orders(rows, parts={part: {"supplier": name} for part, name in suppliers.items()})

    app = open_orders()

    assert [each.value for each in app.header] == ["Alfa", "beta", "No supplier known"]
    assert ranks(app) == [4, 2, 1, 3]


def test_sums_say_of_how_many_the_cost_is_not_known(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1), Proposed(2)], parts={2: {"unit_cost": None}})

    assert "**2 orders, 2,000, the cost of 1 is not known**" in texts(open_orders())


def test_nothing_left_to_order_is_said(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1, "will_run_out")])

    assert open_orders().info[0].value == "Nothing is to be ordered here."


def test_a_publication_from_before_the_list_says_what_it_lacks(
    state: object, publisher: Publisher, open_orders: OpenPage
) -> None:
    publish_without_list(publisher)
    runtime.portal().activate(ADMIN)

    assert "from before there was a list of what to do" in open_orders().info[0].value


def change(app: AppTest, manifest: Manifest, rank: int, quantity: float) -> AppTest:
    """Type a quantity."""
    key = f"order-quantity-{manifest.publication_id}-{rank}"
    return app.number_input(key=key).set_value(quantity).run()


def test_a_changed_quantity_stands_beside_the_one_proposed(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1)])

    app = change(open_orders(), manifest, 1, 60)

    assert "Proposed: 40" in texts(app)
    assert "**1 order, 3,000**" in texts(app)


def test_a_changed_quantity_survives_leaving_the_page(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1)])
    app = change(open_orders(), manifest, 1, 60)

    app.switch_page("data.py").run()
    app.switch_page("orders.py").run()

    assert quantities(app) == [60]


def test_a_changed_quantity_goes_back_to_the_one_proposed(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1)])
    app = change(open_orders(), manifest, 1, 60)

    app.button(key=f"order-reset-{manifest.publication_id}-1").click().run()

    assert quantities(app) == [40]
    assert "Proposed" not in texts(app)


def test_a_quantity_that_breaks_its_multiple_stands_and_the_next_is_offered(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    kept = {"minimum_order": 50.0, "order_multiple": 20.0, "lot": 1.0}
    manifest = publish_orders([Proposed(1)], stock={1: kept})
    app = change(open_orders(), manifest, 1, 41)

    assert quantities(app) == [41]
    assert "it must be at least 50, a multiple of 20. The next is 60." in texts(app)
    assert app.button(key="order-take").disabled

    app.button(key=f"order-round-{manifest.publication_id}-1").click().run()

    assert quantities(app) == [60]
    assert not app.button(key="order-take").disabled


@pytest.mark.parametrize("typed", [0, -3])
def test_where_nothing_is_ordered_the_least_order_is_offered(
    publish_orders: PublishOrders, open_orders: OpenPage, typed: float
) -> None:
    manifest = publish_orders([Proposed(1)])
    app = change(open_orders(), manifest, 1, typed)

    assert "Leave the row out, or order 1." in texts(app)

    app.button(key=f"order-round-{manifest.publication_id}-1").click().run()

    assert quantities(app) == [1]


def test_an_order_left_out_counts_no_more_and_stays_on_the_page(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1), Proposed(2)])
    app = open_orders()

    app.checkbox(key=f"order-tick-{manifest.publication_id}-1").uncheck().run()

    assert "**1 order, 2,000**" in texts(app)
    assert "1 is left out" in texts(app)
    assert len(quantities(app)) == 2


def test_two_hundred_orders_come_in_pages_and_are_all_counted(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    rows = [Proposed(part) for part in range(1, 121)]
    manifest = publish_orders(rows)

    app = open_orders(rows="1-120", p=manifest.publication_id)

    assert len(quantities(app)) == 50
    assert app.button(key="order-take").label == "Take 120 orders along"
    assert "Orders 1 to 50 of 120; the file has those of all pages." in texts(app)


def test_what_is_no_order_is_told_apart_and_marked_as_done(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    deferred = Proposed(
        2, "surplus", "defer", more={"ref": "PO-7/1", "promised": date(2026, 12, 1)}
    )
    manifest = publish_orders([Proposed(1), deferred])
    app = open_orders(rows="1-2", p=manifest.publication_id)

    assert "Not orders" in texts(app)
    assert "Defer order PO-7/1" in texts(app)

    app.text_input(key="farol.marked_by").set_value("Ana").run()
    app.button(key="orders-others-done").click().run()

    assert "Not orders" not in texts(app)
    standing = runtime.portal().marks.standing(runtime.portal().open())
    assert standing["kind"].to_pylist() == ["done"]


def test_a_quantity_of_a_digit_too_many_is_asked_back(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1)], stock={1: {"cycle_demand": None}})
    app = change(open_orders(), manifest, 1, 1e12)

    assert quantities(app) == [1e12]
    assert "At most 400 can be ordered here. Is it a digit too many?" in texts(app)
    assert app.button(key="order-take").disabled
    assert not [button.key for button in app.button if "order-round" in str(button.key)]

    app.button(key=f"order-reset-{manifest.publication_id}-1").click().run()

    assert quantities(app) == [40]
    assert not app.button(key="order-take").disabled


def test_what_is_used_in_ten_years_may_be_ordered(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    year = {"cycle_demand": 20.0, "lead_time_days": 66.0, "review_days": 7.0}
    manifest = publish_orders([Proposed(1)], stock={1: year})

    assert "about 100 are used in a year" in texts(change(open_orders(), manifest, 1, 1001))
    assert "can't be ordered" not in texts(change(open_orders(), manifest, 1, 1000))


def test_of_a_repaired_part_all_that_fail_are_used(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    year = {"lead_time_days": 66.0, "review_days": 7.0}
    manifest = publish_orders([Proposed(1)], stock={1: year}, change=with_repairs)

    # 12 fail in a fifth of a year, of which 8 are missing at its end.
    assert "about 60 are used in a year" in texts(change(open_orders(), manifest, 1, 1001))


def test_what_was_typed_stays_with_its_publication(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    first = publish_orders([Proposed(1)])
    app = change(open_orders(), first, 1, 60)
    publish_orders([Proposed(2)])

    app.run()

    assert app.query_params["p"] == first.publication_id
    assert quantities(app) == [60]
    assert "This page is pinned to publication" in texts(app)


def test_what_was_typed_before_is_told_on_the_list_of_another_publication(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    first = publish_orders([Proposed(1)])
    app = change(open_orders(), first, 1, 60)
    publish_orders([Proposed(2)])

    app.run()
    app.button(key="show-active").click().run()

    assert quantities(app) == [40]
    assert f"You changed 1 order of publication {first.publication_id}" in texts(app)


def test_a_parameter_given_twice_is_refused(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders(THREE)

    app = open_orders(p=manifest.publication_id, rows=["1", "2"])

    assert "rows is given more than once; it must be given once" in app.error[0].value
    assert not app.number_input


def test_the_page_speaks_portuguese(publish_orders: PublishOrders, open_page: OpenPage) -> None:
    publish_orders(THREE)
    mark_ordered(1)

    app = open_page("orders.py")

    assert app.button(key="order-take").label == "Levar 1 pedido"
    assert app.expander[0].label == "1 pedido já levado"
