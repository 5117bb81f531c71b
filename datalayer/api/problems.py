"""Errors as problems (RFC 9457): a stable type, a sentence, no trace; the log has the rest."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datalayer.api.path_prefix import address
from datalayer.kernel import errors
from datalayer.kernel.errors import PortalError

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems"


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem.

    Attributes:
        slug: The end of its ``type``, an address under which it is explained.
        advice: What a caller can do about it.
    """

    slug: str
    status: int
    title: str
    advice: str

    @property
    def uri(self) -> str:
        """The ``type`` of every problem of this kind."""
        return address(f"{TYPES}/{self.slug}")


_TYPES = (
    ("unknown-part", 404, "Unknown part", "Take one of the suggestions, or search with items?q="),
    ("unknown-data-set", 404, "Unknown data set", "datasets lists those there are."),
    ("unknown-file", 404, "Unknown file", "The detail names those there are."),
    ("unknown-rank", 404, "Unknown rank", "The list has the ranks there are."),
    ("unknown-job", 404, "Unknown job", "A portal keeps its latest jobs only; the audit has all."),
    ("not-found", 404, "Not found", "openapi.json lists the addresses there are."),
    ("publication-gone", 410, "Publication gone", "Read the nearest kept one, or the active one."),
    ("nothing-published", 503, "Nothing published", "Activate a publication, then ask again."),
    ("invalid-parameter", 422, "Invalid parameter", "The detail says what would be right."),
    ("unknown-parameter", 422, "Unknown parameter", "The detail lists the known ones."),
    ("invalid-cursor", 422, "Invalid cursor", "Begin again at the first page."),
    ("invalid-body", 422, "Invalid body", "The detail says what would be right."),
    ("unreadable-body", 400, "Unreadable body", "Send JSON, encoded as UTF-8."),
    ("body-too-large", 413, "Body too large", "No call here needs more than a few bytes."),
    ("malformed-request", 400, "Malformed request", "Send what HTTP/1.1 says."),
    ("request-too-slow", 408, "Request too slow", "Send all of a request at once."),
    ("address-too-long", 414, "Address too long", "Ask for less in one address."),
    ("headers-too-large", 431, "Headers too large", "Send fewer or shorter headers."),
    ("server-full", 503, "Server full", "Wait as long as Retry-After says."),
    ("unsupported-media-type", 415, "Unsupported media type", "Send application/json."),
    ("precondition-failed", 412, "Precondition failed", "Read the file anew, without If-Match."),
    ("range-not-satisfiable", 416, "Range not satisfiable", "Content-Range says the file's size."),
    ("not-acceptable", 406, "Not acceptable", "Accept one of the types in the detail."),
    ("method-not-allowed", 405, "Method not allowed", "Allow lists the methods there are."),
    ("sign-in-required", 401, "Sign-in required", "Send an API key as X-API-Key."),
    ("key-refused", 401, "Key refused", "Have an administrator make another key."),
    ("not-allowed", 403, "Not allowed", "It takes another role, or a key of another scope."),
    ("unknown-host", 421, "Unknown host", "FAROL_ALLOWED_HOSTS adds names to answer under."),
    ("cross-site", 403, "Cross-site request", "Send an API key instead of the browser's cookie."),
    ("refresh-in-progress", 409, "Refresh in progress", "Wait for it to end, then ask again."),
    ("confirmation-needed", 409, "Confirmation needed", "Look at what is lost; then confirm it."),
    ("upload-in-progress", 409, "Upload in progress", "Wait for it to end, then send yours."),
    ("overtaken", 409, "Overtaken", "Another publication became active; ask again if need be."),
    ("no-earlier-publication", 409, "No earlier publication", "Name the one to go back to."),
    ("too-many-requests", 429, "Too many requests", "Wait as long as Retry-After says."),
    ("query-too-long", 503, "Query too long", "Ask for less, or take an extract."),
    ("query-too-large", 503, "Query too large", "Filter for fewer rows."),
    ("temporarily-unavailable", 503, "Temporarily unavailable", "Ask again later."),
    ("unusable-content", 500, "Unusable content", "Tell an administrator."),
    ("refused", 400, "Refused", "The detail says why."),
    ("internal-error", 500, "Internal error", "Tell an administrator the reference."),
)
PROBLEM_TYPES: Mapping[str, ProblemType] = {row[0]: ProblemType(*row) for row in _TYPES}

_OF_STATUS = {
    400: "unreadable-body",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
}

log = structlog.get_logger(__name__)


def answer_with_problems(api: FastAPI) -> None:
    """Make *api* answer every error with a problem."""
    api.add_exception_handler(PortalError, _portal_error)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    answer_http_errors(api)
    api.add_middleware(_UnexpectedErrors)


def answer_http_errors(application: Starlette) -> None:
    """Make *application* answer with a problem where it has no such address or method."""
    application.add_exception_handler(HTTPException, _http_error)


def problem(
    slug: str, detail: str, headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """Return a problem as a response."""
    kind = PROBLEM_TYPES[slug]
    content = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": detail}
    # Escaped to ASCII: what a caller sent may be no text that UTF-8 can write.
    body = json.dumps(content | more, default=str).encode()
    # By itself a 404 or a 410 may be kept on the way, and told to others or after it has ended.
    sent = {"Cache-Control": "no-store", **(headers or {})}
    return Response(body, kind.status, media_type=MEDIA_TYPE, headers=sent)


def problem_of(error: PortalError) -> Response:
    """Return *error* as a problem."""
    more: dict[str, object] = {}
    headers: dict[str, str] = {}
    if isinstance(error, errors.UnknownItem):
        more["suggestions"] = error.suggestions
    if isinstance(error, errors.UnknownPublication):
        more["nearest"] = error.nearest
    if isinstance(error, errors.RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size_bytes}"
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, errors.UnexpectedFailure):
        more["reference"] = error.reference
    if PROBLEM_TYPES[error.slug].status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="farol"'
    return problem(error.slug, str(error), headers, **more)


async def _portal_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortalError)  # noqa: S101 - registered for no other
    response = problem_of(error)
    if response.status_code >= 500:
        log.warning("api.failed", path=request.url.path, problem=str(error))
    return response


async def _invalid_request(request: Request, error: Exception) -> Response:  # noqa: ARG001
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for no other
    faults = [
        {
            "parameter": ".".join(str(part) for part in fault["loc"][1:]) or "body",
            "found": repr(fault.get("input"))[:80],
            "expected": fault["msg"],
        }
        for fault in error.errors()
    ]
    in_body = any(fault["loc"][0] == "body" for fault in error.errors())
    unreadable = any(fault["type"] == "json_invalid" for fault in error.errors())
    listing = "; ".join(f"{f['parameter']} is {f['found']}: {f['expected']}" for f in faults)
    slug = "unreadable-body" if unreadable else "invalid-body" if in_body else "invalid-parameter"
    return problem(slug, listing, errors=faults)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for no other
    slug = _OF_STATUS.get(error.status_code, "refused")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path}"
    headers = dict(error.headers or {})
    if "Allow" in headers:
        methods = set(headers["Allow"].split(", "))
        # The middleware answers HEAD wherever there is a GET.
        headers["Allow"] = ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
    return problem(slug, detail, headers)


class _UnexpectedErrors:
    """Answers what nobody foresaw with a reference to its log entry.

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
        except ClientDisconnect:
            # Whoever called has gone before the request was whole: nobody is left to answer.
            return
        except Exception:  # the edge of the API: whoever called gets a reference, the log the rest
            reference = secrets.token_hex(4)
            log.exception("api.unexpected", reference=reference, path=scope.get("path"))
            if begun:
                raise
            await problem_of(errors.UnexpectedFailure(reference=reference))(scope, receive, send)
