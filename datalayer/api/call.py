"""What is known of a call ahead of the routing, and what its route leaves for the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.routing import Mount
from starlette.types import Scope

from datalayer.access.identity import ANYONE, Identity
from datalayer.api.kept_answers import AnswerKey, KeptAnswers, Read


@dataclass
class CallOutcome:
    """What a route leaves for the log and the metrics.

    It can be set, unlike all else of a call: an ASGI application returns nothing, and the
    middleware around it has to learn what was read.
    """

    read: Read | None = None


@dataclass(frozen=True)
class Call:
    """One call of the API, as the middleware found it.

    Attributes:
        identity: Who calls.
        request_id: What the log tells it apart by.
        began: When it came, by ``perf_counter``.
        members_only: Whether the portal is for its members.
        kept_answers: Where answers are kept; None where none are.
        key: What the answer is kept under; None if it is not kept.
        head: Whether it asks for the headers alone.
    """

    identity: Identity = ANYONE
    request_id: str = ""
    began: float = 0.0
    members_only: bool = False
    kept_answers: KeptAnswers | None = None
    key: AnswerKey | None = None
    head: bool = False
    outcome: CallOutcome = field(default_factory=CallOutcome)


def call_of(request: Request) -> Call:
    """Return the call that *request* belongs to; nobody's where there is no middleware."""
    found = request.scope.get("state", {}).get("call")
    return found if isinstance(found, Call) else Call()


def route_of(scope: Scope) -> str:
    """Return the template of the address; one word for those without, so that none is made up."""
    route = scope.get("route")
    template = None if isinstance(route, Mount) else getattr(route, "path_format", None)
    if template is None:
        return "unmatched"
    return f"{scope.get('root_path', '')}{template}"
