"""Who acts: a name and a role, checked where an action is carried out; what names there are."""

from __future__ import annotations

import getpass
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from datalayer.kernel.errors import CredentialRequired, InvalidSelection, NotAllowed
from datalayer.kernel.sentences import Sentence

# No colon: ``cli:``, ``key:`` and ``follow:`` begin the names of those who are no users.
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class Role(StrEnum):
    """What a person may do; each role includes those before it."""

    PLANNER = "planner"
    ANALYST = "analyst"
    ADMIN = "admin"


@dataclass(frozen=True)
class Identity:
    """A person or a program that acts.

    Attributes:
        name: Sign-in name; ``key:<name>`` of an API key, ``cli:<user>`` of the command line, and
            ``follow:<name>`` of a replica that does what another name did elsewhere.
        role: The highest role held.
    """

    name: str
    role: Role

    def require(self, role: Role, action: str) -> None:
        """Refuse unless this identity holds *role* or a higher one.

        Raises:
            NotAllowed: The role held is lower than *role*; ``CredentialRequired`` where nobody
                has said yet who they are.
        """
        order = list(Role)
        if order.index(self.role) < order.index(role):
            if self == ANYONE:
                raise CredentialRequired(actor=self.name, action=action, role=role.value)
            raise NotAllowed(actor=self.name, action=action, role=role.value)

    def require_administrator(self) -> None:
        """Refuse unless this identity may see and do what the page for administrators offers.

        Raises:
            NotAllowed: It holds a lower role.
        """
        self.require(Role.ADMIN, "administer publications")


ANYONE = Identity("anyone", Role.PLANNER)


def operator() -> Identity:
    """Return who runs a command on this machine: ``cli:<user>``, an administrator.

    Who may do that may do anything to the portal's files anyway.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown"  # a container may run as a number without a name
    return Identity(f"cli:{name}", Role.ADMIN)


def normal_name(name: str) -> str:
    """Return *name* as it is compared: case and spaces around it do not matter."""
    # Cut, so that a name of megabytes is never normalised; no real one is longer.
    return unicodedata.normalize("NFKC", name[:256]).strip().lower()


def is_name(text: str) -> bool:
    """Return True if *text* can name a user or a key's holder, and is in its normal form."""
    return _NAME.fullmatch(text) is not None


def check_name(name: str) -> str:
    """Return the normal form of a name that can be given to a user or a key's holder.

    Raises:
        InvalidSelection: It can't.
    """
    normal = normal_name(name)
    if not is_name(normal):
        expected = Sentence(
            "1 to 64 of a-z, 0-9, dot, dash, underscore and @, beginning with a-z or 0-9"
        )
        parameter = Sentence("the name")
        raise InvalidSelection(parameter=parameter, found=repr(name[:80]), expected=expected)
    return normal
