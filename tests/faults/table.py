"""What happened under each fault, as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.measuring import FaultOutcome

RESULTS = Path("build/faults")
_HEAD = (
    "| fault | reads | pages | p50, p95 ms | away s | refresh meanwhile | works, well again s |\n"
    "|---|---|---|---|---|---|---|"
)
_LONGEST_SENTENCE = 160


def write_results(
    outcomes: Sequence[FaultOutcome], left_out: Mapping[str, str], command: str
) -> None:
    """Write both to ``build/faults``; *left_out* says why a fault could not be put here."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    about = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        "load": round(os.getloadavg()[1], 1),
        "command": command,
        "left_out": dict(left_out),
    }
    content = about | {"faults": [asdict(each) for each in outcomes]}
    (RESULTS / "faults.json").write_text(json.dumps(content, indent=2, ensure_ascii=False))
    lines = [
        _HEAD,
        *map(_row, outcomes),
        *(f"| {name} | left out: {why} |" for name, why in left_out.items()),
    ]
    sentence = f"{command}, {about['at']}, {about['machine']}, load average {about['load']}"
    (RESULTS / "faults.md").write_text("\n".join([sentence, "", *lines, ""]))


def _row(outcome: FaultOutcome) -> str:
    cells = (
        outcome.fault,
        _counts(outcome.reads),
        _counts(outcome.pages),
        f"{outcome.p50_ms:.0f}, {outcome.p95_ms:.0f}",
        f"{outcome.away_s:.1f}" if outcome.away_s else "",
        outcome.refresh[:_LONGEST_SENTENCE],
        f"{outcome.recovered_s:.1f}, {outcome.healthy_s:.1f}",
    )
    broken = f" **{'; '.join(outcome.broken)}**" if outcome.broken else ""
    return f"| {' | '.join(cells)}{broken} |"


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counted.items()))
