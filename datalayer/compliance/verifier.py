"""How to check: evidence against policy, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from datalayer.compliance.policies.policy import Policy
from datalayer.kernel.errors import NotCheckable, PortalError

Outcome = Literal["passed", "failed", "not applicable"]


class Evidence(Protocol):
    """What was said, of whatever kind."""

    @property
    def summary(self) -> str:
        """What was looked at, in a few words, as in ``73 distributions``."""


E = TypeVar("E", bound=Evidence)


@dataclass(frozen=True)
class CheckResult:
    """What came of one check.

    Attributes:
        looked_at: What was looked at, or why it could not be.
        findings: A sentence for each breach; empty unless it failed.
    """

    name: str
    promise: str
    outcome: Outcome
    looked_at: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check(Generic[E]):
    """One promise, and how it is looked for.

    Attributes:
        name: Identifier; documents and reports name it.
        promise: What holds when the check passes, as a sentence.
        gather: Gets the evidence. ``NotCheckable`` says that there is none here, and why.
        policy: What is trusted of it.
    """

    name: str
    promise: str
    gather: Callable[[], E]
    policy: Policy[E]

    def verify(self) -> CheckResult:
        """Return what came of it.

        Evidence that there should be and that can't be read is a finding: what was not looked at
        is never passed.
        """
        try:
            evidence = self.gather()
        except NotCheckable as reason:
            return CheckResult(self.name, self.promise, "not applicable", str(reason))
        except PortalError as error:
            return CheckResult(self.name, self.promise, "failed", "no evidence", (str(error),))
        findings = tuple(self.policy.findings(evidence))
        outcome: Outcome = "failed" if findings else "passed"
        return CheckResult(self.name, self.promise, outcome, evidence.summary, findings)


class Verifiable(Protocol):
    """A check, whatever kind of evidence it is about."""

    @property
    def name(self) -> str:
        """Identifier; documents and reports name it."""

    @property
    def promise(self) -> str:
        """What holds when it passes, as a sentence."""

    def verify(self) -> CheckResult:
        """Return what came of it."""
