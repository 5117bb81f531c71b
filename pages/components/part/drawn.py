"""The two charts of a part: when it runs out, and how much of it is used."""

from __future__ import annotations

from typing import Final

import streamlit as st

from datalayer.kernel.contract.spoken import PIECES, counted_in
from datalayer.portal import Publication, SeriesSelection, questions
from pages.components import captions, charts, frame
from pages.components.language import _
from pages.components.part import beside, heading
from pages.components.part.situation import PartSituation
from pages.components.units import per_period

SPAN: Final = "span"
_USUAL: Final = "1y"
_CHOICE: Final = "farol.span"
_NAIVE: Final = "naive"
LONGEST_SHOWN: Final = 80


def run_out(situation: PartSituation) -> None:
    """Draw how stock is expected to go on; nothing where the publication says nothing of it."""
    st.subheader(_("When it runs out"), anchor=False)
    publication = frame.publication()
    if "fact_projection" not in publication.registry.data_sets:
        st.markdown(_("This publication is from before stock was looked ahead."))
        return
    projection = questions.plans.projection(
        publication.registry, publication.manifest, situation.item_id, situation.location_id
    )
    chart = charts.run_out(
        publication.table(projection),
        situation.stock,
        situation.after_moves,
        orders=situation.rows("fact_open_order"),
        is_repaired=situation.repair is not None,
        part=charted(situation, publication, unit=unit_of(situation)),
    )
    charts.show(chart, key="run-out")


@st.fragment
def use(situation: PartSituation) -> None:
    """Draw what was used and what is forecast, over the span of the address."""
    st.subheader(_("How much is used"), anchor=False)
    publication = frame.publication()
    registry, manifest = publication.registry, publication.manifest
    sources = tuple(dict.fromkeys([*situation.sources, _NAIVE]))
    if "fact_period" in registry.data_sets:
        part = charted(
            situation, publication, unit=unit_of(situation), sources=sources, over=span()
        )
        demand = publication.table(questions.plans.periods(registry, part.selection))
        other = beside.part(situation, publication, part)
        beside.say(other)
        chart = charts.use(demand, part, other.forecast)
    else:
        unit = per_period(questions.forecasts.frequency(manifest))
        part = charted(situation, publication, unit=unit, sources=sources, over=span())
        series = questions.forecasts.series(registry, manifest, part.selection)
        chart = charts.daily(publication.table(series), part)
    charts.show(chart, key="use")


def charted(
    situation: PartSituation,
    publication: Publication,
    *,
    unit: str,
    sources: tuple[str, ...] = (),
    over: str = "all",
) -> charts.ChartedPart:
    """Return a part at a place as charts take it.

    Args:
        situation: The part at the place.
        publication: The one that is shown.
        unit: What is counted.
        sources: The most prominent first.
        over: One of ``charts.SPANS``.
    """
    start, end = charts.span_of(over, publication.manifest.data_through)
    return charts.ChartedPart(
        SeriesSelection(
            situation.item_id, situation.location_id, sources=sources, start=start, end=end
        ),
        publication.registry,
        unit,
        heading.subject(situation.item),
    )


def span() -> str:
    """Draw the choice of spans, kept in the address, and return the one chosen.

    One that there is not is said, and the usual one is taken.
    """
    asked = st.query_params.get(SPAN, _USUAL)
    chosen = asked if asked in charts.SPANS else _USUAL
    if st.session_state.get(_CHOICE) != chosen:
        st.session_state[_CHOICE] = chosen
    names = {"3m": _("3 months"), "6m": _("6 months"), "1y": _("1 year"), "all": _("All")}
    st.pills(
        _("Time"),
        list(charts.SPANS),
        key=_CHOICE,
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=_write_span,
    )
    if asked != chosen:
        text = _("There is no time {asked}: one year is shown. There are {known}.")
        found = captions.literal(asked[:LONGEST_SHOWN])
        st.warning(text.format(asked=found, known=", ".join(charts.SPANS)))
    return chosen


def unit_of(situation: PartSituation) -> str:
    """Return what is counted of a part."""
    unit = str(situation.item["unit"] or "")
    return _("units") if counted_in(unit) == PIECES else unit


def _write_span() -> None:
    st.query_params[SPAN] = st.session_state[_CHOICE]
