"""What the forecasts of two publications rest on, and how good they were in the backtest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from datalayer.portal import Effect, effect_model
from pages.components import captions
from pages.components.administration import ends
from pages.components.administration.ends import Ends
from pages.components.language import NOTHING, _, day, percent
from pages.components.units import periods

Basis = effect_model.Basis


def lines(effect: Effect) -> Iterable[Ends]:
    """Return the lines of sources, backtest and accuracy."""
    before, after = effect.before, effect.after
    yield ends.counts(_("Sources of forecasts"), len(before.sources), len(after.sources))
    yield ends.counts(
        _("Days that the backtest forecast from"), len(before.cutoffs), len(after.cutoffs)
    )
    measured = [each.accuracy for each in (before, after)]
    comparable = (
        not effect.periods_differ and len({each and each.horizon for each in measured}) == 1
    )
    yield Ends(
        _("Better than repeating the past, by"),
        _value_added(before),
        _value_added(after),
        ends.points(*(each and each.value_added for each in measured), comparable=comparable),
    )
    yield Ends(
        _("Errors beside demand (WAPE)"),
        _wape(before),
        _wape(after),
        ends.points(*(each and each.wape for each in measured), comparable=comparable),
    )


def sources(effect: Effect) -> str:
    """Return which sources forecast nothing any more, and which are new; nothing without any."""
    told = [
        _("Sources that are gone: {names}.").format(names=_names(effect.gone_sources))
        if effect.gone_sources
        else "",
        _("Sources that are new: {names}.").format(names=_names(effect.new_sources))
        if effect.new_sources
        else "",
    ]
    return " ".join(filter(None, told))


def cutoffs(effect: Effect) -> str:
    """Return from which days the backtest of either forecast."""
    before, after = (_days(each.cutoffs) for each in (effect.before, effect.after))
    if before == after:
        return _("The backtest of both forecast from {days}.").format(days=after)
    text = _("The backtest forecast from {before}, and now from {after}.")
    return text.format(before=before, after=after)


def _names(sources: Sequence[str]) -> str:
    return ", ".join(map(captions.source_name, sources)) or NOTHING


def _days(cutoffs: Sequence[date]) -> str:
    return ", ".join(map(day, cutoffs)) or _("no day")


def _value_added(basis: Basis) -> str:
    """Return how much less the champion errs than the naive forecast, with its interval."""
    found = basis.accuracy
    if found is None or found.value_added is None:
        return _("not known")
    text = percent(found.value_added)
    if found.value_added_low is not None and found.value_added_high is not None:
        text = _("{share} ({low} to {high})").format(
            share=text, low=percent(found.value_added_low), high=percent(found.value_added_high)
        )
    frequency = str(basis.manifest.lineage.get("frequency", ""))
    return _("{share}, {source}, {horizon} ahead").format(
        share=text,
        source=captions.source_name(found.source),
        horizon=periods(found.horizon, frequency),
    )


def _wape(basis: Basis) -> str:
    found = basis.accuracy
    return _("not known") if found is None or found.wape is None else percent(found.wape)
