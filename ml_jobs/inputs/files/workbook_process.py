"""A program that reads the cells of a workbook, so that a damaged one ends this process alone.

The content comes by the standard input, the sheets that are asked for as arguments, and a
`FoundCells` leaves, pickled, by the standard output. Nothing else of the package is imported here.
"""

from __future__ import annotations

import io
import pickle
import resource
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

# A sheet takes 32 bytes for each cell of the rectangle around all that are filled.
MOST_BYTES = 6 << 30


@dataclass(frozen=True)
class FoundCells:
    """What a workbook holds.

    Attributes:
        names: Of all sheets.
        sheets: Of those read, the name, and the filled rows by their number from 1.
        problem: Why it can't be read; empty if it can.
    """

    names: tuple[str, ...] = ()
    sheets: tuple[tuple[str, tuple[tuple[int, tuple[object, ...]], ...]], ...] = ()
    problem: str = ""


def found_cells(content: bytes, asked: Sequence[str]) -> FoundCells:
    """Read the sheets *asked* for, or, if there are none, all that are not hidden."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            every = [s for s in workbook.sheets_metadata if s.typ is SheetTypeEnum.WorkSheet]
            shown = [s.name for s in every if s.visible is SheetVisibleEnum.Visible]
            names = tuple(sheet.name for sheet in every)
            wanted = [name for name in names if name in asked] if asked else shown
            sheets = tuple((name, _filled_rows(workbook, name)) for name in wanted)
            return FoundCells(names, sheets)
    except PasswordError:
        return FoundCells(problem="is a workbook with a password; save it without one")
    except CalamineError as error:
        return FoundCells(
            problem=f"is no workbook that can be read ({error}); save it as .xlsx or CSV UTF-8"
        )


def _filled_rows(
    workbook: CalamineWorkbook, name: str
) -> tuple[tuple[int, tuple[object, ...]], ...]:
    return tuple(
        (number, tuple(cells))
        for number, cells in enumerate(workbook.get_sheet_by_name(name).iter_rows(), start=1)
        if any(cell.strip() if isinstance(cell, str) else True for cell in cells)
    )


def main() -> None:
    """Do what the module says."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    bound = MOST_BYTES if most == resource.RLIM_INFINITY else min(MOST_BYTES, most)
    resource.setrlimit(resource.RLIMIT_AS, (bound, most))
    found = found_cells(sys.stdin.buffer.read(), sys.argv[1:])
    sys.stdout.buffer.write(pickle.dumps(astuple(found), protocol=5))


if __name__ == "__main__":
    main()
