"""Locations form one tree under the network; a file that does not is refused, every fault said."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.contract.registry_loader import load_registry
from ml_jobs.errors import InputError
from ml_jobs.inputs.locations import (
    LEVELS,
    NETWORK_ONLY,
    Location,
    LocationFile,
    hierarchy_of,
    read_locations,
    with_supply_days,
)
from ml_jobs.lanes import Lane
from ml_jobs.panel import NETWORK
from ml_jobs.publishing import facts

pytestmark = pytest.mark.ml

ROOT = Path(__file__).parents[4]
HEADER = "location_id,name,level,parent_location_id,state,latitude,longitude"


def read(folder: Path, *rows: str, header: str = HEADER) -> LocationFile:
    path = folder / "locations.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_locations(path)


def test_without_a_file_every_code_hangs_under_the_network() -> None:
    hierarchy = hierarchy_of(["b", "a", "b"], None, names={"b": "Bahia"}, level="site")

    assert hierarchy.locations == (
        Location("a", "a", "site", NETWORK),
        Location("b", "Bahia", "site", NETWORK),
        NETWORK_ONLY.locations[0],
    )
    assert hierarchy.notes == ()


def test_demand_of_the_network_alone_gives_the_network_alone() -> None:
    hierarchy = hierarchy_of([NETWORK], None)

    assert hierarchy == NETWORK_ONLY
    assert hierarchy.is_flat


def test_a_file_gives_the_tree_as_it_is(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        "RS,Rio Grande do Sul,site,S,RS,-30.03,-51.23",
        "S,South,region,,,,",
        "É1,,,S,,,",
    )

    hierarchy = hierarchy_of(["RS"], file)

    assert hierarchy.location_ids == ("RS", "S", NETWORK, "É1")
    assert hierarchy.parents.tolist() == [1, 2, -1, 1]
    assert hierarchy.depths.tolist() == [2, 1, 0, 2]
    assert hierarchy.is_leaf.tolist() == [True, False, False, True]
    assert hierarchy.locations[0] == Location(
        "RS", "Rio Grande do Sul", "site", "S", "RS", -30.03, -51.23
    )
    assert hierarchy.locations[3] == Location("É1", "É1", "location", "S")


def test_a_file_may_name_the_network(tmp_path: Path) -> None:
    file = read(tmp_path, "network,Rede,network,,,,", "RS,,site,network,,,")

    hierarchy = hierarchy_of([], file)

    assert hierarchy.locations[1] == Location(NETWORK, "Rede", NETWORK)


def test_codes_alone_make_a_file(tmp_path: Path) -> None:
    file = read(tmp_path, "RS", "PR", header="location_id")

    assert [place.parent_location_id for place in file.locations] == [NETWORK, NETWORK, None]


def test_codes_that_the_file_lacks_hang_under_the_network_and_are_noted(tmp_path: Path) -> None:
    file = read(tmp_path, "RS,,site,S,,,", "S,South,region,,,,")

    hierarchy = hierarchy_of(["RS", "XX"], file)

    assert Location("XX", "XX", "location", NETWORK) in hierarchy.locations
    assert hierarchy.notes == (
        "1 location(s) are not in locations.csv and were hung under the network: 'XX'",
    )


def test_columns_that_nothing_is_read_from_are_noted(tmp_path: Path) -> None:
    file = read(tmp_path, "RS,x", header="location_id,manager")

    assert hierarchy_of([], file).notes == ("locations.csv has columns that are not read: manager",)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(
            tmp_path,
            "network,,network,,,,",
            "A,,site,nowhere,,,",
            "B,,site,C,,,",
            "C,,site,B,,,",
            "D,,site,,,,",
            "E,,city,network,,,",
            "F,,network,network,,,",
            "G,,site,network,,91,0",
            "H,,site,network,,,east",
            "I,,site,network,,-10,",
            "J,,site,network,,,",
            "J,,site,network,,,",
        )

    said = str(refused.value)
    for expected in (
        "location_id must be unique; found more than once: 'J'",
        "level has 'city'; it must be one of network, region",
        "latitude has '91'; it must be a number from -90 to 90",
        "longitude has 'east'; it must be a number from -180 to 180",
    ):
        assert expected in said


def test_every_fault_of_the_tree_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read(
            tmp_path,
            "network,,network,,,,",
            "A,,site,nowhere,,,",
            "B,,site,C,,,",
            "C,,site,B,,,",
            "D,,site,,,,",
            "F,,network,network,,,",
            "I,,site,network,,-10,",
        )

    said = str(refused.value)
    for expected in (
        "has 5 fault(s)",
        "has several roots: 'network' and 'D'; only 'network' may have no parent",
        "the level 'network' is the root's alone; found at 'F'",
        "parent_location_id has 'nowhere'; it must be a location_id of the file",
        "parents go in a circle at 'B', 'C'; they must lead to 'network'",
        "latitude and longitude must both be there or neither; found one at 'I'",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("network,,,A,,,", "'network' hangs under 'A'; it is the root"),
        ("network,,region,,,,", "'network' has the level 'region'; it must be 'network'"),
        ("A,,,A,,,", "parents go in a circle at 'A'"),
        (",Sul,,,,,", "location_id is missing in 1 row"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(tmp_path, row)


SUPPLY = "location_id,parent_location_id,supplied_from,supply_days"


def test_a_place_may_be_supplied_from_a_central_store_above_it(tmp_path: Path) -> None:
    file = read(tmp_path, "CD,,,", "S,CD,,", "A,S,CD,2.5", "B,CD,CD,", "C,CD,,", header=SUPPLY)

    found = {each.location_id: each for each in hierarchy_of(["A", "B", "C"], file).locations}

    assert [(found[c].supplied_from, found[c].supply_days) for c in "ABC"] == [
        ("CD", 2.5),
        ("CD", None),
        (None, None),
    ]


def test_where_the_file_has_no_days_of_supply_those_of_the_lane_count(tmp_path: Path) -> None:
    file = read(tmp_path, "CD,,,", "A,CD,CD,2", "B,CD,CD,", "C,CD,CD,", header=SUPPLY)
    lanes = {("CD", "A"): Lane(days=9.0), ("CD", "B"): Lane(days=4.0), ("B", "C"): Lane(days=1.0)}

    hierarchy = with_supply_days(hierarchy_of(["A", "B", "C"], file), lanes)

    days = {each.location_id: each.supply_days for each in hierarchy.locations}
    assert (days["A"], days["B"], days["C"]) == (2.0, 4.0, None)
    assert hierarchy.notes == (
        (
            "1 location(s) are supplied from a central store, and neither supply_days nor a lane's "
            "days say how long that takes; they are weighed as if suppliers supplied them: 'C'"
        ),
    )


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (("A,,A,1",), "a place can't be supplied from itself; found at 'A'"),
        (("A,,X,1",), "supplied_from has 'X'; it must be a location_id of the file"),
        (("A,,network,1",), "supplied_from is 'network' at 'A'; the network is no place"),
        (("A,,B,1", "B,,A,1"), "supplied_from goes in a circle at 'A', 'B'"),
        (
            ("T,,,", "C,T,T,1", "A,C,C,1"),
            "there are two levels; found three at 'A from C from T'",
        ),
        (("C,,,", "A,,C,1"), "such as its parent_location_id; found elsewhere at 'A from C'"),
        (
            ("C,,,", "R,C,C,1", "A,R,,"),
            "belongs to places with none below them; found at 'R', which others hang under",
        ),
        (("C,,,", "A,C,,3"), "supply_days needs supplied_from beside it; found alone at 'A'"),
        (("C,,,", "A,C,C,-1"), "supply_days has '-1'; it must be a number from 0"),
        (("C,,,", "A,C,C,soon"), "supply_days has 'soon'; it must be a number from 0"),
    ],
)
def test_who_supplies_whom_must_make_two_levels(
    tmp_path: Path, rows: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, *rows, header=SUPPLY)

    assert problem in str(refused.value)


def test_levels_are_those_of_the_contract() -> None:
    registry = load_registry(ROOT / "schema_registry.json")
    level = next(c for c in registry.data_sets["dim_location"].columns if c.name == "level")

    assert set(level.allowed) == {NETWORK, *LEVELS}


def test_the_gold_table_has_a_row_for_each_location() -> None:
    table = facts.dim_location(hierarchy_of(["b", "a"], None))

    assert table["location_id"].to_pylist() == ["a", "b", NETWORK]
    assert table["parent_location_id"].to_pylist() == [NETWORK, NETWORK, None]
