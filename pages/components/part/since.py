"""What changed for a part since the publication before: its order by cause, and its forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.kernel.contract.spoken import PIECES, counted_in
from datalayer.portal import Publication, changes
from datalayer.runtime import portal
from pages.components.change_words import cause_text
from pages.components.language import _, day, number, percent, quantity
from pages.components.part.situation import PartSituation
from pages.components.worklist.action_words import tier

Row = Mapping[str, Any]

_ENDS: Final = ("before", "after")
_OF_ONE: Final = (changes.ChangeKind.NEW, changes.ChangeKind.DROPPED)
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
    same_periods = _frequency(before) == _frequency(publication)
    lines = [f"<li>{escape(text)}</li>" for text in sentences(found, are_same_periods=same_periods)]
    since = _("Compared with that of {day}:").format(day=day(before.manifest.generated_at.date()))
    st.html(f'<p>{escape(since)}</p><ul class="farol-since">{"".join(lines)}</ul>')


def sentences(found: changes.Changes, *, are_same_periods: bool = True) -> list[str]:
    """Return what changed for the one part of *found*, each in a sentence.

    Forecasts are compared where both publications forecast by the same periods.
    """
    if not found.parts.num_rows:
        return [_("Neither stock nor a forecast was published of this part here.")]
    row = found.parts.to_pylist()[0]
    forecast = _forecast(row, found.span) if are_same_periods else [_other_periods()]
    lines = [*_unit(row), *_order(row), *_tier(row), *_reorder_point(row), *forecast]
    return lines or [_("Nothing changed for this part.")]


def _unit(row: Row) -> Iterator[str]:
    if _is_other_unit(row):
        text = _("It was counted in {before}, now in {after}: no difference can be told.")
        yield text.format(**{end: row[f"unit_{end}"] or PIECES for end in _ENDS})


def _order(row: Row) -> Iterator[str]:
    before, after, change = (row[f"order_quantity_{end}"] for end in (*_ENDS, "change"))
    if before != after and (_is_other_unit(row) or not _is_known(row)):
        ends = {end: _amount(row, "order_quantity", end) for end in _ENDS}
        yield _("Proposed order: {before}, now {after}.").format(**ends)
        return
    if not change or _is_other_unit(row):
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
        yield text.format(**{end: _in_tier(row, end) for end in _ENDS})


def _in_tier(row: Row, end: str) -> str:
    if name := row[f"tier_{end}"]:
        return tier(name)
    is_known = row["reason"] in _OF_ONE or row[f"order_quantity_{end}"] is not None
    return _("Nothing to do") if is_known else _("What to do is not known")


def _reorder_point(row: Row) -> Iterator[str]:
    before, after = (_float(row[f"reorder_point_{end}"]) for end in _ENDS)
    if before is None or after is None:
        return
    text = _("Reorder point: {before}, now {after}.")
    if _is_other_unit(row):
        yield text.format(**{end: _amount(row, "reorder_point", end) for end in _ENDS})
    elif round(before) != round(after):
        yield text.format(before=number(round(before), 0), after=number(round(after), 0))


def _forecast(row: Row, span: tuple[date, date] | None) -> Iterator[str]:
    if span is None:
        yield _("The two forecasts have no day in common.")
        return
    before, after = (float(row[f"forecast_total_{end}"] or 0) for end in _ENDS)
    is_told = all(row[f"is_forecast_{end}"] for end in _ENDS) and not _is_other_unit(row)
    text = _("Forecast from {first} to {last}: {before}, now {after}{change}.")
    yield text.format(
        first=day(span[0]),
        last=day(span[1]),
        **{end: _forecast_of(row, end) for end in _ENDS},
        change=_share(before, after) if is_told else "",
    )


def _forecast_of(row: Row, end: str) -> str:
    """Return what is forecast; a part that is planned by no forecast has none of 0."""
    absent = {"before": changes.ChangeKind.NEW, "after": changes.ChangeKind.DROPPED}
    if row["reason"] == absent[end]:
        return _("not there")
    return _amount(row, "forecast_total", end) if row[f"is_forecast_{end}"] else _("not known")


def _other_periods() -> str:
    return _(
        "The one publication forecasts by other periods than the other (days, weeks or months),"
        " so their totals can't be compared."
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


def _is_other_unit(row: Row) -> bool:
    """Whether both publications have the part, counted in different units."""
    before, after = (counted_in(row[f"unit_{end}"]) for end in _ENDS)
    return row["reason"] not in _OF_ONE and before != after


def _is_known(row: Row) -> bool:
    """Whether both say what to order; a part that one of them has not is no order there."""
    return row["reason"] in _OF_ONE or all(
        row[f"order_quantity_{end}"] is not None for end in _ENDS
    )


def _amount(row: Row, name: str, end: str) -> str:
    """Return an amount, with what is counted where that is another thing at the other end."""
    value = _float(row[f"{name}_{end}"])
    if value is None:
        return _("not known")
    return quantity(value, (row[f"unit_{end}"] or PIECES) if _is_other_unit(row) else "")


def _frequency(publication: Publication) -> str:
    return str(publication.manifest.lineage.get("frequency", "D"))
