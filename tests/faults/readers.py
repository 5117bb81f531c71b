"""Readers of the portal, in a process of their own: so many reads a second, and some open pages.

``python -m tests.faults.readers ADDRESS FIGURES SAMPLES RATE PAGES`` reads until it is stopped,
an hour at most, and writes a line of JSON for each read when it is over.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

import aiohttp
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.faults.judging import ApiRead, Judgement, draw, judge
from tests.faults.page_visits import PageVisit, judge_page
from tests.faults.publications import KnownFigures

LONGEST_S = 3600.0
ANSWER_WITHIN_S = 60.0
MOST_AT_ONCE = 200
PAGE_EVERY_S = 1.0
PAGE = "page"
NOT_SENT = "not sent"


@dataclass(frozen=True)
class Sample:
    """How one read went.

    Attributes:
        at_s: When it began, by the clock that all processes of this host share.
        kind: Of the read; ``page`` for a page that was drawn.
        outcome: Its status, or ``refused``, ``cut`` or ``no answer``, or ``not sent`` where
            too many earlier ones were waiting.
        seconds: How long it took.
        publication_id: The one that the answer says it is of.
        fault: What is wrong with the answer, or an empty string.
    """

    at_s: float
    kind: str
    outcome: str
    seconds: float
    publication_id: str = ""
    fault: str = ""


class Readers:
    """Reads at a constant rate, whatever becomes of the reads before."""

    def __init__(self, address: str, known: KnownFigures, samples: TextIO) -> None:
        self._address = address
        self._known = known
        self._samples = samples
        self._chance = random.Random(7)
        self._today = datetime.now(UTC).date()
        self._waiting = 0

    async def read_for(self, seconds: float, rate: float, pages: int) -> None:
        """Read *rate* times a second, with so many *pages* open."""
        connector = aiohttp.TCPConnector(limit=MOST_AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        begun_s, count = time.monotonic(), 0
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                aiohttp.ClientSession(self._address, connector=connector, timeout=timeout)
            )
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            for number in range(pages):
                tasks.create_task(self._visit(number, seconds))
            while (now_s := time.monotonic()) < begun_s + seconds:
                while count < (now_s - begun_s) * rate:
                    count += 1
                    if self._waiting > MOST_AT_ONCE:
                        self._note(Sample(now_s, "api", NOT_SENT, 0.0))
                    else:
                        tasks.create_task(self._read(client))
                await asyncio.sleep(1 / rate)

    async def _read(self, client: aiohttp.ClientSession) -> None:
        read = draw(self._chance, self._today)
        at_s = time.monotonic()
        self._waiting += 1
        outcome, judgement = await self._ask(client, read)
        self._waiting -= 1
        self._note(_sample(at_s, read.kind, outcome, judgement))

    async def _ask(self, client: aiohttp.ClientSession, read: ApiRead) -> tuple[str, Judgement]:
        try:
            async with client.get(read.address) as answer:
                body = await answer.read()
        except aiohttp.ClientConnectorError:
            return "refused", Judgement()
        except TimeoutError:
            return "no answer", Judgement()
        except (aiohttp.ClientError, OSError):
            return "cut", Judgement()
        return str(answer.status), judge(read, answer.status, body, self._known)

    async def _visit(self, number: int, seconds: float) -> None:
        page, query = ("forecast", f"item=P{number + 1:05d}") if number % 2 else ("overview", "")
        visit = PageVisit(self._address, page, query)
        end_s = time.monotonic() + seconds
        while (at_s := time.monotonic()) < end_s:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    outcome, judgement = "drawn", judge_page(await visit.draw(), self._known)
            except InvalidStatus as error:
                outcome, judgement = str(error.response.status_code), Judgement()
            except TimeoutError:
                outcome, judgement = "no answer", Judgement()
            except ConnectionRefusedError:
                outcome, judgement = "refused", Judgement()
            except (OSError, WebSocketException, EOFError):
                outcome, judgement = "cut", Judgement()
            self._note(_sample(at_s, PAGE, outcome, judgement))
            await asyncio.sleep(PAGE_EVERY_S)
        await visit.leave()

    def _note(self, sample: Sample) -> None:
        self._samples.write(json.dumps(asdict(sample)) + "\n")


def _sample(at_s: float, kind: str, outcome: str, judgement: Judgement) -> Sample:
    taken_s = time.monotonic() - at_s
    return Sample(at_s, kind, outcome, taken_s, judgement.publication_id, judgement.fault)


def main(arguments: list[str]) -> None:
    """Read until this process is stopped."""
    address, figures, samples, rate, pages = arguments
    if urlsplit(address).hostname != "127.0.0.1":
        raise SystemExit(f"{address} is no portal of this host: readers go to 127.0.0.1 only")
    with Path(samples).open("w", buffering=1) as output:
        readers = Readers(address, KnownFigures(Path(figures)), output)
        asyncio.run(readers.read_for(LONGEST_S, float(rate), int(pages)))


if __name__ == "__main__":
    main(sys.argv[1:])
