"""Publishes for tests: fake data that keeps the contract, and every way of spoiling it.

The data are made from the registry. A data set or column that is not known here by name is
filled from its type, range, allowed values and reference, so that a test can add one.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from datalayer.kernel.contract.manifest import (
    MANIFEST_NAME,
    ContractReference,
    Manifest,
    PublishedFile,
    manifest_json,
    new_publication_id,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import ObjectStore
from tests.fake_data import Story, made_tables

FIRST_GENERATED_AT = datetime(2026, 11, 21, 6, tzinfo=UTC)
DATASET_ID = "demand-2026-11"
MODEL_VERSION = "2026.11.0"
LIMIT_BYTES = 1 << 30


class Publisher:
    """Publishes into a store, and spoils what it published.

    Each publication is generated an hour after the one before it unless told otherwise.

    Args:
        first_generated_at: When the results of the first publication were generated.
        remove: Deletes an object; stores of the portal can't. By default a file of a folder.
    """

    def __init__(
        self,
        store: ObjectStore,
        registry: Registry,
        *,
        first_generated_at: datetime = FIRST_GENERATED_AT,
        remove: Callable[[str], None] | None = None,
    ) -> None:
        self.first_generated_at = first_generated_at
        self.store = store
        self.registry = registry
        self.published: list[Manifest] = []
        self._remove = remove or self._unlink

    @property
    def latest(self) -> Manifest:
        """The manifest that the store's root holds."""
        content = self.store.read(MANIFEST_NAME, limit_bytes=LIMIT_BYTES)
        return parse_manifest(content, location=MANIFEST_NAME, registry=self.registry)

    def tables(
        self, *, generated_at: datetime | None = None, items: int = 6, salt: str = ""
    ) -> dict[str, pa.Table]:
        """Return a table for every data set, as ``publish`` would write them."""
        story = Story(
            items=items,
            generated_at=generated_at or self.next_time(),
            dataset_id=DATASET_ID,
            model_version=MODEL_VERSION,
            salt=salt,
        )
        return made_tables(self.registry, story)

    def publish(
        self,
        *,
        generated_at: datetime | None = None,
        items: int = 6,
        salt: str = "",
        tables: Mapping[str, pa.Table] | None = None,
        lineage: Mapping[str, object] | None = None,
        contract_version: str = "",
    ) -> Manifest:
        """Write a publication and make it the store's latest, if need be of another version."""
        time = generated_at or self.next_time()
        tables = tables or self.tables(generated_at=time, items=items, salt=salt)
        contents = {name: parquet_bytes(table) for name, table in tables.items()}
        manifest = self._manifest(time, tables, contents, salt, lineage or {})
        if contract_version:
            contract = ContractReference(self.registry.id, contract_version, {})
            manifest = replace(manifest, contract=contract)
        for file in manifest.files:
            self.store.write(file.path, contents[file.data_set])
        self._write_manifest(manifest)
        self.published.append(manifest)
        return manifest

    def corrupt(self, data_set: str) -> None:
        """Flip bytes in the middle of a data set's stored file; its size stays."""
        content = bytearray(self._content(data_set))
        middle = len(content) // 2
        for index in range(middle, min(middle + 16, len(content))):
            content[index] ^= 0xFF
        self.store.write(self._key(data_set), bytes(content))

    def truncate(self, data_set: str) -> None:
        """Cut a data set's stored file in half."""
        content = self._content(data_set)
        self.store.write(self._key(data_set), content[: len(content) // 2])

    def withhold(self, data_set: str) -> None:
        """Delete a data set's stored file."""
        self._remove(self._key(data_set))

    def swap(self, one: str, other: str) -> None:
        """Put each of two data sets' contents under the other's name."""
        first, second = self._content(one), self._content(other)
        self.store.write(self._key(one), second)
        self.store.write(self._key(other), first)

    def rewrite_manifest(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Let *change* edit the JSON of the root manifest and of its immutable copy."""
        fields = json.loads(self.store.read(MANIFEST_NAME, limit_bytes=LIMIT_BYTES))
        copy_key = _manifest_key(fields["publication_id"])
        change(fields)
        content = json.dumps(fields).encode()
        self.store.write(copy_key, content)
        self.store.write(MANIFEST_NAME, content)

    def go_back(self) -> Manifest:
        """Make the publication before the last one the store's latest again."""
        previous = self.published[-2]
        self.store.write(MANIFEST_NAME, manifest_json(previous))
        return previous

    def next_time(self) -> datetime:
        """Return when the results of the next publication are generated, unless told otherwise."""
        if not self.published:
            return self.first_generated_at
        return max(m.generated_at for m in self.published) + timedelta(hours=1)

    def _manifest(
        self,
        generated_at: datetime,
        tables: Mapping[str, pa.Table],
        contents: Mapping[str, bytes],
        salt: str,
        lineage: Mapping[str, object],
    ) -> Manifest:
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        publication_id = new_publication_id(
            generated_at, salt="".join([salt, *digests.values()]).encode()
        )
        files = tuple(
            PublishedFile(
                data_set=name,
                path=f"publications/{publication_id}/{name}.parquet",
                size_bytes=len(content),
                sha256=digests[name],
                rows=tables[name].num_rows,
            )
            for name, content in contents.items()
        )
        return Manifest(
            publication_id=publication_id,
            dataset_id=DATASET_ID,
            model_version=MODEL_VERSION,
            generated_at=generated_at,
            data_through=data_through(generated_at),
            contract=ContractReference(
                self.registry.id, self.registry.version, self.registry.fingerprints
            ),
            files=files,
            lineage={"frequency": "D", **lineage},
        )

    def _write_manifest(self, manifest: Manifest) -> None:
        content = manifest_json(manifest)
        self.store.write(_manifest_key(manifest.publication_id), content)
        self.store.write(MANIFEST_NAME, content)

    def _key(self, data_set: str) -> str:
        return self.published[-1].file(data_set).path

    def _content(self, data_set: str) -> bytes:
        return self.store.read(self._key(data_set), limit_bytes=LIMIT_BYTES)

    def _unlink(self, key: str) -> None:
        Path(self.store.address, key).unlink()


def data_through(generated_at: datetime) -> date:
    """Return the last day of demand that results generated at that time rest on."""
    return generated_at.astimezone(UTC).date() - timedelta(days=1)


def parquet_bytes(table: pa.Table) -> bytes:
    """Return *table* as one Parquet file, laid out as the job lays it out."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=122_880)
    return buffer.getvalue()


def write_tables(tables: Mapping[str, pa.Table], folder: Path) -> dict[str, Path]:
    """Write each table to a Parquet file in *folder*; return the files by data set."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.parquet" for name in tables}
    for name, table in tables.items():
        files[name].write_bytes(parquet_bytes(table))
    return files


def replace_column(table: pa.Table, name: str, values: object) -> pa.Table:
    """Return *table* with other values (or a whole Arrow array) in a column."""
    array = (
        values if isinstance(values, pa.Array) else pa.array(values, table.schema.field(name).type)
    )
    return table.set_column(table.schema.get_field_index(name), name, array)


def set_value(table: pa.Table, name: str, row: int, value: object) -> pa.Table:
    """Return *table* with one value changed."""
    values = table.column(name).to_pylist()
    values[row] = value
    return replace_column(table, name, values)


def _manifest_key(publication_id: str) -> str:
    return f"publications/{publication_id}/{MANIFEST_NAME}"
