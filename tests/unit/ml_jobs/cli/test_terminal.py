"""What a terminal shows while the job works: how far, how fast, how long still."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from datalayer.kernel.progress import Progress, Step
from ml_jobs.cli.terminal import rate_in_words, stages
from ml_jobs.progress import Work

pytestmark = pytest.mark.ml


@pytest.mark.parametrize(
    ("units_per_s", "words"),
    [
        (0.25, "4.0 s each"),
        (1.0, "1.0/s"),
        (999.0, "999.0/s"),
        (1500.0, "1.5 k/s"),
        (2.5e6, "2.5 M/s"),
    ],
)
def test_a_rate_is_told_in_the_unit_that_reads_best(units_per_s: float, words: str) -> None:
    assert rate_in_words(units_per_s) == words


def test_every_stage_has_a_bar_of_its_own_with_what_is_at_hand() -> None:
    told = io.StringIO()

    with stages(Console(file=told, width=120)) as shown:
        shown.work(Work("forecast", 1, 4, "part[1]"))
        shown.work(Work("forecast", 2, 4, "part[2]"))
        shown.step(Progress(Step.UPLOAD, 3, 3, "fact_demand"))
        shown.step(Progress(Step.UPLOAD, 2, 2, "metadata.json"))
        shown.work(Work("nothing", 0, 0))

    lines = [line.split() for line in told.getvalue().splitlines() if line.strip()]
    assert [line[0] for line in lines] == ["forecast", "upload", "commit", "nothing"]
    assert "50" in lines[0]
    assert lines[0][-1] == "part[2]"
    assert "100" in lines[1]


def test_a_stage_under_way_tells_rate_and_remaining_time() -> None:
    told = io.StringIO()
    console = Console(file=told, width=120, force_terminal=True, color_system=None)

    with stages(console) as shown:
        for done in range(5):
            shown.work(Work("forecast", done, 1000))

    last = told.getvalue().split("forecast")[-1]
    assert "/s" in last or "s each" in last
