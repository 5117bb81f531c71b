"""What a planner chooses on the forecast page, kept in the address so that a view is a link."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import Publication, SeriesSelection, questions
from pages.components.language import _, date_picker_format, label

SHOWN_DAYS: Final = 180


def series_selection(publication: Publication, item_id: str) -> SeriesSelection:
    """Draw the choice of sources and dates for a part and return what the address selects.

    Raises:
        InvalidSelection: The address names an unknown source or something that is no date.
    """
    registry, manifest = publication.registry, publication.manifest
    found = publication.table(questions.forecasts.sources(registry, item_id)).table
    known: list[str] = found["source"].to_pylist()
    metrics = publication.table(questions.accuracy.of_item(item_id)).table
    whole = SeriesSelection(item_id, sources=tuple(known[:1]))
    series = publication.table(questions.forecasts.series(registry, manifest, whole)).table
    wide, narrow = st.columns([3, 2], vertical_alignment="bottom")
    with wide:
        sources = _sources(registry, known, _champion(metrics))
    with narrow:
        start, end = _span(registry, series["date"], manifest.data_through)
    return SeriesSelection(item_id, sources=sources, start=start, end=end)


def _sources(registry: Registry, known: list[str], champion: str | None) -> tuple[str, ...]:
    """Return the sources of the address that this part has; the first if it has none of them."""
    asked = [name for name in st.query_params.get("sources", "").split(",") if name]
    questions.forecasts.check_sources_and_span(registry, tuple(asked), None, None)
    chosen = [name for name in known if name in asked] or known[:1]
    labels = {name: label(registry.sources[name].label) for name in known}
    if champion in labels:
        labels[champion] = _("{source} (champion)").format(source=labels[champion])
    _show("sources", chosen)
    st.pills(
        _("Forecast by"),
        known,
        selection_mode="multi",
        wrap=True,
        key="sources",
        format_func=labels.__getitem__,
        help=_(
            "The champion had the smallest error in the backtest. "
            "Bands are those of the first chosen."
        ),
        on_change=_write,
        args=("sources", "sources"),
    )
    return tuple(chosen)


def _champion(metrics: pa.Table) -> str | None:
    """Return who won the backtest over the longest horizon; None where none could be run."""
    won = metrics.filter(metrics["is_champion"]).sort_by([("horizon", "descending")])
    return won["source"][0].as_py() if won.num_rows else None


def _span(
    registry: Registry, dates: pa.ChunkedArray, through: date
) -> tuple[date | None, date | None]:
    """Draw the choice of dates between the first and the last that there is anything to draw at."""
    first, last = pc.min(dates).as_py() or through, pc.max(dates).as_py() or through
    usual = max(first, through - timedelta(days=SHOWN_DAYS))
    start, end = _date_of("start"), _date_of("end")
    questions.forecasts.check_sources_and_span(registry, (), start, end)
    shown = (start or min(usual, last), end or last)
    _show("span", tuple(min(max(day, first), last) for day in shown))
    st.date_input(
        _("Dates"),
        key="span",
        min_value=first,
        max_value=last,
        format=date_picker_format(),
        on_change=_write_span,
    )
    return shown[0], end


def _date_of(parameter: str) -> date | None:
    text = st.query_params.get(parameter)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidSelection(
            parameter=parameter, found=text, expected="a date such as 2011-12-09"
        ) from error


def _show(key: str, value: object) -> None:
    """Let a widget show *value*. Set anew it would be sent anew, with all of its options."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _write(key: str, parameter: str) -> None:
    chosen = st.session_state[key]
    if chosen:
        st.query_params[parameter] = ",".join(chosen) if isinstance(chosen, list) else chosen


def _write_span() -> None:
    chosen = st.session_state["span"]
    if len(chosen) == 2:  # between the two clicks of a new span there is only its start
        st.query_params["start"], st.query_params["end"] = (day.isoformat() for day in chosen)
