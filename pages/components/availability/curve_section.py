"""The curve of a contract: which contract, the drawing, and the figures of one of its points."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import streamlit as st

from pages.components import captions, charts
from pages.components.availability import asked_availability
from pages.components.availability.asked_availability import (
    CONTRACT,
    PAGE,
    POINT,
    AskedAvailability,
)
from pages.components.charts import ApiCall
from pages.components.charts.availability_words import (
    chance,
    down,
    money,
    share,
    towers,
    why_not,
)
from pages.components.language import _

Row = Mapping[str, Any]

_CONTRACT_KEY: Final = "farol-availability-contract"
_POINT_KEY: Final = "farol-availability-point"
_TEXTS: Final = ("contract_id", "policy", "source")


def choose_contract(asked: AskedAvailability) -> None:
    """Draw the choice of a contract, where there are several."""
    codes = [str(row["contract_id"]) for row in asked.contracts]
    if len(codes) < 2:
        return
    if st.session_state.get(_CONTRACT_KEY) != asked.contract_id:
        st.session_state[_CONTRACT_KEY] = asked.contract_id
    names = {code: asked.name(code) for code in codes}
    st.selectbox(
        _("Contract"),
        codes,
        key=_CONTRACT_KEY,
        format_func=names.__getitem__,
        filter_mode=None,
        on_change=_write_contract,
        width=320,
    )


def _write_contract() -> None:
    asked_availability.write(**{CONTRACT: st.session_state[_CONTRACT_KEY], POINT: "", PAGE: ""})


def show(asked: AskedAvailability) -> None:
    """Draw the curve, and below it the point that is chosen with its figures."""
    currency = asked.currency
    st.header(_("What the stock keeps up"), anchor=False)
    st.markdown(captions.literal(charts.availability_finding(asked.curve, currency)))
    parameters = (("contract_id", asked.contract_id),)
    call = ApiCall("extracts/agg_availability.csv", parameters, _TEXTS)
    chart = charts.availability(asked.found, asked.curve, asked.shown, currency=currency, call=call)
    charts.show(chart, key="availability")
    if asked.shown is not None:
        st.subheader(_("One point of the curve"), anchor=False)
        _slider(asked, asked.shown)
        _figures(asked, asked.shown)


def _slider(asked: AskedAvailability, shown: Row) -> None:
    """Draw the slider of points; a curve of one point has none."""
    points, currency = asked.curve.points, asked.currency
    values = {int(row["point"]): money(row["stock_value"], currency) for row in points}
    if len(set(values.values())) < len(values):
        # Points that cost the same are told apart by their number.
        values = {point: f"{text} ({point})" for point, text in values.items()}
    if len(values) < 2:
        return
    key = f"{_POINT_KEY}-{asked.contract_id}"
    if st.session_state.get(key) != int(shown["point"]):
        st.session_state[key] = int(shown["point"])
    st.select_slider(
        _("Value of the stock"),
        list(values),
        key=key,
        format_func=values.__getitem__,
        on_change=_write_point,
        args=(key,),
    )


def _write_point(key: str) -> None:
    asked_availability.write(**{POINT: str(st.session_state[key])})


def _figures(asked: AskedAvailability, shown: Row) -> None:
    facts = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>"
        for term, text in figures(asked.curve, shown, asked.currency)
    )
    st.html(f'<dl class="farol-policy farol-point">{facts}</dl>')
    st.markdown(captions.literal(price_of_a_tenth(asked.curve, shown, asked.currency)))


def figures(
    curve: charts.AvailabilityCurve, shown: Row, currency: str
) -> tuple[tuple[str, str], ...]:
    """Return the figures of a point, each under its term."""
    band = _("{low} to {high}").format(
        low=towers(shown["towers_down_low"]), high=towers(shown["towers_down_high"])
    )
    return (
        (_("Value of the stock"), money(shown["stock_value"], currency)),
        (_("Towers down on average"), towers(shown["towers_down"])),
        (_("In nine months of ten"), band),
        (_("Availability"), share(shown["availability"], beside=curve.target)),
        (_("Chance that a month meets the target"), chance(shown["chance_target_met"])),
        *_penalties(shown, currency),
        (_("Promised in the past"), towers(shown["towers_down_promised"])),
        (_("Happened in the past"), towers(shown["towers_down_happened"])),
        (_("Supported by the past"), _supported(shown)),
    )


def _penalties(shown: Row, currency: str) -> tuple[tuple[str, str], ...]:
    cost = shown["penalty_cost"]
    return () if cost is None else ((_("Penalties a month on average"), money(cost, currency)),)


def _supported(shown: Row) -> str:
    if shown["supported"]:
        return _("yes")
    return _("no: {reason}").format(reason=why_not(shown["not_supported_because"]))


def price_of_a_tenth(curve: charts.AvailabilityCurve, shown: Row, currency: str) -> str:
    """Return what a tenth of a percentage point more costs: the difference of two points."""
    if shown["availability"] is None:
        return _("What more availability costs can't be told without the number of towers.")
    better = curve.a_tenth_better(shown)
    if better is None:
        return _("No point of the curve is a tenth of a percentage point better.")
    if not (shown["supported"] and better["supported"]):
        return _("What one more tenth costs isn't told: the past supports no such promise.")
    more = round(better["stock_value"]) - round(shown["stock_value"])
    text = _(
        "One more tenth costs {more}: the difference between this point and the next that is at "
        "least a tenth of a percentage point better ({better}, {down})."
    )
    return text.format(
        more=money(more, currency),
        better=share(better["availability"], beside=shown["availability"]),
        down=down(better["towers_down"]),
    )
