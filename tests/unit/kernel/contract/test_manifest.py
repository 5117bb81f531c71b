"""Manifests: there and back again, and everything that a bad one gets told."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.kernel.contract.manifest import (
    ContractReference,
    Manifest,
    PublishedFile,
    is_publication_id,
    manifest_json,
    most_rows,
    new_publication_id,
)
from datalayer.kernel.contract.manifest_parser import parse_manifest
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.errors import ManifestError

TIME = datetime(2026, 11, 21, 6, tzinfo=UTC)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=50
)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)
TIMES = st.datetimes(
    min_value=TIME.replace(year=2000, tzinfo=None),
    max_value=TIME.replace(year=2200, tzinfo=None),
    timezones=st.just(UTC),
)


def manifest_of(
    registry: Registry,
    *,
    generated_at: datetime = TIME,
    salt: bytes = b"",
    size_bytes: int = 10,
    rows: int = 1,
    digest: str = "0" * 64,
    dataset_id: str = "demand",
    model_version: str = "1",
    lineage: dict[str, object] | None = None,
) -> Manifest:
    publication_id = new_publication_id(generated_at, salt=salt)
    return Manifest(
        publication_id=publication_id,
        dataset_id=dataset_id,
        model_version=model_version,
        generated_at=generated_at,
        data_through=generated_at.date() - timedelta(days=1),
        contract=ContractReference(registry.id, registry.version, dict(registry.fingerprints)),
        files=tuple(
            PublishedFile(
                name, f"publications/{publication_id}/{name}.parquet", size_bytes, digest, rows
            )
            for name in registry.data_sets
        ),
        lineage=lineage or {},
    )


def faults(content: bytes, registry: Registry) -> str:
    with pytest.raises(ManifestError) as caught:
        parse_manifest(content, location="here/metadata.json", registry=registry)
    assert "here/metadata.json" in str(caught.value)
    return "\n".join(caught.value.faults)


def changed(registry: Registry, change: Callable[[dict[str, Any]], None]) -> bytes:
    fields = json.loads(manifest_json(manifest_of(registry)))
    change(fields)
    return json.dumps(fields).encode()


class TestThereAndBack:
    @given(data=st.data())
    def test_any_manifest_reads_as_it_was_written(
        self, registry: Registry, data: st.DataObject
    ) -> None:
        size_bytes = data.draw(st.integers(0, 2**40))
        manifest = manifest_of(
            registry,
            generated_at=data.draw(TIMES),
            salt=data.draw(st.binary()),
            size_bytes=size_bytes,
            rows=data.draw(st.integers(0, most_rows(size_bytes))),
            digest=data.draw(DIGESTS),
            dataset_id=data.draw(NAMES),
            model_version=data.draw(NAMES),
            lineage=data.draw(st.dictionaries(NAMES, JSON, max_size=4)),
        )

        read = parse_manifest(manifest_json(manifest), location="x", registry=registry)

        assert read == manifest

    @given(number=st.integers(0, 10**6))
    def test_a_whole_number_may_be_written_with_a_point(
        self, registry: Registry, number: int
    ) -> None:
        def point(fields: dict[str, Any]) -> None:
            for entry in fields["files"]:
                entry.update(size_bytes=float(number), rows=float(number))

        manifest = parse_manifest(changed(registry, point), location="x", registry=registry)

        assert {(f.size_bytes, f.rows) for f in manifest.files} == {(number, number)}

    def test_the_bytes_of_a_manifest_are_always_the_same(self, registry: Registry) -> None:
        one = manifest_of(registry, lineage={"b": 1, "a": 2})
        other = manifest_of(registry, lineage={"a": 2, "b": 1})

        assert manifest_json(one) == manifest_json(other)

    def test_a_flat_folder_is_a_publication_too(self, registry: Registry) -> None:
        def flatten(fields: dict[str, Any]) -> None:
            for entry in fields["files"]:
                entry["path"] = f"{entry['data_set']}.parquet"

        manifest = parse_manifest(changed(registry, flatten), location="x", registry=registry)

        assert manifest.file("dim_item").path == "dim_item.parquet"


class TestIds:
    def test_ids_sort_by_time(self) -> None:
        times = [TIME + timedelta(hours=n) for n in range(50)]

        ids = [new_publication_id(time, salt=b"x") for time in times]

        assert ids == sorted(ids)

    def test_an_id_tells_the_time_in_utc(self) -> None:
        brasilia = TIME.astimezone(timezone(timedelta(hours=-3)))

        assert new_publication_id(brasilia, salt=b"x").startswith("20261121T060000Z-")

    def test_the_salt_tells_publications_of_one_second_apart(self) -> None:
        assert new_publication_id(TIME, salt=b"x") != new_publication_id(TIME, salt=b"y")

    @pytest.mark.parametrize(
        "text",
        ["", "..", "20261121T060000Z-1a2b3c4d/..", "20261121T060000Z-1A2B3C4D", "x\n",
         "20261121T060000Z-1a2b3c4d\n", "٢0261121T060000Z-1a2b3c4d"],
    )  # fmt: skip
    def test_nothing_else_is_an_id(self, text: str) -> None:
        assert not is_publication_id(text)


class TestBadManifests:
    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("manifest_version", 2, "manifest_version is 2; this portal reads version 1"),
            ("manifest_version", None, "manifest_version is None"),
            ("manifest_version", True, "manifest_version is True"),
            ("publication_id", "../../etc", "publication_id is '../../etc'"),
            ("publication_id", "20251121T060000Z-1a2b3c4d", "does not begin with generated_at"),
            ("generated_at", "2026-11-21T06:00:00", "it must be a time with its zone"),
            ("generated_at", "yesterday", "it must be a time with its zone"),
            ("generated_at", 5, "it must be a time with its zone"),
            ("generated_at", "0001-01-01T00:00:00+14:00", "it must be a time with its zone"),
            ("data_through", "2026-11-31", "it must be a day"),
            ("data_through", "2027-01-01", "data_through 2027-01-01 is after generated_at"),
            ("data_through", "2026-W01-1", "it must be a day"),
            ("dataset_id", "", "dataset_id is ''"),
            ("dataset_id", "a\x00b", "dataset_id is"),
            ("model_version", 3, "model_version is 3"),
            ("lineage", [], "lineage is []"),
            ("lineage", {"x" * 201: 1}, "lineage has a name of 201 characters"),
            ("lineage", {"currency": "x" * 10_001}, "lineage.currency has 10,001 characters"),
            ("lineage", {"a": [1, {"b": "x" * 10_001}]}, "lineage.a[1].b has 10,001 characters"),
            ("contract", None, "contract is None"),
            ("contract", {"id": "other", "version": "9.0", "fingerprints": 1}, "contract.id is"),
            ("contract", {"id": "other", "version": "9.0", "fingerprints": 1}, "contract.version"),
            ("contract", {"id": "o", "version": "9.0", "fingerprints": 1}, "contract.fingerprints"),
            ("files", {}, "files must be a list of objects"),
            ("files", ["x"], "files must be a list of objects"),
            ("files", [], "files has no data set 'dim_item'"),
        ],
    )
    def test_a_bad_field_is_said(
        self, registry: Registry, field: str, value: object, said: str
    ) -> None:
        content = changed(registry, lambda fields: fields.update({field: value}))

        assert said in faults(content, registry)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("path", "../outside.parquet"),
            ("path", "publications/../../outside.parquet"),
            ("path", "/etc/passwd"),
            ("path", "C:\\data.parquet"),
            ("path", "a//b.parquet"),
            ("path", "./b.parquet"),
            ("path", ""),
            ("path", "a/b\x00.parquet"),
            ("path", "s3://bucket/b.parquet"),
            ("path", ["a"]),
            ("path", "a" * 401),
            ("size_bytes", -1),
            ("size_bytes", 2**40 + 1),
            ("size_bytes", 1.5),
            ("size_bytes", True),
            ("rows", -1),
            ("rows", "many"),
            ("rows", 1e30),
            ("rows", 2_000_000),
            ("sha256", "0" * 63),
            ("sha256", "G" * 64),
            ("sha256", None),
            ("data_set", 5),
        ],
    )
    def test_a_bad_field_of_a_file_is_said(
        self, registry: Registry, field: str, value: object
    ) -> None:
        content = changed(registry, lambda fields: fields["files"][0].update({field: value}))

        assert f"files[0].{field} is" in faults(content, registry)

    def test_a_missing_data_set_is_said(self, registry: Registry) -> None:
        content = changed(registry, lambda fields: fields["files"].pop(0))

        assert "files has no data set 'dim_item'" in faults(content, registry)

    def test_an_unknown_data_set_is_said(self, registry: Registry) -> None:
        content = changed(registry, lambda f: f["files"][0].update(data_set="dim_secret"))

        assert "'dim_secret', which the contract does not know" in faults(content, registry)

    @pytest.mark.parametrize("field", ["data_set", "path"])
    def test_a_repeated_file_is_said(self, registry: Registry, field: str) -> None:
        def repeat(fields: dict[str, Any]) -> None:
            fields["files"][1][field] = fields["files"][0][field]

        assert f"files has the {field}" in faults(changed(registry, repeat), registry)

    def test_every_missing_field_is_said(self, registry: Registry) -> None:
        def strip(fields: dict[str, Any]) -> None:
            fields["files"] = [{} for _ in fields["files"]]
            for name in set(fields) - {"manifest_version", "files"}:
                del fields[name]

        found = faults(changed(registry, strip), registry).splitlines()

        assert (
            "it lacks contract, data_through, dataset_id, generated_at, lineage, model_version, "
            "publication_id" in found
        )
        for index in range(len(registry.data_sets)):
            assert f"files[{index}] lacks data_set, path, rows, sha256, size_bytes" in found

    def test_every_field_of_another_type_is_said(self, registry: Registry) -> None:
        def spoil(fields: dict[str, Any]) -> None:
            for place in (fields, *fields["files"]):
                for name in set(place) - {"manifest_version", "files"}:
                    place[name] = 3.5

        fields = json.loads(manifest_json(manifest_of(registry)))
        found = faults(changed(registry, spoil), registry)

        for name in set(fields) - {"manifest_version", "files"}:
            assert f"{name} is 3.5; it must " in found
        for index, entry in enumerate(fields["files"]):
            for name in entry:
                assert f"files[{index}].{name} is 3.5; it must be " in found

    def test_all_faults_are_said_at_once(self, registry: Registry) -> None:
        def spoil(fields: dict[str, Any]) -> None:
            fields["generated_at"] = "soon"
            fields["files"][0]["path"] = "../x"
            fields["files"][3]["size_bytes"] = -5

        assert len(faults(changed(registry, spoil), registry).splitlines()) == 3

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"a": NaN}', b"[" * 100_000, b"9" * 5000],
    )
    def test_bytes_that_are_no_object_are_said(self, registry: Registry, content: bytes) -> None:
        assert faults(content, registry)

    @pytest.mark.parametrize(
        ("lineage", "said"),
        [
            ('{"a": 1e999}', "larger than any number"),
            ('{"a": "\\ud800"}', "not in UTF-8"),
            ('{"a": 1, "a": 2}', "one object has 'a' 2 times"),
            (f'{{"a": {"[" * 200}{"]" * 200}}}', "nests deeper than 32"),
        ],
    )
    def test_json_that_could_not_be_kept_or_is_ambiguous_is_said(
        self, registry: Registry, lineage: str, said: str
    ) -> None:
        content = manifest_json(manifest_of(registry, lineage={"here": 0})).decode()
        spoilt = content.replace('{\n    "here": 0\n  }', lineage)

        assert lineage in spoilt
        assert said in faults(spoilt.encode(), registry)

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
    def test_another_encoding_than_utf_8_is_said(self, registry: Registry, encoding: str) -> None:
        content = manifest_json(manifest_of(registry, model_version="peças"))

        assert "UTF-8" in faults(content.decode().encode(encoding), registry)

    @pytest.mark.parametrize("entry", [{}, "x"])
    def test_what_is_said_of_an_endless_manifest_is_short(
        self, registry: Registry, entry: object
    ) -> None:
        def spoil(fields: dict[str, Any]) -> None:
            fields["files"] = [entry] * 110_000

        found = faults(changed(registry, spoil), registry)

        known = len(registry.data_sets)
        assert found == f"files has 110,000 entries; the contract has {known} data sets"

    def test_an_endless_version_is_said_in_short(self, registry: Registry) -> None:
        def spoil(fields: dict[str, Any]) -> None:
            fields["manifest_version"] = "9" * 10_000

        assert len(faults(changed(registry, spoil), registry)) < 200

    @given(content=JSON)
    def test_no_json_whatever_does_more_than_be_refused(
        self, registry: Registry, content: object
    ) -> None:
        with pytest.raises(ManifestError):
            parse_manifest(json.dumps(content).encode(), location="x", registry=registry)

    @given(value=JSON, data=st.data())
    def test_no_value_in_any_field_does_more_than_be_refused(
        self, registry: Registry, value: object, data: st.DataObject
    ) -> None:
        fields = json.loads(manifest_json(manifest_of(registry)))
        places = [fields, fields["contract"], fields["files"][0]]
        place = data.draw(st.sampled_from(places))
        place[data.draw(st.sampled_from(sorted(place)))] = value

        with suppress(ManifestError):
            read = parse_manifest(json.dumps(fields).encode(), location="x", registry=registry)
            assert isinstance(read.data_through, date)
