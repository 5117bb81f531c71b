"""Marks of planners over the API: read as they are at the moment, made nowhere."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import Portal, RowKey, Statement
from tests.marked_list import publish_without_list
from tests.portals import ADMIN, PLANNER
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal

FIRST = RowKey("P00001", "network", "order", "-")
SECOND = RowKey("P00002", "network", "order", "-")


@pytest.fixture
def marked(activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal with two rows on its list, one put aside and one seen."""
    with served_portal(tmp_path) as served:
        mark(served.portal, FIRST, "ordered", comment="pedido 4711; já saiu")
        mark(served.portal, SECOND, "seen")
        yield served


def mark(portal: Portal, key: RowKey, kind: str, *, seen: int = 0, comment: str = "") -> None:
    said = Statement(kind, comment=comment)
    portal.marks.mark(PLANNER, portal.open(), key, said, seen=seen)


def rows(answer: httpx.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    data: list[dict[str, object]] = answer.json()["data"]
    return data


def test_marked_rows_come_with_their_state(marked: ServedPortal) -> None:
    answer = marked.get("/api/v1/marks")

    told = [(each["item_id"], each["state"], each["kind"]) for each in rows(answer)]
    assert told == [("P00001", "put_aside", "ordered"), ("P00002", "open", "seen")]
    assert answer.json()["total"] == 2
    assert answer.json()["metadata"]["data_sets"] == ["fact_action"]


def test_they_are_filtered_ordered_and_paged_as_other_lists(marked: ServedPortal) -> None:
    aside = rows(marked.get("/api/v1/marks?state=put_aside&columns=comment,marked_by"))
    latest = rows(marked.get("/api/v1/marks?order=-number&limit=1"))
    first = marked.get("/api/v1/marks?limit=1")
    second = rows(marked.get(f"/api/v1/marks?limit=1&cursor={first.json()['next']}"))

    assert aside == [{"comment": "pedido 4711; já saiu", "marked_by": "paulo"}]
    assert latest[0]["item_id"] == "P00002"
    assert [each["item_id"] for each in rows(first) + second] == ["P00001", "P00002"]


def test_they_come_as_csv_and_as_arrow(marked: ServedPortal) -> None:
    csv = marked.get("/api/v1/marks?dialect=excel-br&columns=item_id,comment")
    assert csv.headers["content-disposition"].startswith('attachment; filename="marks_2')
    arrow = marked.get("/api/v1/marks", Accept="application/vnd.apache.arrow.stream")

    assert csv.content.decode("utf-8-sig").splitlines() == [
        "item_id;comment",
        '"P00001";"pedido 4711; já saiu"',
        '"P00002";""',
    ]
    table = pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    assert table.column("state").to_pylist() == ["put_aside", "open"]
    assert table.schema.field("marked_at").type == pa.timestamp("us", "UTC")


def test_a_mark_is_told_from_the_moment_that_it_is_made(marked: ServedPortal) -> None:
    publication_id = marked.portal.active_id()
    address = f"/api/v1/marks?p={publication_id}"
    before = marked.get(address)

    mark(marked.portal, SECOND, "ordered", seen=2)
    after = marked.get(address, **{"If-None-Match": before.headers["ETag"]})

    assert [each["kind"] for each in rows(after)] == ["ordered", "ordered"]
    assert marked.get(address, **{"If-None-Match": after.headers["ETag"]}).status_code == 304
    assert "immutable" not in after.headers["Cache-Control"]


def test_a_part_tells_all_that_was_ever_said_of_it(marked: ServedPortal) -> None:
    marked.portal.marks.undo(PLANNER, marked.portal.open(), FIRST, seen=1)

    told = rows(marked.get("/api/v1/items/P00001/marks"))

    assert [(each["number"], each["kind"], each["undone"], each["stands"]) for each in told] == [
        (1, "ordered", True, True),
        (3, "undo", False, True),
    ]


def test_a_part_without_marks_has_none_and_an_unknown_one_is_a_problem(
    marked: ServedPortal,
) -> None:
    assert rows(marked.get("/api/v1/items/P00003/marks")) == []
    assert marked.get("/api/v1/items/P99999/marks").status_code == 404


def test_a_publication_without_a_list_says_so(marked: ServedPortal, publisher: Publisher) -> None:
    publish_without_list(publisher)
    marked.portal.activate(ADMIN, confirmed=True)

    answer = marked.get("/api/v1/marks")

    assert answer.status_code == 404
    assert "has no list of actions" in answer.json()["detail"]
    assert len(rows(marked.get("/api/v1/items/P00001/marks"))) == 1


def test_nobody_marks_over_the_api(marked: ServedPortal) -> None:
    for address in ("/api/v1/marks", "/api/v1/items/P00001/marks"):
        assert marked.call("POST", address).status_code == 405
