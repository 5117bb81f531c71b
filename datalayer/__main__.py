"""The command line: ``python -m datalayer status | activate | rollback | inspect | prune``."""

from __future__ import annotations

import getpass
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from datalayer.accounts import FIRST_ADMIN, first_admin_notice, password_hint
from datalayer.errors import PortalError
from datalayer.identity import Identity, Role
from datalayer.logs import configure_logs
from datalayer.portal import AlreadyCurrent, Portal
from datalayer.progress import Progress, ReportProgress, Step
from datalayer.settings import load_settings
from datalayer.validation import Fault

# Wide enough that no id or address is ever broken: output is also read by programs.
_out = Console(highlight=False, markup=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

_log = structlog.get_logger(__name__)

Command = Callable[[Portal, Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        # What goes well is told in words; the log is for what doesn't.
        configure_logs("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
        if chosen.command == "welcome":
            return _welcome(first_admin_notice(settings.state), chosen.port)
        command: Command = chosen.run
        return command(Portal(settings), chosen)
    except PortalError as error:
        _explain(error)
    except Exception:  # noqa: BLE001 - the edge: whatever it is, the user gets a reference
        reference = secrets.token_hex(4)
        _log.exception("command.failed", reference=reference)
        _err.print(f"The command failed unexpectedly; the log has it as {reference}")
    return 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m datalayer", description="Look after the portal's data.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Command, explanation: str) -> ArgumentParser:
        command = commands.add_parser(name, help=explanation, description=explanation)
        command.set_defaults(run=run)
        return command

    add("status", _status, "show the store, the active publication, the kept ones and the cache")
    activate = add("activate", _activate, "make a publication the one that is served")
    activate.add_argument("publication_id", nargs="?", help="by default the store's latest")
    rollback = add("rollback", _roll_back, "return to a publication that was active before")
    rollback.add_argument("publication_id", nargs="?", help="by default the one active before")
    add("inspect", _inspect, "fetch and validate the latest publication without activating it")
    add("prune", _prune, "remove old snapshots from the local disk")
    welcome = commands.add_parser("welcome", help="say where the portal opens and how to sign in")
    welcome.add_argument("--port", type=int, default=8501)
    return parser


def _status(portal: Portal, _: Namespace) -> int:
    store, health = portal.store_state(), portal.health()
    rows = [
        ("store", store.address),
        ("latest publication", store.latest.publication_id if store.latest else "-"),
        ("active publication", health.publication_id or "-"),
        ("data through", str(health.data_through or "-")),
        ("generated at", str(health.generated_at or "-")),
        ("cache", ", ".join(f"{name} {value}" for name, value in health.cache.items())),
    ]
    for name, value in rows:
        _out.print(f"{name:<20}{value}")
    for snapshot in portal.kept():
        mark = "active" if snapshot.publication_id == health.publication_id else ""
        megabytes = snapshot.size_bytes / 1e6
        _out.print(f"{'kept':<20}{snapshot.publication_id}  {megabytes:9.1f} MB  {mark}".rstrip())
    problems = [str(store.problem)] if store.problem else []
    problems += [health.problem] if health.problem else []
    for problem in problems:
        _err.print(problem)
    return 1 if problems else 0


def _activate(portal: Portal, chosen: Namespace) -> int:
    with _bars() as report:
        outcome = portal.activate(_operator(), chosen.publication_id, report)
    if isinstance(outcome, AlreadyCurrent):
        _out.print(f"Publication {outcome.publication_id} is the active one already")
    else:
        _out.print(
            f"Publication {outcome.publication_id} is active, {outcome.duration_s:.1f} s after "
            f"the start; before it: {outcome.previous_id or 'none'}"
        )
    return 0


def _roll_back(portal: Portal, chosen: Namespace) -> int:
    with _bars() as report:
        outcome = portal.roll_back(_operator(), chosen.publication_id, report)
    _out.print(
        f"Rolled back from {outcome.previous_id or 'none'} to {outcome.publication_id} "
        f"in {outcome.duration_s:.1f} s"
    )
    return 0


def _inspect(portal: Portal, _: Namespace) -> int:
    with _bars() as report:
        candidate = portal.inspect(_operator(), report)
    table = Table("data set", box=None, pad_edge=False)
    for heading in ("rows", "active now"):
        table.add_column(heading, justify="right")
    for row in portal.compare(candidate.manifest):
        active_rows = "-" if row.active_rows is None else f"{row.active_rows:,}"
        table.add_row(row.data_set, f"{row.candidate_rows:,}", active_rows)
    _out.print(table)
    found, publication_id = candidate.report, candidate.manifest.publication_id
    verdict = found.summary() if found.passed else f"{len(found.faults)} fault(s)"
    _out.print(f"Publication {publication_id}: {verdict}")
    _list((*found.faults, *found.warnings))
    return 0 if found.passed else 1


def _prune(portal: Portal, _: Namespace) -> int:
    removed = portal.prune(_operator())
    _out.print(f"Removed {', '.join(removed)}" if removed else "There was nothing to remove")
    return 0


def _welcome(first_sign_in: str | None, port: int) -> int:
    _out.print(f"Farol opens at http://localhost:{port}")
    _out.print(first_sign_in or f"Sign in as {FIRST_ADMIN}. {password_hint()}")
    return 0


def _operator() -> Identity:
    # Who may run commands on this machine may do anything to its files anyway.
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"  # a container may run as a number without a name
    return Identity(f"cli:{name}", Role.ADMIN)


@contextmanager
def _bars() -> Iterator[ReportProgress]:
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[subject]}"),
    )
    bars, tasks = Bars(*columns, console=_err), dict[Step, TaskID]()

    def report(progress: Progress) -> None:
        # Started with the first report, so that a refusal prints its sentence and no more.
        bars.start()
        if progress.step not in tasks:
            tasks[progress.step] = bars.add_task(progress.step.value, subject="")
        bars.update(
            tasks[progress.step],
            completed=progress.done,
            total=progress.total,
            subject=progress.subject,
        )

    try:
        yield report
    finally:
        if tasks:
            bars.stop()


def _explain(error: PortalError) -> None:
    faults: Sequence[str] = getattr(error, "faults", ())
    if faults:
        _err.print(str(error).split(": ", maxsplit=1)[0] + ":")
        for fault in faults:
            _err.print(f"  {fault}")
        return
    _err.print(str(error))


def _list(faults: Sequence[Fault]) -> None:
    for fault in faults:
        _err.print(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
