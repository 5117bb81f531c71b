"""A signature is checked by securesystemslib with the documented script, and by us if it signed."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from pathlib import Path

import pytest

from datalayer.kernel.attestation.envelope import sign, verify
from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from datalayer.kernel.attestation.publication import ATTESTATION_NAME
from datalayer.kernel.attestation.statement import InTotoStatement, Subject, statement_json
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from ml_jobs.publishing.publish import Draft, check, publish
from ml_jobs.publishing.signing import Signer
from tests.judges.judge import PROJECT, Judge
from tests.portals import ADMIN
from tests.publisher import (
    DATASET_ID,
    FIRST_GENERATED_AT,
    MODEL_VERSION,
    Publisher,
    data_through,
    write_tables,
)
from tests.served_portal import served_portal
from tests.signing import KEY, STRANGER, folder_of

SCRIPT = PROJECT / "docs/examples/verify_signature.py"
SIGN = """
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

key = load_pem_private_key(open(sys.argv[1], "rb").read(), None)
envelope = Envelope(open(sys.argv[2], "rb").read(), "application/vnd.in-toto+json", {})
envelope.sign(CryptoSigner(key))
print(json.dumps(envelope.to_dict()))
"""


@pytest.fixture
def folder(tmp_path: Path, registry: Registry) -> Path:
    """The folder of a publication that the job published and signed."""
    store = FolderStore(tmp_path / "store")
    tables = Publisher(store, registry).tables(items=2)
    draft = Draft(
        files=write_tables(tables, tmp_path / "gold"),
        dataset_id=DATASET_ID,
        model_version=MODEL_VERSION,
        generated_at=FIRST_GENERATED_AT,
        data_through=data_through(FIRST_GENERATED_AT),
        lineage={"frequency": "D"},
    )
    manifest = publish(check(draft, registry), store, registry, signer=Signer(KEY))
    return tmp_path / "store" / folder_of(manifest)


def run(judge: Judge, folder: Path, key: SigningKey = KEY) -> subprocess.CompletedProcess[str]:
    public = judge.folder / "trusted.pem"
    public.write_text(key.public_pem())
    return judge.run("python", SCRIPT, public, folder / ATTESTATION_NAME)


def test_what_the_api_gives_away_is_as_signed(judge: Judge, folder: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    with served_portal(tmp_path) as served:
        served.portal.activate(ADMIN)
        files = f"/api/v1/publications/{folder.name}/files"
        for name in (path.name for path in folder.iterdir()):
            answer = served.get(f"{files}/{name}")
            assert answer.status_code == 200, answer.text
            (copies / name).write_bytes(answer.content)

    done = run(judge, copies)

    assert done.returncode == 0, done.stderr
    signed = {line.split()[3] for line in done.stdout.splitlines() if line.startswith("as signed")}
    assert signed == {path.name for path in folder.iterdir()} - {ATTESTATION_NAME}


def test_every_file_of_a_publication_is_as_signed(judge: Judge, folder: Path) -> None:
    done = run(judge, folder)

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    signed = {words[3] for words in lines if words[:2] == ["as", "signed"]}
    assert signed == {path.name for path in folder.iterdir()} - {ATTESTATION_NAME}
    assert f"Signed by {KEY.keyid}: " in done.stdout
    assert '"generated_at": "2026-11-21T06:00:00Z"' in done.stdout
    assert not judge.tried_to_connect


def test_a_file_that_was_altered_is_named(judge: Judge, folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} - {ATTESTATION_NAME}
    assert {"metadata.json", "dim_item.parquet", "datapackage.json"} <= names
    for name in names:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole.replace(b"a", b"b", 1))

        done = run(judge, folder)

        assert done.returncode == 1
        assert f"{name} has the SHA-256" in done.stderr
        (folder / name).write_bytes(whole)


def test_a_signature_by_another_key_is_refused(judge: Judge, folder: Path) -> None:
    done = run(judge, folder, STRANGER)

    assert done.returncode == 1
    assert "VerificationError" in done.stderr


def test_an_altered_payload_is_refused(judge: Judge, folder: Path) -> None:
    attestation = folder / ATTESTATION_NAME
    attestation.write_text(attestation.read_text().replace('"payload": "e', '"payload": "f', 1))

    done = run(judge, folder)

    assert done.returncode == 1
    assert "VerificationError" in done.stderr


def test_the_report_of_a_proof_is_checked_in_the_same_way(judge: Judge, tmp_path: Path) -> None:
    report = tmp_path / "proof-20261127T000000Z.json"
    report.write_bytes(b'{"passed": true}')
    said = (
        Subject(report.name, hashlib.sha256(report.read_bytes()).hexdigest()),
        Subject("farol-app", "1" * 64),
    )
    statement = InTotoStatement(
        said, "urn:farol:attestation:proof:v1", {"closing_line": "1 passed"}
    )
    (tmp_path / ATTESTATION_NAME).write_bytes(sign(statement, KEY))

    whole = run(judge, tmp_path)
    report.write_bytes(b'{"passed": false}')
    altered = run(judge, tmp_path)

    assert whole.returncode == 0, whole.stderr
    assert f"as signed {said[0].sha256} {report.name}" in whole.stdout
    assert f"not here  {said[1].sha256} farol-app" in whole.stdout
    assert altered.returncode == 1
    assert f"{report.name} has the SHA-256" in altered.stderr


def test_the_script_uses_nothing_of_farol() -> None:
    tree = ast.parse(SCRIPT.read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported == {"hashlib", "json", "sys", "pathlib", "cryptography", "securesystemslib"}


def test_what_securesystemslib_signed_is_accepted_here(judge: Judge) -> None:
    statement = InTotoStatement((Subject("metadata.json", "0" * 64),), "urn:example:v1", {})
    (judge.folder / "key.pem").write_text(KEY.private_pem())
    (judge.folder / "payload").write_bytes(statement_json(statement))

    done = judge.run("python", "-c", SIGN, "key.pem", "payload")

    trusted = TrustedKeys((STRANGER.public, KEY.public))
    assert done.returncode == 0, done.stderr
    signed = verify(done.stdout.encode(), trusted, publication_id="20261121T060000Z-1a2b3c4d")
    assert signed.statement == statement
    assert signed.keyid == KEY.keyid
    assert f'"keyid": "{KEY.keyid}"' in done.stdout
