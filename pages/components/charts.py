"""Results to figures, and the one way to draw them: a chart can't be had without its caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Provenance, Result
from pages.components import captions, findings
from pages.components.drawing import Drawing, observed_look, source_look

# Six in a row on a laptop, two on a telephone.
_TILE: Final[Any] = {"border": True, "width": 150, "height": "stretch"}
_CONFIG: Final = {"displayModeBar": False, "displaylogo": False, "responsive": True}


@dataclass(frozen=True)
class CaptionedFigure:
    """A figure, what it says in words, and where its data came from.

    Attributes:
        alt: The finding, computed from the same table as the figure.
    """

    figure: go.Figure
    alt: str
    provenance: Provenance


def show(captioned: CaptionedFigure, *, key: str) -> None:
    """Draw a figure with its caption under it; *key* keeps the element while data changes."""
    st.plotly_chart(captioned.figure, key=key, alt=captioned.alt, config=_CONFIG)
    captions.show(captioned.provenance)


def forecast_figure(
    series: Result, *, sources: Sequence[str], registry: Registry, unit: str, subject: str
) -> CaptionedFigure:
    """Return history, forecasts, nested bands and the cutoff of one part.

    Args:
        series: The answer to ``questions.forecasts.series``.
        registry: Has the sources' labels; their order decides how each is drawn.
        sources: In order of prominence; the first one's bands are drawn.
        unit: What the axis counts.
        subject: The part, as the text alternative names it.
    """
    drawing, table = Drawing(), series.table
    for source in sources[:1]:
        drawing.bands(of_source(table, source), source_look(source, registry))
    drawing.line(of_source(table, None), "actual", observed_look(), width=1.8)
    for place, source in enumerate(sources):
        look, width = source_look(source, registry), 2.4 if place == 0 else 1.6
        drawing.line(of_source(table, source), "forecast", look, width=width)
    drawing.cutoffs(_cutoffs(table))
    alt = findings.forecast_finding(table, sources, subject=subject, unit=unit)
    return CaptionedFigure(drawing.figure(unit), alt, series.provenance)


def of_source(table: pa.Table, source: str | None) -> pa.Table:
    """Return the rows of a source, or those of observed demand for None."""
    if source is None:
        return table.filter(pc.is_null(table["source"]))
    return table.filter(pc.equal(table["source"], source))


def _cutoffs(table: pa.Table) -> list[date]:
    found: list[date] = pc.unique(table["cutoff"].drop_null()).to_pylist()
    return sorted(found)
