"""Orders taken along are marked first, then handed out, and not taken twice unless asked."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from types import MethodType
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx
from streamlit.runtime.state import SafeSessionState
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import ANYONE, Role
from datalayer.kernel.errors import StateUnavailable
from datalayer.marks.planner_marks import PlannerMarks
from datalayer.portal import Mark, RowKey, Statement
from datalayer.reading.extracts.order_files import OrderFiles
from pages.components import access
from pages.components.orders import planned_orders
from pages.components.orders.planned_orders import PlannedOrders
from pages.components.orders.taking import TAKEN, TakenFile
from tests.pages.conftest import OpenPage, texts
from tests.pages.orders.conftest import (
    Proposed,
    PublishOrders,
    mark_ordered,
    states,
    take_along,
)
from tests.pages.signing_in import add_user, sign_in


def taken(app: AppTest) -> TakenFile:
    """What came of taking along."""
    found = app.session_state[TAKEN][runtime.portal().active_id()]
    assert isinstance(found, TakenFile)
    return found


def rows_of(app: AppTest) -> list[dict[str, str]]:
    """The rows of the file, in plain CSV."""
    content = taken(app).content
    assert content is not None
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_file_has_what_the_page_has(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1), Proposed(2), Proposed(3)])
    app = open_orders()
    key = manifest.publication_id
    app.number_input(key=f"order-quantity-{key}-2").set_value(60).run()
    app.checkbox(key=f"order-tick-{key}-3").uncheck().run()

    take_along(app)

    told = [(row["item_id"], row["quantity"], row["proposed_quantity"]) for row in rows_of(app)]
    assert sorted(told) == [("P00001", "40.0", "40.0"), ("P00002", "60.0", "40.0")]
    assert {row["taken_by"] for row in rows_of(app)} == {"Ana"}
    assert "2 orders taken along." in texts(app)


def test_orders_taken_along_are_marked_and_leave_the_list(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1), Proposed(2)])

    app = take_along(open_orders())

    assert states() == {"P00001": "put_aside", "P00002": "put_aside"}
    assert app.info[0].value == "All of these orders have been taken along."
    assert app.expander[0].label == "2 orders already taken along"


def test_nothing_is_taken_along_without_a_name(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1)])
    app = open_orders()

    app.button(key="order-take").click().run()

    assert app.error[0].value == "Who takes them along? Enter your name."
    assert states() == {}


def test_what_was_taken_is_not_taken_twice_unless_asked(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1), Proposed(2)])
    mark_ordered(1)
    app = open_orders(rows="1-2", p=manifest.publication_id)

    assert app.button(key="order-take").label == "Take 1 order along"

    app.checkbox(key=f"orders-again-{manifest.publication_id}").check().run()
    take_along(app)

    assert sorted(row["item_id"] for row in rows_of(app)) == ["P00001", "P00002"]


def test_orders_are_taken_again_beside_rows_that_are_none(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    deferred = Proposed(
        2, "surplus", "defer", more={"ref": "PO-7/1", "promised": date(2026, 12, 1)}
    )
    manifest = publish_orders([Proposed(1), deferred])
    mark_ordered(1)
    app = open_orders(rows="1-2", p=manifest.publication_id)

    app.checkbox(key=f"orders-again-{manifest.publication_id}").check().run()

    assert not app.error
    assert app.button(key="orders-others-done").label == "Mark 1 as done"
    take_along(app)
    assert [row["item_id"] for row in rows_of(app)] == ["P00001"]


def test_what_another_planner_took_meanwhile_is_told_and_not_in_the_file(
    publish_orders: PublishOrders, open_orders: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_orders([Proposed(1), Proposed(2)])
    app = open_orders()
    make = OrderFiles.of_ranks

    def made_while_another_takes(*arguments: object, **more: object) -> object:
        if not states():
            mark_ordered(1)
        return make(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(OrderFiles, "of_ranks", made_while_another_takes)

    take_along(app)

    assert [row["item_id"] for row in rows_of(app)] == ["P00002"]
    assert "1 order was not taken" in app.warning[0].value
    assert "Meanwhile Bruno marked it" in app.warning[0].value


def test_orders_that_can_not_be_marked_are_not_called_taken(
    publish_orders: PublishOrders,
    open_orders: OpenPage,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish_orders([Proposed(part) for part in range(1, 9)])
    app = open_orders()

    def full(*_args: object, **_more: object) -> None:
        raise StateUnavailable(path=str(state), problem="No space left on device")

    monkeypatch.setattr(runtime.portal().marks, "mark", full)

    take_along(app)

    assert taken(app).content is None
    # What holds for all is said once.
    assert app.warning[0].value.count("No space left on device") == 1
    assert "8 orders were not taken, and there is no file" in app.warning[0].value
    assert " + 3)" in app.warning[0].value
    assert "taken along." not in texts(app)


def test_a_text_that_the_form_lacks_marks_nothing(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1)], parts={1: {"unit": "Ω"}})
    app = open_orders()
    app.selectbox(key="order-profile").set_value("protheus-sc").run()

    take_along(app)

    assert "Nothing was taken along" in app.error[0].value
    assert states() == {}


def test_a_changed_quantity_is_remembered_with_the_mark(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    manifest = publish_orders([Proposed(1)])
    app = open_orders()
    app.number_input(key=f"order-quantity-{manifest.publication_id}-1").set_value(60).run()

    take_along(app)

    standing = runtime.portal().marks.standing(runtime.portal().open())
    assert standing["comment"].to_pylist() == ["60 ordered, 40 proposed"]


@pytest.mark.parametrize("quantity", [40.0, 41.0])
def test_a_click_elsewhere_while_orders_are_marked_loses_no_file(
    publish_orders: PublishOrders,
    open_orders: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    quantity: float,
) -> None:
    publish_orders([Proposed(1), Proposed(2)])
    app = open_orders()
    app.number_input[0].set_value(quantity).run()
    marked = PlannerMarks.mark

    def mark_while_another_page_is_asked_for(*args: Any, **more: Any) -> Mark:
        run = get_script_run_ctx()
        assert run is not None
        end_at_next_look(run.session_state)
        return marked(*args, **more)

    with monkeypatch.context() as while_marking:
        while_marking.setattr(PlannerMarks, "mark", mark_while_another_page_is_asked_for)
        take_along(app)
    app.run()

    assert len(states()) == 2
    assert [row["quantity"] for row in rows_of(app)] == [str(quantity), "40.0"]
    assert "2 orders taken along." in texts(app)


def end_at_next_look(state: SafeSessionState) -> None:
    """End a run where it looks into its session, as Streamlit does while another one waits."""
    usual = state._yield_callback
    if not isinstance(usual, MethodType):
        return

    def end() -> None:
        if usual.__self__._execing:  # else the run is over
            object.__setattr__(state, "_yield_callback", usual)
            raise StopException

    object.__setattr__(state, "_yield_callback", end)


def test_of_two_who_take_the_same_list_one_has_the_orders(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1), Proposed(2)])
    first, second = open_orders(), open_orders()
    # The other one's page is as it was drawn: its button does what it said.
    for app, name in ((first, "Ana"), (second, "Bruno")):
        app.text_input(key="farol.marked_by").set_value(name)
    first.button(key="order-take").click().run()

    second.button(key="order-take").click()
    second.run()

    assert [row["taken_by"] for row in rows_of(first)] == ["Ana", "Ana"]
    assert "order-take" not in {button.key for button in second.button}
    assert "2 orders already taken along" in second.expander[0].label


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in_and_nothing_is_taken(
    publish_orders: PublishOrders,
    open_orders: OpenPage,
    state: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_user(state, "planner", Role.PLANNER)
    publish_orders([Proposed(1)])
    monkeypatch.setenv("FAROL_ACCESS", "members")
    runtime.reset()
    app = sign_in(open_orders(), "planner")
    drawn = planned_orders.of_session

    def drawn_while_signed_out(publication_id: str) -> PlannedOrders:
        monkeypatch.setattr(access, "identity", lambda: ANYONE)
        return drawn(publication_id)

    monkeypatch.setattr(planned_orders, "of_session", drawn_while_signed_out)
    app.button(key="order-take").click().run()

    assert {field.key for field in app.text_input} == {"sign_in_name", "sign_in_password"}
    assert not (state / "marks/marks.log").exists()


def test_what_was_just_taken_along_can_be_put_back(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1), Proposed(2)])
    app = take_along(open_orders())

    app.button(key=f"order-undo-{taken(app).key}").click().run()

    assert states() == {"P00001": "open", "P00002": "open"}
    assert "2 orders are on the list again." in texts(app)
    assert taken(app).content is None


def test_what_another_planner_marked_since_is_not_put_back(
    publish_orders: PublishOrders, open_orders: OpenPage
) -> None:
    publish_orders([Proposed(1), Proposed(2)])
    app = take_along(open_orders())
    portal, row = runtime.portal(), RowKey("P00001", "network", "order", "-")
    said = Statement("comment", comment="Sent by post")
    portal.marks.mark(ANYONE, portal.open(), row, said, seen=99, name="Bruno")

    app.button(key=f"order-undo-{taken(app).key}").click().run()

    assert states() == {"P00001": "put_aside", "P00002": "open"}
    assert "1 order is on the list again." in texts(app)
    assert "P00001" in "\n".join(each.value for each in app.warning)
