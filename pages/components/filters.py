"""What a planner chooses on the forecast page, kept in the address so that a view is a link."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.errors import InvalidSelection
from datalayer.portal import PublicationView, SeriesSelection
from pages.components.language import _, date_picker_format, label

LISTED_PARTS: Final = 10_000
SHOWN_DAYS: Final = 180


def part(view: PublicationView) -> str:
    """Draw the part search and return the code in the address, else that of the first exception.

    The code is returned as it stands in the address: whether there is such a part, the first
    read of it tells.
    """
    names = _names(view)
    asked = st.query_params.get("item") or _first(view) or next(iter(names), "")
    if asked not in names:
        names = {**names, **_name_of(view, asked)}
    _show("part", asked if asked in names else None)
    st.selectbox(
        _("Part, by code or name"),
        list(names),
        index=None,
        key="part",
        format_func=lambda code: f"{code} · {names[code]}" if code in names else code,
        placeholder=_("Type a code or a word of the name"),
        on_change=_write,
        args=("part", "item"),
    )
    return asked


def series_selection(view: PublicationView, item_id: str) -> SeriesSelection:
    """Draw the choice of sources and dates for a part and return what the address selects.

    Raises:
        InvalidSelection: The address names an unknown source or something that is no date.
    """
    known = view.sources(item_id)
    wide, narrow = st.columns([3, 2], vertical_alignment="bottom")
    with wide:
        sources = _sources(view, item_id, known)
    with narrow:
        start, end = _span(view, item_id, known)
    return SeriesSelection(item_id, sources=sources, start=start, end=end)


def _names(view: PublicationView) -> dict[str, str]:
    found = view.search_items("", limit=LISTED_PARTS).table
    return dict(zip(found["item_id"].to_pylist(), found["name"].to_pylist(), strict=True))


def _name_of(view: PublicationView, item_id: str) -> dict[str, str]:
    found = view.search_items(item_id, limit=1).table.to_pylist() if item_id else []
    return {row["item_id"]: row["name"] for row in found if row["item_id"] == item_id}


def _first(view: PublicationView) -> str | None:
    rows = view.exceptions(limit=1).table.to_pylist()
    return str(rows[0]["item_id"]) if rows else None


def _sources(view: PublicationView, item_id: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sources of the address that this part has; the first if it has none of them."""
    asked = [name for name in st.query_params.get("sources", "").split(",") if name]
    SeriesSelection("", sources=tuple(asked)).check(view.registry)
    chosen = [name for name in known if name in asked] or list(known[:1])
    best = _champion(view, item_id)
    _show("sources", chosen)
    st.pills(
        _("Forecast by"),
        known,
        selection_mode="multi",
        wrap=True,
        key="sources",
        format_func=lambda name: _source_label(view, name, champion=name == best),
        help=_(
            "The champion had the smallest error in the backtest. "
            "Bands are those of the first chosen."
        ),
        on_change=_write,
        args=("sources", "sources"),
    )
    return tuple(chosen)


def _champion(view: PublicationView, item_id: str) -> str | None:
    """Return who won the backtest over the longest horizon; None where none could be run."""
    metrics = view.item_metrics(item_id).table
    won = metrics.filter(metrics["is_champion"]).sort_by([("horizon", "descending")])
    return won["source"][0].as_py() if won.num_rows else None


def _source_label(view: PublicationView, name: str, *, champion: bool) -> str:
    text = label(view.registry.sources[name].label)
    return _("{source} (champion)").format(source=text) if champion else text


def _span(
    view: PublicationView, item_id: str, known: tuple[str, ...]
) -> tuple[date | None, date | None]:
    first, last = _extent(view, SeriesSelection(item_id, sources=known[:1]))
    usual = max(first, view.manifest.data_through - timedelta(days=SHOWN_DAYS))
    start, end = _date_of("start"), _date_of("end")
    SeriesSelection(item_id, start=start, end=end).check(view.registry)
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


def _extent(view: PublicationView, whole: SeriesSelection) -> tuple[date, date]:
    """Return the first and the last date that there is anything to draw at."""
    dates = view.forecast_series(whole).table["date"]
    through = view.manifest.data_through
    return (pc.min(dates).as_py() or through, pc.max(dates).as_py() or through)


def _date_of(parameter: str) -> date | None:
    text = st.query_params.get(parameter)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidSelection(parameter, text, "a date such as 2011-12-09") from error


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
