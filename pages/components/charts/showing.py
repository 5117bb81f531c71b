"""The one way to show a chart: a chart can't be drawn without its caption.

Under it, folded, is all that a planner takes away: the rows as a table and as CSV, the picture,
and the call that returns the rows. Nothing of that is sent before it is opened.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final
from unicodedata import normalize

import streamlit as st

from datalayer.portal import Provenance
from pages.components import captions, copied_calls, tables
from pages.components.charts import svg_file, theme
from pages.components.charts.chart import ApiCall, Chart
from pages.components.language import _, csv_dialect

_NOT_IN_FILE_NAMES: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 60


def show(chart: Chart, *, key: str) -> None:
    """Draw a chart, its caption, and what is folded under it.

    Args:
        chart: What is drawn; where it has no figure, its text stands in its place.
        key: Names the element; the same for the same place of a page.
    """
    with st.container(key=f"farol-chart-{key}"):
        if chart.svg:
            # Streamlit's HTML element would take the drawing out.
            st.markdown(chart.svg, unsafe_allow_html=True)
        elif chart.figure is None:
            st.info(captions.literal(chart.alt), icon=":material/show_chart:")
        else:
            file_name = _file_name(chart, key)
            st.plotly_chart(chart.figure, key=key, alt=chart.alt, config=theme.config(file_name))
        captions.show(chart.provenance, of=key)
        if chart.other is not None:
            captions.show_other(chart.other)
        if chart.rows.num_rows:
            _taken_along(chart, key)


@st.fragment
def _taken_along(chart: Chart, key: str) -> None:
    """Draw what is taken away, folded."""
    folded = st.expander(
        _("Table, files and call"),
        key=f"{key}-taken",
        icon=":material/table_rows:",
        on_change="rerun",
    )
    with folded:
        if folded.open:
            _files(chart, key)
            tables.draw(chart.rows, chart.headings, key=f"{key}-rows", shares=chart.shares)
            address = chart.call.address(chart.provenance.publication_id, "rfc")
            copied_calls.show_csv(address, chart.call.texts)
            if chart.other is not None and chart.other_call is not None:
                _other_call(chart.other, chart.other_call)


def _other_call(other: Provenance, call: ApiCall) -> None:
    """Draw the call of what comes from the other publication."""
    st.caption(_("What is drawn of publication {id}:").format(id=other.publication_id))
    copied_calls.show_csv(call.address(other.publication_id, "rfc"), call.texts)


def _files(chart: Chart, key: str) -> None:
    address = chart.call.address(chart.provenance.publication_id, csv_dialect())
    with st.container(horizontal=True, vertical_alignment="center"):
        text = _("What it is computed from (CSV)") if chart.call.is_base else _("These rows (CSV)")
        st.link_button(text, address, icon=":material/csv:")
        if chart.svg:
            st.download_button(
                _("Picture (SVG)"),
                svg_file.of_chart(chart),
                file_name=f"{_file_name(chart, key)}.svg",
                mime="image/svg+xml",
                key=f"{key}-svg",
                on_click="ignore",
            )
        if chart.figure is not None:
            text = _("Picture (PNG)")
            # A button of Streamlit's would run the page; the picture is made in the browser.
            st.html(
                f'<button type="button" class="farol-picture" data-farol-picture="{escape(key)}" '
                f'data-title="{escape(chart.title)}" '
                f'data-caption="{escape(_stamp(chart))}">'
                f"{escape(text)}</button>",
                width="content",
            )


def _stamp(chart: Chart) -> str:
    stamps = [captions.stamp(each) for each in (chart.provenance, chart.other) if each]
    return " / ".join(stamps)


def _file_name(chart: Chart, key: str) -> str:
    letters = normalize("NFKD", chart.title).encode("ascii", "ignore").decode().lower()
    title = _NOT_IN_FILE_NAMES.sub("-", letters).strip("-")[:_LONGEST]
    return f"farol_{title or key}_{chart.provenance.publication_id}"
