"""Which rows stood in which publication, and since when without a break.

Written when a publication becomes active, one Parquet file each, so that the marks of planners
depend neither on snapshots, which are pruned, nor on what was activated later. A row whose run
begins anew has another ``since``, and so none of the marks of the run before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog

from datalayer.kernel.contract.manifest import is_publication_id
from datalayer.kernel.errors import StateUnavailable
from datalayer.kernel.sentences import Sentence
from datalayer.kernel.storage.durable import open_durably
from datalayer.kernel.storage.lock import lock_file
from datalayer.marks.marking import Episode, RowKey, StandingRow
from datalayer.reading.publication import Publication
from datalayer.reading.questions import marks as questions

LIST: Final = "fact_action"
_KEY: Final = ("item_id", "location_id", "action", "ref")
_ROWS: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in (*_KEY, "since", "tier")),
        pa.field("stockout_probability", pa.float64()),
    ]
)
_COMPLETE: Final = b"farol.complete"
_MOST_OPEN: Final = 4

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class StandingRows:
    """The rows of a publication's list, each with the run that it belongs to.

    Attributes:
        table: Columns item_id, location_id, action, ref, since, tier, stockout_probability.
        is_complete: Whether it has all rows, or those alone that were marked.
    """

    table: pa.Table
    is_complete: bool = True

    def find(self, keys: Collection[RowKey]) -> dict[RowKey, StandingRow]:
        """Return those of *keys* that stand here."""
        rows = self._of_items({key.item_id for key in keys})
        return {row.key: row for row in rows if row.key in keys}

    def of_item(self, item_id: str) -> tuple[RowKey, ...]:
        """Return the rows of a part."""
        return tuple(row.key for row in self._of_items({item_id}))

    def runs(self) -> dict[tuple[str, ...], str]:
        """Return since when each row stands, by its key."""
        keys = zip(*(self.table[name].to_pylist() for name in _KEY), strict=True)
        return dict(zip(keys, self.table["since"].to_pylist(), strict=True))

    def only(self, episodes: Collection[Episode]) -> StandingRows:
        """Return the rows of these *episodes* alone."""
        found = self.find({key for key, _ in episodes}).values()
        kept = [row for row in found if (row.key, row.since) in episodes]
        table = pa.Table.from_pylist(
            [
                {
                    **{name: getattr(row.key, name) for name in _KEY},
                    "since": row.since,
                    "tier": row.tier,
                    "stockout_probability": row.stockout_probability,
                }
                for row in kept
            ],
            schema=_ROWS,
        )
        return StandingRows(table, is_complete=False)

    def _of_items(self, item_ids: Collection[str]) -> list[StandingRow]:
        # Most rows are of other parts, and never become objects of Python.
        wanted = pa.array(item_ids, pa.string())
        near = self.table.filter(pc.is_in(self.table["item_id"], wanted))
        return [_row(fields) for fields in near.to_pylist()]


class Episodes:
    """The rows of each publication that was active here; safe from any thread and process.

    Args:
        folder: Of this state folder's replicas; made with the first publication.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, StandingRows] = {}
        self._cut: set[str] = set()

    def has(self, publication_id: str) -> bool:
        """Return whether the rows of a publication are known; costs one ``stat``."""
        return publication_id in self._open or self._path(publication_id).exists()

    def rows(self, publication: Publication, *, must_be_kept: bool = False) -> StandingRows:
        """Return the rows of *publication*, which are known from then on.

        Where the disk refuses them they are made each time, unless they *must be kept*.

        Raises:
            StateUnavailable: They must be kept, and can't be.
            ReadFailed, QueryTooLong, UnknownPublication: As for every read.
        """
        known = self._open.get(publication.id) or self._read(publication.id)
        if known is None or not known.is_complete:
            try:
                known = self._record(publication)
            except StateUnavailable as error:
                if must_be_kept:
                    raise
                _log.warning("marks.rows_not_kept", problem=str(error))
                return self._made(publication)
        if publication.id not in self._open:
            # Another thread may do the same: what is dropped too early is read again.
            self._open = dict([*self._open.items(), (publication.id, known)][-_MOST_OPEN:])
        return known

    def before(self, publication_id: str) -> str | None:
        """Return the id of the last publication before one that was active here; None if none."""
        earlier = [each for each in self._known_ids() if each < publication_id]
        return earlier[-1] if earlier else None

    def begun_with(self, publication: Publication) -> pa.Table | None:
        """Return the rows whose run begins with *publication*; None if it is the first known here.

        Columns: as ``StandingRows.table``.

        Raises:
            PortalError: As for ``rows``.
        """
        rows = self.rows(publication).table
        if self.before(publication.id) is None:
            return None
        return rows.filter(pc.equal(rows["since"], publication.id))

    def cut_down(self, kept: Collection[str], episodes: Collection[Episode]) -> None:
        """Of publications that are not *kept* here any more, keep the rows of *episodes* alone.

        The newest stays as it is: the next one's runs go on from it.

        Args:
            kept: Ids of those that are.
            episodes: All that have a mark.

        Raises:
            StateUnavailable: The disk refuses.
        """
        gone = [each for each in self._known_ids()[:-1] if each not in kept]
        for publication_id in sorted(set(gone) - self._cut):
            with self._locked():
                known = self._read(publication_id)
                if known and known.is_complete:
                    self._write(publication_id, known.only(episodes))
        self._cut = set(gone)

    def _record(self, publication: Publication) -> StandingRows:
        with self._locked():
            known = self._read(publication.id)
            if known is None or not known.is_complete:
                known = self._made(publication, known)
                self._write(publication.id, known)
            return known

    def _made(self, publication: Publication, cut: StandingRows | None = None) -> StandingRows:
        """Return the rows of *publication*; runs go on from the one known before it by its id.

        What of it is known already, though *cut* down, stays as it is.
        """
        if LIST not in publication.registry.data_sets:
            return StandingRows(_ROWS.empty_table())
        table = publication.table_page(questions.markable_rows()).rows
        before_id = self.before(publication.id)
        before = self._read(before_id) if before_id else None
        runs = {**(before.runs() if before else {}), **(cut.runs() if cut else {})}
        keys = zip(*(table[name].to_pylist() for name in _KEY), strict=True)
        since = pa.array([runs.get(key, publication.id) for key in keys], pa.string())
        return StandingRows(table.append_column("since", since).select(_ROWS.names).cast(_ROWS))

    def _known_ids(self) -> list[str]:
        """Return the ids of all publications that were active here, the oldest first.

        Those whose rows were damaged are among them: no run may go on across one.
        """
        found = (*self._folder.glob("*.parquet"), *self._folder.glob("*.damaged"))
        return sorted({path.stem for path in found if is_publication_id(path.stem)})

    def _path(self, publication_id: str) -> Path:
        return self._folder / f"{publication_id}.parquet"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with lock_file(self._folder / "publications.lock"):
            yield

    def _read(self, publication_id: str) -> StandingRows | None:
        """Return what is known of a publication; None if nothing is, or nothing that can be read.

        Raises:
            StateUnavailable: The disk refuses.
        """
        path = self._path(publication_id)
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                table = file.read()
                rows = StandingRows(table.cast(_ROWS), _is_complete(table.schema.metadata))
        except FileNotFoundError:
            return None
        except (pa.ArrowException, ValueError, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                problem = Sentence("can't be read: {reason}", reason=error.strerror)
                raise StateUnavailable(path=str(path), problem=problem) from error
            _log.error("marks.rows_damaged", publication_id=publication_id, problem=str(error))
            with suppress(OSError):
                path.replace(path.with_suffix(".damaged"))
            return None
        return rows

    def _write(self, publication_id: str, rows: StandingRows) -> None:
        path = self._path(publication_id)
        table = rows.table.replace_schema_metadata({_COMPLETE: b"%d" % rows.is_complete})
        try:
            with open_durably(path, mode=0o600) as file:
                pq.write_table(table, file, compression="zstd", write_page_checksum=True)
        except OSError as error:
            problem = Sentence("can't be written: {reason}", reason=error.strerror)
            raise StateUnavailable(path=str(path), problem=problem) from error


def _is_complete(metadata: dict[bytes, bytes] | None) -> bool:
    return (metadata or {}).get(_COMPLETE) == b"1"


def _row(fields: dict[str, Any]) -> StandingRow:
    return StandingRow(
        key=RowKey(**{name: fields[name] for name in _KEY}),
        since=fields["since"],
        tier=fields["tier"],
        stockout_probability=fields["stockout_probability"],
    )
