"""The rules of an object store, kept by the folder and by a real S3 server alike."""

from __future__ import annotations

import os
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from datalayer.kernel.errors import (
    InvalidSelection,
    ObjectExists,
    ObjectMissing,
    ObjectTooLarge,
    SettingsError,
    StoreDenied,
    StoreError,
)
from datalayer.kernel.storage.object_store import FolderStore, ObjectStore, S3Options
from datalayer.kernel.storage.s3_store import S3Store
from tests.integration import bad_servers
from tests.integration.servers import READER, WRITER
from tests.redis_server import free_port

if TYPE_CHECKING:
    from tests.integration.servers import S3Server

MEBIBYTE = 1024 * 1024
PREFIXES = iter(f"test-{number}" for number in range(1_000_000))


def unheard(chunk_bytes: int) -> None:
    """Report to nobody."""


@pytest.fixture
def s3_prefix() -> str:
    """A prefix of the bucket that no other test uses."""
    return f"{os.getpid()}/{next(PREFIXES)}"


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """An empty store of each kind."""
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    server: S3Server = request.getfixturevalue("s3_server")
    prefix: str = request.getfixturevalue("s3_prefix")
    return S3Store(server.options(), server.bucket, prefix)


class TestEveryStore:
    def test_what_is_written_is_read_back(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"{}")

        assert store.read("metadata.json", limit_bytes=2) == b"{}"

    def test_writing_replaces_the_object(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"the first content")

        store.write("metadata.json", b"second")

        assert store.read("metadata.json", limit_bytes=100) == b"second"

    def test_a_missing_object_is_named(self, store: ObjectStore) -> None:
        with pytest.raises(ObjectMissing, match=r"holds no publications/x\.parquet") as raised:
            store.read("publications/x.parquet", limit_bytes=10)

        assert store.address in str(raised.value)

    def test_a_missing_object_is_not_downloaded(self, store: ObjectStore, tmp_path: Path) -> None:
        with pytest.raises(ObjectMissing):
            store.download("x.parquet", tmp_path / "x", limit_bytes=10, report=unheard)

    def test_a_folder_of_objects_is_no_object(self, store: ObjectStore) -> None:
        store.write("publications/x", b"x")

        with pytest.raises(ObjectMissing):
            store.read("publications", limit_bytes=10)

    def test_no_more_is_read_than_allowed(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"12345")

        with pytest.raises(ObjectTooLarge, match="longer than the 4 bytes"):
            store.read("metadata.json", limit_bytes=4)

    def test_a_file_comes_back_as_it_was_sent(self, store: ObjectStore, tmp_path: Path) -> None:
        # Larger than one part of a multipart upload, and no multiple of it.
        content = os.urandom(17 * MEBIBYTE + 5)
        (tmp_path / "sent").write_bytes(content)
        sent: list[int] = []
        received: list[int] = []

        store.upload(tmp_path / "sent", "a/b/large.parquet", report=sent.append)
        store.download(
            "a/b/large.parquet",
            tmp_path / "received",
            limit_bytes=len(content),
            report=received.append,
        )

        assert (tmp_path / "received").read_bytes() == content
        assert sum(sent) == sum(received) == len(content)

    def test_an_empty_file_is_an_object(self, store: ObjectStore, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()

        store.upload(tmp_path / "empty", "empty", report=unheard)

        assert store.read("empty", limit_bytes=0) == b""

    def test_a_download_stops_at_the_bytes_announced(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        store.write("long", bytes(3 * MEBIBYTE))
        target = tmp_path / "target"

        with pytest.raises(ObjectTooLarge):
            store.download("long", target, limit_bytes=2 * MEBIBYTE, report=unheard)

        assert target.stat().st_size <= 2 * MEBIBYTE

    def test_a_refusing_local_disk_is_not_blamed_on_the_store(
        self, store: ObjectStore, tmp_path: Path
    ) -> None:
        store.write("x", b"x")

        with pytest.raises(FileNotFoundError):
            store.download("x", tmp_path / "missing" / "x", limit_bytes=1, report=unheard)

    def test_an_object_that_must_be_new_replaces_none(self, store: ObjectStore) -> None:
        store.write("metadata.json", b"first", must_be_new=True)

        with pytest.raises(ObjectExists, match=r"metadata\.json exists"):
            store.write("metadata.json", b"second", must_be_new=True)

        assert store.read("metadata.json", limit_bytes=100) == b"first"

    def test_of_many_creators_one_succeeds(self, store: ObjectStore) -> None:
        store.write("other", b"")  # so that folders exist
        at_once = threading.Barrier(6)

        def create(number: int) -> bool:
            at_once.wait()
            try:
                store.write("metadata.json", f"{number}".encode(), must_be_new=True)
            except ObjectExists:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            created = list(pool.map(create, range(6)))

        assert created.count(True) == 1
        winner = str(created.index(True)).encode()
        assert store.read("metadata.json", limit_bytes=10) == winner

    def test_keys_are_listed_by_prefix_in_order(self, store: ObjectStore) -> None:
        for key in ("publications/b/x", "publications/a/y", "publications/a/x", "metadata.json"):
            store.write(key, b"")

        assert store.keys("publications/a/") == ("publications/a/x", "publications/a/y")
        assert store.keys("publications/") == (
            "publications/a/x",
            "publications/a/y",
            "publications/b/x",
        )
        assert store.keys("meta") == ("metadata.json",)
        assert len(store.keys("")) == 4

    def test_an_empty_store_has_no_keys(self, store: ObjectStore) -> None:
        assert store.keys("") == ()
        assert store.keys("publications/") == ()

    @pytest.mark.parametrize(
        "key",
        ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a\\b", "a/", "a\0b", "a\nb"],
    )
    def test_a_key_never_leads_elsewhere(
        self, store: ObjectStore, key: str, tmp_path: Path
    ) -> None:
        (tmp_path / "x").write_bytes(b"outside")

        with pytest.raises(InvalidSelection, match="relative path"):
            store.read(key, limit_bytes=10)
        with pytest.raises(InvalidSelection):
            store.write(key, b"")
        with pytest.raises(InvalidSelection):
            store.download(key, tmp_path / "t", limit_bytes=10, report=unheard)

        assert (tmp_path / "x").read_bytes() == b"outside"

    def test_a_prefix_never_leads_elsewhere(self, store: ObjectStore) -> None:
        with pytest.raises(InvalidSelection):
            store.keys("../")


class TestS3:
    def test_a_prefix_is_a_store_of_its_own(self, s3_server: S3Server, s3_prefix: str) -> None:
        one = S3Store(s3_server.options(), s3_server.bucket, f"{s3_prefix}/one")
        other = S3Store(s3_server.options(), s3_server.bucket, f"{s3_prefix}/one-more")
        one.write("x", b"of one")

        other.write("x", b"of the other")

        assert one.read("x", limit_bytes=100) == b"of one"
        assert one.keys("") == ("x",)

    def test_a_read_only_key_reads_and_is_denied_the_rest(
        self, s3_server: S3Server, s3_prefix: str, tmp_path: Path
    ) -> None:
        S3Store(s3_server.options(), s3_server.bucket, s3_prefix).write("x", b"x")
        (tmp_path / "large").write_bytes(bytes(9 * MEBIBYTE))
        reader = S3Store(s3_server.options(READER), s3_server.bucket, s3_prefix)

        assert reader.read("x", limit_bytes=1) == b"x"
        assert reader.keys("") == ("x",)
        with pytest.raises(StoreDenied, match="denies access to y"):
            reader.write("y", b"")
        with pytest.raises(StoreDenied):
            reader.write("y", b"", must_be_new=True)
        with pytest.raises(StoreDenied):
            reader.upload(tmp_path / "large", "y", report=unheard)

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
        assert reader.keys("") == ()

    def test_keys_that_may_write_are_found_out_and_leave_nothing(
        self, s3_server: S3Server, s3_prefix: str
    ) -> None:
        writer = S3Store(s3_server.options(WRITER), s3_server.bucket, s3_prefix)

        took = writer.try_write()

        assert took is True
        assert writer.keys("") == ()

    def test_of_wrong_keys_nobody_can_tell_whether_they_may_write(
        self, s3_server: S3Server, s3_prefix: str
    ) -> None:
        stranger = S3Store(s3_server.options(("nobody", "wrong")), s3_server.bucket, s3_prefix)

        with pytest.raises(StoreDenied):
            stranger.try_write()

    def test_a_missing_bucket_is_said_to_be_missing(self, s3_server: S3Server) -> None:
        store = S3Store(s3_server.options(), "another-bucket")

        with pytest.raises(StoreError, match="has no such bucket"):
            store.read("x", limit_bytes=1)
        with pytest.raises(StoreError, match="has no such bucket"):
            store.keys("")

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
        store = S3Store(S3Options(endpoint, *WRITER, secure=False, timeout_s=1), "farol")

        with pytest.raises(StoreError, match="can't be reached; check the endpoint") as raised:
            store.read("x", limit_bytes=1)

        assert endpoint in str(raised.value)

    def test_an_unknown_host_is_named(self) -> None:
        options = S3Options("store.invalid:9000", *WRITER, secure=False, timeout_s=1)

        with pytest.raises(StoreError, match="host name is unknown"):
            S3Store(options, "farol").keys("")

    @pytest.mark.parametrize(
        ("behaviour", "explanation"),
        [
            (bad_servers.says_nothing, "did not answer within 0.3 s"),
            (bad_servers.trickles, "stalled while sending"),
            (bad_servers.breaks_off, "broke off"),
            (bad_servers.is_no_store, "gives no S3 answer"),
            (bad_servers.is_overloaded, "failed repeatedly .too many 503"),
        ],
    )
    def test_reading_ends_soon_and_says_why(
        self, behaviour: bad_servers.Behaviour, explanation: str, tmp_path: Path
    ) -> None:
        with bad_servers.bad_server(behaviour) as endpoint:
            options = S3Options(endpoint, *WRITER, secure=False, timeout_s=0.3)
            store = S3Store(options, "farol")

            with pytest.raises(StoreError, match=explanation):
                store.read("x", limit_bytes=MEBIBYTE)
            with pytest.raises(StoreError, match=explanation):
                store.download("x", tmp_path / "x", limit_bytes=MEBIBYTE, report=unheard)

    @pytest.mark.parametrize("must_be_new", [False, True])
    def test_writing_ends_soon(self, must_be_new: bool) -> None:
        with bad_servers.bad_server(bad_servers.says_nothing) as endpoint:
            options = S3Options(endpoint, *WRITER, secure=False, timeout_s=0.3)

            with pytest.raises(StoreError, match="did not answer"):
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
