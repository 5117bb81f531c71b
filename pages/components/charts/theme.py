"""How charts look: colours, lines, axes, and dates in the user's language.

Colours are Streamlit's placeholders for the palette of ``.streamlit/config.toml``: the browser
puts in the light or the dark theme's colour, so a figure is right in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from datalayer.kernel.contract.registry import Registry
from pages.components.language import _, current, label, separators

PALETTE: Final = tuple(f"#{place:06d}" for place in range(1, 11))
INK: Final = PALETTE[0]
FORECAST: Final = PALETTE[1]
ALARM: Final = PALETTE[2]
ORDER: Final = PALETTE[3]
GREY: Final = PALETTE[9]
TEXT: Final = GREY
RULE: Final = "#000036"
GROUND: Final = "#000038"
SHADE: Final = RULE + "12"
TEXT_SIZE: Final = 12
HEIGHT: Final = 320
TOP: Final = 28
BOTTOM: Final = 44

_NAIVE: Final = "naive"
_OTHERS: Final = PALETTE[4:9]
_DASHES: Final = ("dashdot", "longdash", "longdashdot")
_MARKERS: Final = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")
_MONTHS: Final = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "pt_BR": ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
}
_DAYS: Final = {
    "en": ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"),
    "pt_BR": ("dom", "seg", "ter", "qua", "qui", "sex", "sáb"),
}

PlotlyPart = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """How one line is drawn: apart from every other by dash or marker as well as by colour.

    Attributes:
        marker: Plotly's name of a sign; empty for none.
    """

    name: str
    colour: str
    dash: str
    marker: str


def observed_look() -> Look:
    """Return how observed demand is drawn."""
    return Look(_("Used"), INK, "solid", "")


def forecast_look(name: str = "") -> Look:
    """Return how the forecast that decides is drawn, whichever source made it."""
    return Look(name or _("forecast"), FORECAST, "dash", "")


def source_look(source: str, registry: Registry) -> Look:
    """Return how a source beside it is drawn: by its place in the registry, on every chart."""
    if source == _NAIVE:
        return Look(_("repeating the past"), GREY, "dot", "")
    place = list(registry.sources).index(source)
    return Look(
        label(registry.sources[source].label),
        _OTHERS[place % len(_OTHERS)],
        _DASHES[place % len(_DASHES)],
        _MARKERS[place % len(_MARKERS)],
    )


def other_look(name: str) -> Look:
    """Return how the forecast of another publication is drawn: thin, dashed, with signs."""
    return Look(name, ORDER, "4px 3px", "circle-open")


def looks_of(sources: Sequence[str], registry: Registry) -> dict[str, Look]:
    """Return how *sources* are drawn, in order of prominence: the first one is the forecast."""
    looks = {source: source_look(source, registry) for source in sources}
    return {**looks, **{source: forecast_look() for source in sources[:1]}}


def month_text(value: date) -> str:
    """Return a month as ``dez 2026``."""
    return f"{_MONTHS[current()][value.month - 1]} {value.year}"


def layout(**more: PlotlyPart) -> PlotlyPart:
    """Return what all figures share; *more* is laid over it, axis by axis."""
    ticks = {"tickfont": {"size": TEXT_SIZE, "color": TEXT}, "fixedrange": True}
    shared: PlotlyPart = {
        "template": {},
        "height": HEIGHT,
        "margin": {"l": 4, "r": 12, "t": TOP, "b": 4},
        "separators": separators(),
        "hovermode": "x",
        "hoverdistance": -1,
        "showlegend": False,
        # Dragging would take the page's own scrolling away on a touch screen, and a zoom is no
        # part of the link; the span is.
        "dragmode": False,
        "uirevision": "farol",
        "xaxis": {"type": "date", "tickformatstops": _tick_formats(), "nticks": 8, **ticks},
        "yaxis": {"tickformat": ",~f", "nticks": 6, **ticks},
    }
    for name, part in more.items():
        shared[name] = {**shared.get(name, {}), **part}
    return shared


def config(file_name: str) -> PlotlyPart:
    """Return Plotly's settings: no tools but the picture, and the names of months.

    Plotly's bundle knows English only.
    """
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "responsive": True,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {
            "format": "png",
            "filename": file_name,
            "width": 1200,
            "height": 560,
            "scale": 2,
        },
        "displayNotifier": False,
        "locale": "farol",
        "locales": {
            "farol": {
                "format": {
                    "shortMonths": _MONTHS[current()],
                    "months": _MONTHS[current()],
                    "shortDays": _DAYS[current()],
                    "days": _DAYS[current()],
                    "dateTime": "%d/%m/%Y %H:%M",
                    "date": "%d/%m/%Y",
                    "time": "%H:%M",
                    "periods": ["", ""],
                    "decimal": separators()[0],
                    "thousands": separators()[1],
                    "grouping": [3],
                    "currency": ["", ""],
                },
                "dictionary": {"Download plot as a PNG": _("Download as a picture (PNG)")},
            }
        },
    }


def _tick_formats() -> list[PlotlyPart]:
    """Return days under a month's step, else months; the year below where it changes."""
    day = "%d/%m\n%Y" if current() == "pt_BR" else "%-d %b\n%Y"
    month_ms = 28 * 86_400_000
    return [
        {"dtickrange": [None, month_ms - 1], "value": day},
        {"dtickrange": [month_ms, "M11"], "value": "%b\n%Y"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ]
