"""The proof of the built image passes, is signed, and fails with what is planted into the image."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from datalayer.compliance.report import ProofReport, latest_report, read_report
from datalayer.kernel.attestation.envelope import verify
from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from tests.images.conftest import Say
from tests.images.engine import HARDENED, Engine, EngineError
from tests.portals import ROOT

PLANTED = """
FROM {image}
USER 0:0
WORKDIR /opt/venv/lib/python3.11/site-packages
RUN mkdir torch-2.0.dist-info && cd torch-2.0.dist-info \\
    && printf 'Metadata-Version: 2.1\\nName: torch\\nVersion: 2.0\\n' > METADATA \\
    && touch /opt/farol/champion.onnx /usr/lib/libcudart.so.12
WORKDIR /opt/farol
USER 10001:10001
"""
CHECKS = ("installed-is-the-lock", "installed-without-ml", "no-model-files", "no-gpu-libraries")


@pytest.fixture(scope="module")
def tools() -> None:
    """The environment that makes SBOMs."""
    subprocess.run(["make", "--silent", ".venv-sbom/.ready"], cwd=ROOT, check=True)


def prove(engine: Engine, image: str, store: Path, out: Path, **variables: str) -> str:
    """Prove an image; return what was printed."""
    places = {"ENGINE": "podman", "IMAGE": image, "STORE": str(store), "OUT": str(out)}
    return engine.call("deploy/prove.sh", **places, **variables)


def report_in(folder: Path) -> ProofReport:
    path = latest_report(folder)
    assert path
    return read_report(path)


@pytest.mark.usefixtures("tools")
def test_the_image_keeps_every_promise_and_the_report_is_signed(
    engine: Engine, app_image: str, store: Path, tmp_path: Path, say: Say
) -> None:
    key = SigningKey.generate()
    (tmp_path / "key.pem").write_text(key.private_pem())
    (tmp_path / "key.pem").chmod(0o600)
    out = tmp_path / "out"

    printed = prove(engine, app_image, store, out, SIGNING_KEY=str(tmp_path / "key.pem"))

    report = report_in(out)
    say(f"proof: {report.closing_line}")
    assert printed.splitlines()[-1] == report.closing_line
    assert {each.name for each in report.results if each.outcome != "passed"} == {
        "store-refuses-writes"  # a folder has no keys
    }
    assert report.image_digest == f"sha256:{engine.inspect(app_image)['Id']}"
    (envelope,) = out.glob("*.attestation.json")
    said = verify(envelope.read_bytes(), TrustedKeys((key.public,)), publication_id="-").statement
    assert f"sha256:{said.sha256_of('farol-app')}" == report.image_digest

    components = json.loads((out / "sbom.cdx.json").read_text())["components"]
    assert {"duckdb", "libc6"} <= {each["name"] for each in components}
    assert "duckdb" in (out / "licences.txt").read_text()
    assert not (out / ".work").exists()


def test_what_is_planted_into_the_image_is_found(
    engine: Engine, app_image: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(PLANTED.format(image=app_image))
    planted = "localhost/farol-planted:1"
    engine.run("build", "--tag", planted, "--pull=never", str(tmp_path))
    only = [word for name in CHECKS for word in ("--only", name)]
    proof = ("python", "-m", "datalayer.compliance", *only)

    with pytest.raises(EngineError) as failed:
        engine.run("run", "--rm", "--network=none", *HARDENED, planted, *proof)
    engine.run("rmi", planted)

    told = str(failed.value)
    assert "0 checks passed, 4 failed" in told
    assert "torch 2.0 is installed and is not in requirements.txt" in told
    assert "/opt/farol/champion.onnx ends like a model" in told
    assert "/usr/lib/libcudart.so.12 belongs to a GPU" in told
