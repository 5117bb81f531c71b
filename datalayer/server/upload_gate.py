"""Who may send a file to the pages: administrators alone, one at a time, within the cap.

Streamlit takes the files of ``st.file_uploader`` at an address of its own, from whoever knows a
session. Here that is asked before a byte of the body is read, and by the server's protocol too,
whose bound of a body is wider for those who may.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from datalayer.access.authentication import Authentication, Headers
from datalayer.access.identity import Role
from datalayer.api.problems import problem
from datalayer.kernel.errors import PortalError

UPLOADS: Final = "/_stcore/upload_file/"
FRAME_BYTES: Final = 64 * 1024
"""What frames the file in a body."""

_METHODS: Final = frozenset({"PUT", "DELETE"})
DETAILS: Final[Mapping[str, str]] = {
    "not-found": "This portal takes no uploads (FAROL_UPLOAD_MAX_BYTES is 0)",
    "method-not-allowed": "Files are put here or deleted",
    "not-allowed": "Only a signed-in administrator may upload a publication, from the page",
    "body-too-large": "The file is larger than FAROL_UPLOAD_MAX_BYTES allows",
    "upload-in-progress": "Another upload is arriving; send yours when it has ended",
}
"""Why a file is refused, by the kind of problem."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Admittance:
    """Whether the body of a request is taken.

    Attributes:
        most_bytes: Of the body; 0 for one that is refused.
        slug: The problem why it is refused; empty if it isn't.
    """

    most_bytes: int
    slug: str = ""


class UploadRules:
    """Tells whether a request may send a file.

    Args:
        authentication: Tells who sends it.
        limit_bytes: Most bytes of a file; 0 where none is taken.
        path_prefix: What addresses begin with where they come in.
    """

    def __init__(self, authentication: Authentication, limit_bytes: int, path_prefix: str) -> None:
        self._authentication = authentication
        self._limit_bytes = limit_bytes
        self._prefix = path_prefix

    def concern(self, path: str) -> bool:
        """Return whether files are sent to *path*, with the prefix or without it."""
        return path.removeprefix(self._prefix).startswith(UPLOADS)

    def admit_raw(self, method: bytes, target: bytes, headers: Headers) -> Admittance | None:
        """Return whether a request's body is taken, as its head came; None at other addresses."""
        path = unquote_to_bytes(target.partition(b"?")[0]).decode("latin-1")
        return self.admit(method.decode("latin-1"), headers) if self.concern(path) else None

    def admit(self, method: str, headers: Headers) -> Admittance:
        """Return whether the body of a request to an address of files is taken."""
        if not self._limit_bytes:
            return Admittance(0, "not-found")
        if method not in _METHODS:
            return Admittance(0, "method-not-allowed")
        if not self._is_admin(method, headers):
            return Admittance(0, "not-allowed")
        most_bytes = self._limit_bytes + FRAME_BYTES
        if _announced_bytes(headers) > most_bytes:
            return Admittance(0, "body-too-large")
        return Admittance(most_bytes)

    def _is_admin(self, method: str, headers: Headers) -> bool:
        try:
            return self._authentication.identify(method, headers).role is Role.ADMIN
        except PortalError as error:
            # A page of another site, a key that is none, or accounts that can't be read.
            log.warning("upload.refused", problem=str(error))
            return False


class UploadGate:
    """Wraps *app*: no file comes by that *rules* don't admit, and none beside another."""

    def __init__(self, app: ASGIApp, rules: UploadRules) -> None:
        self._app = app
        self._rules = rules
        self._arriving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it unread."""
        if scope["type"] != "http" or not self._rules.concern(scope["path"]):
            await self._app(scope, receive, send)
            return
        admitted = self._rules.admit(scope["method"], scope["headers"])
        slug = admitted.slug
        if not slug and self._arriving and scope["method"] == "PUT":
            slug = "upload-in-progress"
        if slug:
            await _refuse(slug, scope, receive, send)
        elif scope["method"] == "PUT":
            await self._take(admitted.most_bytes, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _take(self, most_bytes: int, scope: Scope, receive: Receive, send: Send) -> None:
        self._arriving = True
        try:
            await self._app(scope, _bounded(receive, most_bytes), send)
        finally:
            self._arriving = False


def _bounded(receive: Receive, most_bytes: int) -> Receive:
    received = 0

    async def receive_within() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        # Whoever reads it takes this for a client that went away, and forgets what has come.
        return {"type": "http.disconnect"} if received > most_bytes else message

    return receive_within


async def _refuse(slug: str, scope: Scope, receive: Receive, send: Send) -> None:
    log.warning("upload.refused", type=slug)
    await problem(slug, DETAILS[slug], {"Connection": "close"})(scope, receive, send)


def _announced_bytes(headers: Headers) -> int:
    items = headers.items() if isinstance(headers, Mapping) else headers
    values = (value for name, value in items if name == b"content-length")
    return max((int(value) for value in values if value.isdigit()), default=0)
