"""Evidence against policy: passed, failed, or not applicable, and never passed unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datalayer.compliance.policies.policy import AllOf
from datalayer.compliance.verifier import CheckResult, ProofCheck
from datalayer.kernel.errors import EvidenceMissing, NotCheckable


@dataclass(frozen=True)
class Words:
    """Evidence."""

    words: tuple[str, ...]

    @property
    def summary(self) -> str:
        return f"{len(self.words)} words"


@dataclass(frozen=True)
class Without:
    """A policy."""

    word: str

    def findings(self, evidence: Words) -> Iterator[str]:
        if self.word in evidence.words:
            yield f"{self.word} is there; it must not be"


def verified(gather: Callable[[], Words]) -> CheckResult:
    return ProofCheck("words", "No bad words", gather, AllOf(Without("a"), Without("b"))).verify()


def test_evidence_that_keeps_all_policies_passes() -> None:
    assert verified(lambda: Words(("c", "d"))) == CheckResult(
        "words", "No bad words", "passed", "2 words"
    )


def test_the_findings_of_all_policies_are_told() -> None:
    found = verified(lambda: Words(("b", "a")))

    assert found.outcome == "failed"
    assert found.findings == ("a is there; it must not be", "b is there; it must not be")


def test_what_can_not_be_checked_here_is_not_applicable_and_says_why() -> None:
    def gather() -> Words:
        raise NotCheckable(reason="there is no dictionary here")

    found = verified(gather)

    assert (found.outcome, found.looked_at) == ("not applicable", "there is no dictionary here")


def test_evidence_that_should_be_there_and_is_not_fails() -> None:
    def gather() -> Words:
        raise EvidenceMissing(subject="The dictionary", problem="can't be read")

    found = verified(gather)

    assert (found.outcome, found.findings) == ("failed", ("The dictionary can't be read",))
