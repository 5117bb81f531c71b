"""A raw ASGI application that sends what it was given, and nothing else.

Serve it with uvicorn; ``SERVING_REPLAY`` names a JSON file: per path a list of header pairs and
the name of a file with the body.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Message = dict[str, Any]


def read_answers(path: Path) -> dict[str, tuple[Message, Message]]:
    """Return both messages of every answer by its path, ready to be sent."""
    answers = {}
    for address, given in json.loads(path.read_text(encoding="utf-8")).items():
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given[0]]
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        body = {"type": "http.response.body", "body": Path(given[1]).read_bytes()}
        answers[address] = (start, body)
    return answers


ANSWERS = read_answers(Path(os.environ["SERVING_REPLAY"]))


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Send the answer kept under the request's path."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    start, body = ANSWERS[scope["path"]]
    await send(start)
    await send(body)
