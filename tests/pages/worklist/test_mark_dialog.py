"""What planners say of rows: the form of the dialog, and what is told of it afterwards."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from datalayer.portal import ANYONE, Statement
from datalayer.runtime import portal
from pages.components.worklist import mark_dialog
from tests.marked_list import LATE, publish_list, row
from tests.pages.conftest import ADMIN
from tests.pages.speaking import speaking
from tests.publisher import Publisher


def _script() -> None:
    import streamlit as st

    from datalayer.runtime import portal
    from pages.components import language
    from pages.components.worklist import mark_dialog

    language.speak(st.session_state.get("language", "en"))
    publication = portal().open()
    if made := mark_dialog.done(publication):
        if made.marks:
            st.write(mark_dialog.done_text(made.marks))
        st.write(*mark_dialog.refusals(made))
    rows = [
        {
            "rank": part,
            "item_id": f"P{part:05d}",
            "location_id": "network",
            "action": "check",
            "ref": "-",
            "number": st.session_state.get("number", 0),
            "kind": st.session_state.get("kind"),
        }
        for part in st.session_state.get("parts", [1])
    ]
    mark_dialog.form(publication, rows)


@pytest.fixture
def app(state: Path, publisher: Publisher) -> Iterator[AppTest]:
    publish_list(publisher, dict.fromkeys((1, 2), (LATE, 0.5)))
    portal().activate(ADMIN, confirmed=True)
    with speaking("en"):  # what is chosen here is found by its words
        yield AppTest.from_function(_script).run()


def choose(app: AppTest, kind: str, name: str = "Ana") -> AppTest:
    app.text_input("farol.marked_by").set_value(name)
    return app.button_group("farol-mark-kind").set_value(kind).run()


def save(app: AppTest) -> AppTest:
    app.button("farol-mark-save").click().run()
    assert not app.exception
    return app


def standing() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = portal().marks.standing(portal().open()).to_pylist()
    return rows


def test_what_is_done_is_told_with_its_part(app: AppTest) -> None:
    save(choose(app, "ordered"))

    assert app.markdown[0].value == "P00001: done."
    assert [each["kind"] for each in standing()] == ["done"]


def test_several_rows_are_told_by_their_number(app: AppTest) -> None:
    app.session_state["parts"] = [1, 2]

    save(choose(app, "disagreed"))

    assert app.markdown[0].value == "2 rows: you disagree."


@pytest.mark.parametrize(("pause", "days"), [("week", 7), ("weeks", 14), ("month", 30)])
def test_what_is_put_aside_comes_back_after_the_pause_chosen(
    app: AppTest, pause: str, days: int
) -> None:
    choose(app, "snoozed").button_group("farol-mark-pause").set_value(pause).run()

    save(app)

    today = portal().open().clock().date()
    assert standing()[0]["until"] == today + timedelta(days=days)


def test_what_is_put_aside_until_a_day_needs_that_day(app: AppTest) -> None:
    choose(app, "snoozed").button_group("farol-mark-pause").set_value("day").run()

    save(app)

    assert "Choose the day" in app.error[0].value
    assert standing() == []


def test_a_comment_alone_needs_words(app: AppTest) -> None:
    save(choose(app, "comment"))

    assert app.error
    assert standing() == []


def test_what_is_refused_keeps_what_was_typed(app: AppTest) -> None:
    app.text_input("farol-mark-comment").set_value("by phone")

    save(choose(app, "ordered", name=""))

    assert "P00001\\: Who says so? Enter your name." in app.error[0].value
    assert app.text_input("farol-mark-comment").value == "by phone"


def test_what_somebody_marked_meanwhile_is_not_overwritten(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    marks.mark(ANYONE, publication, row(1), Statement("seen"), name="Bia")

    save(choose(app, "ordered"))

    assert "Meanwhile Bia marked it (seen" in app.error[0].value
    assert [each["kind"] for each in standing()] == ["seen"]


def test_what_was_marked_is_told_when_a_click_ends_the_run_that_marked_it(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = portal().marks
    mark = marks.mark

    def marked_while_somebody_clicks(*arguments: object, **named: object) -> object:
        made = mark(*arguments, **named)  # type: ignore[arg-type]
        _end_run_at_next_look_into_session()
        return made

    monkeypatch.setattr(marks, "mark", marked_while_somebody_clicks)

    save(choose(app, "ordered"))

    assert app.markdown[0].value == "P00001: done."
    assert not app.error
    assert len(standing()) == 1


def _end_run_at_next_look_into_session() -> None:
    """Do what Streamlit does once the planner has done something else."""
    context = get_script_run_ctx()
    assert context is not None
    session = context.session_state

    def end() -> None:
        object.__setattr__(session, "_yield_callback", look)
        raise RerunException(RerunData())

    look = session._yield_callback
    object.__setattr__(session, "_yield_callback", end)


def test_a_mark_that_cannot_be_written_is_told_and_nothing_that_was_typed_is_lost(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_named: object) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system")

    choose(app, "ordered").text_input("farol-mark-comment").set_value("by phone")
    monkeypatch.setattr("datalayer.kernel.storage.growing_file.os.open", refuse)

    save(app)

    assert "Read-only file system" in app.error[0].value
    assert app.text_input("farol-mark-comment").value == "by phone"
    assert standing() == []


def test_what_was_said_of_a_part_is_folded_in(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    made = marks.mark(ANYONE, publication, row(1), Statement("seen", None, "*odd*"), name="Bia")
    app.session_state["number"] = made.number

    history = app.run().expander[0]

    assert history.label == "All marks of this part"
    assert "Bia · seen · “\\*odd\\*”" in history.markdown[0].value


def test_the_last_mark_of_a_row_is_taken_back(app: AppTest) -> None:
    marks, publication = portal().marks, portal().open()
    made = marks.mark(ANYONE, publication, row(1), Statement("seen"), name="Bia")
    app.session_state["number"], app.session_state["kind"] = made.number, "seen"
    app.run()

    app.text_input("farol.marked_by").set_value("Ana")
    app.button("farol-mark-undo").click().run()

    assert app.markdown[0].value == "P00001: taken back."
    assert [each["kind"] for each in standing()] == [None]


def test_a_row_that_nobody_marked_has_nothing_to_take_back(app: AppTest) -> None:
    assert "farol-mark-undo" not in {button.key for button in app.button}


def test_all_of_it_is_said_in_portuguese(app: AppTest) -> None:
    app.session_state["language"] = "pt_BR"

    app.run()

    assert app.button_group("farol-mark-kind").label == "O que você decidiu?"
    assert app.button("farol-mark-save").label == "Salvar"


def test_many_parts_refused_for_one_reason_are_told_once(app: AppTest) -> None:
    app.session_state["parts"] = [1, 2]

    save(choose(app, "ordered", name=""))

    assert len(app.error) == 1
    assert "P00001, P00002\\: Who says so? Enter your name." in app.error[0].value


def test_kinds_of_marks_are_those_that_can_be_made() -> None:
    from datalayer.portal import CARRIED_OUT, MarkKind

    every = {each.value for each in MarkKind if each != MarkKind.UNDO}

    assert {*mark_dialog.KINDS, *CARRIED_OUT} == every
