"""Service and stock that the rules for reorder points would have had in the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from datalayer.portal import Result
from pages.components import captions, charts
from pages.components.accuracy import accuracy_words, calls
from pages.components.accuracy.asked_accuracy import AskedAccuracy
from pages.components.language import _, percent
from pages.components.units import amount

_PLANNED: Final = "lead_time_quantile"
_HARDLY: Final = 0.005

Row = Mapping[str, Any]


def show(asked: AskedAccuracy, policies: Result) -> None:
    """Draw what was asked and what each rule would have achieved.

    Args:
        asked: What is judged.
        policies: The answer to ``questions.accuracy.policies``.
    """
    st.header(_("Service and stock of the rules"), anchor=False)
    rows = policies.table.to_pylist()
    if limits := _limits(asked):
        st.markdown(captions.literal(limits))
    st.markdown(captions.literal(" ".join(sentences(rows))))
    title = _("Service achieved and asked")
    chart = charts.service(policies, group_name, title=title, call=calls.of_policies())
    charts.show(chart, key="service")
    st.caption(
        _(
            "Replayed on past lead times, one per part and test: would stock at the reorder point "
            "have lasted until the delivery? The rule used here orders by the quantile of demand "
            "in the lead time; the textbook's takes mean, spread and a normal distribution."
        )
    )


def sentences(rows: Sequence[Row]) -> list[str]:
    """Return what each rule achieved for the group asked for, and the stock that it took."""
    asked = {row["policy"]: row for row in rows if row["is_asked"]}
    planned = asked.get(_PLANNED)
    if planned is None:
        return [_("Nothing is published of this group.")]
    said = [_achieved(planned)]
    others = [row for name, row in asked.items() if name != _PLANNED]
    for other in others:
        text = _("The textbook's rule would have achieved {achieved}.")
        said.append(text.format(achieved=percent(other["service_achieved"])))
        said.append(_stock(planned, other))
    return said


def group_name(row: Row) -> str:
    """Return what a group is called."""
    value = row["group_value"]
    if row["group_by"] == "all":
        return _("All parts")
    if row["group_by"] == "abc_class":
        return _("Class {name}").format(name=value)
    if row["group_by"] == "category":
        return accuracy_words.category_name(value)
    return accuracy_words.class_name(value)


def _achieved(row: Row) -> str:
    text = _(
        "{group}: service of {asked} was asked, and the rule used here would have achieved "
        "{achieved}: {verdict}."
    )
    short = row["service_asked"] - row["service_achieved"]
    verdict = (
        _("less than asked")
        if short > _HARDLY
        else _("more than asked")
        if short < -_HARDLY
        else _("as asked")
    )
    return text.format(
        group=group_name(row),
        asked=percent(row["service_asked"]),
        achieved=percent(row["service_achieved"]),
        verdict=verdict,
    )


def _stock(planned: Row, other: Row) -> str:
    if planned["unit"] is None:
        return _(
            "Stock and fill rate are not shown: these parts are counted in several units, which "
            "can't be added up. Choose a category whose parts are counted alike."
        )
    text = _("On the shelf lay {here} per part, with the textbook's rule {there}.")
    return text.format(
        here=amount(planned["mean_stock"], planned["unit"]),
        there=amount(other["mean_stock"], other["unit"]),
    )


def _limits(asked: AskedAccuracy) -> str:
    """Return which choices above don't reach these figures."""
    parts = asked.parts
    if parts.category and parts.demand_class:
        return _(
            "These figures are published by category or by class, not by both: choose one of them."
        )
    if not asked.is_of_network or parts.source:
        return _(
            "These figures are of the whole network and of the forecasts that stock was planned "
            "by: place and forecasts chosen above don't change them."
        )
    return ""
