"""What axe-core finds wrong with a drawn page, in sentences that name the place."""

from __future__ import annotations

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES: Final = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
"""WCAG 2.2 up to AA, and what is good practice beside it."""


def violations(page: Page) -> list[str]:
    """Return what breaks the rules on *page*, one sentence for each element."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [_sentence(rule, node) for rule in found for node in rule["nodes"]]


def _sentence(rule: dict[str, Any], node: dict[str, Any]) -> str:
    why = " ".join(node["failureSummary"].split())
    return f"{rule['id']}: {why} -- {node['html'][:300]}"
