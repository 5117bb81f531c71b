"""Answers that the API keeps: by whom and how long, unchanged ones, and their headers alone."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from datalayer.access.identity import Role
from datalayer.kernel.contract.manifest import Manifest
from tests.integration.servers import wait_until
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal
from tests.unit.api.served_answers import ITEMS, SERIES, problem, samples


class TestKeptAnswers:
    def test_a_second_call_has_the_same_bytes(self, served: ServedPortal) -> None:
        first, second = served.get(SERIES), served.get(SERIES)

        assert second.content == first.content
        own = {"x-request-id"}
        assert {n: v for n, v in second.headers.items() if n not in own} == {
            n: v for n, v in first.headers.items() if n not in own
        }

    def test_another_query_or_form_has_its_own(self, served: ServedPortal) -> None:
        arrow = {"Accept": "application/vnd.apache.arrow.stream"}
        for _ in range(2):
            assert served.get(f"{SERIES}?source=naive").content != served.get(SERIES).content
            assert served.get(SERIES, **arrow).headers["content-type"] == arrow["Accept"]
            assert served.get(SERIES).headers["content-type"] == "application/json"

    def test_several_accept_headers_are_one_list_for_the_answer_and_for_where_it_is_kept(
        self, served: ServedPortal
    ) -> None:
        arrow = "application/vnd.apache.arrow.stream"
        twice = [("Accept", arrow), ("Accept", "application/json;q=0.5")]

        first = served.call("GET", ITEMS, headers=twice)  # type: ignore[arg-type]
        second = served.get(ITEMS, Accept="application/json")

        assert first.headers["content-type"] == arrow
        assert second.headers["content-type"] == "application/json"

    def test_a_packed_answer_is_the_plain_one(self, served: ServedPortal) -> None:
        plain = served.get(SERIES, **{"Accept-Encoding": "identity"})

        for _ in range(2):
            packed = served.get(SERIES, **{"Accept-Encoding": "gzip, zstd"})
            assert packed.headers["content-encoding"] == "zstd"
            size = int(plain.headers["content-length"])
            assert pa.decompress(packed.content, size, codec="zstd", asbytes=True) == plain.content

    @pytest.mark.parametrize("address", [SERIES, "/api/v1/datasets"])
    @pytest.mark.parametrize("coding", ["gzip", "zstd", "identity"])
    def test_what_is_said_of_an_answer_is_true_of_the_bytes_that_are_sent(
        self, served: ServedPortal, address: str, coding: str
    ) -> None:
        others = {"gzip", "zstd", "identity"} - {coding}
        tags = {served.get(address, **{"Accept-Encoding": each}).headers["etag"] for each in others}

        for _ in range(2):
            answer, body = served.raw(address, **{"Accept-Encoding": coding})

            assert int(answer.headers["content-length"]) == len(body)
            assert answer.headers.get("content-encoding", "identity") == coding
            assert answer.headers["etag"] not in tags
            assert answer.headers.get_list("vary") == ["Accept, Accept-Encoding"]
            tag = {"If-None-Match": answer.headers["etag"], "Accept-Encoding": coding}
            assert served.get(address, **tag).status_code == 304

    def test_who_refuses_every_coding_is_told(self, served: ServedPortal) -> None:
        for _ in range(2):
            refused = served.get(SERIES, **{"Accept-Encoding": "br, identity;q=0"})

            assert problem(refused) == (406, "not-acceptable")

    def test_an_activation_is_seen_at_once(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        served.get(ITEMS)
        publisher.publish(items=8)

        served.portal.activate(ADMIN)
        wait_until(
            lambda: served.get(ITEMS).json()["total"] == 8,
            within_s=30,
            problem="the answer of the publication before was kept",
        )

        assert len(served.get(ITEMS).json()["data"]) == 8

    def test_a_failure_is_never_kept(self, served: ServedPortal) -> None:
        file = served.portal.snapshots.all()[0].path("dim_item")
        away = file.with_suffix(".away")
        file.parent.chmod(0o755)
        file.rename(away)
        failed = served.get(ITEMS)
        away.rename(file)

        assert problem(failed) == (503, "temporarily-unavailable")
        assert served.get(ITEMS).status_code == 200

    def test_hits_and_misses_are_counted(self, served: ServedPortal) -> None:
        for _ in range(3):
            served.get(SERIES)

        counted = samples(served, "farol_cache_uses_total")
        assert counted == {
            '{cache="hit"}': 2,
            '{cache="miss"}': 1,
        }


class TestUnchanged:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("form", ["{}", 'W/"other", {}', "*"])
    def test_what_the_caller_has_is_not_sent_again(
        self, served: ServedPortal, times: int, form: str
    ) -> None:
        tag = [served.get(SERIES).headers["etag"] for _ in range(times)][-1]

        again = served.get(SERIES, **{"If-None-Match": form.format(tag)})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert {"cache-control", "vary", "x-request-id"} <= set(again.headers)

    def test_another_form_query_or_publication_has_another_tag(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        arrow = {"Accept": "application/vnd.apache.arrow.stream"}
        tags = {
            served.get(SERIES).headers["etag"],
            served.get(SERIES, **arrow).headers["etag"],
            served.get(f"{SERIES}?source=naive").headers["etag"],
        }
        publisher.publish()
        served.portal.activate(ADMIN)
        tags.add(served.get(SERIES).headers["etag"])

        assert len(tags) == 4


class TestHeadOfReads:
    @pytest.mark.parametrize(
        "address",
        [
            SERIES,
            ITEMS,
            f"{ITEMS}/nobody",
            f"{ITEMS}?limit=0",
            "/api/v1/nothing",
            "/api/v1/datasets",
            "/api/v1/problems",
            "/api/v1/openapi.json",
            "/api/v1/docs",
            "/api/v1/docs/start.js",
            "/api/v1/docs/assets/swagger-ui.css",
            "/api/v1/data/refresh",
            "/health",
            "/health/live",
            "/health/ready",
        ],
    )
    @pytest.mark.parametrize("times", [1, 2])
    def test_it_has_status_and_headers_of_get_and_no_body(
        self, served: ServedPortal, address: str, times: int
    ) -> None:
        for _ in range(times):
            head, body = served.raw(address, method="HEAD")
        got = served.get(address)

        own = {"x-request-id", "content-length"}
        assert head.status_code == got.status_code
        assert {n: v for n, v in head.headers.items() if n not in own} == {
            n: v for n, v in got.headers.items() if n not in own
        }
        assert "content-length" in head.headers
        assert body == b""

    def test_it_counts_as_itself_and_sends_no_row(self, served: ServedPortal) -> None:
        for _ in range(2):
            served.call("HEAD", SERIES)

        route = "/api/v1/items/{item_id}/timeseries"
        requests = samples(served, "farol_requests_total")
        assert requests[f'{{method="HEAD",route="{route}",status="2xx"}}'] == 2
        assert samples(served, "farol_rows_total")[f'{{route="{route}"}}'] == 0
        assert samples(served, "farol_sent_bytes_total")[f'{{route="{route}"}}'] == 0

    @pytest.mark.parametrize(
        ("address", "allowed"),
        [
            (ITEMS, "GET, HEAD"),
            ("/health", "GET, HEAD"),
            ("/metrics", "GET, HEAD"),
            ("/api/v1/data/refresh", "POST"),
        ],
    )
    def test_what_an_address_allows_is_told(
        self, served: ServedPortal, address: str, allowed: str
    ) -> None:
        refused = served.call("DELETE", address)

        assert problem(refused) == (405, "method-not-allowed")
        assert refused.headers["allow"] == allowed


def test_a_members_portal_keeps_its_answers_to_its_members(
    activated: Manifest, tmp_path: Path
) -> None:
    with served_portal(tmp_path, access="members") as served:
        headers = {"Cookie": served.cookie("paulo", Role.PLANNER)}
        for _ in range(2):
            assert served.get(ITEMS, **headers).headers["cache-control"] == "private, no-cache"

        pin = served.portal.active_id()
        for address in (
            f"{ITEMS}?p={pin}",
            f"/api/v1/datasets?p={pin}",
            f"/api/v1/extracts/dim_item.csv?item_id=P00001&p={pin}",
            f"/api/v1/extracts/dim_item.csv.metadata.json?item_id=P00001&p={pin}",
        ):
            assert served.get(address, **headers).headers["cache-control"] == "private, no-cache"
        assert served.get(f"{ITEMS}/X", **headers).headers["cache-control"] == "no-store"

        assert problem(served.get(ITEMS)) == (401, "sign-in-required")
