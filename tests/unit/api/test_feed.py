"""The feed of publications is Atom as RFC 4287 has it, and tells what the list tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

import pytest

from datalayer.access.api_keys import Scope
from datalayer.kernel.contract.manifest import Manifest
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import BASE, ServedPortal, served_portal

FEED = "/api/v1/publications.atom"
ATOM = "{http://www.w3.org/2005/Atom}"


def read(served: ServedPortal, **headers: str) -> ElementTree.Element:
    return ElementTree.fromstring(served.get(FEED, **headers).content)


def text(element: ElementTree.Element, name: str) -> str:
    found = element.findall(f"{ATOM}{name}")
    assert len(found) == 1, name
    assert found[0].text
    return found[0].text


def link(element: ElementTree.Element, relation: str) -> str:
    (found,) = [
        each.get("href", "")
        for each in element.findall(f"{ATOM}link")
        if each.get("rel") == relation
    ]
    return found


def test_it_has_what_a_feed_must_have(served: ServedPortal) -> None:
    answer = served.get(FEED)

    feed = ElementTree.fromstring(answer.content)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Farol"
    for each in (feed, *feed.findall(f"{ATOM}entry")):
        assert text(each, "title")
        UUID(text(each, "id"))
        assert text(each, "id").startswith("urn:uuid:")
        assert datetime.fromisoformat(text(each, "updated")).tzinfo is not None
    assert link(feed, "self") == BASE + FEED
    assert link(feed, "alternate") == BASE + "/"


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({"X-Forwarded-Proto": "https"}, BASE.replace("http://", "https://")),
        ({"X-Forwarded-Proto": "https, http"}, BASE.replace("http://", "https://")),
        ({"X-Forwarded-Proto": "javascript"}, BASE),
        (
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "10.1.2.3:8443, localhost"},
            "https://10.1.2.3:8443",
        ),
    ],
)
def test_behind_a_proxy_it_leads_to_where_the_reader_asked(
    served: ServedPortal, told: dict[str, str], origin: str
) -> None:
    feed = read(served, **told)

    assert link(feed, "self") == origin + FEED
    for entry in feed.findall(f"{ATOM}entry"):
        assert link(entry, "alternate").startswith(origin + "/api/v1/")


def test_portals_under_different_paths_of_a_host_have_different_feeds(
    served: ServedPortal, activated: Manifest, tmp_path: Path
) -> None:
    with served_portal(tmp_path, path_prefix="/farol") as other:
        theirs = read(other)

    assert text(theirs, "id") != text(read(served), "id")


def test_it_lists_what_is_kept_and_marks_what_is_active(
    served: ServedPortal, activated: Manifest, publisher: Publisher
) -> None:
    later = publisher.publish(items=8, salt="later")
    served.portal.activate(ADMIN)
    served.portal.roll_back(ADMIN)

    entries = read(served).findall(f"{ATOM}entry")

    assert [each.find(f"{ATOM}category") is not None for each in entries] == [False, True]
    for entry, manifest in zip(entries, (later, activated), strict=True):
        assert datetime.fromisoformat(text(entry, "updated")) == manifest.generated_at
        assert manifest.publication_id in text(entry, "summary")
        assert manifest.dataset_id in text(entry, "summary")
        files = served.get(link(entry, "alternate").removeprefix(BASE))
        assert files.json()["metadata"]["publication_id"] == manifest.publication_id


def test_ids_stay_when_something_is_published(served: ServedPortal, publisher: Publisher) -> None:
    before = read(served)
    publisher.publish(items=8)
    served.portal.activate(ADMIN)

    after = read(served)

    ids = [text(each, "id") for each in after.findall(f"{ATOM}entry")]
    assert text(after, "id") == text(before, "id")
    assert [text(each, "id") for each in before.findall(f"{ATOM}entry")] == ids[1:]
    assert len(set(ids)) == 2
    assert text(after, "updated") >= text(before, "updated")


def test_an_unchanged_feed_is_not_sent_again(served: ServedPortal) -> None:
    first = served.get(FEED)

    again = served.get(FEED, **{"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304


class TestFeedForMembers:
    @pytest.fixture
    def served(self, activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
        with served_portal(tmp_path, access="members") as served:
            yield served

    def test_it_is_for_members(self, served: ServedPortal) -> None:
        assert served.get(FEED).status_code == 401
        key = served.key(Scope.READ)
        assert served.get(FEED, **{"X-API-Key": key}).status_code == 200
