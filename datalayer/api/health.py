"""/health: what is served, and whether store, cache and the no-ML rule are as they should be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import Response

from datalayer.api.answers import json_answer
from datalayer.portal import Health, Portal


def health(portal: Portal) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that tells the state of *portal*.

    It answers 200 when there is something to serve and 503 when not. It never waits for store
    or Redis, so it runs on the event loop: a full thread pool can't hold it up.
    """

    async def answer(request: Request) -> Response:  # noqa: ARG001 - Starlette passes it
        state = portal.health()
        response = json_answer(_content(state), {"Cache-Control": "no-store"})
        response.status_code = 503 if state.publication_id is None else 200
        return response

    return answer


def _content(state: Health) -> dict[str, object]:
    compliance = state.ml_dependencies
    return asdict(state) | {
        "ml_dependencies": {
            "status": compliance.status,
            "checked": compliance.checked,
            "violations": compliance.violations,
        }
    }
