"""A chart on a page: its caption, and what is folded under it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage, texts
from tests.publisher import Publisher


def page_of_charts() -> None:
    """Draw two charts and one that has nothing to draw."""
    import pyarrow as pa
    import streamlit as st

    from datalayer.portal import SeriesSelection
    from datalayer.runtime import portal
    from pages.components import captions, charts, language
    from tests.pages.charts import figures

    language.speak("pt_BR" if st.session_state.get("language", "pt_BR") == "pt_BR" else "en")
    captions.begin()
    weeks = [figures.used_week(back, 2.0) for back in range(1, 121)]
    for key, rows in (("one", weeks), ("two", weeks), ("none", [])):
        chart = charts.use(
            figures.result(rows, figures.PERIODS),
            part=charts.ChartedPart(
                selection=SeriesSelection("0804001", "CD-SP", ("ensemble",)),
                registry=portal().registry,
                unit="unidades por semana",
                subject='Peça <"&>',
            ),
        )
        charts.show(chart, key=key)
    assert pa


@pytest.fixture
def app(active: Publisher) -> AppTest:
    """Two charts and one without a figure."""
    return AppTest.from_function(page_of_charts, default_timeout=30).run()


def test_the_first_caption_is_in_full_and_the_others_are_short(app: AppTest) -> None:
    one, two, none = (caption.value for caption in app.caption)

    assert one.startswith("Gerado em 23/11/2026")
    assert two.startswith("Mesma publicação · modelo 1.2.0")
    assert none == two


def test_where_nothing_can_be_drawn_that_is_said_in_its_place(app: AppTest) -> None:
    assert len(app.get("plotly_chart")) == 2
    assert "Não se sabe o que foi usado." in app.info[0].value
    assert len(app.expander) == 2


def test_the_finding_is_the_name_of_the_chart(app: AppTest) -> None:
    assert "nas últimas 120 semanas" in app.get("plotly_chart")[0].proto.alt


def test_nothing_of_the_table_is_sent_before_it_is_opened(app: AppTest) -> None:
    assert not app.table
    assert not app.code

    app.session_state["one-taken"] = True
    app.run()

    assert len(app.table[0].value) == 50
    assert [each.label for each in app.tabs] == ["curl", "Python", "R"]


def test_the_file_is_the_answer_to_the_call_of_this_publication(app: AppTest) -> None:
    app.session_state["one-taken"] = True
    app.run()

    file = app.get("link_button")[0].proto.url
    asked = "api/v1/extracts/fact_period.csv?item_id=0804001&location=CD-SP&source=ensemble"
    pin = "p=20261123T060000Z-1a2b3c4d"
    assert file == f"{asked}&dialect=excel-br&{pin}"
    assert all(f"{asked}&dialect=rfc&{pin}" in code.value for code in app.code)
    assert 'dtype={"item_id": str, "location_id": str, "source": str}' in app.code[1].value


def test_the_picture_has_title_and_origin_in_it(app: AppTest) -> None:
    app.session_state["one-taken"] = True
    app.run()

    button = app.get("html")[0].proto.body
    assert 'data-farol-picture="one"' in button
    assert 'data-title="Quanto se usa: Peça &lt;&quot;&amp;&gt;"' in button
    assert "publicação 20261123T060000Z-1a2b3c4d" in button
    assert "há " not in button


@pytest.mark.usefixtures("active")
def test_a_page_says_its_caption_anew_in_each_run(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")

    assert "Gerado em" in texts(app)
    assert "Gerado em" in texts(app.run())
