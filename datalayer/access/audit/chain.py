"""The hash chain of the audit log: each line names the SHA-256 of the line before it.

Whoever may write the file can still append to it or cut its end. Both show against a head, the
SHA-256 of the last line at some moment, that was kept elsewhere: each one is also logged.
Every line counts, torn ones too, so a line's sequence is its number in the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from datalayer.kernel.sentences import Sentence

BEFORE_FIRST = "0" * 64
"""What stands for the line before the first."""

_BLOCK_BYTES = 64 * 1024
_LINES_PER_REPORT = 1000


@dataclass(frozen=True)
class Link:
    """What ties a line to the one before it.

    Attributes:
        sequence: The line's number in the file, from 1.
        previous: SHA-256 of the bytes of the line before, without its end, as 64 hex digits.
    """

    sequence: int
    previous: str


@dataclass(frozen=True)
class ChainCheck:
    """What a walk along the chain found.

    Attributes:
        lines: Lines walked, up to the break where there is one.
        torn: Lines among them that a crash has cut.
        chained_from: The first line with a link; those before it can't be proved. None if no
            line has one.
        first_at: When the first entry was written, UTC; None without an entry.
        last_at: When the last one was.
        head: SHA-256 of the last line walked.
        sought_line: The line whose SHA-256 was asked for; None if no line has it.
        broken: The first line that does not follow the one before it, by its number from 1,
            and what it should have; None if the chain is whole.
    """

    lines: int = 0
    torn: int = 0
    chained_from: int | None = None
    first_at: datetime | None = None
    last_at: datetime | None = None
    head: str = BEFORE_FIRST
    sought_line: int | None = None
    broken: str | None = None


def digest(line: bytes) -> str:
    """Return the SHA-256 of a line, its end left out, as 64 hex digits."""
    return hashlib.sha256(line.removesuffix(b"\n")).hexdigest()


def next_link(descriptor: int, size_bytes: int) -> Link:
    """Return the link of the line that will follow the first *size_bytes* of a file.

    It reads the last line alone, or as far back as there are torn lines.
    """
    passed, head = 0, BEFORE_FIRST
    for line in lines_backwards(descriptor, size_bytes):
        head = head if passed else digest(line)
        if link := _link(_fields(line)):
            return Link(link.sequence + passed + 1, head)
        passed += 1
    return Link(passed + 1, head)


def lines_backwards(descriptor: int, size_bytes: int) -> Iterator[bytes]:
    """Yield the lines in the first *size_bytes* of a file without their ends, last one first."""
    if size_bytes == 0:
        return
    ended = os.pread(descriptor, 1, size_bytes - 1) == b"\n"
    begin, rest, block_bytes = size_bytes - ended, b"", _BLOCK_BYTES
    while begin > 0:
        begin, end = max(0, begin - block_bytes), begin
        rest, *whole = (os.pread(descriptor, end - begin, begin) + rest).split(b"\n")
        yield from reversed(whole)
        # A line of many blocks would otherwise be copied once for each of them.
        block_bytes = _BLOCK_BYTES if whole else 2 * block_bytes
    yield rest


def check_chain(
    lines: Iterable[bytes], sought: str | None, report: Callable[[int], None]
) -> ChainCheck:
    """Return what the chain through *lines* is like, up to the first that breaks it.

    Args:
        lines: The whole log's, with their ends.
        sought: A SHA-256 that one of the lines should have; None to seek none.
        report: Told now and then how many bytes have been walked since the last time.
    """
    check, walked_bytes = ChainCheck(), 0
    for line in lines:
        check = step(check, line, sought)
        walked_bytes += len(line)
        if check.broken:
            break
        if check.lines % _LINES_PER_REPORT == 0:
            report(walked_bytes)
            walked_bytes = 0
    report(walked_bytes)
    return check


def step(check: ChainCheck, line: bytes, sought: str | None = None) -> ChainCheck:
    """Return *check* carried on over the *line* that follows those it has walked.

    Args:
        check: Whole so far.
        line: With its end or without.
        sought: A SHA-256 that one of the lines should have; None to seek none.
    """
    number, fields = check.lines + 1, _fields(line)
    link = _link(fields)
    if broken := _break(check, number, link, readable=fields is not None):
        return replace(check, broken=broken)
    head, at = digest(line), _at(fields)
    return ChainCheck(
        lines=number,
        torn=check.torn + (fields is None),
        chained_from=check.chained_from or (number if link else None),
        first_at=check.first_at or at,
        last_at=at or check.last_at,
        head=head,
        sought_line=check.sought_line or (number if head == sought else None),
    )


def _break(check: ChainCheck, number: int, link: Link | None, *, readable: bool) -> str | None:
    if link is None and check.chained_from and readable:
        found = Sentence("is an entry without a link")
        expected = Sentence("have the sequence {number}", number=number)
    elif link and link.sequence != number:
        found = Sentence("has the sequence {number}", number=link.sequence)
        expected = Sentence("have {number}: lines were put in, taken out or moved", number=number)
    elif link and link.previous != check.head:
        found = Sentence(
            "says that the line before it has the SHA-256 {digest:s}",
            digest=ascii(link.previous[:64]),
        )
        expected = Sentence(
            "say {digest:s}: that line was changed, put in or moved", digest=check.head
        )
    else:
        return None
    return Sentence(
        "line {number} {found}; it should {expected}", number=number, found=found, expected=expected
    )


def _fields(line: bytes) -> dict[str, object] | None:
    """Return the members of a line's object; None for a line that is none."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _link(fields: dict[str, object] | None) -> Link | None:
    sequence, previous = (fields or {}).get("sequence"), (fields or {}).get("previous")
    if type(sequence) is int and isinstance(previous, str):
        return Link(sequence, previous)
    return None


def _at(fields: dict[str, object] | None) -> datetime | None:
    try:
        return datetime.fromisoformat(str((fields or {}).get("at")))
    except ValueError:
        return None
