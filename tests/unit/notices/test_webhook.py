"""One POST: signed, within its time, to the one host that is allowed, and nowhere else."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from datalayer.kernel.errors import NoticeNotTaken
from datalayer.notices.webhook import Webhook, signature
from tests.receiving_host import (
    DRIPPING,
    FAILED,
    GONE,
    SILENT,
    TAKEN,
    moved_to,
    receiving_host,
)
from tests.redis_server import free_port

KEY = bytes(range(32))
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BODY = '{"effect":"é"}'.encode()


def send(url: str, *, timeout_s: float = 5.0) -> None:
    Webhook(url, KEY, timeout_s).send("0f1e", BODY, NOON)


def refusal(url: str, *, timeout_s: float = 5.0) -> NoticeNotTaken:
    with pytest.raises(NoticeNotTaken) as raised:
        send(url, timeout_s=timeout_s)
    return raised.value


def test_what_is_sent_arrives_as_it_is() -> None:
    with receiving_host(TAKEN) as host:
        send(host.url)

    (received,) = host.received
    assert received.body == BODY
    assert received.head.startswith(b"POST /farol?of=tests HTTP/1.1\r\n")
    assert received.headers["host"] == f"127.0.0.1:{host.port}"
    assert received.headers["content-type"] == "application/json"


def test_it_is_signed_as_standard_webhooks_are() -> None:
    with receiving_host(TAKEN) as host:
        send(host.url)

    headers = host.received[0].headers
    assert headers["webhook-id"] == "0f1e"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    signed = f"0f1e.{headers['webhook-timestamp']}.".encode() + BODY
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_the_signature_is_that_of_the_standard_s_own_example() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    made = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_another_answer_than_success_is_told() -> None:
    with receiving_host(FAILED) as host:
        refused = refusal(host.url)

    assert str(refused) == "The notice was not taken: 127.0.0.1 answered 500"
    assert not refused.is_final


def test_a_host_that_wants_none_any_more_is_not_asked_again() -> None:
    with receiving_host(GONE) as host:
        assert refusal(host.url).is_final


def test_a_redirect_is_not_followed() -> None:
    with receiving_host(TAKEN) as elsewhere, receiving_host(moved_to(elsewhere.url)) as host:
        refused = refusal(host.url)

    assert "redirects are not followed" in str(refused)
    assert elsewhere.received == []


@pytest.mark.parametrize("answer", [SILENT, DRIPPING], ids=["silent", "dripping"])
def test_a_host_that_does_not_come_to_an_end_costs_its_time_and_no_more(answer: bytes) -> None:
    began = time.monotonic()
    with receiving_host(answer) as host:
        refused = refusal(host.url, timeout_s=0.3)
        took_s = time.monotonic() - began

    assert "did not answer within 0.3 s" in str(refused) or "no HTTP" in str(refused)
    assert took_s < 3


def test_an_answer_without_an_end_is_not_read_for_ever() -> None:
    with receiving_host(b"x" * 100_000) as host:
        assert "no HTTP" in str(refusal(host.url))


def test_a_closed_port_is_told() -> None:
    assert "can't be reached" in str(refusal(f"http://127.0.0.1:{free_port()}/"))


def test_a_look_up_without_an_end_costs_its_time_and_no_more() -> None:
    ended = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        ended.wait(10)
        return ["127.0.0.1"]

    began = time.monotonic()
    with pytest.raises(NoticeNotTaken, match=r"did not answer within 0\.3 s"):
        Webhook("http://hooks.example/", KEY, 0.3, slow).send("1", BODY, NOON)

    took_s = time.monotonic() - began
    ended.set()
    assert took_s < 3


def test_a_tls_handshake_that_drips_costs_its_time_and_no_more() -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        dripping = threading.Thread(target=_drip_a_handshake, args=(listening, ended))
        dripping.start()
        began = time.monotonic()
        refused = refusal(f"https://127.0.0.1:{listening.getsockname()[1]}/", timeout_s=0.3)
        took_s = time.monotonic() - began
        ended.set()
        dripping.join(5)

    assert "did not answer within 0.3 s" in str(refused)
    assert took_s < 3


def _drip_a_handshake(listening: socket.socket, ended: threading.Event) -> None:
    """Begin a record of 16 KiB, and send what is in it byte by byte."""
    link, _ = listening.accept()
    with link, suppress(OSError):
        link.sendall(b"\x16\x03\x03\x40\x00")
        while not ended.wait(0.05):
            link.sendall(b"\x02")


def test_a_name_that_nobody_knows_is_told() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NoticeNotTaken, match=r"hooks\.example can't be reached: Name or service"):
        Webhook("https://hooks.example/", KEY, 1.0, unknown).send("1", BODY, NOON)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1%eth0",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "::169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "2002:7f00:1::1",
        "2001:0:a9fe:a9fe::5601:5601",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
    ],
)
def test_a_name_does_not_lead_to_this_host_nor_to_where_clouds_keep_secrets(address: str) -> None:
    with pytest.raises(NoticeNotTaken, match="no notice is sent to"):
        led_to(address).send("1", BODY, NOON)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.8", "192.168.1.8", "100.64.0.8", "fd12::8", "64:ff9b::192.0.2.8", "93.184.215.14"],
)
def test_a_name_may_lead_to_private_networks_and_to_the_world(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def unreachable(found: tuple[str, int], timeout: float) -> socket.socket:
        asked.append(found[0])
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(NoticeNotTaken, match="No route to host"):
        led_to(address).send("1", BODY, NOON)

    assert asked == [address]


def led_to(address: str) -> Webhook:
    """Return a webhook whose name leads to *address*."""
    return Webhook("http://hooks.example/", KEY, 1.0, lambda _host, _port: [address])


def test_the_first_address_that_answers_is_taken() -> None:
    with receiving_host(TAKEN) as host:
        webhook = Webhook(
            f"http://localhost:{host.port}/", KEY, 5.0, lambda _host, _port: ["::1", "127.0.0.1"]
        )
        webhook.send("1", BODY, NOON)

    assert len(host.received) == 1


def test_address_and_key_are_not_shown() -> None:
    shown = repr(Webhook("https://hooks.example/token-4711", KEY, 1.0))

    assert shown == "Webhook(hooks.example)"


class TestTls:
    @pytest.fixture
    def certificate(self, tmp_path: Path) -> Path:
        """A certificate of this host that signed itself, with its key in the same file."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        written = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = tmp_path / "host.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + written)
        return path

    @pytest.fixture
    def tls(self, certificate: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        return context

    def test_a_host_that_nobody_vouches_for_gets_nothing(self, tls: ssl.SSLContext) -> None:
        with receiving_host(TAKEN, tls=tls) as host:
            refused = refusal(host.url.replace("http:", "https:"))

        assert "is not trusted" in str(refused)
        assert host.received == []

    def test_one_that_the_system_trusts_is_sent_to(
        self, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        with receiving_host(TAKEN, tls=tls) as host:
            send(host.url.replace("http:", "https:"))

        assert host.received[0].body == BODY
