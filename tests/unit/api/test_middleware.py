"""The API's middleware: request ids, one line of log per request, limits, pins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from datalayer.access.api_keys import Scope
from datalayer.kernel.contract.manifest import Manifest
from tests.integration.servers import wait_until
from tests.portals import ADMIN
from tests.publisher import Publisher
from tests.served_portal import ServedPortal, served_portal
from tests.unit.api.served_answers import ITEMS, SERIES, problem, samples


class TestRequestId:
    @pytest.fixture
    def served(self, shared: ServedPortal) -> ServedPortal:
        """A portal that others read too: the id of a request changes nothing."""
        return shared

    @pytest.mark.parametrize("address", [ITEMS, "/api/v1/nothing", "/health", "/metrics"])
    def test_a_sound_one_comes_back(self, served: ServedPortal, address: str) -> None:
        answer = served.get(address, **{"X-Request-ID": "batch-7:part.3_a"})

        assert answer.headers.get_list("x-request-id") == ["batch-7:part.3_a"]

    @pytest.mark.parametrize(
        "unsound", ["", "x" * 65, "a b", "a\tb", '{"event": 1}', "é", "a\x1b[31m", "a,b"]
    )
    def test_an_unsound_one_is_replaced(self, served: ServedPortal, unsound: str) -> None:
        answer = served.call("GET", ITEMS, headers={"X-Request-ID": unsound.encode("latin-1")})  # type: ignore[dict-item]

        assert answer.headers["x-request-id"] not in (unsound, "")
        assert answer.status_code == 200

    def test_without_one_each_request_gets_its_own(self, served: ServedPortal) -> None:
        given = {served.get(ITEMS).headers["x-request-id"] for _ in range(5)}

        assert len(given) == 5

    def test_a_refused_call_has_one_too(self, served: ServedPortal) -> None:
        answer = served.get(ITEMS, **{"X-API-Key": "nonsense", "X-Request-ID": "mine"})

        assert problem(answer) == (401, "key-refused")
        assert answer.headers["x-request-id"] == "mine"


class TestLog:
    def test_a_read_says_what_was_read_and_how_long_it_took(self, served: ServedPortal) -> None:
        with capture_logs() as logs:
            served.get(SERIES, **{"X-Request-ID": "mine"})

        (line,) = [each for each in logs if each["event"] == "api.read"]
        manifest = served.portal.open().manifest
        assert line["request_id"] == "mine"
        assert line["route"] == "/api/v1/items/{item_id}/timeseries"
        assert line["publication_id"] == manifest.publication_id
        assert line["dataset_id"] == manifest.dataset_id
        assert line["model_version"] == manifest.model_version
        assert line["data_sets"] == ["fact_forecast", "fact_demand"]
        assert line["rows"] == len(served.get(SERIES).json()["data"])
        assert (line["status"], line["caller"], line["cache_hit"]) == (200, "anyone", False)
        assert line["milliseconds"] > 0

    def test_the_line_of_a_kept_answer_says_as_much(
        self, served: ServedPortal, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with capture_logs() as logs:
            served.get(SERIES)
        served.get(SERIES, **{"X-Request-ID": "second"})

        first, second = logs[-1], self.line_of("second", capsys)
        same = {"event", "route", "publication_id", "dataset_id", "model_version", "rows"}
        assert (first["cache_hit"], second["cache_hit"]) == (False, True)
        assert {each: first[each] for each in same} == {each: second[each] for each in same}
        assert second["milliseconds"] > 0

    @pytest.mark.parametrize(
        ("address", "route", "status"),
        [
            ("/api/v1/nothing", "unmatched", 404),
            ("/api/nothing/at/all", "unmatched", 404),
            ("/api/v1/items?limit=0", "/api/v1/items", 422),
            ("/api/v1/items/nobody", "/api/v1/items/{item_id}", 404),
            ("/health", "/health", 200),
        ],
    )
    def test_other_requests_are_told_by_route_and_status(
        self, served: ServedPortal, address: str, route: str, status: int
    ) -> None:
        with capture_logs() as logs:
            served.get(address)

        (line,) = [each for each in logs if each["event"] == "api.request"]
        assert (line["route"], line["status"]) == (route, status)
        assert "publication_id" not in line

    def test_no_line_holds_a_value_of_a_row_or_of_the_query(self, served: ServedPortal) -> None:
        with capture_logs() as logs:
            served.get(f"{ITEMS}?q=bateria")
            served.get(f"{ITEMS}?q=bateria&limit=none")
            served.get("/api/v1/items/bateria")

        assert "bateria" not in json.dumps(logs).lower()

    def line_of(self, request_id: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        """Return the line of a kept answer's sending, once it is written."""
        written: list[str] = []

        def is_written() -> bool:
            written.append(capsys.readouterr().err)
            return request_id in "".join(written)

        wait_until(is_written, within_s=30, problem=f"no line of {request_id}")
        lines = [json.loads(each) for each in "".join(written).splitlines()]
        return next(each for each in lines if each["request_id"] == request_id)


class TestLimit:
    @pytest.fixture
    def limited(self, activated: Manifest, tmp_path: Path) -> Iterator[ServedPortal]:
        """A portal that takes three calls an hour, behind a proxy at 10.0.0.5."""
        limits = {"rate_limit": "3/hour", "trusted_proxies": "10.0.0.5"}
        with served_portal(tmp_path, **limits) as served:
            yield served

    def statuses(self, served: ServedPortal, calls: int = 4, **headers: str) -> list[int]:
        return [served.get(ITEMS, **headers).status_code for _ in range(calls)]

    def test_one_call_too_many_is_told_when_the_next_is_welcome(
        self, limited: ServedPortal
    ) -> None:
        assert self.statuses(limited, 3) == [200, 200, 200]

        refused = limited.get(ITEMS)

        assert problem(refused) == (429, "too-many-requests")
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert "3 requests a hour" in refused.json()["detail"]

    def test_each_address_counts_for_itself(self, limited: ServedPortal) -> None:
        self.statuses(limited)

        limited.peer = "192.0.2.8"

        assert limited.get(ITEMS).status_code == 200

    def test_the_addresses_of_one_ipv6_household_count_together(
        self, limited: ServedPortal
    ) -> None:
        given = []
        for end in ("1", "2", "ffff:1", "2:3:4"):
            limited.peer = str(ip_address(f"2001:db8:0:1::{end}"))
            given.append(limited.get(ITEMS).status_code)

        assert given == [200, 200, 200, 429]
        limited.peer = "2001:db8:0:2::1"
        assert limited.get(ITEMS).status_code == 200

    def test_a_key_counts_for_itself_wherever_it_is_used(self, limited: ServedPortal) -> None:
        headers = {"X-API-Key": limited.key(Scope.READ)}
        self.statuses(limited)

        assert self.statuses(limited, 2, **headers) == [200, 200]
        limited.peer = "192.0.2.8"
        assert self.statuses(limited, 2, **headers) == [200, 429]

    def test_refused_keys_count_against_their_address(self, limited: ServedPortal) -> None:
        guesses = [limited.get(ITEMS, **{"X-API-Key": f"guess-{n}"}) for n in range(4)]

        assert [each.status_code for each in guesses] == [401, 401, 401, 429]

    def test_what_a_client_writes_into_x_forwarded_for_gives_it_no_other_address(
        self, limited: ServedPortal
    ) -> None:
        given = [
            limited.get(ITEMS, **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code
            for n in range(4)
        ]

        assert given == [200, 200, 200, 429]

    def test_clients_behind_a_trusted_proxy_count_each_for_itself(
        self, limited: ServedPortal
    ) -> None:
        limited.peer = "10.0.0.5"

        one = self.statuses(limited, 4, **{"X-Forwarded-For": "198.51.100.1"})
        other = self.statuses(limited, 1, **{"X-Forwarded-For": "1.1.1.1, 198.51.100.2"})

        assert (one[-1], other) == (429, [200])

    def test_probes_are_never_refused(self, limited: ServedPortal) -> None:
        self.statuses(limited)

        assert limited.get("/health").status_code == 200
        assert limited.get("/metrics").status_code == 200

    def test_refusals_are_counted_by_kind_never_by_name(self, limited: ServedPortal) -> None:
        self.statuses(limited)
        self.statuses(limited, **{"X-API-Key": limited.key(Scope.READ)})

        counted = samples(limited, "farol_rate_limited_total")

        assert {labels: count for labels, count in counted.items() if count} == {
            '{by="address"}': 1,
            '{by="key"}': 1,
        }


class TestPin:
    def test_a_pinned_answer_stays_and_may_be_kept_by_anybody(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        pinned = f"{ITEMS}?p={served.portal.active_id()}"
        before = served.get(pinned)
        publisher.publish(items=8)
        served.portal.activate(ADMIN)

        after = served.get(pinned)

        assert after.content == before.content
        assert after.headers["cache-control"] == "public, max-age=86400, immutable"
        assert served.get(ITEMS).headers["cache-control"] == "public, no-cache"

    def test_one_that_is_not_kept_is_gone_and_the_nearest_is_named(
        self, served: ServedPortal
    ) -> None:
        answer = served.get(f"{ITEMS}?p=20261120T060000Z-00000000")

        assert problem(answer) == (410, "publication-gone")
        assert answer.json()["nearest"] == served.portal.active_id()

    @pytest.mark.parametrize("pin", ["", "latest", "../../etc", "20261120T060000Z-0000000G"])
    def test_what_can_be_none_is_refused(self, served: ServedPortal, pin: str) -> None:
        answer = served.get(f"{ITEMS}?p={pin}")

        assert problem(answer) == (422, "invalid-parameter")

    def test_the_page_that_follows_is_of_the_same_publication(
        self, served: ServedPortal, publisher: Publisher
    ) -> None:
        first = served.get(f"{ITEMS}?limit=2").json()
        publisher.publish(items=8)
        served.portal.activate(ADMIN)

        second = served.get(f"{ITEMS}?limit=10&cursor={first['next']}").json()

        assert second["metadata"]["publication_id"] == first["metadata"]["publication_id"]
        assert [row["item_id"] for row in second["data"]] == [
            f"P{number:05d}" for number in range(3, 7)
        ]
