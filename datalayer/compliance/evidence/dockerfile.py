"""Evidence of a Dockerfile: its instructions, stage by stage, with what its arguments are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from datalayer.kernel.sentences import Sentence

_HEREDOC = re.compile(r"\d*<<(-?)(['\"]?)(\w+)\2")
_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})
# Lines that change how all others are read: by which program, and what continues a line.
_DIRECTIVE = re.compile(r"#\s*(syntax|escape)\s*=\s*(.*)", re.I)


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        word: ``RUN``, ``COPY``, ... in capitals.
        flags: Its ``--name=value`` in front, without the dashes.
        text: The rest, with continued lines and here-documents joined.
        line: Where it begins.
    """

    word: str
    flags: tuple[str, ...]
    text: str
    line: int

    @property
    def words(self) -> tuple[str, ...]:
        """The text as a shell would part it; at blanks where it would refuse."""
        try:
            return tuple(shlex.split(self.text))
        except ValueError:
            return tuple(self.text.split())


@dataclass(frozen=True)
class Stage:
    """One ``FROM`` and what follows it; *base* with its arguments filled in."""

    base: str
    name: str
    line: int
    instructions: tuple[Instruction, ...] = field(default=())

    def all(self, word: str) -> tuple[Instruction, ...]:
        """Return the instructions of that word, in order."""
        return tuple(each for each in self.instructions if each.word == word)


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile: what stands before the first ``FROM``, and the stages."""

    path: str
    arguments: tuple[Instruction, ...]
    stages: tuple[Stage, ...]

    @property
    def summary(self) -> str:
        """How many instructions, and where."""
        count = len(self.arguments) + sum(1 + len(stage.instructions) for stage in self.stages)
        return Sentence("{count} instructions in {path}", count=count, path=self.path)

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]


def read_dockerfile(path: Path) -> Dockerfile:
    """Return the Dockerfile in *path*.

    Raises:
        NotCheckable: There is none, as within an image.
        EvidenceMissing: It can't be read, or has no ``FROM``.
    """
    if not path.exists():
        raise NotCheckable(
            reason=Sentence(
                "there is no {path} here; `make proof` mounts the whole tree", path=path
            )
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Sentence("can't be read: {reason}", reason=str(error))
        raise EvidenceMissing(subject=str(path), problem=problem) from error
    arguments: list[Instruction] = []
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for each in _instructions(text):
        if each.word == "FROM":
            stages.append((each, []))
        else:
            (stages[-1][1] if stages else arguments).append(each)
    if not stages:
        problem = Sentence("has no FROM; it must be a Dockerfile")
        raise EvidenceMissing(subject=str(path), problem=problem)
    defaults = dict(
        each.text.split("=", 1) for each in arguments if each.word == "ARG" and "=" in each.text
    )
    return Dockerfile(
        str(path), tuple(arguments), tuple(_stage(first, rest, defaults) for first, rest in stages)
    )


def _stage(first: Instruction, rest: list[Instruction], defaults: dict[str, str]) -> Stage:
    base, _, name = re.sub(r"\s+[Aa][Ss]\s+", "\0", first.text).partition("\0")
    for argument, value in defaults.items():
        base = base.replace(f"${{{argument}}}", value).replace(f"${argument}", value)
    return Stage(base.strip().strip("\"'"), name.strip(), first.line, tuple(rest))


def _instructions(text: str) -> Iterator[Instruction]:
    lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        if directive := _DIRECTIVE.match(line.strip()):
            yield Instruction(f"# {directive[1].upper()}", (), directive[2], number)
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        joined = _continued(line, lines)
        word, *rest = joined.strip().split(None, 1)
        flags = re.match(r"(?:--\S+\s+)*", rest[0] if rest else "")
        given = flags[0] if flags else ""
        said = rest[0][len(given) :].strip() if rest else ""
        if word.upper() in _WITH_HEREDOC:
            said += "".join(f"\n{each}" for each in _documents(said, lines))
        yield Instruction(
            word.upper(),
            tuple(flag.removeprefix("--") for flag in given.split()),
            said,
            number,
        )


def _continued(line: str, lines: Iterator[tuple[int, str]]) -> str:
    """Return *line* with those that continue it; comments and blank lines between are passed."""
    joined = line.rstrip()
    while joined.endswith("\\"):
        following = next((each for _, each in lines if _speaks(each)), "")
        joined = f"{joined[:-1]} {following.strip()}"
    return joined


def _speaks(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _documents(said: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the lines of the here-documents that *said* announces; one in quotes is none."""
    try:
        words = shlex.split(said, posix=False)
    except ValueError:
        words = said.split()
    for found in filter(None, map(_HEREDOC.fullmatch, words)):
        for _, following in lines:
            if (following.lstrip("\t") if found[1] else following) == found[3]:
                break
            yield following
