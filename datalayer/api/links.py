"""Links of the OpenAPI document: which answer holds the parameters of which other call."""

from __future__ import annotations

from typing import Any, Final

_FIRST = "$response.body#/data/0"
_OF_PART = {"item_id": f"{_FIRST}/item_id"}
_LATEST_TWO = {
    "before": "$response.body#/data/1/publication_id",
    "after": f"{_FIRST}/publication_id",
}
_JOB = (("job", "get_refresh_job", {"job_id": "$response.body#/job_id"}),)

# By the operation that answers: name of the link, where it leads, and what it takes along.
_LINKS: Final[dict[str, tuple[tuple[str, str, dict[str, str]], ...]]] = {
    "list_items": (
        ("part", "get_item", _OF_PART),
        ("series", "get_item_timeseries", _OF_PART),
        ("stock", "get_inventory", _OF_PART),
    ),
    "list_exceptions": (
        ("part", "get_item", _OF_PART),
        ("series", "get_item_timeseries", _OF_PART),
    ),
    "list_actions": (
        ("part", "get_item", _OF_PART),
        ("series", "get_item_timeseries", _OF_PART),
        ("marks", "list_item_marks", _OF_PART),
    ),
    "list_buys": (
        ("why", "get_buy_explanation", {"rank": f"{_FIRST}/rank"}),
        ("part", "get_item", _OF_PART),
        ("worth", "get_item_availability", _OF_PART),
    ),
    "list_moves": (
        ("why", "get_move_explanation", {"rank": f"{_FIRST}/rank"}),
        ("part", "get_item", _OF_PART),
    ),
    "list_contracts": (("curve", "get_contract_curve", {"contract_id": f"{_FIRST}/contract_id"}),),
    "list_publications": (
        ("changes", "get_publication_changes", _LATEST_TWO),
        ("files", "list_publication_files", {"publication_id": f"{_FIRST}/publication_id"}),
    ),
    "list_data_sets": (("contract", "get_data_set", {"name": f"{_FIRST}/name"}),),
    "start_refresh": _JOB,
    "start_roll_back": _JOB,
}


def add_links(document: dict[str, Any]) -> None:
    """Add the links to an OpenAPI *document*; every answer in pages links to its next page."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    known = {each["operationId"] for each in operations}
    for operation in operations:
        links = {
            name: {"operationId": target, "parameters": taken}
            for name, target, taken in _LINKS.get(operation["operationId"], ())
            if target in known
        }
        links |= _next_page(operation)
        if links:
            success = "202" if "202" in operation["responses"] else "200"
            operation["responses"][success]["links"] = links


def _next_page(operation: dict[str, Any]) -> dict[str, Any]:
    listed = operation.get("parameters", ())
    if "cursor" not in {each["name"] for each in listed}:
        return {}
    names = [each["name"] for each in listed if each["in"] == "path"]
    taken = {"cursor": "$response.body#/next", **{name: f"$request.path.{name}" for name in names}}
    return {"next_page": {"operationId": operation["operationId"], "parameters": taken}}
