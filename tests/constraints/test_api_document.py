"""docs/api.md tells of every address and every problem, and of none that there isn't."""

from __future__ import annotations

import re
from pathlib import Path

from datalayer.api.application import create_api
from datalayer.api.problems import PROBLEM_TYPES
from tests.api_document import BLOCKS, DOCUMENT, M_TEXT
from tests.portals import make_portal

ADDRESSES = re.findall(
    r"^\| `([^`]+)` \|", DOCUMENT.partition("\n## Addresses\n")[2].partition("\n### ")[0], re.M
)


def test_every_address_stands_in_the_table(tmp_path: Path) -> None:
    portal = make_portal(tmp_path)
    data_sets = "|".join(portal.registry.data_sets)
    answered = create_api(portal).openapi()["paths"]
    portal.close()

    # Each data set's rows have an address of their own, which one line stands for.
    paths = {f"/api{path}".removeprefix("/api/v1/") for path in answered}
    told = {re.sub(rf"/({data_sets})/", "/{name}/", path) for path in paths}
    assert sorted(ADDRESSES) == sorted(told)


def test_every_address_has_an_example() -> None:
    code = "\n".join(block.text for block in BLOCKS if block.language == "sh")

    assert [each for each in ADDRESSES if not re.search(example_of(each), code)] == []


def example_of(address: str) -> str:
    """Return a pattern of calls of *address*, with something in its places."""
    parts = re.split(r"\{\w+\}", address)
    start = "" if address.startswith("/") else "/api/v1/"
    return start + r"[^/? \"]+".join(map(re.escape, parts)) + r'[?"]'


def test_every_problem_stands_in_the_table_as_the_portal_explains_it() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \|$", DOCUMENT, re.M)

    assert listed == [(kind.slug, str(kind.status), kind.advice) for kind in PROBLEM_TYPES.values()]


def test_the_brackets_of_power_query_are_closed() -> None:
    closing = {")": "(", "]": "[", "}": "{"}
    for block in (each for each in BLOCKS if each.language == "powerquery"):
        bare = re.sub(M_TEXT, "", block.text)
        opened: list[str] = []

        for sign in re.findall(r"[][(){}]", bare):
            if sign in closing:
                assert opened.pop() == closing[sign]
            else:
                opened.append(sign)

        assert opened == []
