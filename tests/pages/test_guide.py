"""The guide in the portal: for whoever reads it, in their language, whatever is published."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage, texts


@pytest.mark.usefixtures("state")
class TestGuide:
    def test_it_opens_with_the_planners_guide_where_nothing_is_published(
        self, open_page: OpenPage
    ) -> None:
        app = open_page("guide.py")

        assert [each.value for each in app.title] == ["Guia de quem planeja"]
        assert not app.exception

    @pytest.mark.parametrize(
        ("reader", "title"),
        [
            ("planner", "A planner's guide"),
            ("admin", "An administrator's guide"),
            ("analyst", "An analyst's guide"),
        ],
    )
    def test_an_address_names_whose_it_is(
        self, open_page: OpenPage, reader: str, title: str
    ) -> None:
        app = open_page("guide.py", locale="en-GB", **{"for": reader})

        assert [each.value for each in app.title] == [title]

    def test_choosing_another_writes_it_into_the_address(self, open_page: OpenPage) -> None:
        app = open_page("guide.py", locale="en-GB")

        app.segmented_control(key="farol-guide-planner").set_value("analyst").run()

        assert [each.value for each in app.title] == ["An analyst's guide"]
        assert app.query_params["for"] == "analyst"

    def test_its_pictures_are_asked_of_the_portal_itself(self, open_page: OpenPage) -> None:
        said = texts(open_page("guide.py"))

        assert "](./app/static/guide/monday.pt_BR.png)" in said
        assert "../" not in said

    def test_a_reader_that_nobody_is_is_named_and_left_out(self, open_page: OpenPage) -> None:
        app = open_page("guide.py", locale="en-GB", **{"for": "x" * 10_000 + "\0"})

        assert [each.value for each in app.title] == ["A planner's guide"]
        assert "must be planner / admin / analyst" in app.warning[0].value
