"""What refresh and roll-back take and answer, and how the OpenAPI document tells of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from datalayer.api.context import PUBLICATION_EXAMPLE, PUBLICATION_ID_PATTERN, problems
from datalayer.api.problems import MEDIA_TYPE, PROBLEM_TYPES
from datalayer.api.row_schemas import json_response
from datalayer.api.schemas import Problem
from datalayer.portal import JobStatus


class RefreshRequest(BaseModel):
    """What to bring in."""

    model_config = ConfigDict(strict=True, extra="forbid")

    source: Literal["ml_results"] = Field(
        description="The store that the portal's settings name; there is one."
    )
    force: bool = Field(
        False,
        description="Fetch, verify and validate the latest publication anew, also if it is the "
        "active one; a damaged copy of it is replaced. An older one is refused all the same.",
    )
    confirm: bool = Field(
        False,
        description="Accept what it takes away from what is served: data sets without rows or "
        "with far fewer, or demand that ends earlier. Without, such a job fails with the problem "
        "`confirmation-needed`, which says what it is; let a person look before you send it.",
    )


class RollBackRequest(BaseModel):
    """What to go back to."""

    model_config = ConfigDict(strict=True, extra="forbid")

    publication_id: str | None = Field(
        None,
        pattern=PUBLICATION_ID_PATTERN,
        description="A publication's id; null for the one that was active before.",
    )


class JobProgress(BaseModel):
    """How far one step of a job has come."""

    step: str
    done: int = Field(description="Bytes when fetching (`stage`), else files or checks.")
    total: int


class Job(BaseModel):
    """A refresh or roll-back under way, or how it ended."""

    job_id: str
    action: str = Field(description="`activate` or `roll_back`, as in the audit log.")
    status: JobStatus
    message: str
    step: str | None = Field(description="The step at hand, or the last one of a job that ended.")
    progress: list[JobProgress] = Field(description="Every step so far, in their order.")
    publication_id: str | None = Field(description="Null until the store has named it.")
    outcome: Literal["activated", "already_current"] | None = Field(
        description="How a job that succeeded ended."
    )
    started_at: datetime
    estimated_completion: datetime | None = Field(
        description="Going by earlier jobs and the size of this one; null when nothing is known."
    )
    ended_at: datetime | None
    problem: Problem | None = Field(description="Why a job failed.")


RUNNING_EXAMPLE: Final[dict[str, object]] = {
    "job_id": "9f86d081884c7d65",
    "action": "activate",
    "status": "running",
    "message": f"Bringing in publication {PUBLICATION_EXAMPLE}; "
    "readers go on reading the active one",
    "step": "stage",
    "progress": [
        {"step": "begin", "done": 1, "total": 1},
        {"step": "stage", "done": 1_048_576, "total": 4_194_304},
    ],
    "publication_id": PUBLICATION_EXAMPLE,
    "outcome": None,
    "started_at": datetime(2026, 11, 21, 7, tzinfo=UTC).isoformat(),
    "estimated_completion": datetime(2026, 11, 21, 7, 0, 4, tzinfo=UTC).isoformat(),
    "ended_at": None,
    "problem": None,
}
ENDED_EXAMPLE: Final = RUNNING_EXAMPLE | {
    "status": "succeeded",
    "message": f"Publication {PUBLICATION_EXAMPLE} is active",
    "step": "activate",
    "progress": [{"step": "activate", "done": 3, "total": 3}],
    "outcome": "activated",
    "ended_at": datetime(2026, 11, 21, 7, 0, 5, tzinfo=UTC).isoformat(),
}
REFRESH_EXAMPLES: Final[Any] = {
    "latest": {"value": {"source": "ml_results", "force": False}},
    "anew": {"value": {"source": "ml_results", "force": True}},
    "confirmed": {"value": {"source": "ml_results", "confirm": True}},
}
ROLL_BACK_EXAMPLES: Final[Any] = {
    "before": {"value": {"publication_id": None}},
    "named": {"value": {"publication_id": PUBLICATION_EXAMPLE}},
}


def job_answer(status: int, example: object) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes an answer that is a job."""
    return {status: {"description": "The job", **json_response(Job, example)}}


def refusals(*slugs: str) -> dict[int | str, dict[str, Any]]:
    """Return how the OpenAPI document describes the problems of these types."""
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in (PROBLEM_TYPES[slug] for slug in slugs):
        answer = problems(kind.status)[kind.status]
        answer["description"] = kind.title
        answer["content"][MEDIA_TYPE]["example"] = {
            "type": kind.uri,
            "title": kind.title,
            "status": kind.status,
            "detail": kind.advice,
        }
        answers[kind.status] = answer
    return answers


REFUSED: Final = refusals(
    "sign-in-required",
    "not-allowed",
    "invalid-body",
    "too-many-requests",
    "temporarily-unavailable",
)
"""What every call may be refused with."""
BEGUN: Final = job_answer(202, RUNNING_EXAMPLE) | refusals(
    "unreadable-body", "refresh-in-progress", "body-too-large", "unsupported-media-type"
)
"""How a call that begins a job is answered."""
