"""A real S3 server keeps the rules of every store, and what holds for S3 alone."""

from __future__ import annotations

import os
import ssl
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from minio import Minio

from datalayer.kernel.errors import SettingsError, StoreDenied, StoreError
from datalayer.kernel.storage.object_store import ObjectStore
from datalayer.kernel.storage.s3_store import S3Options, S3Store
from tests.integration import bad_servers
from tests.integration.servers import READER, WRITER
from tests.redis_server import free_port
from tests.store_rules import MEBIBYTE, StoreRules, ignore_bytes

if TYPE_CHECKING:
    from tests.integration.servers import S3Server

PATIENT_S = 60.0
"""However busy the machine is, a server on it answers in that time."""
PREFIXES = iter(f"test-{number}" for number in range(1_000_000))


@pytest.fixture
def s3_prefix() -> str:
    """A prefix of the bucket that no other test uses."""
    return f"{os.getpid()}/{next(PREFIXES)}"


def keys(server: S3Server, prefix: str) -> list[str]:
    """Return the keys of the objects under *prefix*."""
    client = Minio(server.endpoint, *WRITER, secure=False)
    listed = client.list_objects(server.bucket, prefix=f"{prefix}/", recursive=True)
    return [str(each.object_name).removeprefix(f"{prefix}/") for each in listed]


class TestAnS3Store(StoreRules):
    @pytest.fixture
    def store(self, s3_server: S3Server, s3_prefix: str) -> ObjectStore:
        """An empty store."""
        return S3Store(s3_server.options(), s3_server.bucket, s3_prefix)

    def test_a_prefix_is_a_store_of_its_own(self, s3_server: S3Server, s3_prefix: str) -> None:
        one = S3Store(s3_server.options(), s3_server.bucket, f"{s3_prefix}/one")
        other = S3Store(s3_server.options(), s3_server.bucket, f"{s3_prefix}/one-more")
        one.write("x", b"of one")

        other.write("x", b"of the other")

        assert one.read("x", limit_bytes=100) == b"of one"
        assert keys(s3_server, f"{s3_prefix}/one") == ["x"]

    def test_a_read_only_key_reads_and_is_denied_the_rest(
        self, s3_server: S3Server, s3_prefix: str, tmp_path: Path
    ) -> None:
        S3Store(s3_server.options(), s3_server.bucket, s3_prefix).write("x", b"x")
        (tmp_path / "large").write_bytes(bytes(9 * MEBIBYTE))
        reader = S3Store(s3_server.options(READER), s3_server.bucket, s3_prefix)

        assert reader.read("x", limit_bytes=1) == b"x"
        with pytest.raises(StoreDenied, match="denies access to y"):
            reader.write("y", b"")
        with pytest.raises(StoreDenied):
            reader.write("y", b"", must_be_new=True)
        with pytest.raises(StoreDenied):
            reader.upload(tmp_path / "large", "y", report=ignore_bytes)

    @pytest.mark.parametrize("keys", [("nobody", "nothing"), (WRITER[0], "wrong")])
    def test_wrong_keys_are_denied_and_not_repeated(
        self, s3_server: S3Server, keys: tuple[str, str]
    ) -> None:
        options = s3_server.options(keys)

        with pytest.raises(StoreDenied, match="check the credentials") as raised:
            S3Store(options, s3_server.bucket).read("x", limit_bytes=1)

        assert keys[1] not in f"{raised.value} {raised.value!r} {options!r}"

    def test_keys_that_only_read_are_found_unable_to_write(
        self, s3_server: S3Server, s3_prefix: str
    ) -> None:
        reader = S3Store(s3_server.options(READER), s3_server.bucket, s3_prefix)

        took = reader.try_write()

        assert took is False
        assert keys(s3_server, s3_prefix) == []

    def test_keys_that_may_write_are_found_out_and_leave_nothing(
        self, s3_server: S3Server, s3_prefix: str
    ) -> None:
        writer = S3Store(s3_server.options(WRITER), s3_server.bucket, s3_prefix)

        took = writer.try_write()

        assert took is True
        assert keys(s3_server, s3_prefix) == []

    def test_of_wrong_keys_nobody_can_tell_whether_they_may_write(
        self, s3_server: S3Server, s3_prefix: str
    ) -> None:
        stranger = S3Store(s3_server.options(("nobody", "wrong")), s3_server.bucket, s3_prefix)

        with pytest.raises(StoreDenied):
            stranger.try_write()

    def test_a_missing_bucket_is_said_to_be_missing(
        self, s3_server: S3Server, tmp_path: Path
    ) -> None:
        store = S3Store(s3_server.options(), "another-bucket")

        with pytest.raises(StoreError, match="has no such bucket"):
            store.read("x", limit_bytes=1)
        with pytest.raises(StoreError, match="has no such bucket"):
            store.download("x", tmp_path / "x", limit_bytes=1, report=ignore_bytes)

    def test_a_plain_store_asked_for_tls_is_explained(self, s3_server: S3Server) -> None:
        store = S3Store(S3Options(s3_server.endpoint, *WRITER), s3_server.bucket)

        with pytest.raises(StoreError, match="did not agree on TLS"):
            store.read("x", limit_bytes=1)

    def test_tls_is_spoken_with_an_authority_of_ones_own(self, tmp_path: Path) -> None:
        tls = own_certificate(tmp_path)
        with bad_servers.bad_server(bad_servers.holds(b"secret"), tls) as endpoint:
            trusting = S3Options(endpoint, *WRITER, ca_file=tmp_path / "certificate.pem")

            assert S3Store(trusting, "farol").read("x", limit_bytes=100) == b"secret"
            with pytest.raises(StoreError, match="did not agree on TLS"):
                S3Store(S3Options(endpoint, *WRITER), "farol").read("x", limit_bytes=100)

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "127.0.0.1:port"])
    def test_an_endpoint_that_is_none_is_a_fault_of_the_settings(self, endpoint: str) -> None:
        with pytest.raises(SettingsError, match="must be host:port"):
            S3Store(S3Options(endpoint, *WRITER), "farol")


class TestAnS3StoreInTrouble:
    def test_an_unreachable_store_is_named(self) -> None:
        endpoint = f"127.0.0.1:{free_port()}"
        store = S3Store(S3Options(endpoint, *WRITER, secure=False, timeout_s=PATIENT_S), "farol")

        with pytest.raises(StoreError, match="can't be reached; check the endpoint") as raised:
            store.read("x", limit_bytes=1)

        assert endpoint in str(raised.value)

    def test_an_unknown_host_is_named(self) -> None:
        options = S3Options("store.invalid:9000", *WRITER, secure=False, timeout_s=PATIENT_S)

        with pytest.raises(StoreError, match="host name is unknown"):
            S3Store(options, "farol").read("x", limit_bytes=1)

    @pytest.mark.parametrize(
        ("behaviour", "explanation", "timeout_s"),
        [
            (bad_servers.says_nothing, "did not answer within 0.3 s", 0.3),
            # It must begin to answer in time before it stalls, on a busy machine, too.
            (bad_servers.trickles, "stalled while sending", 3),
            (bad_servers.breaks_off, "broke off", PATIENT_S),
            (bad_servers.is_no_store, "gives no S3 answer", PATIENT_S),
            (bad_servers.is_overloaded, "failed repeatedly .too many 503", PATIENT_S),
            (bad_servers.finds_the_clock_wrong, "set the clock of the machine", PATIENT_S),
        ],
    )
    def test_reading_ends_and_says_why(
        self, behaviour: bad_servers.Behaviour, explanation: str, timeout_s: float, tmp_path: Path
    ) -> None:
        with bad_servers.bad_server(behaviour) as endpoint:
            options = S3Options(endpoint, *WRITER, secure=False, timeout_s=timeout_s)
            store = S3Store(options, "farol")

            with pytest.raises(StoreError, match=explanation):
                store.read("x", limit_bytes=MEBIBYTE)
            with pytest.raises(StoreError, match=explanation):
                store.download("x", tmp_path / "x", limit_bytes=MEBIBYTE, report=ignore_bytes)

    @pytest.mark.parametrize("must_be_new", [False, True])
    def test_writing_ends(self, must_be_new: bool) -> None:
        with bad_servers.bad_server(bad_servers.says_nothing) as endpoint:
            options = S3Options(endpoint, *WRITER, secure=False, timeout_s=0.3)

            with pytest.raises(StoreError, match=r"did not answer within 0\.3 s"):
                S3Store(options, "farol").write("x", b"x", must_be_new=must_be_new)


def own_certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate for 127.0.0.1 that vouches for itself; return the server's side."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make: list[str | Path] = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"]
    make += ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
