"""How the portal is, at one moment: what is served, and everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from datalayer.compliance.at_a_glance import Compliance
from datalayer.kernel.errors import MachineLearningFound, PortalError, RedisFailed, StoreWritable
from datalayer.publications.store_watch import LastAnswer
from datalayer.publications.trust import Signatures
from datalayer.reading.cache.redis_cache import CacheHealth
from datalayer.reading.results import Provenance

HealthStatus = Literal["ok", "degraded", "empty"]


@dataclass(frozen=True)
class Health:
    """What /health answers.

    Attributes:
        publication: What is served; None when there is nothing.
        store_address: Fit to be shown: without credentials.
        last_answer: What the store said when it was last asked.
        shared_cache: How the level is that replicas share.
        state_folder: What the state folder said when it was last asked to take a file.
        replicas: What is wrong among the replicas.
        marks: What is wrong with the marks of planners.
        ml_dependencies: The outcome of looking for machine learning.
        problem: Why what is served is not what is active, or an empty string.
        signatures: Who must sign what is served, and who did; None where nobody need sign.
    """

    publication: Provenance | None
    store_address: str
    last_answer: LastAnswer
    shared_cache: CacheHealth
    state_folder: LastAnswer
    replicas: tuple[PortalError, ...]
    marks: tuple[PortalError, ...]
    ml_dependencies: Compliance
    problem: str
    signatures: Signatures | None

    @property
    def store(self) -> dict[str, str]:
        """The store, in words.

        ``address``; ``state`` (reachable, unreachable or unknown), ``problem``; whether it takes
        what this portal writes, ``writable`` (no, yes, unknown, or "not checked" for a folder).
        """
        return {
            "address": self.store_address,
            "state": self.last_answer.reach,
            "problem": self.last_answer.problem,
            "writable": self.last_answer.writable,
        }

    @property
    def cache(self) -> dict[str, str]:
        """The level that replicas share, in words.

        ``state`` (off, ok, down, or refusing to do what it is asked), and ``problem``.
        """
        return {"state": self.shared_cache.state, "problem": self.shared_cache.problem}

    @property
    def findings(self) -> tuple[PortalError, ...]:
        """What is not as it should be, a sentence each."""
        findings: list[PortalError] = []
        if self.problem:
            findings.append(PortalError(problem=self.problem))
        if self.signatures and self.signatures.problem:
            findings.append(self.signatures.problem)
        if self.last_answer.reach == "unreachable":
            findings.append(PortalError(problem=self.last_answer.problem))
        if self.last_answer.writable == "yes":
            findings.append(StoreWritable(address=self.store_address))
        if self.state_folder.problem:
            findings.append(PortalError(problem=self.state_folder.problem))
        if self.shared_cache.problem:
            findings.append(RedisFailed(reason=self.shared_cache.problem))
        told = set(map(str, findings))  # the cache and the replicas' notices may fail alike
        findings += [each for each in self.replicas if str(each) not in told]
        findings += self.marks
        if self.ml_dependencies.violations:
            findings.append(MachineLearningFound(violations=self.ml_dependencies.violations))
        return tuple(findings)

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
