"""What is trusted of the place where the portal runs: a small image, no way out, few rights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datalayer.compliance.evidence.machine import Image, Process, WayOut
from datalayer.kernel.sentences import Sentence

MOST_IMAGE_MB = 600.0
"""What an image must stay under, in millions of bytes."""


@dataclass(frozen=True)
class SmallImage:
    """Trusts an image that is small enough."""

    most_mb: float = MOST_IMAGE_MB

    def findings(self, evidence: Image) -> Iterator[Sentence]:
        """Yield that it isn't."""
        size_mb = evidence.size_bytes / 1e6
        if not 0 < size_mb < self.most_mb:
            yield Sentence(
                "The image has {size_mb:.0f} MB; it must have less than {most_mb:g}",
                size_mb=size_mb,
                most_mb=self.most_mb,
            )


class NoWayOut:
    """Trusts a network that leads nowhere."""

    def findings(self, evidence: WayOut) -> Iterator[Sentence]:
        """Yield each way out."""
        for interface in evidence.default_routes:
            yield Sentence(
                "A default route leads out through {interface}; there must be none",
                interface=interface,
            )
        if evidence.left:
            yield Sentence(
                "A connection to the outside was tried: {answer}; it must be refused",
                answer=evidence.answer,
            )


class Unprivileged:
    """Trusts a process that is nobody of importance and can become none."""

    def findings(self, evidence: Process) -> Iterator[Sentence]:
        """Yield each right that it should not have."""
        if evidence.user == 0:
            yield Sentence("It runs as root; it must run as another user")
        if evidence.capabilities:
            yield Sentence(
                "It has the capabilities {capabilities}; all must be dropped",
                capabilities=f"{evidence.capabilities:#x}",
            )
        if not evidence.no_new_privileges:
            yield Sentence("It may gain privileges; no-new-privileges must be set")
        if evidence.root_writable:
            yield Sentence("Its root can be written to; it must be read-only")
