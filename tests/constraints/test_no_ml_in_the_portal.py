"""The law of the house: nothing that is deployed trains, predicts or even loads what could."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from datalayer.api.application import create_api
from datalayer.compliance.at_a_glance import check_compliance
from tests.portals import make_portal
from tests.publisher import Publisher

PROJECT = Path(__file__).parents[2]
FORBIDDEN_WORDS = {
    "predict",
    "forecast",
    "inference",
    "train",
    "retrain",
    "optimize",
    "features",
    "preprocess",
    "model",
}
RUN_EVERY_PAGE = """
import sys
from importlib.abc import MetaPathFinder

class RefuseTheJob(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "ml_jobs":
            raise AssertionError(f"the portal asked for {name}")

sys.meta_path.insert(0, RefuseTheJob())

from datalayer.compliance.at_a_glance import check_compliance
from datalayer.access.identity import Identity, Role
from datalayer.runtime import portal
from streamlit.testing.v1 import AppTest

portal().activate(Identity("cli:test", Role.ADMIN))
app = AppTest.from_file("pages/_navigation.py", default_timeout=60).run()
for page in ("overview.py", "forecast.py", "data.py", "admin.py"):
    app.switch_page(page).run()
    assert app.title, page
    assert not app.exception, app.exception
print(check_compliance().status, *check_compliance().violations)
"""


def test_no_machine_learning_is_loaded_after_every_page_has_run(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.publish()
    places = {
        "FAROL_STORE": publisher.store.address,
        "FAROL_STATE": str(tmp_path / "state"),
        "PYTHONPATH": str(PROJECT),
    }

    answer = subprocess.run(
        [sys.executable, "-c", RUN_EVERY_PAGE],
        cwd=PROJECT,
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == "pass"


def test_the_environment_of_the_portal_holds_no_machine_learning() -> None:
    found = check_compliance()

    assert found.checked
    assert found.violations == ()


def test_no_route_of_the_api_trains_or_predicts(tmp_path: Path) -> None:
    paths = create_api(make_portal(tmp_path)).openapi()["paths"]

    parts = {part for path in paths for part in path.split("/")}
    assert {"v1", "items", "timeseries"} <= parts
    assert not parts & FORBIDDEN_WORDS


def test_nothing_of_the_api_writes_but_refresh_and_roll_back(tmp_path: Path) -> None:
    api = create_api(make_portal(tmp_path))

    writing = {
        (method, path)
        for path, item in api.openapi()["paths"].items()
        for method in item
        if method != "get"
    }

    assert writing == {("post", "/v1/data/refresh"), ("post", "/v1/data/rollback")}
