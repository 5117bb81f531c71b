"""The commands of docs/runbook.md, by the heading that they stand under."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

from tests.portals import ROOT

_TEXT = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")


def commands(heading: str, number: int = 0) -> str:
    """Return the block of the shell of that *number* under *heading*, from 0."""
    section = re.split(r"^#+ ", _TEXT.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.M)[0]
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    return blocks[number]


def execute(code: str, environment: Mapping[str, str]) -> str:
    """Run *code* as a person types it, in the project's folder; return what it printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
