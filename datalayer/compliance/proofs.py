"""Proofs made while the portal runs: begun by the administration page, which then watches."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import Future, wait
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock, Thread

from pydantic import TypeAdapter

from datalayer.compliance.report import ProofReport, latest_report, read_report
from datalayer.compliance.verifier import CheckResult
from datalayer.kernel.errors import EvidenceMissing, PortalError
from datalayer.kernel.sentences import Sentence
from datalayer.settings import Settings

_RESULT = TypeAdapter(CheckResult)
_LAST_LINE = re.compile(r"[^\n]+(?=\n*\Z)")


class RunningProof:
    """A proof under way, or how it ended; its methods may be called from any thread.

    Attributes:
        total: How many checks it makes.
    """

    def __init__(self, folder: Path, total: int) -> None:
        self.total = total
        self._folder = folder
        self._results: list[CheckResult] = []
        self._ended: Future[None] = Future()

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """What is known so far."""
        return tuple(self._results)

    @property
    def problem(self) -> PortalError | None:
        """Why it could not be made; None while it runs, and when it was."""
        error = self._ended.exception() if self._ended.done() else None
        return error if isinstance(error, PortalError) else None

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended, *timeout_s* at most; return True if it has."""
        return bool(wait([self._ended], timeout=timeout_s).done)

    def begin(self) -> None:
        """Begin it in a process of its own: what the portal has loaded is no part of it."""
        Thread(target=self._make, name="proof", daemon=True).start()

    def _make(self) -> None:
        try:
            problem = self._run()
        except (OSError, ValueError) as error:
            problem = str(error)
        if problem is None:
            self._ended.set_result(None)
        else:
            told = Sentence("could not be made: {problem}", problem=problem)
            subject = Sentence("The proof")
            self._ended.set_exception(EvidenceMissing(subject=subject, problem=told))

    def _run(self) -> str | None:
        """Run it to its end; return what it said last if there is no new report."""
        before = latest_report(self._folder)
        command = [sys.executable, "-m", "datalayer.compliance", "--json-lines"]
        # Into a file: nobody reads a pipe of errors while the results are read.
        with TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            with subprocess.Popen(  # noqa: S603 - our own module, no shell
                [*command, "--out", str(self._folder)],
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            ) as made:
                for line in made.stdout or ():
                    if line.startswith("{"):
                        self._results.append(_RESULT.validate_json(line))
            if latest_report(self._folder) != before:
                return None
            said.seek(0)
            last = _LAST_LINE.search(said.read())
            return last[0] if last else Sentence("it said nothing")


class Proofs:
    """The reports in the state folder, and the proof that this process has under way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.proof_folder
        self._running: RunningProof | None = None
        self._lock = Lock()

    def latest(self) -> ProofReport | None:
        """Return the newest report; None before the first.

        Raises:
            EvidenceMissing: It can't be read, or was changed.
        """
        path = latest_report(self._folder)
        return read_report(path) if path else None

    def latest_files(self) -> dict[str, bytes]:
        """Return the newest report's files by name: as JSON and as a page; none before the first.

        Raises:
            EvidenceMissing: They can't be read.
        """
        path = latest_report(self._folder)
        try:
            found = (path, path.with_suffix(".html")) if path else ()
            return {each.name: each.read_bytes() for each in found}
        except OSError as error:
            problem = Sentence("can't be read: {reason}", reason=error.strerror)
            raise EvidenceMissing(subject=Sentence("The report"), problem=problem) from error

    def running(self) -> RunningProof | None:
        """Return the proof under way; None without one."""
        found = self._running
        return None if found is None or found.wait(0) else found

    def start(self) -> RunningProof:
        """Begin a proof and return it; the one under way if there is one."""
        # Loaded where it is needed: most portals serve all their life without it.
        from datalayer.compliance.checks import checks
        from datalayer.compliance.place import Place

        with self._lock:
            found = self.running()
            if found is None:
                found = RunningProof(self._folder, len(checks(Place(self._settings))))
                self._running = found
                found.begin()
            return found
