"""An inspection, activation or roll-back under way, and how far it has come.

It runs in a thread of its own: somebody who leaves the page or reloads it must not cut it short.
The page only watches, and can come back to watch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Final, Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from datalayer.progress import Progress, ReportProgress, Step
from pages.components.data_sets import size_text
from pages.components.language import _, number

Outcome = TypeVar("Outcome")

_LOOK_EVERY_S: Final = 0.1
_IN_BYTES: Final = frozenset({Step.STAGE, Step.UPLOAD})


class RefreshJob(Generic[Outcome]):
    """Work that reports its progress from whatever thread it likes.

    Args:
        title: What is being done, in the user's language.
        work: Does it, reporting to the function that it is given.
    """

    def __init__(self, title: str, work: Callable[[ReportProgress], Outcome]) -> None:
        self.title = title
        self._lock = Lock()
        self._latest: dict[Step, Progress] = {}
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refresh")
        self._outcome: Future[Outcome] = thread.submit(work, self._report)
        thread.shutdown(wait=False)

    def watch(self) -> None:
        """Draw a bar per step, moving, until the work is done."""
        bars: dict[Step, DeltaGenerator] = {}
        drawn: dict[Step, Progress] = {}
        done = False
        while not done:
            done = bool(wait([self._outcome], timeout=_LOOK_EVERY_S).done)
            for step, progress in self.latest().items():
                if drawn.get(step) != progress:
                    bars.setdefault(step, st.empty()).progress(
                        _fraction(progress), _progress_text(progress)
                    )
                    drawn[step] = progress

    def latest(self) -> Mapping[Step, Progress]:
        """Return the latest report of each step so far, in the order in which they began."""
        with self._lock:
            return dict(self._latest)

    def outcome(self) -> Outcome:
        """Return what the work returned, waiting for it, or raise what it raised."""
        return self._outcome.result()

    def _report(self, progress: Progress) -> None:
        with self._lock:
            self._latest[progress.step] = progress


def _fraction(progress: Progress) -> float:
    return min(1.0, progress.done / progress.total) if progress.total else 1.0


def _progress_text(progress: Progress) -> str:
    written = size_text if progress.step in _IN_BYTES else _whole
    so_far = _("{done} of {total}").format(
        done=written(progress.done), total=written(progress.total)
    )
    subject = f" · {progress.subject}" if progress.subject else ""
    return f"{_step_text(progress.step)}: {so_far}{subject}"


def _step_text(step: Step) -> str:
    return {
        Step.STAGE: _("Fetching the files"),
        Step.VERIFY: _("Comparing sizes and SHA-256"),
        Step.VALIDATE: _("Checking against the contract"),
        Step.UPLOAD: _("Uploading"),
        Step.PROMOTE: _("Keeping the files"),
        Step.ACTIVATE: _("Switching"),
    }[step]


def _whole(count: int) -> str:
    return number(count, 0)
