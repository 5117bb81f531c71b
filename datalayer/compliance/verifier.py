"""How to check: evidence against policy, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

from datalayer.compliance.policies.policy import Policy
from datalayer.kernel.errors import NotCheckable, PortalError
from datalayer.kernel.sentences import Sentence, recipe, restored

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
        recipes: How each of these sentences was made, as JSON, so that one that was read from
            a report can be told in other languages; made here unless given.
    """

    name: str
    promise: str
    outcome: Outcome
    looked_at: str
    findings: tuple[str, ...] = ()
    recipes: tuple[object, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the recipes of the sentences, or the sentences of the recipes."""
        texts = (self.looked_at, *self.findings)
        if len(self.recipes) == len(texts):
            looked_at, *findings = map(restored, texts, self.recipes)
            object.__setattr__(self, "looked_at", looked_at)
            object.__setattr__(self, "findings", tuple(findings))
        else:
            object.__setattr__(self, "recipes", tuple(map(recipe, texts)))


@dataclass(frozen=True)
class ProofCheck(Generic[E]):
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
            return CheckResult(
                self.name, self.promise, "failed", Sentence("no evidence"), (str(error),)
            )
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
