"""A chart: the figure, what it says in words, its rows, and the call that returns them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import plotly.graph_objects as go
import pyarrow as pa

from datalayer.kernel.contract.registry import Registry
from datalayer.portal import Provenance, SeriesSelection

Row = Mapping[str, Any]


@dataclass(frozen=True)
class ChartedPart:
    """What a chart is of.

    Attributes:
        selection: Part, place, span, and sources in order of prominence: the first one is the
            forecast, whose fan is drawn.
        registry: Has the sources' labels; their order decides how each is drawn.
        unit: What the axis counts.
        subject: The part, as the text alternative names it.
    """

    selection: SeriesSelection
    registry: Registry
    unit: str
    subject: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources, the most prominent first."""
        return self.selection.sources


@dataclass(frozen=True)
class ApiCall:
    """A read of the API that answers with what a chart draws.

    Attributes:
        path: Below ``api/v1/``, without a parameter.
        parameters: In the order in which they are written.
        texts: Columns of the answer that are text and must stay so, codes with zeros before.
        is_pinned: Whether the publication is a parameter; else the path names what is read.
        is_base: Whether the rows are those that what is drawn was computed from.
    """

    path: str
    parameters: tuple[tuple[str, str], ...]
    texts: tuple[str, ...] = ()
    is_pinned: bool = True
    is_base: bool = False

    def address(self, publication_id: str, dialect: str) -> str:
        """Return the address, below that of the pages, of the rows as CSV."""
        pin = (("p", publication_id),) if self.is_pinned else ()
        asked = (*self.parameters, ("dialect", dialect), *pin)
        return f"api/v1/{self.path}?{urlencode(asked)}"


@dataclass(frozen=True)
class Chart:
    """A figure and all that stands around it, made of one and the same table.

    Attributes:
        title: What the picture of it is headed by.
        figure: None where there is *svg*, or nothing can be drawn; then *alt* says why.
        alt: The finding, computed from the rows.
        rows: What is drawn, as a table that is read from the left.
        headings: Of the columns of *rows*, in the language of the run.
        call: Returns what is drawn.
        other: Where the rest of it comes from, where two publications are compared; None else.
        other_call: Returns that rest, where *call* doesn't.
        svg: What is drawn without Plotly; see ``dot_drawing``. Empty where there is a figure.
        shares: Columns of *rows* whose numbers are fractions, told as percentages.
    """

    title: str
    figure: go.Figure | None
    alt: str
    provenance: Provenance
    rows: pa.Table
    headings: Mapping[str, str]
    call: ApiCall
    other: Provenance | None = None
    other_call: ApiCall | None = None
    svg: str = ""
    shares: tuple[str, ...] = ()


def extract_call(data_set: str, selection: SeriesSelection) -> ApiCall:
    """Return the call of the rows of *data_set* of a part at a place, by source and span."""
    bounds = (("start", selection.start), ("end", selection.end))
    parameters = (
        ("item_id", selection.item_id),
        ("location", selection.location_id),
        *(("source", source) for source in selection.sources),
        *((name, day.isoformat()) for name, day in bounds if day),
    )
    return ApiCall(f"extracts/{data_set}.csv", parameters, ("item_id", "location_id", "source"))


def item_call(answer: str, selection: SeriesSelection) -> ApiCall:
    """Return the call of what is answered of a part, such as its ``timeseries``."""
    path = f"items/{quote(selection.item_id, safe='')}/{answer}"
    bounds = (("start", selection.start), ("end", selection.end))
    parameters = (
        ("location", selection.location_id),
        *(("source", source) for source in selection.sources),
        *((name, day.isoformat()) for name, day in bounds if day),
    )
    return ApiCall(path, parameters, ("source",))
