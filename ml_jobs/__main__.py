"""The command line: ``python -m ml_jobs forecast | demo | backtest | explain | publish | keys``.

Exit codes: 0 done; 1 refused or failed with the reason on stderr; 2 wrong options, whether of the
command line or of a job file, wherever they are found wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from rich.console import Console

from datalayer.kernel.clock import utc_now
from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.contract.registry_loader import load_registry
from datalayer.kernel.errors import InvalidSelection, PortalError
from datalayer.kernel.logs import configure_logs
from ml_jobs.cli import explain, records
from ml_jobs.cli.command_line import given_values, parser
from ml_jobs.cli.explain_view import show_explanation
from ml_jobs.cli.job_file import read_job_file
from ml_jobs.cli.job_options import request_of, values_of
from ml_jobs.cli.records_png import draw_record
from ml_jobs.cli.records_view import show_record, show_series
from ml_jobs.cli.terminal import print_line, show_error, show_prepared, show_published, stages
from ml_jobs.cli.tracking import open_tracking
from ml_jobs.data.demonstrations import DEMONSTRATIONS
from ml_jobs.errors import JobFileError, MissingExtraError, UsageError
from ml_jobs.pipeline.job import forget, run, under_contract
from ml_jobs.pipeline.preparing import Prepared, prepare
from ml_jobs.pipeline.request import JobRequest
from ml_jobs.pipeline.whole import money_of, spread_of
from ml_jobs.publishing.folder import check_folder
from ml_jobs.publishing.gold_files import GoldFiles, draft_gold, fetch_gold
from ml_jobs.publishing.publish import Draft, check, publish, refuse_if_older
from ml_jobs.publishing.signing import Signer, make_signer, write_key_pair
from ml_jobs.settings import JobSettings
from ml_jobs.stocking.availability.money_facts import told

_OPTION_FAULTS = (UsageError, JobFileError, InvalidSelection, MissingExtraError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = parser().parse_args(arguments)
    # What libraries have to say besides is not for whoever reads why a run was refused.
    configure_logs("ERROR")
    errors = Console(stderr=True)
    try:
        _run(given, Console())
    except PortalError as error:
        show_error(errors, error)
        return 2 if isinstance(error, _OPTION_FAULTS) else 1
    except OSError as error:
        errors.print(f"{error.filename or 'The disk'}: {error.strerror}", soft_wrap=True)
        return 1
    except Exception:  # noqa: BLE001 - the edge: whatever it is, the user gets a reference
        reference = uuid.uuid4().hex[:8]
        structlog.get_logger().exception("job.failed", reference=reference)
        errors.print(f"The job failed unexpectedly; the log has it as {reference}")
        return 1
    return 0


@dataclass(frozen=True)
class _Context:
    """What every command works with.

    Attributes:
        work: An empty folder that is gone when the command ends.
        inputs: Another, for files of a demonstration.
    """

    settings: JobSettings
    registry: Registry
    work: Path
    inputs: Path
    console: Console

    def fetch_latest(self, address: str | None, data_sets: Sequence[str]) -> GoldFiles:
        """Fetch *data_sets* of a store's latest publication, and prove them."""
        store = self.settings.open_store(address or None)
        with stages(self.console) as shown:
            return fetch_gold(store, self.registry, data_sets, self.work, report=shown.step)

    def signer(self, valid_for: str | None) -> Signer | None:
        """Return who signs what is published; None where nothing is signed."""
        return make_signer(self.settings.read_signing_key(), valid_for)


def _run(given: argparse.Namespace, console: Console) -> None:
    # The usage is looked at before anything else, so that it is what gets reported.
    command = _COMMANDS[given.command]
    settings = JobSettings.load()
    registry = load_registry(settings.registry)
    with tempfile.TemporaryDirectory(prefix="farol-job-") as folder:
        work, inputs = Path(folder, "work"), Path(folder, "inputs")
        work.mkdir()
        inputs.mkdir()
        command(given, _Context(settings, registry, work, inputs, console))


def _forecast(given: argparse.Namespace, context: _Context) -> None:
    request = _request(given, context)
    store = context.settings.open_store(request.to)
    # A store that can't be written to, a key that can't sign, or runs that can't be logged, are
    # better found before the models run than after.
    signer = context.signer(request.valid_for)
    if signer is not None:
        signer.refuse_expired(request.generated_at, utc_now())
    refuse_if_older(request.generated_at, store, context.registry)
    tracking = open_tracking(request.mlflow) if request.mlflow else None
    prepared, draft = _make_draft(request, context)
    with stages(context.console) as shown:
        sound = check(draft, context.registry, report=shown.step)
        manifest = publish(sound, store, context.registry, signer=signer, report=shown.step)
    forget(prepared)
    show_published(context.console, manifest, store.address, signer)
    if tracking is not None:
        run_id = tracking.log(manifest, draft_gold(draft), values_of(request))
        print_line(context.console, f"Logged at {tracking.place} as run {run_id}")


def _make_draft(request: JobRequest, context: _Context) -> tuple[Prepared, Draft]:
    with stages(context.console) as shown:
        prepared = prepare(request, report=shown.work)
    show_prepared(context.console, prepared, request.rejected)
    with stages(context.console) as shown:
        draft = run(request, prepared, context.work, context.registry, report=shown.work)
    print_line(context.console, spread_of(prepared.folder, prepared.plan).sentence())
    print_line(context.console, told(money_of(prepared.folder, prepared.plan)))
    return prepared, draft


def _backtest(given: argparse.Namespace, context: _Context) -> None:
    gold = _results(given, context)
    record = records.record_of(gold, given.by)
    show_record(context.console, record)
    series = records.series_of(gold, given.item, given.location) if given.item else None
    if series is not None:
        show_series(context.console, series)
    if given.png is not None:
        draw_record(record, series, given.png)
        print_line(context.console, f"Drawn to {given.png}")


def _results(given: argparse.Namespace, context: _Context) -> GoldFiles:
    if given.of_store is None:
        request = _request(given, context)
        _, draft = _make_draft(request, context)
        print_line(
            context.console, f"Kept in {request.work}: the same forecast goes on from what is there"
        )
        return draft_gold(draft)
    if given.job is not None or given_values(given):
        problem = "--from shows a publication as it is; it takes no job file and no options"
        raise UsageError(problem=problem)
    return context.fetch_latest(given.of_store, records.DATA_SETS)


def _explain(given: argparse.Namespace, context: _Context) -> None:
    gold = context.fetch_latest(given.of_store, explain.DATA_SETS)
    explained = explain.explain(gold, given.item, given.location)
    show_explanation(context.console, explained, context.registry)


def _publish_folder(given: argparse.Namespace, context: _Context) -> None:
    store = context.settings.open_store(given.to or None)
    signer = context.signer(given.valid_for)
    with stages(context.console) as shown:
        sound, warnings = check_folder(
            given.folder,
            context.work,
            context.registry,
            data_through=given.data_through,
            report=shown.step,
        )
        manifest = publish(sound, store, context.registry, signer=signer, report=shown.step)
    for warning in warnings:
        print_line(context.console, f"Warning: {warning}")
    show_published(context.console, manifest, store.address, signer)


def _make_keys(given: argparse.Namespace, context: _Context) -> None:
    key = write_key_pair(given.file)
    print_line(context.console, f"Made {given.file} (keep it secret) and {given.file}.pub")
    print_line(context.console, f"Signatures name it {key.keyid}")


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, _Context], None]] = {
    "forecast": _forecast,
    "demo": _forecast,
    "backtest": _backtest,
    "explain": _explain,
    "publish": _publish_folder,
    "keys": _make_keys,
}


def _request(given: argparse.Namespace, context: _Context) -> JobRequest:
    """Put the flags and the values of demo or job file together; flags go first."""
    values: Mapping[str, object] = {}
    demonstration = DEMONSTRATIONS[given.data] if given.command == "demo" else None
    if demonstration is not None:
        values = demonstration.options(context.inputs)
    elif given.job is not None:
        values = read_job_file(given.job)
    request = request_of({**values, **given_values(given)}, demonstration=demonstration)
    return under_contract(request, context.registry)


if __name__ == "__main__":
    sys.exit(main())
