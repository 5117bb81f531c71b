"""What is trusted of what a compose file says of its services, networks, volumes and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from datalayer.compliance.evidence.compose import ComposeFile, ComposeService
from datalayer.compliance.forbidden import FORBIDDEN_SERVICES, GPU_WORDS, is_forbidden, normalize
from datalayer.kernel.sentences import Sentence

SERVICES = frozenset({"app", "proxy", "redis", "store"})
"""The services of the deployment."""

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

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each other service."""
        for service in evidence.services:
            if service.name not in self.allowed:
                may = ", ".join(sorted(self.allowed))
                yield Sentence(
                    "{path} has the service {name}; it may have {may}",
                    path=evidence.path,
                    name=service.name,
                    may=may,
                )


class OnlyKnownKeys:
    """Trusts a file that says nothing but what the other rules look at."""

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each option that none of them does, such as ``extends`` and ``include``."""
        for name in evidence.sections:
            if name not in _SECTIONS and not name.startswith("x-"):
                yield Sentence(
                    "{path} has {name}; it may have {sections}",
                    path=evidence.path,
                    name=name,
                    sections=sorted(_SECTIONS),
                )
        for service in evidence.services:
            for name in sorted(map(str, service.options.keys() - _OPTIONS)):
                yield Sentence(
                    "{of} has {name}, which is not looked into; it must not",
                    of=evidence.of(service),
                    name=name,
                )
        for name, options in evidence.volumes.items():
            if options.keys() & {"driver", "driver_opts"}:
                yield Sentence(
                    "{path} has the volume {name} with a driver; it must have none",
                    path=evidence.path,
                    name=name,
                )


@dataclass(frozen=True)
class KnownImages:
    """Trusts services of which each runs the program that it is named for.

    Attributes:
        images: What an image may be called, by the name of its service.
    """

    images: Mapping[str, frozenset[str]] = field(default_factory=lambda: IMAGES)

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each service of another image."""
        for service in evidence.services:
            name = re.split(r"[:@]", service.image.rpartition("/")[2])[0]
            known = self.images.get(service.name, frozenset())
            if service.image and name not in known:
                may = ", ".join(sorted(known)) or "none"
                yield Sentence(
                    "{of} runs the image {name}; it may run {may}",
                    of=evidence.of(service),
                    name=name,
                    may=may,
                )


class NoMachineLearningServices:
    """Trusts services that neither train nor serve models, by name, image and command."""

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
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
                    Sentence(
                        "{of} names {named}; machine learning belongs to a compose project "
                        "of its own, on another machine",
                        of=evidence.of(service),
                        named=tuple(named),
                    )
                )


class NoDevices:
    """Trusts services without GPUs and other devices."""

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
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
                yield Sentence(
                    "{of} has {asked}; it runs on CPUs alone",
                    of=evidence.of(service),
                    asked=tuple(asked),
                )


@dataclass(frozen=True)
class Enclosed:
    """Trusts services that have no way out of the machine and no way in but through some.

    Attributes:
        published: Those that may publish ports.
        outward: Those that may be on a network with a route out.
    """

    published: frozenset[str] = frozenset({"proxy"})
    outward: frozenset[str] = frozenset({"proxy"})

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
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
                yield Sentence(
                    "{of} publishes ports; only {published} may",
                    of=of,
                    published=sorted(self.published),
                )
            if service.name in self.outward or service.options.get("network_mode") == "none":
                continue
            networks = {each.partition("=")[0] for each in service.strings("networks")} or {
                "default"
            }
            if open_ones := sorted(networks - internal):
                yield (
                    Sentence(
                        "{of} is on the network {open_ones}, which has a route out; it "
                        "must be on networks with internal: true",
                        of=of,
                        open_ones=tuple(open_ones),
                    )
                )


class SecretsByFile:
    """Trusts a file in which no secret stands, nor a default for one."""

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each place where one does. Values are not told."""
        for name, options in evidence.secrets.items():
            if "file" not in options and not options.get("external"):
                yield Sentence(
                    "{path} has the secret {name} without file:; it must have one",
                    path=evidence.path,
                    name=name,
                )
        for service in evidence.services:
            of = evidence.of(service)
            for name, value in service.environment().items():
                if self._tells(name, service.filled_in(value)):
                    yield Sentence(
                        "{of} has a value for {name}; secrets must come from files",
                        of=of,
                        name=name,
                    )
            if self._told_in_command(service):
                yield Sentence(
                    "{of} has a password in its command; secrets must come from files", of=of
                )

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

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each image that may be another one tomorrow."""
        for service in evidence.services:
            image = service.image
            if not image:
                if not service.options.get("build"):
                    yield Sentence("{of} has no image; it must name one", of=evidence.of(service))
                continue
            tag = PurePosixPath(image).name.partition(":")[2]
            if "@sha256:" not in image and not re.search(r"\d", tag):
                yield (
                    Sentence(
                        "{of} has the image {image!r}; it must name a digest or a version",
                        of=evidence.of(service),
                        image=image,
                    )
                )
