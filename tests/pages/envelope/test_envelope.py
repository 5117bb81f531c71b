"""The week of a region as one file: all of it or so many counted, small, and asking nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from datalayer import runtime
from datalayer.kernel.contract.manifest import Manifest
from datalayer.kernel.contract.registry import Language
from datalayer.portal import ANYONE, MarkKind, Statement
from datalayer.runtime import portal
from pages.envelope.__main__ import main
from pages.envelope.envelope import MOST_BYTES, WeekFile, envelope_of
from pages.envelope.regions import Region, regions_of
from tests.marked_list import LATE, publish_list, publish_orders, publish_without_list, row
from tests.pages.conftest import ADMIN, OpenPage
from tests.pages.speaking import speaking
from tests.publisher import Publisher, replace_column

ADDRESS = "https://farol.example/parts/"
pytestmark = pytest.mark.usefixtures("state")


class Attributes(HTMLParser):
    """Collects what a document's elements point to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes of an element."""
        self.found += [(tag, name, value or "") for name, value in attrs]


def envelopes(language: Language = "en", address: str = "") -> dict[str, WeekFile]:
    publication = portal().open()
    with speaking(language):
        return {
            region.location_id: envelope_of(publication, region, address)
            for region in regions_of(publication)
        }


def only(language: Language = "en", address: str = "") -> WeekFile:
    (envelope,) = envelopes(language, address).values()
    return envelope


def publish_week(publisher: Publisher, count: int, tier: object = "late") -> Manifest:
    """Publish a list of as many parts to look at, all of them in *tier*."""
    return publish_orders(publisher, count, tier=tier, action="check", quantity=None)


def activate() -> None:
    portal().activate(ADMIN, confirmed=True)


def shown_parts(envelope: WeekFile) -> list[str]:
    return re.findall(r"P\d{5}(?= ·|</a>|<)", envelope.html.split("<main>")[1])


def test_all_of_this_week_is_in_it_and_nothing_else(publisher: Publisher) -> None:
    publish_week(publisher, 9, lambda part: "this_week" if part < 5 else "will_run_out")
    activate()

    envelope = only()

    assert shown_parts(envelope) == ["P00001", "P00002", "P00003", "P00004"]
    assert (envelope.actions, envelope.left_out) == (4, 0)


def test_what_is_new_is_counted_of_this_week_alone(publisher: Publisher) -> None:
    publish_week(publisher, 2)
    activate()
    publish_week(publisher, 6, lambda part: "this_week" if part < 4 else "will_run_out")
    activate()

    assert "1 is new since the last publication" in unescape(only().html)


def test_what_planners_put_aside_is_left_out(publisher: Publisher) -> None:
    publish_list(publisher, {1: (LATE, 0.9), 2: (LATE, 0.8)})
    activate()
    portal().marks.mark(ANYONE, portal().open(), row(1), Statement(MarkKind.DONE), name="Ana")

    assert shown_parts(only()) == ["P00002"]


def test_a_great_week_stays_small_and_what_has_no_room_is_counted(publisher: Publisher) -> None:
    publish_week(publisher, 1_700, "this_week")
    activate()

    envelope = only()

    shown = shown_parts(envelope)
    assert len(envelope.html.encode()) < MOST_BYTES
    assert shown == [f"P{part:05d}" for part in range(1, len(shown) + 1)]
    assert envelope.left_out == 1_700 - len(shown) > 0
    left_out = f"{envelope.left_out:,} more actions of this week had no room here"
    assert left_out in unescape(envelope.html)
    # The most urgent have their whole card; once one has a line alone, so have all behind it.
    kinds = re.findall(r'<(article|p class="line")>', envelope.html)
    cards = kinds.count("article")
    assert 0 < cards < len(shown)
    assert set(kinds[:cards]) == {"article"}


def test_it_asks_nothing_of_any_network(publisher: Publisher) -> None:
    publish_week(publisher, 3)
    activate()

    found = Attributes(only().html).found

    fetched = {"src", "srcset", "data", "action", "poster", "background", "href", "xlink:href"}
    assert [each for each in found if each[1] in fetched] == []
    policies = [value for _tag, name, value in found if name == "content"]
    assert any(
        each.startswith("default-src 'none'; style-src 'unsafe-inline';") for each in policies
    )


def test_links_lead_back_to_the_portal_in_the_language_of_the_file(publisher: Publisher) -> None:
    publish_week(publisher, 2)
    activate()

    found = Attributes(only("pt_BR", ADDRESS).html).found

    links = [value for _tag, name, value in found if name == "href"]
    assert links == [
        f"{ADDRESS}?lang=pt_BR&location=network",
        f"{ADDRESS}forecast?lang=pt_BR&item=P00001&location_id=network",
        f"{ADDRESS}forecast?lang=pt_BR&item=P00002&location_id=network",
    ]


def test_a_name_that_is_markup_stays_text(publisher: Publisher) -> None:
    time = datetime(2026, 11, 21, 6, tzinfo=UTC)
    tables = publisher.tables(generated_at=time)
    hostile = "<img src=http://198.51.100.7/a onerror=alert(1)>"
    items = tables["dim_item"]
    tables["dim_item"] = replace_column(items, "name", [hostile] * items.num_rows)
    publisher.publish(generated_at=time, tables=tables)
    activate()

    assert hostile in unescape(only().html)
    assert "<img" not in only().html
    assert all(tag != "img" for tag, _name, _value in Attributes(only("en", ADDRESS).html).found)


def test_a_week_without_anything_to_do_says_so(publisher: Publisher) -> None:
    publish_week(publisher, 2, "will_run_out")
    activate()

    assert "Nothing to do this week." in only().html
    assert "Nada a fazer nesta semana." in only("pt_BR").html


def test_it_says_which_publication_it_is_of(publisher: Publisher) -> None:
    manifest = publish_week(publisher, 1)
    activate()

    foot = only().html.split("<footer>")[1]

    told = (manifest.publication_id, manifest.dataset_id, manifest.model_version)
    assert all(each in foot for each in told)


def test_every_place_of_the_list_is_in_one_region(publisher: Publisher) -> None:
    publication = _with_places(publisher)

    regions = regions_of(publication)

    assert regions == (
        Region("D", "D", ("D",)),
        Region("N", "North", ("N1", "N2a")),
        Region("S", "South", ("S1",)),
    )


def _with_places(publisher: Publisher) -> object:
    class Tree:
        """Answers with a network of two regions, a place of its own, and one level more."""

        def table(self, _question: object) -> object:
            above = {
                "network": None,
                "N": "network",
                "N1": "N",
                "N2": "N",
                "N2a": "N2",
                "S": "network",
                "S1": "S",
                "D": "network",
            }
            names = {"N": "North", "S": "South"}
            rows = [
                {"location_id": place, "name": names.get(place), "parent_location_id": over}
                for place, over in above.items()
            ]
            return type("Answer", (), {"table": pa.Table.from_pylist(rows)})

    return Tree()


class TestCommand:
    def test_it_writes_a_file_for_each_region_and_language(
        self, publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        manifest = publish_week(publisher, 3)
        activate()
        runtime.reset()
        folder = tmp_path / "out" / "week"

        code = main([str(folder), "--portal", "https://farol.example"])

        written = sorted(file.name for file in folder.iterdir())
        begin = f"farol-{manifest.publication_id}-network"
        assert (code, written) == (0, [f"{begin}.en.html", f"{begin}.pt-BR.html"])
        assert "3 actions" in capsys.readouterr().out
        portuguese = (folder / written[1]).read_text(encoding="utf-8")
        assert '<html lang="pt-BR">' in portuguese
        assert 'href="https://farol.example/?lang=pt_BR&amp;location=network"' in portuguese

    @pytest.mark.parametrize(
        "address", ["farol.example", "ftp://farol.example", "https://", "https://a/?b"]
    )
    def test_what_is_no_address_is_refused_before_anything_is_written(
        self, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main([str(tmp_path / "out"), "--portal", address])

        assert "is no address such as https://farol.example/" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()

    def test_a_folder_that_is_a_file_is_named(
        self, publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        publish_orders(publisher, 1)
        activate()
        runtime.reset()
        (tmp_path / "out").write_text("mine", encoding="utf-8")

        assert main([str(tmp_path / "out")]) == 1

        assert "out can't be written: File exists" in capsys.readouterr().err
        assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"

    def test_without_a_publication_or_a_list_it_says_so(
        self, publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main([str(tmp_path / "out")]) == 1
        publish_without_list(publisher)
        activate()
        runtime.reset()
        assert main([str(tmp_path / "out")]) == 1

        said = capsys.readouterr().err
        assert "No publication is active" in said
        assert "has no list of actions" in said


def test_monday_hands_it_out(publisher: Publisher, open_page: OpenPage) -> None:
    publish_week(publisher, 3)
    activate()
    app = open_page(locale="en-US")
    assert app.get("download_button") == []

    app.button(key="farol-week").click().run()

    (download,) = app.get("download_button")
    assert download.proto.label == "Save the file again"
    assert any("-network.en.html" in each.value for each in app.caption)


def test_what_is_written_is_of_its_moment(publisher: Publisher) -> None:
    publish_week(publisher, 1)
    activate()

    assert f"{datetime.now(UTC):%Y}" in only().html.split("<footer>")[1]
