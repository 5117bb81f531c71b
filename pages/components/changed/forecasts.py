"""What two publications forecast over the days that both cover, by unit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import streamlit as st

from datalayer.portal import forecast_totals
from pages.components import captions, tables
from pages.components import change_amounts as amounts
from pages.components.changed import by_cause, taken_file
from pages.components.changed.comparison import ComparedOrders
from pages.components.language import _, day, ngettext, number

_TENTHS = pa.decimal128(28, 1)
_TENTH = Decimal("0.1")
_TEXTS = ("item_id", "name", "category", "demand_class")


def show(compared: ComparedOrders) -> None:
    """Draw the totals, or why they can't be compared."""
    st.header(_("Forecasts"), anchor=False)
    why_not = _why_not(compared)
    if why_not:
        st.markdown(why_not)
        return
    first, last = compared.found.span or (None, None)
    found = forecast_totals.forecast_totals(compared.found, compared.kept)
    text = _("All that is forecast from {first} to {last}, the days that both cover.")
    st.markdown(text.format(first=day(first), last=day(last)))
    tables.draw(_rows(found), _headings(), key="changes-forecasts")
    for said in _left_out(found):
        st.caption(captions.literal(said))
    call = by_cause.call(compared, "", texts=_TEXTS)
    taken_file.show(call, of=_("forecasts of every part"), key="forecasts")


def _why_not(compared: ComparedOrders) -> str:
    frequencies = {
        str(each.manifest.lineage.get("frequency", "D"))
        for each in (compared.before, compared.after)
    }
    if len(frequencies) > 1:
        return _(
            "The one publication forecasts by other periods than the other (days, weeks or months),"
            " so their totals can't be compared."
        )
    return "" if compared.found.span else _("The two forecasts have no day in common.")


def _rows(found: forecast_totals.ForecastTotals) -> pa.Table:
    """Return a row for each unit; the difference is that of the two totals as they are shown."""
    rows = []
    for total in found.totals:
        before, after = (each.quantize(_TENTH) for each in (total.before, total.after))
        rows.append((amounts.unit_text(total.unit), total.parts, before, after, after - before))
    names = ("unit", "parts", "before", "after", "change")
    kinds = (pa.string(), pa.int64(), _TENTHS, _TENTHS, _TENTHS)
    columns = zip(*rows, strict=True) if rows else ([] for _name in names)
    return pa.table(
        {n: pa.array(list(c), k) for n, c, k in zip(names, columns, kinds, strict=True)}
    )


def _headings() -> dict[str, str]:
    return {
        "unit": _("Unit"),
        "parts": _("Parts"),
        "before": _("Before"),
        "after": _("After"),
        "change": _("Change"),
    }


def _left_out(found: forecast_totals.ForecastTotals) -> Iterator[str]:
    if found.only_before or found.only_after:
        yield _(
            "In no total, because only one publication forecasts them: {before} parts before, "
            "{after} after."
        ).format(before=number(found.only_before, 0), after=number(found.only_after, 0))
    if found.other_unit:
        text = ngettext(
            "In no total: {count} part that is counted in another unit than before.",
            "In no total: {count} parts that are counted in another unit than before.",
            found.other_unit,
        )
        yield text.format(count=number(found.other_unit, 0))
