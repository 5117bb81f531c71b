"""What is trusted of each way to take a project's compose files together: all rules, as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from datalayer.compliance.evidence.compose import ComposeFile
from datalayer.compliance.evidence.compose_ways import ComposeWays
from datalayer.compliance.policies.compose import (
    SERVICES,
    Enclosed,
    KnownImages,
    NoDevices,
    NoMachineLearningServices,
    OnlyKnownKeys,
    OnlyServices,
    PinnedImages,
    SecretsByFile,
)
from datalayer.compliance.policies.confinement import Confined, Limited
from datalayer.compliance.policies.policy import AllOf, Policy
from datalayer.kernel.sentences import Sentence

MOST_REPLICAS = 3
"""How many of the app the one machine carries."""


@dataclass(frozen=True)
class Allowance:
    """What a compose file may have that the deployment's own, ``docker-compose.yml``, may not.

    Attributes:
        services: Services beside the deployment's.
        published: Services that publish ports.
        outward: Services on a network with a route out.
    """

    services: frozenset[str] = frozenset()
    published: frozenset[str] = frozenset()
    outward: frozenset[str] = frozenset()


_APP, _PROMETHEUS = frozenset({"app"}), frozenset({"prometheus"})
ALLOWANCES: Mapping[str, Allowance] = {
    "deploy/compose.s3.yml": Allowance(outward=_APP),
    "deploy/compose.notices.yml": Allowance(outward=_APP),
    "deploy/compose.folder.yml": Allowance(published=_APP, outward=_APP),
    "deploy/compose.monitoring.yml": Allowance(_PROMETHEUS, _PROMETHEUS, _PROMETHEUS),
}
"""By the file's path below the tree; every other file has none."""


@dataclass(frozen=True)
class EachWay:
    """Trusts the deployment's compose files if each way to take them together is trusted.

    Attributes:
        allowances: What a file may have, by its path.
    """

    allowances: Mapping[str, Allowance] = field(default_factory=lambda: ALLOWANCES)

    def findings(self, evidence: ComposeWays) -> Iterator[Sentence]:
        """Yield the findings of each way; what several have in common once."""
        told = set()
        for way in evidence.ways:
            for finding in self._policy(way).findings(way):
                what = finding.replace(way.path, "")
                if what not in told:
                    yield finding
                told.add(what)

    def _policy(self, way: ComposeFile) -> Policy[ComposeFile]:
        allowed = [self.allowances.get(file, Allowance()) for file in way.files]
        return compose_policy(
            SERVICES.union(*(each.services for each in allowed)),
            frozenset({"proxy"}).union(*(each.published for each in allowed)),
            frozenset({"proxy"}).union(*(each.outward for each in allowed)),
        )


class EachWayOfTheJob:
    """Trusts the job's own compose files, on the machine where it runs."""

    def findings(self, evidence: ComposeWays) -> Iterator[Sentence]:
        """Yield the findings of each way."""
        policy = AllOf(OnlyKnownKeys(), Confined(), NoDevices(), SecretsByFile(), PinnedImages())
        for way in evidence.ways:
            yield from policy.findings(way)


def compose_policy(
    services: frozenset[str] = SERVICES,
    published: frozenset[str] = frozenset({"proxy"}),
    outward: frozenset[str] = frozenset({"proxy"}),
) -> Policy[ComposeFile]:
    """Return what is trusted of a compose file of the deployment; arguments as in the parts."""
    return AllOf(
        OnlyServices(services),
        OnlyKnownKeys(),
        KnownImages(),
        NoMachineLearningServices(),
        NoDevices(),
        # Caddy's program asks for this right to start at all, wherever it listens.
        Confined({"proxy": frozenset({"NET_BIND_SERVICE"})}),
        Limited({"app": MOST_REPLICAS}, healthy_by_image=frozenset({"app"})),
        Enclosed(published, outward),
        SecretsByFile(),
        PinnedImages(),
    )
