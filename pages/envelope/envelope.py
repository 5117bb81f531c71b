"""The envelope of one region: what it comes to in a line, then its tiers, as a document.

It holds all of the week's actions: those of the tiers that Monday counts as this week's work. Each
has its card as on the page. Where that would make the file too large, the least urgent come in one
line each; what does not even fit so is counted, and where to find it said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pyarrow as pa

from datalayer.portal import Publication, questions
from datalayer.runtime import portal
from pages.components.language import _, current, day, moment, ngettext, number
from pages.components.worklist import action_words, card_html, cards, list_address
from pages.components.worklist.action_words import Card
from pages.components.worklist.list_summary import summary_line
from pages.envelope.regions import Region

MOST_BYTES: Final = 300_000
"""Largest file, in UTF-8: what a phone opens from a message without a thought."""
TIERS: Final = questions.actions.WINDOW

_ROOM: Final = 285_000
"""Bytes for the actions; head, style and foot take the rest."""
_MOST_ACTIONS: Final = 1_500
_STYLE: Final = Path(__file__).with_name("envelope.css")


@dataclass(frozen=True)
class WeekFile:
    """One file.

    Attributes:
        left_out: Actions of the week that found no room in it.
    """

    file_name: str
    html: str
    actions: int
    left_out: int


def envelope_of(publication: Publication, region: Region, address: str = "") -> WeekFile:
    """Return the envelope of *region* in the language of this run.

    Args:
        publication: It has a list of actions.
        region: One of ``regions_of`` it.
        address: The portal's, with a slash at its end, for links back; empty for none.

    Raises:
        NothingToMark: The publication is from before there were actions.
        PortalError: Marks or rows can't be read.
    """
    asked = tuple(("location", place) for place in region.places)
    wanted = portal().listing(publication, (*asked, *(("tier", tier) for tier in TIERS)))
    ranks = publication.table(questions.actions.ranks(wanted)).table
    links = _Links(address, list_address.parameters_of(asked))
    entries = _entries(publication, ranks.slice(0, _MOST_ACTIONS), wanted.standing, links)
    shown = _fitted(entries)
    left_out = ranks.num_rows - len(shown)
    html = _document(
        title=_("What to do this week: {region}").format(region=region.name),
        summary=_summary(publication, wanted),
        sections=_sections(entries, shown),
        left_out=_left_out(left_out),
        foot=_foot(publication),
        links=links,
    )
    name = f"farol-{publication.id}-{region.location_id}.{current().replace('_', '-')}.html"
    return WeekFile(_as_file_name(name), html, ranks.num_rows, left_out)


@dataclass(frozen=True)
class _Links:
    """Addresses of the portal, in the language of the envelope.

    Attributes:
        address: Empty where the portal's is not known; then nothing is a link.
        places: Parameters that make the list that of the region.
    """

    address: str
    places: Mapping[str, str]

    def to_list(self, text: str) -> str:
        return self._link(text, "", self.places)

    def to_part(self, text: str, card: Card) -> str:
        part = {"item": card["item_id"], "location_id": card["location_id"]}
        return self._link(text, "forecast", part)

    def _link(self, text: str, page: str, parameters: Mapping[str, str]) -> str:
        if not self.address:
            return escape(text)
        query = urlencode({"lang": current(), **parameters})
        return f'<a href="{escape(f"{self.address}{page}?{query}")}">{escape(text)}</a>'


@dataclass(frozen=True)
class _Entry:
    """An action twice: as a card, and in one line."""

    tier: str
    card: str
    line: str


def _entries(
    publication: Publication, rows: pa.Table, standing: pa.Table, links: _Links
) -> list[_Entry]:
    told = publication.table(questions.actions.cards(rows, standing)).table
    periods, setting = cards.periods(publication, told), cards.setting(publication)
    return [
        _Entry(
            card["tier"],
            _card(card, periods.get(cards.place(card), []), setting, links),
            _line(card, setting, links),
        )
        for card in told.to_pylist()
    ]


def _card(
    card: Card,
    periods: Sequence[Mapping[str, Any]],
    setting: card_html.CardSetting,
    links: _Links,
) -> str:
    part = links.to_part(card_html.part(card, setting), card)
    body = card_html.body(card, periods, setting)
    return f'<article>{card_html.head(card)}<p class="part">{part}</p>{body}</article>'


def _line(card: Card, setting: card_html.CardSetting, links: _Links) -> str:
    part = links.to_part(card_html.part(card, setting), card)
    return f'<p class="line"><b>{escape(action_words.headline(card))}</b> {part}</p>'


def _fitted(entries: Sequence[_Entry]) -> list[str]:
    """Return as many *entries* as there is room for, from the most urgent: as cards, then lines."""
    room, lines = _ROOM, []
    for entry in entries:
        room -= _size(entry.line)
        if room < 0:
            break
        lines.append(entry)
    shown = []
    for entry in lines:
        room -= _size(entry.card) - _size(entry.line)
        # Once one is a line, so are all behind it: what is more urgent never says less.
        room = room if room >= 0 else -MOST_BYTES
        shown.append(entry.card if room >= 0 else entry.line)
    return shown


def _size(text: str) -> int:
    return len(text.encode())


def _sections(entries: Sequence[_Entry], shown: Sequence[str]) -> str:
    """Return *shown* below their tiers; says so where there is nothing to do."""
    if not entries:
        nothing = _("Nothing to do this week.")
        return f"<p>{escape(nothing)}</p>"
    told = zip(entries, shown, strict=False)
    return "".join(
        f"<section><h2>{escape(action_words.tier(tier))}</h2>"
        f"{''.join(text for _entry, text in group)}</section>"
        for tier, group in groupby(told, key=lambda pair: pair[0].tier)
    )


def _summary(publication: Publication, wanted: questions.listings.Listing) -> str:
    registry, manifest = publication.registry, publication.manifest
    due = publication.table(questions.actions.orders_due(registry, wanted)).table.to_pylist()[0]
    tiers = publication.table(questions.actions.tiers(wanted)).table.to_pylist()
    line = summary_line(
        due,
        # They are of the whole list: what is new later on is not in this file.
        [tier for tier in tiers if tier["tier"] in TIERS],
        novelty=portal().novelty(publication),
        data_through=manifest.data_through,
        currency=str(manifest.lineage.get("currency", "")),
    )
    return f"{line[:1].upper()}{line[1:]}."


def _left_out(count: int) -> str:
    if not count:
        return ""
    text = ngettext(
        "{count} more action of this week had no room here; the portal has it.",
        "{count} more actions of this week had no room here; the portal has them.",
        count,
    )
    return text.format(count=number(count, 0))


def _foot(publication: Publication) -> Iterator[str]:
    manifest = publication.manifest
    yield _("Publication {id}, generated {moment}").format(
        id=publication.id, moment=moment(manifest.generated_at)
    )
    yield _("Written {moment}").format(moment=moment(publication.clock()))
    yield _("Data through {day}").format(day=day(manifest.data_through))
    yield _("Data set {dataset}, model version {version}").format(
        dataset=manifest.dataset_id, version=manifest.model_version
    )


def _document(
    *, title: str, summary: str, sections: str, left_out: str, foot: Iterator[str], links: _Links
) -> str:
    """Return the whole file: it asks nothing of any network, and lets nothing in it do so."""
    more = f"<p><strong>{escape(left_out)}</strong></p>" if left_out else ""
    back = links.to_list(_("The list in the portal, as it stands now"))
    said = "".join(f"<p>{escape(each)}.</p>" for each in foot)
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{current().replace("_", "-")}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Farol</title>"
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><header><h1>{escape(title)}</h1><p>{escape(summary)}</p>"
        f"{f'<p>{back}</p>' if links.address else ''}</header>"
        f"<main>{sections}{more}</main><footer>{said}</footer></body></html>\n"
    )


def _as_file_name(text: str) -> str:
    """Return *text* as a name that every system takes: an id may hold what a file name may not."""
    return "".join(each if each.isalnum() or each in "-._" else "_" for each in text)
