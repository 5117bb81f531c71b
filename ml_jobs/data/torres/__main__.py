"""Write the files of the synthetic demonstration: ``python -m ml_jobs.data.torres FOLDER``."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from ml_jobs.data.torres.files import THROUGH, write_torres


def main() -> None:
    """Write the files that the command line asks for, and say how large they are."""
    parser = argparse.ArgumentParser(prog="python -m ml_jobs.data.torres", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--through",
        type=date.fromisoformat,
        default=THROUGH,
        metavar="DAY",
        help=f"last day of the history, a Sunday (default: {THROUGH})",
    )
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for path in write_torres(given.folder, given.through).values():
        sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
