"""Names that lead to the portal by intent are answered, and no others."""

from __future__ import annotations

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalayer.server.hosts import AllowedHosts, is_same_host

LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True)


def allows(listing: str, host: str) -> bool:
    return asyncio.run(AllowedHosts(listing).allows(host))


@given(st.ip_addresses(v=4), st.none() | st.integers(1, 65535))
def test_an_address_of_ipv4_is_answered(address: object, port: int | None) -> None:
    assert AllowedHosts("").knows(f"{address}:{port}" if port else str(address))


@given(st.ip_addresses(v=6), st.none() | st.integers(1, 65535))
def test_an_address_of_ipv6_is_answered(address: object, port: int | None) -> None:
    assert AllowedHosts("").knows(f"[{address}]:{port}" if port else f"[{address}]")


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8501", "localhost."])
def test_this_very_host_is_answered(host: str) -> None:
    assert allows("", host)


def test_the_machine_s_own_names_are_answered() -> None:
    assert allows("", socket.gethostname())
    assert allows("", f"{socket.getfqdn()}:8501")


@given(LABELS, LABELS)
def test_a_name_that_was_not_allowed_is_not_answered(label: str, ending: str) -> None:
    assert not AllowedHosts("farol.example").knows(f"{label}.{ending}-elsewhere")


@pytest.mark.parametrize("host", ["farol.example", "FAROL.example:8443", "farol.example."])
def test_a_name_that_was_allowed_is_answered(host: str) -> None:
    assert allows("intranet, farol.example", host)


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("a.farol.example", True),
        ("a.b.farol.example:80", True),
        ("farol.example", False),
        ("elsewherefarol.example", False),
        ("farol.example.elsewhere", False),
    ],
)
def test_a_star_stands_for_what_is_below_a_name(host: str, answered: bool) -> None:
    assert allows("*.farol.example", host) is answered


def test_a_star_alone_stands_for_any_name() -> None:
    assert allows("*", "whatever.example")


@pytest.mark.parametrize(
    "host",
    [
        "",
        ":80",
        "farol.example:port",
        "user@farol.example",
        "farol.example/",
        "farol.example, localhost",
        "far ol.example",
        "fárol.example",
        "127.0.0.1.elsewhere.example",
        "2130706433",
        "0x7f.1",
        "[farol.example]",
        "[::1",
        "localhost\n",
    ],
)
def test_what_is_no_name_is_not_answered(host: str) -> None:
    assert not allows("farol.example", host)


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://farol.example", "farol.example", True),
        ("https://farol.example", "FAROL.example:443", True),
        ("http://farol.example", "farol.example:80", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("http://farol.example", "farol.example:443", False),
        ("http://farol.example:8502", "farol.example:8501", False),
        ("https://elsewhere.example", "farol.example", False),
        ("https://farol.example.elsewhere", "farol.example", False),
        ("null", "null", False),
        ("file://farol.example", "farol.example", False),
        ("http://[", "[", False),
        ("", "", False),
    ],
)
def test_a_page_is_the_host_s_where_name_and_port_agree(origin: str, host: str, same: bool) -> None:
    assert is_same_host(origin, host) is same
