"""Alerts and dashboard ask for what a running portal shows, and fire when they should."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import PortalError
from datalayer.kernel.storage.object_store import FolderStore
from tests.integration.servers import wait_until
from tests.portals import ADMIN, ROOT, unreachable_store
from tests.promtool import ALERTS, MONITORING, check, check_expressions, firing
from tests.publisher import Publisher
from tests.running_portal import READY_WITHIN_S, RunningPortal, running_portal
from tests.served_portal import ServedPortal, served_portal

DASHBOARD = MONITORING / "grafana-dashboard.json"
MADE_BY_PROMETHEUS = {"up", "ALERTS"}
# The data of the tests are of a day that is past, and the machine's disk may be full.
OLD_DATA = {"FarolPublicationOld", "FarolDataOld"}
MACHINE = {"FarolDiskFilling"}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def panel_expressions() -> list[str]:
    """Return the dashboard's expressions with its variables put in, as Grafana does."""
    variables = {"$__rate_interval": "5m", "$job": "farol", "$instance": ".*"}
    found = [target["expr"] for panel in panels() for target in panel["targets"]]
    for name, value in variables.items():
        found = [each.replace(name, value) for each in found]
    return found


def expressions() -> list[str]:
    return [*(rule["expr"] for rule in rules()), *panel_expressions()]


@pytest.fixture(scope="module")
def shown(
    tmp_path_factory: pytest.TempPathFactory, activated_folder: Path
) -> dict[str, set[frozenset[str]]]:
    """The metrics of a running portal that was read, each with the names of its labels."""
    folder = tmp_path_factory.mktemp("monitored")
    shutil.copytree(activated_folder, folder, dirs_exist_ok=True)
    with running_portal(folder, FAROL_RATE_LIMIT="3/hour") as portal:
        for path in ("items", "items/P00001/timeseries", "nothing", "inventory", "items"):
            httpx.get(f"{portal.address}/api/v1/{path}")
        text = settled_metrics(portal)
    shown: dict[str, set[frozenset[str]]] = {}
    for family in text_string_to_metric_families(text):
        # A counter without a sample yet is there by its family only.
        name = f"{family.name}_total" if family.type == "counter" else family.name
        shown.setdefault(name, set())
        for sample in family.samples:
            shown.setdefault(sample.name, set()).add(frozenset(sample.labels))
    return shown


def settled_metrics(portal: RunningPortal) -> str:
    """Return what *portal* shows once it has asked its store and its state folder."""

    def answer() -> str:
        return httpx.get(f"{portal.address}/metrics").text

    def settled() -> bool:
        return all(name in answer() for name in ("farol_store_reachable", "farol_state_writable"))

    wait_until(settled, within_s=READY_WITHIN_S, problem="store or state were not asked")
    return answer()


# A store in a folder has no key that could write, and a portal alone has no Redis.
ELSEWHERE = {"farol_store_writable", "farol_redis_up", *MADE_BY_PROMETHEUS}


def test_every_metric_that_is_asked_for_is_shown(shown: dict[str, set[frozenset[str]]]) -> None:
    named = {
        name
        for each in expressions()
        for name in re.findall(r"\b(?:farol|process)_\w+|\bup\b|\bALERTS\b", each)
    }

    assert len(named) > 20
    assert named - ELSEWHERE - set(shown) == set()


def test_every_label_that_is_asked_for_is_shown(shown: dict[str, set[frozenset[str]]]) -> None:
    asked = [
        (name, label)
        for each in expressions()
        for name, selector in re.findall(r"\b((?:farol|process)_\w+)\{([^}]*)\}", each)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)
    ]

    missing = [
        (name, label)
        for name, label in asked
        if label not in ("job", "instance")
        and shown.get(name)
        and not any(label in labels for labels in shown[name])
    ]

    assert len(asked) > 20
    assert missing == []


def test_each_alert_fires_and_stays_quiet_as_its_tests_say() -> None:
    check("test", "rules", MONITORING / "alerts_test.yml")


def test_each_alert_has_tests() -> None:
    tests = yaml.safe_load((MONITORING / "alerts_test.yml").read_text())["tests"]
    fired, quiet = set[str](), set[str]()
    for each in tests:
        for question in each["alert_rule_test"]:
            (fired if question.get("exp_alerts") else quiet).add(question["alertname"])

    assert fired == quiet == {rule["alert"] for rule in rules()}


def test_each_alert_is_explained_where_it_says() -> None:
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (Farol\w+)$", text, re.M)

    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        runbook = rule["annotations"]["runbook"]
        assert runbook == f"docs/monitoring.md#{rule['alert'].lower()}"


def test_prometheus_takes_the_configuration() -> None:
    check("check", "config", MONITORING / "prometheus.yml")


def test_every_expression_of_the_dashboard_is_understood(tmp_path: Path) -> None:
    check_expressions(panel_expressions(), tmp_path)


def test_the_panels_of_the_dashboard_have_room_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert taken.isdisjoint(cells), panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def metrics_of(served: ServedPortal) -> str:
    """Return what a portal shows once its store and its state folder have been asked."""
    served.get("/health")
    served.portal.store_watch.wait_for_answer()
    served.portal.state_watch.wait_for_answer()
    return served.get("/metrics").text


@pytest.fixture
def publisher(tmp_path: Path, registry: Registry) -> Publisher:
    """Publishes into the folder that ``served`` reads."""
    return Publisher(FolderStore(tmp_path / "store"), registry)


@pytest.fixture
def served(publisher: Publisher, tmp_path: Path) -> Iterator[ServedPortal]:
    """A portal that serves a publication."""
    publisher.publish()
    with served_portal(tmp_path) as served:
        served.portal.activate(ADMIN)
        yield served


class TestOnARealPortal:
    def test_no_alert_fires_while_all_is_well(self, served: ServedPortal, tmp_path: Path) -> None:
        served.get("/api/v1/items")

        assert firing(metrics_of(served), tmp_path) - OLD_DATA - MACHINE == set()

    def test_a_failed_activation_fires_until_one_succeeds(
        self, served: ServedPortal, publisher: Publisher, tmp_path: Path
    ) -> None:
        publisher.publish(salt="other")
        publisher.corrupt("dim_item")
        with pytest.raises(PortalError):
            served.portal.activate(ADMIN)
        failed = firing(metrics_of(served), tmp_path)

        publisher.publish(salt="mended")
        served.portal.activate(ADMIN)
        succeeded = firing(metrics_of(served), tmp_path)

        assert "FarolActivationFailed" in failed
        assert "FarolActivationFailed" not in succeeded

    def test_a_portal_without_a_publication_fires(self, tmp_path: Path) -> None:
        with served_portal(tmp_path) as served:
            assert "FarolEmpty" in firing(metrics_of(served), tmp_path)

    def test_a_store_that_is_gone_fires(self, tmp_path: Path) -> None:
        with served_portal(tmp_path, **unreachable_store()) as served:
            assert "FarolStoreUnreachable" in firing(metrics_of(served), tmp_path)
