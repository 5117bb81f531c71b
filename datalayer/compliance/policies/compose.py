"""What is trusted of a compose file: rules for each service, and for the file as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from datalayer.compliance.evidence.compose import ComposeFile, ComposeService
from datalayer.compliance.evidence.compose_ways import ComposeWays
from datalayer.compliance.forbidden import FORBIDDEN_SERVICES, GPU_WORDS, is_forbidden, normalize
from datalayer.compliance.policies.confinement import Confined, Limited
from datalayer.compliance.policies.policy import AllOf, Policy

SERVICES = frozenset({"app", "proxy", "redis", "store"})
"""The services of the deployment."""

MOST_REPLICAS = 3
"""How many of the app the one machine carries."""

IMAGES: Mapping[str, frozenset[str]] = {
    "app": frozenset({"farol-app"}),
    "prometheus": frozenset({"prometheus"}),
    "proxy": frozenset({"caddy", "nginx"}),
    "redis": frozenset({"redis", "valkey"}),
    "store": frozenset({"minio", "seaweedfs"}),
}
"""What each service's image may be called, whatever registry it is from."""

_SECTIONS = frozenset({"name", "networks", "secrets", "services", "version", "volumes"})
_OPTIONS = frozenset(
    """
    cap_add cap_drop command container_name cpus depends_on deploy device_cgroup_rules devices
    entrypoint environment expose gpus healthcheck hostname image init ipc labels logging mem_limit
    mem_reservation memswap_limit network_mode networks pid pids_limit ports privileged profiles
    pull_policy read_only restart runtime scale secrets security_opt shm_size stop_grace_period
    stop_signal tmpfs ulimits user userns_mode volumes working_dir
    """.split()  # noqa: SIM905 - as words they fit on a few lines
)
_SECRET_NAME = re.compile(
    r"PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|PRIVATE_?KEY|ACCESS_?KEY|API_?KEY|CREDENTIAL"
)
_PASSWORD_IN_ADDRESS = re.compile(r"\w+://[^/\s:@]*:([^@\s/]+)@")
_PASSWORD_OPTION = re.compile(r"--(?:requirepass|masterauth|password)[= ](\S+)")


@dataclass(frozen=True)
class OnlyServices:
    """Trusts a file of these services alone."""

    allowed: frozenset[str] = SERVICES

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each other service."""
        for service in evidence.services:
            if service.name not in self.allowed:
                may = ", ".join(sorted(self.allowed))
                yield f"{evidence.path} has the service {service.name}; it may have {may}"


class OnlyUnderstood:
    """Trusts a file that says nothing but what the other rules look at."""

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each option that none of them does, such as ``extends`` and ``include``."""
        for name in evidence.sections:
            if name not in _SECTIONS and not name.startswith("x-"):
                yield f"{evidence.path} has {name}; it may have {', '.join(sorted(_SECTIONS))}"
        for service in evidence.services:
            for name in sorted(map(str, service.options.keys() - _OPTIONS)):
                yield f"{evidence.of(service)} has {name}, which is not looked into; it must not"
        for name, options in evidence.volumes.items():
            if options.keys() & {"driver", "driver_opts"}:
                yield f"{evidence.path} has the volume {name} with a driver; it must have none"


@dataclass(frozen=True)
class KnownImages:
    """Trusts services of which each runs the program that it is named for.

    Attributes:
        images: What an image may be called, by the name of its service.
    """

    images: Mapping[str, frozenset[str]] = field(default_factory=lambda: IMAGES)

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each service of another image."""
        for service in evidence.services:
            name = re.split(r"[:@]", service.image.rpartition("/")[2])[0]
            known = self.images.get(service.name, frozenset())
            if service.image and name not in known:
                may = ", ".join(sorted(known)) or "none"
                yield f"{evidence.of(service)} runs the image {name}; it may run {may}"


class NoMachineLearningServices:
    """Trusts services that neither train nor serve models, by name, image and command."""

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each that does."""
        for service in evidence.services:
            texts = (
                service.name, service.image, str(service.options.get("build", "")),
                *service.strings("command"), *service.strings("entrypoint"),
            )  # fmt: skip
            words = {
                word
                for text in texts
                for word in re.split(r"[/:@=\s,'\"{}]+", service.filled_in(text))
            }
            named = sorted(
                w for w in words if normalize(w) in FORBIDDEN_SERVICES or is_forbidden(w)
            )
            if named:
                yield (
                    f"{evidence.of(service)} names {', '.join(named)}; "
                    "machine learning belongs to a compose project of its own, on another machine"
                )


class NoDevices:
    """Trusts services without GPUs and other devices."""

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each that has or asks for one."""
        for service in evidence.services:
            asked = [
                n for n in ("devices", "gpus", "device_cgroup_rules") if service.options.get(n)
            ]
            if service.reservations.get("devices"):
                asked.append("deploy.resources.reservations.devices")
            if any(word in str(service.options.get("runtime", "")) for word in GPU_WORDS):
                asked.append("runtime")
            asked += [n for n in service.environment() if n.lower().startswith(GPU_WORDS)]
            if asked:
                yield f"{evidence.of(service)} has {', '.join(asked)}; it runs on CPUs alone"


@dataclass(frozen=True)
class Enclosed:
    """Trusts services that have no way out of the machine and no way in but through some.

    Attributes:
        published: Those that may publish ports.
        outward: Those that may be on a network with a route out.
    """

    published: frozenset[str] = frozenset({"proxy"})
    outward: frozenset[str] = frozenset({"proxy"})

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each service with a way that it should not have."""
        internal = {
            name
            for name, options in evidence.networks.items()
            # Of an external one, what stands here does not count.
            if options.get("internal") is True
            and not options.get("external")
            and options.get("driver", "bridge") == "bridge"
        }
        for service in evidence.services:
            of = evidence.of(service)
            if service.options.get("ports") and service.name not in self.published:
                yield f"{of} publishes ports; only {', '.join(sorted(self.published))} may"
            if service.name in self.outward or service.options.get("network_mode") == "none":
                continue
            networks = {each.partition("=")[0] for each in service.strings("networks")} or {
                "default"
            }
            if open_ones := sorted(networks - internal):
                yield (
                    f"{of} is on the network {', '.join(open_ones)}, which has a route out; "
                    "it must be on networks with internal: true"
                )


class SecretsByFile:
    """Trusts a file in which no secret stands, nor a default for one."""

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each place where one does. Values are not told."""
        for name, options in evidence.secrets.items():
            if "file" not in options and not options.get("external"):
                yield f"{evidence.path} has the secret {name} without file:; it must have one"
        for service in evidence.services:
            of = evidence.of(service)
            for name, value in service.environment().items():
                if self._tells(name, service.filled_in(value)):
                    yield f"{of} has a value for {name}; secrets must come from files"
            if self._told_in_command(service):
                yield f"{of} has a password in its command; secrets must come from files"

    def _tells(self, name: str, literal: str) -> bool:
        named = _SECRET_NAME.search(name.upper()) and not name.upper().endswith("_FILE")
        # The path of a file or folder is no secret, what lies in it may be.
        told = named and literal and not literal.startswith("/run/")
        return bool(told or _PASSWORD_IN_ADDRESS.search(literal))

    def _told_in_command(self, service: ComposeService) -> bool:
        words = " ".join((*service.strings("entrypoint"), *service.strings("command")))
        # What the shell reads when it runs, as in "$$(cat /run/secrets/...)", is no literal.
        given = (each.strip("'\"") for each in _PASSWORD_OPTION.findall(words))
        return any(
            not each.startswith("$") or service.filled_in(each) != each for each in given if each
        )


class PinnedImages:
    """Trusts services whose images are one version or digest, or are built here."""

    def findings(self, evidence: ComposeFile) -> Iterator[str]:
        """Yield each image that may be another one tomorrow."""
        for service in evidence.services:
            image = service.image
            if not image:
                if not service.options.get("build"):
                    yield f"{evidence.of(service)} has no image; it must name one"
                continue
            tag = PurePosixPath(image).name.partition(":")[2]
            if "@sha256:" not in image and not re.search(r"\d", tag):
                yield (
                    f"{evidence.of(service)} has the image {image!r}; "
                    "it must name a digest or a version"
                )


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

    def findings(self, evidence: ComposeWays) -> Iterator[str]:
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

    def findings(self, evidence: ComposeWays) -> Iterator[str]:
        """Yield the findings of each way."""
        policy = AllOf(OnlyUnderstood(), Confined(), NoDevices(), SecretsByFile(), PinnedImages())
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
        OnlyUnderstood(),
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
