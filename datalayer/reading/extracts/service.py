"""Extracts: who may take what away, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import structlog

from datalayer.access.audit.log import AuditLog, Detail
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import NotAllowed, StateError
from datalayer.reading.cache.lru import ByteBoundedLru
from datalayer.reading.extracts.delivery import ByteSpan, Delivery, Outcome, not_as_announced
from datalayer.reading.extracts.digests import Digest, DigestMemo, memo_key
from datalayer.reading.extracts.requests import MEDIA_TYPES, ExtractRequest
from datalayer.reading.extracts.settled_files import SettledFiles
from datalayer.reading.extracts.sidecar import sidecar
from datalayer.reading.extracts.writing import (
    Coding,
    file_chunks,
    is_published_file,
    packed_chunks,
    rows_of,
    stored_chunks,
)
from datalayer.reading.publication import Publication
from datalayer.reading.results import Provenance

_LONGEST_DETAIL = 500
"""Characters of what the audit log tells of a part; 200 values of a filter are no line."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Extract:
    """A file to take away.

    Attributes:
        file_name: Says data set, part, publication and dialect, such as
            ``fact_forecast_20261121T060000Z-1a2b3c4d_rfc.csv``.
        rows: How many rows the file has, known before the first byte.
        key: Names the bytes: the same key, the same file.
        chunks: The bytes, once; exhaust or close it. Its ``announced`` is size and SHA-256 where
            they are known before the first byte, its ``digest`` has them after the last.
        part: Returns the delivery of a span of the bytes, which takes the file to be made whole
            first; None where it can't be kept to read a part of it. Raises what ``extract`` does.
    """

    file_name: str
    media_type: str
    rows: int
    key: str
    provenance: Provenance
    chunks: Delivery
    part: Callable[[ByteSpan], Delivery | None]


@dataclass(frozen=True)
class _File:
    """A file that somebody may have: of a resolved request, in a content coding or in none."""

    publication: Publication
    request: ExtractRequest
    coding: Coding | None = None

    @cached_property
    def key(self) -> str:
        """What names the bytes."""
        return memo_key(self.publication, self.request, self.coding)

    @property
    def is_published(self) -> bool:
        """Whether it is the snapshot's own, byte for byte."""
        return is_published_file(self.request) and self.coding is None


class Extracts:
    """Makes files of publications.

    Args:
        members_only: Whether a whole data set takes an analyst.
    """

    def __init__(
        self, audit: AuditLog, memo: DigestMemo, settled: SettledFiles, *, members_only: bool
    ) -> None:
        self._audit = audit
        self._memo = memo
        self._settled = settled
        self._members_only = members_only
        # Has room for nothing: it lets those who want the same file wait for one making.
        self._making: ByteBoundedLru[str, Digest] = ByteBoundedLru(0, lambda _: 1)

    def extract(
        self,
        publication: Publication,
        request: ExtractRequest,
        identity: Identity,
        *,
        coding: Coding | None = None,
        is_sized: bool = False,
    ) -> Extract:
        """Return the file that *request* asks for; the audit log tells when it is begun.

        Its bytes are packed by *coding*, if there is one. With *is_sized* size and SHA-256 are
        known before the first byte: the file is made once to know them, if it never was.

        Raises:
            NotAllowed: It is more than a part's rows, and *identity* no analyst.
            UnknownDataSet, InvalidSelection: As for ``ExtractRequest.resolve``.
            ReadFailed: The rows can't be counted, or the file can't be made.
            StateError: From the chunks: the audit log can't be written, and nothing leaves unseen.
        """
        request = request.resolve(publication.registry)
        self._require(publication, request, identity)
        file = _File(publication, request, coding)
        known = self._known_digest(file)
        if known is None and is_sized:
            known = self._make_once(file)
        path = self._stored(file, known)
        if known and path:
            rows = known.rows
            chunks = stored_chunks(path, ByteSpan(0, known.size_bytes), publication.id)
        else:
            rows, chunks = _make(file)
        return Extract(
            file_name=request.file_name(publication.id),
            media_type=MEDIA_TYPES[request.format],
            rows=rows,
            key=file.key,
            provenance=publication.provenance((request.data_set,), request.part.sources),
            chunks=self._deliver(chunks, file, identity, rows=rows, announced=known),
            part=partial(self._part, file, identity),
        )

    def describe(
        self, publication: Publication, request: ExtractRequest, identity: Identity
    ) -> dict[str, object]:
        """Return what the file that *request* asks for is: columns, origin, size and SHA-256.

        The file is made once to know the last two, if it never was.

        Raises:
            As for ``extract``; nothing is written to the audit log, since no row leaves.
        """
        request = request.resolve(publication.registry)
        self._require(publication, request, identity)
        file = _File(publication, request)
        return sidecar(publication, request, self._known_digest(file) or self._make_once(file))

    def find_digest(self, publication: Publication, request: ExtractRequest) -> Digest | None:
        """Return what the file of *request*, a resolved one, is; None if it was not made yet."""
        return self._known_digest(_File(publication, request))

    def may_take(self, request: ExtractRequest, identity: Identity) -> bool:
        """Return whether *identity* may take away what *request* asks for."""
        takes_anything = not self._members_only or identity.role in (Role.ANALYST, Role.ADMIN)
        return takes_anything or request.part.item_id is not None

    def _require(
        self, publication: Publication, request: ExtractRequest, identity: Identity
    ) -> None:
        if not self._members_only or request.part.item_id is not None:
            return
        try:
            identity.require(Role.ANALYST, "take away more than one part's rows")
        except NotAllowed as refusal:
            self._audit.record(identity, "extract", "refused", publication.id, reason=str(refusal))
            raise

    def _known_digest(self, file: _File) -> Digest | None:
        if file.is_published:
            published = file.publication.manifest.file(file.request.data_set)
            return Digest(published.rows, published.size_bytes, published.sha256)
        return self._memo.find(file.key)

    def _stored(self, file: _File, digest: Digest | None) -> Path | None:
        """Return where *file* lies on this disk; None if it doesn't."""
        if file.is_published:
            return file.publication.snapshot.path(file.request.data_set)
        return self._settled.find(file.key, digest.size_bytes) if digest else None

    def _make_once(self, file: _File) -> Digest:
        """Make *file*, keep it where there is room, and return what it is."""

        def make() -> Digest:
            known = self._memo.find(file.key)
            if known and self._stored(file, known):
                return known  # another call has just made it
            rows, chunks = _make(file)
            digest = Digest(rows, *self._settled.make(file.key, chunks))
            if known not in (None, digest):
                self._forget(file)
                raise not_as_announced(digest, known)
            self._memo.keep(file.key, digest)
            return digest

        return self._making.get_or_make(file.key, make)

    def _forget(self, file: _File) -> None:
        self._memo.keep(file.key, None)
        self._settled.drop(file.key)

    def _part(self, file: _File, identity: Identity, span: ByteSpan) -> Delivery | None:
        digest = self._known_digest(file) or self._make_once(file)
        path = self._stored(file, digest)
        if path is None:
            self._make_once(file)
            path = self._stored(file, digest)
        if path is None:
            return None
        chunks = stored_chunks(path, span, file.publication.id)
        return self._deliver(chunks, file, identity, rows=digest.rows, span=span)

    def _deliver(
        self,
        chunks: Iterator[bytes],
        file: _File,
        identity: Identity,
        *,
        rows: int,
        announced: Digest | None = None,
        span: ByteSpan | None = None,
    ) -> Delivery:
        """Return *chunks* as a file, or *span* of it, that the audit log is told of.

        The next one who asks for the whole file is told what it was.
        """
        record = partial(self._audit.record, identity, "extract")
        publication_id = file.publication.id
        details: dict[str, Detail] = {**_details(file), "rows": rows}
        if span:
            details["range"] = f"{span.begin}-{span.end - 1}"

        def end(digest: Digest, outcome: Outcome) -> None:
            is_whole = outcome is Outcome.DELIVERED and span is None
            if outcome is Outcome.ALTERED:
                self._forget(file)
            elif is_whole and announced is None:
                self._memo.keep(file.key, digest)
            proof = {"sha256": digest.sha256} if is_whole else {}
            about = {**details, "bytes": digest.size_bytes, **proof}
            try:
                record(outcome.value, publication_id, **about)
            except StateError as error:
                # A disk that is full by now changes nothing about the file.
                _log.warning("extract.not_audited", outcome=outcome.value, problem=str(error))

        begin = partial(record, "begun", publication_id, **details)
        return Delivery(chunks, rows=rows, announced=announced, on_begin=begin, on_end=end)


def _make(file: _File) -> tuple[int, Iterator[bytes]]:
    """Return how many rows *file* has, and its bytes, made as they are taken."""
    rows = rows_of(file.publication, file.request)
    chunks = file_chunks(file.publication, file.request, rows)
    return rows.count, packed_chunks(chunks, file.coding) if file.coding else chunks


def _details(file: _File) -> dict[str, str]:
    """Return what the audit log says of *file*."""
    request = file.request
    form = {"data_set": request.data_set, "format": request.format, "dialect": request.dialect}
    form["coding"] = file.coding
    arranged = {
        "columns": ", ".join(request.arrangement.columns),
        "order": ", ".join(map(str, request.arrangement.order)),
        "filters": ", ".join(f"{name}={value}" for name, value in request.filters),
    }
    asked = {**form, **vars(request.part), **arranged}
    return {name: str(value)[:_LONGEST_DETAIL] for name, value in asked.items() if value}
