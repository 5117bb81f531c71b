"""The command line: ``python -m ml_jobs forecast | publish | demo``.

Exit codes: 0 published, 1 refused or failed with the reason on stderr, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import structlog
from rich.console import Console

from datalayer.contract.registry import Registry, load_registry
from datalayer.errors import PortalError
from datalayer.logs import configure_logs
from datalayer.storage.object_store import ObjectStore
from datalayer.storage.opening import open_store
from ml_jobs.data import CURRENCY, DEMAND
from ml_jobs.folder import check_folder
from ml_jobs.job import JobRequest, forecast, prepare
from ml_jobs.options import SOURCES, ForecastOptions
from ml_jobs.panel import Frequency
from ml_jobs.publish import check, publish, refuse_if_older
from ml_jobs.settings import load_settings
from ml_jobs.terminal import show_error, show_prepared, show_published, stages

REJECTED = Path("build/rejected.parquet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    configure_logs("INFO")
    errors = Console(stderr=True)
    try:
        _run(options, Console())
    except PortalError as error:
        show_error(errors, error)
        return 1
    except OSError as error:
        errors.print(f"{error.filename or 'The disk'}: {error.strerror}", soft_wrap=True)
        return 1
    except Exception:  # noqa: BLE001 - the edge: whatever it is, the user gets a reference
        reference = uuid.uuid4().hex[:8]
        structlog.get_logger().exception("job.failed", reference=reference)
        errors.print(f"The job failed unexpectedly; the log has it as {reference}")
        return 1
    return 0


def _run(options: argparse.Namespace, console: Console) -> None:
    settings = load_settings()
    registry = load_registry(settings.registry)
    address = options.to or settings.store
    store = open_store(address, settings.s3_options(address))
    with tempfile.TemporaryDirectory(prefix="farol-publication-") as work:
        if options.command == "publish":
            _publish_folder(options, Path(work), registry, store, console)
        else:
            _forecast(_request(options), Path(work), registry, store, console)


def _forecast(
    request: JobRequest, work: Path, registry: Registry, store: ObjectStore, console: Console
) -> None:
    # A store that can't be written to is better found before the models run than after.
    refuse_if_older(request.generated_at, store, registry)
    with stages(console) as shown:
        prepared = prepare(request, report=shown.work)
    show_prepared(console, prepared, request.rejected)
    with stages(console) as shown:
        draft = forecast(request, prepared, work, registry, report=shown.work)
        sound = check(draft, registry, report=shown.step)
        manifest = publish(sound, store, registry, report=shown.step)
    show_published(console, manifest, store.address)


def _publish_folder(
    options: argparse.Namespace,
    work: Path,
    registry: Registry,
    store: ObjectStore,
    console: Console,
) -> None:
    with stages(console) as shown:
        sound = check_folder(
            options.folder, work, registry, data_through=options.data_through, report=shown.step
        )
        manifest = publish(sound.draft, store, registry, report=shown.step)
    for warning in sound.warnings:
        console.print(f"Warning: {warning}", highlight=False, markup=False, soft_wrap=True)
    show_published(console, manifest, store.address)


def _request(options: argparse.Namespace) -> JobRequest:
    demonstration = options.command == "demo"
    return JobRequest(
        demand=DEMAND if demonstration else options.demand,
        invoices=demonstration or options.invoices,
        items=None if demonstration else options.items,
        stock=None if demonstration else options.stock,
        frequency=Frequency.DAILY if demonstration else options.frequency,
        min_sale_days=None if demonstration else options.min_sale_days,
        dataset_id="online-retail-demo" if demonstration else options.dataset_id,
        currency=CURRENCY if demonstration else options.currency,
        generated_at=options.generated_at or datetime.now(UTC).replace(microsecond=0),
        rejected=options.rejected,
        demonstration=demonstration,
        options=ForecastOptions(
            horizon=options.horizon,
            seed=options.seed,
            sources=options.sources,
            processes=options.processes,
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ml_jobs", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    to = argparse.ArgumentParser(add_help=False)
    to.add_argument(
        "--to", metavar="STORE", help="a folder or s3://bucket/prefix; default: FAROL_STORE"
    )
    model = argparse.ArgumentParser(add_help=False)
    _add_model_options(model)
    file = commands.add_parser(
        "forecast", parents=[to, model], help="forecast a demand file and publish the results"
    )
    _add_file_options(file)
    commands.add_parser("demo", parents=[to, model], help="the same with the bundled real data")
    folder = commands.add_parser(
        "publish", parents=[to], help="publish Parquet files that another program wrote"
    )
    folder.add_argument("folder", type=Path, help="holds <data_set>.parquet of every data set")
    folder.add_argument("--data-through", type=_day, metavar="DAY", help="last day of demand")
    return parser


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--horizon", type=_positive, metavar="N", help="periods to forecast")
    parser.add_argument("--seed", type=int, default=ForecastOptions.seed)
    parser.add_argument(
        "--sources", type=_names, default=SOURCES, help=f"default: {','.join(SOURCES)}"
    )
    parser.add_argument("--processes", type=_positive, help="default: one per core")
    parser.add_argument(
        "--generated-at", type=_moment, metavar="TIME", help="for runs to be repeated exactly"
    )
    parser.add_argument(
        "--rejected", type=Path, default=REJECTED, help=f"rows set aside; default: {REJECTED}"
    )


def _add_file_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demand", type=Path, required=True, help="CSV or Parquet")
    parser.add_argument(
        "--invoices", action="store_true", help="the demand file holds invoice lines"
    )
    parser.add_argument("--items", type=Path, help="item file, CSV or Parquet")
    parser.add_argument("--stock", type=Path, help="stock file, CSV or Parquet")
    parser.add_argument(
        "--frequency", type=_frequency, metavar="{D,W,MS}", help="default: as the dates are"
    )
    parser.add_argument(
        "--min-sale-days", type=_positive, metavar="N", help="fewer set the item aside"
    )
    parser.add_argument(
        "--currency", type=_currency, metavar="CODE", help="of unit costs, such as BRL"
    )
    parser.add_argument("--dataset-id", help="default: name and digest of the demand file")


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("at least one source is needed")
    return names


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not D, W or MS") from error


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isupper()):
        raise argparse.ArgumentTypeError(f"{text} is no ISO 4217 code such as BRL")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day; 2026-11-20 is") from error


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no time; 2026-11-21T06:00:00Z is") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no zone; 2026-11-21T06:00:00Z has")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise argparse.ArgumentTypeError(f"{text} lies outside the years 1 to 9999") from error


if __name__ == "__main__":
    sys.exit(main())
