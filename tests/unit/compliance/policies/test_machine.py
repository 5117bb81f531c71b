"""An image that is too big, a way out and rights that are too many are found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datalayer.compliance.evidence.machine import Image, Process, WayOut
from datalayer.compliance.policies.machine import NoWayOut, SmallImage, Unprivileged

PROCESS = Process(user=10001, capabilities=0, no_new_privileges=True, root_writable=False)


@pytest.mark.parametrize(("size_bytes", "count"), [(599_000_000, 0), (600_000_000, 1), (0, 1)])
def test_an_image_of_600_megabytes_is_too_big(size_bytes: int, count: int) -> None:
    assert len(list(SmallImage().findings(Image("", size_bytes)))) == count


def test_a_route_and_a_connection_that_leave_are_found() -> None:
    closed = WayOut((), "refused at once", left=False)

    assert list(NoWayOut().findings(closed)) == []
    assert len(list(NoWayOut().findings(replace(closed, default_routes=("eth0",))))) == 1
    assert len(list(NoWayOut().findings(replace(closed, left=True)))) == 1


@pytest.mark.parametrize(
    "more",
    [{"user": 0}, {"capabilities": 1}, {"no_new_privileges": False}, {"root_writable": True}],
)
def test_each_right_that_is_too_many_is_found(more: dict[str, int]) -> None:
    assert list(Unprivileged().findings(PROCESS)) == []
    assert len(list(Unprivileged().findings(replace(PROCESS, **more)))) == 1
