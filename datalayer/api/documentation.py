"""The documentation page of the API, drawn by Swagger UI from this host alone."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Farol API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# In a file of its own: the page's policy lets no inline script run.
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
});
"""


def documentation_routes() -> list[BaseRoute]:
    """Return the routes of the page, its script and Swagger UI's own files."""
    return [
        Route("/v1/docs", _page),
        Route("/v1/docs/start.js", _start),
        Mount("/v1/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")])),
    ]


async def _page(request: Request) -> Response:
    if request.scope.get("raw_path", b"").endswith(b"/"):
        # What the page names is beside it: one level deeper there is none of it.
        return RedirectResponse("../docs", 308)
    return HTMLResponse(_PAGE)


async def _start(request: Request) -> Response:  # noqa: ARG001 - Starlette passes it
    return Response(_START, media_type="text/javascript")
