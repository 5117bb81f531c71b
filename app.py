"""The portal as an ASGI application: `streamlit run app.py` or `uvicorn app:app`."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.routing import Mount, Route

from datalayer import runtime
from datalayer.accounts import first_admin_notice
from datalayer.api.application import create_api
from datalayer.api.health import health
from datalayer.logs import configure_logs
from datalayer.settings import load_settings
from pages.components import frame, index_page


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Tell the first admin's password, and set aside from collection what lives to the end."""
    configure_logs(load_settings().log_level)
    if notice := first_admin_notice(load_settings().state):
        print(notice, flush=True)  # noqa: T201 - for the terminal only, never for the log
    runtime.portal().follow_replicas()
    gc.collect()
    gc.freeze()
    yield
    runtime.reset()


app = st.App(
    "pages/_navigation.py",
    routes=[
        Mount("/api", create_api(runtime.portal())),
        Route("/health", health(runtime.portal())),
        *index_page.routes(),
    ],
    lifespan=lifespan,
    on_script_error=frame.failed,
)
