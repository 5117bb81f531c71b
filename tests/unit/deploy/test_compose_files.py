"""The compose files: whole by their schema, true to their comments, and nothing fixed in them."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from datalayer.compliance.evidence.compose_ways import compose_paths
from datalayer.kernel.storage.settings import SecretsFolder
from datalayer.settings import Settings
from ml_jobs.settings import JobSettings
from tests.portals import ROOT

COMPOSE = ROOT / "docker-compose.yml"
JOB = ROOT / "ml_jobs/docker-compose.yml"
FOLDER = ROOT / "deploy/compose.folder.yml"
FILES = [ROOT / path for path in compose_paths(ROOT)]
MONITORING = ROOT / "deploy/compose.monitoring.yml"
WHOLE = [COMPOSE, JOB, FOLDER, MONITORING]
REPLICAS = 3
STORE_STOPS_WITHIN_S = 16
"""Its own wait for streams that never end, and what it then has to close."""
SECRET = re.compile("(ACCESS|SECRET)_KEY|PASSWORD|TOKEN|REDIS_URL")


def services(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    return found


def default(value: object) -> str:
    """Return a value with the defaults in place of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_to_the_schema_of_compose(path: Path) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", ["networks", "secrets"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_service_names_is_defined_there_or_in_what_it_is_laid_over(
    path: Path, kind: str
) -> None:
    base = JOB if path.is_relative_to(ROOT / "ml_jobs") else COMPOSE
    defined = {"default"}
    for each in (path, base):
        defined |= set(yaml.safe_load(each.read_text(encoding="utf-8")).get(kind, {}))

    for service in services(path).values():
        assert set(service.get(kind, ())) <= defined


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_service_is_hardened_and_bounded(path: Path) -> None:
    for service in services(path).values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"] == ("65534:65534" if path == MONITORING else "10001:10001")
        assert {"mem_limit", "memswap_limit", "cpus", "pids_limit", "ulimits"} <= service.keys()
        assert service["mem_limit"] == service["memswap_limit"]


def test_three_replicas_and_the_rest_fit_a_machine_of_8_cores_and_16_gb() -> None:
    counted = {"app": REPLICAS}
    memory_mib = processors = 0.0
    for name, service in services(COMPOSE).items():
        memory_mib += counted.get(name, 1) * float(default(service["mem_limit"]).rstrip("m"))
        processors += counted.get(name, 1) * float(default(service["cpus"]))

    assert memory_mib == 12_288  # as the comment in the file says
    assert memory_mib * 2**20 < 16e9
    assert processors <= 8


def test_only_the_proxy_is_published_and_only_its_network_leads_out() -> None:
    networks = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["networks"]
    found = services(COMPOSE)

    assert [name for name, service in found.items() if "ports" in service] == ["proxy"]
    assert [name for name, network in networks.items() if not network.get("internal")] == [
        "outside"
    ]
    assert [name for name, service in found.items() if "outside" in service["networks"]] == [
        "proxy"
    ]


def test_nobody_but_the_proxy_shares_a_network_with_the_store() -> None:
    shared = {name for name, each in services(COMPOSE).items() if "storage" in each["networks"]}

    assert shared == {"proxy", "store"}


def test_the_store_is_given_the_time_that_it_takes_to_stop() -> None:
    start = (ROOT / "deploy/store/start.sh").read_text(encoding="utf-8")

    assert "-volume.preStopSeconds=0" in start
    assert int(services(COMPOSE)["store"]["stop_grace_period"].rstrip("s")) > STORE_STOPS_WITHIN_S


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_secrets_come_from_files_and_never_stand_in_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for service in services(path).values():
        assert not [name for name in service.get("environment", {}) if SECRET.search(name)]
    for secret in yaml.safe_load(text).get("secrets", {}).values():
        assert set(secret) == {"file"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_images_are_variables_whose_defaults_have_a_version(path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for service in services(path).values():
        if "image" not in service:
            continue  # of an override
        assert re.fullmatch(r"\$\{FAROL_[A-Z]+_IMAGE:-[^}]+:v?\d[^}]*\}", service["image"])
        if "farol-" in service["image"]:
            assert service["image"].endswith(f":{version}}}")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_that_portal_and_job_are_given_is_a_setting(path: Path) -> None:
    fields = {**Settings.model_fields, **SecretsFolder.model_fields, **JobSettings.model_fields}
    known = {f"FAROL_{name.upper()}" for name in fields}
    for name, service in services(path).items():
        if name != "proxy":
            given = {each for each in service.get("environment", {}) if each.startswith("FAROL_")}
            assert given <= known


def test_what_others_may_not_read_is_ignored_by_git() -> None:
    paths = ["deploy/secrets/portal/farol_redis_url", "ml_jobs/secrets/farol_s3_secret_key", ".env"]

    done = subprocess.run(
        ["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == paths


@pytest.mark.parametrize("name", ["proxy", "store"])
def test_what_is_asked_within_never_goes_by_the_proxy_of_the_machine(name: str) -> None:
    service = services(COMPOSE)[name]

    assert service["environment"]["NO_PROXY"] == "*"
    assert "http_proxy= wget" in service["healthcheck"]["test"][1]
