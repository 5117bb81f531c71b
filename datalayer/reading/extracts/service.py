"""Extracts: who may take what away, and what is written down about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import structlog

from datalayer.access.audit.log import AuditLog, Detail
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
    is_published_file,
    rows_of,
    series_rows,
)
from datalayer.reading.publication import Publication
from datalayer.reading.questions.forecasts import SeriesSelection
from datalayer.reading.results import Provenance

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

    def extract(
        self, publication: Publication, request: ExtractRequest, identity: Identity
    ) -> Extract:
        """Return the file that *request* asks for; the audit log tells when it is begun.

        Raises:
            NotAllowed: It is more than a part's rows, and *identity* no analyst.
            UnknownDataSet, InvalidSelection: As for ``ExtractRequest.resolve``.
            ReadFailed: The rows can't be counted.
            StateError: From the chunks: the audit log can't be written, and nothing leaves unseen.
        """
        request = request.resolve(publication.registry)
        self._require(publication, request, identity)
        rows = rows_of(publication, request)
        key = memo_key(publication, request)
        chunks = file_chunks(publication, request, rows)
        return Extract(
            file_name=request.file_name(publication.id),
            media_type=MEDIA_TYPES[request.format],
            rows=rows.count,
            key=key,
            provenance=publication.provenance((request.data_set,), request.part.sources),
            chunks=self._deliver(chunks, publication, request, identity, rows=rows.count, key=key),
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
        digest = self._known_digest(publication, request, memo_key(publication, request))
        return sidecar(publication, request, digest or self._make_once(publication, request))

    def series(
        self,
        publication: Publication,
        selection: SeriesSelection,
        dialect: str | None,
        identity: Identity,
    ) -> Extract:
        """Return what the forecast page draws as CSV, each row with where it comes from.

        Raises:
            InvalidSelection, UnknownItem: As for ``forecasts.series``, or there is no such part or
                dialect.
            StateError: The audit log can't be written.
        """
        request = ExtractRequest("fact_forecast", "csv", dialect, Part(**vars(selection)))
        request = request.resolve(publication.registry)
        rows = series_rows(publication, selection)
        chunks = csv_chunks(publication, rows, DIALECTS[str(request.dialect)])
        return Extract(
            file_name=request.file_name(publication.id).replace("fact_forecast", "series", 1),
            media_type=MEDIA_TYPES["csv"],
            rows=rows.count,
            key="",
            provenance=publication.provenance(("fact_forecast", "fact_demand"), selection.sources),
            chunks=self._deliver(chunks, publication, request, identity, rows=rows.count, key=None),
        )

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

    def _known_digest(
        self, publication: Publication, request: ExtractRequest, key: str
    ) -> Digest | None:
        if is_published_file(request):
            file = publication.manifest.file(request.data_set)
            return Digest(file.rows, file.size_bytes, file.sha256)
        return self._memo.find(key)

    def _make_once(self, publication: Publication, request: ExtractRequest) -> Digest:
        rows = rows_of(publication, request)
        chunks = file_chunks(publication, request, rows)
        content, size_bytes = hashlib.sha256(), 0
        for chunk in chunks:
            content.update(chunk)
            size_bytes += len(chunk)
        digest = Digest(rows.count, size_bytes, content.hexdigest())
        self._memo.keep(memo_key(publication, request), digest)
        return digest

    def _deliver(
        self,
        chunks: Iterator[bytes],
        publication: Publication,
        request: ExtractRequest,
        identity: Identity,
        *,
        rows: int,
        key: str | None,
    ) -> Delivery:
        """Return *chunks* as a file whose beginning and end the audit log is told."""
        announced = self._known_digest(publication, request, key) if key else None
        record = partial(self._audit.record, identity, "extract")
        details: dict[str, Detail] = {**_details(request), "rows": rows}

        def end(digest: Digest, outcome: Outcome) -> None:
            if key and outcome is Outcome.ALTERED:
                self._memo.keep(key, None)
            elif key and outcome is Outcome.DELIVERED and announced is None:
                self._memo.keep(key, digest)
            proof = {"sha256": digest.sha256} if outcome is Outcome.DELIVERED else {}
            about = {**details, "bytes": digest.size_bytes, **proof}
            try:
                record(outcome.value, publication.id, **about)
            except StateError as error:
                # A disk that is full by now changes nothing about the file.
                _log.warning("extract.not_audited", outcome=outcome.value, problem=str(error))

        begin = partial(record, "begun", publication.id, **details)
        return Delivery(chunks, rows=rows, announced=announced, on_begin=begin, on_end=end)


def _details(request: ExtractRequest) -> dict[str, str]:
    """Return what the audit log says of *request*."""
    form = {"data_set": request.data_set, "format": request.format, "dialect": request.dialect}
    asked = {**form, **vars(request.part)}
    return {name: str(value) for name, value in asked.items() if value}
