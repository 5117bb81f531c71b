"""The answer at addresses where there is nothing: a problem, or a page for a browser."""

from __future__ import annotations

from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from datalayer.api.path_prefix import address
from datalayer.api.problems import problem

LONGEST_PATH: Final = 200
_PAGE: Final = """<!doctype html>
<html lang="pt-BR">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Farol</title>
</head>
<body>
<h1>Esta página não existe</h1>
<p><a href="{home}">Ir para o Farol</a></p>
<hr>
<h2 lang="en">There is no such page</h2>
<p lang="en"><a href="{home}">Go to Farol</a></p>
</body>
</html>
"""
_OF_PROGRAMS: Final = ("/api", "/health", "/metrics")


def nothing_there(scope: Scope) -> Response:
    """Return a 404 for the request of *scope*."""
    path: str = scope["path"]
    accepted = dict(scope["headers"]).get(b"accept", b"")
    if b"text/html" in accepted and not path.startswith(_OF_PROGRAMS):
        return HTMLResponse(_PAGE.format(home=address("/")), 404, {"Cache-Control": "no-store"})
    return problem("not-found", f"There is nothing at {path[:LONGEST_PATH]!a}")
