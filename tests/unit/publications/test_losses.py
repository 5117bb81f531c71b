"""What an activation takes away is said, and a person confirms it before it happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ConfirmationNeeded
from datalayer.kernel.storage.object_store import FolderStore
from datalayer.publications.losses import losses
from tests.publisher import Publisher
from tests.unit.publications.refreshing import ANA, Refreshing, joined
from tests.validating import validating_once


def with_rows(manifest: Manifest, **rows: int) -> Manifest:
    """The manifest with other numbers of rows."""
    files = tuple(replace(file, rows=rows.get(file.data_set, file.rows)) for file in manifest.files)
    return replace(manifest, files=files)


def said(candidate: Manifest, active: Manifest | None) -> list[str]:
    return [str(loss) for loss in losses(candidate, active)]


class TestWhatIsALoss:
    @pytest.fixture
    def active(self, publisher: Publisher) -> Manifest:
        """A publication with 100 rows of everything."""
        manifest = publisher.publish()
        return with_rows(manifest, **{file.data_set: 100 for file in manifest.files})

    def test_the_same_is_none(self, active: Manifest) -> None:
        assert said(active, active) == []

    @pytest.mark.parametrize(
        ("data_set", "rows"), [("fact_demand", 50), ("dim_item", 90), ("fact_exception", 1)]
    )
    def test_a_few_rows_less_are_none(self, active: Manifest, data_set: str, rows: int) -> None:
        assert said(with_rows(active, **{data_set: rows}), active) == []

    @pytest.mark.parametrize(
        ("data_set", "rows"), [("fact_demand", 49), ("agg_daily", 1), ("dim_item", 89)]
    )
    def test_most_rows_or_a_tenth_of_the_parts_are_one(
        self, active: Manifest, data_set: str, rows: int
    ) -> None:
        (loss,) = said(with_rows(active, **{data_set: rows}), active)

        assert loss == f"{data_set} has {rows} rows; the active publication has 100"

    @pytest.mark.parametrize("data_set", ["fact_exception", "fact_inventory", "fact_metrics"])
    def test_an_emptied_data_set_is_one(self, active: Manifest, data_set: str) -> None:
        (loss,) = said(with_rows(active, **{data_set: 0}), active)

        assert loss == f"{data_set} has 0 rows; the active publication has 100"

    def test_demand_that_ends_earlier_is_one(self, active: Manifest) -> None:
        earlier = replace(active, data_through=active.data_through - timedelta(days=1))

        (loss,) = said(earlier, active)

        assert loss.startswith(f"Its demand ends on {earlier.data_through}; ")

    @pytest.mark.parametrize(
        ("data_set", "count"), [("fact_inventory", 1), ("fact_metrics", 1), ("fact_exception", 0)]
    )
    def test_the_first_publication_needs_stock_and_accuracy(
        self, active: Manifest, data_set: str, count: int
    ) -> None:
        assert len(said(with_rows(active, **{data_set: 0}), None)) == count

    def test_what_was_empty_before_is_lost_once(self, active: Manifest) -> None:
        empty = with_rows(active, fact_inventory=0)

        assert said(empty, empty) == []


class TestConfirmingLosses:
    @pytest.fixture
    def parts(self, tmp_path: Path, folder_store: FolderStore, registry: Registry) -> Refreshing:
        """Activations over an empty state folder."""
        return joined(tmp_path / "state", folder_store, registry)

    @pytest.fixture
    def served(self, parts: Refreshing, publisher: Publisher) -> Manifest:
        """A publication that is active already."""
        manifest = publisher.publish()
        with validating_once():
            parts.activations.activate(ANA)
        return manifest

    @pytest.fixture
    def lacking(self, publisher: Publisher, served: Manifest) -> dict[str, pa.Table]:
        """What is to be published next: it has no stock."""
        tables = publisher.tables()
        return {**tables, "fact_inventory": tables["fact_inventory"].slice(0, 0)}

    def test_a_loss_that_nobody_confirmed_changes_nothing(
        self,
        parts: Refreshing,
        publisher: Publisher,
        served: Manifest,
        lacking: dict[str, pa.Table],
    ) -> None:
        publisher.publish(tables=lacking)

        with pytest.raises(ConfirmationNeeded, match="fact_inventory has 0 rows"):
            parts.activations.activate(ANA)

        assert parts.active_id == served.publication_id
        assert parts.last_entry.outcome == "refused"

    def test_a_loss_that_was_confirmed_is_on_the_record(
        self,
        parts: Refreshing,
        publisher: Publisher,
        served: Manifest,
        lacking: dict[str, pa.Table],
    ) -> None:
        newer = publisher.publish(tables=lacking)

        parts.activations.activate(ANA, confirmed=True)

        assert parts.active_id == newer.publication_id
        assert str(parts.last_entry.details["confirmed"]).startswith("fact_inventory has 0 rows")

    def test_what_loses_nothing_needs_no_confirmation(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        publisher.publish()

        parts.activations.activate(ANA)

        assert "confirmed" not in parts.last_entry.details

    def test_going_back_needs_no_confirmation(
        self, parts: Refreshing, publisher: Publisher, served: Manifest
    ) -> None:
        publisher.publish(items=50)
        parts.activations.activate(ANA)

        parts.activations.roll_back(ANA)

        assert parts.active_id == served.publication_id
