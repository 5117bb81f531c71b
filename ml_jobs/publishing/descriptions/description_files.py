"""The descriptions of a publication as the files that are written beside its manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ml_jobs.publishing.descriptions.croissant import croissant
from ml_jobs.publishing.descriptions.data_package import data_package
from ml_jobs.publishing.descriptions.lineage_events import run_events
from ml_jobs.publishing.descriptions.subject import DescribedSubject


def description_files(subject: DescribedSubject) -> dict[str, bytes]:
    """Return the descriptions of *subject* by file name, always the same bytes."""
    return {
        "datapackage.json": _document(data_package(subject)),
        "croissant.json": _document(croissant(subject)),
        "openlineage.ndjson": b"".join(_line(event) for event in run_events(subject)),
    }


def _document(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _line(content: Mapping[str, object]) -> bytes:
    separators = (",", ":")
    text = json.dumps(content, separators=separators, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"
