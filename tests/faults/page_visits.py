"""A visitor of a page without a browser: Streamlit's own messages over its websocket."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from datalayer.kernel.contract.manifest import PUBLICATION_ID
from tests.faults.judging import TRACE, Judgement
from tests.faults.publications import KnownFigures

_FAILED = "Something went wrong"
_FINISHED_EARLY = 2


class PageVisit:
    """One page that is open, drawn as often as ``draw`` is called.

    Args:
        address: Of the portal.
        page: Its name in the address.
        query: Its parameters.
    """

    def __init__(self, address: str, page: str, query: str) -> None:
        self._address = address.replace("http", "ws", 1) + "/_stcore/stream"
        self._page = page
        self._query = query
        self._connection: ClientConnection | None = None

    async def draw(self) -> list[str]:
        """Have it drawn, connecting first where it is not connected; return its texts.

        Raises:
            OSError, websockets.WebSocketException: The portal is not there.
        """
        if self._connection is None:
            self._connection = await connect(
                self._address, compression=None, max_size=None, open_timeout=None
            )
        try:
            await self._connection.send(self._message())
            return [text async for text in _texts(self._connection)]
        except BaseException:
            await self.leave()
            raise

    async def leave(self) -> None:
        """Close its connection; the next drawing makes another."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()

    def _message(self) -> bytes:
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.query_string = self._query
        message.rerun_script.context_info.locale = "en"
        content: bytes = message.SerializeToString()
        return content


def judge_page(texts: list[str], known: KnownFigures) -> Judgement:
    """Return what is wrong with what a page shows, if anything is."""
    whole = "\n".join(texts)
    if TRACE.search(whole) or _FAILED in whole:
        return Judgement(fault=f"a page failed: {whole[-300:]}")
    ids = set(re.findall(PUBLICATION_ID.pattern, whole))
    if len(ids) > 1:
        return Judgement(fault=f"mixed: a page of {sorted(ids)}")
    if not ids:
        return Judgement()
    publication_id = ids.pop()
    unknown = "" if known.of(publication_id) else f"{publication_id} was never published"
    return Judgement(publication_id, unknown)


async def _texts(connection: ClientConnection) -> AsyncIterator[str]:
    while True:
        message = ForwardMsg.FromString(await connection.recv(decode=False))
        kind = message.WhichOneof("type")
        if kind == "delta":
            for text in _shown(message.delta):
                yield text
        elif kind == "script_finished" and message.script_finished != _FINISHED_EARLY:
            return


def _shown(delta: Delta) -> Iterator[str]:
    if delta.WhichOneof("type") != "new_element":
        return
    element = delta.new_element
    match element.WhichOneof("type"):
        case "markdown":
            yield element.markdown.body
        case "alert":
            yield element.alert.body
        case "exception":
            yield f"Traceback (most recent call last): {element.exception.message}"
