"""The report of a proof: what was looked at and found, with digests, as JSON and as a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from datalayer.compliance.verifier import CheckResult
from datalayer.kernel.errors import EvidenceMissing
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.digest import file_sha256
from datalayer.kernel.storage.durable import write_durably

MOST_KEPT = 10
"""Reports kept in a folder; older ones are removed."""

APP_IMAGE: Final = "farol-app"
JOB_IMAGE: Final = "farol-ml-jobs"

_PREFIX = "proof-"
# Its signature's name goes on after the date.
_REPORTS = f"{_PREFIX}*Z.json"
_HASHED = (
    "requirements.txt", "schema_registry.json", "Dockerfile", "ml_jobs/Dockerfile",
    "ml_jobs/requirements.txt", ".env", "ml_jobs/.env",
)  # fmt: skip


@dataclass(frozen=True)
class ProofReport:
    """What came of one proof.

    Attributes:
        checked_at: When it began, UTC.
        image_digest: Of the image that was proved; empty where the environment alone was.
        image_bytes: Its size; None where none was measured.
        hashes: SHA-256 of what was read, by path.
        results: Of each check, in their order.
        image_name: What the image is called.
    """

    checked_at: datetime
    image_digest: str
    image_bytes: int | None
    hashes: Mapping[str, str] = field(default_factory=dict)
    results: tuple[CheckResult, ...] = ()
    image_name: str = APP_IMAGE

    def count(self, outcome: str) -> int:
        """Return how many checks came out so."""
        return sum(each.outcome == outcome for each in self.results)

    @property
    def passed(self) -> bool:
        """Whether something was checked and nothing failed."""
        return self.count("passed") > 0 and not self.count("failed")

    @property
    def closing_line(self) -> str:
        """The proof in one line."""
        size = "no image was measured"
        if self.image_bytes is not None:
            image = "app image" if self.image_name == APP_IMAGE else self.image_name
            size = f"{image} {self.image_bytes / 1e6:.0f} MB"
        return f"{self.count('passed')} checks passed, {self.count('failed')} failed; {size}"


@dataclass(frozen=True)
class WrittenReport:
    """Where a report was written.

    Attributes:
        html: The page; None where only JSON was.
        sha256: Of the JSON, which stands in the file beside it.
    """

    json: Path
    html: Path | None
    sha256: str


def hashes_of(
    tree: Path, compose_files: Iterable[str] = (), others: Iterable[Path | None] = ()
) -> dict[str, str]:
    """Return the SHA-256 of what the proof reads of *tree*, and of *others*, where they exist."""
    found = {name: tree / name for name in (*_HASHED, *compose_files)}
    found |= {str(path): path for path in others if path is not None}
    return {name: file_sha256(path) for name, path in found.items() if path.is_file()}


def write_report(report: ProofReport, folder: Path) -> WrittenReport:
    """Write *report* to *folder*: JSON, the JSON's SHA-256 beside it, and of the portal a page.

    The names have the date; older reports beyond ``MOST_KEPT`` are removed.

    Raises:
        EvidenceMissing: The folder can't be written to.
    """
    content = report_json(report)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{_PREFIX}{report.checked_at:%Y%m%dT%H%M%SZ}"
    # The job's environment has nothing that makes pages.
    page = folder / f"{name}.html" if report.image_name == APP_IMAGE else None
    written = WrittenReport(folder / f"{name}.json", page, digest)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if page:
            write_durably(page, report_html(report, digest).encode())
        sidecar = f"{digest}  {written.json.name}\n"
        write_durably(folder / f"{name}.json.sha256", sidecar.encode())
        write_durably(written.json, content)
        for old in sorted(folder.glob(_REPORTS))[:-MOST_KEPT]:
            for path in folder.glob(f"{old.stem}.*"):
                path.unlink(missing_ok=True)
    except OSError as error:
        problem = Sentence("can't be written to: {reason}", reason=error.strerror)
        raise EvidenceMissing(
            subject=Sentence("The folder {path}", path=str(folder)), problem=problem
        ) from error
    return written


def latest_report(folder: Path) -> Path | None:
    """Return the newest report in *folder*, the JSON; None without any."""
    return max(folder.glob(_REPORTS), default=None)


def read_report(path: Path) -> ProofReport:
    """Return the report in *path*.

    Raises:
        EvidenceMissing: It can't be read, or is not what the file beside it says that it is.
    """
    subject = Sentence("The report {name}", name=path.name)
    try:
        content = path.read_bytes()
        announced = path.with_suffix(".json.sha256").read_text(encoding="ascii").split()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        problem = Sentence("can't be read: {reason}", reason=str(error))
        raise EvidenceMissing(subject=subject, problem=problem) from error
    if hashlib.sha256(content).hexdigest() != announced:
        problem = Sentence(
            "was changed: its SHA-256 must be {announced}; make the proof again",
            announced=announced,
        )
        raise EvidenceMissing(subject=subject, problem=problem)
    try:
        return _ADAPTER.validate_json(content)
    except ValidationError as error:
        problem = Sentence("is not of this version; make the proof again")
        raise EvidenceMissing(subject=subject, problem=problem) from error


def report_json(report: ProofReport) -> bytes:
    """Return *report* as JSON, always with the same bytes for the same report."""
    fields = {**asdict(report), "checked_at": report.checked_at.isoformat()}
    fields["closing_line"] = report.closing_line
    return (json.dumps(fields, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def report_html(report: ProofReport, digest: str) -> str:
    """Return *report* as a page that needs no other file; *digest* is that of its JSON."""
    # Loaded where it is needed: a portal reads reports and seldom writes one.
    import jinja2

    template = files("datalayer.compliance").joinpath("report.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(template).render(report=report, digest=digest)


_ADAPTER: TypeAdapter[ProofReport] = TypeAdapter(ProofReport)
