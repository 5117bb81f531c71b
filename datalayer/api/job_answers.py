"""What is told of a job: by the process that runs it, and by any other replica."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from threading import Thread
from typing import Final

from datalayer.api.answers import json_answer
from datalayer.api.problems import problem_of
from datalayer.kernel.errors import JobInterrupted, PortalError, UnknownJob
from datalayer.portal import AlreadyCurrent, JobStatus, Portal, RefreshJob

_TELL_EVERY_S: Final = 2.0


def job_content(portal: Portal, job: RefreshJob) -> dict[str, object]:
    """Return what is told of *job*, which this process runs or ran."""
    status, found = job.status, job.publication
    outcome = job.outcome() if status is JobStatus.SUCCEEDED else None
    ending = "already_current" if isinstance(outcome, AlreadyCurrent) else "activated"
    problem = job.problem if status is JobStatus.FAILED else None
    steps = [
        {"step": each.step.value, "done": each.done, "total": each.total}
        for each in job.latest().values()
    ]
    return {
        "job_id": job.job_id,
        "action": job.action,
        "status": status.value,
        "message": _message(job, outcome),
        "step": steps[-1]["step"] if steps else None,
        "progress": steps,
        "publication_id": found.publication_id if found else None,
        "outcome": ending if outcome else None,
        "started_at": job.started_at,
        "estimated_completion": portal.jobs.expected_end(job),
        "ended_at": None if status is JobStatus.RUNNING else job.ended_at,
        "problem": _problem(problem) if problem else None,
    }


def job_content_elsewhere(portal: Portal, job_id: str) -> Mapping[str, object]:
    """Return what another replica tells of a job, or this one before it was started anew.

    Raises:
        UnknownJob: No replica remembers it.
        RedisFailed: Replicas of other machines can't be asked.
    """
    record = portal.job_records.find(job_id)
    if record is None:
        raise UnknownJob(job_id=job_id[:80])
    if not record.is_lost:
        return record.told
    lost = JobInterrupted(job_id=job_id)
    return {
        **record.told,
        "status": JobStatus.FAILED.value,
        "message": str(lost),
        "estimated_completion": None,
        "problem": _problem(lost),
    }


def tell_other_replicas(portal: Portal, job: RefreshJob) -> None:
    """Have the other replicas know of *job*, from this moment until after it has ended."""
    with ExitStack() as held:
        held.enter_context(portal.job_records.hold(job.job_id))
        _keep(portal, job)
        name = f"job-{job.job_id}"
        Thread(target=_tell_until_ended, args=(portal, job, held.pop_all()), name=name).start()


def _tell_until_ended(
    portal: Portal, job: RefreshJob, held: AbstractContextManager[object]
) -> None:
    with held:
        while not job.wait(_TELL_EVERY_S):
            _keep(portal, job)
        _keep(portal, job)


def _keep(portal: Portal, job: RefreshJob) -> None:
    told = json.loads(bytes(json_answer(job_content(portal, job)).body))
    is_running = told["status"] == JobStatus.RUNNING.value
    portal.job_records.keep(job.job_id, told, is_running=is_running)


def _problem(problem: PortalError) -> dict[str, object]:
    content: dict[str, object] = json.loads(bytes(problem_of(problem).body))
    return content


def _message(job: RefreshJob, outcome: object) -> str:
    name = job.publication.publication_id if job.publication else "of the store"
    if job.problem:
        return f"Nothing was changed: {job.problem}"
    if isinstance(outcome, AlreadyCurrent):
        return f"Publication {name} was active already"
    if outcome:
        return f"Publication {name} is active"
    doing = "Going back to" if job.action == "roll_back" else "Bringing in"
    return f"{doing} publication {name}; readers go on reading the active one"
