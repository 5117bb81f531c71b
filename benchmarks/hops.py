"""How far a read is from DuckDB: frames of ours below a page, functions of ours in a request.

    python -m benchmarks.hops

Both are counts, not times, of a portal on the data that the tests publish.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Callable
from inspect import currentframe
from pathlib import Path
from types import CodeType, FrameType
from unittest.mock import patch

from duckdb import DuckDBPyConnection
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.reading.database import Database
from tests.portals import ADMIN, ROOT
from tests.publisher import Publisher
from tests.served_portal import served_portal

ROOMS = tuple(f"{ROOT / name}{os.sep}" for name in ("datalayer", "pages"))
FORECAST_PAGE = ROOT / "pages" / "forecast.py"
SERIES = "/api/v1/items/{item_id}/timeseries"


def frames_to_duckdb(
    database: Database, run: Callable[[], object], script: Path = FORECAST_PAGE
) -> tuple[str, ...]:
    """Return the longest way from *script* to a statement of DuckDB, a frame of ours each.

    Args:
        database: What the page reads from.
        run: Runs the page.
        script: The page's file; its own frame is the first.
    """
    found: list[tuple[str, ...]] = [()]
    connection = database._connection  # noqa: SLF001 - nothing of DuckDB itself can be watched
    with patch.object(database, "_connection", _Watched(connection, script, found)):
        run()
    return max(found, key=len)


def functions_entered(run: Callable[[], object]) -> frozenset[str]:
    """Return the different functions of ours that *run* enters, in any thread it starts.

    Comprehensions and generator expressions are part of the function around them.
    """
    entered: set[CodeType] = set()

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(ROOMS):
            entered.add(frame.f_code)

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return frozenset(
        f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_qualname}"
        for code in entered
        if code.co_name not in {"<genexpr>", "<listcomp>", "<dictcomp>", "<setcomp>"}
    )


class _Watched:
    """A connection or cursor of DuckDB that notes from where it is given statements."""

    def __init__(
        self, inner: DuckDBPyConnection, script: Path, found: list[tuple[str, ...]]
    ) -> None:
        self._inner, self._script, self._found = inner, script, found

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def __enter__(self) -> _Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def cursor(self) -> _Watched:
        return _Watched(self._inner.cursor(), self._script, self._found)

    def execute(self, *statement: object) -> DuckDBPyConnection:
        self._found.append(_frames_below(self._script, currentframe()))
        return self._inner.execute(*statement)


def _frames_below(script: Path, innermost: FrameType | None) -> tuple[str, ...]:
    """Return the frames of ours from *script* to *innermost*; none where it is not below it."""
    names: list[str] = []
    frame = innermost
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(ROOMS):
            names.append(f"{Path(code.co_filename).stem}.{code.co_qualname}")
        if code.co_filename == str(script):
            return tuple(reversed(names))
        frame = frame.f_back
    return ()


def measure(folder: Path) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the frames below the forecast page, and the functions of one uncached request.

    Store and state of the portal that is asked lie in *folder*, which is empty.
    """
    store = FolderStore(folder / "store")
    Publisher(store, load_registry(ROOT / "schema_registry.json")).publish()
    settings = {
        "FAROL_REGISTRY": str(ROOT / "schema_registry.json"),
        "FAROL_STORE": store.address,
        "FAROL_STATE": str(folder / "var"),
    }
    with patch.dict(os.environ, settings):
        runtime.reset()
        runtime.portal().activate(ADMIN)
        app = AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=60).run()
        open_page = app.switch_page(FORECAST_PAGE.name).run
        frames = frames_to_duckdb(runtime.portal().database, open_page)
        runtime.reset()
    with served_portal(folder) as served:
        # The first request of a process also makes what all others share, the document among it.
        served.get(SERIES.format(item_id="P00001"))
        functions = functions_entered(lambda: served.get(SERIES.format(item_id="P00002")))
    return frames, functions


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        frames, functions = measure(Path(name))
    print(f"{len(frames)} frames of ours from the forecast page to DuckDB:")
    print(*(f"  {frame}" for frame in frames), sep="\n")
    print(f"{len(functions)} functions of ours in one uncached request:")
    print(*(f"  {function}" for function in sorted(functions)), sep="\n")
