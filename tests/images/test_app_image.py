"""The portal's image is small, runs without rights and a network, and holds what it needs alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.conftest import Say
from tests.images.engine import BASE, HARDENED, ContainerEngine, EngineError, build_images
from tests.portals import ROOT

LARGEST_MB = 560
BASE_MB = 130
"""The base image's, python:3.11-slim-bookworm; what stands in for it here may be smaller."""

LIVE = (
    "python",
    "-IS",
    "-c",
    "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/health/live')",
)
IMPORTED = """
import altair, Crypto.Cipher.AES, numpy.random, pandas, plotly.graph_objects, plotly.io, pydeck
import pyarrow.compute, pyarrow.csv, pyarrow.dataset, pyarrow.fs, pyarrow.parquet
import app, datalayer.__main__, datalayer.access.__main__
"""
"""Neighbours of what deploy/trim_environment.py removes, and all that is started in the image."""

ADDRESSES = (
    "/",
    "/forecast",
    "/orders",
    "/data",
    "/admin",
    "/api/v1",
    "/api/v1/docs",
    "/api/v1/items?limit=1",
    "/api/v1/forecasts/summary",
    "/metrics",
)
ANSWERED = """
import sys
from urllib.request import urlopen
for address in sys.argv[1:]:
    print(address, urlopen(f"http://127.0.0.1:8501{address}").status)
"""

WRITTEN = """
import pathlib, sys
for folder in sys.argv[1:]:
    try:
        (pathlib.Path(folder) / "probe").write_text("")
    except OSError:
        continue
    print(folder)
"""


@pytest.fixture(scope="module")
def running(engine: ContainerEngine, app_image: str, store: Path, say: Say) -> Iterator[str]:
    """A portal with no network, no rights and a root that can't be written to."""
    options = (
        *HARDENED,
        "--network=none",
        f"--volume={store}:/store:ro",
        "--env=FAROL_STORE=/store",
    )
    with engine.container(app_image, options=options) as container:
        say(f"the portal answered {engine.seconds_until(container, *LIVE):.1f} s after its start")
        yield container


def health(engine: ContainerEngine, container: str) -> dict[str, object]:
    """Return what /health answers to a program in the container."""
    code = (
        "from urllib.request import urlopen; "
        "print(urlopen('http://127.0.0.1:8501/health').read().decode())"
    )
    found: dict[str, object] = json.loads(engine.run("exec", container, "python", "-c", code))
    return found


def test_it_is_small_enough(engine: ContainerEngine, app_image: str, say: Say) -> None:
    whole, base = (int(str(engine.inspect(name)["Size"])) / 1e6 for name in (app_image, BASE))

    say(f"the portal's image has {whole:.0f} MB here, {whole - base:.0f} MB over its base")

    assert whole - base + BASE_MB <= LARGEST_MB


def test_it_names_its_user_its_health_and_what_it_was_made_of(
    engine: ContainerEngine, app_image: str
) -> None:
    found = engine.inspect(app_image)
    config = found["Config"]
    assert isinstance(config, dict)

    assert config["User"] == "10001:10001"
    assert config["WorkingDir"] == "/opt/farol"
    assert "/health/ready" in str(found["Healthcheck"])
    assert len(config["Labels"]["org.opencontainers.image.revision"].split("-")[0]) == 40
    assert "://" not in str(config["Labels"])


def test_what_was_trimmed_is_missed_by_nothing_that_is_imported(
    engine: ContainerEngine, app_image: str
) -> None:
    engine.run("run", "--rm", "--network=none", app_image, "python", "-c", IMPORTED)


def test_all_of_the_portal_is_in_it(engine: ContainerEngine, app_image: str) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "app.py", "pages", "datalayer"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = {path for path in listed.stdout.split() if not path.startswith("pages/locale/")}
    wanted.add("pages/locale/pt_BR/LC_MESSAGES/farol.mo")
    code = (
        "import pathlib; print(*(p for p in pathlib.Path().rglob('*') if p.is_file()), sep='\\n')"
    )

    found = engine.run("run", "--rm", "--network=none", app_image, "python", "-c", code)

    assert wanted - set(found.splitlines()) == set()


def test_neither_pip_nor_the_job_is_in_it(engine: ContainerEngine, app_image: str) -> None:
    names = ("pip", "setuptools", "ml_jobs", "tests", "benchmarks")
    code = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"

    found = engine.run("run", "--rm", "--network=none", app_image, "python", "-c", code)

    assert found.strip() == "[]"


def test_it_is_not_ready_before_the_first_publication_and_ready_with_it(
    engine: ContainerEngine, running: str
) -> None:
    assert not engine.succeeds("healthcheck", "run", running)

    engine.run("exec", running, "python", "-m", "datalayer", "activate")

    assert engine.succeeds("healthcheck", "run", running)
    found = health(engine, running)
    assert found["readiness"] == "ready"


def test_every_page_and_read_answers_without_a_network(
    engine: ContainerEngine, running: str
) -> None:
    found = engine.run("exec", running, "python", "-c", ANSWERED, *ADDRESSES)

    assert dict(line.split() for line in found.splitlines()) == dict.fromkeys(ADDRESSES, "200")


def test_its_process_has_no_rights(engine: ContainerEngine, running: str) -> None:
    status = engine.run("exec", running, "cat", "/proc/1/status")

    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(lines["Uid"].split()) == {"10001"}
    assert int(lines["CapEff"], 16) == int(lines["CapBnd"], 16) == 0
    assert lines["NoNewPrivs"].strip() == "1"


def test_it_writes_to_its_state_and_to_nothing_that_lasts(
    engine: ContainerEngine, running: str
) -> None:
    folders = ("/", "/etc", "/opt/farol", "/opt/venv", "/store", "/tmp", "/var/lib/farol")

    found = engine.run("exec", running, "python", "-c", WRITTEN, *folders)

    assert found.split() == ["/tmp", "/var/lib/farol"]


def test_a_user_that_was_drawn_by_lot_writes_to_the_state_too(
    engine: ContainerEngine, app_image: str
) -> None:
    options = ("--rm", "--network=none", "--user=12345:0", *HARDENED)

    found = engine.run("run", *options, app_image, "python", "-c", WRITTEN, "/var/lib/farol")

    assert found.split() == ["/var/lib/farol"]


def test_no_program_of_ours_has_the_rights_of_another_user(
    engine: ContainerEngine, app_image: str
) -> None:
    find = (
        "find",
        "/opt",
        "(",
        "-perm",
        "/7022",
        "-o",
        "!",
        "-user",
        "root",
        ")",
        "!",
        "-type",
        "l",
    )

    assert engine.run("run", "--rm", "--network=none", app_image, *find) == ""


def test_it_has_no_way_out(engine: ContainerEngine, running: str) -> None:
    interfaces = engine.run("exec", running, "ls", "/sys/class/net")

    assert interfaces.split() == ["lo"]


def test_an_image_without_its_lock_is_not_built(engine: ContainerEngine, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    with pytest.raises(EngineError, match=r"requirements\.txt is missing.*make lock"):
        build_images(engine, "app", folder=tmp_path)


def test_an_environment_that_is_not_the_lock_s_is_refused(
    engine: ContainerEngine, app_image: str
) -> None:
    """As it is in the build, where the same command ends it."""
    check = "python -m datalayer.compliance --lock /tmp/lock --only installed-is-the-lock"
    another = "sed 's/^cachetools==.*/cachetools==1.0 \\\\/' requirements.txt > /tmp/lock"

    done = engine.run(
        *(
            "run",
            "--rm",
            "--network=none",
            app_image,
            "sh",
            "-c",
            f"{another}; {check} 2>&1 || true",
        )
    )

    assert "cachetools" in done
    assert "1.0" in done
    assert "1 failed" in done
