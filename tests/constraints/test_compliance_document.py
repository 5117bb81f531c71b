"""docs/compliance.md names the checks that there are, and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

from datalayer.compliance.checks import checks
from datalayer.compliance.checks_of_job import checks_of_job
from datalayer.compliance.place import Place
from datalayer.settings import Settings

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "docs/compliance.md").read_text(encoding="utf-8")
PLACE = Place(Settings())
NAMES = {each.name for each in (*checks(PLACE), *checks_of_job(PLACE))}
BOXES = {
    "Data": 4,
    "Backend": 5,
    "Frontend": 4,
    "Deploy": 5,
    "Before deployment": 8,
    "After deployment": 6,
}
"""How many boxes each part of the checklists has."""


def section(heading: str) -> str:
    return re.split(r"^##+ ", TEXT.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.M)[0]


def test_every_check_is_explained_and_no_other() -> None:
    tables = section("What is checked") + section("The job's image")
    rows = re.findall(r"^\| (`[^|]+) \|", tables, re.M)

    assert {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)} == NAMES


def test_the_checks_that_show_a_box_exist() -> None:
    named = set(re.findall(r"`proof ([a-z0-9-]+)`", TEXT))

    assert len(named) > 15
    assert named - NAMES == set()


def test_every_box_is_shown_by_something() -> None:
    for heading, count in BOXES.items():
        rows = re.findall(r"^\| (?!box |---)(.+?) \| (.+) \|$", section(heading), re.M)
        assert len(rows) == count, heading
        assert all("`" in shown or "as under" in shown or "same" in shown for _, shown in rows)


def test_the_commands_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.M))

    assert set(re.findall(r"make ([a-z-]+)", TEXT)) - {"some"} <= targets
    tests = re.findall(r"pytest (tests/[\w/.]+)", TEXT)
    assert tests
    assert [path for path in tests if not (PROJECT / path).exists()] == []
