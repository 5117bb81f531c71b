"""The command line: ``python -m datalayer status | activate | rollback | ... | verify``."""

from __future__ import annotations

import re
import secrets
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from datalayer.access.accounts import FIRST_ADMIN
from datalayer.access.first_admin import first_admin_notice, password_hint
from datalayer.access.identity import operator
from datalayer.kernel.errors import ConfirmationNeeded, PortalError
from datalayer.kernel.logs import configure_logs
from datalayer.kernel.progress import Progress, ReportProgress, Step
from datalayer.portal import AlreadyCurrent, ChainCheck, Portal
from datalayer.settings import Settings

# Wide enough that no id or address is ever broken: output is also read by programs.
_out = Console(highlight=False, markup=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

_log = structlog.get_logger(__name__)

Command = Callable[[Portal, Namespace], int]

NOTICE_WITHIN_S = 30.0
"""Longest wait for the webhook to take a notice, after all else is done."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = Settings.load()
        # What goes well is told in words; the log is for what doesn't.
        configure_logs("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
        if chosen.command == "welcome":
            return _welcome(first_admin_notice(settings.state), chosen.port, settings.path_prefix)
        command: Command = chosen.run
        with closing(Portal(settings)) as portal:
            return command(portal, chosen)
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
    activate.add_argument(
        "--force", action="store_true", help="fetch and check it anew, also if it is active"
    )
    activate.add_argument(
        "--confirm", action="store_true", help="accept what it takes away from what is served"
    )
    rollback = add("rollback", _roll_back, "return to a publication that was active before")
    rollback.add_argument("publication_id", nargs="?", help="by default the one active before")
    notify = add("notify", _notify, "send the notice of the last switch to the webhook, once more")
    notify.add_argument("--test", action="store_true", help="send a test that says that it is one")
    add("inspect", _inspect, "fetch and validate the latest publication without activating it")
    add("prune", _prune, "remove old snapshots from the local disk")
    audit = add("audit", _audit, "list who did what, when, and how it ended, newest first")
    audit.add_argument("--limit", type=_count, default=20, help="entries; by default 20")
    verify = add("verify", _verify, "walk the audit log's chain and say whether it is whole")
    verify.add_argument("--head", type=_digest, help="SHA-256 of a line, as the log had it")
    welcome = commands.add_parser("welcome", help="say where the portal opens and how to sign in")
    welcome.add_argument("--port", type=int, default=8501)
    return parser


def _status(portal: Portal, _: Namespace) -> int:
    store, health = portal.store_state(), portal.health()
    served = health.publication
    rows = [
        ("store", Settings.load().store),
        ("latest publication", store.latest.publication_id if store.latest else "-"),
        ("active publication", health.publication_id or "-"),
        ("data through", str(served.data_through if served else "-")),
        ("generated at", str(served.generated_at if served else "-")),
        ("cache", ", ".join(f"{name} {value}" for name, value in health.cache.items())),
    ]
    if health.signatures:
        rows.append(("signed by", health.signatures.signed_by or "-"))
    _print_rows(rows)
    for snapshot in portal.snapshots.all():
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
        outcome = portal.activate(
            operator(),
            chosen.publication_id,
            report,
            force=chosen.force,
            confirmed=chosen.confirm,
        )
    if isinstance(outcome, AlreadyCurrent):
        _out.print(f"Publication {outcome.publication_id} is the active one already")
    else:
        _out.print(
            f"Publication {outcome.publication_id} is active, {outcome.duration_s:.1f} s after "
            f"the start; before it: {outcome.previous_id or 'none'}"
        )
        _finish_notice(portal)
    return 0


def _roll_back(portal: Portal, chosen: Namespace) -> int:
    with _bars() as report:
        outcome = portal.roll_back(operator(), chosen.publication_id, report)
    _out.print(
        f"Rolled back from {outcome.previous_id or 'none'} to {outcome.publication_id} "
        f"in {outcome.duration_s:.1f} s"
    )
    _finish_notice(portal)
    return 0


def _notify(portal: Portal, chosen: Namespace) -> int:
    sender, notice = portal.notice_sender, next(iter(portal.notices.latest(1)), None)
    if sender is None or notice is None:
        unset = "No webhook is set; FAROL_WEBHOOK_URL names where notices are sent"
        _err.print(unset if sender is None else "Nothing was ever activated here")
        return 1
    sender.send_now(notice, operator(), test=chosen.test)
    _out.print(f"{sender.host} took {'a test' if chosen.test else notice.sentence('en')}")
    return 0


def _finish_notice(portal: Portal) -> None:
    """Give the webhook a while: what is not sent when this process ends never is."""
    sender = portal.notice_sender
    if sender and not sender.finish(NOTICE_WITHIN_S):
        _err.print(str(sender.problem or f"The notice was not taken in {NOTICE_WITHIN_S:.0f} s"))
        _err.print("It is not tried again; to send it: python -m datalayer notify")


def _inspect(portal: Portal, _: Namespace) -> int:
    with _bars() as report:
        candidate = portal.inspect(operator(), report)
    table = Table("data set", box=None, pad_edge=False)
    for heading in ("rows", "active now"):
        table.add_column(heading, justify="right")
    for row in portal.compare(candidate.manifest):
        active_rows = "-" if row.active_rows is None else f"{row.active_rows:,}"
        table.add_row(row.data_set, f"{row.candidate_rows:,}", active_rows)
    _out.print(table)
    found, publication_id = candidate.report, candidate.manifest.publication_id
    verdict = found.summary() if found.passed else f"{len(found.faults):,} fault(s)"
    _out.print(f"Publication {publication_id}: {verdict}")
    for fault in (*found.faults, *found.warnings):
        _err.print(f"  {fault}")
    for loss in portal.losses(candidate.manifest):
        _err.print(f"  to be confirmed: {loss}")
    return 0 if found.passed else 1


def _prune(portal: Portal, _: Namespace) -> int:
    removed = portal.prune(operator())
    _out.print(f"Removed {', '.join(removed)}" if removed else "There was nothing to remove")
    return 0


def _audit(portal: Portal, chosen: Namespace) -> int:
    for entry in portal.audit.entries(chosen.limit):
        at = entry.at.isoformat(timespec="seconds") if entry.at else "-"
        words = (at, entry.actor, entry.action, entry.outcome, entry.publication_id or "-")
        details = [f"{name}={value}" for name, value in entry.details.items()]
        # What others typed may hold what a terminal obeys.
        _out.print("  ".join(_harmless(text) for text in (*words, *details)))
    return 0


def _verify(portal: Portal, chosen: Namespace) -> int:
    with _bars() as report:
        found = portal.audit.verify(chosen.head, report)
    if found.broken is not None:
        _err.print(f"The audit log is broken: {found.broken}")
        return 1
    _tell_chain(found)
    if chosen.head is None:
        return 0
    if found.sought_line is None:
        _err.print(f"No line has the SHA-256 {chosen.head}: the log was cut or replaced")
        return 1
    _out.print(f"{'sought head':<20}line {found.sought_line:,} of {found.lines:,}")
    return 0


def _tell_chain(found: ChainCheck) -> None:
    unproved = (found.chained_from or found.lines + 1) - 1
    rows = [
        ("audit log", "whole" if found.chained_from else "no line is chained yet"),
        ("entries", f"{found.lines - found.torn:,}"),
        ("first", str(found.first_at or "-")),
        ("last", str(found.last_at or "-")),
        ("head", found.head),
    ]
    if found.torn:
        rows.append(("torn", f"{found.torn:,}, cut by a crash; they are part of the chain"))
    if unproved:
        rows.append(("not proved", f"the first {unproved:,}, from before the chain began"))
    _print_rows(rows)


def _print_rows(rows: Sequence[tuple[str, str]]) -> None:
    for name, value in rows:
        _out.print(f"{name:<20}{value}")


def _count(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,5}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r}; it must be a whole number from 1 to 999999")
    return int(text)


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text.lower()):
        raise ArgumentTypeError(f"{text!r}; it must be the 64 hex digits of a SHA-256")
    return text.lower()


def _harmless(text: str) -> str:
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _welcome(first_sign_in: str | None, port: int, prefix: str) -> int:
    _out.print(f"Farol opens at http://localhost:{port}{prefix}")
    _out.print(first_sign_in or f"Sign in as {FIRST_ADMIN}. {password_hint()}")
    return 0


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
        # Started with the first report of work, so that a refusal prints its sentence and no more.
        if progress.step is Step.BEGIN:
            return
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
        if isinstance(error, ConfirmationNeeded):
            _err.print("If that is right, activate it with --confirm")
        return
    _err.print(str(error))


if __name__ == "__main__":
    sys.exit(main())
