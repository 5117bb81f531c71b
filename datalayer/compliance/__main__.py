"""The command line of the proof: ``python -m datalayer.compliance``."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from datalayer.compliance.checks import checks
from datalayer.compliance.checks_of_job import checks_of_job
from datalayer.compliance.evidence.compose_ways import compose_paths
from datalayer.compliance.evidence.machine import in_image
from datalayer.compliance.place import INSTALLERS, Place
from datalayer.compliance.report import (
    APP_IMAGE,
    JOB_IMAGE,
    ProofReport,
    hashes_of,
    write_report,
)
from datalayer.compliance.signing import sign_report
from datalayer.compliance.verifier import CheckResult, Outcome, Verifiable
from datalayer.kernel.attestation.keys import SigningKey
from datalayer.kernel.clock import utc_now
from datalayer.kernel.errors import InvalidSelection, PortalError
from datalayer.kernel.logs import configure_logs
from datalayer.settings import Settings

_MARKS: dict[Outcome, str] = {"passed": "✓", "failed": "✗", "not applicable": "–"}

_MOST_TOLD = 20

_err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the proof and tell of it; return 0 if nothing failed, else 1."""
    chosen = _parser().parse_args(arguments)
    try:
        # Before anything is done: a key that can't be used is said at once.
        key = SigningKey.read(chosen.sign) if chosen.sign else None
        configure_logs("WARNING")
        if chosen.report is not None:
            return _sign(chosen.report, key)
        report = _prove(_place(chosen, Settings.load()), chosen)
        if chosen.out is not None:
            written = write_report(report, chosen.out)
            page = f"{written.html} and " if written.html else ""
            _err.print(f"Written: {page}{written.json} (SHA-256 {written.sha256})")
            if key is not None:
                _sign(written.json, key)
    except PortalError as error:
        _err.print(str(error))
        return 1
    print(report.closing_line)
    return 0 if report.passed else 1


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m datalayer.compliance",
        description="Look for everything that the deployment promises not to be.",
    )
    add = parser.add_argument
    add("--tree", type=Path, default=Path(), help="the project's tree; by default this folder")
    add("--lock", type=Path, default=Path("requirements.txt"), help="what was installed from")
    add("--sbom", type=Path, help="a CycloneDX document in JSON of what is installed")
    add("--image-name", choices=[APP_IMAGE, JOB_IMAGE], default=APP_IMAGE, help="which it is")
    add("--image-digest", type=_digest, help="of the image that this runs in")
    add("--image-size", type=_bytes, help="of the image that this runs in, in bytes")
    add("--only", action="append", metavar="CHECK", help="make this check alone; can be repeated")
    add("--out", type=Path, help="folder for the report; without it none is written")
    add("--sign", type=Path, metavar="KEY", help="sign the report with this private key, PEM")
    add("--report", type=Path, help="sign this report and make no other")
    add("--json-lines", action="store_true", help="for a portal: each result as a line")
    return parser


def _sign(report: Path, key: SigningKey | None) -> int:
    if key is None:
        raise InvalidSelection(parameter="report", found=str(report), expected="with --sign KEY")
    envelope = sign_report(report, key)
    _err.print(f"Signed by the key {key.keyid}: {envelope}")
    return 0


def _place(chosen: Namespace, settings: Settings) -> Place:
    return Place(
        settings=settings,
        tree=chosen.tree,
        lock=chosen.lock,
        sbom=chosen.sbom,
        image_digest=chosen.image_digest or "",
        image_bytes=chosen.image_size,
        tolerated=frozenset() if in_image() else INSTALLERS,
    )


def _prove(place: Place, chosen: Namespace) -> ProofReport:
    if chosen.json_lines:
        os.nice(10)  # whoever reads meanwhile comes first
    began = utc_now().replace(microsecond=0)
    all_checks = checks(place) if chosen.image_name == APP_IMAGE else checks_of_job(place)
    results = tuple(_verify(_chosen_checks(all_checks, chosen.only), as_json=chosen.json_lines))
    if not chosen.json_lines:
        _print_table(results)
    hashes = hashes_of(place.tree, compose_paths(place.tree), [place.sbom])
    return ProofReport(
        began, place.image_digest, place.image_bytes, hashes, results, chosen.image_name
    )


def _chosen_checks(all_checks: Sequence[Verifiable], only: list[str] | None) -> list[Verifiable]:
    names = [each.name for each in all_checks]
    for name in only or ():
        if name not in names:
            raise InvalidSelection(parameter="only", found=name, expected=", ".join(names))
    return [each for each in all_checks if only is None or each.name in only]


def _verify(chosen: list[Verifiable], *, as_json: bool) -> Iterable[CheckResult]:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=_err, transient=True, disable=as_json) as bars:
        task = bars.add_task("", total=len(chosen))
        for each in chosen:
            bars.update(task, description=each.promise)
            result = each.verify()
            bars.advance(task)
            if as_json:
                print(json.dumps(asdict(result)), flush=True)
            yield result


def _print_table(results: Sequence[CheckResult]) -> None:
    table = Table("", "check", "looked at", box=None, pad_edge=False)
    for each in results:
        found = [f"{_MARKS['failed']} {finding}" for finding in each.findings[:_MOST_TOLD]]
        if more := len(each.findings) - len(found):
            found.append(f"... and {more} more, all of them in the report")
        told = "\n".join([each.looked_at, *found])
        table.add_row(_MARKS[each.outcome], each.name, told)
    # As wide as the longest sentence where this is no terminal: other programs read it, too.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 400).print(table)
    if skipped := [each.name for each in results if each.outcome == "not applicable"]:
        print(f"{len(skipped)} not applicable here: {', '.join(skipped)}")


def _digest(text: str) -> str:
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ArgumentTypeError(f"{text!r}; it must be sha256: and 64 hex digits")
    return text


def _bytes(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,14}", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r}; it must be a number of bytes")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
