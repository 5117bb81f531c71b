"""Figures of two publications side by side, and their difference: that of what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from datalayer.portal import proposals
from pages.components import tables
from pages.components.language import NOTHING, _, number
from pages.components.units import amount

_PLUS, _MINUS, _SAME = "+", "\u2212", "="
_SHARE_DECIMALS: Final = 1

Proposals = proposals.Proposals


@dataclass(frozen=True)
class Ends:
    """One line: what it is, in the active publication, in the candidate, and what differs."""

    name: str
    before: str
    after: str
    change: str


def draw(lines: Sequence[Ends], *, key: str) -> None:
    """Draw the lines as a table."""
    rows = [
        {
            _("Figure"): line.name,
            _("Active"): line.before,
            _("Candidate"): line.after,
            _("Difference"): line.change,
        }
        for line in lines
    ]
    tables.draw(pa.Table.from_pylist(rows), key=key)


def counts(name: str, before: int, after: int) -> Ends:
    """Return the line of a number of things."""
    texts = (number(each, 0) for each in (before, after))
    return Ends(name, *texts, change=signed(after - before))


def money(name: str, found: Proposals) -> Ends:
    """Return the line of what proposed orders come to, in whole units of the currency."""
    before, after = found.before, found.after
    texts = [
        NOTHING
        if each.value is None
        else amount(proposals.whole(each.value), "currency", currency=each.currency).strip()
        for each in (before, after)
    ]
    return Ends(name, *texts, change=_money_change(found))


def points(before: float | None, after: float | None, *, comparable: bool) -> str:
    """Return the difference of two shares in percentage points, that of the shares as shown."""
    if before is None or after is None:
        return ""
    if not comparable:
        return _("not compared")
    change = round(100 * after, _SHARE_DECIMALS) - round(100 * before, _SHARE_DECIMALS)
    written = number(abs(change), _SHARE_DECIMALS)
    if not round(change, _SHARE_DECIMALS):
        return _SAME
    return _("{change} points").format(change=f"{sign(change)}{written}")


def signed(change: int) -> str:
    """Return a difference with its sign, ``=`` for none."""
    if change == 0:
        return _SAME
    return f"{sign(change)}{number(abs(change), 0)}"


def sign(change: float) -> str:
    """Return the sign of a difference; nothing for none."""
    return _PLUS if change > 0 else _MINUS if change < 0 else ""


def _money_change(found: Proposals) -> str:
    before, after = found.before.value, found.after.value
    if before is None or after is None:
        return _("not known")
    if not found.same_currency:
        return _("not compared")
    change = signed(proposals.whole(after) - proposals.whole(before))
    per_cent = proposals.share(before, after)
    if not per_cent:
        return change
    return f"{change} ({sign(per_cent)}{number(abs(per_cent), _SHARE_DECIMALS)}%)"
