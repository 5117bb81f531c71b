"""What waits beside a stock, and what to order, judged by stockpyl."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.judges.judge import PROJECT, Judge

ML_PYTHON = PROJECT / ".venv-ml/bin/python"
ASK_STOCKPYL = PROJECT / "tests/judges/ask_stockpyl.py"
HOLDING, LOST = 0.2, 1.0
CASES = [
    {"mean": mean, "excess": excess, "stock": stock}
    for mean in (0.05, 0.7, 4.0, 30.0)
    for excess in (0.05, 1.0, 6.0)
    for stock in (0, 1, 3, 12)
]
OURS = """
import json, sys
import numpy as np
from ml_jobs.negative_binomial import NegativeBinomial
from ml_jobs.stocking.availability.money import MoneyPolicy, chances_of_demand, order_of
from ml_jobs.stocking.availability.tails import Tails
from ml_jobs.stocking.availability.worth import Worth

cases = json.loads(sys.argv[1])
mean, excess, stock = (np.array([case[name] for case in cases["losses"]], float)
                       for name in ("mean", "excess", "stock"))
ones = np.ones(len(mean))
demand = NegativeBinomial(mean, excess, ones, 0 * ones)
held = np.ones(len(mean), bool)
worth = Worth(demand, ones, ones, ones, Tails.as_forecast(), np.full(len(mean), np.nan), held)
levels = [
    order_of(0, np.empty(0, int), chances_of_demand(case["mean"], case["excess"]),
             MoneyPolicy(case["holding"], case["lost"]))
    for case in cases["levels"]
]
json.dump({"losses": worth.expected_backorders(stock).tolist(), "levels": levels}, sys.stdout)
"""


def test_what_waits_and_what_to_order_is_what_stockpyl_says(judge: Judge) -> None:
    asked = {
        "losses": CASES,
        "levels": [{**case, "holding": HOLDING, "lost": LOST} for case in CASES],
    }
    cases = judge.folder / "cases.json"
    cases.write_text(json.dumps(asked))

    done = judge.run("python", ASK_STOCKPYL, cases)
    ours = subprocess.run(
        [ML_PYTHON, "-c", OURS, json.dumps(asked)], cwd=PROJECT, capture_output=True, check=True
    )

    assert done.returncode == 0, done.stderr
    told, found = json.loads(done.stdout), json.loads(ours.stdout)
    assert found["losses"] == pytest.approx(told["losses"], rel=1e-9, abs=1e-12)
    assert found["levels"] == told["levels"]
