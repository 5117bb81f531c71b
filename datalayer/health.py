"""How the portal is, at one moment: what is served, and everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from datalayer.compliance import Compliance
from datalayer.kernel.errors import CacheDown, MachineLearningFound, PortalError, StoreWritable
from datalayer.publications.store_watch import LastAnswer
from datalayer.reading.publication import Publication
from datalayer.reading.results import Provenance

HealthStatus = Literal["ok", "degraded", "empty"]


@dataclass(frozen=True)
class Health:
    """What /health answers.

    Attributes:
        publication: What is served; None when there is nothing.
        store: ``address``; ``state`` (reachable, unreachable or unknown), ``problem``; whether it
            takes what this portal writes, ``writable`` (no, yes, unknown, or "not checked" for a
            folder).
        cache: ``state`` of the second level: off, ok or down.
        problem: Why what is served is not what is active, or an empty string.
        findings: What is not as it should be, a sentence each.
    """

    publication: Provenance | None
    store: dict[str, str]
    cache: dict[str, str]
    ml_dependencies: Compliance
    problem: str
    findings: tuple[PortalError, ...]

    @property
    def publication_id(self) -> str | None:
        """The id of what is served; None when there is nothing."""
        return self.publication.publication_id if self.publication else None

    @property
    def status(self) -> HealthStatus:
        """``degraded`` when it serves with findings; ``empty`` when there is nothing to serve."""
        if self.publication is None:
            return "empty"
        return "degraded" if self.findings else "ok"

    @property
    def readiness(self) -> Literal["ready", "not ready"]:
        """``ready`` with something to serve, whatever is found."""
        return "ready" if self.publication else "not ready"


def assess(
    publication: Publication | None,
    *,
    store_address: str,
    store: LastAnswer,
    cache: str,
    compliance: Compliance,
    problem: str,
) -> Health:
    """Return how the portal is, from what is known of its parts (see ``Health``).

    *store_address* is shown: without credentials.
    """
    findings: list[PortalError] = []
    if problem:
        findings.append(PortalError(problem=problem))
    if store.reach == "unreachable":
        findings.append(PortalError(problem=store.problem))
    if store.writable == "yes":
        findings.append(StoreWritable(store_address))
    if cache == "down":
        findings.append(CacheDown())
    if compliance.violations:
        findings.append(MachineLearningFound(compliance.violations))
    return Health(
        publication=publication.provenance(()) if publication else None,
        store={
            "address": store_address,
            "state": store.reach,
            "problem": store.problem,
            "writable": store.writable,
        },
        cache={"state": cache},
        ml_dependencies=compliance,
        problem=problem,
        findings=tuple(findings),
    )
