"""``python -m tests.faults``: puts every fault on a running portal and writes what happened."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.faults.matrix import ALL, SHORT
from tests.faults.measuring import FaultOutcome, put
from tests.faults.site import running_site
from tests.faults.table import write_results


def main() -> int:
    """Put the faults on a site; return 1 if a rule was broken."""
    chosen = _arguments()
    faults = [each for each in (SHORT if chosen.short else ALL) if chosen.only in each.name]
    outcomes, left_out = [], {}
    command = " ".join(["python -m tests.faults", *sys.argv[1:]])
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as folder,
        running_site(Path(folder) / "site", rate=chosen.rate, pages=chosen.pages) as site,
    ):
        for fault in faults:
            if reason := fault.cannot():
                left_out[fault.name] = reason
                print(f"left out  {fault.name}: {reason}")
                continue
            outcomes.append(put(fault, site, chosen.seconds))
            print(_line(outcomes[-1]), flush=True)
            write_results(outcomes, left_out, command)
    broken = sum(bool(each.broken) for each in outcomes)
    print(f"{len(outcomes) - broken} of {len(outcomes)} faults kept every rule")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few faults of each kind")
    parser.add_argument("--only", default="", help="those whose name has this in it")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each fault lasts")
    parser.add_argument("--rate", type=float, default=200.0, help="reads of the API a second")
    parser.add_argument("--pages", type=int, default=4, help="pages that are open")
    return parser.parse_args()


def _line(outcome: FaultOutcome) -> str:
    return "\n".join(
        [
            f"{'BROKEN' if outcome.broken else 'kept'}  {outcome.fault}",
            f"   reads {dict(outcome.reads)}  pages {dict(outcome.pages)}",
            f"   p50 {outcome.p50_ms} ms, p95 {outcome.p95_ms} ms",
            f"   away {outcome.away_s:.1f} s, recovered {outcome.recovered_s:.1f} s",
            f"   healthy {outcome.healthy_s:.1f} s",
            f"   refresh: {outcome.refresh}",
            *(f"   health: {each}" for each in outcome.health),
            *(f"   BROKEN: {each}" for each in outcome.broken),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
