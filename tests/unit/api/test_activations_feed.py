"""The feed of activations: an entry for every switch, with its effect, and no word of anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest

from datalayer.access.api_keys import Scope
from datalayer.api.feed import MOST_ENTRIES
from datalayer.kernel.contract.manifest import Manifest
from datalayer.publications.switches import Switch
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import BASE, ServedPortal, served_portal

FEED = "/api/v1/activations.atom"
ATOM = "{http://www.w3.org/2005/Atom}"
OF_ENTRIES = {"title", "id", "updated", "link", "category", "summary"}


def read(served: ServedPortal, query: str = "", **headers: str) -> ElementTree.Element:
    return ElementTree.fromstring(served.get(FEED + query, **headers).content)


def entries(feed: ElementTree.Element) -> list[ElementTree.Element]:
    return feed.findall(f"{ATOM}entry")


def text(element: ElementTree.Element, name: str) -> str:
    (found,) = element.findall(f"{ATOM}{name}")
    assert found.text
    return found.text


def links(element: ElementTree.Element) -> dict[str, str]:
    found = element.findall(f"{ATOM}link")
    assert len({each.get("rel") for each in found}) == len(found)
    return {each.get("rel", ""): each.get("href", "") for each in found}


@pytest.fixture
def two(served: ServedPortal, activated: Manifest, publisher: Publisher) -> tuple[str, str]:
    """Ids of two publications, the second activated after the first."""
    second = publisher.publish(items=8)
    served.portal.activate(ADMIN)
    return activated.publication_id, second.publication_id


def test_it_has_what_rfc_4287_asks_for(served: ServedPortal, two: tuple[str, str]) -> None:
    answer = served.get(FEED)

    feed = ElementTree.fromstring(answer.content)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "title")
    assert text(feed, "id").startswith("urn:uuid:")
    assert datetime.fromisoformat(text(feed, "updated")).tzinfo is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Farol"
    assert links(feed)["self"] == f"{BASE}{FEED}?language=en"
    assert text(feed, "updated") == text(entries(feed)[0], "updated")
    for each in entries(feed):
        assert {child.tag.removeprefix(ATOM) for child in each} == OF_ENTRIES
        assert UUID(text(each, "id"))
        assert text(each, "id").startswith("urn:uuid:")
        assert datetime.fromisoformat(text(each, "updated")).tzinfo is not None
        assert links(each)["alternate"].startswith(f"{BASE}/")


def test_switches_within_a_second_are_all_told(served: ServedPortal, two: tuple[str, str]) -> None:
    for _ in range(4):
        served.portal.roll_back(ADMIN)

    told = entries(read(served))

    assert len({text(each, "id") for each in told}) == len(told) == 6
    terms = [category.get("term") for each in told for category in each.findall(f"{ATOM}category")]
    assert terms == ["returned"] * 4 + ["activated"] * 2


def test_an_entry_says_the_effect_and_leads_to_what_changed(
    served: ServedPortal, two: tuple[str, str]
) -> None:
    latest = entries(read(served))[0]

    before, after = two
    assert "took the place of that of" in text(latest, "summary")
    assert "Proposed orders: " in text(latest, "summary")
    page = urlsplit(links(latest)["alternate"])
    assert page.path == "/changes"
    assert parse_qs(page.query) == {"before": [before], "after": [after]}
    assert links(latest)["related"] == f"{BASE}/"


def test_it_speaks_the_language_that_is_asked_for(
    served: ServedPortal, two: tuple[str, str]
) -> None:
    feed = read(served, "?language=pt-BR")

    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "pt-BR"
    assert "tomou o lugar da de" in text(entries(feed)[0], "summary")
    english = read(served)
    assert [text(each, "id") for each in entries(feed)] == [
        text(each, "id") for each in entries(english)
    ]
    assert text(feed, "id") != text(english, "id")


def test_another_language_is_refused(served: ServedPortal, activated: Manifest) -> None:
    assert served.get(f"{FEED}?language=fr").status_code == 422


def test_nobody_is_named(served: ServedPortal, two: tuple[str, str]) -> None:
    served.portal.roll_back(ADMIN)

    assert ADMIN.name not in served.get(FEED).text


def test_ids_and_entries_stay_when_something_is_activated(
    served: ServedPortal, two: tuple[str, str]
) -> None:
    before = [ElementTree.tostring(each) for each in entries(read(served))]

    served.portal.roll_back(ADMIN)

    assert [ElementTree.tostring(each) for each in entries(read(served))][1:] == before


def test_ids_and_entries_stay_when_the_portal_is_started_again(
    served: ServedPortal, two: tuple[str, str], tmp_path: Path
) -> None:
    before = ElementTree.tostring(read(served))
    served.portal.close()

    with served_portal(tmp_path) as again:
        assert ElementTree.tostring(read(again)) == before


def test_it_has_the_last_switches_only(served: ServedPortal, two: tuple[str, str]) -> None:
    for _ in range(MOST_ENTRIES):
        served.portal.roll_back(ADMIN)

    assert len(entries(read(served))) == MOST_ENTRIES


def test_what_no_xml_can_say_does_not_break_it(served: ServedPortal, two: tuple[str, str]) -> None:
    path = served.settings.state / "switches.jsonl"
    path.write_bytes(path.read_bytes() + b'{"number": "\\u0000", "after": "<&\\u0007"}\n')

    assert len(entries(read(served))) == 2


def test_an_unchanged_feed_is_not_sent_again(served: ServedPortal, two: tuple[str, str]) -> None:
    first = served.get(FEED)

    again = served.get(FEED, **{"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304


def test_behind_a_proxy_its_links_lead_to_where_the_reader_asked(
    served: ServedPortal, two: tuple[str, str]
) -> None:
    feed = read(served, **{"X-Forwarded-Proto": "https"})

    for each in entries(feed):
        assert links(each)["alternate"].startswith("https://")


def test_a_switch_tells_of_nobody() -> None:
    assert not {"activated_by", "actor", "by"} & set(Switch.__dataclass_fields__)


class TestFeedForMembers:
    @pytest.fixture
    def served(self, activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
        with served_portal(tmp_path, access="members") as served:
            yield served

    def test_it_is_for_members(self, served: ServedPortal) -> None:
        assert served.get(FEED).status_code == 401
        key = served.key(Scope.READ)
        assert served.get(FEED, **{"X-API-Key": key}).status_code == 200


def test_without_a_publication_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with served_portal(tmp_path) as served:
        assert served.get(FEED).status_code == 503
