"""What answers of a served portal say, read for tests, and addresses that many of them ask."""

from __future__ import annotations

import httpx

from tests.served_portal import ServedPortal

ITEMS = "/api/v1/items"
SERIES = "/api/v1/items/P00001/timeseries"


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Return status and kind of a problem, which says the same status itself."""
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert content["status"] == answer.status_code
    return answer.status_code, content["type"].removeprefix("/api/v1/problems/")


def samples(served: ServedPortal, name: str) -> dict[str, float]:
    """Return what /metrics shows of one metric, by its labels."""
    lines = served.get("/metrics").text.splitlines()
    mine = (line.removeprefix(name) for line in lines if line.startswith(name + "{"))
    return {labels: float(value) for labels, value in (each.rsplit(" ", 1) for each in mine)}
