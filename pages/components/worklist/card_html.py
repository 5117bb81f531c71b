"""A row of the list as text and picture: what to do, how likely and how dear, why, and who said so.

HTML in the hands of Streamlit's Markdown, on one line, so that nothing in it is read as Markdown;
its sanitised HTML element would take the pictures out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import MarkKind, RowState
from pages.components.language import _, ngettext, number, weekday
from pages.components.units import amount
from pages.components.worklist import action_words, move_words
from pages.components.worklist.action_words import Card
from pages.components.worklist.sparklines import sparkline


@dataclass(frozen=True)
class CardSetting:
    """What is the same for all cards of a page.

    Attributes:
        frequency: D, W or MS: the period of demand.
        currency: ISO code; an empty string where none is published.
        several_places: Whether a card says where.
    """

    registry: Registry
    frequency: str
    currency: str
    several_places: bool


def part(card: Card, setting: CardSetting) -> str:
    """Return code, name and place of a card's part."""
    place = card["place"] if setting.several_places else ""
    return " · ".join(str(each) for each in (card["item_id"], card["name"], place) if each)


def head(card: Card) -> str:
    """Return the first line: verb, quantity and date, and what is new of it."""
    news = "".join(f'<span class="farol-badge">{_text(each)}</span>' for each in _news(card))
    return f'<div class="farol-card-head"><h3>{_text(action_words.headline(card))}</h3>{news}</div>'


def body(card: Card, periods: Sequence[Mapping[str, Any]], setting: CardSetting) -> str:
    """Return the lines below, and beside them the picture, the chance and the value.

    They say why, what to check first, whether to believe it, and who said what.
    """
    registry, frequency = setting.registry, setting.frequency
    why = action_words.why(card, registry, frequency=frequency, chance_told=True)
    check = action_words.check_first(card, registry, frequency=frequency)
    lines = (
        f'<p class="farol-why">{_text(why)}</p>',
        f'<p class="farol-check">{_text(check)}</p>' if check else "",
        f'<p class="farol-more">{" · ".join(map(_text, _more(card, setting)))}</p>',
    )
    return (
        f'<div class="farol-card-body"><div class="farol-lines">{"".join(lines)}</div>'
        f'<div class="farol-facts">{sparkline(periods)}{_facts(card, setting)}</div></div>'
    )


def marked(card: Card) -> str:
    """Return who marked a row and what they said; an empty string if nobody did."""
    said = _mark(card)
    if card["comment"]:
        comment = _("“{comment}”").format(comment=card["comment"])
        said = f"{said} {comment}".strip()
    more = int(card["comments"] or 0) - 1
    if more < 1:
        return said
    text = ngettext("{count} more comment", "{count} more comments", more)
    return f"{said} ({text.format(count=number(more, 0))})"


def _facts(card: Card, setting: CardSetting) -> str:
    chance = card["stockout_probability"]
    told = [
        ("farol-chance", action_words.chance(chance), _("chance of a shortage")),
        (
            "farol-value",
            amount(card["value"], "currency", currency=setting.currency).strip(),
            _("value of the quantity"),
        ),
    ]
    known = (chance, card["value"])
    return "".join(
        f'<span class="{name}"><b>{_text(text)}</b> <small>{_text(what)}</small></span>'
        if value is not None
        else f'<span class="{name}"></span>'
        for (name, text, what), value in zip(told, known, strict=True)
    )


def _news(card: Card) -> Iterable[str]:
    if card["is_new"]:
        yield _("new")
    if card["is_changed"]:
        yield _("changed")
    if card["state"] == RowState.CAME_BACK:
        yield {
            "until": _("back: its day has come"),
            "chance": _("back: more likely to run out"),
            "tier": _("back: more urgent"),
        }.get(card["because"], _("back"))


def _more(card: Card, setting: CardSetting) -> Iterable[str]:
    if way := move_words.way(card, setting.currency):
        yield way
    yield action_words.trust(card["verdict"])
    others = int(card["others"])
    if others:
        text = ngettext(
            "{count} more thing to do for this part",
            "{count} more things to do for this part",
            others,
        )
        yield text.format(count=number(others, 0))
    if said := marked(card):
        yield said


def _mark(card: Card) -> str:
    if not card["kind"]:
        return ""
    until = weekday(card["until"], card["as_of"]) if card["until"] else ""
    acted = {"order": _("Ordered by {name}"), "move": _("Moved by {name}")}
    done = acted.get(card["action"], _("Done by {name}"))
    if until:
        done = _("{done}, back on the list {day}").format(done=done, day=until)
    text = {
        MarkKind.SEEN: _("Seen by {name}"),
        MarkKind.ORDERED: done,
        MarkKind.DONE: done,
        MarkKind.SNOOZED: _("Put aside by {name} until {day}"),
        MarkKind.DISAGREED: _("{name} disagrees"),
        MarkKind.COMMENT: _("Comment:"),
    }[MarkKind(card["kind"])]
    return text.format(name=card["marked_by"], day=until)


def _text(text: str) -> str:
    """Return *text* as HTML on one line, in which Streamlit finds no name of an icon either."""
    return " ".join(escape(text).replace(":", "&#58;").split())
