"""Every address that is served: two write, none predicts, all say what can go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route

from tests.served_portal import ServedPortal, served_portal

WRITING = {("POST", "/api/v1/data/refresh"), ("POST", "/api/v1/data/rollback")}
EXAMPLES = {"example", "examples"}
READING = {"GET", "HEAD"}
# As a word of an address; the data set of forecasts and their summary are things that are read.
FORBIDDEN = {
    "predict",
    "prediction",
    "predictions",
    "forecast",
    "inference",
    "infer",
    "train",
    "training",
    "retrain",
    "optimize",
    "features",
    "preprocess",
    "model",
    "models",
    "fit",
    "tune",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    """A portal with nothing published: what is served does not depend on it."""
    with served_portal(tmp_path_factory.mktemp("routes")) as served:
        yield served


def served_routes(served: ServedPortal) -> dict[str, set[str]]:
    """Return the methods that each address takes, documented or not."""
    found: dict[str, set[str]] = {}
    for path, route in walked(served.serving.application.routes):
        found.setdefault(path, set()).update(route.methods or ())
    for path, operations in served.api.openapi()["paths"].items():
        found.setdefault(f"/api{path}", set()).update(method.upper() for method in operations)
    return found


def walked(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Route]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from walked(list(route.routes or ()), prefix + route.path)
        elif isinstance(route, Route):
            yield prefix + route.path, route


def operations(served: ServedPortal) -> list[tuple[str, str, dict[str, Any]]]:
    """Return path, method and description of everything in the OpenAPI document."""
    return [
        (path, method, described)
        for path, methods in served.api.openapi()["paths"].items()
        for method, described in methods.items()
    ]


def test_only_refresh_and_roll_back_write(served: ServedPortal) -> None:
    writing = {
        (method, path)
        for path, methods in served_routes(served).items()
        for method in methods - READING
    }

    assert writing == WRITING


def test_what_is_not_documented_is_the_documentation_and_what_probes_ask(
    served: ServedPortal,
) -> None:
    documented = {f"/api{path}" for path in served.api.openapi()["paths"]}

    assert set(served_routes(served)) - documented == {
        "/api/v1/docs",
        "/api/v1/docs/start.js",
        "/api/v1/openapi.json",
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
    }


def test_no_address_has_a_word_for_machine_learning(served: ServedPortal) -> None:
    words = {word for path in served_routes(served) for word in re.split(r"[/{}.-]+", path)}

    assert {"items", "timeseries", "refresh", "health"} <= words
    assert not words & FORBIDDEN


def test_no_operation_or_parameter_is_named_for_it_either(served: ServedPortal) -> None:
    names = {described["operationId"] for _, _, described in operations(served)}
    names |= {
        parameter["name"]
        for _, _, described in operations(served)
        for parameter in described.get("parameters", ())
    }

    words = {word for name in names for word in name.split("_")}
    # Columns of the contract may be filtered by; a request body is none.
    assert not words & {"predict", "train", "retrain", "inference", "optimize", "preprocess"}


def test_every_operation_has_a_readable_name_of_its_own(served: ServedPortal) -> None:
    names = [described["operationId"] for _, _, described in operations(served)]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_every_read_says_which_problems_there_are(served: ServedPortal) -> None:
    missing = {
        path: sorted({"401", "422", "429", "503"} - set(described["responses"]))
        for path, method, described in operations(served)
        if method == "get" and not path.startswith("/v1/problems")
    }

    assert {path: statuses for path, statuses in missing.items() if statuses} == {}


def test_every_problem_is_described_as_one(served: ServedPortal) -> None:
    wrong = [
        (path, method, status)
        for path, method, described in operations(served)
        for status, answer in described["responses"].items()
        if status >= "400" and set(answer["content"]) != {"application/problem+json"}
    ]

    assert wrong == []


def test_every_parameter_has_an_example(served: ServedPortal) -> None:
    without = [
        (path, parameter["name"])
        for path, _, described in operations(served)
        for parameter in described.get("parameters", ())
        if not EXAMPLES & ({*parameter} | {*parameter["schema"]})
    ]

    # Only an answer can make a cursor.
    assert {name for _, name in without} == {"cursor"}


def test_every_answer_has_an_example(served: ServedPortal) -> None:
    without = [
        (path, status)
        for path, _, described in operations(served)
        for status, answer in described["responses"].items()
        if "application/json" in answer.get("content", {})
        and not EXAMPLES & set(answer["content"]["application/json"])
    ]

    assert without == []


def test_the_documentation_loads_nothing_from_elsewhere(served: ServedPortal) -> None:
    page = served.get("/api/v1/docs").text
    named = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert named
    for each in named:
        assert re.match(r"data:|(?!\w+:)(?!//)", each), each
        if not each.startswith("data:"):
            assert served.get(f"/api/v1/{each}").status_code == 200


def test_the_addresses_of_the_documentation_s_files_are_its_own(
    served: ServedPortal, tmp_path: Path
) -> None:
    for path in ("..%2f..%2fapi.py", "../../../../etc/passwd", "%2fetc%2fpasswd"):
        assert served.get(f"/api/v1/docs/assets/{path}").status_code == 404
