"""Whatever strikes, nothing is lost, no answer mixes publications, and the portal recovers.

A few faults, for some seconds each and with fewer readers; ``make faults`` puts all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.matrix import SHORT
from tests.faults.measuring import StrikingFault, put
from tests.faults.site import Site, running_site

SECONDS = 3.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with readers."""
    with running_site(tmp_path_factory.mktemp("faults") / "site", rate=40.0, pages=2) as site:
        yield site


@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: fault.name)
def test_a_fault_loses_nothing_mixes_nothing_and_passes(fault: StrikingFault, site: Site) -> None:
    outcome = put(fault, site, SECONDS)

    assert outcome.broken == []
    assert outcome.reads["200"] > 0
