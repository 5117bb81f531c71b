"""The portal as ``make serve`` starts it, killed at the step that a file names, if one does.

``FAULTS_KILL_AT`` names the file; in it stands a step of an activation and how much of it is
done, such as ``stage 1`` or ``stage end``. Nothing else differs from the portal as it is served.
"""

from __future__ import annotations

import os
import signal
from functools import wraps
from pathlib import Path
from typing import Any

from streamlit.web.cli import main

from datalayer.kernel.progress import Progress, ReportProgress, silent
from datalayer.portal import Portal


def _killing(report: ReportProgress, order: Path) -> ReportProgress:
    def kill_at_the_step(progress: Progress) -> None:
        if order.exists():
            step, done = order.read_text().split()
            if progress.step == step and progress.done >= (
                progress.total if done == "end" else int(done)
            ):
                os.kill(os.getpid(), signal.SIGKILL)
        report(progress)

    return kill_at_the_step


def _make_killable(order: Path) -> None:
    activate = Portal.activate

    @wraps(activate)
    def killable(
        self: Portal, identity: Any, publication_id: Any = None, report: Any = silent, **more: Any
    ) -> Any:
        return activate(self, identity, publication_id, _killing(report, order), **more)

    Portal.activate = killable  # type: ignore[method-assign]


if __name__ == "__main__":
    _make_killable(Path(os.environ["FAULTS_KILL_AT"]))
    main(prog_name="streamlit")
