"""What is folded: sources compared, and what was forecast in time to order."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PortalError
from datalayer.portal import Publication, questions
from pages.components import charts, frame, tables
from pages.components.language import _, label
from pages.components.part import drawn
from pages.components.part.situation import PartSituation
from pages.components.units import per_period, periods

SOURCES: Final = "sources"
_CHOICE: Final = "farol.sources"
_SPAN: Final = "6m"
_MEASURES: Final = (
    "wape",
    "mase",
    "bias",
    "coverage_80",
    "fva_vs_naive",
    "n_origins",
    "is_champion",
)
_SHARES: Final = ("wape", "bias", "coverage_80", "fva_vs_naive")


@st.fragment
def sources(situation: PartSituation) -> None:
    """Draw every source's measures and forecasts, folded until it is asked for."""
    folded = st.expander(
        _("Sources compared"),
        expanded=SOURCES in st.query_params,
        key="part-sources",
        icon=":material/compare_arrows:",
        on_change="rerun",
    )
    with folded:
        if folded.open:
            with frame.guard("forecast"):
                _compare(situation, frame.publication())


@st.fragment
def backtest(situation: PartSituation) -> None:
    """Draw what was forecast one lead time before, beside what came, folded."""
    if "fact_period" not in frame.publication().registry.data_sets:
        return
    folded = st.expander(
        _("What was forecast in time to order, and what came"),
        key="part-backtest",
        icon=":material/history:",
        on_change="rerun",
    )
    with folded:
        if folded.open:
            _backtest(situation, frame.publication())


def _backtest(situation: PartSituation, publication: Publication) -> None:
    part = drawn.charted(
        situation, publication, unit=drawn.unit_of(situation), sources=situation.sources
    )
    demand = publication.table(questions.plans.periods(publication.registry, part.selection))
    charts.show(charts.backtest(demand, part), key="backtest")


def _compare(situation: PartSituation, publication: Publication) -> None:
    question = questions.accuracy.of_item(situation.item_id, situation.location_id)
    metrics = publication.table(question)
    if metrics.table.num_rows:
        part = drawn.charted(situation, publication, unit="")
        charts.show(charts.comparison(metrics, part), key="comparison")
        frequency = questions.forecasts.frequency(publication.manifest)
        _measures(metrics.table, publication.registry, frequency)
    _forecasts(situation, publication)


def _measures(table: pa.Table, registry: Registry, frequency: str) -> None:
    """Draw the measures over the longest horizon, and what the words mean."""
    horizon = max(table["horizon"].to_pylist())
    rows = table.filter([each == horizon for each in table["horizon"].to_pylist()])
    columns = registry.data_sets["fact_metrics"]
    names = [label(registry.sources[each].label) for each in rows["source"].to_pylist()]
    told = rows.select(list(_MEASURES)).add_column(0, "source", pa.array(names))
    headings = {name: label(columns.column(name).label) for name in told.column_names}
    tables.draw(told, headings, key="part-measures", shares=_SHARES)
    st.caption(
        _(
            "Up to {horizon} ahead. WAPE: all errors added up, as a share of all that was used. "
            "MASE: the error beside that of repeating the last season; below 1 is better. Bias: "
            "how much too high (above 0) or too low. Coverage: how much fell inside the range that "
            "should hold 80%. Value added: how much smaller the error of forecast and "
            "range together is than the naive forecast's, which repeats the last season. "
            "Champion: the source that orders rest on."
        ).format(horizon=periods(horizon, frequency))
    )


def _forecasts(situation: PartSituation, publication: Publication) -> None:
    """Draw the forecasts of the sources chosen, as fine as they were made."""
    registry, manifest = publication.registry, publication.manifest
    unit = per_period(questions.forecasts.frequency(manifest))
    chosen = _chosen(situation, publication)
    part = drawn.charted(situation, publication, unit=unit, sources=chosen, over=_SPAN)
    series = questions.forecasts.series(registry, manifest, part.selection)
    charts.show(charts.daily(publication.table(series), part), key="forecasts")


def _chosen(situation: PartSituation, publication: Publication) -> tuple[str, ...]:
    """Return the sources of the address that this part has; the champion if it has none of them."""
    registry = publication.registry
    found = questions.forecasts.sources(registry, situation.item_id, situation.location_id)
    known: list[str] = publication.table(found).table["source"].to_pylist()
    asked = [name for name in st.query_params.get(SOURCES, "").split(",") if name]
    try:
        questions.forecasts.check_sources_and_span(registry, tuple(asked), None, None)
    except PortalError as problem:
        frame.refuse(problem)
    chosen = [name for name in known if name in asked] or known[:1]
    labels = {name: label(registry.sources[name].label) for name in known}
    if st.session_state.get(_CHOICE) != chosen:
        st.session_state[_CHOICE] = chosen
    st.pills(
        _("Forecasts drawn"),
        known,
        selection_mode="multi",
        wrap=True,
        key=_CHOICE,
        format_func=labels.__getitem__,
        on_change=_write_sources,
    )
    return tuple(chosen)


def _write_sources() -> None:
    if chosen := st.session_state[_CHOICE]:
        st.query_params[SOURCES] = ",".join(chosen)
