"""A run logged for comparison with MLflow: its settings, its measures and its manifest.

MLflow is installed on request only, and imported when asked for. It reports nothing home, and a
folder needs no network at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datalayer.kernel.contract.manifest import MANIFEST_NAME, Manifest, manifest_json
from ml_jobs.cli.records import EVERYTHING
from ml_jobs.errors import MissingExtraError, TrackingError
from ml_jobs.publishing.gold_files import GoldFiles
from ml_jobs.settings import quieten_mlflow

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

LONGEST_VALUE = 500  # characters of a parameter that every server of MLflow takes
PUBLICATION = "farol.publication_id"

_NOT_ALLOWED = re.compile(r"[^\w\-. /]", re.ASCII)


def open_tracking(place: str) -> RunTracker:
    """Return what logs runs at a folder or ``http://HOST:PORT``, an MLflow server; sends nothing.

    Raises:
        MissingExtraError: MLflow is not installed.
        TrackingError: MLflow can't keep runs there.
    """
    quieten_mlflow()
    try:
        from mlflow.tracking import MlflowClient
    except ImportError as error:
        raise MissingExtraError(option="--mlflow", package="mlflow-skinny") from error
    address = place if "://" in place else Path(place).absolute().as_uri()
    if not address.startswith(("file://", "http://", "https://")):
        problem = "it must be a folder or the http address of an MLflow server"
        raise TrackingError(place=place, problem=problem)
    with _tracking_errors(place):
        return RunTracker(MlflowClient(tracking_uri=address, registry_uri=address), place)


@dataclass(frozen=True)
class RunTracker:
    """Logs runs at one place; made by ``open_tracking``."""

    client: MlflowClient
    place: str

    def log(self, manifest: Manifest, gold: GoldFiles, settings: Mapping[str, object]) -> str:
        """Log one published run and return its id.

        The experiment is called like the data set, the run like the publication. Measures are
        those of all series together, as ``wql/ensemble/28`` for 28 periods ahead. The manifest is
        kept as the run's artifact.

        Raises:
            TrackingError: The place failed.
        """
        from mlflow.entities import Metric, Param

        timestamp_ms = int(manifest.generated_at.timestamp() * 1000)
        with _tracking_errors(self.place):
            name = manifest.dataset_id
            known = self.client.get_experiment_by_name(name)
            run = self.client.create_run(
                known.experiment_id if known else self.client.create_experiment(name),
                start_time=timestamp_ms,
                run_name=manifest.publication_id,
                tags={PUBLICATION: manifest.publication_id},
            )
            run_id: str = run.info.run_id
            reached = measures(gold).items()
            named = parameters(manifest, settings).items()
            self.client.log_batch(
                run_id,
                metrics=[Metric(name, value, timestamp_ms, 0) for name, value in reached],
                params=[Param(_NOT_ALLOWED.sub("_", name), value) for name, value in named],
            )
            self.client.log_text(run_id, manifest_json(manifest).decode(), MANIFEST_NAME)
            self.client.set_terminated(run_id)
        return run_id


def parameters(manifest: Manifest, settings: Mapping[str, object]) -> dict[str, str]:
    """Return what the results follow from: settings, seed, code and the hashes of the inputs."""
    inputs = manifest.lineage.get("inputs")
    hashes: dict[str, str] = {}
    for entry in inputs if isinstance(inputs, list) else []:
        name = f"input.{entry['role']}.sha256"
        hashes[name] = f"{hashes.get(name, '')} {entry['sha256']}".lstrip()
    named = {
        **settings,
        **hashes,
        "model_version": manifest.model_version,
        "code_version": manifest.lineage.get("code_version", ""),
        "data_through": manifest.data_through,
    }
    return {name: str(value)[:LONGEST_VALUE] for name, value in named.items()}


def measures(gold: GoldFiles) -> dict[str, float]:
    """Return every measure of all series together, named ``measure/source/horizon``."""
    found = {}
    for row in gold.rows("agg_metrics", group_by=EVERYTHING).to_pylist():
        for name, value in row.items():
            if isinstance(value, float):
                place = f"{name}/{row['source']}/{row['horizon']}"
                found[_NOT_ALLOWED.sub("_", place)] = value
    return found


@contextmanager
def _tracking_errors(place: str) -> Iterator[None]:
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise TrackingError(place=place, problem=str(error).splitlines()[0]) from error
