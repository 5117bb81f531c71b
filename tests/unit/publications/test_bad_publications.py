"""A bad publication is rejected with its reason, and the active one goes on serving."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.report import ValidationFailed
from datalayer.kernel.errors import PortalError, PublicationError
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.stages import Snapshot
from tests.unit.publications.refreshing import ANA, Refreshing, joined

if TYPE_CHECKING:
    from tests.publisher import Publisher


def with_file(change: Callable[[dict[str, Any]], None]) -> Callable[[Publisher], None]:
    """Return what rewrites the manifest's entry of its first file."""

    def spoil(publisher: Publisher) -> None:
        publisher.rewrite_manifest(lambda fields: change(fields["files"][0]))

    return spoil


def with_fields(**fields: object) -> Callable[[Publisher], None]:
    """Return what rewrites fields of the manifest."""
    return lambda publisher: publisher.rewrite_manifest(lambda found: found.update(fields))


SPOILED: dict[str, Callable[[Publisher], None]] = {
    "a truncated file": lambda publisher: publisher.truncate("fact_forecast"),
    "a corrupted file": lambda publisher: publisher.corrupt("fact_forecast"),
    "a missing file": lambda publisher: publisher.withhold("fact_forecast"),
    "swapped files": lambda publisher: publisher.swap("fact_forecast", "fact_backtest"),
    "a wrong hash": with_file(lambda file: file.update(sha256="0" * 64)),
    "a wrong size": with_file(lambda file: file.update(size_bytes=file["size_bytes"] + 1)),
    "a wrong row count": with_file(lambda file: file.update(rows=file["rows"] + 1)),
    "an absurd size": with_file(lambda file: file.update(size_bytes=1 << 50)),
    "a path outside": with_file(lambda file: file.update(path="../../etc/passwd")),
    "an absolute path": with_file(lambda file: file.update(path="/etc/passwd")),
    "an unknown version": with_fields(manifest_version=99),
    "an id that is a path": with_fields(publication_id="../../var"),
    "a data set missing": lambda publisher: publisher.rewrite_manifest(
        lambda fields: fields.update(files=fields["files"][1:])
    ),
    "no JSON": lambda publisher: publisher.store.write(MANIFEST_NAME, b"{"),
    "a manifest without end": lambda publisher: publisher.store.write(
        MANIFEST_NAME, b" " * (5 << 20)
    ),
}


class TestBadPublications:
    @pytest.mark.parametrize("fault", SPOILED)
    def test_a_spoiled_publication_is_rejected_and_the_active_one_stays(
        self, parts: Refreshing, publisher: Publisher, served: Manifest, state: Path, fault: str
    ) -> None:
        publisher.publish(items=2)
        SPOILED[fault](publisher)

        with pytest.raises(PortalError) as raised:
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert len(parts.snapshots.all()) == 1
        assert not list((state / "staging").glob("*.partial"))
        assert parts.last_entry.outcome == "rejected"
        assert parts.last_entry.details["reason"] == str(raised.value)[:2000]

    def test_what_breaks_the_contract_is_rejected_with_every_fault(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        tables = publisher.tables(items=2)
        forecast = tables["fact_forecast"]
        negative = pa.array([-1.0] * forecast.num_rows, pa.float64())
        place = forecast.schema.get_field_index("forecast")
        tables["fact_forecast"] = forecast.set_column(place, "forecast", negative)
        publisher.publish(tables=tables)

        with pytest.raises(ValidationFailed, match="breaks the contract") as raised:
            parts.activations.activate(ANA)

        assert {fault.column for fault in raised.value.report.faults} >= {"forecast"}
        assert parts.active_id == served.publication_id
        assert "fact_forecast.forecast" in str(parts.last_entry.details["reason"])

    def test_an_empty_publication_is_rejected(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        empty = {name: table.slice(0, 0) for name, table in publisher.tables(items=2).items()}
        publisher.publish(tables=empty)

        with pytest.raises(ValidationFailed):
            parts.activations.activate(ANA, confirmed=True)

        assert parts.active_id == served.publication_id

    def test_one_that_the_database_refuses_is_rejected_and_not_kept(
        self,
        state: Path,
        folder_store: FolderStore,
        registry: Registry,
        publisher: Publisher,
        parts: Refreshing,
        served: Manifest,
    ) -> None:
        publisher.publish(items=2)
        refusing = joined(state, folder_store, registry, make_database=RefusingDatabase)

        with pytest.raises(PublicationError, match="does not fit"):
            refusing.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert [each.publication_id for each in parts.snapshots.all()] == [served.publication_id]
        assert parts.last_entry.outcome == "rejected"


class RefusingDatabase:
    """A database that can't read any snapshot."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        pass

    def attach(self, snapshot: Snapshot) -> None:
        """Refuse."""
        raise PublicationError(
            publication_id=snapshot.publication_id, problem="does not fit the registry"
        )

    def detach(self, publication_id: str) -> None:
        """Do nothing."""
