"""Extracts: who may take what away, and what is written down about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from datalayer.access.audit import AuditLog
from datalayer.access.identity import Identity, Role
from datalayer.kernel.errors import NotAllowed, StateError
from datalayer.reading.extracts.csv_dialects import DIALECTS
from datalayer.reading.extracts.delivery import Delivery, Outcome
from datalayer.reading.extracts.digests import Digest, DigestMemo, memo_key
from datalayer.reading.extracts.requests import MEDIA_TYPES, ExtractRequest, Part
from datalayer.reading.extracts.sidecar import sidecar
from datalayer.reading.extracts.writing import (
    csv_chunks,
    file_chunks,
    published_as_it_is,
    rows_of,
    series_rows,
)
from datalayer.reading.reader import Reader
from datalayer.reading.results import Provenance
from datalayer.reading.selections import SeriesSelection

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
    """

    file_name: str
    media_type: str
    rows: int
    key: str
    provenance: Provenance
    chunks: Delivery


class Extracts:
    """Makes files of publications.

    Args:
        members_only: Whether a whole data set takes an analyst.
    """

    def __init__(self, audit: AuditLog, memo: DigestMemo, *, members_only: bool) -> None:
        self._audit = audit
        self._memo = memo
        self._members_only = members_only

    def extract(self, reader: Reader, request: ExtractRequest, identity: Identity) -> Extract:
        """Return the file that *request* asks for; the audit log tells when it is begun.

        Raises:
            NotAllowed: It is more than a part's rows, and *identity* no analyst.
            UnknownDataSet, InvalidSelection: As for ``ExtractRequest.checked``.
            ReadFailed: The rows can't be counted.
            StateError: From the chunks: the audit log can't be written, and nothing leaves unseen.
        """
        request = request.checked(reader.registry)
        self._require(reader, request, identity)
        rows = rows_of(reader, request)
        key = memo_key(reader, request)
        return Extract(
            file_name=request.file_name(reader.manifest.publication_id),
            media_type=MEDIA_TYPES[request.format],
            rows=rows.count,
            key=key,
            provenance=reader.provenance((request.data_set,), request.part.sources),
            chunks=self._delivery(
                file_chunks(reader, request, rows),
                self._known(reader, request, key),
                _Note(self._audit, identity, request, reader.manifest.publication_id, rows.count),
                key,
            ),
        )

    def describe(
        self, reader: Reader, request: ExtractRequest, identity: Identity
    ) -> dict[str, object]:
        """Return what the file that *request* asks for is: columns, origin, size and SHA-256.

        The file is made once to know the last two, if it never was.

        Raises:
            As for ``extract``; nothing is written to the audit log, since no row leaves.
        """
        request = request.checked(reader.registry)
        self._require(reader, request, identity)
        digest = self._known(reader, request, memo_key(reader, request))
        return sidecar(reader, request, digest or self._made(reader, request))

    def series(
        self, reader: Reader, selection: SeriesSelection, dialect: str | None, identity: Identity
    ) -> Extract:
        """Return what the forecast page draws as CSV, each row with where it comes from.

        Raises:
            InvalidSelection, UnknownItem: As for ``forecast_series``, or there is no such dialect.
            StateError: The audit log can't be written.
        """
        part = Part(
            selection.item_id,
            selection.location_id,
            selection.sources,
            selection.start,
            selection.end,
        )
        request = ExtractRequest("fact_forecast", "csv", dialect, part).checked(reader.registry)
        rows = series_rows(reader, selection)
        publication_id = reader.manifest.publication_id
        note = _Note(self._audit, identity, request, publication_id, rows.count)
        chunks = csv_chunks(reader, rows, DIALECTS[str(request.dialect)])
        return Extract(
            file_name=request.file_name(publication_id).replace("fact_forecast", "series", 1),
            media_type=MEDIA_TYPES["csv"],
            rows=rows.count,
            key="",
            provenance=reader.provenance(("fact_forecast", "fact_demand"), selection.sources),
            chunks=self._delivery(chunks, None, note, None),
        )

    def _require(self, reader: Reader, request: ExtractRequest, identity: Identity) -> None:
        if not self._members_only or request.part.item_id is not None:
            return
        try:
            identity.require(Role.ANALYST, "take away more than one part's rows")
        except NotAllowed as refusal:
            publication_id = reader.manifest.publication_id
            self._audit.record(identity, "extract", "refused", publication_id, reason=str(refusal))
            raise

    def _known(self, reader: Reader, request: ExtractRequest, key: str) -> Digest | None:
        if published_as_it_is(request):
            file = reader.manifest.file(request.data_set)
            return Digest(file.rows, file.size_bytes, file.sha256)
        return self._memo.find(key)

    def _made(self, reader: Reader, request: ExtractRequest) -> Digest:
        rows = rows_of(reader, request)
        chunks = file_chunks(reader, request, rows)
        delivery = Delivery(chunks, rows=rows.count, announced=None, begun=_quietly, ended=_quietly)
        for _ in delivery:
            pass
        self._memo.keep(memo_key(reader, request), delivery.digest)
        return delivery.digest

    def _delivery(
        self, chunks: Iterator[bytes], announced: Digest | None, note: _Note, key: str | None
    ) -> Delivery:
        def ended(digest: Digest, outcome: Outcome) -> None:
            if key is not None and outcome is Outcome.ALTERED:
                self._memo.forget(key)
            elif key is not None and outcome is Outcome.DELIVERED and announced is None:
                self._memo.keep(key, digest)
            note.ended(digest, outcome)

        return Delivery(chunks, rows=note.rows, announced=announced, begun=note.begun, ended=ended)


def _quietly(*_: object) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Note:
    """What the audit log is told about one file."""

    audit: AuditLog
    identity: Identity
    request: ExtractRequest
    publication_id: str
    rows: int

    def begun(self) -> None:
        """Write down that the file was asked for."""
        self.audit.record(
            self.identity, "extract", "begun", self.publication_id, **self._asked(), rows=self.rows
        )

    def ended(self, digest: Digest, outcome: Outcome) -> None:
        """Write down how it ended; a disk that is full by now changes nothing about the file."""
        proof = {"sha256": digest.sha256} if outcome is Outcome.DELIVERED else {}
        try:
            self.audit.record(
                self.identity,
                "extract",
                outcome.value,
                self.publication_id,
                **self._asked(),
                rows=self.rows,
                bytes=digest.size_bytes,
                **proof,
            )
        except StateError as error:
            _log.warning("extract.not_audited", outcome=outcome.value, problem=str(error))

    def _asked(self) -> dict[str, str]:
        request = self.request
        form = {"data_set": request.data_set, "format": request.format, "dialect": request.dialect}
        asked = {**form, **vars(request.part)}
        return {name: str(value) for name, value in asked.items() if value}
