"""What schemathesis checks of the API beyond its own checks; its settings name this file."""

from __future__ import annotations

import re
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

PROBLEM = "application/problem+json"
# What the HTTP server answers by itself, to an address longer than it reads.
NO_HTTP = b"Invalid HTTP request received."
# What a schema can't say: a cursor comes from an answer; some parameters go together or not; a
# place, a contract, and the sources of an extract, are those that the publication has, and places
# of orders none of another; of the columns of all data sets an extract has those of one.
NOT_IN_THE_SCHEMA = re.compile(
    r"cursor is "
    r"|p is \S+; it must be \S+, which the cursor is of"
    r"|location is .*; it must be (a location_id|places of which none lies in another)"
    r"|contract_id is .*; it must be a contract_id"
    r"|format is csv; it must be zip"
    r"|source is .*; it must be one of"
    r"|(columns|order) is .*; it must be a column such as"
    r"|order is \w+ given twice"
    r"|publication_id is \S+; it must be another than the active one"
    r"|\w+ is .*; it must be (left out|on or after|on or before)",
    re.DOTALL,
)


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Ask for a method that nothing has by the path alone: all filters at once are too long."""
    if case.method.upper() != case.operation.method.upper():
        case.query = {}


@schemathesis.check
def a_problem_is_a_problem(context: CheckContext, response: Response, case: Case) -> None:
    """Every error is a problem document that says its own status and shows no trace."""
    if response.status_code < 400 or response.content == NO_HTTP:
        return
    assert response.headers["content-type"] == [PROBLEM], response.headers["content-type"]
    told = response.json()
    assert told["status"] == response.status_code
    assert told["type"].startswith("/api/v1/problems/")
    assert told["title"]
    assert told["detail"]
    assert "Traceback" not in response.text


@schemathesis.check
def every_answer_bears_the_headers(context: CheckContext, response: Response, case: Case) -> None:
    """Security headers, request id, and a rule for caches where there are data."""
    if response.content == NO_HTTP:
        return
    assert response.headers["x-content-type-options"] == ["nosniff"]
    assert response.headers["content-security-policy"]
    # Refused while it came in: nothing of ours had given it an id yet.
    assert response.headers.get("x-request-id") or response.status_code in {414, 431}


@schemathesis.check
def a_valid_request_is_refused_for_what_no_schema_says_only(
    context: CheckContext, response: Response, case: Case
) -> None:
    """In place of the status 422 that the settings let pass."""
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    if valid and response.status_code == 422:
        detail = response.json()["detail"]
        assert NOT_IN_THE_SCHEMA.match(detail), detail
