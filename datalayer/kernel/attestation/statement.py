"""What is said: an in-toto Statement, version 1.

Source: https://github.com/in-toto/attestation, specification of the statement layer v1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from datalayer.kernel.contract.strict_json import excerpt, json_object
from datalayer.kernel.sentences import Sentence

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
MOST_SUBJECTS: Final = 200
LONGEST_NAME: Final = 400

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Subject:
    """A file that something is said of.

    Attributes:
        sha256: Lower-case hexadecimal digest of the whole file.
    """

    name: str
    sha256: str


@dataclass(frozen=True)
class InTotoStatement:
    """Something said of files.

    Attributes:
        subjects: The files, each name once.
        predicate_type: What kind of thing is said, a URI.
        predicate: What is said; JSON values.
    """

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, object]

    def sha256_of(self, name: str) -> str | None:
        """Return the digest of the subject *name*; None if nothing is said of it."""
        return next((each.sha256 for each in self.subjects if each.name == name), None)


def statement_json(statement: InTotoStatement) -> bytes:
    """Return *statement* as JSON, the same bytes for the same statement."""
    content = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": s.name, "digest": {"sha256": s.sha256}} for s in statement.subjects],
        "predicateType": statement.predicate_type,
        "predicate": dict(statement.predicate),
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()


def parse_statement(payload: bytes) -> InTotoStatement:
    """Return the statement that *payload* is.

    Raises:
        ValueError: It is none; says what was found and what would be right.
    """
    fields = json_object(payload)
    if fields.get("_type") != STATEMENT_TYPE:
        raise ValueError(
            Sentence(
                "its {name:s} is {found}; known is {known}",
                name="_type",
                found=excerpt(fields.get("_type")),
                known=STATEMENT_TYPE,
            )
        )
    predicate_type, predicate = fields.get("predicateType"), fields.get("predicate")
    if not isinstance(predicate_type, str):
        raise ValueError(
            Sentence(
                "its predicateType is {found}; it must be a URI", found=excerpt(predicate_type)
            )
        )
    if not isinstance(predicate, dict):
        raise ValueError(
            Sentence("its predicate is {found}; it must be an object", found=excerpt(predicate))
        )
    subjects = tuple(_subjects(fields.get("subject")))
    if len({subject.name for subject in subjects}) < len(subjects):
        raise ValueError(Sentence("it names a subject twice; each must be named once"))
    return InTotoStatement(subjects, predicate_type, predicate)


def _subjects(entries: object) -> Iterator[Subject]:
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_SUBJECTS:
        raise ValueError(
            Sentence("its subject must be a list of 1 to {most} files", most=MOST_SUBJECTS)
        )
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        digest = entry.get("digest") if isinstance(entry, dict) else None
        sha256 = digest.get("sha256") if isinstance(digest, dict) else None
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME:
            raise ValueError(
                Sentence(
                    "a subject has the name {found}; it must be a file's name", found=excerpt(name)
                )
            )
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            found = Sentence(
                "the subject {shown} has the SHA-256 {sha256}; it must be 64 digits of "
                "lower-case hex",
                shown=excerpt(name),
                sha256=excerpt(sha256),
            )
            raise ValueError(found)
        yield Subject(name, sha256)
