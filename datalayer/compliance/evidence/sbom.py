"""Evidence of the bill of materials: what it lists, beside what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datalayer.compliance.evidence.packages import Distribution, Installed, Lock
from datalayer.compliance.forbidden import normalize
from datalayer.kernel.errors import EvidenceMissing, NotCheckable
from datalayer.kernel.sentences import Sentence


@dataclass(frozen=True)
class Sbom:
    """The components that a CycloneDX document lists.

    Attributes:
        components: All of them, within others too.
        kinds: Of each component, in the same order, the kind of its package URL, such as ``pypi``
            or ``deb``; empty without one.
    """

    path: str
    components: tuple[Distribution, ...]
    kinds: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """How many components it lists."""
        return Sentence("{count} components in {path}", count=len(self.components), path=self.path)

    def listed(self, kind: str) -> frozenset[Distribution]:
        """Return the components of a *kind*."""
        pairs = zip(self.components, self.kinds, strict=True)
        return frozenset(each for each, its_kind in pairs if its_kind == kind)


@dataclass(frozen=True)
class SbomBeside:
    """An SBOM beside what is there.

    Attributes:
        python: Python's packages that are installed, wherever they are.
        system: The system's; None where they are the machine's own and not looked at.
        interpreter: Python itself.
    """

    sbom: Sbom
    lock: Lock
    python: Installed
    system: Installed | None
    interpreter: Distribution

    @property
    def summary(self) -> str:
        """How much there is of each."""
        system = f", {self.system.summary}" if self.system else ""
        return Sentence(
            "{first}, {second}{system}, {third}",
            first=self.sbom.summary,
            second=self.python.summary,
            system=system,
            third=self.lock.summary,
        )


def read_sbom(path: Path | None) -> Sbom:
    """Return what the CycloneDX document in *path* lists, components within components too.

    Raises:
        NotCheckable: None was given.
        EvidenceMissing: It is no CycloneDX document in JSON.
    """
    if path is None:
        raise NotCheckable(
            reason=Sentence("no SBOM was given; `make proof` makes one and gives it")
        )
    subject = Sentence("The SBOM {path}", path=str(path))
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = Sentence(
            "can't be read: {reason}; it must be CycloneDX in JSON", reason=str(error)
        )
        raise EvidenceMissing(subject=subject, problem=problem) from error
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        problem = Sentence("is no CycloneDX document in JSON")
        raise EvidenceMissing(subject=subject, problem=problem)
    components = tuple(_components(document.get("components")))
    if not components:
        problem = Sentence("lists nothing; it must list all packages")
        raise EvidenceMissing(subject=subject, problem=problem)
    return Sbom(
        str(path), tuple(each for each, _ in components), tuple(kind for _, kind in components)
    )


def _components(listed: object) -> Iterator[tuple[Distribution, str]]:
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            group = f"{each['group']}/" if each.get("group") else ""
            name = normalize(f"{group}{each.get('name', '')}")
            kind = str(each.get("purl") or "").removeprefix("pkg:").partition("/")[0]
            yield Distribution(name, str(each.get("version", ""))), kind
            yield from _components(each.get("components"))
