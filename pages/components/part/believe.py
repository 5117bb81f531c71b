"""The believe box: three facts about a part's forecast, or why nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import streamlit as st

from datalayer.kernel.contract.registry import Registry
from pages.components.language import _, ngettext, number, percent
from pages.components.part.situation import PartSituation
from pages.components.units import amount, periods
from pages.components.worklist.action_words import chance

Row = Mapping[str, Any]

THIN: Final = "thin_history"
_NAIVE: Final = "naive"
_ASKED: Final = 0.8
_BIASED: Final = "biased"
_MOST_IN_PERCENT: Final = 2.0
_HARDLY: Final = 0.005


def show(situation: PartSituation, registry: Registry, *, frequency: str) -> None:
    """Draw the box."""
    st.subheader(_("Can it be believed?"), anchor=False)
    with st.container(border=True, key="part-believe"):
        measures, refused = situation.measures(), refusal(situation, registry)
        if refused or measures is None:
            st.html(f'<p class="farol-refusal">{escape(refused)}</p>')
            return
        facts = three_facts(measures, registry, frequency=frequency)
        lines = "".join(f"<li>{_marked(text)}</li>" for text in facts)
        st.html(f'<ul class="farol-believe">{lines}</ul>')


def refusal(situation: PartSituation, registry: Registry) -> str:
    """Return why nothing can be said of the forecast; an empty string where it can."""
    if thin := [row for row in situation.rows("fact_exception") if row["reason_code"] == THIN]:
        return _too_few(thin[0], registry)
    measures = situation.measures()
    if measures is not None and measures["coverage_80"] is not None:
        return ""
    if not situation.sources:
        return _("There is no forecast of this part here, so there is nothing to believe.")
    return _(
        "The forecast of this part was not tested here: its history is too short to hold a part "
        "of it back. Take the forecast and its bands with care."
    )


def three_facts(measures: Row, registry: Registry, *, frequency: str) -> tuple[str, ...]:
    """Return the three facts, each a sentence; the first words of each, up to a colon, matter most.

    Args:
        measures: The champion's row of fact_metrics.
        registry: Has the bias from which on a forecast is listed as off.
        frequency: D, W or MS: the period of demand.
    """
    tests = _tests(measures, frequency)
    listed_from = registry.reason_codes[_BIASED].threshold
    return (
        _against_the_past(measures, tests),
        _bands(measures, frequency),
        _bias(measures, listed_from),
    )


def _too_few(row: Row, registry: Registry) -> str:
    reason = registry.reason_codes[THIN]
    needed = row["expected"] if row["expected"] is not None else reason.threshold
    return _(
        "Nobody can tell yet: there are {found}, and {needed} are needed to judge a forecast. "
        "Take the forecast and its bands with care."
    ).format(found=amount(row["observed"], reason.unit), needed=amount(needed, reason.unit))


def _tests(row: Row, frequency: str) -> str:
    text = ngettext(
        "{count} test over {ahead}", "{count} tests over {ahead} each", row["n_origins"]
    )
    return text.format(count=number(row["n_origins"], 0), ahead=periods(row["horizon"], frequency))


def _against_the_past(row: Row, tests: str) -> str:
    if row["source"] == _NAIVE:
        return _("It repeats the past: no other forecast did better in the tests.")
    value, verdict = row["fva_vs_naive"], row["verdict"]
    if verdict is None or value is None:
        return _("Repeating the past: it could not be compared with that in {tests}.").format(
            tests=tests
        )
    text = {
        "better": _(
            "Better than repeating the past: forecast and range together are off by "
            "{size}{range}, in {tests}."
        ),
        "worse": _(
            "Worse than repeating the past: forecast and range together are off by "
            "{size}{range}, in {tests}."
        ),
    }.get(
        verdict,
        _(
            "Like repeating the past: forecast and range together are off by {size}{range}, in "
            "{tests}; that may be chance."
        ),
    )
    return text.format(size=_size(value), range=_range(row), tests=tests)


def _size(value: float) -> str:
    """Return how much less or more it errs; value added weighs the forecast and its range alike."""
    if abs(value) < _HARDLY:
        return _("as much")
    if value > 0:
        return _("{share} less").format(share=percent(value, 0))
    if -value < _MOST_IN_PERCENT:
        return _("{share} more").format(share=percent(-value, 0))
    return _("{times} times as much").format(times=number(1 - value, 0))


def _range(row: Row) -> str:
    low, high = row["fva_low"], row["fva_high"]
    if low is None or high is None:
        return ""
    return _(" (from {low} to {high})").format(low=_size(low), high=_size(high))


def _bands(row: Row, frequency: str) -> str:
    held, count = row["coverage_80"], row["n_obs"]
    text = (
        _("Range that holds: {inside} of {count} fell inside it ({share}); {asked} were asked.")
        if round(held, 1) >= _ASKED
        else _(
            "Range too narrow: {inside} of {count} fell inside it ({share}); {asked} were asked."
        )
    )
    return text.format(
        inside=number(round(held * count), 0),
        count=periods(count, frequency),
        share=chance(held),
        asked=chance(_ASKED),
    )


def _bias(row: Row, listed_from: float) -> str:
    bias = row["bias"]
    if bias is None:
        return _("Too high or too low: nothing was used in the tests, so nobody can tell.")
    if abs(bias) < _HARDLY:
        return _("Neither too high nor too low: all tests together, it came to what was used.")
    if bias >= _MOST_IN_PERCENT:
        return _("Too high: all tests together, it came to {times} times what was used.").format(
            times=number(1 + bias, 0)
        )
    if abs(bias) <= listed_from:
        text = (
            _("About right: all tests together, it was {share} above what was used.")
            if bias > 0
            else _("About right: all tests together, it was {share} below what was used.")
        )
    else:
        text = (
            _("Too high: all tests together, it was {share} above what was used.")
            if bias > 0
            else _("Too low: all tests together, it was {share} below what was used.")
        )
    return text.format(share=percent(abs(bias), 0))


def _marked(text: str) -> str:
    """Return a sentence whose first words, up to the colon, stand out."""
    first, colon, rest = text.partition(":")
    return f"<strong>{escape(first + colon)}</strong>{escape(rest)}"
