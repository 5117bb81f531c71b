"""What /metrics tells of the portal itself: what it serves, relies on, and has on record."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from datalayer.access.audit.log import AuditLog
from datalayer.kernel.errors import StateUnavailable
from datalayer.portal import Health, Portal


class PortalCollector(Collector):
    """What is served, asked of the portal whenever ``/metrics`` is read."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def collect(self) -> Iterable[Metric]:
        """Yield one family after another."""
        health = self._portal.health()
        status = GaugeMetricFamily(
            "farol_health", "1 for the status that /health tells.", labels=("status",)
        )
        for each in ("ok", "degraded", "empty"):
            status.add_metric((each,), float(each == health.status))
        yield status
        yield GaugeMetricFamily("farol_findings", "Findings in /health.", len(health.findings))
        yield from _publication(health)
        yield from _surroundings(health)
        yield from _disk(self._portal.state_folder)
        yield from _audit(self._portal.audit)


def _publication(health: Health) -> Iterable[Metric]:
    """Yield what is known of the active publication; nothing where none is."""
    served = health.publication
    if served is None:
        return
    about = {
        "publication_id": served.publication_id,
        "model_version": served.model_version,
        "dataset_id": served.dataset_id,
    }
    yield InfoMetricFamily("farol_publication", "The publication that is served.", about)
    now = datetime.now(UTC)
    yield GaugeMetricFamily(
        "farol_publication_age_seconds",
        "Seconds since the publication that is served was generated.",
        (now - served.generated_at).total_seconds(),
    )
    yield GaugeMetricFamily(
        "farol_data_age_seconds",
        "Seconds since the beginning of the last day of demand that is known.",
        (now - datetime.combine(served.data_through, time(), UTC)).total_seconds(),
    )


def _surroundings(health: Health) -> Iterable[Metric]:
    """Yield how what the portal relies on is; nothing of what it has not been asked yet."""
    yield GaugeMetricFamily(
        "farol_publication_behind",
        "1 while what is served is not what was activated last, here or on another replica.",
        bool(health.problem),
    )
    if health.last_answer.reach != "unknown":
        yield GaugeMetricFamily(
            "farol_store_reachable",
            "1 if the store answered when it was last asked.",
            health.last_answer.reach == "reachable",
        )
    if health.last_answer.writable in ("yes", "no"):
        yield GaugeMetricFamily(
            "farol_store_writable",
            "1 if the store took what this portal wrote, whose key should only read.",
            health.last_answer.writable == "yes",
        )
    if health.state_folder.reach != "unknown":
        yield GaugeMetricFamily(
            "farol_state_writable",
            "1 if the state folder took a file when it was last tried.",
            health.state_folder.reach == "reachable" and not health.state_folder.problem,
        )
    if health.shared_cache.state != "off":
        yield GaugeMetricFamily(
            "farol_redis_up",
            "1 while Redis, which replicas share, does what it is asked.",
            health.shared_cache.state == "ok",
        )


def _disk(state_folder: Path) -> Iterable[Metric]:
    """Yield how much room the disk of the state folder has; nothing where it can't be told."""
    try:
        disk = shutil.disk_usage(state_folder)
    except OSError:
        return
    yield GaugeMetricFamily(
        "farol_state_disk_bytes", "Size of the disk that holds the state folder.", disk.total
    )
    yield GaugeMetricFamily(
        "farol_state_disk_free_bytes", "What is free of it for this process.", disk.free
    )


def _audit(log: AuditLog) -> Iterable[Metric]:
    """Yield what the audit log has had; nothing while it can't be read, and the rest goes on."""
    try:
        tallies = sorted(log.tallies().items())
    except StateUnavailable:
        return
    labels = ("action", "outcome")
    entries = CounterMetricFamily(
        "farol_audit_entries",
        "Lines of the audit log since this process opened it, whoever wrote them: "
        "refreshes, roll-backs, sign-ins, extracts and how each ended.",
        labels=labels,
    )
    last = GaugeMetricFamily(
        "farol_audit_last_entry_timestamp_seconds",
        "When the last of these lines was written, in seconds since 1970.",
        labels=labels,
    )
    for key, tally in tallies:
        entries.add_metric(key, tally.lines)
        if tally.last_at:
            last.add_metric(key, tally.last_at.timestamp())
    yield entries
    yield last
