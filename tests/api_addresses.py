"""Every address of the API that reads, filled in from the examples of its own document."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.served_portal import ServedPortal

# Where an example names a publication, the one that is served takes its place.
_PUBLICATIONS = {"before", "after", "a", "b", "publication_id"}
_PUBLIC = {"/v1", "/v1/problems", "/v1/problems/{slug}"}
# Of a publication in which nothing is moved there is no first move to explain.
_OF_A_MOVE = {"/v1/availability/moves/{rank}/explanation"}


def reads(served: ServedPortal) -> list[str]:
    """Return an address for each GET of the API that reads a publication or a job."""
    paths = served.api.openapi()["paths"]
    return [
        "/api" + filled(path, operations["get"], served.portal.active_id() or "")
        for path, operations in paths.items()
        if "get" in operations and path not in _PUBLIC | _OF_A_MOVE
    ]


def filled(path: str, operation: dict[str, Any], publication_id: str) -> str:
    """Return *path* with the examples of its parameters in their places, as far as required."""
    required = [each for each in operation.get("parameters", ()) if each.get("required")]
    query = {each["name"]: example(each) for each in required if each["in"] == "query"}
    for parameter in (each for each in required if each["in"] == "path"):
        name = parameter["name"]
        value = publication_id if name in _PUBLICATIONS else example(parameter)
        path = path.replace(f"{{{name}}}", str(value))
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def example(parameter: dict[str, Any]) -> object:
    """Return the example of a parameter."""
    if "example" in parameter:
        return parameter["example"]
    return next(iter(parameter["examples"].values()))["value"]
