"""Evidence of every way in which a folder's compose files may be taken together.

They are looked for in the tree, so that a file which somebody adds is judged without being named
anywhere: the one that Compose takes by itself, with what it adds by itself; each other one on top
of that, and all of them, or alone where it is a project of its own; and what ``.env`` chooses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from dotenv import dotenv_values

from datalayer.compliance.evidence.compose import ComposeFile, read_compose, read_document
from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from datalayer.kernel.sentences import Sentence

JOB_FOLDER: Final = "ml_jobs"
"""The folder of the batch job, whose compose files are a project of their own."""

_TAKEN: Final = tuple(
    f"{name}.{ending}"
    for name in ("compose", "docker-compose", "podman-compose", "container-compose")
    for ending in ("yaml", "yml")
)
"""What Compose and podman-compose take by themselves."""

_ENDINGS = (".yml", ".yaml")
# Environments and what was built; hidden folders are passed over as well.
_LEFT_OUT = frozenset({"build", "node_modules"})
_NAMED_LIKE_ONE = re.compile(r"(^|[-_.])compose([-_.]|$)", re.I)
_BEGINS_LIKE_ONE = re.compile(r"^(\{\s*)?[\"']?services[\"']?\s*:", re.M)


@dataclass(frozen=True)
class ComposeWays:
    """The ways to take the compose files of one project together."""

    ways: tuple[ComposeFile, ...]

    @property
    def summary(self) -> str:
        """How many there are, and of which files."""
        files = dict.fromkeys(file for way in self.ways for file in way.files)
        return Sentence("{count} ways to run {files}", count=len(self.ways), files=tuple(files))


def compose_paths(tree: Path) -> tuple[str, ...]:
    """Return the paths below *tree* of all files that are Compose's, by name or by content."""
    return tuple(sorted(_compose_paths(tree)))


def find_ways(tree: Path, project: str = "") -> ComposeWays:
    """Return every way to run what is in the folder *project* of *tree*.

    Args:
        tree: The project's whole tree.
        project: ``JOB_FOLDER``; or empty for all that is not in that.

    Raises:
        NotCheckable: There is no tree here, as within an image.
        EvidenceMissing: A file can't be read, or it can't be said which one is taken.
    """
    below = f"{project}/" if project else ""
    others = [
        path for path in compose_paths(tree)
        if path.startswith(below) and (project or not path.startswith(f"{JOB_FOLDER}/"))
    ]  # fmt: skip
    if not others:
        where = tree / project
        raise NotCheckable(
            reason=Sentence(
                "no compose file is in {where}; `make proof` has the whole tree", where=where
            )
        )
    taken = [path for path in others if path.removeprefix(below) in _TAKEN]
    if len(taken) != 1:
        found = " + ".join(taken) or Sentence("no file that Compose takes by itself")
        problem = Sentence(
            "has {found}; there must be one, such as docker-compose.yml", found=found
        )
        raise EvidenceMissing(
            subject=Sentence("The folder {path}", path=str(project or tree)), problem=problem
        )
    added = [path for path in others if _is_added(path.removeprefix(below))]
    named = [path for path in others if path not in (*taken, *added)]
    overrides = [path for path in named if not _stands_alone(tree, path)]
    ways = [tuple(taken), (*taken, *added), (*taken, *overrides), _chosen_by_env(tree, project)]
    ways += [(*taken, path) if path in overrides else (path,) for path in named]
    distinct = filter(None, dict.fromkeys(ways))
    return ComposeWays(tuple(read_compose(tree, way, _variables(tree, way)) for way in distinct))


def _compose_paths(tree: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(tree):
        folders[:] = [each for each in folders if each[0] != "." and each not in _LEFT_OUT]
        for name in files:
            path = Path(folder, name)
            if path.suffix in _ENDINGS and _is_compose(path):
                yield path.relative_to(tree).as_posix()


def _is_compose(path: Path) -> bool:
    if _NAMED_LIKE_ONE.search(path.stem):
        return True
    try:
        return bool(_BEGINS_LIKE_ONE.search(path.read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return False  # nor can Compose read it


def _is_added(name: str) -> bool:
    """Return whether Compose adds the file *name* of a project's folder by itself."""
    return name.replace(".override.", ".") in _TAKEN and ".override." in name


def _stands_alone(tree: Path, path: str) -> bool:
    """Return whether *path* is a project of its own: it has a name, or is taken in its folder."""
    return PurePosixPath(path).name in _TAKEN or "name" in read_document(tree, path)


def _chosen_by_env(tree: Path, project: str) -> tuple[str, ...]:
    """Return the files that ``.env`` has Compose take instead; none where it does not say."""
    variables = _env(tree / project)
    if others := variables.get("COMPOSE_ENV_FILES"):
        problem = Sentence(
            "has COMPOSE_ENV_FILES={others}; variables must stand in .env itself", others=others
        )
        raise EvidenceMissing(subject=str(PurePosixPath(project, ".env")), problem=problem)
    separator = variables.get("COMPOSE_PATH_SEPARATOR") or ":"
    named = filter(None, variables.get("COMPOSE_FILE", "").split(separator))
    return tuple(os.path.normpath(PurePosixPath(project, each)) for each in named)


def _variables(tree: Path, files: Sequence[str]) -> dict[str, str]:
    """Return what Compose reads beside the first of *files*, and where it is called."""
    return {**_env((tree / files[0]).parent), **_env(tree)}


def _env(folder: Path) -> dict[str, str]:
    path = folder / ".env"
    if not path.is_file():
        return {}
    try:
        return {name: value or "" for name, value in dotenv_values(path).items()}
    except (OSError, UnicodeDecodeError) as error:
        problem = Sentence("can't be read: {reason}", reason=str(error))
        raise EvidenceMissing(subject=str(path), problem=problem) from error
