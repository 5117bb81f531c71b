"""The addresses of the pages that every check of all pages opens."""

from __future__ import annotations

TABS = [f"/data?tab={tab}" for tab in ("dictionary", "freshness", "lineage", "descriptions")]
PAGES = [
    "/",
    "/forecast",
    "/orders",
    "/changes",
    "/availability",
    "/inventory",
    "/accuracy",
    "/data",
    *TABS,
    "/guide",
    "/guide?for=admin",
    "/guide?for=analyst",
    "/admin",
]
"""Each as it is without a choice; states beside them are the checks' own."""
