"""A report signed by somebody's key: which image it is of, and what came of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from datalayer.compliance.report import ProofReport, read_report
from datalayer.kernel.attestation.envelope import sign
from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.attestation.statement import InTotoStatement, Subject
from datalayer.kernel.errors import EvidenceMissing
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import write_durably

PREDICATE_TYPE: Final = "urn:farol:attestation:proof:v1"


def sign_report(report: Path, key: SigningKey) -> Path:
    """Write the signature of a *report*, the JSON, beside it; return its file.

    Raises:
        EvidenceMissing: The report can't be read or was changed, or the file can't be written.
    """
    statement = report_statement(read_report(report), report.name, report.read_bytes())
    envelope = report.with_suffix(".attestation.json")
    try:
        write_durably(envelope, sign(statement, key))
    except OSError as error:
        problem = Sentence("can't be written: {reason}", reason=error.strerror)
        raise EvidenceMissing(
            subject=Sentence("The file {path}", path=str(envelope)), problem=problem
        ) from error
    return envelope


def report_statement(report: ProofReport, name: str, content: bytes) -> InTotoStatement:
    """Return what is signed of a report: its file, the image if one was proved, and the outcome."""
    subjects = [Subject(name, hashlib.sha256(content).hexdigest())]
    if report.image_digest:
        subjects.append(Subject(report.image_name, report.image_digest.removeprefix("sha256:")))
    outcomes = ("passed", "failed", "not applicable")
    predicate: dict[str, object] = {
        "checked_at": report.checked_at.isoformat(),
        "closing_line": report.closing_line,
        **{outcome.replace(" ", "_"): report.count(outcome) for outcome in outcomes},
    }
    return InTotoStatement(tuple(subjects), PREDICATE_TYPE, predicate)
