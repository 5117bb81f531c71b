"""Sessions are closed when their browser has gone; left alone, Streamlit keeps 128 of them.

Each holds three open files and its memory, for longer than its two minutes, since an idle server
doesn't look. What is lost is little: a page's state stands in its address, the browser sends the
values of its widgets again, and who is signed in stands in a cookie.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime


class EndedSessions:
    """Wraps *app*: whenever a websocket ends, what nobody is connected to is closed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "websocket" and runtime.exists():
                _close_what_is_left(runtime.get_instance())


def _close_what_is_left(streamlit: runtime.Runtime) -> None:
    # Streamlit lists them nowhere else.
    listed = [each.session.id for each in streamlit._session_mgr.list_sessions()]  # noqa: SLF001
    for session_id in listed:
        if not streamlit.is_active_session(session_id):
            streamlit.close_session(session_id)
