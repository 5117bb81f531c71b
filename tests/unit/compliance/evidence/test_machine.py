"""What is read of the machine; outside of the image its own ways and rights are no evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.compliance.evidence.machine import (
    find_process,
    find_way_out,
    look_for_way_out,
    measured_image,
    mounted_folders,
    read_process,
)
from datalayer.kernel.errors import NotCheckable

ROUTES = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
    "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
)
DEFAULT = "eth1\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\n"


def test_a_default_route_is_found(tmp_path: Path) -> None:
    routes, none = tmp_path / "route", tmp_path / "ipv6_route"

    routes.write_text(ROUTES)
    assert look_for_way_out(routes, none).default_routes == ()

    routes.write_text(ROUTES + DEFAULT)
    assert look_for_way_out(routes, none).default_routes == ("eth1",)


def test_a_default_route_of_ipv6_is_found(tmp_path: Path) -> None:
    lines = (f"{'0' * 32} 00 {'0' * 32} 00 {'f' * 32} 0 0 0 0 {name}\n" for name in ("lo", "eth2"))
    (tmp_path / "ipv6_route").write_text("".join(lines))

    found = look_for_way_out(tmp_path / "route", tmp_path / "ipv6_route")

    assert found.default_routes == ("eth2",)


def test_rights_are_read_from_the_kernel(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(
        "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000400\nNoNewPrivs:\t1\n"
    )

    found = read_process(status)

    assert (found.capabilities, found.no_new_privileges) == (0x400, True)


def test_volumes_are_no_part_of_an_image(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay ro 0 0\n/dev/x /var/lib/farol ext4 rw 0 0\n")

    assert mounted_folders(mounts) == (Path("/var/lib/farol"),)


def test_outside_of_the_image_nothing_of_the_machine_is_judged() -> None:
    for find in (find_way_out, find_process):
        with pytest.raises(NotCheckable, match="this is not the image"):
            find()
    with pytest.raises(NotCheckable, match="no image was measured"):
        measured_image("", None)
