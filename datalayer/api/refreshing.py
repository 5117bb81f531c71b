"""Refresh and roll-back by a script: begun here, done in the background, looked at by job id."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from datalayer.api.answers import json_answer
from datalayer.api.call import call_of
from datalayer.api.context import refuse_unknown_parameters
from datalayer.api.job_answers import job_content, job_content_elsewhere, tell_other_replicas
from datalayer.api.job_schemas import (
    BEGUN,
    ENDED_EXAMPLE,
    REFRESH_EXAMPLES,
    REFUSED,
    ROLL_BACK_EXAMPLES,
    RefreshRequest,
    RollBackRequest,
    job_answer,
    refusals,
)
from datalayer.kernel.errors import UnknownJob
from datalayer.portal import Portal, RefreshJob

MOST_BODY_BYTES: Final = 64 * 1024

# The manifest is read within milliseconds, and tells how long the rest may take. A store that
# is slower than this keeps nobody: who asks for the job later is told.
_WAIT_FOR_MANIFEST_S: Final = 1.0

JobId = Annotated[
    str,
    Path(
        description="The `job_id` of the answer that began the job.",
        openapi_examples={"job": {"value": "9f86d081884c7d65"}},
    ),
]


def create_router(portal: Portal) -> APIRouter:
    """Return the routes that begin a refresh of *portal* or a roll-back, and tell of them."""
    router = APIRouter(
        prefix="/v1/data",
        tags=["refresh"],
        responses=REFUSED,
        dependencies=[Depends(refuse_unknown_parameters)],
        route_class=_CappedRoute,
    )
    _add_beginnings(router, portal)

    @router.get(
        "/refresh/{job_id}",
        name="refresh_job",
        operation_id="get_refresh_job",
        summary="How far a refresh or roll-back is",
        responses=job_answer(200, ENDED_EXAMPLE) | refusals("unknown-job"),
    )
    def refresh_job(request: Request, job_id: JobId) -> Response:
        try:
            job = portal.jobs.get(job_id, call_of(request).identity)
        except UnknownJob:
            return _answer(job_content_elsewhere(portal, job_id))
        return _answer(job_content(portal, job))

    return router


def _add_beginnings(router: APIRouter, portal: Portal) -> None:
    @router.post(
        "/refresh",
        operation_id="start_refresh",
        status_code=202,
        summary="Bring in and activate the latest publication",
        responses=BEGUN,
        dependencies=[Depends(_require_json)],
    )
    def refresh(
        request: Request,
        wanted: Annotated[RefreshRequest, Body(openapi_examples=REFRESH_EXAMPLES)],
    ) -> Response:
        who = call_of(request).identity
        work = partial(portal.activate, who, None, force=wanted.force, confirmed=wanted.confirm)
        return _accept(request, portal, portal.jobs.start("activate", who, work))

    @router.post(
        "/rollback",
        operation_id="start_roll_back",
        status_code=202,
        summary="Return to an earlier publication",
        responses=BEGUN,
        dependencies=[Depends(_require_json)],
    )
    def roll_back(
        request: Request,
        wanted: Annotated[RollBackRequest, Body(openapi_examples=ROLL_BACK_EXAMPLES)],
    ) -> Response:
        who = call_of(request).identity
        work = partial(portal.roll_back, who, wanted.publication_id)
        return _accept(request, portal, portal.jobs.start("roll_back", who, work))


class _CappedRoute(APIRoute):
    """Reads a body no further than it may be long; FastAPI's own limit answers no problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            body = await _read_body(request)

            async def receive() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, receive))

        return answer


async def _read_body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    _refuse_longer(int(announced[:20]) if announced.isdecimal() else 0)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        _refuse_longer(len(body))
    return bytes(body)


def _refuse_longer(size_bytes: int) -> None:
    if size_bytes > MOST_BODY_BYTES:
        detail = f"The body is longer than {MOST_BODY_BYTES:,} bytes, the most that is read"
        raise HTTPException(413, detail)


def _require_json(request: Request) -> None:
    found = request.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() != "application/json":
        detail = f"The body is {found[:80] or 'of no stated type'}; it must be application/json"
        raise HTTPException(415, detail, {"Accept": "application/json"})


def _accept(request: Request, portal: Portal, job: RefreshJob) -> Response:
    job.wait_for_publication(_WAIT_FOR_MANIFEST_S)
    tell_other_replicas(portal, job)
    response = _answer(job_content(portal, job))
    response.status_code = 202
    response.headers["Location"] = request.url_for("refresh_job", job_id=job.job_id).path
    return response


def _answer(content: Mapping[str, object]) -> Response:
    return json_answer(content, {"Cache-Control": "no-store"})
