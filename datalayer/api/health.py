"""/health: what is served, and whether store, cache and the no-ML rule are as they should be."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datalayer.access.identity import ANYONE
from datalayer.api.answers import json_answer
from datalayer.api.call import call_of
from datalayer.compliance.forbidden import FORBIDDEN_DISTRIBUTIONS
from datalayer.portal import Health, Portal, Provenance

_HEADERS = {"Cache-Control": "no-store"}


def health_routes(portal: Portal) -> list[Route]:
    """Return ``/health`` and the two that probes ask, ``/health/live`` and ``/health/ready``.

    None of them waits for store or Redis, so they run on the event loop: a full thread pool
    can't hold them up. ``/health/live`` answers 200 as long as the process answers at all; the
    others 503 while there is nothing to serve.
    """

    async def health(request: Request) -> Response:
        state = portal.health()
        is_stranger = portal.members_only and call_of(request).identity == ANYONE
        return _answer(_for_strangers(state) if is_stranger else _content(state), state)

    async def live(_: Request) -> Response:
        return json_answer({"liveness": "alive"}, _HEADERS)

    async def ready(_: Request) -> Response:
        state = portal.health()
        return _answer({"readiness": state.readiness}, state)

    return [Route("/health", health), Route("/health/live", live), Route("/health/ready", ready)]


def _answer(content: object, state: Health) -> Response:
    response = json_answer(content, _HEADERS)
    response.status_code = 200 if state.readiness == "ready" else 503
    return response


def _content(state: Health) -> dict[str, object]:
    served, compliance = state.publication, state.ml_dependencies
    return {
        "status": state.status,
        "liveness": "alive",
        "readiness": state.readiness,
        "publication_id": state.publication_id,
        "data_through": served.data_through if served else None,
        "generated_at": served.generated_at if served else None,
        "publication": _describe(served) if served else None,
        **_signatures(state),
        "store": state.store,
        "cache": state.cache,
        "ml_dependencies": {
            "status": compliance.status,
            "checked": compliance.checked,
            "violations": compliance.violations,
            "looked_for": sorted(FORBIDDEN_DISTRIBUTIONS),
        },
        "problem": state.problem,
        "findings": [str(finding) for finding in state.findings],
    }


def _signatures(state: Health) -> dict[str, object]:
    found = state.signatures
    if found is None:
        return {}
    names = ("trusted", "signed_by", "expires_at")
    return {"signatures": {name: getattr(found, name) for name in names}}


def _describe(served: Provenance) -> dict[str, object]:
    names = ("dataset_id", "data_through", "generated_at", "model_version", "loaded_at")
    return {"id": served.publication_id, **{name: getattr(served, name) for name in names}}


def _for_strangers(state: Health) -> dict[str, object]:
    """Return what a probe needs, without ids, addresses and what is wrong in words."""
    return {
        "status": state.status,
        "liveness": "alive",
        "readiness": state.readiness,
        "store": {"state": state.store["state"]},
        "cache": {"state": state.cache["state"]},
        "ml_dependencies": {"status": state.ml_dependencies.status},
    }
