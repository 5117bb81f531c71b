"""A refresh under way, drawn as it moves: the page only watches, and can come back to watch."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from datalayer.portal import Progress, RefreshJob, Step
from pages.components.data_sets import size_text
from pages.components.language import _, number

_LOOK_EVERY_S: Final = 0.1
_IN_BYTES: Final = frozenset({Step.STAGE, Step.UPLOAD})


def watch(job: RefreshJob) -> None:
    """Draw what *job* does and a bar per step, moving, until it has ended."""
    bars: dict[Step, DeltaGenerator] = {}
    drawn: dict[Step, Progress] = {}
    title, ended = _title(job), False
    with st.status(title, expanded=True) as status:
        while not ended:
            ended = job.wait(_LOOK_EVERY_S)
            for step, progress in job.latest().items():
                if drawn.get(step) != progress:
                    done = min(1.0, progress.done / progress.total) if progress.total else 1.0
                    bars.setdefault(step, st.empty()).progress(done, _progress_text(progress))
                    drawn[step] = progress
            if title != _title(job):
                title = _title(job)
                status.update(label=title)


def _title(job: RefreshJob) -> str:
    if job.action == "prune":
        return _("Removing snapshots")
    if job.action == "discard_upload":
        return _("Removing the upload")
    if job.publication is None and job.action == "upload":
        return _("Reading the upload")
    if job.publication is None:
        return _("Finding the publication")
    titles = {
        "inspect": _("Checking publication {id}"),
        "activate": _("Activating publication {id}"),
        "upload": _("Checking the uploaded publication {id}"),
        "roll_back": _("Rolling back to publication {id}"),
    }
    return titles[job.action].format(id=job.publication.publication_id)


def _progress_text(progress: Progress) -> str:
    written = size_text if progress.step in _IN_BYTES else partial(number, decimals=0)
    so_far = _("{done} of {total}").format(
        done=written(progress.done), total=written(progress.total)
    )
    subject = f" · {progress.subject}" if progress.subject else ""
    return f"{_step_text(progress.step)}: {so_far}{subject}"


def _step_text(step: Step) -> str:
    return {
        Step.BEGIN: _("Beginning"),
        Step.STAGE: _("Fetching the files"),
        Step.VERIFY: _("Comparing sizes and SHA-256"),
        Step.VALIDATE: _("Checking against the contract"),
        Step.COMPARE: _("Computing what it changes"),
        Step.UPLOAD: _("Uploading"),
        Step.PROMOTE: _("Keeping the files"),
        Step.ACTIVATE: _("Switching"),
    }[step]
