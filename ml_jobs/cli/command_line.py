"""The arguments of the command line, those of a forecast made from the table of its options."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from ml_jobs.cli.job_options import OPTIONS, SECTIONS, Option
from ml_jobs.data.demonstrations import DEMONSTRATIONS, ONLINE_RETAIL
from ml_jobs.panel import NETWORK

GROUPINGS = ("category", "abc_class", "demand_class")

_PUBLISHING = ("output.to", "output.valid_for", "tracking.mlflow")

DESCRIPTION = """\
Forecasts the demand for spare parts, judges the forecasts on the past, holds stock against them,
and publishes all of it as Parquet files that the portal reads."""

EPILOG = """\
Exit codes: 0 done; 1 refused or failed, with the reason on stderr; 2 wrong options."""

# By command: its arguments in short, a line for the list of commands, and what it does.
_COMMANDS = {
    "forecast": (
        "[--job FILE] [--demand FILE] [options]",
        "forecast a demand file and publish the results",
        """\
Reads a demand file, forecasts every item with every source, and publishes the results.
Options can stand in a job file too (--job), by section and key; flags go before it.
docs/examples/job.toml is one with all options.""",
    ),
    "demo": (
        "[--data NAME] [options]",
        "the same with the bundled data",
        """\
The same with the bundled data, so that the portal has something to show: real demand of an online
shop, or synthetic spares of telecom towers, with stock, depots and open orders.""",
    ),
    "backtest": (
        "[--from STORE | --job FILE | --demand FILE] [options]",
        "show how good each source was on the past",
        """\
Shows how well each source would have forecast the past: of a publication (--from), or of a
forecast that is run for the purpose, with the options of `forecast`, and not published.""",
    ),
    "explain": (
        "ITEM [--location ID] [--from STORE]",
        "say why an item is forecast and ordered as it is",
        """\
Says why the latest publication of a store forecasts what it does for an item, and why it asks for
that reorder point: classes, sources, weights, scores, and the formula with the numbers put in.""",
    ),
    "publish": (
        "FOLDER [--to STORE] [--data-through DAY] [--valid-for TIME]",
        "publish Parquet files that another program wrote",
        """\
Publishes Parquet files that another program wrote: <data_set>.parquet of every data set of the
contract, validated first; a metadata.json beside them is made if there is none.""",
    ),
    "keys": (
        "new FILE",
        "make a key that signs publications",
        """\
Makes a pair of keys: FILE, for FAROL_SIGNING_KEY here, and FILE.pub, for FAROL_TRUSTED_KEYS of
the portals that are to accept nothing else than what is signed by it.""",
    ),
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    raw = argparse.RawDescriptionHelpFormatter
    whole = argparse.ArgumentParser(
        prog="python -m ml_jobs", description=DESCRIPTION, epilog=EPILOG, formatter_class=raw
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    made = {
        name: commands.add_parser(
            name,
            help=summary,
            usage=f"python -m ml_jobs {name} {usage}",
            description=description,
            formatter_class=raw,
            allow_abbrev=False,
        )
        for name, (usage, summary, description) in _COMMANDS.items()
    }
    _add_backtest(made["backtest"])
    made["demo"].add_argument(
        "--data",
        choices=tuple(DEMONSTRATIONS),
        default=ONLINE_RETAIL,
        help=f"default: {ONLINE_RETAIL}",
    )
    for name, options in (
        ("forecast", OPTIONS),
        ("demo", [option for option in OPTIONS if option.section != "input"]),
        ("backtest", [option for option in OPTIONS if option.name not in _PUBLISHING]),
    ):
        if name != "demo":
            made[name].add_argument("--job", type=Path, metavar="FILE", help="job file, TOML")
        _add_options(made[name], options)
    _add_explain(made["explain"])
    _add_publish(made["publish"])
    _add_keys(made["keys"])
    return whole


def given_values(arguments: argparse.Namespace) -> dict[str, object]:
    """Return the options that *arguments* give, by ``Option.name``."""
    given = vars(arguments)
    return {option.name: given[option.name] for option in OPTIONS if option.name in given}


def _add_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Give *parser* the flags of *options*, grouped by section; absent ones leave no trace."""
    for section, members in groupby(options, key=lambda option: option.section):
        group = parser.add_argument_group(f"[{section}]", SECTIONS[section])
        for option in members:
            how: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
            if option.kind.metavar:
                how = {"type": _reader(option), "metavar": option.kind.metavar}
            if option.kind.when_bare is not None:
                how |= {"nargs": "?", "const": option.check(option.kind.when_bare)}
            group.add_argument(
                option.flag,
                dest=option.name,
                default=argparse.SUPPRESS,
                help=_help(option),
                **how,
            )


def _help(option: Option) -> str:
    match option.default:
        case None | bool():
            return option.text.replace("%", "%%")
        case tuple(names):
            default = ",".join(names)
        case dict(shares):
            default = ",".join(f"{name}={share}" for name, share in shares.items())
        case other:
            default = str(other)
    return f"{option.text} (default: {default})".replace("%", "%%")


def _reader(option: Option) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return option.check(option.kind.parse(text))
        except (ValueError, TypeError) as error:
            message = f"{text!r} must be {option.kind.expected}"
            raise argparse.ArgumentTypeError(message) from error

    return read


def _add_backtest(parser: argparse.ArgumentParser) -> None:
    shown = parser.add_argument_group("what to show")
    shown.add_argument(
        "--from", dest="of_store", metavar="STORE", help="the latest publication of this store"
    )
    shown.add_argument(
        "--by", choices=GROUPINGS, default="demand_class", help="default: demand_class"
    )
    shown.add_argument("--item", metavar="ID", help="plot this item's history and forecast too")
    shown.add_argument("--location", default=NETWORK, metavar="ID", help=f"default: {NETWORK}")
    shown.add_argument("--png", type=Path, metavar="FILE", help="draw the plots here too")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("item", metavar="ITEM", help="the item's code")
    parser.add_argument("--location", default=NETWORK, metavar="ID", help=f"default: {NETWORK}")
    parser.add_argument("--from", dest="of_store", metavar="STORE", help="default: FAROL_STORE")


def _add_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="holds the Parquet files")
    parser.add_argument("--to", metavar="STORE", help="default: FAROL_STORE")
    parser.add_argument(
        "--data-through", type=_day, metavar="DAY", help="last day of demand; else as the files say"
    )
    (valid_for,) = (option for option in OPTIONS if option.name == "output.valid_for")
    parser.add_argument("--valid-for", type=_reader(valid_for), metavar="TIME", help=valid_for.text)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("new",), help="what to do")
    parser.add_argument("file", type=Path, metavar="FILE", help="of the private key")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no day; 2026-11-20 is") from error
