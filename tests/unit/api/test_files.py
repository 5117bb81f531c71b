"""Files over HTTP: their headers alone, ranges of them, and packed ones that are what is said."""

from __future__ import annotations

import base64
import gzip
import hashlib
from itertools import pairwise
from pathlib import Path

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.served_portal import ServedPortal

FILES = [
    "/api/v1/extracts/fact_forecast.csv",
    "/api/v1/extracts/fact_forecast.csv?dialect=excel-br&item_id=P00001",
    "/api/v1/extracts/fact_forecast.parquet",
    "/api/v1/extracts/fact_forecast.parquet?source=naive",
    "/api/v1/extracts/fact_forecast.arrow",
]
PLAIN = {"Accept-Encoding": "identity"}


def digest_of(answer: httpx.Response) -> bytes:
    """Return the SHA-256 that an answer's Repr-Digest says."""
    field = answer.headers["repr-digest"]
    return base64.b64decode(field.removeprefix("sha-256=:").removesuffix(":"))


def extract_outcomes(served: ServedPortal) -> list[str]:
    entries = served.portal.audit.entries(1000)
    return [each.outcome for each in reversed(entries) if each.action == "extract"]


@pytest.mark.parametrize("address", FILES)
class TestHeadOfFiles:
    def test_it_tells_size_and_digest_of_a_file_that_nobody_took_yet(
        self, served: ServedPortal, address: str
    ) -> None:
        head, nothing = served.raw(address, method="HEAD", **PLAIN)

        got, body = served.raw(address, **PLAIN)
        assert nothing == b""
        assert int(head.headers["content-length"]) == len(body)
        assert digest_of(head) == hashlib.sha256(body).digest()
        assert head.headers["accept-ranges"] == "bytes"
        del head.headers["x-request-id"], got.headers["x-request-id"]
        assert head.headers == got.headers

    def test_it_is_no_delivery(self, served: ServedPortal, address: str) -> None:
        served.raw(address, method="HEAD")

        assert extract_outcomes(served) == []

    def test_it_knows_no_ranges(self, served: ServedPortal, address: str) -> None:
        head, _ = served.raw(address, method="HEAD", Range="bytes=0-9", **PLAIN)

        assert head.status_code == 200
        assert int(head.headers["content-length"]) > 10


@pytest.mark.parametrize("address", FILES)
class TestRange:
    @pytest.mark.parametrize("given", ["bytes=0-9", "bytes=100-", "bytes=-17", "bytes=5-99999999"])
    def test_it_is_the_bytes_of_the_whole_file(
        self, served: ServedPortal, address: str, given: str
    ) -> None:
        part, body = served.raw(address, Range=given)

        whole, file = served.raw(address, **PLAIN)
        span, size = part.headers["content-range"].removeprefix("bytes ").split("/")
        begin, last = map(int, span.split("-"))
        assert part.status_code == 206
        assert body == file[begin : last + 1]
        assert int(size) == len(file)
        assert int(part.headers["content-length"]) == len(body)
        assert part.headers["etag"] == whole.headers["etag"]
        assert digest_of(part) == hashlib.sha256(file).digest()
        assert "content-encoding" not in part.headers

    def test_a_broken_download_is_resumed(self, served: ServedPortal, address: str) -> None:
        begun, file = served.raw(address, **PLAIN)

        resumed, rest = served.raw(
            address, **{"Range": "bytes=50-", "If-Range": begun.headers["etag"]}
        )

        assert resumed.status_code == 206
        assert file[:50] + rest == file

    def test_of_another_file_than_was_begun_the_whole_is_sent(
        self, served: ServedPortal, address: str
    ) -> None:
        answer, body = served.raw(address, **{"Range": "bytes=50-", "If-Range": '"other"'})

        assert answer.status_code == 200
        assert body == served.raw(address, **PLAIN)[1]

    def test_what_the_file_has_none_of_is_told_with_its_size(
        self, served: ServedPortal, address: str
    ) -> None:
        size = int(served.raw(address, method="HEAD", **PLAIN)[0].headers["content-length"])

        refused = served.get(address, Range=f"bytes={size}-")

        assert refused.status_code == 416
        assert refused.headers["content-range"] == f"bytes */{size}"
        assert refused.json()["type"].endswith("/range-not-satisfiable")
        assert f"{size:,} bytes" in refused.json()["detail"]

    def test_several_at_once_are_answered_by_the_whole(
        self, served: ServedPortal, address: str
    ) -> None:
        answer, body = served.raw(address, Range="bytes=0-1,5-6")

        assert answer.status_code == 200
        assert body == served.raw(address, **PLAIN)[1]

    def test_each_is_written_down_with_its_bytes(self, served: ServedPortal, address: str) -> None:
        served.raw(address, Range="bytes=10-19")

        ended, begun = served.portal.audit.entries(2)
        assert (begun.outcome, ended.outcome) == ("begun", "delivered")
        assert ended.details["range"] == begun.details["range"] == "10-19"
        assert ended.details["bytes"] == 10
        assert "sha256" not in ended.details


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(1, 4000), max_size=6, unique=True))
def test_ranges_put_together_are_the_file(shared: ServedPortal, cuts: list[int]) -> None:
    address = "/api/v1/extracts/dim_item.arrow"
    file = shared.raw(address, **PLAIN)[1]
    edges = [0, *sorted(each for each in cuts if each < len(file)), len(file)]

    parts = [
        shared.raw(address, Range=f"bytes={begin}-{end - 1}")[1] for begin, end in pairwise(edges)
    ]

    assert b"".join(parts) == file


def test_where_nothing_can_be_kept_the_whole_file_answers(
    served: ServedPortal, tmp_path: Path
) -> None:
    (tmp_path / "var" / "extracts").write_text("in the way of the folder")

    part, body = served.raw(FILES[0], Range="bytes=0-9")
    published, _ = served.raw(FILES[2], Range="bytes=0-9")

    assert part.status_code == 200
    assert hashlib.sha256(body).digest() == digest_of(part)
    assert published.status_code == 206


def test_a_file_that_was_altered_on_the_disk_is_made_anew(
    served: ServedPortal, tmp_path: Path
) -> None:
    _, file = served.raw(FILES[0], **PLAIN)
    served.raw(FILES[0], Range="bytes=0-9")
    (kept,) = (tmp_path / "var" / "extracts").iterdir()
    kept.write_bytes(b"x" * len(file))

    assert served.raw(FILES[0], **PLAIN)[0].status_code == 503
    assert served.raw(FILES[0], **PLAIN)[1] == file


class TestPacked:
    @pytest.mark.parametrize("coding", ["gzip", "zstd"])
    def test_a_packed_file_has_its_own_tag_length_and_digest(
        self, served: ServedPortal, coding: str
    ) -> None:
        plain, file = served.raw(FILES[0], **PLAIN)
        first, packed = served.raw(FILES[0], **{"Accept-Encoding": coding})
        second, again = served.raw(FILES[0], **{"Accept-Encoding": coding})

        assert first.headers["content-encoding"] == second.headers["content-encoding"] == coding
        assert first.headers["etag"] == second.headers["etag"] != plain.headers["etag"]
        assert packed == again
        assert int(second.headers["content-length"]) == len(packed) < len(file) / 3
        assert digest_of(second) == hashlib.sha256(packed).digest()
        assert second.headers.get_list("vary") == ["Accept-Encoding"]
        if coding == "gzip":
            assert gzip.decompress(packed) == file
        else:
            with pa.input_stream(pa.BufferReader(packed), compression="zstd") as stream:
                assert stream.read() == file

    @pytest.mark.parametrize("address", FILES[2:])
    def test_parquet_and_arrow_are_sent_as_they_are(
        self, served: ServedPortal, address: str
    ) -> None:
        answer, _ = served.raw(address, **{"Accept-Encoding": "gzip, zstd"})

        assert "content-encoding" not in answer.headers
        assert "vary" not in answer.headers

    def test_the_tag_of_one_coding_is_none_of_another(self, served: ServedPortal) -> None:
        tag = {"If-None-Match": served.raw(FILES[0], **PLAIN)[0].headers["etag"]}

        statuses = [
            served.raw(FILES[0], **tag, **{"Accept-Encoding": each})[0].status_code
            for each in ("identity", "gzip")
        ]

        assert statuses == [304, 200]


@pytest.mark.parametrize("address", FILES)
def test_another_file_than_expected_is_refused(served: ServedPortal, address: str) -> None:
    etag = served.raw(address, **PLAIN)[0].headers["etag"]

    same, _ = served.raw(address, **{"If-Match": etag}, **PLAIN)
    other = served.get(address, **{"If-Match": '"other"'})

    assert same.status_code == 200
    assert other.status_code == 412
    assert other.json()["type"].endswith("/precondition-failed")
