"""Writes the envelopes of the active publication: ``python -m pages.envelope FOLDER``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import track
from streamlit.logger import set_log_level

from datalayer.kernel.errors import PortalError
from datalayer.portal import Identity, Role
from datalayer.runtime import portal, reset
from pages.components import language
from pages.envelope.envelope import WeekFile, envelope_of
from pages.envelope.regions import regions_of

READER = Identity("cli:envelope", Role.ANALYST)

_out = Console(highlight=False, markup=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one file for each region and language; return the exit code."""
    chosen = _parser().parse_args(arguments)
    # Streamlit warns wherever its functions are called without a page.
    set_log_level("ERROR")
    try:
        _write(chosen)
    except PortalError as error:
        _err.print(str(error))
        return 1
    except OSError as error:
        _err.print(f"{chosen.folder} can't be written: {error.strerror or error}")
        return 1
    finally:
        reset()
    return 0


def _write(chosen: Namespace) -> None:
    publication = portal().open(chosen.publication, READER)
    language.learn(publication.registry)
    folder: Path = chosen.folder
    folder.mkdir(parents=True, exist_ok=True)
    work = [
        (region, each)
        for region in regions_of(publication)
        for each in chosen.language or language.LANGUAGES
    ]
    for region, each in track(work, "Writing envelopes", console=_err, transient=True):
        language.speak(each)
        _write_one(folder, envelope_of(publication, region, chosen.portal or ""))


def _write_one(folder: Path, envelope: WeekFile) -> None:
    """Write *envelope* whole or not at all, and say what is in it."""
    file = folder / envelope.file_name
    beside = file.with_name(f".{file.name}.part")
    try:
        beside.write_text(envelope.html, encoding="utf-8")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    left_out = f", {envelope.left_out} of them left out" if envelope.left_out else ""
    _out.print(f"{file}: {envelope.actions} actions{left_out}")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m pages.envelope",
        description="Write the week's actions of every region as HTML files that open anywhere.",
    )
    parser.add_argument("folder", type=Path, help="made if it is not there")
    parser.add_argument(
        "--portal",
        type=_address,
        metavar="ADDRESS",
        help="the portal's, such as https://farol.example/, for links back; without it, no links",
    )
    parser.add_argument(
        "--language",
        choices=language.LANGUAGES,
        action="append",
        help="one of them instead of all",
    )
    parser.add_argument("--publication", metavar="ID", help="a kept one instead of the active one")
    return parser


def _address(text: str) -> str:
    """Return the address of a portal with a slash at its end.

    Raises:
        ArgumentTypeError: It is no address of a web server.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ArgumentTypeError(f"{text!r} is no address such as https://farol.example/")
    return f"{text.rstrip('/')}/"


if __name__ == "__main__":
    sys.exit(main())
