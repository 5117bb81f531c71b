"""deploy/prove.sh says what is wrong with the signing key before it does anything else."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from Crypto.PublicKey import ECC, RSA

from datalayer.kernel.attestation.keys import SigningKey
from tests.portals import ROOT

KEY = SigningKey.generate()
P256 = ECC.generate(curve="P-256")
ED25519 = ECC.generate(curve="Ed25519")


def prove(key: Path, tmp_path: Path) -> str:
    """Return what is said; with an engine that does not exist nothing but the key is looked at."""
    places = {"STORE": str(tmp_path / "store"), "OUT": str(tmp_path / "out")}
    done = subprocess.run(
        ["bash", str(ROOT / "deploy/prove.sh")],
        env={"PATH": os.environ["PATH"], "ENGINE": "nowhere", "SIGNING_KEY": str(key), **places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr


def write_pem(path: Path, pem: str, mode: int = 0o600) -> None:
    path.write_text(pem)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda _: None, "is not there; it must be the PEM file of an Ed25519 private key"),
        (lambda path: path.mkdir(), "is not there"),
        (lambda path: write_pem(path, KEY.private_pem(), 0o644), "(mode 644); it must be 0600"),
        (lambda path: write_pem(path, KEY.private_pem(), 0o604), "(mode 604); it must be 0600"),
        (lambda path: write_pem(path, ""), "holds something else; it must be the PEM file"),
        (lambda path: write_pem(path, KEY.public_pem()), "holds something else"),
        (lambda path: write_pem(path, P256.export_key(format="PEM")), "holds something else"),
        (
            lambda path: write_pem(path, RSA.generate(1024).export_key("PEM", pkcs=8).decode()),
            "holds something else",
        ),
        (
            lambda path: write_pem(
                path,
                ED25519.export_key(
                    format="PEM", passphrase="x", protection="PBKDF2WithHMAC-SHA512AndAES256-CBC"
                ),
            ),
            "holds something else",
        ),
    ],
)  # fmt: skip
def test_a_key_that_can_not_sign_is_refused_first(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    make(tmp_path / "key.pem")

    said = prove(tmp_path / "key.pem", tmp_path)

    assert said.startswith(f"The key file {tmp_path}/key.pem ")
    assert sentence in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_with_a_good_key_it_goes_on(tmp_path: Path, mode: int) -> None:
    write_pem(tmp_path / "key.pem", KEY.private_pem(), mode)

    assert "ENGINE is nowhere; it must be docker, podman or buildah" in prove(
        tmp_path / "key.pem", tmp_path
    )
