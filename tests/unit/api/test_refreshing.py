"""Refresh and roll-back over HTTP: begun with 202, looked at by id, refused with a reason."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.api.application import create_api
from datalayer.api.call import Call
from datalayer.api.refreshing import MOST_BODY_BYTES
from datalayer.portal import Portal
from datalayer.publications.attempts import LockHolder, refresh_lock
from tests.portals import ADMIN, PLANNER
from tests.publisher import Publisher
from tests.reading import published_rows
from tests.served_portal import ServedPortal, document_made_once
from tests.unit.api.served_answers import problem

REFRESHER = Identity("key:nightly", Role.ADMIN)
READER = Identity("key:reader", Role.ANALYST)
REFRESH = "/api/v1/data/refresh"
ROLL_BACK = "/api/v1/data/rollback"
LATEST = {"source": "ml_results"}


class Caller:
    """Calls the API of a portal as somebody, the way the API's middleware hands them over."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        with document_made_once():
            self._app = Starlette(routes=[Mount("/api", create_api(portal))])

    def post(
        self, path: str, body: object = None, who: Identity = REFRESHER, **more: Any
    ) -> httpx.Response:
        """Return the answer to a POST of *body* as JSON, unless ``content`` is given."""
        stated = {"headers": {"Content-Type": "application/json"}}
        # Escaped to ASCII, as a client may that sends what UTF-8 can't write.
        given = stated | {"content": json.dumps(body).encode()} | more
        return asyncio.run(self._call("POST", path, who, **given))

    def get(self, path: str, who: Identity = REFRESHER) -> httpx.Response:
        """Return the answer to a GET."""
        return asyncio.run(self._call("GET", path, who))

    def ended(self, begun: httpx.Response) -> dict[str, Any]:
        """Return what is told of the job that *begun* announces, once it has ended."""
        self._portal.jobs.get(begun.json()["job_id"], ADMIN).wait()
        told: dict[str, Any] = self.get(begun.headers["location"]).json()
        return told

    async def _call(self, method: str, path: str, who: Identity, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(_as(self._app, who))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **more)


@pytest.fixture
def caller(portal: Portal) -> Caller:
    """Calls the API of a portal that serves one publication."""
    return Caller(portal)


@pytest.fixture(scope="module")
def shared_caller(shared: ServedPortal) -> Caller:
    """As ``caller``, for tests that change nothing."""
    return Caller(shared.portal)


def _as(app: ASGIApp, who: Identity) -> ASGIApp:
    async def identified(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": {"call": Call(who)}}, receive, send)

    return identified


class TestRefreshing:
    def test_the_latest_publication_becomes_the_active_one(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        newer = publisher.publish(items=7)

        begun = caller.post(REFRESH, LATEST)
        told = caller.ended(begun)

        assert begun.status_code == 202
        assert begun.headers["location"] == f"{REFRESH}/{begun.json()['job_id']}"
        assert begun.headers["cache-control"] == "no-store"
        assert (told["status"], told["outcome"]) == ("succeeded", "activated")
        assert told["publication_id"] == newer.publication_id == portal.active_id()
        assert told["problem"] is None
        assert datetime.fromisoformat(told["started_at"]) <= datetime.fromisoformat(
            told["ended_at"]
        )

    def test_it_is_told_when_it_may_be_done_going_by_earlier_ones(
        self, caller: Caller, publisher: Publisher
    ) -> None:
        publisher.publish(items=7)

        told = caller.ended(caller.post(REFRESH, LATEST))

        expected = datetime.fromisoformat(told["estimated_completion"])
        assert expected > datetime.fromisoformat(told["started_at"])

    def test_the_active_one_is_current_already(self, caller: Caller) -> None:
        told = caller.ended(caller.post(REFRESH, LATEST))

        assert (told["status"], told["outcome"]) == ("succeeded", "already_current")
        assert [step["step"] for step in told["progress"]] == ["begin", "verify"]

    def test_forced_the_active_one_is_fetched_and_checked_anew(self, caller: Caller) -> None:
        told = caller.ended(caller.post(REFRESH, LATEST | {"force": True}))

        assert (told["status"], told["outcome"]) == ("succeeded", "already_current")
        assert {"stage", "validate"} <= {step["step"] for step in told["progress"]}

    def test_forced_a_damaged_one_is_healed(self, caller: Caller, portal: Portal) -> None:
        file = portal.snapshots.all()[0].path("fact_forecast")
        file.chmod(0o644)
        file.write_bytes(b"damaged")

        told = caller.ended(caller.post(REFRESH, LATEST | {"force": True}))

        assert (told["status"], told["outcome"]) == ("succeeded", "activated")
        assert published_rows(portal.open(), "fact_forecast", 1).table.num_rows == 1

    def test_a_refused_publication_is_a_failed_job_with_its_problem(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        active = portal.active_id()
        publisher.publish(items=7)
        publisher.corrupt("fact_forecast")

        told = caller.ended(caller.post(REFRESH, LATEST))

        assert (told["status"], told["outcome"]) == ("failed", None)
        assert told["problem"]["type"].endswith("/unusable-content")
        assert "damaged fact_forecast" in told["problem"]["detail"]
        assert told["message"].startswith("Nothing was changed: ")
        assert portal.active_id() == active

    def test_an_older_one_is_refused_also_if_forced(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        publisher.publish(items=7)
        portal.activate(ADMIN)
        publisher.go_back()

        told = caller.ended(caller.post(REFRESH, LATEST | {"force": True}))

        assert told["status"] == "failed"
        assert "roll back instead" in told["problem"]["detail"]


class TestRollingBackOverHttp:
    def test_the_one_active_before_comes_back(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        before = portal.active_id()
        publisher.publish(items=7)
        portal.activate(ADMIN)

        begun = caller.post(ROLL_BACK, {"publication_id": None})
        told = caller.ended(begun)

        assert begun.status_code == 202
        assert (told["action"], told["status"]) == ("roll_back", "succeeded")
        assert told["publication_id"] == before == portal.active_id()

    def test_a_kept_one_can_be_named(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        before = portal.active_id()
        publisher.publish(items=7)
        portal.activate(ADMIN)

        caller.ended(caller.post(ROLL_BACK, {"publication_id": before}))

        assert portal.active_id() == before

    def test_with_nothing_earlier_it_is_refused_at_once(self, caller: Caller) -> None:
        answer = caller.post(ROLL_BACK, {})

        assert problem(answer) == (409, "no-earlier-publication")

    def test_to_the_active_one_it_is_refused_at_once(self, caller: Caller, portal: Portal) -> None:
        answer = caller.post(ROLL_BACK, {"publication_id": portal.active_id()})

        assert problem(answer) == (422, "invalid-parameter")

    @pytest.mark.parametrize("publication_id", ["../../etc", "", 1, "x" * 4000, "\ud800"])
    def test_what_can_be_no_id_is_refused(self, caller: Caller, publication_id: object) -> None:
        body = {"publication_id": publication_id}

        assert problem(caller.post(ROLL_BACK, body)) == (422, "invalid-body")


class TestWhoMay:
    @pytest.mark.parametrize(("path", "body"), [(REFRESH, LATEST), (ROLL_BACK, {})])
    @pytest.mark.parametrize(
        ("who", "refusal"),
        [
            (ANYONE, (401, "sign-in-required")),
            (PLANNER, (403, "not-allowed")),
            (READER, (403, "not-allowed")),
        ],
    )
    def test_others_are_refused_and_it_is_on_the_record(
        self,
        caller: Caller,
        portal: Portal,
        path: str,
        body: object,
        who: Identity,
        refusal: tuple[int, str],
    ) -> None:
        answer = caller.post(path, body, who)

        assert problem(answer) == refusal
        entry = portal.audit.entries(1)[0]
        assert (entry.actor, entry.outcome) == (who.name, "refused")

    def test_without_a_credential_it_is_said_which_one_is_asked_for(self, caller: Caller) -> None:
        answer = caller.post(REFRESH, LATEST, ANYONE)

        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "X-API-Key" in answer.json()["detail"]

    @pytest.mark.parametrize(("who", "status"), [(ANYONE, 401), (READER, 403)])
    def test_a_job_is_told_to_administrators_only(
        self, caller: Caller, who: Identity, status: int
    ) -> None:
        begun = caller.post(REFRESH, LATEST)
        caller.ended(begun)

        answer = caller.get(begun.headers["location"], who)

        assert answer.status_code == status


class TestConfirmingOverHttp:
    def test_what_takes_something_away_fails_until_it_is_confirmed(
        self, caller: Caller, publisher: Publisher, portal: Portal
    ) -> None:
        tables = publisher.tables()
        tables["fact_inventory"] = tables["fact_inventory"].slice(0, 0)
        newer = publisher.publish(tables=tables)

        told = caller.ended(caller.post(REFRESH, LATEST))
        active_before = portal.active_id()
        confirmed = caller.ended(caller.post(REFRESH, {**LATEST, "confirm": True}))

        assert told["problem"]["type"].endswith("/confirmation-needed")
        assert "fact_inventory has 0 rows" in told["problem"]["detail"]
        assert active_before != newer.publication_id
        assert confirmed["outcome"] == "activated"
        assert portal.active_id() == newer.publication_id


class TestConflict:
    @pytest.mark.parametrize(
        ("path", "body", "lock"),
        [(REFRESH, LATEST, "refresh.lock"), (ROLL_BACK, {}, "switch.lock")],
    )
    def test_one_is_refused_while_another_runs(
        self, caller: Caller, tmp_path: Path, path: str, body: object, lock: str
    ) -> None:
        holder = LockHolder("bruno", "activate", "2026-11-21T06:00:00+00:00")

        with refresh_lock(tmp_path / "var" / lock, holder):
            answer = caller.post(path, body)

        assert problem(answer) == (409, "refresh-in-progress")
        assert "started by bruno at 2026-11-21T06:00:00" in answer.json()["detail"]


class TestBadRequests:
    @pytest.fixture
    def caller(self, shared_caller: Caller) -> Caller:
        """Calls a portal that others read: a bad request changes nothing."""
        return shared_caller

    def test_an_unknown_job_is_a_problem(self, caller: Caller) -> None:
        assert problem(caller.get(f"{REFRESH}/0123456789abcdef")) == (404, "unknown-job")

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            ({"source": "other"}, "ml_results"),
            ({"source": "\ud800"}, "valid string"),
            ({}, "source"),
            ([], "body"),
            ({"source": "ml_results", "force": "yes"}, "force"),
            ({"source": "ml_results", "force": 1}, "force"),
            ({"source": "ml_results", "confirm": 1}, "confirm"),
            ({"source": "ml_results", "also": 1}, "also"),
        ],
    )
    def test_a_body_that_says_something_else_is_told_what_would_be_right(
        self, caller: Caller, body: object, named: str
    ) -> None:
        answer = caller.post(REFRESH, body)

        assert problem(answer) == (422, "invalid-body")
        assert named in answer.json()["detail"]

    @pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 60_000])
    def test_a_body_that_is_no_json_is_unreadable(self, caller: Caller, content: bytes) -> None:
        answer = caller.post(REFRESH, content=content)

        assert problem(answer) == (400, "unreadable-body")

    @pytest.mark.parametrize("stated", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_a_body_of_another_type_is_refused(self, caller: Caller, stated: str) -> None:
        headers = {"Content-Type": stated} if stated else {}

        answer = caller.post(REFRESH, content=b'{"source": "ml_results"}', headers=headers)

        assert problem(answer) == (415, "unsupported-media-type")
        assert answer.headers["accept"] == "application/json"

    def test_a_body_beyond_the_limit_is_refused(self, caller: Caller) -> None:
        content = b" " * (MOST_BODY_BYTES + 1)

        answer = caller.post(REFRESH, content=content)

        assert problem(answer) == (413, "body-too-large")

    def test_a_body_of_no_announced_length_is_capped_too(self, caller: Caller) -> None:
        async def endless() -> Any:
            for _ in range(MOST_BODY_BYTES // 1024 + 1):
                yield b" " * 1024

        answer = caller.post(
            REFRESH, content=endless(), headers={"Content-Type": "application/json"}
        )

        assert problem(answer) == (413, "body-too-large")

    def test_a_parameter_in_the_address_is_refused(self, caller: Caller) -> None:
        answer = caller.post(f"{REFRESH}?force=true", LATEST)

        assert problem(answer) == (422, "unknown-parameter")


def test_every_status_stands_in_the_openapi_document_with_an_example(api: FastAPI) -> None:
    paths = api.openapi()["paths"]

    for path in ("/v1/data/refresh", "/v1/data/rollback"):
        answers = paths[path]["post"]["responses"]
        assert {"202", "400", "401", "403", "409", "413", "415", "422", "429"} <= set(answers)
        for answer in answers.values():
            (content,) = answer["content"].values()
            assert content.keys() & {"example", "examples"}
