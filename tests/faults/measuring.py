"""One fault put on a site: what its readers saw, and what must hold whatever strikes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from datalayer.access.audit.log import AuditLog
from tests.faults.judging import TRACE
from tests.faults.readers import NOT_SENT, PAGE, Sample
from tests.faults.site import Refreshed, Site
from tests.integration.servers import wait_until

RECOVERED_WITHIN_S = 60
# What the readers could not send in time is their own machine's affair, and reported.
FINE = {"200", "drawn", NOT_SENT}
# While the portal is started again its port is closed; a proxy answers for it then.
WHILE_AWAY = {"refused", "cut"}
# That nothing is published, that the disk fails, or that what is kept is damaged.
REFUSED = {"500", "503"}

Act = Callable[[Site], object]


def nothing(site: Site) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class StrikingFault:
    """A fault, and what is expected of a portal that it strikes.

    Attributes:
        name: What is wrong, in the words of the table.
        begin: Makes it so.
        end: Makes it right again.
        refresh: What becomes of a refresh meanwhile; ``none`` where none is tried.
        restarts: The portal is started again by it, so connections are refused meanwhile.
        prepare: What is done before anything is measured.
        tidy: What is done when all is measured.
        serves: Reads go on; False where the publication itself is damaged, and must be refused
            rather than shown.
        cannot: Returns why it can't be put on a site here, or an empty string.
    """

    name: str
    begin: Act
    end: Act = nothing
    refresh: Literal["works", "is refused", "either", "none"] = "works"
    restarts: bool = False
    prepare: Act = nothing
    tidy: Act = nothing
    serves: bool = True
    cannot: Callable[[], str] = str


@dataclass
class FaultOutcome:
    """What happened while a fault lasted and until all was well again.

    Attributes:
        reads: Reads of the API by outcome.
        pages: Pages drawn, by outcome.
        p50_ms: Half of the answers took no longer.
        p95_ms: Nineteen of twenty took no longer.
        refresh: What became of a refresh meanwhile: its sentence, or that it worked.
        health: The findings of ``/health`` at the end of the fault.
        away_s: From the first read that was not answered until the last one.
        recovered_s: From the end of the fault until a refresh works and is what readers read.
        healthy_s: From the end of the fault until ``/health`` has nothing to say.
        broken: The rules that did not hold, with an example each.
    """

    fault: str
    lasted_s: float = 0.0
    reads: Mapping[str, int] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    refresh: str = ""
    health: list[str] = field(default_factory=list)
    away_s: float = 0.0
    recovered_s: float = 0.0
    healthy_s: float = 0.0
    broken: list[str] = field(default_factory=list)


def put(fault: StrikingFault, on: Site, seconds: float) -> FaultOutcome:
    """Put *fault* on a site for so many seconds, and wait until all is well again."""
    site, outcome = on, FaultOutcome(fault.name)
    fault.prepare(site)
    logged = site.portal.log.stat().st_size
    newer = site.publications.publish().publication_id
    begun_s, sampled = time.monotonic(), site.samples_file.stat().st_size
    fault.begin(site)
    tried = site.refresh() if fault.refresh != "none" else Refreshed()
    outcome.health = _watch(site, begun_s + seconds)
    fault.end(site)
    ended_s = time.monotonic()
    outcome.recovered_s = _recover(site, newer, outcome) - ended_s
    outcome.healthy_s = _wait_until_healthy(site, outcome) - ended_s
    outcome.lasted_s = ended_s - begun_s
    _judge_refresh(fault, tried, newer, outcome)
    _count(site.samples(sampled, begun_s, time.monotonic()), fault, outcome)
    _judge_log(site, logged, outcome)
    _judge_state(site, newer, outcome)
    fault.tidy(site)
    return outcome


def _watch(site: Site, until_s: float) -> list[str]:
    """Return all that ``/health`` found until then, asked every second as probes do."""
    found: dict[str, None] = {}
    while True:
        found |= dict.fromkeys(_findings(site))
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            return list(found)
        time.sleep(min(1.0, left_s))  # the fault lasts; readers go on in another process


def _recover(site: Site, newer: str, outcome: FaultOutcome) -> float:
    """Return when a refresh worked and its publication was read."""
    problem = "nothing was tried"

    def recovered() -> bool:
        nonlocal problem
        refreshed = site.refresh()
        problem = refreshed.problem
        return refreshed.publication_id == newer and _served(site) == newer

    try:
        wait_until(recovered, within_s=RECOVERED_WITHIN_S, problem="")
    except TimeoutError:
        outcome.broken.append(f"does not recover within {RECOVERED_WITHIN_S} s: {problem}")
    return time.monotonic()


def _served(site: Site) -> str:
    answer = site.call("GET", "/api/v1/items?limit=1")
    return str(answer.json()["metadata"]["publication_id"]) if answer.status_code == 200 else ""


def _wait_until_healthy(site: Site, outcome: FaultOutcome) -> float:
    try:
        wait_until(
            lambda: site.health().get("status") == "ok", within_s=RECOVERED_WITHIN_S, problem=""
        )
    except TimeoutError:
        outcome.broken.append(f"/health goes on saying {_findings(site)}")
    return time.monotonic()


def _findings(site: Site) -> list[str]:
    health: dict[str, Any] = site.health()
    return list(health.get("findings", [] if health else ["/health does not answer"]))


def _judge_refresh(
    fault: StrikingFault, tried: Refreshed, newer: str, outcome: FaultOutcome
) -> None:
    outcome.refresh = tried.problem or ("works" if tried.publication_id else "not tried")
    if fault.refresh == "works" and tried.publication_id != newer:
        outcome.broken.append(f"a refresh should work: {tried}")
    if fault.refresh == "is refused" and not (tried.problem and tried.status):
        outcome.broken.append(f"a refresh should be refused with a sentence: {tried}")
    if TRACE.search(tried.problem):
        outcome.broken.append(f"a refresh answers with a stack trace: {tried.problem}")


def _count(samples: Sequence[Sample], fault: StrikingFault, outcome: FaultOutcome) -> None:
    reads = [each for each in samples if each.kind != PAGE]
    outcome.reads = dict(Counter(each.outcome for each in reads))
    outcome.pages = dict(Counter(each.outcome for each in samples if each.kind == PAGE))
    taken_s = sorted(each.seconds for each in reads if each.outcome == "200")
    if taken_s:
        outcome.p50_ms = round(1000 * taken_s[len(taken_s) // 2], 1)
        outcome.p95_ms = round(1000 * taken_s[int(0.95 * len(taken_s))], 1)
    unanswered = [each for each in reads if each.outcome not in FINE]
    if unanswered:
        last = unanswered[-1]
        outcome.away_s = last.at_s + last.seconds - unanswered[0].at_s
    away = WHILE_AWAY if fault.restarts else set()
    allowed = FINE | away | (set() if fault.serves else REFUSED)
    for each in samples:
        if each.outcome not in allowed:
            outcome.broken.append(f"{each.kind} ended with {each.outcome!r}")
        if each.fault:
            outcome.broken.append(each.fault)
    outcome.broken = sorted(set(outcome.broken))[:20]
    if not reads:
        outcome.broken.append("nobody read")


def _judge_log(site: Site, from_byte: int, outcome: FaultOutcome) -> None:
    with site.portal.log.open("rb") as log:
        log.seek(from_byte)
        lines = log.read().decode(errors="replace").splitlines()
    traces = [line for line in lines if TRACE.search(line)]
    if traces:
        outcome.broken.append(f"{len(traces)} stack traces in the log, such as {traces[0][:2000]}")


def _judge_state(site: Site, newer: str, outcome: FaultOutcome) -> None:
    """Nothing is lost: the record is whole, the key opens, what was active can be returned to."""
    audit = AuditLog(site.state / "audit.jsonl")
    found = audit.verify()
    if found.broken:
        outcome.broken.append(f"the audit log: {found.broken}")
    activated = [
        entry
        for entry in audit.entries(200)
        if (entry.outcome, entry.publication_id) == ("activated", newer)
    ]
    if len(activated) != 1:
        outcome.broken.append(f"the activation stands {len(activated)} times in the audit log")
    kept = site.call("GET", "/api/v1/publications")
    rows = kept.json()["data"] if kept.status_code == 200 else []
    ids = [each["publication_id"] for each in rows]
    if newer not in ids or len(ids) < 2:
        outcome.broken.append(f"the publications that are kept are {ids}")
