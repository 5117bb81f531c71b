"""What a service of a compose file may do, and how much of the machine it may use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from datalayer.compliance.evidence.compose import ComposeFile, ComposeService, filled_in
from datalayer.kernel.sentences import Sentence

MOST_MEMORY_GIB = 16.0
"""What the one machine has that all services together must fit into."""

_OWN = frozenset({"", "none", "private"})
_NO_NEW_PRIVILEGES = frozenset(
    {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}
)
# What nobody means by a folder of files to read, as a whole or with all that is in it.
_SYSTEM = frozenset({"/", "/bin", "/etc", "/home", "/lib", "/root", "/sbin", "/usr", "/var"})
_SYSTEM_WHOLE = ("/boot", "/dev", "/proc", "/run", "/sys", "/var/run", "/var/lib/docker")
_UNITS_GIB = {"k": 2**-20, "m": 2**-10, "g": 1.0, "t": 1024.0, "": 2**-30}


@dataclass(frozen=True)
class Confined:
    """Trusts services that can do no more than their work needs.

    Attributes:
        capabilities: What a service may have added, by its name.
    """

    capabilities: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each freedom that a service should not have."""
        for service in evidence.services:
            yield from self._rights(evidence.of(service), service)
            yield from self._shared_with_the_host(evidence.of(service), service)

    def _rights(self, of: str, service: ComposeService) -> Iterator[Sentence]:
        if "ALL" not in {each.upper() for each in service.strings("cap_drop")}:
            yield Sentence("{of} keeps capabilities; it must have cap_drop: [ALL]", of=of)
        allowed = self.capabilities.get(service.name, frozenset())
        if added := sorted(set(service.strings("cap_add")) - allowed):
            may = ", ".join(sorted(allowed)) or "none"
            yield Sentence(
                "{of} adds the capabilities {added}; it may add {may}",
                of=of,
                added=tuple(added),
                may=may,
            )
        options = set(service.strings("security_opt"))
        if not options & _NO_NEW_PRIVILEGES:
            yield Sentence(
                "{of} may gain privileges; it must have security_opt: no-new-privileges:true", of=of
            )
        if others := sorted(options - _NO_NEW_PRIVILEGES):
            yield Sentence(
                "{of} has security_opt: {others}; it may have no-new-privileges:true",
                of=of,
                others=tuple(others),
            )
        if service.options.get("read_only") is not True:
            yield Sentence("{of} may write to its root; it must have read_only: true", of=of)
        if service.options.get("privileged"):
            yield Sentence("{of} is privileged; it must not be", of=of)
        user = service.filled_in(service.options.get("user", "")).partition(":")[0]
        if not user or user == "root" or not user.strip("0"):
            yield Sentence(
                "{of} may run as root; it must have user: with another one's number", of=of
            )

    def _shared_with_the_host(self, of: str, service: ComposeService) -> Iterator[Sentence]:
        for name in ("network_mode", "pid", "ipc", "userns_mode"):
            value = service.filled_in(service.options.get(name) or "")
            if value not in _OWN:
                yield Sentence(
                    "{of} has {name}: {value}; it must have its own", of=of, name=name, value=value
                )
        for mount in _mounts(service):
            for source in filter(_is_elsewhere, (mount.by_default, mount.given)):
                if source == mount.by_default:
                    may = "it may mount volumes and own folders"
                elif _is_of_the_system(source):
                    may = "what .env names must be the full path of a folder or file of yours"
                elif not mount.read_only:
                    may = "what .env names must be mounted with :ro"
                else:
                    continue
                yield Sentence(
                    "{of} mounts {source} of the machine; {may}", of=of, source=source, may=may
                )
                break


@dataclass(frozen=True)
class Limited:
    """Trusts services that have limits, and a file whose limits fit the one machine.

    Attributes:
        replicas: How many of a service there may be, by its name; one where it is not named.
        healthy_by_image: Services whose image says how they are asked.
    """

    replicas: Mapping[str, int] = field(default_factory=dict)
    healthy_by_image: frozenset[str] = frozenset()

    def findings(self, evidence: ComposeFile) -> Iterator[Sentence]:
        """Yield each limit that is missing, and a sum of memory that is too much."""
        total_gib = 0.0
        for service in evidence.services:
            of = evidence.of(service)
            limit = service.options.get("mem_limit") or service.limits.get("memory", "")
            size_gib = _gibibytes(service.filled_in(limit))
            if not size_gib:
                yield Sentence("{of} has no limit of memory; it must have mem_limit", of=of)
            total_gib += (size_gib or 0.0) * max(
                self.replicas.get(service.name, 1),
                _number(service, service.options.get("scale")),
                _number(service, service.mapping("deploy").get("replicas")),
            )
            # 0 and -1 say that there is no limit.
            if _number(service, service.options.get("cpus") or service.limits.get("cpus")) <= 0:
                yield Sentence("{of} has no limit of processors; it must have cpus", of=of)
            processes = service.options.get("pids_limit") or service.limits.get("pids")
            if _number(service, processes) <= 0:
                yield Sentence("{of} has no limit of processes; it must have pids_limit", of=of)
            nofile = service.mapping("ulimits").get("nofile")
            files = nofile.get("hard") if isinstance(nofile, Mapping) else nofile
            if _number(service, files) <= 0:
                yield Sentence("{of} has no limit of files; it must have ulimits: nofile", of=of)
            if not self._is_asked(service):
                yield Sentence("{of} has no healthcheck; it must say how it is asked", of=of)
        if total_gib >= MOST_MEMORY_GIB:
            yield (
                Sentence(
                    "{path} limits memory to {total_gib:.1f} GiB altogether; it must "
                    "be less than {most_memory_gib:g}",
                    path=evidence.path,
                    total_gib=total_gib,
                    most_memory_gib=MOST_MEMORY_GIB,
                )
            )

    def _is_asked(self, service: ComposeService) -> bool:
        check = service.mapping("healthcheck")
        test = check.get("test")
        if check.get("disable") or "NONE" in (test if isinstance(test, list) else [test]):
            return False
        return bool(test) or service.name in self.healthy_by_image


@dataclass(frozen=True)
class _Mount:
    """What a service mounts: as the file has it, and as ``.env`` may name it instead."""

    by_default: str
    given: str
    read_only: bool


def _mounts(service: ComposeService) -> Iterator[_Mount]:
    for volume in service.options.get("volumes") or ():
        if isinstance(volume, Mapping):
            source = str(volume.get("source", ""))
            yield _Mount(
                filled_in(source), service.filled_in(source), volume.get("read_only") is True
            )
        else:
            text = str(volume)
            given, _, rest = service.filled_in(text).partition(":")
            options = rest.partition(":")[2].split(",")
            yield _Mount(filled_in(text).partition(":")[0], given, "ro" in options)


def _is_elsewhere(source: str) -> bool:
    return source.startswith(("/", "~")) or ".." in PurePosixPath(source).parts


def _is_of_the_system(source: str) -> bool:
    path = PurePosixPath(os.path.normpath(f"/{source.lstrip('/')}"))
    return (
        str(path) in _SYSTEM
        or not source.startswith("/")
        or path.suffix == ".sock"
        or any(path.is_relative_to(each) for each in _SYSTEM_WHOLE)
    )


def _number(service: ComposeService, value: object) -> float:
    try:
        return float(service.filled_in(value))
    except ValueError:
        return 0.0


def _gibibytes(amount: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?", amount.strip().lower())
    return float(found[1]) * _UNITS_GIB[found[2]] if found else None
