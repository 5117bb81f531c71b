"""Evidence of the running portal: it is used once, in a process of its own, and tells of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from datalayer.compliance.evidence.packages import LoadedModules
from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.lock import lock_file
from datalayer.settings import Settings, environment_with

METADATA = ("model_version", "generated_at", "source", "dataset_id")
"""The columns that every published result must have."""

MUST_BE_REFUSED = (
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/hostname', header = false)",
    "select * from read_parquet('https://192.0.2.1/x.parquet')",
    "copy (select 1 as one) to '{folder}/written.csv' (format csv)",
    "attach '{folder}/other.duckdb'",
    "install httpfs",
    "load httpfs",
    "install spatial from community",
    "set global enable_external_access = true",
    "set global autoload_known_extensions = true",
    "set global memory_limit = '64GB'",
    "set global lock_configuration = false",
)
"""What a database that is locked down refuses; 192.0.2.1 is an address where nobody can be."""

PATIENCE_S = 900
"""Longest time that using the portal once may take, on the busiest machine."""

_PREFIX = "exercise-"
# The last line of a traceback; nanobind speaks after it, of what an exception leaves undone.
_EXCEPTION = re.compile(r"^(?!nanobind)[A-Za-z_][\w.]*: .+$", re.M)
_PORTAL = Sentence("The portal")
_NOTHING_PUBLISHED = Sentence(
    "nothing is published in the store, so what draws and answers with rows did not run; "
    "publish something and make the proof again"
)


class _Answered(BaseModel):
    model_config = ConfigDict(frozen=True)


class DrawnPage(_Answered):
    """A page in one language, and what it reported as wrong."""

    page: str
    language: str
    problems: tuple[str, ...]


class AskedAddress(_Answered):
    """An address and the status of its answer."""

    path: str
    status: int


class FilledColumns(_Answered):
    """The rows of a data set, and in how many of them each column of metadata has a value."""

    data_set: str
    rows: int
    filled: dict[str, int]


class StatementAttempt(_Answered):
    """What the database was asked and must refuse, and what it said."""

    statement: str
    refused: bool
    answer: str


class StoreAnswer(_Answered):
    """Whether the store took a write; *writable* as in ``StoreWrites``."""

    address: str
    writable: str
    problem: str

    @property
    def summary(self) -> str:
        """What was tried, and where."""
        return Sentence("a write to {address}", address=self.address)


class Exercise(_Answered):
    """What came of using the portal once.

    Attributes:
        publication_id: What was read; None when nothing could be.
        refusal: Why nothing could be read of what is published; empty when nothing is.
        routes: Method and path of every address.
        columns: For each data set, its columns and whether each is required.
        modules: What was loaded at the end.
        origins: For each top-level module, the distributions that brought it.
    """

    publication_id: str | None
    refusal: str
    pages: tuple[DrawnPage, ...]
    endpoints: tuple[AskedAddress, ...]
    routes: tuple[tuple[str, str], ...]
    columns: dict[str, dict[str, bool]]
    filled: tuple[FilledColumns, ...]
    attempts: tuple[StatementAttempt, ...]
    store: StoreAnswer
    modules: tuple[str, ...]
    origins: dict[str, tuple[str, ...]]

    @property
    def loaded(self) -> LoadedModules:
        """The modules, as evidence of packages."""
        when = Sentence("after every page and address was used")
        return LoadedModules(self.modules, self.origins, when)

    def require_published(self) -> Exercise:
        """Return this if a publication was read.

        Raises:
            NotCheckable: Nothing is published.
            EvidenceMissing: Something is, and can't be read.
        """
        if self.publication_id is None and self.refusal:
            raise EvidenceMissing(
                subject=Sentence("The store's latest publication"),
                problem=Sentence("could not be read: {reason}", reason=self.refusal),
            )
        if self.publication_id is None:
            raise NotCheckable(reason=_NOTHING_PUBLISHED)
        return self


@dataclass(frozen=True)
class Use:
    """Pages and addresses that were used."""

    pages: tuple[DrawnPage, ...]
    endpoints: tuple[AskedAddress, ...]

    @property
    def summary(self) -> str:
        """How many of each."""
        pages = Sentence("{count} pages", count=len({each.page for each in self.pages}))
        languages = Sentence("{count} languages", count=len({each.language for each in self.pages}))
        return Sentence(
            "{pages} in {languages}, and {count} addresses",
            pages=pages,
            languages=languages,
            count=len(self.endpoints),
        )


@dataclass(frozen=True)
class Routes:
    """Method and path of every address that is served."""

    routes: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """How many."""
        return Sentence("{count} routes", count=len(self.routes))


@dataclass(frozen=True)
class PublishedRows:
    """The rows of the publication that is served."""

    publication_id: str
    filled: tuple[FilledColumns, ...]
    columns: Mapping[str, Mapping[str, bool]]

    @property
    def summary(self) -> str:
        """How many rows, and of what."""
        rows = sum(each.rows for each in self.filled)
        return Sentence(
            "{rows} rows in {count} data sets of publication {publication_id}",
            rows=rows,
            count=len(self.filled),
            publication_id=self.publication_id,
        )


@dataclass(frozen=True)
class DeclaredColumns:
    """The columns of the contract: for each data set, whether each is required."""

    columns: Mapping[str, Mapping[str, bool]]

    @property
    def summary(self) -> str:
        """How many data sets."""
        return Sentence("{count} data sets of the registry", count=len(self.columns))


@dataclass(frozen=True)
class StatementAttempts:
    """What the database was asked and must refuse."""

    attempts: tuple[StatementAttempt, ...]

    @property
    def summary(self) -> str:
        """How many statements."""
        return Sentence("{count} statements that must be refused", count=len(self.attempts))


def exerciser(root: Path, settings: Settings) -> Callable[[], Exercise]:
    """Return what uses the portal of *root* when first called, and remembers what came of it.

    The portal in use has a state of its own, into which the active publication is linked, and no
    Redis: nothing that others see is changed, and nobody is told of anything.
    """

    @cache
    def use() -> Exercise:
        # Beside what is linked, since links lead within one file system only.
        place = settings.proof_folder
        try:
            # One after the other: what another one left is cleared away.
            with lock_file(place / "lock"):
                for left_over in place.glob(f"{_PREFIX}*"):
                    shutil.rmtree(left_over, ignore_errors=True)
                with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place) as folder:
                    return _use(root, settings, Path(folder).resolve())
        except OSError as error:
            raise EvidenceMissing(
                subject=Sentence("The state folder {path}", path=str(place)),
                problem=Sentence("can't be used for the proof: {reason}", reason=error.strerror),
            ) from error

    return use


def _use(root: Path, settings: Settings, folder: Path) -> Exercise:
    state, request, answer = folder / "state", folder / "request.json", folder / "answer.json"
    _link_publications(settings.state, state)
    statements = [each.replace("{folder}", str(folder)) for each in MUST_BE_REFUSED]
    request.write_text(json.dumps({"statements": statements, "columns": METADATA}))
    command = [sys.executable, "-m", "pages._exercise", str(request), str(answer)]
    changed = {
        "state": str(state),
        # Where nobody can listen: the client is loaded, and nobody hears of the exercise.
        "redis_url": "unix:///dev/null/nobody",
        "rate_limit": "100000000/minute",
        "log_level": "ERROR",
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            command,
            cwd=root,
            env=environment_with(changed),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired as error:
        problem = Sentence("could not be used as a whole within {limit_s} s", limit_s=PATIENCE_S)
        raise EvidenceMissing(subject=_PORTAL, problem=problem) from error
    try:
        return Exercise.model_validate_json(answer.read_bytes())
    except (OSError, ValidationError) as error:
        said = _EXCEPTION.findall(done.stderr) or ["it said nothing"]
        problem = Sentence(
            "could not be used as a whole (exit code {code}): {said:s}",
            code=done.returncode,
            said=said[-1][:500],
        )
        raise EvidenceMissing(subject=_PORTAL, problem=problem) from error


def _link_publications(of: Path, state: Path) -> None:
    """Have *state* serve what is active in the state *of*, without a copy."""
    (state / "snapshots").mkdir(parents=True)
    active = of / "active.json"
    if not active.is_file():
        return
    (state / active.name).write_bytes(active.read_bytes())
    for kept in (of / "snapshots").iterdir():
        linked = state / "snapshots" / kept.name
        linked.mkdir()
        for file in kept.iterdir():
            (linked / file.name).hardlink_to(file)
