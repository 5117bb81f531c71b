"""What is served beside the pages: the API, /health and /metrics, by a middleware ahead of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import Scope

from datalayer.access.authentication import open_authentication
from datalayer.api.application import create_api
from datalayer.api.health import health_routes
from datalayer.api.limiting import Limiter
from datalayer.api.metrics import Metrics, metrics_endpoint
from datalayer.api.middleware import ApiMiddleware
from datalayer.api.path_prefix import under
from datalayer.api.problems import answer_http_errors
from datalayer.portal import Portal
from datalayer.server.connections import most_pages
from datalayer.server.cross_origin import shared_with
from datalayer.server.entrance import Entrance, IsPage
from datalayer.server.hosts import AllowedHosts
from datalayer.server.page_sessions import (
    PageSessionCap,
    PageSessions,
    memory_bytes,
    sessions_that_fit,
)
from datalayer.server.server_bounds import ServerBounds
from datalayer.server.upload_gate import UploadGate, UploadRules
from datalayer.settings import Settings

SHARE_OF_CACHE = 0.25
"""What kept answers of the API may take beside the cached results, as a share of their memory."""


@dataclass(frozen=True)
class Serving:
    """What answers, and the middleware that has it answer; ``close`` ends its connections.

    Attributes:
        application: The API, ``/health`` and ``/metrics``. It is no route of the pages' server,
            whose own middleware would pack its answers anew and turn paths away in its own words.
        refuses_page: Tells whether whoever sends a request would have no session for a page.
    """

    application: Starlette
    middleware: list[Middleware]
    refuses_page: Callable[[Scope], bool]
    close: Callable[[], Awaitable[None]]


def serving(
    portal: Portal, settings: Settings, is_page: IsPage = lambda _kind, _path: False
) -> Serving:
    """Return what serves *portal* beside the pages.

    Args:
        portal: What is asked.
        settings: The portal's.
        is_page: Tells which addresses are the pages'; by itself none is.
    """
    metrics = Metrics()
    metrics.watch(portal)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else None
    limiter = Limiter(settings.rate_limit, redis_url)
    authentication = open_authentication(settings)
    limit_bytes = memory_bytes()
    metrics.tell_memory_limit(limit_bytes)
    wanted = settings.max_sessions or sessions_that_fit(limit_bytes)
    sessions = PageSessions(lambda: min(wanted, most_pages()), authentication)
    metrics.watch_sessions(
        lambda: len(sessions), lambda: sessions.refused, lambda: min(wanted, most_pages())
    )
    uploads = UploadRules(authentication, settings.upload_max_bytes, settings.path_prefix)
    with under(settings.path_prefix):
        api = create_api(portal)
    application = Starlette(
        routes=[
            Mount("/api", api),
            *health_routes(portal),
            Route("/metrics", metrics_endpoint(metrics, members_only=portal.members_only)),
        ]
    )
    answer_http_errors(application)
    return Serving(
        application=application,
        middleware=[
            Middleware(
                ServerBounds,
                authentication=authentication,
                metrics=metrics,
                pages=lambda: len(sessions),
                uploads=uploads,
            ),
            Middleware(
                Entrance,
                is_page=is_page,
                api=shared_with(
                    settings.shared_origins,
                    ApiMiddleware(
                        application,
                        portal=portal,
                        authentication=authentication,
                        limiter=limiter,
                        metrics=metrics,
                        cache_bytes=int(settings.cache_bytes * SHARE_OF_CACHE),
                    ),
                ),
                hosts=AllowedHosts(settings.allowed_hosts),
                path_prefix=settings.path_prefix,
            ),
            Middleware(PageSessionCap, sessions=sessions),
            Middleware(UploadGate, rules=uploads),
        ],
        refuses_page=sessions.refuses,
        close=limiter.close,
    )
