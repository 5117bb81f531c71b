"""What is said of the accuracy: the first sentence, and names of sources, classes and measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pages.components import captions
from pages.components.accuracy.asked_accuracy import MONEY
from pages.components.language import NOTHING, _, ngettext, number, percent
from pages.components.units import amount, periods

LEAST_PARTS: Final = 5
"""Fewer parts say nothing of the others."""
LEAST_TESTS: Final = 2
UNCLASSIFIED: Final = "unclassified"
NAIVE: Final = "naive"
_HARDLY: Final = 0.005

Row = Mapping[str, Any]


def verdict(overall: Row | None) -> str:
    """Return better, like, worse, thin or unknown: what the tests say of a group of parts.

    Args:
        overall: A row of ``questions.accuracy.value_added``; None where nothing was tested.
    """
    if overall is None or overall["value"] is None:
        return "unknown"
    is_thin = overall["n_origins"] < LEAST_TESTS or overall["compared"] < LEAST_PARTS
    if is_thin or overall["low"] is None or overall["high"] is None:
        return "thin"
    if overall["low"] > 0:
        return "better"
    return "worse" if overall["high"] < 0 else "like"


def first_sentence(overall: Row | None, counts: Row, *, source: str | None, frequency: str) -> str:
    """Return whether the forecasts beat repeating the past, in how many tests, and how sure it is.

    Args:
        overall: The row of all parts of ``questions.accuracy.value_added``; None without one.
        counts: The row of ``questions.accuracy.verdicts``.
        source: The one judged; None for the one in use of each part.
        frequency: D, W or MS: the period of demand.
    """
    if not counts["tested"] or overall is None:
        return _untested(counts)
    if source == NAIVE:
        return _("Repeating the past is what all forecasts are compared with. Choose another one.")
    who = _("the forecasts in use") if source is None else captions.source_name(source)
    text = {
        "better": _("In {tests}, {who} were {size} than repeating the past ({range})."),
        "worse": _("In {tests}, {who} were {size} than repeating the past ({range})."),
        "like": _("In {tests}, {who} were like repeating the past: {range}, which may be chance."),
        "thin": _(
            "Too few tests to tell: in {tests} of {parts}, {who} were {size} than repeating the "
            "past, which may be chance."
        ),
        "unknown": _(
            "In {tests}, repeating the past can't be beaten or can't be measured for these parts: "
            "its error is zero."
        ),
    }[verdict(overall)]
    return text.format(
        tests=tests(counts, frequency),
        who=who,
        size=compared(overall["value"]),
        range=interval(overall),
        parts=_parts(overall["compared"]),
    )


def parts_sentence(counts: Row) -> str:
    """Return for how many parts repeating the past was nearer, and how many were not tested."""
    tested, nearer, worse = counts["tested"], counts["nearer"], counts["worse"]
    if not tested:
        return ""
    text = ngettext(
        "For {nearer} of {count} tested part repeating the past was nearer",
        "For {nearer} of {count} tested parts repeating the past was nearer",
        tested,
    ).format(nearer=number(nearer, 0), count=number(tested, 0))
    if nearer and worse:
        text += _(", for {worse} of them by more than chance explains").format(
            worse=number(worse, 0)
        )
    elif nearer:
        text += _(", for none of them by more than chance explains")
    said = [f"{text}.", _not_tested(counts["items"] - tested)]
    if counts["unknown"]:
        said.append(_unknown(counts["unknown"]))
    return " ".join(filter(None, said))


def tests(counts: Row, frequency: str) -> str:
    """Return how many tests there were of each part, and how far ahead."""
    least, most = counts["least_origins"], counts["most_origins"]
    ahead = periods(counts["horizon"], frequency)
    if least < most:
        text = _("{least} to {most} tests over {ahead} each")
        return text.format(least=number(least, 0), most=number(most, 0), ahead=ahead)
    text = ngettext("{count} test over {ahead}", "{count} tests over {ahead} each", most)
    return text.format(count=number(most, 0), ahead=ahead)


def compared(value: float | None) -> str:
    """Return how much better or worse something is, to stand before *than repeating the past*."""
    if value is None:
        return NOTHING
    if abs(value) < _HARDLY:
        return _("0% better")
    text = _("{share} better") if value > 0 else _("{share} worse")
    return text.format(share=percent(abs(value), 0))


def interval(row: Row) -> str:
    """Return the 95% interval of a value added, each end as better or worse where they differ."""
    low, high = row["low"], row["high"]
    if low is None or high is None:
        return NOTHING
    if low < 0 < high:
        return _("{low} to {high}").format(low=compared(low), high=compared(high))
    near, far = sorted((abs(low), abs(high)))
    return _("{low} to {high}").format(low=percent(near, 0), high=percent(far, 0))


def class_name(name: str) -> str:
    """Return a demand class as a planner says it."""
    return {
        "smooth": _("smooth"),
        "erratic": _("erratic"),
        "intermittent": _("intermittent"),
        "lumpy": _("lumpy"),
        UNCLASSIFIED: _("without class"),
    }.get(name, name)


def category_name(name: str) -> str:
    """Return a category by its name; those without one are a group, too."""
    return _("without category") if name == UNCLASSIFIED else name


def measure_name(measure: str, currency: str = "") -> str:
    """Return what amounts are told in."""
    if measure == MONEY:
        return _("money ({currency})").format(currency=currency) if currency else _("money")
    return _("units") if measure == "un" else measure


def measured(value: float | None, measure: str, currency: str) -> str:
    """Return an amount in a unit, or in money."""
    return amount(value, "currency" if measure == MONEY else measure, currency=currency)


def direction(bias: float | None) -> str:
    """Return in which direction forecasts were off, all tests together."""
    if bias is None:
        return _("nothing was used, so nobody can tell")
    if abs(bias) < _HARDLY:
        return _("neither too high nor too low")
    text = _("too high by {share}") if bias > 0 else _("too low by {share}")
    return text.format(share=percent(abs(bias), 0))


def _untested(counts: Row) -> str:
    if not counts["items"]:
        return _("No part fits what was chosen.")
    return ngettext(
        "{count} part fits, and it was not tested like this: nobody can tell how good its "
        "forecasts are.",
        "{count} parts fit, and none was tested like this: nobody can tell how good their "
        "forecasts are.",
        counts["items"],
    ).format(count=number(counts["items"], 0))


def _not_tested(count: int) -> str:
    if count <= 0:
        return ""
    text = ngettext(
        "{count} more part was not tested with these forecasts, as a rule because its history is "
        "too short.",
        "{count} more parts were not tested with these forecasts, as a rule because their history "
        "is too short.",
        count,
    )
    return text.format(count=number(count, 0))


def _unknown(count: int) -> str:
    text = ngettext(
        "For {count} part chance could not be judged: too little was used in its tests.",
        "For {count} parts chance could not be judged: too little was used in their tests.",
        count,
    )
    return text.format(count=number(count, 0))


def _parts(count: int) -> str:
    return ngettext("{count} part", "{count} parts", count).format(count=number(count, 0))
