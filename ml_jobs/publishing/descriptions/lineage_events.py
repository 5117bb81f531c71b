"""``openlineage.ndjson``: the run that made the publication, and its validation, as run events.

Source: OpenLineage 2-0-2 (openlineage.io/spec). Assertions are a facet of what a run reads, so
the validation is a run of its own, under the run that wrote the files. Addresses of schemas and
of the producer are names; nothing fetches them. Ids and times follow from the publication, so the
same publication has the same events: a run begins and ends at ``generated_at``.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from datalayer.kernel.contract.checks import Check, data_set_checks
from datalayer.kernel.contract.manifest import PublishedFile
from datalayer.kernel.contract.registry import DataSet
from datalayer.kernel.contract.report import Fault
from ml_jobs.publishing.descriptions.column_metrics import column_metrics
from ml_jobs.publishing.descriptions.subject import DescribedSubject
from ml_jobs.publishing.lineage import model_version

JOB = "ml_jobs"
VALIDATION = "ml_jobs.validation"

_SPEC = "https://openlineage.io/spec"
_NAMESPACE = "farol"
_INPUTS = "farol.inputs"
_RUN_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:farol:publication")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_Datasets = Mapping[str, Sequence[Mapping[str, object]]]
"""What a run reads and writes, as ``inputs`` and ``outputs``."""
_Place = tuple[str, str | None]
"""Name of a check, and the column concerned."""


def run_events(subject: DescribedSubject) -> list[dict[str, object]]:
    """Return the events of *subject*, in the order in which they happened, fit for JSON."""
    published = list(subject.published())
    runs: dict[str, _Datasets] = {
        JOB: {
            "inputs": list(_inputs(subject)),
            "outputs": [_output(*each) for each in published],
        },
        VALIDATION: {
            "inputs": [_validated(*each, subject) for each in published],
            "outputs": [],
        },
    }
    return [event for job, datasets in runs.items() for event in _events(job, datasets, subject)]


def _events(
    job: str, datasets: _Datasets, subject: DescribedSubject
) -> Iterator[dict[str, object]]:
    # What is said of them at the end needn't be said at the start as well.
    begun = [{name: each[name] for name in ("namespace", "name")} for each in datasets["inputs"]]
    yield _event("START", job, {"inputs": begun, "outputs": []}, subject)
    yield _event("COMPLETE", job, datasets, subject)


def _event(
    kind: str, job: str, datasets: _Datasets, subject: DescribedSubject
) -> dict[str, object]:
    return {
        "eventType": kind,
        "eventTime": subject.generated_at,
        "run": {"runId": _run_id(job, subject), "facets": _run_facets(job, subject)},
        "job": {
            "namespace": _NAMESPACE,
            "name": job,
            "facets": {
                "jobType": _facet(
                    "JobTypeJobFacet",
                    "2-0-4",
                    processingType="BATCH",
                    integration="FAROL",
                    jobType="JOB",
                ),
            },
        },
        **datasets,
        "producer": _producer(),
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }


def _run_id(job: str, subject: DescribedSubject) -> str:
    return str(uuid.uuid5(_RUN_IDS, f"{job}/{subject.manifest.publication_id}"))


def _run_facets(job: str, subject: DescribedSubject) -> dict[str, object]:
    manifest = subject.manifest
    tags = {
        "publication_id": manifest.publication_id,
        "dataset_id": manifest.dataset_id,
        "model_version": manifest.model_version,
        "data_through": manifest.data_through.isoformat(),
        "contract": f"{manifest.contract.id} {manifest.contract.version}",
    }
    parent = _facet(
        "ParentRunFacet",
        "1-2-0",
        run={"runId": _run_id(JOB, subject)},
        job={"namespace": _NAMESPACE, "name": JOB},
    )
    return {
        "tags": _facet(
            "TagsRunFacet",
            "1-0-0",
            tags=[{"key": k, "value": v, "source": "FAROL"} for k, v in tags.items()],
        ),
        **({"parent": parent} if job == VALIDATION else {}),
    }


def _inputs(subject: DescribedSubject) -> Iterator[dict[str, object]]:
    """Yield the input files that the lineage names, which may be anybody's JSON."""
    named = subject.manifest.lineage.get("inputs")
    for note in named if isinstance(named, list) else ():
        known = note if isinstance(note, dict) else {}
        role, name, sha256 = (str(known.get(each)) for each in ("role", "name", "sha256"))
        if _SHA256.fullmatch(sha256):
            yield {
                "namespace": _INPUTS,
                "name": f"{role}/{name}",
                "facets": {"version": _version(sha256)},
                "inputFacets": _input_facets(known.get("rows")),
            }


def _input_facets(rows: object) -> dict[str, object]:
    if not isinstance(rows, int) or isinstance(rows, bool):
        return {}
    kind, version = "InputStatisticsInputDatasetFacet", "1-0-0"
    return {"inputStatistics": _facet(kind, version, rowCount=rows, fileCount=1)}


def _output(data_set: DataSet, file: PublishedFile) -> dict[str, object]:
    statistics = _facet(
        "OutputStatisticsOutputDatasetFacet",
        "1-0-2",
        rowCount=file.rows,
        size=file.size_bytes,
        fileCount=1,
    )
    return _published(data_set, file) | {"outputFacets": {"outputStatistics": statistics}}


def _validated(
    data_set: DataSet, file: PublishedFile, subject: DescribedSubject
) -> dict[str, object]:
    warnings = {
        (warning.check, warning.column): warning
        for warning in subject.report.warnings
        if warning.data_set == data_set.name
    }
    metrics = _facet(
        "DataQualityMetricsInputDatasetFacet",
        "1-0-3",
        rowCount=file.rows,
        bytes=file.size_bytes,
        fileCount=1,
        columnMetrics=column_metrics(subject.files[data_set.name], data_set),
    )
    assertions = _facet(
        "DataQualityAssertionsDatasetFacet",
        "1-1-0",
        assertions=[_assertion(check, warnings) for check in data_set_checks(data_set)],
    )
    return _published(data_set, file) | {
        "inputFacets": {"dataQualityMetrics": metrics, "dataQualityAssertions": assertions}
    }


def _assertion(check: Check, warnings: Mapping[_Place, Fault]) -> dict[str, object]:
    """Return *check* as an assertion. It held, or else it is one of those that only warn."""
    as_fault = check.fault(0, "", ())
    warning = warnings.get((as_fault.check, as_fault.column))
    return {
        "assertion": as_fault.check,
        "success": warning is None,
        **({"column": as_fault.column} if as_fault.column else {}),
        "expected": check.expected,
        **({"severity": "warn", "actual": warning.found} if warning else {}),
    }


def _published(data_set: DataSet, file: PublishedFile) -> dict[str, object]:
    fields = [
        {
            "name": column.name,
            "type": column.type.value,
            "description": column.description.en,
            "ordinal_position": position,
        }
        for position, column in enumerate(data_set.columns, start=1)
    ]
    return {
        "namespace": _NAMESPACE,
        "name": data_set.name,
        "facets": {
            "documentation": _facet(
                "DocumentationDatasetFacet", "1-1-0", description=data_set.description.en
            ),
            "schema": _facet("SchemaDatasetFacet", "1-2-0", fields=fields),
            "version": _version(file.sha256),
        },
    }


def _version(sha256: str) -> dict[str, object]:
    return _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=f"sha256:{sha256}")


def _facet(kind: str, version: str, **values: object) -> dict[str, object]:
    schema = f"{_SPEC}/facets/{version}/{kind}.json#/$defs/{kind}"
    return {"_producer": _producer(), "_schemaURL": schema, **values}


@cache
def _producer() -> str:
    return f"urn:farol:ml_jobs:{model_version()}"
