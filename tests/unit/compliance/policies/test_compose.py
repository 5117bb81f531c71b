"""Every rule of a compose file has one that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from datalayer.compliance.evidence.compose import read_compose
from datalayer.compliance.evidence.compose_ways import JOB_FOLDER, find_ways
from datalayer.compliance.policies.compose_ways import (
    ALLOWANCES,
    EachWay,
    EachWayOfTheJob,
    compose_policy,
)
from datalayer.kernel.errors import EvidenceMissing
from tests.portals import ROOT

Change = Callable[[dict[str, Any]], object]

SERVICE: dict[str, Any] = {
    "user": "10001:10001",
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "ulimits": {"nofile": {"soft": 16384, "hard": 16384}},
    "pids_limit": 64,
    "cpus": 1,
    "mem_limit": "${MEMORY:-2g}",
    "healthcheck": {"test": ["CMD", "true"]},
}
GOOD: dict[str, Any] = {
    "services": {
        "app": {
            **SERVICE,
            "image": "${FAROL_APP_IMAGE:-farol-app:0.1.0}",
            "environment": {"FAROL_SECRETS": "/run/secrets", "FAROL_S3_SECRET_KEY": "${KEY:-}"},
            "secrets": ["farol_redis_url"],
            "networks": ["inside"],
        },
        "redis": {
            **SERVICE,
            "image": "docker.io/library/redis:7.2-bookworm",
            "command": 'sh -c "redis-server --requirepass $$(cat /run/secrets/password)"',
            "networks": {"inside": {}},
        },
        "proxy": {
            **SERVICE,
            "image": "docker.io/library/caddy@sha256:" + "a" * 64,
            "cap_add": ["NET_BIND_SERVICE"],
            "ports": ["8080:8080"],
            "networks": ["inside", "outside"],
        },
    },
    "networks": {"inside": {"internal": True}, "outside": {}},
    "secrets": {"farol_redis_url": {"file": "./deploy/secrets/farol_redis_url"}},
}


def app(file: dict[str, Any]) -> dict[str, Any]:
    service: dict[str, Any] = file["services"]["app"]
    return service


BAD: dict[str, tuple[Change, str]] = {
    "another service": (
        lambda f: f["services"].update(worker=app(f)),
        "has the service worker",
    ),
    "a service of machine learning": (
        lambda f: f["services"].update(mlflow=app(f)),
        "names mlflow",
    ),
    "an image of machine learning": (
        lambda f: app(f).update(image="tensorflow/serving:2.19"),
        "names serving, tensorflow",
    ),
    "a command of machine learning": (
        lambda f: app(f).update(command=["python", "-m", "ml_jobs"]),
        "names ml_jobs",
    ),
    "a device": (lambda f: app(f).update(devices=["/dev/dri"]), "has devices"),
    "a GPU": (lambda f: app(f).update(gpus="all"), "has gpus"),
    "a reserved GPU": (
        lambda f: app(f).update(
            deploy={"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}}
        ),
        "has deploy.resources.reservations.devices",
    ),
    "a runtime of GPUs": (lambda f: app(f).update(runtime="nvidia"), "has runtime"),
    "a variable of GPUs": (
        lambda f: app(f).update(environment=["NVIDIA_VISIBLE_DEVICES=all"]),
        "has NVIDIA_VISIBLE_DEVICES",
    ),
    "capabilities": (lambda f: app(f).pop("cap_drop"), "keeps capabilities"),
    "an added capability": (lambda f: app(f).update(cap_add=["SYS_ADMIN"]), "SYS_ADMIN"),
    "new privileges": (lambda f: app(f).pop("security_opt"), "may gain privileges"),
    "a root to write to": (lambda f: app(f).update(read_only=False), "may write to its root"),
    "a privileged service": (lambda f: app(f).update(privileged=True), "is privileged"),
    "the host's network": (lambda f: app(f).update(network_mode="host"), "network_mode: host"),
    "the engine's socket": (
        lambda f: app(f).update(volumes=["/var/run/docker.sock:/var/run/docker.sock"]),
        "mounts /var/run/docker.sock of the machine",
    ),
    "no limit of memory": (lambda f: app(f).pop("mem_limit"), "has no limit of memory"),
    "too much memory": (lambda f: app(f).update(mem_limit="5g"), "19.0 GiB altogether"),
    "no limit of processors": (lambda f: app(f).pop("cpus"), "has no limit of processors"),
    "no limit of processes": (lambda f: app(f).pop("pids_limit"), "has no limit of processes"),
    "no limit of files": (lambda f: app(f).pop("ulimits"), "has no limit of files"),
    "no health check": (
        lambda f: f["services"]["redis"].pop("healthcheck"),
        "redis has no healthcheck",
    ),
    "a published port": (lambda f: app(f).update(ports=["8501:8501"]), "publishes ports"),
    "a way out": (lambda f: app(f).update(networks=["outside"]), "has a route out"),
    "the default network": (lambda f: app(f).pop("networks"), "network default"),
    "an open network": (lambda f: f["networks"].update(inside={}), "network inside"),
    "a password": (
        lambda f: app(f).update(environment={"REDIS_PASSWORD": "changeme"}),
        "has a value for REDIS_PASSWORD",
    ),
    "a default password": (
        lambda f: app(f).update(environment=["FAROL_S3_SECRET_KEY=${KEY:-minioadmin}"]),
        "has a value for FAROL_S3_SECRET_KEY",
    ),
    "a password in an address": (
        lambda f: app(f).update(environment={"FAROL_REDIS_URL": "redis://:changeme@redis:6379"}),
        "has a value for FAROL_REDIS_URL",
    ),
    "a password in a command": (
        lambda f: app(f).update(command=["redis-server", "--requirepass", "changeme"]),
        "has a password in its command",
    ),
    "a secret without a file": (
        lambda f: f["secrets"].update(key={"environment": "KEY"}),
        "has the secret key without file:",
    ),
    "an image without a version": (
        lambda f: app(f).update(image="farol-app:latest"),
        "it must name a digest or a version",
    ),
    "another file": (lambda f: f.update(include=["other.yml"]), "has include"),
    "models of compose's own": (lambda f: f.update(models={"m": {}}), "has models"),
    "a service of another file": (
        lambda f: app(f).update(extends={"file": "other.yml", "service": "x"}),
        "has extends, which is not looked into",
    ),
    "an image built here": (lambda f: app(f).update(build="./ml"), "has build"),
    "a file of variables": (lambda f: app(f).update(env_file=".env"), "has env_file"),
    "the engine's own socket": (lambda f: app(f).update(use_api_socket=True), "use_api_socket"),
    "a command of more rights": (
        lambda f: app(f).update(post_start=[{"command": "x", "privileged": True}]),
        "has post_start",
    ),
    "another program's image": (
        lambda f: app(f).update(image="pytorch/pytorch:2.3"),
        "runs the image pytorch; it may run farol-app",
    ),
    "new privileges by a word": (
        lambda f: app(f).update(security_opt=["no-new-privileges:false"]),
        "may gain privileges",
    ),
    "no filter of system calls": (
        lambda f: app(f)["security_opt"].append("seccomp:unconfined"),
        "has security_opt: seccomp:unconfined",
    ),
    "another one's network": (
        lambda f: app(f).update(network_mode="container:x"),
        "network_mode: container:x",
    ),
    "the machine's processes": (lambda f: app(f).update(pid="${PID:-host}"), "pid: host"),
    "the machine's root": (lambda f: app(f).update(volumes=["//:/x"]), "mounts // of the machine"),
    "a folder of the machine": (
        lambda f: app(f).update(volumes=[{"type": "bind", "source": "/run", "target": "/x"}]),
        "mounts /run of the machine",
    ),
    "a socket by a default": (
        lambda f: app(f).update(volumes=["${SOCKET:-/run/x.sock}:/x"]),
        "mounts /run/x.sock of the machine",
    ),
    "a folder above": (
        lambda f: app(f).update(volumes=["./deploy/../../..:/x"]),
        "of the machine",
    ),
    "a volume that is a folder": (
        lambda f: f.update(volumes={"v": {"driver_opts": {"device": "/", "o": "bind"}}}),
        "the volume v with a driver",
    ),
    "memory without end": (lambda f: app(f).update(mem_limit=0), "has no limit of memory"),
    "processors without end": (lambda f: app(f).update(cpus="0"), "has no limit of processors"),
    "processes without end": (lambda f: app(f).update(pids_limit=-1), "no limit of processes"),
    "files without end": (
        lambda f: app(f).update(ulimits={"nofile": -1}),
        "has no limit of files",
    ),
    "limits that are a list": (lambda f: app(f).update(ulimits=["x"]), "has no limit of files"),
    "more replicas than fit": (lambda f: app(f).update(scale=8), "altogether"),
    "more deployed than fit": (
        lambda f: app(f).update(deploy={"replicas": 8}),
        "altogether",
    ),
    "a health check put out": (
        lambda f: app(f).update(healthcheck={"disable": True}),
        "app has no healthcheck",
    ),
    "a health check of nothing": (
        lambda f: app(f).update(healthcheck={"test": ["NONE"]}),
        "app has no healthcheck",
    ),
    "a network of others": (
        lambda f: f["networks"].update(inside={"internal": True, "external": True}),
        "network inside",
    ),
    "a secret that begins like a path": (
        lambda f: app(f).update(environment={"FAROL_S3_SECRET_KEY": "/aB3+x"}),
        "has a value for FAROL_S3_SECRET_KEY",
    ),
    "a secret where a variable is set": (
        lambda f: app(f).update(environment={"FAROL_S3_SECRET_KEY": "${HOME:+aB3x}"}),
        "has a value for FAROL_S3_SECRET_KEY",
    ),
    "no image": (lambda f: app(f).pop("image"), "has no image"),
    "no user": (lambda f: app(f).pop("user"), "may run as root"),
    "root": (lambda f: app(f).update(user="0:0"), "may run as root"),
    "root by a default": (lambda f: app(f).update(user="${USER_OF_IT:-root}"), "may run as root"),
}
BAD_VARIABLES = {
    "another image": ("FAROL_APP_IMAGE=pytorch/pytorch:2.3", "runs the image pytorch"),
    "an image without a version": ("FAROL_APP_IMAGE=farol-app:latest", "a digest or a version"),
    "memory": ("export MEMORY='6g'", "altogether"),
    "a secret": ("KEY=changeme", "has a value for FAROL_S3_SECRET_KEY"),
    "the machine's root": ("FOLDER=/", "mounts / of the machine; what .env names"),
    "the engine's socket": ("FOLDER=/var/run/docker.sock", "mounts /var/run/docker.sock"),
    "a socket elsewhere": ("FOLDER=/srv/x.sock", "mounts /srv/x.sock"),
    "what the processes tell": ("FOLDER=/proc/1", "mounts /proc/1"),
    "a folder above": ("FOLDER=/srv/../etc", "mounts /srv/../etc"),
    "a folder beside": ("FOLDER=../x", "mounts ../x"),
    "a folder to write to": ("OTHER=/srv/x", "mounts /srv/x of the machine; what .env names must"),
    "other files of variables": ("COMPOSE_ENV_FILES=.env,other.env", "COMPOSE_ENV_FILES"),
}
PRIVILEGED = {"services": {"app": {"privileged": True}}}


def write(path: Path, document: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


def findings(tree: Path, file: dict[str, Any]) -> list[str]:
    write(tree / "docker-compose.yml", file)
    return list(compose_policy().findings(read_compose(tree, ["docker-compose.yml"])))


def verify(tree: Path) -> list[str]:
    """Return the findings of all ways to run *tree*; a file that can't be read is one."""
    try:
        return list(EachWay().findings(find_ways(tree)))
    except EvidenceMissing as error:
        return [str(error)]


def test_a_good_one_is_trusted(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize("breach", BAD)
def test_each_breach_is_found(tmp_path: Path, breach: str) -> None:
    change, finding = BAD[breach]
    file = copy.deepcopy(GOOD)
    change(file)

    found = findings(tmp_path, file)

    assert any(finding in each for each in found), found


def test_no_finding_tells_a_secret(tmp_path: Path) -> None:
    file = copy.deepcopy(GOOD)
    app(file).update(environment={"REDIS_PASSWORD": "changeme"}, command="--requirepass changeme")

    found = findings(tmp_path, file)

    assert len(found) == 2
    assert not any("changeme" in each for each in found)


@pytest.mark.parametrize(
    "name",
    [
        "deploy/compose.more.yml",
        "docker-compose.override.yml",
        "compose.override.yaml",
        "deploy/podman-compose.dev.yaml",
        "benchmarks/stack.yml",
    ],
)
def test_a_file_that_nobody_named_is_judged_on_top_of_the_deployments(
    tmp_path: Path, name: str
) -> None:
    write(tmp_path / "docker-compose.yml", GOOD)
    write(tmp_path / name, PRIVILEGED)

    assert verify(tmp_path) == [
        f"docker-compose.yml with {name}: the service app is privileged; it must not be"
    ]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "podman-compose.yml"])
def test_a_second_file_that_is_taken_by_itself_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path / "docker-compose.yml", GOOD)
    write(tmp_path / name, GOOD)

    (found,) = verify(tmp_path)

    assert name in found
    assert "there must be one" in found


def test_a_project_of_its_own_is_judged_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "docker-compose.yml", GOOD)
    write(tmp_path / "deploy/compose.alone.yml", {"name": "x", "services": {"app": {}}})

    found = verify(tmp_path)

    assert "deploy/compose.alone.yml: the service app has no image; it must name one" in found


@pytest.mark.parametrize(
    "text", ["services: {app: {ports: !override []}}", "include: [other.yml]", "a: ["]
)
def test_a_file_that_can_not_be_judged_is_found(tmp_path: Path, text: str) -> None:
    write(tmp_path / "docker-compose.yml", GOOD)
    (tmp_path / "compose.override.yml").write_text(text)

    assert len(verify(tmp_path)) == 1


def test_what_is_allowed_to_one_file_is_not_allowed_to_another(tmp_path: Path) -> None:
    for path in ("docker-compose.yml", *ALLOWANCES):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((ROOT / path).read_bytes())
    assert verify(tmp_path) == []

    for path in ALLOWANCES:
        (tmp_path / path).rename((tmp_path / path).with_name(f"compose.other-{len(path)}.yml"))

    assert len(verify(tmp_path)) >= len(ALLOWANCES)


@pytest.mark.parametrize("breach", BAD_VARIABLES)
def test_what_a_file_of_variables_brings_in_is_found(tmp_path: Path, breach: str) -> None:
    line, finding = BAD_VARIABLES[breach]
    file = copy.deepcopy(GOOD)
    app(file)["volumes"] = ["${FOLDER:?a folder}:/x:ro", "${OTHER:-./x}:/y"]
    write(tmp_path / "docker-compose.yml", file)
    assert verify(tmp_path) == []

    (tmp_path / ".env").write_text(f"# a comment\n{line}\n")

    found = verify(tmp_path)
    assert any(finding in each for each in found), found
    assert not any("changeme" in each for each in found)


def test_a_folder_that_a_file_of_variables_names_may_be_read(tmp_path: Path) -> None:
    file = copy.deepcopy(GOOD)
    app(file)["volumes"] = ["${FOLDER:?a folder}:/x:ro"]
    write(tmp_path / "docker-compose.yml", file)
    (tmp_path / ".env").write_text("FOLDER=/srv/ml_results\nMEMORY=1g\n")

    assert verify(tmp_path) == []


def test_the_files_that_a_file_of_variables_chooses_are_judged_together(tmp_path: Path) -> None:
    write(tmp_path / "docker-compose.yml", GOOD)
    write(tmp_path / ".own/more.yml", PRIVILEGED)
    assert verify(tmp_path) == []

    (tmp_path / ".env").write_text("COMPOSE_FILE=docker-compose.yml:./.own/more.yml\n")

    (found,) = verify(tmp_path)
    taken = "docker-compose.yml with .own/more.yml with .env"
    assert found == f"{taken}: the service app is privileged; it must not be"


def test_the_jobs_overrides_are_judged_on_top_of_the_jobs_own(tmp_path: Path) -> None:
    job = {"name": "job", "services": {"ml_jobs": {**SERVICE, "image": "farol-ml-jobs:1"}}}
    write(tmp_path / "docker-compose.yml", GOOD)
    write(tmp_path / "ml_jobs/docker-compose.yml", job)
    write(tmp_path / "ml_jobs/compose.gpu.yml", {"services": {"ml_jobs": {"gpus": "all"}}})

    assert verify(tmp_path) == []
    (found,) = EachWayOfTheJob().findings(find_ways(tmp_path, JOB_FOLDER))
    assert found.startswith("ml_jobs/docker-compose.yml with ml_jobs/compose.gpu.yml")


def test_the_projects_own_files_are_trusted() -> None:
    assert list(EachWay().findings(find_ways(ROOT))) == []
    assert list(EachWayOfTheJob().findings(find_ways(ROOT, JOB_FOLDER))) == []
