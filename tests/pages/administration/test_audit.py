"""The audit trail on the page: filtered, paged to its first line, in words, and as a file."""

from __future__ import annotations

import csv
import io
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.audit.log import AuditLog
from datalayer.access.audit.trail import AuditFilter, AuditTrail
from datalayer.access.identity import Identity, Role
from datalayer.kernel.contract.registry import Language
from pages.components.administration import audit_file
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.signing_in import add_user, sign_in

BRUNO = Identity("bruno", Role.PLANNER)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def cells(app: AppTest) -> str:
    return "\n".join(table.value.to_csv() for table in app.table)


def rows(app: AppTest) -> int:
    return sum(len(table.value) for table in app.table)


def write(state: Path, count: int, who: Identity = BRUNO, **more: Any) -> None:
    log = AuditLog(state / "audit.jsonl", lambda: NOON)
    for number in range(count):
        log.record(who, "extract", "delivered", f"P{number}", **more)


class TestFilters:
    @pytest.fixture(autouse=True)
    def entries(self, state: Path) -> None:
        """What bruno and a key did at noon of 21 November, beside what signing in leaves."""
        log = AuditLog(state / "audit.jsonl", lambda: NOON)
        log.record(BRUNO, "extract", "delivered", "P1", reason="for the budget")
        log.record(BRUNO, "activate", "refused", "P2")
        log.record(Identity("key:nightly", Role.ADMIN), "activate", "activated", "P2")

    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            ({"who": "key:nightly"}, ["API key nightly · activate · ✓ activated"]),
            ({"did": "extract"}, ["bruno · take an extract · ✓ delivered whole"]),
            ({"ended": "refused"}, ["bruno · activate · ✗ refused"]),
            ({"text": "BUDGET"}, ["bruno · take an extract · ✓ delivered whole"]),
            (
                {"text": "p2"},
                ["API key nightly · activate · ✓ activated", "bruno · activate · ✗ refused"],
            ),
            ({"who": "bruno", "did": "activate"}, ["bruno · activate · ✗ refused"]),
        ],
        ids=str,
    )
    def test_each_leaves_those_it_holds_for(
        self, open_section: OpenPage, asked: dict[str, str], told: list[str]
    ) -> None:
        app = open_section("audit", **asked)

        assert list(app.table[0].value["What happened"]) == told

    @pytest.mark.parametrize(
        ("row", "en", "pt"),
        [
            (
                "P00001 network order -",
                "Order: part P00001, Network",
                "Pedir: peça P00001, Rede",
            ),
            (
                "P00001 CD-PE expedite PO-7",
                "Expedite: part P00001, CD-PE, open order PO-7",
                "Antecipar: peça P00001, CD-PE, pedido aberto PO-7",
            ),
            (
                "P00001 CD-PE move CD-SP",
                "Move: part P00001, CD-PE, from CD-SP",
                "Transferir: peça P00001, CD-PE, de CD-SP",
            ),
            ("of another form", "of another form", "of another form"),
        ],
    )
    def test_a_row_that_was_marked_is_told_in_words(
        self, open_section: OpenPage, state: Path, row: str, en: str, pt: str
    ) -> None:
        log = AuditLog(state / "audit.jsonl", lambda: NOON)
        log.record(BRUNO, "mark", "done", "P1", kind="seen", row=row, number=1, marked_by="bruno")

        assert en in cells(open_section("audit", did="mark"))
        assert pt in cells(open_section("audit", did="mark", locale="pt-BR"))

    def test_days_are_those_of_the_reader(self, open_section: OpenPage) -> None:
        # 12:00 UTC is 9:00 in São Paulo, of the same day.
        within = open_section("audit", **{"from": "2026-11-21", "to": "2026-11-21"})
        before = open_section("audit", to="2026-11-20")

        assert rows(within) == 3
        assert "No entry of the log is like that." in texts(before)

    def test_the_text_is_sought_as_it_is_read(self, open_section: OpenPage) -> None:
        assert rows(open_section("audit", locale="pt-BR", text="entregue")) == 1

    def test_a_control_writes_the_address_and_leads_to_the_first_page(
        self, open_section: OpenPage
    ) -> None:
        app = open_section("audit", page="1")

        app.selectbox(key="audit-who").set_value("bruno").run()

        assert app.query_params["who"] == "bruno"
        assert "page" not in app.query_params
        assert rows(app) == 2

    def test_all_of_them_are_taken_away_at_once(self, open_section: OpenPage) -> None:
        app = open_section("audit", who="bruno", text="p1")

        app.button(key="audit-clear").click().run()

        assert not {"who", "text"} & set(app.query_params)
        assert rows(app) > 2

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("who", "nobody"),
            ("who", "x" * 10_000),
            ("did", "a\x00b"),
            ("ended", "done;drop"),
            ("from", "yesterday"),
            ("from", "0001-01-01"),
            ("to", "9999-12-31"),
            ("text", "x" * 201),
            ("text", "a\nb"),
            ("page", "0"),
            ("page", "-1"),
            ("page", "9" * 10_000),
            ("page", "7"),
            ("page", "two"),
        ],
    )
    def test_a_value_that_is_none_is_named_and_left_out(
        self, open_section: OpenPage, name: str, value: str
    ) -> None:
        app = open_section("audit", **{name: value})

        assert f"In the address, {name} is" in app.warning[0].value
        assert rows(app) > 3
        assert not app.exception

    def test_a_span_that_ends_before_it_begins_is_named(self, open_section: OpenPage) -> None:
        app = open_section("audit", **{"from": "2026-11-21", "to": "2026-11-20"})

        assert "no day before 2026-11-21" in app.warning[0].value


class TestPages:
    @pytest.mark.parametrize(("page", "last"), [("1", "P119"), ("3", "P19")])
    def test_every_entry_is_on_one(
        self, open_section: OpenPage, state: Path, page: str, last: str
    ) -> None:
        write(state, 120)

        app = open_section("audit", page=page, did="extract")

        assert last in cells(app)
        assert "of 120 entries, the newest first" in texts(app)

    def test_the_last_one_holds_the_first_line_of_the_log(
        self, open_section: OpenPage, state: Path
    ) -> None:
        write(state, 120)

        app = open_section("audit", page="3", who="bruno")

        assert rows(app) == 20
        assert "P0" in cells(app)

    def test_turning_one_writes_the_address(self, open_section: OpenPage, state: Path) -> None:
        write(state, 120)
        app = open_section("audit", who="bruno")

        assert app.get("pagination")


class TestWhatIsTold:
    def test_whom_a_change_was_about(self, open_section: OpenPage, state: Path) -> None:
        add_user(state, "carla", Role.ANALYST)

        assert "user carla; role analyst" in cells(open_section("audit"))

    def test_in_portuguese(self, open_section: OpenPage, state: Path) -> None:
        add_user(state, "carla", Role.ANALYST)

        app = open_section("audit", locale="pt-BR", did="user_add", text="carla")

        assert "criar usuário · ✓ feito" in cells(app)
        assert "usuário carla; papel analista" in cells(app)

    def test_a_name_is_nobody_s_to_translate(self, open_section: OpenPage, state: Path) -> None:
        add_user(state, "order", Role.ANALYST)

        assert "usuário order" in cells(open_section("audit", locale="pt-BR"))

    def test_a_line_that_can_not_be_read_hides_none_of_the_others(
        self, open_section: OpenPage, state: Path
    ) -> None:
        write(state, 1)
        with (state / "audit.jsonl").open("ab") as file:
            file.write(b'{"torn\n')

        app = open_section("audit")

        assert "1 line of the log can't be read (number" in texts(app)
        assert "P0" in cells(app)

    def test_a_whole_chain_is_said_to_be_whole(self, open_section: OpenPage) -> None:
        assert "The chain of the log is whole" in texts(open_section("audit"))

    def test_it_is_said_where_the_chain_is_broken(
        self, open_section: OpenPage, state: Path
    ) -> None:
        write(state, 3)
        path = state / "audit.jsonl"
        path.write_bytes(path.read_bytes().replace(b"P1", b"PX"))

        app = open_section("audit", locale="pt-BR")

        assert "A corrente da trilha está quebrada: a linha" in app.error[0].value.replace("\\", "")
        assert "PX" in cells(app)

    def test_every_line_is_checked_again_on_demand(
        self, open_section: OpenPage, state: Path
    ) -> None:
        write(state, 3)
        app = open_section("audit")
        path = state / "audit.jsonl"
        path.write_bytes(path.read_bytes().replace(b"P1", b"PX"))

        app.button(key="audit-check").click().run()

        assert "is broken" in app.error[0].value

    @pytest.mark.parametrize("role", [Role.PLANNER, Role.ANALYST])
    def test_nobody_else_sees_it(self, open_page: OpenPage, state: Path, role: Role) -> None:
        add_user(state, "eve", role)

        app = sign_in(open_page("admin.py", locale="en-US", section="audit"), "eve")

        assert "may not administer" in app.error[0].value
        assert not app.table


class TestFile:
    @pytest.fixture
    def trail(self, state: Path) -> AuditTrail:
        write(state, 130, reason="=1+1")
        write(state, 1, Identity("carla", Role.ADMIN))
        return runtime.portal().audit_trail(ADMIN)

    def read(self, trail: AuditTrail, wanted: AuditFilter, language: Language) -> list[list[str]]:
        content = copy_context().run(audit_file.content, trail, wanted, language)
        delimiter = ";" if language == "pt_BR" else ","
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))

    @pytest.mark.parametrize("language", ["en", "pt_BR"])
    def test_it_has_exactly_the_rows_that_are_filtered(
        self, trail: AuditTrail, language: Language
    ) -> None:
        head, *lines = self.read(trail, AuditFilter(who="bruno"), language)

        assert len(head) == 7
        assert len(lines) == 130
        assert {line[1] for line in lines} == {"bruno"}

    def test_it_is_in_words_and_its_times_have_a_zone(self, trail: AuditTrail) -> None:
        head, line, *_ = self.read(trail, AuditFilter(who="carla"), "en")

        assert head[0] == "When (UTC)"
        assert line == [
            "2026-11-21T12:00:00Z",
            "carla",
            "administrator",
            "take an extract",
            "✓ delivered whole",
            "P0",
            "",
        ]

    def test_it_speaks_the_reader_s_language(self, trail: AuditTrail) -> None:
        head, line, *_ = self.read(trail, AuditFilter(who="carla"), "pt_BR")

        assert head[:2] == ["Quando (UTC)", "Quem"]
        assert line[0] == "21/11/2026 12:00:00"
        assert line[2] == "administrador"

    @pytest.mark.parametrize("language", ["en", "pt_BR"])
    def test_no_cell_runs_in_a_spreadsheet(self, trail: AuditTrail, language: Language) -> None:
        _head, line, *_rest = self.read(trail, AuditFilter(who="bruno"), language)

        assert line[6] == "'=1+1"

    def test_there_is_none_of_nothing(self, open_section: OpenPage) -> None:
        app = open_section("audit", text="nothing is like that")

        assert not app.get("download_button")
