"""Every error is a sentence with declared fields, and the same after its way between processes."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from string import Formatter

import pytest

from datalayer.kernel.errors import (
    InvalidCursor,
    ManifestError,
    NotAllowed,
    PortalError,
    UnknownItem,
    UnknownUser,
)


def classes(base: type[PortalError] = PortalError) -> Iterator[type[PortalError]]:
    yield base
    for derived in base.__subclasses__():
        yield from classes(derived)


@pytest.mark.parametrize("error", sorted(set(classes()) - {PortalError}, key=str))
def test_every_place_of_a_sentence_is_a_declared_field(error: type[PortalError]) -> None:
    declared = {name for each in error.__mro__ for name in vars(each).get("__annotations__", {})}
    properties = {name for name in dir(error) if isinstance(getattr(error, name), property)}
    places = {name for _, name, _, _ in Formatter().parse(error.template) if name}

    if error.template != PortalError.template:
        assert places <= declared | properties


def test_an_error_reads_as_its_sentence_and_carries_its_fields() -> None:
    error = NotAllowed(actor="ana", action="activate", role="admin")

    assert str(error) == "ana may not activate; it takes the role admin"
    assert error.fields == {"actor": "ana", "action": "activate", "role": "admin"}
    assert error.role == "admin"


def test_several_values_are_one_text_in_the_sentence_and_stay_apart_on_the_error() -> None:
    error = UnknownItem(item_id="P1", suggestions=("P2", "P3"))

    assert str(error).endswith("near it are P2, P3")
    assert error.suggestions == ("P2", "P3")
    assert str(UnknownUser(name="ana", known=())).endswith("the users are -")


def test_faults_are_counted_and_listed() -> None:
    error = ManifestError(location="here", faults=["one", "two"])

    assert str(error) == "The manifest here has 2 fault(s): one; two"
    assert error.faults == ("one", "two")


def test_a_field_with_a_default_may_be_left_out() -> None:
    error = InvalidCursor(found="'x'")

    assert str(error) == "cursor is 'x'; it must be the value of next in the answer before"


def test_an_error_survives_its_way_between_processes() -> None:
    error = ManifestError(location="here", faults=["one"])

    arrived = pickle.loads(pickle.dumps(error))

    assert str(arrived) == str(error)
    assert arrived.faults == ("one",)
