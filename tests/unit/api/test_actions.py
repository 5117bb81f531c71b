"""The list of actions over the API: as pages show it, without what planners put aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal, RowKey, Statement
from tests.marked_list import publish_without_list
from tests.portals import ADMIN, PLANNER
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal


@pytest.fixture
def served(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal with two orders on its list, the second part's first."""
    with served_portal(tmp_path) as served:
        yield served


def order(portal: Portal, item_id: str) -> None:
    row = RowKey(item_id, "network", "order", "-")
    portal.marks.mark(PLANNER, portal.open(), row, Statement("ordered"))


def rows(answer: httpx.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    data: list[dict[str, object]] = answer.json()["data"]
    return data


def parts(answer: httpx.Response) -> list[object]:
    return [each["item_id"] for each in rows(answer)]


def test_the_most_urgent_comes_first_with_its_part_and_its_state(served: ServedPortal) -> None:
    answer = served.get("/api/v1/actions")

    first, second = rows(answer)
    assert [first["rank"], second["rank"], answer.json()["total"]] == [1, 2, 2]
    assert (first["tier"], first["action"], first["state"], first["others"]) == (
        "late",
        "order",
        "open",
        0,
    )
    assert first["name"]
    assert answer.json()["metadata"]["data_sets"] == ["fact_action", "dim_item", "dim_location"]


def test_what_is_put_aside_leaves_the_list_at_once_and_can_be_asked_for(
    served: ServedPortal,
) -> None:
    address = f"/api/v1/actions?p={served.portal.active_id()}"
    before = parts(served.get(address))
    order(served.portal, str(before[0]))

    assert parts(served.get(address)) == before[1:]
    assert parts(served.get(f"{address}&put_aside=true")) == before[:1]


def test_pages_and_filters_add_up_to_the_list(served: ServedPortal) -> None:
    first = served.get("/api/v1/actions?limit=1")
    second = served.get(f"/api/v1/actions?limit=1&cursor={first.json()['next']}")
    late = served.get("/api/v1/actions?tier=late&columns=item_id,quantity&order=-quantity")

    assert parts(first) + parts(second) == parts(served.get("/api/v1/actions"))
    assert [list(each) for each in rows(late)] == [["item_id", "quantity"]]


@pytest.mark.parametrize(
    "asked",
    [
        "tier=never",
        "put_aside=maybe",
        "put_aside=true&put_aside=false",
        "location=nowhere",
        "location_id=network",
    ],
)
def test_what_there_is_not_is_refused(served: ServedPortal, asked: str) -> None:
    answer = served.get(f"/api/v1/actions?{asked}")

    assert answer.status_code in {404, 422}
    assert answer.json()["type"]


def test_a_publication_from_before_there_were_actions_says_so(
    served: ServedPortal, publisher: Publisher
) -> None:
    publish_without_list(publisher)
    served.portal.activate(ADMIN, confirmed=True)

    answer = served.get("/api/v1/actions")

    assert answer.status_code == 404
    assert "list of actions" in answer.json()["detail"]
