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


@dataclass(frozen=True)
class ExactlyLocked:
    """Trusts what is installed if it is the lock's, no package more, less or of another version.

    Attributes:
        tolerated: Names that may be there besides: what a virtual environment begins with.
        tolerated_elsewhere: Names that the base of an image may have, outside of the environment.
    """

    tolerated: frozenset[str] = frozenset()
    tolerated_elsewhere: frozenset[str] = frozenset({"pip", "setuptools", "wheel"})

    def findings(self, evidence: Compared) -> Iterator[str]:
        """Yield what is missing, what is too much, and what is of another version."""
        distributions = evidence.installed.distributions
        path, versions = evidence.lock.path, evidence.lock.versions
        found = {each.name: each.version for each in distributions}
        for name in sorted(versions.keys() - found.keys()):
            yield f"{name} is not installed; {path} names {versions[name]}"
        for name in sorted(found.keys() - versions.keys() - self.tolerated):
            yield f"{name} {found[name]} is installed and is not in {path}; nothing else may be"
        for name in sorted(found.keys() & versions.keys()):
            if found[name] != versions[name]:
                yield f"{name} is installed at {found[name]}; {path} names {versions[name]}"
        for name, count in sorted(Counter(each.name for each in distributions).items()):
            if count > 1:
                yield f"{name} is installed {count} times; it must be there once"
        for other in evidence.elsewhere:
            for each in other.distributions:
                if each.name not in self.tolerated_elsewhere:
                    yield f"{each} is installed in {other.where}; the environment alone may have it"


class OnlyListed:
    """Trusts a folder of packages in which each file is of one that is installed."""

    def findings(self, evidence: UnlistedFiles) -> Iterator[str]:
        """Yield each that is not: it came in by another way than the lock."""
        for path in evidence.unlisted:
            yield f"{path} is of no installed package; all that is there must be"


class LockedWithHashes:
    """Trusts a lock whose every package is tied to its files, none of machine learning."""

    def findings(self, evidence: Lock) -> Iterator[str]:
        """Yield the packages without hashes, and those of machine learning."""
        for name in evidence.unhashed:
            yield f"{evidence.path} names {name} without --hash=sha256:...; every package needs one"
        for line in evidence.options:
            yield f"{evidence.path} has the line {line[:80]!r}; it must name packages alone"
        for name in filter(is_forbidden, evidence.versions):
            yield _forbidden(name, f"in the lock {evidence.path}")


class NoneForbidden:
    """Trusts packages, wherever they are listed, if none is of machine learning or a GPU."""

    def findings(self, evidence: Installed | Sbom) -> Iterator[str]:
        """Yield each that is."""
        listed = evidence.components if isinstance(evidence, Sbom) else evidence.distributions
        where = evidence.path if isinstance(evidence, Sbom) else evidence.where
        for each in listed:
            # A system's packages bear their kind in front: libcudart12, python3-torch.
            names = (each.name, each.name.removeprefix("lib"), each.name.removeprefix("python3-"))
            if any(map(is_forbidden, names)):
                yield _forbidden(str(each), f"in {where}")


@dataclass(frozen=True)
class ListsAll:
    """Trusts an SBOM that lists what is there, no more and no less, and so what the lock names.

    Attributes:
        tolerated: Names that may be installed and listed though the lock has them not.
    """

    tolerated: frozenset[str] = frozenset()

    def findings(self, evidence: SbomBeside) -> Iterator[str]:
        """Yield what it leaves out and what it makes up."""
        yield from self._compare(evidence.sbom, "pypi", evidence.python.distributions)
        yield from self._compare(evidence.sbom, "generic", [evidence.interpreter])
        known = ["pypi", "generic"]
        if evidence.system is not None:
            yield from self._compare(evidence.sbom, "deb", evidence.system.distributions)
            known.append("deb")
        for kind in sorted(set(evidence.sbom.kinds) - set(known)):
            for each in sorted(evidence.sbom.listed(kind), key=str):
                yield f"{evidence.sbom.path} lists {each} as {kind or 'nothing known'}"
        yield from self._against_the_lock(evidence)

    def _compare(self, sbom: Sbom, kind: str, there: Iterable[Distribution]) -> Iterator[str]:
        listed = sbom.listed(kind)
        found = {Distribution(normalize(each.name), each.version) for each in there}
        for each in sorted(found - listed, key=str):
            yield f"{sbom.path} leaves {each} out, which is installed; it must list all"
        for each in sorted(listed - found, key=str):
            yield f"{sbom.path} lists {each}, which is not installed; it must list what is there"

    def _against_the_lock(self, evidence: SbomBeside) -> Iterator[str]:
        path, lock = evidence.sbom.path, evidence.lock
        listed = evidence.sbom.listed("pypi")
        locked = {Distribution(*pinned) for pinned in lock.versions.items()}
        for each in sorted(locked - listed, key=str):
            yield f"{path} leaves {each} out, which {lock.path} names; it must list all"
        for each in sorted(listed - locked, key=str):
            if each.name not in self.tolerated:
                yield f"{path} lists {each}, which {lock.path} does not name"


class NoModuleForbidden:
    """Trusts a process that has loaded no module of machine learning, nor the job."""

    def findings(self, evidence: LoadedModules) -> Iterator[str]:
        """Yield each top-level module that is."""
        loaded = {name.partition(".")[0] for name in evidence.names}
        for name in sorted(loaded & (FORBIDDEN_MODULES | {"ml_jobs"})):
            yield _forbidden(f"the module {name}", f"loaded {evidence.when}")


@dataclass(frozen=True)
class OnlyLockedModules:
    """Trusts a process whose modules all come from the lock, the project or Python itself."""

    tolerated: frozenset[str] = frozenset()

    def findings(self, evidence: LoadedFromLock) -> Iterator[str]:
        """Yield each top-level module that a distribution outside of the lock brought."""
        trusted = evidence.lock.versions.keys() | self.tolerated
        for module, origins in sorted(evidence.loaded.origins.items()):
            if not trusted & set(map(normalize, origins)):
                brought = ", ".join(origins)
                yield f"the module {module} is of {brought}, which is not in {evidence.lock.path}"


def _forbidden(what: str, where: str) -> str:
    return f"{what} is {where}; machine learning belongs to ml_jobs, on another machine"
