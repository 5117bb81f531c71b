"""The decision box: what to do about a part, how much, by when, why, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

import streamlit as st

from datalayer.portal import CARRIED_OUT, NETWORK, Mark, Publication
from datalayer.runtime import portal
from pages.components import captions, frame, marking, policy_followed
from pages.components.language import _, ago, weekday
from pages.components.part import facts
from pages.components.part.situation import PUT_ASIDE, PartSituation, Row
from pages.components.units import amount
from pages.components.worklist import mark_dialog, ranks
from pages.components.worklist.action_words import check_first, headline, why

_ORDERED: Final = frozenset({"order"})
SHOWN_MARKS: Final = 3
_LONG: Final = 45
_NARROW, _WIDE = "farol-fact", "farol-fact farol-wide"


def show(situation: PartSituation, publication: Publication) -> None:
    """Draw the box."""
    with st.container(border=True, key="part-decision", gap="small"):
        st.html(box_html(situation, publication))
        marks(situation, publication)
        _carry_out(situation, publication)


def box_html(situation: PartSituation, publication: Publication) -> str:
    """Return all that the box says, as HTML in which every text of a publication is escaped."""
    registry, lineage = publication.registry, publication.manifest.lineage
    verb, reason = _decision(situation, publication)
    check = ""
    if situation.decision is not None:
        frequency = str(lineage.get("frequency", "D"))
        check = check_first(situation.decision, registry, frequency=frequency)
    currency = str(lineage.get("currency", ""))
    listed = facts.facts(situation, registry, currency=currency)
    return "".join(
        (
            f'<h3 class="farol-verb">{escape(verb)}</h3>',
            f'<p class="farol-why">{escape(reason)}</p>',
            f'<p class="farol-check">{escape(check)}</p>' if check else "",
            _list_of_facts(listed),
            _others(situation),
        )
    )


def _decision(situation: PartSituation, publication: Publication) -> tuple[str, str]:
    """Return what to do and why."""
    registry = publication.registry
    action = situation.decision
    if action is not None:
        frequency = str(publication.manifest.lineage.get("frequency", "D"))
        # A move names its places, and the chance of a shortage without it.
        is_move = action["action"] == "move"
        told = why(action, registry, frequency=frequency, chance_told=not is_move)
        what = headline(action)
        return what if is_move else _placed(what, situation), told
    if missing := facts.missing(situation, registry):
        return _("What to do is not known"), _missing(missing)
    if situation.actions:
        return _("Nothing left to do"), _("What there was to do here is done or put aside.")
    if situation.actions is None:
        return _before_decisions(situation)
    return _("Nothing to do"), _lasts(situation)


def _placed(what: str, situation: PartSituation) -> str:
    """Return *what* is to be done with the place, where the part has several."""
    place = situation.location
    if not place["below"] and place["level"] == NETWORK:
        return what
    text = _("{place} as a whole: {what}") if place["below"] else _("{place}: {what}")
    return text.format(place=place["name"], what=what[:1].lower() + what[1:])


def _missing(names: Sequence[str]) -> str:
    text = _(
        "This publication does not say of this place: {names}. Without it no order is proposed."
    )
    return text.format(names=", ".join(name.lower() for name in names))


def _before_decisions(situation: PartSituation) -> tuple[str, str]:
    """Return what the stock asks for, where a publication has no list of what to do."""
    stock = situation.stock or {}
    reason = _("This publication is from before there was a list of what to do. {reason}")
    if not stock.get("order_quantity"):
        return _("Nothing to order"), reason.format(reason=_lasts(situation))
    by = stock["order_by"]
    late = by is not None and by < stock["as_of"]
    text = _("Order {quantity} now: it was due {day}") if late else _("Order {quantity} by {day}")
    quantity = facts.count(stock["order_quantity"], situation.item)
    said = text.format(quantity=quantity, day=weekday(by, stock["as_of"]))
    return said, reason.format(reason=_("Stock and orders are down to the reorder point."))


def _lasts(situation: PartSituation) -> str:
    stock = situation.stock or {}
    if stock.get("policy") == policy_followed.NOT_STOCKED:
        return policy_followed.not_stocked_text()
    day: date | None = stock.get("stockout_date")
    takes = amount(stock.get("lead_time_days"), "d")
    is_moved = bool(stock.get("moved"))
    if day is None:
        text = (
            _(
                "Once moves are made, stock and open orders last more than two years; a delivery "
                "takes {takes}."
            )
            if is_moved
            else _("Stock and open orders last more than two years; a delivery takes {takes}.")
        )
        return text.format(takes=takes)
    text = (
        _("Once moves are made, stock and open orders last until {day}; a delivery takes {takes}.")
        if is_moved
        else _("Stock and open orders last until {day}; a delivery takes {takes}.")
    )
    return text.format(day=weekday(day, stock["as_of"]), takes=takes)


def _list_of_facts(listed: list[facts.Fact]) -> str:
    rows = (
        f'<div class="{_WIDE if len(text) > _LONG else _NARROW}">'
        f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
        for term, text in listed
    )
    return f'<dl class="farol-facts">{"".join(rows)}</dl>'


def _others(situation: PartSituation) -> str:
    """Return the further actions here, those put aside as well, each in a line."""
    others = [each for each in situation.actions or () if each is not situation.decision]
    if not others:
        return ""
    lines = "".join(f"<li>{escape(_other(each))}</li>" for each in others)
    also = _("Also here:")
    return f'<div class="farol-others"><p>{escape(also)}</p><ul>{lines}</ul></div>'


def _other(action: Row) -> str:
    text = headline(action)
    if action["state"] != PUT_ASIDE:
        return text
    aside = _("{what} (done)") if action["kind"] in CARRIED_OUT else _("{what} (put aside)")
    return aside.format(what=text)


def marks(situation: PartSituation, publication: Publication) -> None:
    """Draw what planners said of what is to be done here, the latest first, with who and when."""
    if situation.actions is None:
        return
    said = portal().marks.history(publication, situation.item_id).to_pylist()
    here = [each for each in reversed(said) if _stands(each, situation)]
    lines = "".join(f"<li>{escape(mark_text(each))}</li>" for each in here[:SHOWN_MARKS])
    if lines:
        st.html(f'<ul class="farol-marks">{lines}</ul>')


def _stands(mark: Row, situation: PartSituation) -> bool:
    here = mark["location_id"] == situation.location_id
    return bool(here and mark["stands"] and not mark["undone"] and mark["kind"] != "undo")


def mark_text(mark: Row) -> str:
    """Return what was said, by whom and when."""
    words = {
        "seen": _("{name} has seen it, {ago}"),
        "ordered": _("{name} has ordered it, {ago}"),
        "done": _("{name} has done it, {ago}"),
        "snoozed": _("{name} put it aside until {until}, {ago}"),
        "disagreed": _("{name} disagrees, {ago}"),
        "comment": _("{name} wrote, {ago}"),
    }
    text = words[mark["kind"]].format(
        name=mark["marked_by"], ago=ago(mark["marked_at"]), until=weekday(mark["until"])
    )
    return f"{text}: {mark['comment']}" if mark["comment"] else f"{text}."


def _carry_out(situation: PartSituation, publication: Publication) -> None:
    """Draw what can be done about it: decide, take the order along, take the last mark back."""
    if not situation.actions:
        return
    action = situation.decision or situation.actions[0]
    with st.container(key="part-carry-out", horizontal=True, gap="small"):
        if st.button(_("Decide"), key="part-decide", type="primary"):
            mark_dialog.open_for(publication, [action], captions.literal(headline(action)))
        if situation.decision is not None and action["action"] in _ORDERED:
            along = {"p": publication.id, "rows": ranks.written([action["rank"]])}
            frame.link("orders.py", _("Take this order along"), **along)
        _undo(situation, publication)


def _undo(situation: PartSituation, publication: Publication) -> None:
    """Draw what was done to this part last, with a way to take it back."""
    done = mark_dialog.done(publication)
    if done is None:
        return
    made = [mark for mark in done.marks if mark.row.key.item_id == situation.item_id]
    if made:
        st.markdown(captions.literal(mark_dialog.done_text(made)), width="content")
    if made and made[0].undoes is None:
        st.button(_("Undo"), key="part-undo", on_click=_take_back, args=(publication, made))
    for text in mark_dialog.refusals(done):
        st.warning(captions.literal(text), icon=":material/error:")


def _take_back(publication: Publication, made: Sequence[Mark]) -> None:
    rows = [marking.row_of(each) for each in made]
    mark_dialog.keep_done(publication, lambda: marking.undo(publication, rows))
