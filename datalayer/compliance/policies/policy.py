"""What a policy is, and how several make one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, TypeVar

from datalayer.kernel.sentences import Sentence

E_contra = TypeVar("E_contra", contravariant=True)


class Policy(Protocol[E_contra]):
    """What is trusted of one kind of evidence."""

    def findings(self, evidence: E_contra) -> Iterator[Sentence]:
        """Yield a sentence for each breach: what was found, and what would be right."""
        ...


class AllOf(Policy[E_contra]):
    """Trusts what each of several policies trusts."""

    def __init__(self, *policies: Policy[E_contra]) -> None:
        self._policies = policies

    def findings(self, evidence: E_contra) -> Iterator[Sentence]:
        """Yield the findings of each, in their order."""
        for policy in self._policies:
            yield from policy.findings(evidence)
