"""The portal as an ASGI application: `streamlit run app.py` or `uvicorn app:app`."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from datalayer import runtime
from datalayer.access.first_admin import first_admin_notice
from datalayer.kernel.errors import PortalError
from datalayer.kernel.logs import configure_logs
from datalayer.server.serving import serving
from datalayer.settings import Settings
from pages.components import frame, index_page
from pages.components.ended_sessions import EndedSessions

STORE_PATIENCE_S = 3.0
"""How long a start waits for the store to say that it takes no writes; a store may be away."""


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Tell the first admin's password, and set aside from collection what lives to the end."""
    configure_logs(Settings.load().log_level)
    if notice := first_admin_notice(Settings.load().state):
        print(notice, flush=True)  # noqa: T201 - for the terminal only, never for the log
    runtime.portal().begin_serving()
    gc.collect()
    gc.freeze()
    yield
    await served.close()
    runtime.reset()


# Streamlit takes the logs over when it reads its configuration, so that is done before.
st.get_option("logger.level")
try:
    configure_logs(Settings.load().log_level)  # before the server's own first lines
    runtime.portal().require_read_only_store(within_s=STORE_PATIENCE_S)
    served = serving(runtime.portal(), Settings.load(), index_page.is_page)
except PortalError as error:
    sys.exit(f"The portal can't start. {error}")  # a sentence for whoever starts it, no traceback
app = st.App(
    "pages/_navigation.py",
    routes=index_page.routes(served.refuses_page),
    middleware=[*served.middleware, Middleware(EndedSessions)],
    lifespan=lifespan,
    on_script_error=frame.report_failure,
)
