"""/health tells at once what is served and whether anything about it is wrong."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route

from datalayer.api.health import health
from datalayer.portal import Portal
from tests.portals import get, make_portal, unreachable_store
from tests.publisher import Publisher


def application(portal: Portal) -> Starlette:
    return Starlette(routes=[Route("/health", health(portal))])


def test_a_serving_portal_answers_200_with_every_part(portal: Portal) -> None:
    answer = get(application(portal), "/health")

    content = answer.json()
    manifest = portal.open().manifest
    assert answer.status_code == 200
    assert content["status"] == "ok"
    assert content["publication_id"] == manifest.publication_id
    assert content["data_through"] == "2026-11-20"
    assert content["generated_at"] == "2026-11-21T06:00:00Z"
    assert content["ml_dependencies"]["status"] == "pass"
    assert content["ml_dependencies"]["checked"] > 30
    assert content["ml_dependencies"]["violations"] == []
    assert content["store"]["state"] in {"unknown", "reachable"}
    assert content["cache"] == {"state": "off"}
    assert answer.headers["cache-control"] == "no-store"


def test_a_portal_with_nothing_to_serve_answers_503(empty_portal: Portal) -> None:
    answer = get(application(empty_portal), "/health")

    assert answer.status_code == 503
    assert answer.json()["status"] == "empty"


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


def test_a_store_found_unreachable_degrades(portal: Portal, tmp_path: Path) -> None:
    cut_off = make_portal(tmp_path, **unreachable_store())
    app = application(cut_off)
    get(app, "/health")
    cut_off.wait_for_store()

    content = get(app, "/health").json()

    assert content["status"] == "degraded"
    assert content["store"]["state"] == "unreachable"
    assert content["store"]["problem"]
    cut_off.close()
