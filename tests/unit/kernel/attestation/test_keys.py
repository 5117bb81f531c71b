"""Keys: what a file must hold to sign or to be trusted, and what each other one is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from Crypto.PublicKey import ECC, RSA
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.attestation.keys import MOST_KEYS, SigningKey, TrustedKeys
from datalayer.kernel.errors import KeyFileError
from tests.signing import KEY, STRANGER


def private_file(folder: Path, content: str, mode: int = 0o600) -> Path:
    path = folder / "key.pem"
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


def refused(path: Path, read: type[SigningKey | TrustedKeys]) -> str:
    with pytest.raises(KeyFileError) as caught:
        read.read(path)
    assert str(caught.value).startswith("The key file ")
    return caught.value.problem


def test_a_key_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = private_file(tmp_path, KEY.private_pem())

    assert SigningKey.read(path).keyid == KEY.keyid


def test_a_key_that_only_the_group_may_read_is_taken(tmp_path: Path) -> None:
    path = private_file(tmp_path, KEY.private_pem(), 0o640)

    assert SigningKey.read(path).keyid == KEY.keyid


def test_a_key_never_shows() -> None:
    assert repr(KEY) == "SigningKey()"


def test_the_id_of_a_key_is_that_of_securesystemslib() -> None:
    # Computed with SSlibKey.from_crypto of securesystemslib 1.6.0.
    pem = "MCowBQYDK2VwAyEAB0VHi7fZWMEk/n3tkd9x3RKA/IEK58ELO1zB/D/7tUA="
    raw = ECC.import_key(f"-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----")

    from datalayer.kernel.attestation.keys import PublicKey

    found = PublicKey(raw.export_key(format="raw")).keyid

    assert found == "689e9a46ff793610231ec14c6d3245424fe53497a9daac590bb1e40f0f2e4041"


@given(message=st.binary(), other=st.binary())
def test_a_signature_fits_its_message_alone(message: bytes, other: bytes) -> None:
    signature = KEY.sign(message)

    assert KEY.public.fits(signature, message)
    assert KEY.public.fits(signature, other) is (message == other)
    assert not STRANGER.public.fits(signature, message)


@given(message=st.binary(max_size=50), place=st.integers(0, 511))
def test_a_signature_with_any_bit_flipped_fits_nothing(message: bytes, place: int) -> None:
    signature = bytearray(KEY.sign(message))
    signature[place // 8] ^= 1 << place % 8

    assert not KEY.public.fits(bytes(signature), message)


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o666, 0o601])
def test_a_private_key_that_is_open_to_everybody_is_refused(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path, KEY.private_pem(), mode)

    assert refused(path, SigningKey) == (
        f"is open to everybody on this machine (mode {mode:04o}); it must be 0600"
    )


def encrypted() -> str:
    key = ECC.generate(curve="Ed25519")
    return str(
        key.export_key(
            format="PEM",
            passphrase=b"secret",
            protection="PBKDF2WithHMAC-SHA512AndAES256-CBC",
            prot_params={"iteration_count": 1000},
        )
    )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "is empty"),
        ("hello", "holds no PEM block"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "holds a damaged or"),
        ("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----", "holds a damaged or"),
        (KEY.public_pem(), "holds PUBLIC KEY"),
        (encrypted(), "holds ENCRYPTED PRIVATE KEY"),
        (
            ECC.generate(curve="P-256").export_key(format="PEM"),
            "holds a key of the kind NIST P-256",
        ),
        (ECC.generate(curve="Ed448").export_key(format="PEM"), "holds a key of the kind Ed448"),
        (RSA.generate(1024).export_key(pkcs=8).decode(), "holds a damaged or another kind of key"),
        (KEY.private_pem() + STRANGER.private_pem(), "holds several keys; it must hold one"),
    ],
)
def test_what_is_no_private_key_is_refused(tmp_path: Path, content: str, found: str) -> None:
    problem = refused(private_file(tmp_path, content), SigningKey)

    assert problem.startswith(found)
    assert "must " in problem


def test_one_file_may_hold_several_trusted_keys(tmp_path: Path) -> None:
    path = tmp_path / "trusted.pem"
    path.write_text(f"The old one:\n{KEY.public_pem()}The next:\n{STRANGER.public_pem()}")

    assert TrustedKeys.read(path).keyids == (KEY.keyid, STRANGER.keyid)


def test_a_folder_holds_trusted_keys_beside_what_an_orchestrator_keeps_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "..2026_11_26").mkdir()
    (tmp_path / "..2026_11_26" / "farol.pem").write_text(KEY.public_pem())
    (tmp_path / "farol.pem").symlink_to("..2026_11_26/farol.pem")
    (tmp_path / "next.pem").write_text(STRANGER.public_pem())
    (tmp_path / "same.pem").write_text(STRANGER.public_pem())

    assert TrustedKeys.read(tmp_path).keyids == (KEY.keyid, STRANGER.keyid)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "is empty"),
        ("ssh-ed25519 AAAAC3Nza farol", "holds no PEM block"),
        (KEY.private_pem(), "holds PRIVATE KEY"),
        (KEY.public_pem() + KEY.private_pem(), "holds PRIVATE KEY"),
        (
            ECC.generate(curve="P-256").public_key().export_key(format="PEM"),
            "holds a key of the kind NIST P-256",
        ),
        ("x" * 70_000, "is longer than 65,536 bytes"),
    ],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "trusted.pem"
    path.write_text(content)

    problem = refused(path, TrustedKeys)

    assert problem.startswith(found)
    assert "must be" in problem


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.pem", TrustedKeys) == "can't be read: No such file or directory"
    assert refused(tmp_path / "none.pem", SigningKey) == "can't be read: No such file or directory"


def test_a_folder_without_keys_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, TrustedKeys).startswith("is a folder without key files; each must be")


def test_the_file_of_a_folder_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.pem").write_text(KEY.public_pem())
    (tmp_path / "readme.txt").write_text("keys")

    with pytest.raises(KeyFileError, match=r"readme\.txt holds no PEM block"):
        TrustedKeys.read(tmp_path)


def test_more_keys_than_anybody_needs_are_refused(tmp_path: Path) -> None:
    keys = [SigningKey.generate().public_pem() for _ in range(MOST_KEYS + 1)]
    (tmp_path / "many.pem").write_text("".join(keys))

    assert refused(tmp_path, TrustedKeys) == "has 65 keys; 64 at most can be trusted"


@given(content=st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "anything.pem"
    path.write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + content + b"\n-----END PUBLIC KEY-----")

    with pytest.raises(KeyFileError):
        TrustedKeys.read(path)


def test_keys_made_by_openssl_are_taken(tmp_path: Path) -> None:
    private, public = tmp_path / "farol.pem", tmp_path / "farol.pem.pub"
    for line in (
        ["genpkey", "-algorithm", "ed25519", "-out", private],
        ["pkey", "-in", private, "-pubout", "-out", public],
    ):
        subprocess.run(["openssl", *line], check=True, capture_output=True, timeout=30)
    private.chmod(0o600)

    assert TrustedKeys.read(public).keyids == (SigningKey.read(private).keyid,)


def test_a_private_key_that_calls_itself_public_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "trusted.pem").write_text(KEY.private_pem().replace("PRIVATE KEY", "PUBLIC KEY"))

    assert "must be" in refused(tmp_path / "trusted.pem", TrustedKeys)
