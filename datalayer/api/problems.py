"""Errors as problems (RFC 9457): a title, a sentence, no trace; the log has the rest."""

from __future__ import annotations

import secrets

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datalayer.errors import (
    CallerError,
    InvalidSelection,
    NotAllowed,
    NothingPublished,
    PortalError,
    RefreshInProgress,
    TransportError,
    UnknownDataSet,
    UnknownItem,
    UnknownPublication,
)

MEDIA_TYPE = "application/problem+json"

# The first that fits counts, so the special come before the general.
_KINDS: tuple[tuple[type[PortalError], int, str], ...] = (
    (UnknownItem, 404, "Unknown part"),
    (UnknownDataSet, 404, "Unknown data set"),
    (UnknownPublication, 404, "Unknown publication"),
    (NothingPublished, 503, "Nothing published"),
    (InvalidSelection, 422, "Invalid parameter"),
    (NotAllowed, 403, "Not allowed"),
    (RefreshInProgress, 409, "Refresh in progress"),
    (CallerError, 400, "Bad request"),
    (TransportError, 503, "Temporarily unavailable"),
    (PortalError, 500, "Unusable content"),
)

log = structlog.get_logger(__name__)


def answer_with_problems(api: FastAPI) -> None:
    """Make *api* answer every error with a problem."""
    api.add_exception_handler(PortalError, _portal_error)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    api.add_exception_handler(HTTPException, _http_error)
    api.add_middleware(_UnexpectedErrors)


def problem(status: int, title: str, detail: str, **more: object) -> JSONResponse:
    """Return a problem as a response."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(content, status, media_type=MEDIA_TYPE)


async def _portal_error(request: Request, error: Exception) -> JSONResponse:
    status, title = next((s, t) for kind, s, t in _KINDS if isinstance(error, kind))
    if status >= 500:
        log.warning("api.failed", path=request.url.path, problem=str(error))
    suggestions = {"suggestions": error.suggestions} if isinstance(error, UnknownItem) else {}
    return problem(status, title, str(error), **suggestions)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    listing = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in faults)
    return problem(422, "Invalid parameter", listing, path=request.url.path)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return problem(404, "Not found", f"There is nothing at {request.url.path}")
    title = str(error.detail) if isinstance(error, HTTPException) else "Failed"
    return problem(status, title, f"{request.method} {request.url.path}: {title}")


class _UnexpectedErrors:
    """Logs what nobody foresaw and answers with a reference to that log entry.

    Once an answer has begun it can't be taken back: the connection breaks off instead, so a
    file that failed half way is never taken for whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting_send(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception:  # the edge of the API: whoever called gets a reference, the log the rest
            reference = secrets.token_hex(4)
            log.exception("api.unexpected", reference=reference, path=scope.get("path"))
            if begun:
                raise
            detail = f"Something unexpected happened; the log has it under {reference}"
            response = problem(500, "Internal error", detail, reference=reference)
            await response(scope, receive, send)
