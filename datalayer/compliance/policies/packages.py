"""What is trusted of packages: the lock to the letter, and nothing of machine learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from datalayer.compliance.evidence.packages import (
    Compared,
    Distribution,
    Installed,
    LoadedFromLock,
    LoadedModules,
    Lock,
    UnlistedFiles,
)
from datalayer.compliance.evidence.sbom import Sbom, SbomBeside
from datalayer.compliance.forbidden import FORBIDDEN_MODULES, is_forbidden, normalize
from datalayer.kernel.sentences import Sentence


@dataclass(frozen=True)
class ExactlyLocked:
    """Trusts what is installed if it is the lock's, no package more, less or of another version.

    Attributes:
        tolerated: Names that may be there besides: what a virtual environment begins with.
        tolerated_elsewhere: Names that the base of an image may have, outside of the environment.
    """

    tolerated: frozenset[str] = frozenset()
    tolerated_elsewhere: frozenset[str] = frozenset({"pip", "setuptools", "wheel"})

    def findings(self, evidence: Compared) -> Iterator[Sentence]:
        """Yield what is missing, what is too much, and what is of another version."""
        distributions = evidence.installed.distributions
        path, versions = evidence.lock.path, evidence.lock.versions
        found = {each.name: each.version for each in distributions}
        for name in sorted(versions.keys() - found.keys()):
            yield Sentence(
                "{name} is not installed; {path} names {versions}",
                name=name,
                path=path,
                versions=versions[name],
            )
        for name in sorted(found.keys() - versions.keys() - self.tolerated):
            yield Sentence(
                "{name} {found} is installed and is not in {path}; nothing else may be",
                name=name,
                found=found[name],
                path=path,
            )
        for name in sorted(found.keys() & versions.keys()):
            if found[name] != versions[name]:
                yield Sentence(
                    "{name} is installed at {found}; {path} names {versions}",
                    name=name,
                    found=found[name],
                    path=path,
                    versions=versions[name],
                )
        for name, count in sorted(Counter(each.name for each in distributions).items()):
            if count > 1:
                yield Sentence(
                    "{name} is installed {count} times; it must be there once",
                    name=name,
                    count=count,
                )
        for other in evidence.elsewhere:
            for each in other.distributions:
                if each.name not in self.tolerated_elsewhere:
                    yield Sentence(
                        "{each} is installed in {where}; the environment alone may have it",
                        each=each,
                        where=other.where,
                    )


class OnlyListed:
    """Trusts a folder of packages in which each file is of one that is installed."""

    def findings(self, evidence: UnlistedFiles) -> Iterator[Sentence]:
        """Yield each that is not: it came in by another way than the lock."""
        for path in evidence.unlisted:
            yield Sentence(
                "{path} is of no installed package; all that is there must be", path=path
            )


@dataclass(frozen=True)
class LockedWithHashes:
    """Trusts a lock whose every package is tied to its files, none of machine learning.

    Attributes:
        machine_learning: Whether there may be some after all, as in the job's.
    """

    machine_learning: bool = False

    def findings(self, evidence: Lock) -> Iterator[Sentence]:
        """Yield the packages without hashes, and those of machine learning."""
        for name in evidence.unhashed:
            yield Sentence(
                "{path} names {name} without --hash=sha256:...; every package needs one",
                path=evidence.path,
                name=name,
            )
        for line in evidence.options:
            yield Sentence(
                "{path} has the line {line!r}; it must name packages alone",
                path=evidence.path,
                line=line[:80],
            )
        for name in () if self.machine_learning else filter(is_forbidden, evidence.versions):
            yield _forbidden(name, Sentence("in the lock {path}", path=evidence.path))


class NoneForbidden:
    """Trusts packages, wherever they are listed, if none is of machine learning or a GPU."""

    def findings(self, evidence: Installed | Sbom) -> Iterator[Sentence]:
        """Yield each that is."""
        listed = evidence.components if isinstance(evidence, Sbom) else evidence.distributions
        where = evidence.path if isinstance(evidence, Sbom) else evidence.where
        for each in listed:
            # A system's packages bear their kind in front: libcudart12, python3-torch.
            names = (each.name, each.name.removeprefix("lib"), each.name.removeprefix("python3-"))
            if any(map(is_forbidden, names)):
                yield _forbidden(str(each), Sentence("in {where}", where=where))


@dataclass(frozen=True)
class ListsAll:
    """Trusts an SBOM that lists what is there, no more and no less, and so what the lock names.

    Attributes:
        tolerated: Names that may be installed and listed though the lock has them not.
    """

    tolerated: frozenset[str] = frozenset()

    def findings(self, evidence: SbomBeside) -> Iterator[Sentence]:
        """Yield what it leaves out and what it makes up."""
        yield from self._compare(evidence.sbom, "pypi", evidence.python.distributions)
        yield from self._compare(evidence.sbom, "generic", [evidence.interpreter])
        known = ["pypi", "generic"]
        if evidence.system is not None:
            yield from self._compare(evidence.sbom, "deb", evidence.system.distributions)
            known.append("deb")
        for kind in sorted(set(evidence.sbom.kinds) - set(known)):
            for each in sorted(evidence.sbom.listed(kind), key=str):
                yield Sentence(
                    "{path} lists {each} as {value}",
                    path=evidence.sbom.path,
                    each=each,
                    value=kind or Sentence("nothing known"),
                )
        yield from self._against_the_lock(evidence)

    def _compare(self, sbom: Sbom, kind: str, there: Iterable[Distribution]) -> Iterator[Sentence]:
        listed = sbom.listed(kind)
        found = {Distribution(normalize(each.name), each.version) for each in there}
        for each in sorted(found - listed, key=str):
            yield Sentence(
                "{path} leaves {each} out, which is installed; it must list all",
                path=sbom.path,
                each=each,
            )
        for each in sorted(listed - found, key=str):
            yield Sentence(
                "{path} lists {each}, which is not installed; it must list what is there",
                path=sbom.path,
                each=each,
            )

    def _against_the_lock(self, evidence: SbomBeside) -> Iterator[Sentence]:
        path, lock = evidence.sbom.path, evidence.lock
        listed = evidence.sbom.listed("pypi")
        locked = {Distribution(*pinned) for pinned in lock.versions.items()}
        for each in sorted(locked - listed, key=str):
            yield Sentence(
                "{path} leaves {each} out, which {lock} names; it must list all",
                path=path,
                each=each,
                lock=lock.path,
            )
        for each in sorted(listed - locked, key=str):
            if each.name not in self.tolerated:
                yield Sentence(
                    "{path} lists {each}, which {lock} does not name",
                    path=path,
                    each=each,
                    lock=lock.path,
                )


class NoModuleForbidden:
    """Trusts a process that has loaded no module of machine learning, nor the job."""

    def findings(self, evidence: LoadedModules) -> Iterator[Sentence]:
        """Yield each top-level module that is."""
        loaded = {name.partition(".")[0] for name in evidence.names}
        for name in sorted(loaded & (FORBIDDEN_MODULES | {"ml_jobs"})):
            yield _forbidden(
                Sentence("the module {name}", name=name),
                Sentence("loaded {when}", when=evidence.when),
            )


@dataclass(frozen=True)
class OnlyLockedModules:
    """Trusts a process whose modules all come from the lock, the project or Python itself."""

    tolerated: frozenset[str] = frozenset()

    def findings(self, evidence: LoadedFromLock) -> Iterator[Sentence]:
        """Yield each top-level module that a distribution outside of the lock brought."""
        trusted = evidence.lock.versions.keys() | self.tolerated
        for module, origins in sorted(evidence.loaded.origins.items()):
            if not trusted & set(map(normalize, origins)):
                brought = ", ".join(origins)
                yield Sentence(
                    "the module {module} is of {brought}, which is not in {path}",
                    module=module,
                    brought=brought,
                    path=evidence.lock.path,
                )


def _forbidden(what: str, where: str) -> Sentence:
    return Sentence(
        "{what} is {where}; machine learning belongs to ml_jobs, on another machine",
        what=what,
        where=where,
    )
