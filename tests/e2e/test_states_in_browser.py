"""Every state that a page can be in: in the reader's language, for everybody, and pictured.

The states are those of ``docs``'s six: loading, empty, partial, stale, failed, fresh. Loading is
over before anything could be judged, and fresh is what all other tests look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from playwright.sync_api import Browser

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import PROJECT, Served
from tests.e2e.leftovers import codes, leftovers, portuguese
from tests.e2e.test_screenshots import picture
from tests.e2e.visits import Visit
from tests.marked_list import publish_orders, publish_without_list
from tests.publisher import Publisher
from tests.running_portal import RunningPortal, running_portal

FOLDER: Final = PROJECT / "build/screenshots"
WIDE, NARROW = {"width": 1366, "height": 900}, {"width": 320, "height": 640}
LOOKS: Final = {
    "pt-light-1366": {"locale": "pt-BR", "color_scheme": "light", "viewport": WIDE},
    "pt-dark-320": {"locale": "pt-BR", "color_scheme": "dark", "viewport": NARROW},
    "en-dark-1366": {"locale": "en-GB", "color_scheme": "dark", "viewport": WIDE},
    "en-light-320": {"locale": "en-GB", "color_scheme": "light", "viewport": NARROW},
}


@dataclass(frozen=True)
class State:
    """How a portal comes into a state.

    Attributes:
        publish: What is published and activated; None for nothing.
        spoil: What happens once the portal runs.
        paths: Where that is seen.
    """

    publish: Callable[[Publisher], object] | None
    spoil: Callable[[RunningPortal], None] = lambda _: None
    paths: tuple[str, ...] = ("/",)


NOW: Final = datetime.now(UTC).replace(microsecond=0)
LATELY: Final = NOW - timedelta(hours=1)


def _quiet(publisher: Publisher) -> None:
    tables = publisher.tables(generated_at=LATELY)
    tables["fact_action"] = tables["fact_action"].slice(0, 0)
    publisher.publish(generated_at=LATELY, tables=tables)


def _without_stock(publisher: Publisher) -> None:
    tables = publisher.tables(generated_at=LATELY)
    empty = {name: tables[name].slice(0, 0) for name in ("fact_inventory", "fact_action")}
    publisher.publish(generated_at=LATELY, tables={**tables, **empty})


def _break_files(portal: RunningPortal) -> None:
    for file in portal.state.rglob("fact_*.parquet"):
        file.chmod(0o600)
        file.write_bytes(b"PAR1 and nothing else")


STATES: Final = {
    "empty": State(None, paths=("/", "/forecast", "/orders", "/changes", "/data")),
    "quiet": State(_quiet, paths=("/", "/orders", "/?put_aside=true")),
    "old-list": State(publish_without_list, paths=("/", "/orders")),
    "no-stock": State(_without_stock, paths=("/", "/orders", "/forecast?item=P00001")),
    "stale-run": State(
        lambda publisher: publisher.publish(generated_at=NOW - timedelta(days=40)),
        paths=("/", "/forecast?item=P00001"),
    ),
    "one-order": State(
        lambda publisher: publish_orders(publisher, 1),
        paths=("/", "/orders?p=x", "/?page=2", "/changes", "/changes?before=x&location=moon"),
    ),
    "damaged": State(
        lambda publisher: publisher.publish(generated_at=LATELY),
        _break_files,
        paths=("/", "/forecast?item=P00001", "/orders", "/changes", "/data"),
    ),
}


@pytest.fixture(scope="module")
def in_state(
    tmp_path_factory: pytest.TempPathFactory, registry: Registry, request: pytest.FixtureRequest
) -> Iterator[tuple[str, Served]]:
    """A portal in the state that the test names."""
    state = STATES[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        if state.publish:
            state.publish(Publisher(FolderStore(folder / "store"), registry))
        portal = stack.enter_context(running_portal(folder))
        if state.publish:
            portal.command("datalayer", "activate", "--confirm")
        state.spoil(portal)
        served = Served(portal.address, folder / "store", portal.environment, "", portal.log)
        yield request.param, served


def english_in(visit: Visit) -> dict[str, str]:
    store = visit.served.store
    return leftovers(visit.page, portuguese(store) | codes())


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("in_state", STATES, indirect=True)
def test_a_state_can_be_read_by_everybody_in_their_language(
    browser: Browser, in_state: tuple[str, Served], look: str
) -> None:
    name, served = in_state
    with visiting(browser, served, LOOKS[look]) as visit:
        for place, path in enumerate(STATES[name].paths):
            visit.open(path)

            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            # As high as the page: what stays at the foot of a window hides nothing then.
            picture(visit, FOLDER / f"state-{name}-{place}-{look}.png")
            assert violations(visit.page) == [], path
            if look.startswith("pt"):
                assert english_in(visit) == {}, path
            visit.page.set_viewport_size(LOOKS[look]["viewport"])  # type: ignore[arg-type]
