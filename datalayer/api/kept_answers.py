"""Answers that are sent again and again without being made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from fastapi import Response
from starlette.types import Receive, Scope, Send

from datalayer.api.forms import takes_zstd
from datalayer.api.headers import Header
from datalayer.api.read_log import ReadLine
from datalayer.reading.cache.lru import ByteBoundedLru
from datalayer.reading.results import Provenance

LEAST_COMPRESSED_BYTES = 1024


@dataclass(frozen=True)
class Read:
    """What was read for an answer: where it comes from, and how many rows it is."""

    provenance: Provenance
    rows: int

    def log_fields(self) -> dict[str, object]:
        """Return what the log says of it."""
        return {
            "publication_id": self.provenance.publication_id,
            "dataset_id": self.provenance.dataset_id,
            "model_version": self.provenance.model_version,
            "data_sets": list(self.provenance.data_sets),
            "rows": self.rows,
        }


class Answer(Response):
    """An answer in its three forms: plain, packed by zstd, and as the word that nothing changed.

    Attributes:
        read: What was read for it.
        route: Template of the address that it answers.
        size_bytes: Memory held, about.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str], *, read: Read, route: str) -> None:
        super().__init__(body, headers=dict(headers))
        self.read = read
        self.route = route
        # The zstd form is made when it is first asked for; there is room for it from the start.
        self.size_bytes = len(body) * 5 // 4 + 4096
        self._body = body
        self._etag = headers["ETag"].removeprefix("W/").encode()  # they are compared weakly
        self._unchanged = [each for each in self.raw_headers if not each[0].startswith(b"content-")]

    @cached_property
    def packed(self) -> tuple[list[Header], bytes]:
        """Headers and body of the zstd form, or of the plain one where that is small."""
        if len(self._body) < LEAST_COMPRESSED_BYTES:
            return self.raw_headers, self._body
        body = bytes(pa.compress(self._body, codec="zstd", asbytes=True))
        headers = [each for each in self.raw_headers if each[0] != b"content-length"]
        length = (b"content-length", b"%d" % len(body))
        return [*headers, length, (b"content-encoding", b"zstd")], body

    @cached_property
    def line(self) -> ReadLine:
        """Its line of the log, each time it is sent without being made."""
        return ReadLine(route=self.route, **self.read.log_fields())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send what *scope* asks for."""
        await self.send_to(dict(scope["headers"]), send, ())

    async def send_to(
        self, asked: Mapping[bytes, bytes], send: Send, more: Sequence[Header]
    ) -> tuple[int, int]:
        """Send the form that a request with the headers *asked* takes; return status and bytes."""
        tags = asked.get(b"if-none-match")
        if tags and matches_etag(tags, self._etag):
            status, headers, body = 304, self._unchanged, b""
        elif takes_zstd(asked.get(b"accept-encoding", b"")):
            status, (headers, body) = 200, self.packed
        else:
            status, headers, body = 200, self.raw_headers, self._body
        start = {"type": "http.response.start", "status": status, "headers": [*headers, *more]}
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return status, len(body)


AnswerKey = tuple[str, str, bytes, str]
"""Active publication, path, query string, form."""

KeptAnswers = ByteBoundedLru[AnswerKey, Answer]


def matches_etag(if_none_match: bytes, etag: bytes) -> bool:
    """Return True if a list of tags has *etag*, by the weak comparison of RFC 9110, 8.8.3.2."""
    return if_none_match == b"*" or etag.removeprefix(b"W/") in if_none_match
