"""The command line of users and API keys: ``python -m datalayer.access``."""

from __future__ import annotations

import getpass
import re
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table

from datalayer.access.accounts import Accounts, open_accounts
from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import Role, operator
from datalayer.access.passwords import new_password
from datalayer.kernel.errors import InvalidSelection, PortalError
from datalayer.kernel.logs import configure_logs
from datalayer.settings import Settings

# Wide enough that no key is ever broken: output is also read by programs.
_out = Console(highlight=False, markup=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

_SECONDS: Final = {"h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_EXPIRES = re.compile(r"([1-9]\d{0,4})([hdw])")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        settings = Settings.load()
        # What goes well is told in words; the log is for what doesn't.
        configure_logs("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
        if chosen.command == "key":
            _manage_keys(ApiKeys(settings.state), chosen)
        else:
            _manage_users(open_accounts(settings), chosen)
    except PortalError as error:
        _err.print(str(error))
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m datalayer.access", description="Manage users and API keys."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    new = commands.add_parser("add", help="make a user")
    new.add_argument("name")
    new.add_argument("--role", choices=list(Role), type=Role, required=True)
    passwd = commands.add_parser("passwd", help="set a password; ends the user's sessions")
    passwd.add_argument("name")
    for takes_password in (new, passwd):
        takes_password.add_argument(
            "--random", action="store_true", help="make the password and print it"
        )
    disable = commands.add_parser("disable", help="refuse a user; ends its sessions at once")
    disable.add_argument("name")
    commands.add_parser("enable", help="let a disabled user sign in again").add_argument("name")
    role = commands.add_parser("role", help="give a user another role")
    role.add_argument("name")
    role.add_argument("role", choices=list(Role), type=Role)
    commands.add_parser("list", help="show the users")
    _add_key_commands(commands.add_parser("key", help="manage API keys"))
    return parser


def _add_key_commands(parser: ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="key_command", required=True)
    new = commands.add_parser("add", help="make a key and show it, this once")
    new.add_argument("name", help="the program or person that will use it")
    new.add_argument("--scope", choices=list(Scope), type=Scope, required=True)
    new.add_argument("--expires", metavar="TIME", help="such as 12h, 90d or 52w; by default never")
    commands.add_parser("list", help="show the keys, without their secrets")
    commands.add_parser("revoke", help="refuse a key from here on").add_argument("id")


def _manage_users(accounts: Accounts, chosen: Namespace) -> None:
    match chosen.command:
        case "add":
            password = new_password() if chosen.random else _ask_password()
            made = accounts.add(chosen.name, chosen.role, password, by=operator())
            shown = f" with the password: {password}" if chosen.random else ""
            _out.print(f"{made.name} is a new {made.role.value}{shown}")
        case "passwd":
            password = new_password() if chosen.random else _ask_password()
            accounts.set_password(chosen.name, password, by=operator())
            shown = f": {password}" if chosen.random else ""
            _out.print(f"{chosen.name} has a new password{shown}")
        case "disable":
            accounts.disable(chosen.name, by=operator())
            _out.print(f"{chosen.name} can't sign in any more, and is signed out everywhere")
        case "enable":
            accounts.enable(chosen.name, by=operator())
            _out.print(f"{chosen.name} can sign in again")
        case "role":
            accounts.set_role(chosen.name, chosen.role, by=operator())
            _out.print(f"{chosen.name} has the role {chosen.role.value}")
        case "list":
            table = Table("user", "role", "state", box=None, pad_edge=False)
            for user in accounts.users().values():
                state = "disabled" if user.disabled else "enabled"
                table.add_row(user.name, user.role.value, state)
            _out.print(table)


def _manage_keys(keys: ApiKeys, chosen: Namespace) -> None:
    match chosen.key_command:
        case "add":
            expires_in_s = None if chosen.expires is None else _seconds(chosen.expires)
            made = keys.add(chosen.name, chosen.scope, by=operator(), expires_in_s=expires_in_s)
            _err.print("Shown this once and stored nowhere; send it as X-API-Key:")
            _out.print(made)
        case "list":
            headings = ("id", "name", "scope", "state", "created", "expires", "last used")
            table = Table(*headings, box=None, pad_edge=False)
            for key in keys.all():
                moments = map(_moment, (key.created, key.expires, key.last_used))
                state = key.state(time.time())
                table.add_row(key.id, key.name, key.scope.value, state, *moments)
            _out.print(table)
        case "revoke":
            revoked = keys.revoke(chosen.id, by=operator())
            _out.print(f"The key {revoked.id} of {revoked.name} is refused from here on")


def _seconds(text: str) -> float:
    found = _EXPIRES.fullmatch(text)
    if found is None:
        raise InvalidSelection(
            parameter="--expires",
            found=repr(text),
            expected="hours, days or weeks: 12h, 90d or 52w",
        )
    return int(found[1]) * _SECONDS[found[2]]


def _moment(at: float | None) -> str:
    if at is None:
        return "never"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("Once more: ") != first:
        raise InvalidSelection(
            parameter="password", found="different the second time", expected="the same both times"
        )
    return first


if __name__ == "__main__":
    sys.exit(main())
