"""The search for parts: what is typed stands in the address, and what is found is links."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher, replace_column

pytestmark = pytest.mark.usefixtures("active")


def links(app: AppTest) -> dict[str, str]:
    """Return what the search links to: what the links say, and the code they lead to.

    Links along the list that a part stands in name a place as well.
    """
    drawn = (link.proto for link in app.main.get("page_link"))
    found = {link.label: link.query_string for link in drawn}
    return {
        label: query
        for label, query in found.items()
        if "item=" in query and "location_id=" not in query
    }


def test_what_is_typed_finds_links_that_say_what_was_met(open_page: OpenPage) -> None:
    app = open_page("forecast.py", q="bat estacionaria", item="P00002")

    ((label, query),) = links(app).items()
    assert "**Bateria** **estacionária** 12 V" in label
    assert "item=P00001" in query
    assert "1 peça encontrada." in texts(app)


@pytest.mark.parametrize("page", ["", "forecast.py"])
def test_a_part_is_looked_for_where_the_planner_is(open_page: OpenPage, page: str) -> None:
    app = open_page(page, q="bat estacionaria", lang="en")

    ((label, query),) = links(app).items()
    assert "**Bateria** **estacionária** 12 V" in label
    assert query == "lang=en&item=P00001"
    assert app.text_input(key="q").label == "Find a part"


def test_a_code_is_met_as_a_whole(open_page: OpenPage) -> None:
    app = open_page("forecast.py", q="p00003")

    assert [label.split(" · ")[0] for label in links(app)] == [":primary[**P00003**"]


def test_near_misses_are_said_to_be_near(open_page: OpenPage) -> None:
    app = open_page("forecast.py", q="bateira")

    assert "Parecidas" in texts(app)
    assert len(links(app)) == 1


def test_more_parts_than_are_shown_are_counted(
    open_page: OpenPage, publisher: Publisher, fresh: datetime
) -> None:
    publisher.publish(items=15, generated_at=fresh + timedelta(minutes=1))
    runtime.portal().activate(ADMIN, confirmed=True)

    app = open_page("forecast.py", q="p0", lang="en")

    assert "15 parts found, the best 10 are shown." in texts(app)
    assert len(links(app)) == 10


def test_a_name_of_markup_is_only_text(
    open_page: OpenPage, publisher: Publisher, fresh: datetime
) -> None:
    later = fresh + timedelta(minutes=1)
    tables = publisher.tables(generated_at=later)
    names = ["**<b>`x`** $y$ [z](http://a) " * 10, *"BCDEF"]
    tables["dim_item"] = replace_column(tables["dim_item"], "name", names)
    publisher.publish(tables=tables, generated_at=later)
    runtime.portal().activate(ADMIN, confirmed=True)

    (label,) = links(open_page("forecast.py", q="P00001"))

    assert "\\*\\*\\<b\\>\\`x\\`" in label
    assert "\\[z\\](http\u2060\\://a)" in label


@pytest.mark.parametrize(
    ("lang", "said"), [("pt-br", "Nenhuma peça"), ("en", "No part is found by “xyzxyz”.")]
)
def test_a_text_that_nothing_has_gets_advice(open_page: OpenPage, lang: str, said: str) -> None:
    app = open_page("forecast.py", q="xyzxyz", lang=lang)

    assert said in app.info[0].value
    assert not links(app)


@pytest.mark.parametrize("text", ["%_\\", "<>`[", "'); --", "*" * 1_000])
def test_signs_alone_ask_for_letters(open_page: OpenPage, text: str) -> None:
    app = open_page("forecast.py", q=text, lang="en")

    assert not app.exception
    assert not app.error
    assert app.info


def test_without_a_text_the_parts_seen_before_are_links(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")
    first = links(app)
    for item_id in ("P00002", "P00003"):
        app.query_params["item"] = item_id
        app.run()

    assert first == {}
    assert [query.split("item=")[1] for query in links(app).values()] == ["P00002", "P00001"]


def test_only_the_last_parts_are_remembered(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="P00001")
    for number in (2, 3, 4, 5, 6, 1, 2):
        app.query_params["item"] = f"P0000{number}"
        app.run()

    seen = [query.split("item=")[1] for query in links(app).values()]
    assert seen == ["P00001", "P00006", "P00005", "P00004", "P00003"]


def test_a_link_that_was_followed_empties_the_box(open_page: OpenPage) -> None:
    app = open_page("forecast.py", q="bateria")
    del app.query_params["q"]
    app.query_params["item"] = "P00002"
    app.run()

    assert app.text_input(key="q").value == ""
    assert app.header[0].value.startswith("P00002")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("P0000", "P00001"), ("conector", "P00002"), ("00001", "P00001"), ("bateira", "P00001")],
)
def test_an_unknown_part_is_answered_with_links_to_those_meant(
    open_page: OpenPage, asked: str, meant: str
) -> None:
    app = open_page("forecast.py", item=asked)

    assert f"Não há peça {asked} " in app.warning[0].value
    assert next(iter(links(app).values())).endswith(f"item={meant}")


def test_an_unknown_part_is_not_remembered(open_page: OpenPage) -> None:
    app = open_page("forecast.py", item="nothing")
    app.query_params["item"] = "P00002"
    app.run()

    assert links(app) == {}
