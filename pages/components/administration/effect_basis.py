"""What the forecasts of two publications rest on, and how good they were in the backtest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from datalayer.portal import Effect, effect_model
from pages.components import captions
from pages.components.administration import ends
from pages.components.administration.ends import Ends
from pages.components.language import NOTHING, _, day, number, percent
from pages.components.units import periods

Basis = effect_model.Basis


def lines(effect: Effect) -> Iterable[Ends]:
    """Return the lines of sources, backtest and accuracy."""
    before, after = effect.before, effect.after
    yield Ends(
        _("Sources of forecasts"), _names(before.sources), _names(after.sources), _sources(effect)
    )
    yield Ends(
        _("Days that the backtest forecast from"),
        _days(before.cutoffs),
        _days(after.cutoffs),
        ends.signed(len(after.cutoffs) - len(before.cutoffs)),
    )
    yield ends.same_or_not(
        _("Better than repeating the past, by"), _value_added(before), _value_added(after)
    )
    yield ends.same_or_not(_("Errors beside demand (WAPE)"), _wape(before), _wape(after))


def _names(sources: Sequence[str]) -> str:
    return ", ".join(map(captions.source_name, sources)) or NOTHING


def _sources(effect: Effect) -> str:
    gone, new = _names(effect.gone_sources), _names(effect.new_sources)
    told = [
        _("gone: {names}").format(names=gone) if effect.gone_sources else "",
        _("new: {names}").format(names=new) if effect.new_sources else "",
    ]
    return "; ".join(filter(None, told)) or "="


def _days(cutoffs: Sequence[date]) -> str:
    if not cutoffs:
        return "0"
    return f"{number(len(cutoffs), 0)}: {', '.join(map(day, cutoffs))}"


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
