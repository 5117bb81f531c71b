"""Who acts: a name and a role, checked where an action is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from datalayer.errors import NotAllowed


class Role(StrEnum):
    """What a person may do; each role includes those before it."""

    PLANNER = "planner"
    ANALYST = "analyst"
    ADMIN = "admin"


@dataclass(frozen=True)
class Identity:
    """A person or a program that acts.

    Attributes:
        name: Sign-in name, or ``cli:<user>`` for the command line.
        role: The highest role held.
    """

    name: str
    role: Role

    def require(self, role: Role, action: str) -> None:
        """Refuse unless this identity holds *role* or a higher one.

        Raises:
            NotAllowed: The role held is lower than *role*.
        """
        order = list(Role)
        if order.index(self.role) < order.index(role):
            raise NotAllowed(self.name, action, role.value)


ANYONE = Identity("anyone", Role.PLANNER)
