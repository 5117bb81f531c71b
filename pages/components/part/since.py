"""What changed for a part since the publication before: its order by cause, and its forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.portal import Publication, changes
from datalayer.runtime import portal
from pages.components.change_words import cause_text
from pages.components.language import _, day, number, percent, quantity
from pages.components.part.situation import PartSituation
from pages.components.worklist.action_words import tier

Row = Mapping[str, Any]

_PLUS, _MINUS = "+", "\u2212"
_TENTH: Final = Decimal("0.1")
_WHOLE: Final = Decimal(1)


def show(
    situation: PartSituation, publication: Publication, other: Publication | None = None
) -> None:
    """Draw it; a line where there is nothing to compare with.

    Args:
        situation: The part.
        publication: The one that is shown.
        other: What it is compared with; the last one before it if left out.
    """
    text = _("Compared with another publication") if other else _("Since the last publication")
    st.subheader(text, anchor=False)
    before = other or portal().before(publication)
    if before is None:
        st.markdown(_("No publication before this one is kept here to compare with."))
        return
    found = changes.compare(before, publication, situation.location_id, item_id=situation.item_id)
    lines = [f"<li>{escape(text)}</li>" for text in sentences(found)]
    since = _("Compared with that of {day}:").format(day=day(before.manifest.generated_at.date()))
    st.html(f'<p>{escape(since)}</p><ul class="farol-since">{"".join(lines)}</ul>')


def sentences(found: changes.Changes) -> list[str]:
    """Return what changed for the one part of *found*, each in a sentence."""
    if not found.parts.num_rows:
        return [_("Neither stock nor a forecast was published of this part here.")]
    row = found.parts.to_pylist()[0]
    lines = [*_order(row), *_tier(row), *_reorder_point(row), *_forecast(row, found.span)]
    return lines or [_("Nothing changed for this part.")]


def _order(row: Row) -> Iterator[str]:
    before, after, change = (row[f"order_quantity_{end}"] for end in ("before", "after", "change"))
    if not change:
        return
    text = _("Proposed order: {before}, now {after} ({change}). {causes}.")
    yield text.format(
        before=quantity(_float(before)),
        after=quantity(_float(after)),
        change=signed(change),
        causes="; ".join(causes(row)),
    )


def causes(row: Row) -> list[str]:
    """Return what the change of an order is made of, the greatest first; it adds up as told."""
    shares = {cause: row[f"cause_{cause}"] for cause in changes.OrderCause if row[f"cause_{cause}"]}
    step = _WHOLE if all(share == int(share) for share in shares.values()) else _TENTH
    told = zip(shares, adding_up(list(shares.values()), step), strict=True)
    ordered = sorted(((cause, share) for cause, share in told if share), key=_greatest_first)
    return [
        _("{change}: {cause}").format(change=signed(share), cause=cause_text(cause))
        for cause, share in ordered
    ]


def adding_up(values: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """Return *values* rounded to *step* so that they add up to their rounded sum.

    Those that lose most are rounded up (largest remainders).
    """
    floors = [(value / step).to_integral_value(ROUND_FLOOR) for value in values]
    left = int(round(sum(values) / step) - sum(floors))
    remainders = [value / step - floor for value, floor in zip(values, floors, strict=True)]
    up = sorted(range(len(values)), key=lambda place: -remainders[place])[:left]
    return [(floor + (place in up)) * step for place, floor in enumerate(floors)]


def signed(change: Decimal) -> str:
    """Return a change with its sign."""
    return f"{_PLUS if change > 0 else _MINUS}{quantity(abs(float(change)))}"


def _tier(row: Row) -> Iterator[str]:
    if row["tier_before"] != row["tier_after"]:
        text = _("In the list: {before}, now {after}.")
        before, after = (_in_tier(row[f"tier_{end}"]) for end in ("before", "after"))
        yield text.format(before=before, after=after)


def _in_tier(name: str | None) -> str:
    return tier(name) if name else _("Nothing to do")


def _reorder_point(row: Row) -> Iterator[str]:
    before, after = (_float(row[f"reorder_point_{end}"]) for end in ("before", "after"))
    if before is not None and after is not None and round(before) != round(after):
        text = _("Reorder point: {before}, now {after}.")
        yield text.format(before=number(round(before), 0), after=number(round(after), 0))


def _forecast(row: Row, span: tuple[date, date] | None) -> Iterator[str]:
    if span is None:
        yield _("The two forecasts have no day in common.")
        return
    before, after = (float(row[f"forecast_total_{end}"] or 0) for end in ("before", "after"))
    text = _("Forecast from {first} to {last}: {before}, now {after}{change}.")
    yield text.format(
        first=day(span[0]),
        last=day(span[1]),
        before=quantity(before),
        after=quantity(after),
        change=_share(before, after),
    )


def _share(before: float, after: float) -> str:
    if not before or round(after / before - 1, 2) == 0:
        return ""
    sign = _PLUS if after > before else _MINUS
    return f" ({sign}{percent(abs(after / before - 1), 0)})"


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _greatest_first(told: tuple[changes.OrderCause, Decimal]) -> Decimal:
    return -abs(told[1])
