"""What there is to do, on the page that opens first."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage, texts

pytestmark = pytest.mark.usefixtures("active")


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
