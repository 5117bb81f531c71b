"""/health tells at once what is served and whether anything about it is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from datalayer.access.identity import Identity
from datalayer.api.call import Call
from datalayer.api.health import health_routes
from datalayer.compliance.forbidden import FORBIDDEN_DISTRIBUTIONS
from datalayer.portal import Portal
from tests.portals import ADMIN, PLANNER, get, make_portal, unreachable_store
from tests.publisher import Publisher
from tests.signing import KEY, STRANGER, sign_in, write_trusted


class CalledBy:
    """Stands where the middleware stands, which finds out who calls."""

    def __init__(self, app: ASGIApp, identity: Identity | None) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._identity is not None:
            scope.setdefault("state", {})["call"] = Call(self._identity)
        await self._app(scope, receive, send)


def application(portal: Portal, caller: Identity | None = None) -> Starlette:
    return Starlette(
        routes=health_routes(portal), middleware=[Middleware(CalledBy, identity=caller)]
    )


def test_a_serving_portal_answers_200_with_every_part(portal: Portal) -> None:
    answer = get(application(portal), "/health")

    content = answer.json()
    publication = portal.open()
    assert answer.status_code == 200
    assert (content["status"], content["liveness"]) == ("ok", "alive")
    assert content["readiness"] == "ready"
    assert content["publication_id"] == publication.manifest.publication_id
    assert content["data_through"] == "2026-11-20"
    assert content["generated_at"] == "2026-11-21T06:00:00Z"
    assert content["publication"] == {
        "id": publication.manifest.publication_id,
        "dataset_id": publication.manifest.dataset_id,
        "data_through": "2026-11-20",
        "generated_at": "2026-11-21T06:00:00Z",
        "model_version": publication.manifest.model_version,
        "loaded_at": publication.loaded_at.isoformat().replace("+00:00", "Z"),
    }
    assert content["store"]["state"] in {"unknown", "reachable"}
    assert content["cache"] == {"state": "off", "problem": ""}
    assert content["findings"] == []
    assert answer.headers["cache-control"] == "no-store"


def test_the_proof_of_no_machine_learning_names_what_was_looked_for(portal: Portal) -> None:
    found = get(application(portal), "/health").json()["ml_dependencies"]

    assert (found["status"], found["violations"]) == ("pass", [])
    assert found["checked"] > 30
    assert set(found["looked_for"]) == FORBIDDEN_DISTRIBUTIONS


def test_a_portal_with_nothing_to_serve_is_alive_and_not_ready(empty_portal: Portal) -> None:
    app = application(empty_portal)

    whole, live, ready = (get(app, f"/health{path}") for path in ("", "/live", "/ready"))

    assert (whole.status_code, whole.json()["status"]) == (503, "empty")
    assert whole.json()["publication"] is None
    assert (live.status_code, live.json()) == (200, {"liveness": "alive"})
    assert (ready.status_code, ready.json()) == (503, {"readiness": "not ready"})


def test_a_serving_portal_is_ready(portal: Portal) -> None:
    answer = get(application(portal), "/health/ready")

    assert (answer.status_code, answer.json()) == (200, {"readiness": "ready"})


def test_an_unreachable_store_never_holds_it_up(
    portal: Portal, publisher: Publisher, tmp_path: Path
) -> None:
    cut_off = make_portal(tmp_path, **unreachable_store())
    app = application(cut_off)
    get(app, "/health")

    answer = get(app, "/health")

    assert answer.status_code == 200
    assert answer.json()["publication_id"] == publisher.published[0].publication_id
    cut_off.close()


def test_a_store_found_unreachable_degrades_and_is_a_finding(
    portal: Portal, tmp_path: Path
) -> None:
    cut_off = make_portal(tmp_path, **unreachable_store())
    app = application(cut_off)
    get(app, "/health")
    cut_off.store_watch.wait_for_answer()

    answer = get(app, "/health")

    content = answer.json()
    assert (answer.status_code, content["status"]) == (200, "degraded")
    assert content["readiness"] == "ready"
    assert (content["store"]["state"], content["store"]["writable"]) == ("unreachable", "unknown")
    assert content["findings"] == [content["store"]["problem"]]
    cut_off.close()


class TestForMembers:
    def test_a_stranger_is_told_how_it_is_and_nothing_of_what_is_in_it(
        self, portal: Portal, tmp_path: Path
    ) -> None:
        members = make_portal(tmp_path, access="members", **unreachable_store())
        members.health()
        members.store_watch.wait_for_answer()

        content = get(application(members), "/health").json()

        assert content == {
            "status": "degraded",
            "liveness": "alive",
            "readiness": "ready",
            "store": {"state": "unreachable"},
            "cache": {"state": "off"},
            "ml_dependencies": {"status": "pass"},
        }
        assert portal.open().manifest.publication_id not in json.dumps(content)
        members.close()

    @pytest.mark.parametrize("member", [PLANNER, ADMIN])
    def test_a_member_is_told_everything(
        self, portal: Portal, tmp_path: Path, member: Identity
    ) -> None:
        members = make_portal(tmp_path, access="members")

        content = get(application(members, member), "/health").json()

        assert content["publication_id"] == portal.open().manifest.publication_id
        assert content["store"]["address"] == ".../store"
        members.close()


def test_who_must_sign_and_who_did_is_told_where_signatures_are_asked_for(
    tmp_path: Path, publisher: Publisher
) -> None:
    publisher.publish(items=2)
    sign_in(publisher.store, publisher.latest)
    keys = write_trusted(tmp_path / "keys.pem", STRANGER, KEY)
    signed = make_portal(tmp_path, trusted_keys=keys)
    signed.activate(ADMIN)

    told = get(application(signed), "/health").json()["signatures"]
    signed.close()

    assert told == {
        "trusted": [STRANGER.keyid, KEY.keyid],
        "signed_by": KEY.keyid,
        "expires_at": None,
    }


def test_nothing_is_told_of_signatures_where_nobody_asks_for_them(portal: Portal) -> None:
    assert "signatures" not in get(application(portal), "/health").json()
