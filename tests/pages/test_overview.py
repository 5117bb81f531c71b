"""The overview: figures, exceptions that explain themselves, and the network's total."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage, texts

pytestmark = pytest.mark.usefixtures("active")


def test_the_strip_has_every_figure_and_the_age_of_the_data(open_page: OpenPage) -> None:
    app = open_page(locale="en-US")

    assert [metric.label for metric in app.metric] == [
        "Forecast 28 days",
        "Parts at risk",
        "Value at risk",
        "Service level",
        "Accuracy",
        "Age",
    ]
    assert app.metric[-1].value == "1 h"


def test_an_exception_explains_itself_in_the_users_language(open_page: OpenPage) -> None:
    portuguese, english = texts(open_page()), texts(open_page(locale="en-US"))

    assert "Estoque e pedidos abertos duram 7 dias" in portuguese
    assert "Stock and open orders last 7 days" in english


def test_an_exception_leads_to_its_part(open_page: OpenPage) -> None:
    links = [link for link in open_page().main.get("page_link") if "P00001" in link.proto.label]

    assert "item=P00001" in links[0].proto.query_string
    assert links[0].proto.page == "forecast"


def test_a_link_keeps_the_language_asked_for(open_page: OpenPage) -> None:
    links = open_page(lang="en").main.get("page_link")

    assert all("lang=en" in link.proto.query_string for link in links)


def test_every_chart_has_a_caption_and_a_text_alternative(open_page: OpenPage) -> None:
    app = open_page()

    charts = app.get("plotly_chart")
    assert len(charts) == 1
    assert charts[0].proto.alt.startswith("Rede inteira: previsão de")
    captions = [c.value for c in app.caption if c.value.startswith("Gerado em")]
    assert len(captions) == 3  # the strip, the exceptions, the chart
