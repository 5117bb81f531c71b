"""What is trusted of a Dockerfile: small rules, each of one instruction, and how they combine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from datalayer.compliance.evidence.dockerfile import Dockerfile, Instruction, Stage
from datalayer.compliance.forbidden import GPU_WORDS, is_forbidden
from datalayer.compliance.policies.policy import AllOf, Policy
from datalayer.kernel.sentences import Sentence

COPIED_FOR_THE_APP = (
    "app.py", "datalayer", "pages", "schema_registry.json", ".streamlit", "requirements.txt",
    "pyproject.toml", "LICENSE", "docs/guide", "deploy/*.py", "deploy/*.sh",
)  # fmt: skip
"""What the app's image may hold of this project."""

COPIED_FOR_THE_JOB = (
    "datalayer/__init__.py", "datalayer/kernel", "ml_jobs", "ml_jobs/*", "schema_registry.json",
    "pyproject.toml", "LICENSE", "deploy/*.py", "deploy/*.sh",
)  # fmt: skip
"""What the job's image may hold: of the deployment, the kernel alone."""

_SECRET_NAME = re.compile(r"PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|PRIVATE_?KEY|ACCESS_?KEY|API_?KEY")
_HOST = re.compile(
    r"\b[a-z][a-z0-9+.-]*://(?!(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/\s'\"]|$))([^\s/'\"]+)", re.I
)
_FETCHERS = re.compile(r"(?<![\w.-])(curl|wget|git|aria2c|conda|mamba|npm|easy_install)(?![\w.-])")
_UNDERSTOOD = frozenset(
    """
    ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL RUN SHELL STOPSIGNAL USER VOLUME
    WORKDIR
    """.split()  # noqa: SIM905 - as words they fit on two lines
)
_MOUNTED_TYPES = frozenset({"cache", "secret", "tmpfs"})
_INDEX_OPTION = re.compile(
    r"(extra-)?index-url|trusted-host|--find-links|(PIP|UV)_\w*INDEX\w*|(^|\s)-i\s+\S*://"
)
_PIP_INSTALL = re.compile(r"\bpip[\d.]*\s+(?:[^;&|\n]*?\s)?install\b([^;&|\n]*)")


class UnprivilegedUser:
    """Trusts an image whose last ``USER`` is not root."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield that it is, or that nobody is named."""
        users = evidence.final.all("USER")
        if not users:
            yield Sentence(
                "{path} has no USER in its last stage; it must have one, not root",
                path=evidence.path,
            )
            return
        user = re.split(r"[: ]", users[-1].text.strip("\"'"))[0]
        if user.lower() == "root" or not user.strip("0"):
            yield Sentence(
                "{at} runs the image as root; it must be another user", at=_at(evidence, users[-1])
            )
        elif not user.isascii() or not user.isalnum():
            yield Sentence(
                "{at} runs the image as {user}; it must name a user",
                at=_at(evidence, users[-1]),
                user=user,
            )


class PinnedBases:
    """Trusts images made of bases at one version or digest."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each base that may be another one tomorrow."""
        earlier = {"scratch"}
        for stage in evidence.stages:
            is_known = stage.base in earlier or "@sha256:" in stage.base
            earlier.add(stage.name)
            tag = stage.base.rsplit("/", 1)[-1].partition(":")[2]
            if not is_known and (tag == "latest" or "$" in stage.base or not re.search(r"\d", tag)):
                yield (
                    Sentence(
                        "{path}:{line} builds on {base!r}; it must name a digest or a version",
                        path=evidence.path,
                        line=stage.line,
                        base=stage.base,
                    )
                )


class OnlyKnownInstructions:
    """Trusts a Dockerfile of which every line is one that the other rules look at."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each that none of them does, such as ``ONBUILD`` or another syntax."""
        for each in _every_instruction(evidence):
            if each.word not in _UNDERSTOOD:
                may = ", ".join(sorted(_UNDERSTOOD))
                yield Sentence(
                    "{at} uses {word}; it may use {may}",
                    at=_at(evidence, each),
                    word=each.word,
                    may=may,
                )


class NothingFromElsewhere:
    """Trusts a build into which nothing comes but by a ``COPY`` from the tree or a stage."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each other image that is copied from, and each mount of files."""
        earlier: set[str] = set()
        for stage in evidence.stages:
            for each in stage.instructions:
                yield from self._sources(evidence, each, earlier)
            earlier.add(stage.name)

    def _sources(
        self, evidence: Dockerfile, each: Instruction, earlier: set[str]
    ) -> Iterator[Sentence]:
        for flag in each.flags:
            name, _, value = flag.partition("=")
            if name == "from" and value not in earlier:
                yield Sentence(
                    "{at} copies from {value}; it must be an earlier stage",
                    at=_at(evidence, each),
                    value=value,
                )
            if name == "mount" and not _MOUNTED_TYPES & set(re.findall(r"type=(\w+)", value)):
                may = ", ".join(sorted(_MOUNTED_TYPES))
                yield Sentence(
                    "{at} mounts {value}; it may mount {may} only",
                    at=_at(evidence, each),
                    value=value,
                    may=may,
                )
            if name == "mount" and "from=" in value:
                yield Sentence(
                    "{at} mounts from another image; it must not", at=_at(evidence, each)
                )


class NothingFromAfar:
    """Trusts a build that names no host: no index, no address that is fetched, no ``ADD``."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each place that does."""
        for each in _every_instruction(evidence):
            if each.word == "ADD":
                yield Sentence(
                    "{at} uses ADD, which can fetch; it must be COPY", at=_at(evidence, each)
                )
            if each.word in {"LABEL", "FROM", "HEALTHCHECK"}:
                continue
            for found in _FETCHERS.finditer(each.text if each.word == "RUN" else ""):
                yield Sentence(
                    "{at} fetches with {found}; a build must fetch nothing",
                    at=_at(evidence, each),
                    found=found[1],
                )
            if _INDEX_OPTION.search(each.text):
                yield (
                    Sentence(
                        "{at} chooses a package index; it must leave that to pip's "
                        "configuration, a build secret",
                        at=_at(evidence, each),
                    )
                )
            for found in _HOST.finditer(each.text):
                yield Sentence(
                    "{at} names the host {found}; a build must name none",
                    at=_at(evidence, each),
                    found=found[1],
                )


class HashedInstalls:
    """Trusts a build that installs what the lock's hashes say, and nothing else."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each ``pip install`` without ``--require-hashes``, and that there is none."""
        installs = 0
        for each in _every_instruction(evidence):
            # Also in the form of a list, RUN ["pip", "install", ...].
            for found in _PIP_INSTALL.finditer(re.sub(r"[\[\]\"',]+", " ", each.text)):
                installs += 1
                if "--require-hashes" not in found[1]:
                    yield (
                        Sentence(
                            "{at} installs without --require-hashes; it must install from the "
                            "lock, with its hashes",
                            at=_at(evidence, each),
                        )
                    )
        if not installs:
            yield Sentence(
                "{path} installs no lock; it must pip install --require-hashes one",
                path=evidence.path,
            )


class NoMachineLearningNamed:
    """Trusts a Dockerfile in which no package of machine learning and no GPU is named."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each that is."""
        for stage in evidence.stages:
            if any(word in stage.base.lower() for word in GPU_WORDS):
                yield Sentence(
                    "{path}:{line} builds on {base!r}, made for GPUs",
                    path=evidence.path,
                    line=stage.line,
                    base=stage.base,
                )
        for each in _every_instruction(evidence):
            if each.word in {"RUN", "ENV", "ARG", "COPY", "CMD", "ENTRYPOINT"}:
                for name in sorted(_forbidden_words(each.text)):
                    yield (
                        Sentence(
                            "{at} names {name}; machine learning belongs to ml_jobs, on "
                            "another machine",
                            at=_at(evidence, each),
                            name=name,
                        )
                    )


class HealthChecked:
    """Trusts an image that says how it is asked whether it is ready."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield that it doesn't, or asks something else."""
        checks = evidence.final.all("HEALTHCHECK")
        if not checks or checks[-1].text.upper().startswith("NONE"):
            yield Sentence(
                "{path} has no HEALTHCHECK; it must ask /health/ready", path=evidence.path
            )
        elif "/health" not in checks[-1].text:
            yield Sentence(
                "{at} does not ask /health; it must ask /health/ready", at=_at(evidence, checks[-1])
            )


class NoSecretsWithin:
    """Trusts a Dockerfile that gives no secret a value: layers keep them for everybody."""

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each name that sounds like a secret's and has a value."""
        for each in _every_instruction(evidence):
            if each.word not in {"ENV", "ARG"}:
                continue
            for name, value in re.findall(r"(\w+)(?:=|\s+)(\S+)", each.text):
                if _SECRET_NAME.search(name.upper()) and value.strip("\"'"):
                    yield (
                        Sentence(
                            "{at} gives {name} a value, which every layer keeps; secrets must "
                            "come from files when it runs",
                            at=_at(evidence, each),
                            name=name,
                        )
                    )


@dataclass(frozen=True)
class CopiesOnly:
    """Trusts an image that holds of the project what is listed, and nothing else.

    Attributes:
        allowed: Files and folders by their paths, or patterns of them.
    """

    allowed: tuple[str, ...]

    def findings(self, evidence: Dockerfile) -> Iterator[Sentence]:
        """Yield each source of a ``COPY`` that is not listed."""
        for each in _every_instruction(evidence):
            if each.word != "COPY" or any(flag.startswith("from=") for flag in each.flags):
                continue
            for source in each.words[:-1]:
                if not self._allows(str(PurePosixPath(source))):
                    yield (
                        Sentence(
                            "{at} copies {source}; it may copy {allowed}",
                            at=_at(evidence, each),
                            source=source,
                            allowed=tuple(self.allowed),
                        )
                    )

    def _allows(self, source: str) -> bool:
        return (
            any(
                fnmatch(source, allowed) or source.startswith(f"{allowed}/")
                for allowed in self.allowed
            )
            and ".." not in PurePosixPath(source).parts
        )


_ANY_IMAGE: tuple[Policy[Dockerfile], ...] = (
    UnprivilegedUser(),
    PinnedBases(),
    OnlyKnownInstructions(),
    NothingFromElsewhere(),
    NothingFromAfar(),
    HashedInstalls(),
    NoSecretsWithin(),
)
APP_IMAGE: Policy[Dockerfile] = AllOf(
    *_ANY_IMAGE, NoMachineLearningNamed(), HealthChecked(), CopiesOnly(COPIED_FOR_THE_APP)
)
JOB_IMAGE: Policy[Dockerfile] = AllOf(*_ANY_IMAGE, CopiesOnly(COPIED_FOR_THE_JOB))


def _every_instruction(evidence: Dockerfile) -> Iterator[Instruction]:
    yield from evidence.arguments
    for stage in evidence.stages:
        yield from stage.instructions


def _forbidden_words(text: str) -> set[str]:
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", text)
    return {word for word in words if is_forbidden(word.removeprefix("python3-"))}


def _at(evidence: Dockerfile, instruction: Instruction | Stage) -> str:
    return f"{evidence.path}:{instruction.line}"
