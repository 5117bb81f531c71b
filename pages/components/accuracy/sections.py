"""The charts of the page, each in its section, with what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from datalayer.portal import Result
from pages.components import captions, charts
from pages.components.accuracy import accuracy_filters, accuracy_words, calls
from pages.components.accuracy.asked_accuracy import MONEY, AskedAccuracy
from pages.components.language import _, ngettext, number, percent
from pages.components.units import periods

CLASSES: Final = ("smooth", "erratic", "intermittent", "lumpy")
_LEAST_PERIODS: Final = 9

Row = Mapping[str, Any]


def total(asked: AskedAccuracy, found: Result) -> None:
    """Draw all parts together by week or month, in one unit or in money.

    Args:
        asked: What is judged.
        found: The answer to ``questions.accuracy.totals``.
    """
    st.header(_("All parts together"), anchor=False)
    accuracy_filters.measure(asked)
    st.markdown(captions.literal(counted_in(asked)))
    name = accuracy_words.measure_name(asked.measure, asked.currency)
    unit = "currency" if asked.measure == MONEY else asked.measure
    title = _("Used and forecast, in {measure}").format(measure=name)
    measure = charts.Measure(name, unit, asked.currency)
    charts.show(
        charts.totals(found, measure, title=title, call=calls.of_periods(asked)), key="totals"
    )
    known = charts.PeriodTotals(found.table.to_pylist(), found.provenance.data_through)
    st.caption(captions.literal(_band(known)))


def counted_in(asked: AskedAccuracy) -> str:
    """Return which parts are added up, and which aren't because they are counted otherwise."""
    items = sum(row["items"] for row in asked.units)
    if asked.measure == MONEY:
        known = sum(row["with_cost"] for row in asked.units)
        said = _("Amounts times today's cost of the part, of {known} of {count} parts.")
        more = _("The cost of the others isn't known.") if known < items else ""
        return f"{said.format(known=number(known, 0), count=number(items, 0))} {more}".strip()
    here = sum(row["items"] for row in asked.units if row["unit"] == asked.measure)
    said = _("Parts counted in {unit}: {known} of {count}.").format(
        unit=accuracy_words.measure_name(asked.measure),
        known=number(here, 0),
        count=number(items, 0),
    )
    others = [row for row in asked.units if row["unit"] != asked.measure]
    if not others:
        return said
    named = ", ".join(accuracy_words.measure_name(row["unit"]) for row in others)
    more = _("Those in {units} are not added to them.").format(units=named)
    return f"{said} {more}"


def value_added(asked: AskedAccuracy, added: Result) -> None:
    """Draw how much better than repeating the past, by source, by class and by horizon.

    Args:
        asked: What is judged.
        added: The answer to ``questions.accuracy.value_added``.
    """
    st.header(_("Better than repeating the past?"), anchor=False)
    st.caption(
        _(
            "Repeating the past is the simple method: what was used a season ago is used again. "
            "Compared is the error of forecast and range together; each part counts the same. A "
            "filled dot leaves no doubt, an open one may be chance."
        )
    )
    rows = added.table.to_pylist()
    who = _judged(asked)
    for grouping, names, title in (
        ("source", _sources(rows), _("By source of forecasts")),
        ("demand_class", _classes(rows), _("By class of demand: {who}").format(who=who)),
        ("horizon", _horizons(rows, asked), _("By how far ahead: {who}").format(who=who)),
    ):
        st.subheader(captions.literal(title), anchor=False)
        call = calls.of_measures(asked, rows, grouping)
        chart = charts.value_added(added, grouping, names, title=title, call=call)
        charts.show(chart, key=f"value-{grouping.replace('_', '-')}")
        if grouping == "source":
            _say_partly_tested(rows, names)
    if not all(row["is_published"] for row in rows if row["low"] is not None):
        st.caption(
            _(
                "Where the publication has no interval of a group, it is estimated here from how "
                "far its parts differ; the table says which."
            )
        )


def calibration(asked: AskedAccuracy, held: Result) -> None:
    """Draw what ranges and quantiles held beside what was asked of them.

    Args:
        asked: What is judged.
        held: The answer to ``questions.accuracy.calibration``.
    """
    st.header(_("Do the ranges hold?"), anchor=False)
    rows = held.table.to_pylist()
    if rows:
        said = _bands(rows)
        st.markdown(captions.literal(said))
    charts.show(charts.calibration(held, call=calls.of_pairs(asked)), key="calibration")
    st.caption(
        _(
            "The upright line is what was asked, the dot what held. Where demand comes in whole "
            "units many outcomes lie on the very end of a range: the thin line begins at what "
            "held without those, and what was asked is met where it lies between."
        )
    )


def bias(asked: AskedAccuracy, errors: Result) -> None:
    """Draw in which direction forecasts were off, by source and by class, with the terms explained.

    Args:
        asked: What is judged.
        errors: The answer to ``questions.accuracy.errors``.
    """
    st.header(_("Too high or too low?"), anchor=False)
    rows = errors.table.to_pylist()
    st.markdown(captions.literal(_direction(asked, rows)))
    names = {
        "source": (_of(rows, "source", captions.source_name), _("By source of forecasts")),
        "demand_class": (
            _classes(rows),
            _("By class of demand: {who}").format(who=_judged(asked)),
        ),
    }
    for grouping, (named, title) in names.items():
        st.subheader(captions.literal(title), anchor=False)
        chart = charts.bias(errors, grouping, named, title=title, call=calls.of_pairs(asked))
        charts.show(chart, key=f"bias-{grouping.replace('_', '-')}")
    st.caption(
        _(
            "Bias: all that was forecast less all that was used, as a share of what was used; "
            "above 0 too much was forecast and stock grows, below 0 too little and parts run "
            "short. Tracking signal: the errors added up over their sizes added up, from −1 "
            "(always too low) to 1 (always too high); a cross says that it is mostly one way. "
            "WAPE: the sizes of all errors added up, as a share of what was used; 0 is no error. "
            "MASE: the error beside that of repeating the past in the history, a mean of parts; "
            "below 1 is better."
        )
    )


def _direction(asked: AskedAccuracy, rows: list[Row]) -> str:
    overall = next((row for row in rows if row["grouping"] == "all"), None)
    if overall is None:
        return _("Nothing was tested that is counted like this.")
    text = _("All tests together, {who}: {direction}, in {measure} ({count} observations).")
    return text.format(
        who=_judged(asked),
        direction=accuracy_words.direction(overall["bias"]),
        measure=accuracy_words.measure_name(asked.measure, asked.currency),
        count=number(overall["n_obs"], 0),
    )


def _bands(rows: list[Row]) -> str:
    band = next(row for row in rows if row["kind"] == "band" and row["asked"] == 0.8)
    text = {
        "too narrow": _(
            "The range of {asked} is too narrow: {held} of {count} outcomes fell inside it "
            "({share}), so shortages come as a surprise more often than said."
        ),
        "too wide": _(
            "The range of {asked} is too wide: {held} of {count} outcomes fell inside it "
            "({share}), so more stock is held than needed."
        ),
    }.get(
        charts.band_verdict(band),
        _("The range of {asked} holds: {held} of {count} outcomes fell inside it ({share})."),
    )
    held = round(band["held"] * band["n_obs"])
    return text.format(
        asked=percent(band["asked"], 0),
        held=number(held, 0),
        count=number(band["n_obs"], 0),
        share=percent(band["held"], 1),
    )


def _band(known: charts.PeriodTotals) -> str:
    count = len(known.ratios)
    if known.band is None:
        return _(
            "No band: to tell how far totals are off it takes {needed} of the past that most parts "
            "had been forecast for, and there are {found}."
        ).format(found=_spans(known, count), needed=number(_LEAST_PERIODS, 0))
    low, high = known.band
    return _(
        "The band: in {found} of the past the total came to between {low} and {high} times what "
        "had been forecast one lead time before, 8 times of 10. Ranges of single parts can't be "
        "added up."
    ).format(found=_spans(known, count), low=number(low, 2), high=number(high, 2))


def _spans(known: charts.PeriodTotals, count: int) -> str:
    """Return so many weeks or months, whichever the totals are of."""
    return periods(count, "MS" if known.grain == "month" else "W")


def _say_partly_tested(rows: list[Row], names: Mapping[str, str]) -> None:
    """Say which sources forecast some of the parts only: they are compared on those."""
    of = {row["group_value"]: row["items"] for row in rows if row["grouping"] == "source"}
    most = max(of.values(), default=0)
    told = [
        f"{names[name]}: {number(items, 0)}"
        for name, items in of.items()
        if items < most and name in names
    ]
    if told:
        text = ngettext(
            "Tested on fewer of the {count} parts, and compared on those: {sources}.",
            "Tested on fewer of the {count} parts, and compared on those: {sources}.",
            most,
        )
        st.caption(captions.literal(text.format(count=number(most, 0), sources="; ".join(told))))


def _judged(asked: AskedAccuracy) -> str:
    source = asked.parts.source
    return _("forecasts in use") if source is None else captions.source_name(source)


def _sources(rows: list[Row]) -> dict[str, str]:
    """Return the sources, the best first."""
    found = [row for row in rows if row["grouping"] == "source"]
    found.sort(key=lambda row: (row["value"] is None, -(row["value"] or 0)))
    return {row["group_value"]: captions.source_name(row["group_value"]) for row in found}


def _classes(rows: list[Row]) -> dict[str, str]:
    there = {row["group_value"] for row in rows if row["grouping"] == "demand_class"}
    names = [*CLASSES, *sorted(there - set(CLASSES))]
    return {name: accuracy_words.class_name(name) for name in names if name in there}


def _horizons(rows: list[Row], asked: AskedAccuracy) -> dict[str, str]:
    steps = sorted(int(row["group_value"]) for row in rows if row["grouping"] == "horizon")
    text = _("up to {ahead} ahead")
    return {str(step): text.format(ahead=periods(step, asked.frequency)) for step in steps}


def _of(rows: list[Row], grouping: str, named: Any) -> dict[str, str]:  # noqa: ANN401
    found = [row["group_value"] for row in rows if row["grouping"] == grouping]
    return {value: named(value) for value in found}
