"""What was found of a goal, beside what was asked; and a table of all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

MET, MISSED, UNKNOWN = "yes", "**no**", "not measured"


@dataclass(frozen=True)
class Finding:
    """One figure.

    Attributes:
        goal: Such as ``A1``.
        what: What was measured, on which data.
        asked: What the goal is.
        found: The figure, and its spread.
        met: Whether it is; None for what is told without a goal.
    """

    goal: str
    what: str
    asked: str
    found: str
    met: bool | None = None

    @property
    def line(self) -> str:
        """A row of a table."""
        met = {True: MET, False: MISSED, None: "-"}[self.met]
        return f"| {self.goal} | {self.what} | {self.asked} | {self.found} | {met} |"


HEAD = "| goal | what | asked | found | met |\n|---|---|---|---|---|"


def write_findings(findings: Sequence[Finding], folder: Path, name: str) -> str:
    """Write *findings* as ``name.json`` and ``name.md`` in *folder*; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join([HEAD, *(each.line for each in findings)])
    rows = json.dumps([asdict(each) for each in findings], indent=2)
    (folder / f"{name}.json").write_text(rows + "\n", "utf-8")
    (folder / f"{name}.md").write_text(text + "\n", "utf-8")
    return text
