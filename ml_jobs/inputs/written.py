"""A text cell of an input file, pointed at: what evidence and refusals name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A text as it stands in a file.

    Attributes:
        row: From 1, the header not counted.
    """

    file: str
    column: str
    row: int
    text: str

    def place(self, heading: str) -> str:
        """Return where it stands, in a message that begins with the file or folder *heading*."""
        return f"row {self.row}" if self.file == heading else f"row {self.row} of {self.file}"

    def sentence(self, heading: str) -> str:
        """Return the text and where it stands, to be read after "has"."""
        return f"{self.text} as {self.column} in {self.place(heading)}"

    def brief(self, heading: str) -> str:
        """Return the text and where it stands, to be read after "as in"."""
        return f"{self.text} ({self.column}, {self.place(heading)})"
