"""A time series figure under construction: lines, nested bands, cutoffs, axes.

Colours are Streamlit's placeholders for the chart palette of ``.streamlit/config.toml``: the
browser puts in the light or the dark theme's colour, so a figure is right in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from datalayer.kernel.contract.registry import Registry
from pages.components import traces
from pages.components.language import _, current, day, label, separators

PALETTE: Final = tuple(f"#{place:06d}" for place in range(1, 11))
INK: Final = PALETTE[0]
RULE: Final = "#000036"
BANDS: Final = ((95, "q025", "q975", "2E"), (80, "q100", "q900", "3D"), (50, "q250", "q750", "57"))
_DASHES: Final = ("dash", "dot", "dashdot", "longdash", "longdashdot")
_MARKERS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
_DATE_FORMATS: Final = {
    "pt_BR": {"date": "%d/%m/%Y", "day": "%d/%m", "month": "%m/%Y"},
    "en": {"date": "%-d %b %Y", "day": "%-d %b", "month": "%b %Y"},
}

PlotlyPart = dict[str, object]


@dataclass(frozen=True)
class Look:
    """How one line is drawn: apart from every other by dash and marker as well as by colour."""

    name: str
    colour: str
    dash: str
    marker: str


@dataclass
class Drawing:
    """Collects the parts of a figure; Plotly gets them in one go, which is what makes it fast."""

    traces: list[PlotlyPart] = field(default_factory=list)
    annotations: list[PlotlyPart] = field(default_factory=list)
    shapes: list[PlotlyPart] = field(default_factory=list)

    def line(self, rows: pa.Table, column: str, look: Look, *, width: float) -> None:
        """Add a line; zero rows add nothing."""
        if rows.num_rows == 0:
            return
        self.traces.append(
            {
                **traces.points(rows, column),
                "type": "scatter",
                "name": look.name,
                "legendrank": 1,
                "mode": "lines" if look.dash == "solid" else "lines+markers",
                "line": {"color": look.colour, "dash": look.dash, "width": width},
                "marker": {
                    "symbol": look.marker,
                    "size": 6,
                    "maxdisplayed": 10,
                    "color": look.colour,
                },
                "hovertemplate": "%{y:,.1f}",
            }
        )

    def bands(self, rows: pa.Table, look: Look) -> None:
        """Add the nested intervals, widest first, one piece for every run of unbroken dates."""
        for nominal, low, high, alpha in BANDS:
            for place, piece in enumerate(traces.split_at_gaps(rows)):
                shared = {
                    "type": "scatter",
                    "mode": "lines",
                    "legendgroup": f"band{nominal}",
                    "line": {"width": 0},
                }
                lower = {**traces.points(piece, low), "showlegend": False, "hoverinfo": "skip"}
                upper = {
                    **traces.points(piece, high),
                    "name": _("{nominal}% band").format(nominal=nominal),
                    "showlegend": place == 0,
                    "fill": "tonexty",
                    "fillcolor": look.colour + alpha,
                    "customdata": traces.compact(piece[low]),
                    "hovertemplate": "%{customdata:,.1f} – %{y:,.1f}",
                }
                self.traces += [{**shared, **lower}, {**shared, **upper}]
        self._band_names(rows)

    def cutoffs(self, dates: Sequence[date]) -> None:
        """Rule a line at every cutoff; the last, where the future begins, has its name on it."""
        for cutoff in dates[:-1]:
            self._rule(cutoff, width=0.8)
        for cutoff in dates[-1:]:
            self._rule(cutoff, width=1.6)
            text = _("Cutoff {day}").format(day=day(cutoff))
            self._note(text, x=cutoff.isoformat(), y=1.02, yref="paper", xanchor="right", yshift=18)

    def figure(self, unit: str) -> go.Figure:
        """Return the figure; *unit* is what its axis counts."""
        self._note(unit, x=0, y=1.02, xref="paper", yref="paper", xanchor="left")
        layout = {**_layout(), "annotations": self.annotations, "shapes": self.shapes}
        # Plotly's validation takes twenty times as long as all the rest; the tests have it done.
        return go.Figure({"data": self.traces, "layout": layout}, _validate=False)

    def _band_names(self, rows: pa.Table) -> None:
        """Name each band at its right end, unless two names would lie on top of each other."""
        if rows.num_rows == 0:
            return
        last = rows.slice(rows.num_rows - 1).to_pylist()[0]
        room = 0.05 * (pc.max(rows[BANDS[0][2]]).as_py() or 1.0)
        lowest_free = 0.0
        for nominal, _low, high, _alpha in reversed(BANDS):
            if last[high] >= lowest_free:
                lowest_free = last[high] + room
                at = {"x": last["date"].isoformat(), "y": last[high], "yanchor": "middle"}
                self._note(f"{nominal}%", **at, xanchor="left", xshift=4)

    def _note(self, text: str, **where: object) -> None:
        usual = {"yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
        self.annotations.append({"text": text, **usual, **where})

    def _rule(self, at: date, *, width: float) -> None:
        place = at.isoformat()
        line = {"color": RULE, "width": width, "dash": "dot"}
        ends = {"x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper"}
        self.shapes.append({"type": "line", **ends, "line": line})


def observed_look() -> Look:
    """Return how observed demand is drawn."""
    return Look(_("Observed demand"), INK, "solid", "circle")


def source_look(source: str, registry: Registry) -> Look:
    """Return how a source is drawn: by its place in the registry, the same on every chart."""
    place = list(registry.sources).index(source)
    return Look(
        _("Forecast {source}").format(source=label(registry.sources[source].label)),
        PALETTE[1 + place % (len(PALETTE) - 1)],
        _DASHES[place % len(_DASHES)],
        _MARKERS[place % len(_MARKERS)],
    )


def _layout() -> PlotlyPart:
    axis_text = {"size": 12}
    return {
        "template": {},
        "height": 430,
        "margin": {"l": 8, "r": 40, "t": 60, "b": 8},
        "separators": separators(),
        "hovermode": "x unified",
        # Dragging would take the page's own scrolling away on a touch screen, and a zoom is no
        # part of the link; the date filter is.
        "dragmode": False,
        "uirevision": "farol",
        "legend": {"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0},
        "xaxis": {
            "type": "date",
            "hoverformat": _DATE_FORMATS[current()]["date"],
            "tickformatstops": _tick_formats(),
            "tickfont": axis_text,
            "tickangle": 0,
            "nticks": 7,
        },
        "yaxis": {"rangemode": "tozero", "tickformat": ",~f", "tickfont": axis_text, "nticks": 6},
    }


def _tick_formats() -> list[PlotlyPart]:
    """Plotly's bundle knows English months only, so Portuguese dates are written in digits."""
    formats = _DATE_FORMATS[current()]
    month_ms = 28 * traces.DAY_MS
    return [
        {"dtickrange": [None, month_ms - 1], "value": formats["day"]},
        {"dtickrange": [month_ms, "M11"], "value": formats["month"]},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ]
