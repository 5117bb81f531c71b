"""Marking rows of the list from a page: in whose name, and what is told of rows refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from datalayer.kernel.errors import InvalidSelection, MarkedMeanwhile, UnknownAction
from datalayer.portal import ANYONE, Statement
from datalayer.runtime import portal
from pages.components.marking import Marking, refusal
from tests.marked_list import LATE, publish_list, row
from tests.pages.conftest import ADMIN
from tests.publisher import Publisher

NUMBERS = "farol.test.numbers"


def _script() -> None:
    import streamlit as st

    from datalayer.portal import Statement
    from datalayer.runtime import portal
    from pages.components import language, marking

    language.speak("en")
    publication = portal().open()
    marking.name_field()
    rows = [
        {
            "item_id": f"P{part:05d}",
            "location_id": "network",
            "action": "check",
            "ref": "-",
            "number": number,
        }
        for part, number in st.session_state.get("rows", {1: 0, 2: 0}).items()
    ]
    kind = st.session_state.get("kind", "ordered")
    if st.button("mark"):
        st.session_state["done"] = marking.mark(publication, rows, Statement(kind))
    if st.button("undo"):
        done = [marking.row_of(mark) for mark in st.session_state["done"].marks]
        st.session_state["done"] = marking.undo(publication, done)


@pytest.fixture
def app(state: Path, publisher: Publisher) -> AppTest:
    publish_list(publisher, dict.fromkeys((1, 2), (LATE, 0.5)))
    portal().activate(ADMIN, confirmed=True)
    return AppTest.from_function(_script).run()


def mark_as(app: AppTest, name: str, button: int = 0) -> Marking:
    app.text_input[0].set_value(name)
    app.button[button].click().run()
    assert not app.exception
    return app.session_state["done"]


def standing() -> dict[str, str]:
    table = portal().marks.standing(portal().open())
    return dict(zip(table["item_id"].to_pylist(), table["marked_by"].to_pylist(), strict=True))


def test_every_row_is_marked_in_the_name_given(app: AppTest) -> None:
    done = mark_as(app, "Ana")

    assert [mark.marked_by for mark in done.marks] == ["Ana", "Ana"]
    assert standing() == {"P00001": "Ana", "P00002": "Ana"}


def test_without_a_name_no_row_is_marked_and_each_is_told_why(app: AppTest) -> None:
    done = mark_as(app, "")

    assert standing() == {}
    assert [type(each.problem) for each in done.refused] == [InvalidSelection, InvalidSelection]


def test_what_somebody_else_marked_is_refused_and_the_others_are_marked(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    marks.mark(ANYONE, publication, row(1), Statement("seen"), name="Bia")

    done = mark_as(app, "Ana")

    assert [mark.row.key for mark in done.marks] == [row(2)]
    assert [each.key for each in done.refused] == [row(1)]
    assert isinstance(done.refused[0].problem, MarkedMeanwhile)
    assert "Bia" in refusal(done.refused[0].problem)


def test_a_mark_that_was_seen_is_followed_by_the_next(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    seen = marks.mark(ANYONE, publication, row(1), Statement("seen"), name="Bia")
    app.session_state["rows"] = {1: seen.number}

    assert not mark_as(app, "Ana").refused


def test_a_row_that_the_list_has_not_is_refused_alone(app: AppTest) -> None:
    app.session_state["rows"] = {3: 0, 2: 0}

    done = mark_as(app, "Ana")

    assert [type(each.problem) for each in done.refused] == [UnknownAction]
    assert len(done.marks) == 1


def test_undo_takes_back_each_mark(app: AppTest) -> None:
    mark_as(app, "Ana")

    done = mark_as(app, "Ana", button=1)

    table = portal().marks.standing(portal().open())
    assert (len(done.marks), table["kind"].to_pylist()) == (2, [None, None])


def test_undo_leaves_what_was_marked_since_as_it_is(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    made = mark_as(app, "Ana").marks
    marks.mark(ANYONE, publication, row(1), Statement("seen"), seen=made[0].number, name="Bia")

    done = mark_as(app, "Ana", button=1)

    assert [each.key for each in done.refused] == [row(1)]
    assert len(done.marks) == 1


def test_the_name_stays_for_the_session(app: AppTest) -> None:
    mark_as(app, "Ana")

    assert app.run().text_input[0].value == "Ana"
