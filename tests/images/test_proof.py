"""The proof of the built image passes, is signed, and fails with what is planted into the image."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from datalayer.compliance.evidence.compose_ways import compose_paths
from datalayer.compliance.report import ProofReport, latest_report, read_report
from datalayer.kernel.attestation.envelope import verify
from datalayer.kernel.attestation.keys import SigningKey, TrustedKeys
from tests.images.conftest import Say
from tests.images.engine import HARDENED, ContainerEngine, EngineError
from tests.portals import ROOT

PLANTED = """
FROM {image}
USER 0:0
WORKDIR /opt/venv/lib/python3.11/site-packages
RUN mkdir torch-2.0.dist-info && cd torch-2.0.dist-info \\
    && printf 'Metadata-Version: 2.1\\nName: torch\\nVersion: 2.0\\n' > METADATA \\
    && touch /opt/farol/champion.onnx /usr/lib/libcudart.so.12
WORKDIR /usr/local/lib/python3.11/site-packages/innocent-1.dist-info
RUN printf 'Metadata-Version: 2.1\\nName: innocent\\nVersion: 1\\n' > METADATA
WORKDIR /opt/farol
USER 10001:10001
"""
CHECKS = ("installed-is-the-lock", "installed-without-ml", "no-model-files", "no-gpu-libraries")


@pytest.fixture(scope="module")
def tools() -> None:
    """The environment that makes SBOMs."""
    subprocess.run(["make", "--silent", ".venv-sbom/.ready"], cwd=ROOT, check=True)


def prove(
    engine: ContainerEngine,
    image: str,
    store: Path,
    out: Path,
    *,
    which: str = "app",
    **variables: str,
) -> str:
    """Prove an image; return what was printed."""
    places = {"ENGINE": "podman", "IMAGE": image, "STORE": str(store), "OUT": str(out)}
    return engine.call("deploy/prove.sh", which, **places, **variables)


def make_key(folder: Path) -> SigningKey:
    """Make key.pem, which nobody but its owner may read, another one than who makes the proof."""
    key = SigningKey.generate()
    (folder / "key.pem").write_text(key.private_pem())
    (folder / "key.pem").chmod(0o600)
    os.chown(folder / "key.pem", 1234, 1234)
    (folder / "key.pub.pem").write_text(key.public_pem())
    return key


def verify_without_farol(public_key: Path, envelope: Path) -> str:
    """Check a signature by the documented script; return what it prints, with single blanks."""
    judge = ROOT / ".venv-judges/bin/python"
    script = ROOT / "docs/examples/verify_signature.py"
    done = subprocess.run(
        [judge, script, public_key, envelope], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def report_in(folder: Path) -> ProofReport:
    path = latest_report(folder)
    assert path
    return read_report(path)


@pytest.mark.usefixtures("tools")
def test_the_image_keeps_every_promise_and_the_report_is_signed(
    engine: ContainerEngine, app_image: str, store: Path, tmp_path: Path, say: Say
) -> None:
    key = make_key(tmp_path)
    out = tmp_path / "out"

    printed = prove(engine, app_image, store, out, SIGNING_KEY=str(tmp_path / "key.pem"))

    report = report_in(out)
    say(f"proof: {report.closing_line}")
    assert printed.splitlines()[-1] == report.closing_line
    assert {each.name for each in report.results if each.outcome != "passed"} == {
        "store-refuses-writes"  # a folder has no keys
    }
    assert set(compose_paths(ROOT)) <= report.hashes.keys()
    assert report.image_digest == f"sha256:{engine.inspect(app_image)['Id']}"
    (envelope,) = out.glob("*.attestation.json")
    said = verify(envelope.read_bytes(), TrustedKeys((key.public,)), publication_id="-").statement
    assert f"sha256:{said.sha256_of('farol-app')}" == report.image_digest
    told = verify_without_farol(tmp_path / "key.pub.pem", envelope)
    assert f"not here {report.image_digest.removeprefix('sha256:')} farol-app" in told
    assert f'"closing_line": "{report.closing_line}"' in told

    components = json.loads((out / "sbom.cdx.json").read_text())["components"]
    assert {"duckdb", "libc6"} <= {each["name"] for each in components}
    assert "duckdb" in (out / "licences.txt").read_text()
    assert not (out / ".work").exists()


@pytest.mark.usefixtures("tools")
def test_the_jobs_image_has_what_its_lock_names_and_a_signed_report_of_its_own(
    engine: ContainerEngine, ml_image: str, tmp_path: Path, say: Say
) -> None:
    make_key(tmp_path)
    key = str(tmp_path / "key.pem")

    prove(engine, ml_image, tmp_path, tmp_path / "out", which="ml", SIGNING_KEY=key)

    out = tmp_path / "out/ml"
    report = report_in(out)
    say(f"proof: {report.closing_line}")
    assert {each.outcome for each in report.results} == {"passed"}
    assert report.image_digest == f"sha256:{engine.inspect(ml_image)['Id']}"
    (envelope,) = out.glob("*.attestation.json")
    told = verify_without_farol(tmp_path / "key.pub.pem", envelope)
    assert f"{report.image_digest.removeprefix('sha256:')} farol-ml-jobs" in told

    components = json.loads((out / "sbom.cdx.json").read_text())["components"]
    # Of libgomp1 the image has a single file, and Debian's description.
    assert {"lightgbm", "libc6", "libgomp1", "python"} <= {each["name"] for each in components}
    licences = {
        each["name"]: each["licence"] for each in json.loads((out / "licences.json").read_text())
    }
    assert licences["lightgbm"] == "MIT"
    assert "not said" not in licences.values()


def test_the_portals_image_is_not_taken_for_the_jobs(
    engine: ContainerEngine, app_image: str
) -> None:
    proof = (
        "-m",
        "datalayer.compliance",
        "--image-name",
        "farol-ml-jobs",
        "--only",
        "kernel-alone",
    )

    with pytest.raises(EngineError) as failed:
        engine.run(
            "run", "--rm", "--network=none", *HARDENED, "--entrypoint=python", app_image, *proof
        )

    told = str(failed.value)
    assert "0 checks passed, 1 failed" in told
    assert "/opt/farol has no ml_jobs; it must be the job's image" in told


def test_what_is_planted_into_the_image_is_found(
    engine: ContainerEngine, app_image: str, tmp_path: Path
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
    assert "innocent 1 is installed in /usr/local/lib/python3.11/site-packages; " in told
    assert "/opt/farol/champion.onnx ends like a model" in told
    assert "/usr/lib/libcudart.so.12 belongs to a GPU" in told
