"""What figures and rows say, in a sentence of the user's language, computed from their data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import ReasonCode
from pages.components.language import _, day, label, percent, quantity
from pages.components.units import amount


def exception_sentence(
    row: Mapping[str, object], reason: ReasonCode, *, frequency: str = "D"
) -> str:
    """Return the sentence in which one row of fact_exception explains itself."""

    def word(name: str, unit: str) -> str:
        value = row[name]
        found = float(value) if isinstance(value, int | float) else None
        return amount(found, unit, frequency=frequency)

    return label(reason.sentence).format(
        observed=word("observed", reason.unit),
        expected=word("expected", reason.unit),
        threshold=word("threshold", reason.threshold_unit),
    )


def forecast_finding(table: pa.Table, sources: Sequence[str], *, subject: str, unit: str) -> str:
    """Return what a part's chart says: the total ahead, against what was observed before."""
    cutoff = pc.max(table["cutoff"]).as_py()
    ahead = _ahead(table, sources[0], cutoff) if sources and cutoff else table.slice(0, 0)
    if ahead.num_rows == 0:
        return _("{subject}: observed demand only; there is no forecast in this span.").format(
            subject=subject
        )
    total = pc.sum(ahead["forecast"]).as_py()
    observed = _observed_before(table, cutoff, ahead.num_rows)
    last = ahead.slice(ahead.num_rows - 1).to_pylist()[0]
    return _(
        "{subject}: {source} forecasts {total} in all from {first} to {last}, {comparison} in as "
        "long a time before the cutoff. On the last date {share} of outcomes are expected between "
        "{low} and {high} {unit}."
    ).format(
        subject=subject,
        source=sources[0],
        total=quantity(total),
        first=day(ahead["date"][0].as_py()),
        last=day(last["date"]),
        comparison=_comparison(total, observed),
        share=percent(0.8, 0),
        low=quantity(last["q100"]),
        high=quantity(last["q900"]),
        unit=unit,
    )


def _ahead(table: pa.Table, source: str, cutoff: date) -> pa.Table:
    mine = pc.and_(pc.equal(table["source"], source), pc.greater(table["date"], pa.scalar(cutoff)))
    return table.filter(pc.fill_null(mine, fill_value=False)).sort_by("date")


def _observed_before(table: pa.Table, cutoff: date, steps: int) -> float | None:
    """Return the sum of the last *steps* observations up to the cutoff, None if there are fewer."""
    known = pc.and_(pc.is_null(table["source"]), pc.less_equal(table["date"], pa.scalar(cutoff)))
    history = table.filter(known).sort_by("date")
    if history.num_rows < steps:
        return None
    total: float | None = pc.sum(history.slice(history.num_rows - steps)["actual"]).as_py()
    return total


def _comparison(total: float, observed: float | None) -> str:
    if observed is None:
        return _("with nothing to compare")
    if observed == 0:
        return _("where nothing was observed")
    change = total / observed - 1
    if abs(change) < 0.005:
        return _("as much as the {observed} observed").format(observed=quantity(observed))
    wording = (
        _("{change} more than the {observed} observed")
        if change > 0
        else _("{change} less than the {observed} observed")
    )
    return wording.format(change=percent(abs(change), 0), observed=quantity(observed))
