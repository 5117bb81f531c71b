"""What is served beside the pages: the API, /health and /metrics, by a middleware ahead of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from datalayer.access.authentication import open_authentication
from datalayer.api.application import create_api
from datalayer.api.health import health_routes
from datalayer.api.limiting import Limiter
from datalayer.api.metrics import Metrics, metrics_endpoint
from datalayer.api.middleware import ApiMiddleware
from datalayer.api.problems import answer_http_errors
from datalayer.portal import Portal
from datalayer.settings import Settings

SHARE_OF_CACHE = 0.25
"""What kept answers of the API may take beside the cached results, as a share of their memory."""


@dataclass(frozen=True)
class Serving:
    """What answers, and the middleware that has it answer; ``close`` ends its connections.

    Attributes:
        application: The API, ``/health`` and ``/metrics``. It is no route of the pages' server,
            whose own middleware would pack its answers anew and turn paths away in its own words.
    """

    application: Starlette
    middleware: list[Middleware]
    close: Callable[[], Awaitable[None]]


def serving(portal: Portal, settings: Settings) -> Serving:
    """Return what serves *portal* beside the pages."""
    metrics = Metrics()
    metrics.watch(portal)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    limiter = Limiter(settings.rate_limit, redis_url)
    application = Starlette(
        routes=[
            Mount("/api", create_api(portal)),
            *health_routes(portal),
            Route("/metrics", metrics_endpoint(metrics, members_only=portal.members_only)),
        ]
    )
    answer_http_errors(application)
    return Serving(
        application=application,
        middleware=[
            Middleware(
                ApiMiddleware,
                application=application,
                portal=portal,
                authentication=open_authentication(settings),
                limiter=limiter,
                metrics=metrics,
                cache_bytes=int(settings.cache_bytes * SHARE_OF_CACHE),
            )
        ],
        close=limiter.close,
    )
