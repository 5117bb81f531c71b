"""Prometheus's own judge of rules and expressions, where it is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.portals import ROOT

MONITORING = ROOT / "deploy/monitoring"
ALERTS = MONITORING / "alerts.yml"
MINUTES = 60


def check(*arguments: str | Path) -> None:
    """Have promtool check or test what *arguments* say; fail with what it finds."""
    done = _promtool(*arguments)
    assert done.returncode == 0, done.stdout


def check_expressions(expressions: Iterable[str], folder: Path) -> None:
    """Have *expressions* parsed, each as a rule of its own; *folder* takes the file of them."""
    rules = [
        {"record": f"expression:{number}", "expr": each} for number, each in enumerate(expressions)
    ]
    path = folder / "expressions.yml"
    path.write_text(json.dumps({"groups": [{"name": "expressions", "rules": rules}]}))
    check("check", "rules", path)


def firing(metrics: str, folder: Path) -> set[str]:
    """Return the alerts that fire on a replica which has shown *metrics* for an hour.

    Args:
        metrics: What ``/metrics`` answered.
        folder: Takes the file of the question.
    """
    series = [
        {"series": _series(sample), "values": f"{sample.value}x{MINUTES}"}
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    ]
    series.append({"series": 'up{job="farol",instance="a"}', "values": f"1x{MINUTES}"})
    # Every alert is said not to fire; what promtool then complains of are those that do.
    names = re.findall(r"^ +- alert: (\w+)$", ALERTS.read_text(), re.M)
    rules = [{"eval_time": f"{MINUTES}m", "alertname": name} for name in names]
    asked = {"interval": "1m", "input_series": series, "alert_rule_test": rules}
    path = folder / "asked.yml"
    path.write_text(json.dumps({"rule_files": [str(ALERTS)], "tests": [asked]}))
    done = _promtool("test", "rules", path)
    assert done.returncode == 0 or "FAILED" in done.stdout, done.stdout
    return set(re.findall(r'Labels:\{alertname="(\w+)"', done.stdout))


def _promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here: apt-get install prometheus")
    return subprocess.run(
        [program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _series(sample: Sample) -> str:
    labels = {"job": "farol", "instance": "a", **sample.labels}
    return sample.name + "{" + ",".join(f"{k}={json.dumps(v)}" for k, v in labels.items()) + "}"
