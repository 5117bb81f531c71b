"""The dialog in which planners say what they decided of one row, or of those ticked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NoReturn

import pyarrow as pa
import streamlit as st

from datalayer.portal import CARRIED_OUT, Mark, MarkKind, Publication, Statement
from datalayer.runtime import portal
from pages.components import captions, frame, marking
from pages.components.language import _, date_picker_format, day, moment, ngettext, number, weekday
from pages.components.marking import Marking, Row
from pages.components.worklist import ticks

KINDS: Final = ("snoozed", "disagreed", "seen", "comment")
"""What can be said of every row, beside that it was acted on."""
PAUSES: Final = {"week": 7, "weeks": 14, "month": 30}
_LONGEST_PAUSE: Final = timedelta(days=730)
_MOST_TOLD: Final = 5
_ORDER: Final = "order"
_DONE: Final = "farol.done"


@dataclass
class LastMarking:
    """What was marked last in a session, in which publication, and if its dialog was closed."""

    publication_id: str = ""
    made: Marking | None = None
    is_closed: bool = False


def open_for(publication: Publication, rows: Sequence[Row], title: str, detail: str = "") -> None:
    """Open the dialog for *rows*; once it is saved, ``done`` has what came of it.

    Args:
        publication: The one that they are of.
        rows: Of ``questions.actions.cards``, or as ``marking.Row`` says, each with its rank.
        title: Names them, in Markdown.
        detail: What stands below the title, in Markdown.
    """
    st.dialog(title, width="medium")(form)(publication, rows, detail)


def form(publication: Publication, rows: Sequence[Row], detail: str = "") -> None:
    """Draw what the dialog has in it."""
    with frame.guard("mark"):
        if _is_marked(rows):
            _close(publication, rows)
        if detail:
            st.caption(detail)
        marking.name_field()
        orders = all(row["action"] == _ORDER for row in rows)
        said = _statement(publication.clock().date(), orders=orders)
        _history(publication, rows)
        if st.button(_("Save"), type="primary", key="farol-mark-save"):
            if said:
                _finish(publication, rows, lambda: marking.mark(publication, rows, said))
            else:
                st.error(_("Choose the day on which it is back."), icon=":material/error:")
        if len(rows) == 1 and (rows[0].get("kind") or rows[0].get("comments")):
            _take_back(publication, rows)


def done(publication: Publication) -> Marking | None:
    """Return what was marked last in this session and publication; None if nothing was."""
    last = _last()
    return last.made if last.publication_id == publication.id else None


def keep_done(publication: Publication, make: Callable[[], Marking]) -> Marking:
    """Mark, keep what came of it as what was marked last, and return it.

    What keeps it is fetched before: with the first mark made, Streamlit ends a run that looks into
    the session as soon as the planner does something else.
    """
    last = _last()
    made = make()
    last.publication_id, last.made, last.is_closed = publication.id, made, False
    return made


def done_text(marks: Sequence[Mark]) -> str:
    """Return what was said of which rows."""
    count, kinds = len(marks), {mark.kind for mark in marks}
    text = {
        MarkKind.ORDERED: ngettext("{name}: order placed.", "{count} rows: orders placed.", count),
        MarkKind.DONE: ngettext("{name}: done.", "{count} rows: done.", count),
        MarkKind.SNOOZED: ngettext(
            "{name}: put aside until {day}.", "{count} rows: put aside until {day}.", count
        ),
        MarkKind.DISAGREED: ngettext("{name}: you disagree.", "{count} rows: you disagree.", count),
        MarkKind.SEEN: ngettext("{name}: seen.", "{count} rows: seen.", count),
        MarkKind.COMMENT: ngettext("{name}: comment kept.", "{count} rows: comment kept.", count),
        MarkKind.UNDO: ngettext("{name}: taken back.", "{count} rows: taken back.", count),
    }[marks[0].kind if len(kinds) == 1 else MarkKind.DONE]
    return text.format(
        name=marks[0].row.key.item_id, count=number(count, 0), day=weekday(marks[0].until)
    )


def refusals(made: Marking) -> list[str]:
    """Return why rows were refused, each reason once with the parts that it holds for."""
    parts: dict[str, list[str]] = {}
    for each in made.refused:
        parts.setdefault(marking.refusal(each.problem), []).append(each.key.item_id)
    return [_named(reason, items) for reason, items in parts.items()]


def _named(reason: str, items: Sequence[str]) -> str:
    shown, more = items[:_MOST_TOLD], len(items) - _MOST_TOLD
    names = ", ".join(shown) + (f" + {number(more, 0)}" if more > 0 else "")
    return f"{names}: {reason}"


def _statement(today: date, *, orders: bool) -> Statement | None:
    """Draw what can be said of *orders* or other actions; None while something is missing."""
    acted = MarkKind.ORDERED if orders else MarkKind.DONE
    kind = st.pills(
        _("What did you decide?"),
        (acted, *KINDS),
        default=acted,
        required=True,
        format_func=_kind_text,
        key="farol-mark-kind",
        wrap=True,
    )
    until = _until(kind, today, orders=orders)
    comment = st.text_input(
        _("Comment") if kind == "comment" else _("Comment (optional)"), key="farol-mark-comment"
    )
    if kind == "snoozed" and until is None:
        return None
    return Statement(str(kind), until, comment or "")


def _until(kind: str | None, today: date, *, orders: bool) -> date | None:
    if kind in CARRIED_OUT:
        text = _("Back on the list if it has not come by (optional)")
        return _day(text if orders else _("Back on the list on (optional)"), today)
    if kind != "snoozed":
        return None
    pause = st.pills(
        _("Back on the list in"),
        (*PAUSES, "day"),
        default="week",
        required=True,
        format_func=_pause_text,
        key="farol-mark-pause",
        wrap=True,
    )
    if pause == "day":
        return _day(_("Back on the list on"), today)
    return today + timedelta(days=PAUSES[str(pause)])


def _day(label: str, today: date) -> date | None:
    return st.date_input(
        label,
        value=None,
        min_value=today + timedelta(days=1),
        max_value=today + _LONGEST_PAUSE,
        format=date_picker_format(),
        key="farol-mark-day",
    )


def _take_back(publication: Publication, rows: Sequence[Row]) -> None:
    if st.button(_("Take the last mark back"), key="farol-mark-undo", type="tertiary"):
        _finish(publication, rows, lambda: marking.undo(publication, rows))


def _finish(publication: Publication, rows: Sequence[Row], make: Callable[[], Marking]) -> None:
    """Close the dialog once something was written; else say why nothing was."""
    made = keep_done(publication, make)
    if made.marks:
        _close(publication, rows)
    for text in refusals(made):
        st.error(captions.literal(text), icon=":material/error:")


def _is_marked(rows: Sequence[Row]) -> bool:
    """Return whether *rows* were marked by a run that was ended before it closed the dialog."""
    last = _last()
    if last.made is None or last.is_closed:
        return False
    seen = {marking.row_key(row): int(row.get("number") or 0) for row in rows}
    return any(mark.number > seen.get(mark.row.key, mark.number) for mark in last.made.marks)


def _close(publication: Publication, rows: Sequence[Row]) -> NoReturn:
    last = _last()
    last.is_closed = True
    marked = {mark.row.key for mark in last.made.marks} if last.made else set()
    gone = [row["rank"] for row in rows if marking.row_key(row) in marked]
    ticks.change(publication.id, gone, on=False)
    st.rerun()


def _last() -> LastMarking:
    last: LastMarking = st.session_state.setdefault(_DONE, LastMarking())
    return last


def _history(publication: Publication, rows: Sequence[Row]) -> None:
    """Draw what was ever said of the part of one row."""
    if len(rows) != 1 or not rows[0].get("number"):
        return
    told = portal().marks.history(publication, str(rows[0]["item_id"]))
    with st.expander(_("All marks of this part")):
        for each in _newest_first(told):
            st.markdown(captions.literal(_told(each)))


def _newest_first(told: pa.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = told.to_pylist()[::-1]
    return found


def _told(said: dict[str, Any]) -> str:
    kind = marking.kind_text(MarkKind(said["kind"]))
    until = _("until {day}").format(day=day(said["until"])) if said["until"] else ""
    comment = _("“{comment}”").format(comment=said["comment"]) if said["comment"] else ""
    undone = _("taken back") if said["undone"] else ""
    texts = (moment(said["marked_at"]), said["marked_by"], kind, until, comment, undone)
    return " · ".join(text for text in texts if text)


def _kind_text(kind: str) -> str:
    return {
        "ordered": _("Ordered"),
        "done": _("Done"),
        "snoozed": _("Put aside"),
        "disagreed": _("Disagree"),
        "seen": _("Seen"),
        "comment": _("Comment only"),
    }[kind]


def _pause_text(pause: str) -> str:
    return {
        "week": _("1 week"),
        "weeks": _("2 weeks"),
        "month": _("1 month"),
        "day": _("a day"),
    }[pause]
