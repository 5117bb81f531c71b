"""Every rule of a Dockerfile has one that breaks it, and this project's own keeps all."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.dockerfile import Dockerfile, read_dockerfile
from datalayer.compliance.policies.dockerfile import APP_IMAGE, JOB_IMAGE
from datalayer.compliance.policies.policy import Policy
from tests.portals import ROOT

GOOD = """\
# syntax comment
ARG BASE_IMAGE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE_IMAGE} AS build
COPY requirements.txt ./
RUN --mount=type=secret,id=pip_config \\
    # a comment within
    pip/bin/pip --python /opt/venv/bin/python install --no-compile \\
      --require-hashes -r requirements.txt
COPY datalayer datalayer
FROM ${BASE_IMAGE}
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:${PATH}
USER 10001:10001
HEALTHCHECK CMD ["python", "-c", "urlopen('http://127.0.0.1:8501/health/ready')"]
CMD ["streamlit", "run", "app.py"]
"""
BAD = [
    ("USER 10001:10001\n", "", "has no USER"),
    ("USER 10001:10001", "USER root", "runs the image as root"),
    ("USER 10001:10001", "USER 0:0", "runs the image as root"),
    ("python:3.11-slim-bookworm", "python", "it must name a digest or a version"),
    ("python:3.11-slim-bookworm", "python:latest", "it must name a digest or a version"),
    ("python:3.11-slim-bookworm", "nvidia/cuda:12.4-runtime", "made for GPUs"),
    ("COPY datalayer datalayer", "ADD https://example.org/x.tar /x", "uses ADD"),
    ("COPY datalayer datalayer", "RUN curl https://example.org/x", "names the host example.org"),
    ("--no-compile", "--index-url https://example.org/simple", "chooses a package index"),
    ("--no-compile", "--trusted-host example.org", "chooses a package index"),
    ("ENV PATH", "ENV PIP_INDEX_URL=https://example.org PATH", "chooses a package index"),
    ("--require-hashes -r", "-r", "installs without --require-hashes"),
    ("-r requirements.txt", "-r requirements.txt && pip install torch", "names torch"),
    ("-r requirements.txt", "-r requirements.txt && pip install x", "without --require-hashes"),
    ("-r requirements.txt", "-r requirements.txt; apt-get install libcudart12 xgboost", "xgboost"),
    ("HEALTHCHECK CMD", "HEALTHCHECK NONE #", "has no HEALTHCHECK"),
    ("/health/ready", "/", "does not ask /health"),
    ("COPY datalayer datalayer", "COPY . .", "copies ."),
    ("COPY datalayer datalayer", "COPY ml_jobs ml_jobs", "copies ml_jobs"),
    ("COPY datalayer datalayer", "COPY datalayer/../ml_jobs x", "copies datalayer/../ml_jobs"),
    ("ENV PATH", "ENV FAROL_S3_SECRET_KEY=abc PATH", "gives FAROL_S3_SECRET_KEY a value"),
    ("ENV PATH", "ENV DB_PASSWORD abc\nENV PATH", "gives DB_PASSWORD a value"),
    ("USER 10001:10001", "USER 00", "runs the image as root"),
    ("USER 10001:10001", 'USER "root"', "runs the image as root"),
    ("USER 10001:10001", "USER ${WHO}", "it must name a user"),
    ("USER 10001:10001", 'USER 10001\nLABEL note="<<END"\nUSER root\n#\nLABEL END', "as root"),
    ("USER 10001:10001", "USER 10001\nRUN echo '<<END'\nUSER root\nLABEL END", "as root"),
    ("${BASE_IMAGE}\nCOPY --from", "${WHO:-python3}\nCOPY --from", "must name a digest"),
    ("FROM ${BASE_IMAGE} AS build", "FROM build AS build", "must name a digest"),
    ("--from=build", "--from=example/other:1", "copies from example/other:1"),
    ("COPY datalayer datalayer", "RUN --mount=type=bind,target=/t cp -r /t /x", "mounts type=bind"),
    ("COPY datalayer datalayer", "RUN --mount=target=/t cp -r /t /x", "mounts target=/t"),
    ("COPY datalayer datalayer", "RUN --mount=type=cache,from=x,target=/t true", "another image"),
    ("COPY datalayer datalayer", "ONBUILD RUN pip install torch", "uses ONBUILD"),
    ("COPY datalayer datalayer", "RUN\tpip install torch", "names torch"),
    ("COPY datalayer datalayer", "run pip install torch", "names torch"),
    ("COPY datalayer datalayer", 'RUN ["pip", "install", "x"]', "without --require-hashes"),
    ("COPY datalayer datalayer", "RUN pip3.11 install x", "without --require-hashes"),
    ("COPY datalayer datalayer", "RUN apt-get install python3-torch", "names python3-torch"),
    ("COPY datalayer datalayer", "RUN curl $WHERE", "fetches with curl"),
    (
        "COPY datalayer datalayer",
        "RUN x http://localhost.example.org/y",
        "names the host localhost.e",
    ),
    ("COPY datalayer datalayer", "RUN pip config set global.index-url x", "a package index"),
    ("COPY datalayer datalayer", "RUN <<-X\n\ttrue\n\tX\nADD x y", "uses ADD"),
    ('CMD ["streamlit", "run", "app.py"]', "CMD curl https://example.org/x", "names the host"),
    ("# syntax comment", "# syntax=example.org/other", "uses # SYNTAX"),
    ("# syntax comment", "# escape=`", "uses # ESCAPE"),
    ("ARG BASE", "ARG DB_PASSWORD=abc\nARG BASE", "gives DB_PASSWORD a value"),
]


def findings(folder: Path, text: str) -> list[str]:
    path = folder / "Dockerfile"
    path.write_text(text, encoding="utf-8")
    return list(APP_IMAGE.findings(read_dockerfile(path)))


def test_a_good_one_is_trusted(tmp_path: Path) -> None:
    assert findings(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("path", "policy"), [("Dockerfile", APP_IMAGE), ("ml_jobs/Dockerfile", JOB_IMAGE)]
)
def test_this_projects_own_keep_all_rules(path: str, policy: Policy[Dockerfile]) -> None:
    assert list(policy.findings(read_dockerfile(ROOT / path))) == []


@pytest.mark.parametrize(("before", "after", "finding"), BAD)
def test_each_breach_is_found(tmp_path: Path, before: str, after: str, finding: str) -> None:
    assert before in GOOD

    found = findings(tmp_path, GOOD.replace(before, after))

    assert any(finding in each for each in found), found


def test_a_finding_says_where_it_is(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, GOOD.replace("USER 10001:10001", "USER root"))

    assert found == f"{tmp_path}/Dockerfile:13 runs the image as root; it must be another user"


def test_one_that_installs_nothing_is_found(tmp_path: Path) -> None:
    text = GOOD.replace("install --no-compile", "list")

    assert any("installs no lock" in each for each in findings(tmp_path, text))


def test_the_jobs_may_hold_the_kernel_and_no_more_of_the_deployment(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    good = GOOD.replace("COPY datalayer datalayer", "COPY datalayer/kernel datalayer/kernel")
    path.write_text(good.replace("COPY requirements.txt", "COPY ml_jobs/requirements.txt"))
    assert list(JOB_IMAGE.findings(read_dockerfile(path))) == []

    path.write_text(GOOD.replace("COPY requirements.txt", "COPY ml_jobs/requirements.txt"))
    assert [each.partition("copies ")[2][:9] for each in JOB_IMAGE.findings(read_dockerfile(path))]
