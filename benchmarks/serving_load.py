"""Load by wrk on keep-alive connections, every answer looked at; and the order of the rounds."""

from __future__ import annotations

import http.client
import json
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Measured = TypeVar("Measured")
SCRIPT = Path(__file__).with_name("serving_load.lua")
LONGEST_ANSWER_S = 60
# Lengths of a figure's digits differ from part to part; a page short of rows, or a problem, is far
# from this.
TOLERANCE = 0.1


class Unfair(Exception):
    """A server did not answer what the others answer, so that its speed says nothing."""


@dataclass(frozen=True)
class LoadAnswer:
    """One answer, whole.

    Attributes:
        headers: As sent, names in lower case.
        body: Without any transfer encoding.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Target:
    """What is asked of one server, again and again.

    Attributes:
        name: Of the contender.
        port: Of the server on this host.
        addresses: Paths with their query; asked one after the other, then from the first again.
        least_bytes: Of a body, as far as all addresses answer alike.
        most_bytes: The same.
    """

    name: str
    port: int
    addresses: tuple[str, ...]
    least_bytes: int
    most_bytes: int


@dataclass(frozen=True)
class Load:
    """What one run of wrk found.

    Attributes:
        per_s: Answers per second.
        mean_ms: From sending a request to having its whole answer.
        p50_ms: Median of the same.
        p99_ms: 99th percentile of the same.
    """

    requests: int
    per_s: float
    mean_ms: float
    p50_ms: float
    p99_ms: float


def ask(port: int, address: str, *, timeout_s: float = LONGEST_ANSWER_S) -> LoadAnswer:
    """Ask once."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        return LoadAnswer(response.status, headers, response.read())
    finally:
        connection.close()


def ask_whole(name: str, port: int, address: str) -> LoadAnswer:
    """Ask once.

    Raises:
        Unfair: The status is not 200.
    """
    answer = ask(port, address)
    if answer.status != 200:
        found = f"{answer.status} {answer.body[:300]!r}"
        raise Unfair(f"{name} answers {found} to {address}; it must answer 200")
    return answer


def target(
    name: str, port: int, addresses: Sequence[str], *, sample: int = 5, exact: bool = False
) -> Target:
    """Return what to ask of a server, after asking for *sample* of the addresses.

    Args:
        name: Of the contender.
        port: Of the server.
        addresses: Paths with their query.
        sample: How many of them tell the size of a body.
        exact: Whether every body has the same bytes.

    Raises:
        Unfair: One of them is not answered with 200.
    """
    step = max(1, len(addresses) // sample)
    sizes = [len(ask_whole(name, port, each).body) for each in addresses[::step]]
    slack = 0.0 if exact else TOLERANCE
    least, most = int(min(sizes) * (1 - slack)), int(max(sizes) * (1 + slack))
    return Target(name, port, tuple(addresses), least, most)


def press(asked: Target, connections: int, seconds: float, *, first: int = 0) -> Load:
    """Load a server and return what it did.

    Bodies of one and the same size are checked by the number of bytes received altogether; others
    one by one.

    Raises:
        Unfair: An answer was missing, not 200, or of an unexpected size.
    """
    same = asked.least_bytes == asked.most_bytes
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="ascii") as listing:
        listing.write("\n".join(asked.addresses) + "\n")
        listing.flush()
        bounds = (0, 0) if same else (asked.least_bytes, asked.most_bytes)
        found = _wrk(asked, listing.name, connections, seconds, first=first, bounds=bounds)
    _check(asked, found)
    if same:
        _check_bytes(asked, found, connections)
    return Load(
        requests=found["requests"],
        per_s=found["requests"] / found["seconds"],
        mean_ms=found["mean_ms"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
    )


def in_rounds(
    contenders: Mapping[str, Callable[[int, float], Measured]],
    *,
    rounds: int,
    seconds: Mapping[str, float],
    told: Callable[[str], None],
) -> dict[str, list[Measured]]:
    """Measure the contenders by turns, each round beginning with another one.

    Args:
        contenders: Each is called with the number of the round and the seconds to take.
        rounds: How many times each is measured, after one time more that warms it up.
        seconds: Of one measurement, by contender.
        told: Called with what is being done.

    Returns:
        Per contender its measurements by round.
    """
    names = list(contenders)
    for name in names:
        told(f"warming up {name}")
        contenders[name](0, seconds[name])
    measured: dict[str, list[Measured]] = {name: [] for name in names}
    for number in range(rounds):
        for place in range(len(names)):
            name = names[(place + number) % len(names)]
            told(f"round {number + 1} of {rounds}: {name}")
            measured[name].append(contenders[name](number + 1, seconds[name]))
    return measured


def wrk_version() -> str:
    """Return what wrk says of itself.

    Raises:
        Unfair: It is not installed.
    """
    try:
        told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Unfair("wrk is missing: apt-get install wrk") from None
    return told.stdout.splitlines()[0].split(" [")[0]


def _wrk(
    asked: Target,
    listing: str,
    connections: int,
    seconds: float,
    *,
    first: int,
    bounds: tuple[int, int],
) -> dict[str, float]:
    command = [
        *("wrk", "--threads", "1", "--connections", str(connections)),
        *("--duration", f"{max(1, round(seconds))}s", "--timeout", f"{LONGEST_ANSWER_S}s"),
        *("--script", str(SCRIPT), f"http://127.0.0.1:{asked.port}/"),
        *("--", listing, str(first), str(bounds[0]), str(bounds[1])),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in run.stdout.splitlines() if line.startswith("FIGURES ")]
    if run.returncode or not lines:
        raise Unfair(f"wrk failed on {asked.name}: {run.stdout[-500:]}{run.stderr[-500:]}")
    figures: dict[str, float] = json.loads(lines[0].removeprefix("FIGURES "))
    return figures


def _check(asked: Target, found: Mapping[str, object]) -> None:
    faults = {
        name: found[name] for name in ("failed", "timed_out", "bad_status", "wrong") if found[name]
    }
    if faults or not found["requests"]:
        expected = f"200 with {asked.least_bytes:,} to {asked.most_bytes:,} bytes"
        example = f", e.g. {found['example']}" if found["example"] else ""
        raise Unfair(
            f"{asked.name}, of {found['requests']} answers: {faults or 'none came'}{example}; "
            f"all must be {expected}"
        )


def _check_bytes(asked: Target, found: Mapping[str, float], connections: int) -> None:
    """Compare all bytes received with those of that many answers.

    Answers that were under way at the end are among the bytes, and headers have some slack.
    """
    least = found["requests"] * asked.most_bytes
    most = (found["requests"] + connections) * (asked.most_bytes + 4096)
    if not least <= found["bytes"] <= most:
        raise Unfair(
            f"{asked.name} sent {found['bytes']:,.0f} bytes in {found['requests']:,.0f} answers; "
            f"with {asked.most_bytes:,} bytes each it must be {least:,.0f} to {most:,.0f}"
        )
