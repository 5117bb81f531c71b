"""The orders on paper: a table for each supplier, which the screen does not show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from threading import Lock
from typing import Final

from cachetools import LRUCache, cached

from datalayer.kernel.contract.registry import Language
from datalayer.portal import OrderLine, sum_of
from datalayer.runtime import portal
from pages.components.language import _, current, weekday
from pages.components.orders import order_words
from pages.components.worklist import action_words

ROWS_KEPT: Final = 20_000
"""Most rows that a process keeps written: about 10 MB."""


def printed(lines: Sequence[OrderLine], publication_id: str, currency: str) -> str:
    """Return *lines*, which are by supplier, as HTML for a printer, all of them."""
    parts = (
        _supplier(name, list(group), publication_id, currency)
        for name, group in groupby(lines, key=lambda line: line.card["supplier"])
    )
    return f'<div class="farol-paper">{"".join(parts)}</div>'


def _supplier(
    name: str | None, lines: Sequence[OrderLine], publication_id: str, currency: str
) -> str:
    headings = (
        *(_("Part"), _("Place"), _("Quantity"), _("Unit"), _("Unit cost"), _("Value")),
        *(_("Order"), _("Arrives"), _("Why")),
    )
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in headings)
    rows = "".join(_row(line, publication_id, currency, current()) for line in lines)
    total = order_words.sum_text(sum_of(lines), currency)
    # A printer repeats the foot of a table on every page.
    foot = escape(_("Publication {id}").format(id=publication_id))
    return (
        f"<section><h2>{escape(order_words.supplier(name))}</h2><p>{escape(total)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        f'<tfoot><tr><td colspan="{len(headings)}">{foot}</td></tr></tfoot></table></section>'
    )


def _published(
    line: OrderLine, publication_id: str, currency: str, language: Language
) -> tuple[object, ...]:
    return publication_id, line.rank, line.quantity, currency, language


@cached(LRUCache(ROWS_KEPT), key=_published, lock=Lock())
def _row(line: OrderLine, _publication_id: str, currency: str, _language: Language) -> str:
    """Return a row, all of which is published but the quantity; a change leaves the others."""
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in _cells(line, currency))
    return f"<tr>{cells}</tr>"


def _cells(line: OrderLine, currency: str) -> Iterator[str]:
    card = line.card
    yield order_words.part(card)
    yield str(card["place"])
    units = order_words.units(line.quantity)
    if line.is_changed:
        proposed = _("Proposed: {quantity}").format(quantity=order_words.units(line.proposed))
        units = f"{units} ({proposed})"
    yield units
    yield str(card["unit"] or "")
    yield order_words.money(card["unit_cost"], currency)
    yield order_words.money(line.value, currency)
    yield order_words.order_by(card)
    yield weekday(card["arrives"], card["as_of"])
    check = action_words.check_first(card, portal().registry)
    yield f"{order_words.short_why(card)}. {check}".strip()
