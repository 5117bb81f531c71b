"""Who acts: a name and a role, checked where an action is carried out."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from enum import StrEnum

from datalayer.kernel.errors import CredentialRequired, NotAllowed


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
                raise CredentialRequired(self.name, action, role.value)
            raise NotAllowed(self.name, action, role.value)

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
