"""Answers that are sent again and again without being made again."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import NamedTuple

import pyarrow as pa
from fastapi import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import Receive, Scope, Send

from datalayer.api.forms import Coding, content_coding
from datalayer.api.headers import Header
from datalayer.api.read_log import ReadLine
from datalayer.reading.cache.lru import ByteBoundedLru
from datalayer.reading.results import Provenance


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


class _Packed(NamedTuple):
    """An answer in one coding, and as the word that it has not changed."""

    etag: bytes
    headers: list[Header]
    body: bytes
    unchanged: list[Header]


class Answer(Response):
    """An answer in each coding that was asked for so far.

    Every coding has an ETag and a length of its own, of the bytes that are sent.

    Args:
        headers: Those of the plain form, with its ETag and without its length.

    Attributes:
        read: What was read for it.
        route: Template of the address that it answers.
        size_bytes: Memory held, about.
    """

    def __init__(self, body: bytes, headers: Mapping[str, str], *, read: Read, route: str) -> None:
        super().__init__(body, headers=dict(headers))
        self.read = read
        self.route = route
        # Codings are made when they are first asked for; there is room for them from the start.
        self.size_bytes = len(body) * 3 // 2 + 4096
        self._packed: dict[Coding, _Packed] = {}

    def pack(self, coding: Coding) -> None:
        """Make this answer in *coding*, so that it is at hand when it is to be sent."""
        if coding in self._packed:
            return
        body = _CODE[coding](bytes(self.body))
        headers = MutableHeaders(raw=[*self.raw_headers])
        headers["Content-Length"] = str(len(body))
        if coding is not Coding.PLAIN:
            headers["Content-Encoding"] = coding.value
            headers["ETag"] = f'{headers["ETag"][:-1]}-{coding.value}"'
        unchanged = [each for each in headers.raw if not each[0].startswith(b"content-")]
        etag = headers["ETag"].removeprefix("W/").encode()  # they are compared weakly
        self._packed[coding] = _Packed(etag, headers.raw, body, unchanged)

    @cached_property
    def line(self) -> ReadLine:
        """Its line of the log, each time it is sent without being made."""
        return ReadLine(route=self.route, **self.read.log_fields())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send what *scope* asks for."""
        asked = dict(scope["headers"])
        await self.send_to(asked, content_coding(asked.get(b"accept-encoding", b"")), send, ())

    async def send_to(
        self, asked: Mapping[bytes, bytes], coding: Coding, send: Send, more: Sequence[Header]
    ) -> tuple[int, int]:
        """Send it in *coding* to a request with the headers *asked*; return status and bytes."""
        if coding not in self._packed:
            await run_in_threadpool(self.pack, coding)
        etag, headers, body, unchanged = self._packed[coding]
        status = 200
        tags = asked.get(b"if-none-match")
        if tags and matches_etag(tags, etag):
            status, headers, body = 304, unchanged, b""
        start = {"type": "http.response.start", "status": status, "headers": [*headers, *more]}
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return status, len(body)


_CODE: Mapping[Coding, Callable[[bytes], bytes]] = {
    Coding.PLAIN: bytes,
    Coding.ZSTD: partial(pa.compress, codec="zstd", asbytes=True),
    # Level 1 takes a quarter of the time of level 6 while somebody waits, and a tenth more bytes.
    Coding.GZIP: partial(gzip.compress, compresslevel=1, mtime=0),
}

AnswerKey = tuple[str, str, bytes, str]
"""Active publication, path, query string, form."""

KeptAnswers = ByteBoundedLru[AnswerKey, Answer]


def matches_etag(if_none_match: bytes, etag: bytes) -> bool:
    """Return True if a list of tags has *etag*, by the weak comparison of RFC 9110, 8.8.3.2."""
    return if_none_match == b"*" or etag.removeprefix(b"W/") in if_none_match
