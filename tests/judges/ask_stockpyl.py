"""Runs in .venv-judges: losses and newsvendor levels of a JSON file of cases, by stockpyl."""

import json
import sys
from pathlib import Path

from scipy.stats import nbinom
from stockpyl.loss_functions import negative_binomial_loss
from stockpyl.newsvendor import newsvendor_discrete

cases = json.loads(Path(sys.argv[1]).read_text("utf-8"))


def parameters(case: dict) -> tuple[float, float]:
    return case["mean"] / case["excess"], 1.0 / (1.0 + case["excess"])


answer = {
    "losses": [
        negative_binomial_loss(case["stock"], *parameters(case))[0] for case in cases["losses"]
    ],
    "levels": [
        newsvendor_discrete(case["holding"], case["lost"], nbinom(*parameters(case)))[0]
        for case in cases["levels"]
    ],
}
json.dump(answer, sys.stdout)
