"""The store that is a bucket of any S3-compatible server; the only module that imports minio."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    ResponseError,
    SSLError,
)

from datalayer.kernel.clock import utc_now
from datalayer.kernel.errors import (
    ObjectExists,
    ObjectMissing,
    SettingsError,
    StoreClockDiffers,
    StoreDenied,
    StoreError,
    StoreTooSlow,
    StoreUnreachable,
)
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.object_store import (
    CHUNK_BYTES,
    WRITE_CHECK_KEY,
    ObjectStore,
    ReportBytes,
    check_key,
)

# A part must be sent within one time-out, so it is small; S3 allows 10,000 parts an object.
PART_BYTES = 8 * CHUNK_BYTES
MOST_PARTS = 10_000
# What the slowest link worth waiting for brings in one time-out; less is a stalled store.
LEAST_BYTES_PER_TIMEOUT = 64 * 1024

_DENIED = {
    "AccessDenied",
    "AccountProblem",
    "AllAccessDisabled",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
}
_CLOCK_DIFFERS = "RequestTimeTooSkewed"
_NOT_PERMITTED = {"AccessDenied", "AllAccessDisabled"}
_MISSING = {"NoSuchKey", "NoSuchVersion", "ResourceNotFound"}


@dataclass(frozen=True)
class S3Options:
    """How to reach an S3-compatible store; secrets never show in ``repr``.

    Attributes:
        endpoint: ``host:port``, without ``https://``.
        timeout_s: Longest wait for a connection and for each answer.
        ca_file: Certificate authorities to trust instead of the system's, PEM.
    """

    endpoint: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    secure: bool = True
    region: str = "us-east-1"
    timeout_s: float = 10.0
    ca_file: Path | None = None


class S3Store(ObjectStore):
    """Objects are those of *bucket* under *prefix*.

    Every call ends in bounded time: one retry, time-outs from *options*, and a body that
    trickles below ``LEAST_BYTES_PER_TIMEOUT`` counts as stalled.
    """

    def __init__(self, options: S3Options, bucket: str, prefix: str = "") -> None:
        self._options = options
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._http = _http_pool(options)
        try:
            self._client = Minio(
                options.endpoint,
                access_key=options.access_key,
                secret_key=options.secret_key,
                secure=options.secure,
                region=options.region,
                http_client=self._http,
            )
        except ValueError as error:
            fault = f"the S3 endpoint is {options.endpoint!r} ({error}); it must be host:port"
            raise SettingsError(faults=[fault]) from error

    @property
    def address(self) -> str:
        """Bucket, prefix and endpoint, without credentials."""
        place = f"{self._bucket}/{self._prefix}".rstrip("/")
        return f"s3://{place} ({self._options.endpoint})"

    def chunks(self, key: str) -> Generator[bytes]:
        """Yield what the server sends; see ``ObjectStore.chunks``."""
        with self._explain(key):
            response = self._client.get_object(self._bucket, self._full(key))
        pace = _Pace(self._options.timeout_s)
        try:
            while chunk := self._next_chunk(response, key, pace):
                yield chunk
        finally:
            response.close()

    def upload(self, source: Path, key: str, *, report: ReportBytes) -> None:
        """Send the file *source* in parts; see ``ObjectStore.upload``."""
        size_bytes = source.stat().st_size
        with source.open("rb") as file, self._explain(key):
            self._client.put_object(
                self._bucket,
                self._full(key),
                _Reported(file, report),  # type: ignore[arg-type]  # only read() is called
                size_bytes,
                part_size=max(PART_BYTES, -(-size_bytes // MOST_PARTS)),
                num_parallel_uploads=1,  # one part in memory at a time
            )

    def write(self, key: str, content: bytes, *, must_be_new: bool = False) -> None:
        """Store *content* under *key*; see ``ObjectStore.write``."""
        if must_be_new:
            self._create(key, content)
            return
        full, source = self._full(key), io.BytesIO(content)
        with self._explain(key):
            self._client.put_object(self._bucket, full, source, len(content))

    def try_write(self) -> bool:
        """Return whether these credentials may write; see ``ObjectStore.try_write``."""
        try:
            self.write(WRITE_CHECK_KEY, b"written by Farol to see whether it may; to be deleted")
        except StoreDenied as denied:
            if denied.fields["reason"] in _NOT_PERMITTED:
                return False
            raise  # the credentials are wrong altogether, so nothing is known
        # Who may write need not be allowed to delete; one such object at most stays.
        with suppress(StoreError), self._explain(WRITE_CHECK_KEY):
            self._client.remove_object(self._bucket, self._full(WRITE_CHECK_KEY))
        return True

    def _full(self, key: str) -> str:
        return f"{self._prefix}{check_key(key)}"

    def _next_chunk(self, response: urllib3.BaseHTTPResponse, key: str, pace: _Pace) -> bytes:
        gathered = bytearray()
        with self._explain(key):
            while len(gathered) < CHUNK_BYTES:
                # read1 returns what has come, so that a trickle can be told from a stream.
                began = time.monotonic()
                piece = response.read1(CHUNK_BYTES, decode_content=False)
                waited_s = time.monotonic() - began
                if not piece:
                    break
                if not pace.keeps_up(len(piece), waited_s):
                    raise StoreError(
                        address=self.address,
                        problem=Sentence("stalled while sending {key}; try again later", key=key),
                    )
                gathered += piece
        return bytes(gathered)

    def _create(self, key: str, content: bytes) -> None:
        # put_object takes no headers, and as metadata the condition would be ignored.
        with self._explain(key):
            url = self._client.get_presigned_url(
                "PUT", self._bucket, self._full(key), expires=timedelta(minutes=5)
            )
            answer = self._http.urlopen(
                "PUT",
                url,
                body=content,
                headers={"If-None-Match": "*"},
                # A repeated request would find what the first one wrote.
                retries=urllib3.Retry(0, redirect=False),
            )
        if answer.status == 412:
            raise ObjectExists(address=self.address, key=key)
        if answer.status == 403:
            raise self._denied(key)
        if answer.status != 200:
            raise StoreError(
                address=self.address,
                problem=Sentence(
                    "answered {status} to the creation of {key}; try again later",
                    status=answer.status,
                    key=key,
                ),
            )

    def _denied(self, key: str, code: str = "AccessDenied") -> StoreDenied:
        return StoreDenied(address=self.address, key=key or self._bucket, reason=code)

    @contextmanager
    def _explain(self, key: str) -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            if error.code in _MISSING:
                raise ObjectMissing(address=self.address, key=key) from error
            if error.code in _DENIED:
                raise self._denied(key, str(error.code)) from error
            if error.code == _CLOCK_DIFFERS:
                raise StoreClockDiffers(
                    address=self.address,
                    key=key or self._bucket,
                    reason=error.code,
                    here=utc_now().isoformat(timespec="seconds"),
                ) from error
            raise StoreError(address=self.address, problem=_refusal(error)) from error
        except ServerError as error:
            raise StoreError(
                address=self.address,
                problem=Sentence("failed with status {status_code}", status_code=error.status_code),
            ) from error
        except (InvalidResponseError, ParseError) as error:
            problem = Sentence("gives no S3 answer; check the endpoint and whether it speaks TLS")
            raise StoreError(address=self.address, problem=problem) from error
        except (MinioException, HTTPError) as error:
            raise self._trouble(error) from error

    def _trouble(self, error: Exception) -> StoreError:
        """Return what failed between here and the store, with what to check."""
        cause = error.reason if isinstance(error, MaxRetryError) else error
        if isinstance(cause, NameResolutionError):
            problem = Sentence("has an endpoint whose host name is unknown; check the endpoint")
        elif isinstance(cause, NewConnectionError | ConnectTimeoutError):
            return StoreUnreachable(address=self.address)
        elif isinstance(cause, ReadTimeoutError):
            return StoreTooSlow(address=self.address, timeout_s=self._options.timeout_s)
        elif isinstance(cause, SSLError):
            problem = Sentence(
                "did not agree on TLS; check whether it speaks TLS and its certificate's issuer"
            )
        elif isinstance(cause, ResponseError):
            problem = Sentence("failed repeatedly ({cause}); try again later", cause=cause)
        else:
            problem = Sentence("broke off ({kind}); try again later", kind=type(cause).__name__)
        return StoreError(address=self.address, problem=problem)


class _Pace:
    """Tells a store that streams from one that trickles."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._waited_s = 0.0
        self._received_bytes = 0

    def keeps_up(self, received_bytes: int, waited_s: float) -> bool:
        """Count what came and how long it took; False where a whole time-out brought too few."""
        self._waited_s += waited_s
        self._received_bytes += received_bytes
        if self._waited_s < self._timeout_s:
            return True
        enough = self._received_bytes >= LEAST_BYTES_PER_TIMEOUT
        self._waited_s, self._received_bytes = 0.0, 0
        return enough


class _Reported:
    """A file that tells how much of it was read."""

    def __init__(self, file: BinaryIO, report: ReportBytes) -> None:
        self._file = file
        self._report = report

    def read(self, size: int = -1) -> bytes:
        """Read up to *size* bytes and report them."""
        content = self._file.read(size)
        self._report(len(content))
        return content


def _http_pool(options: S3Options) -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=options.timeout_s, read=options.timeout_s),
        maxsize=8,
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(options.ca_file) if options.ca_file else None,
        retries=urllib3.Retry(
            total=1,
            redirect=False,
            backoff_factor=0.1,
            status_forcelist=(500, 502, 503, 504),
            respect_retry_after_header=False,  # the store doesn't decide how long we wait
        ),
    )


def _refusal(error: S3Error) -> Sentence:
    if error.code == "NoSuchBucket":
        return Sentence("has no such bucket; create it or correct the address")
    return Sentence("refused with {code:s}: {message:s}", code=error.code, message=error.message)
