"""What the terminal shows of the first administrator: a password, once, and how to set another."""

from __future__ import annotations

import sys
from pathlib import Path

from datalayer.access.accounts import FIRST_ADMIN, Accounts


def first_admin_notice(state: Path) -> str | None:
    """Make the first admin if there is none; return what to show in the terminal, once."""
    password = Accounts(state).ensure_first_admin()
    if password is None:
        return None
    return (
        f"First start: sign in as  {FIRST_ADMIN}  with the password  {password}\n"
        "It is shown this once. Set another where this output is kept, as containers' logs are.\n"
        f"{password_hint()}"
    )


def password_hint() -> str:
    """Return the command that sets the first admin's password, as it is typed here."""
    interpreter = Path(sys.executable)
    if interpreter.is_relative_to(Path.cwd()):
        interpreter = interpreter.relative_to(Path.cwd())
    return f"To set its password: {interpreter} -m datalayer.access passwd {FIRST_ADMIN}"
