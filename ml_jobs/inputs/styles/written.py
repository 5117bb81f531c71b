"""The texts of a column as they stand in a file, which evidence and refusals point at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONGEST = 60


@dataclass(frozen=True)
class Example:
    """A text as it stands in a file.

    Attributes:
        row: Where it stands, such as "row 3"; see `SourceFile.place`.
    """

    file: str
    column: str
    row: str
    text: str

    def place(self, heading: str) -> str:
        """Return where it stands, in a message that begins with the file or folder *heading*."""
        return self.row if self.file == heading else f"{self.row} of {self.file}"

    @property
    def shown(self) -> str:
        """The text, cut short where it is endless."""
        return self.text if len(self.text) <= LONGEST else f"{self.text[:LONGEST]}..."

    def sentence(self, heading: str) -> str:
        """Return the text and where it stands, to be read after "has"."""
        return f"{self.shown} as {self.column} in {self.place(heading)}"

    def brief(self, heading: str) -> str:
        """Return the text and where it stands, to be read after "as in"."""
        return f"{self.shown} ({self.column}, {self.place(heading)})"


@dataclass(frozen=True)
class WrittenColumn:
    """The distinct texts of a column, trimmed, in the order of their first rows.

    Attributes:
        rows: How many rows have each of them.
        place_of: Where the text of that number, from 0, stands first, such as "row 3".
    """

    file: str
    column: str
    texts: Sequence[str]
    rows: Sequence[int]
    place_of: Callable[[int], str]

    def example(self, number: int) -> Example:
        """Return the text of *number*, from 0, with where it stands first."""
        return Example(self.file, self.column, self.place_of(number), self.texts[number])
