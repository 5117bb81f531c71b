"""Administration: look, check, activate, go back; and what is said when it fails."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role, operator
from datalayer.kernel.progress import Progress, ReportProgress, Step
from datalayer.portal import JobStatus, RefreshJob
from datalayer.publications.attempts import LockHolder, refresh_lock
from tests.integration.bad_servers import bad_server
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher, replace_column, set_value
from tests.signing import KEY, write_trusted
from tests.signing import sign_in as sign_in_store


@pytest.fixture
def open_admin(open_page: OpenPage, state: Path) -> OpenPage:
    """Open the administration page, signed in."""
    add_user(state, "admin", Role.ADMIN)
    return lambda **how: sign_in(open_page("admin.py", **how))


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    return app


def go_to(app: AppTest, section: str) -> AppTest:
    """Go to a section of the page."""
    app.query_params["section"] = section
    return app.run()


def activate(app: AppTest) -> AppTest:
    """Check the candidate, confirm what stands out, and activate it."""
    return activate_checked(press(app, "check"))


def activate_checked(app: AppTest) -> AppTest:
    """Confirm what stands out in the effect that is shown, and activate."""
    for box in app.checkbox:
        box.check().run()
    return press(app, "activate")


def roll_back(app: AppTest) -> AppTest:
    """Open the choice of a publication to go back to and take the one that is offered."""
    return press(press(app, "going_back"), "roll_back")


def buttons(app: AppTest) -> set[str | None]:
    """Return the keys of the buttons that are shown."""
    return {button.key for button in app.button}


def cells(app: AppTest) -> str:
    """Return the contents of every table."""
    return "\n".join(table.value.to_csv() for table in app.table)


def fact(app: AppTest, name: str) -> tuple[str, str]:
    """Return what the active publication and the store's latest say of themselves."""
    (row,) = (row for row in app.table[0].value.itertuples(index=False) if row[0] == name)
    return row[1], row[2]


def active_id() -> str:
    return runtime.portal().open().manifest.publication_id


def publish_faulty(publisher: Publisher) -> None:
    """Publish a forecast of -5 for one part."""
    tables = publisher.tables()
    tables["fact_forecast"] = set_value(tables["fact_forecast"], "forecast", 3, -5.0)
    publisher.publish(tables=tables)


class TestBeforeTheFirstActivation:
    def test_an_empty_store_is_named(self, open_admin: OpenPage) -> None:
        app = open_admin(locale="en-US")

        assert "holds no metadata.json" in app.error[0].value.replace("\\", "")
        assert "activate" not in {button.key for button in app.button}

    def test_the_first_publication_can_be_activated(
        self, open_admin: OpenPage, publisher: Publisher, fresh: datetime
    ) -> None:
        manifest = publisher.publish(generated_at=fresh)

        app = activate(open_admin(locale="en-US"))

        assert "is active since" in app.success[0].value
        assert "Everybody sees" in app.toast[0].value
        assert active_id() == manifest.publication_id


class TestCandidate:
    def test_it_stands_beside_the_active_one_with_what_changes(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        before = active.latest.publication_id
        candidate = active.publish(items=9).publication_id

        app = open_admin()
        beside = cells(app)
        shown = cells(press(app, "check"))

        assert before in beside
        assert candidate in beside
        assert "dim_item,6,9,+3 (+50\\,0%)" in shown.replace('"', "").replace(",0%", "\\,0%")

    def test_one_that_is_kept_here_says_since_when(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish(items=9)
        app = open_admin(locale="en-US")
        unknown = fact(app, "Loaded here")[1]
        activate(app)

        assert unknown == "–"
        assert fact(roll_back(app), "Loaded here")[1] != "–"

    def test_the_active_one_is_not_activated_again(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        app = open_admin()

        assert "activate" not in buttons(app)
        assert "activate" not in buttons(press(app, "check"))

    def test_a_sound_one_is_said_to_keep_the_contract(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish()

        app = press(open_admin(locale="en-US"), "check")

        assert "keeps the contract" in texts(app)
        assert not app.button(key="activate").disabled
        assert active_id() == active.published[0].publication_id

    def test_every_fault_is_listed_and_it_cannot_be_activated(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        publish_faulty(active)

        app = press(open_admin(locale="en-US"), "check")

        assert "breaks the contract" in app.error[0].value
        assert "fact_forecast,forecast,range,1," in cells(app)
        assert "-5" in cells(app)
        assert "item_id=" in cells(app)
        assert "activate" not in buttons(app)

    def test_it_cannot_be_activated_before_it_was_checked(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish(items=9)

        app = open_admin(locale="en-US")

        assert "Check it first" in texts(app)
        assert "activate" not in buttons(app)

    def test_a_corrupt_file_is_named_and_changes_nothing(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        candidate = active.publish(items=9)
        active.corrupt("fact_forecast")

        app = press(open_admin(locale="en-US"), "check")

        assert candidate.publication_id in app.error[0].value.replace("\\", "")
        assert active_id() == active.published[0].publication_id

    def test_what_was_checked_is_not_fetched_again(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        candidate = active.publish(items=9)
        app = press(open_admin(locale="en-US"), "check")
        active.withhold("fact_forecast")

        press(app, "activate")

        assert active_id() == candidate.publication_id

    def test_a_verdict_is_not_shown_for_another_publication(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish()
        app = press(open_admin(locale="en-US"), "check")
        active.publish(items=9)

        press(app, "look_again")

        assert "keeps the contract" not in texts(app)


class TestConfirming:
    @pytest.fixture
    def lacking(self, active: Publisher) -> str:
        """The store's latest publication: it has no stock."""
        tables = active.tables()
        tables["fact_inventory"] = tables["fact_inventory"].slice(0, 0)
        return active.publish(tables=tables).publication_id

    def test_what_is_taken_away_is_said_and_keeps_the_button_shut(
        self, open_admin: OpenPage, lacking: str
    ) -> None:
        app = press(open_admin(locale="en-US"), "check")

        said = "\n".join(warning.value for warning in app.warning).replace("\\", "")
        assert "fact_inventory has 0 rows; the active publication has 6" in said
        assert app.button(key="activate").disabled

    def test_what_is_confirmed_becomes_active_and_stands_in_the_audit_trail(
        self, open_admin: OpenPage, lacking: str
    ) -> None:
        app = activate(open_admin(locale="en-US"))

        assert active_id() == lacking
        assert "confirmed: fact_inventory has 0 rows" in cells(go_to(app, "audit"))

    def test_the_audit_trail_tells_it_in_the_reader_s_language(
        self, open_admin: OpenPage, lacking: str
    ) -> None:
        app = go_to(activate(open_admin(locale="pt-BR")), "audit")

        assert "fact_inventory tem 0 linhas" in cells(app)
        assert "fact_inventory has 0 rows" not in cells(app)


class TestUnreachableStore:
    @pytest.fixture
    def requests(
        self, active: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[list[object]]:
        """Serve the active publication on; whoever asks the store is noted and hung up on."""
        taken: list[object] = []
        with bad_server(lambda connection, _over: taken.append(connection)) as endpoint:
            settings = {
                "STORE": "s3://bucket/prefix",
                "S3_ENDPOINT": endpoint,
                "S3_SECURE": "false",
            }
            settings |= {"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "5b0e7c1d94f2a863"}
            for name, value in settings.items():
                monkeypatch.setenv(f"FAROL_{name}", value)
            runtime.reset()
            yield taken

    def test_it_is_said_and_what_is_kept_stays_in_reach(
        self, open_admin: OpenPage, requests: list[object], active: Publisher
    ) -> None:
        app = open_admin(locale="en-US")

        assert "not reachable, just now" in texts(app)
        assert app.error[0].value.replace("\\", "").startswith("The store s3://bucket/prefix")
        assert active.latest.publication_id in cells(app)

    def test_it_is_asked_again_on_demand_only(
        self, open_admin: OpenPage, requests: list[object]
    ) -> None:
        app = open_admin()
        runtime.portal().store_watch.wait_for_answer()
        asked = len(requests)

        press(app, "prune").run()
        on_its_own = len(requests) - asked
        press(app, "look_again")

        assert on_its_own == 0
        assert len(requests) > asked


class TestGoingBack:
    @pytest.fixture
    def two(self, open_admin: OpenPage, active: Publisher) -> AppTest:
        """The page after a second publication was activated on it."""
        active.publish(items=9)
        return activate(open_admin(locale="en-US"))

    def test_the_one_active_before_is_offered_first(self, two: AppTest, active: Publisher) -> None:
        before = active.published[0].publication_id
        press(two, "going_back")

        assert next(box for box in two.selectbox if box.label == "Go back to").value == before

    def test_one_press_makes_it_the_active_one(self, two: AppTest, active: Publisher) -> None:
        roll_back(two)

        assert active_id() == active.published[0].publication_id
        assert active.published[0].publication_id in two.success[0].value.replace("\\", "")

    def test_it_is_in_the_audit_trail_with_its_author(self, two: AppTest) -> None:
        roll_back(two)

        assert "admin · roll back · ✓ activated" in cells(go_to(two, "audit"))

    def test_with_one_publication_there_is_nothing_to_go_back_to(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        assert open_admin().button(key="going_back").disabled

    def test_snapshots_beyond_the_limit_are_removed_on_demand(self, two: AppTest) -> None:
        press(two, "prune")

        assert "0 snapshots were removed." in two.success[0].value


class TestSideBySide:
    def test_a_refresh_running_elsewhere_is_named(
        self, open_admin: OpenPage, active: Publisher, state: Path
    ) -> None:
        active.publish()
        app = open_admin(locale="en-US")
        holder = LockHolder("bruno", "activate", "2026-11-21T06:00:00+00:00")

        press(app, "check")
        with refresh_lock(state / "refresh.lock", holder):
            activate_checked(app)

        assert "Another refresh is running, started by bruno" in app.error[0].value
        assert active_id() == active.published[0].publication_id

    def test_a_button_of_who_is_no_administrator_any_more_does_nothing(
        self, open_admin: OpenPage, active: Publisher, state: Path
    ) -> None:
        active.publish()
        app = press(open_admin(), "check")
        add_user(state, "second", Role.ADMIN)
        Accounts(state).set_role("admin", Role.PLANNER, by=operator())

        activate_checked(app)

        assert active_id() == active.published[0].publication_id
        entry = runtime.portal().audit.entries(50)[0]
        assert (entry.action, entry.outcome, entry.role) == ("activate", "refused", "planner")


class TestOneWayOfDoingIt:
    @pytest.fixture
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Event:
        """Set as soon as somebody waits for a job."""
        waited_for, wait = Event(), RefreshJob.wait

        def noted(job: RefreshJob, timeout_s: float | None = None) -> bool:
            waited_for.set()
            return wait(job, timeout_s)

        monkeypatch.setattr(RefreshJob, "wait", noted)
        return waited_for

    def test_what_the_page_did_is_a_job_that_the_api_can_tell_of(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        candidate = active.publish(items=9)

        app = activate(open_admin(locale="en-US"))

        job, *_check = runtime.portal().jobs.latest()
        assert (job.action, job.actor, job.status) == ("activate", "admin", JobStatus.SUCCEEDED)
        assert job.publication is not None
        assert job.publication.publication_id == candidate.publication_id
        assert "is active since" in app.success[0].value

    def test_what_a_script_began_is_watched_to_its_end_by_whoever_opens_the_page(
        self, open_admin: OpenPage, active: Publisher, watched: Event
    ) -> None:
        candidate = active.publish(items=9)
        portal = runtime.portal()

        def work(report: ReportProgress) -> object:
            report(Progress(Step.BEGIN, 0, 1))
            assert watched.wait(30)
            return portal.activate(ADMIN, None, report)

        portal.jobs.start("activate", ADMIN, work)
        app = open_admin(locale="en-US")

        assert "is active since" in app.success[0].value
        assert active_id() == candidate.publication_id


class TestProof:
    def test_it_is_dated_and_says_how_much_was_looked_at(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        app = open_admin(locale="en-US", section="health")

        proofs = [s.value for s in app.success if "No machine-learning package" in s.value]
        assert len(proofs) == 1
        assert f"{datetime.now():%Y}" in proofs[0]  # noqa: DTZ005 - the year will do

    def test_what_is_found_wrong_is_told(
        self, open_admin: OpenPage, active: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "torch", pytest)

        app = open_admin(locale="en-US", section="health")

        errors = [error.value.replace("\\", "") for error in app.error]
        assert errors == ["Machine learning is deployed here: module:torch"]

    def test_nothing_on_the_page_trains_or_predicts(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        app = open_admin()
        keys = {button.key for button in app.button}
        keys |= {button.key for button in go_to(app, "health").button}

        known = {"look_again", "check", "going_back", "upload_check", "prune", "prove", "sign_out"}
        assert keys == known


class TestSections:
    def test_publications_come_first(self, open_admin: OpenPage, active: Publisher) -> None:
        assert "Kept publications" in texts(open_admin(locale="en-US"))

    @pytest.mark.parametrize(
        ("section", "heading"), [("audit", "Audit trail"), ("health", "Proof and health")]
    )
    def test_the_address_chooses_one_and_no_other_is_drawn(
        self, open_admin: OpenPage, active: Publisher, section: str, heading: str
    ) -> None:
        app = open_admin(locale="en-US", section=section)

        assert [header.value for header in app.header] == [heading]

    @pytest.mark.parametrize("value", ["nowhere", "x" * 10_000, "a\x00b", ""])
    def test_one_that_is_not_there_is_named_and_left_out(
        self, open_admin: OpenPage, active: Publisher, value: str
    ) -> None:
        app = open_admin(locale="en-US", section=value)

        assert "In the address, section is" in app.warning[0].value
        assert "Kept publications" in texts(app)

    def test_going_to_another_leaves_what_was_asked_of_the_last(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        app = open_admin(locale="en-US", section="audit", rubbish="1", lang="en")

        app.button_group(key="administration.section.audit").set_value("health").run()

        assert app.query_params["section"] == "health"
        assert "rubbish" not in app.query_params
        assert app.query_params["lang"] == "en"


class TestSignatures:
    @pytest.fixture
    def trusting(
        self, active: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Publisher:
        """The publisher of a portal that asks for signatures; what is active has none."""
        path = write_trusted(tmp_path / "keys.pem", KEY)
        monkeypatch.setenv("FAROL_TRUSTED_KEYS", str(path))
        runtime.reset()
        return active

    def test_an_unsigned_publication_is_refused_in_the_reader_s_language(
        self, trusting: Publisher, open_admin: OpenPage
    ) -> None:
        app = open_admin()

        assert "não está assinada, e aqui só se aceitam as assinadas por" in app.error[0].value
        assert KEY.keyid in app.error[0].value
        assert "activate" not in {button.key for button in app.button}

    def test_a_signed_one_takes_the_place_of_one_that_is_not_served(
        self, trusting: Publisher, open_admin: OpenPage
    ) -> None:
        sign_in_store(trusting.store, trusting.latest)
        app = open_admin(locale="en-US")
        assert KEY.keyid in cells(app)

        activate(app)

        assert active_id() == trusting.latest.publication_id

    def test_who_signed_what_is_active_is_shown(
        self, trusting: Publisher, open_admin: OpenPage
    ) -> None:
        sign_in_store(trusting.store, trusting.latest)
        app = activate(open_admin())

        assert f"Assinada por,{KEY.keyid},{KEY.keyid}" in cells(app)


class TestEffect:
    @pytest.fixture
    def dearer(self, active: Publisher) -> str:
        """The store's latest publication: a part that is ordered costs five times as much."""
        tables = active.tables()
        tables["dim_item"] = set_value(tables["dim_item"], "unit_cost", 0, 250.0)
        return active.publish(tables=tables, lineage={"seed": 7}).publication_id

    def test_it_is_told_before_it_is_active_and_nothing_of_it_is_served(
        self, open_admin: OpenPage, active: Publisher, dearer: str
    ) -> None:
        app = press(open_admin(locale="en-US"), "check")

        told = texts(app).replace("\\", "")
        assert (
            "Proposed orders: 2, as before; they come to 9,000 instead of 3,000, up 200.0%" in told
        )
        assert "the value of the proposed orders rises by 200.0%" in told
        assert 'What these come to,"3,000","9,000","+6,000 (+200.0%)"' in cells(app)
        assert "Seed of chance," in cells(app)
        assert active_id() == active.published[0].publication_id

    def test_what_stands_out_is_confirmed_first(
        self, open_admin: OpenPage, active: Publisher, dearer: str
    ) -> None:
        app = press(open_admin(locale="en-US"), "check")
        shut = app.button(key="activate").disabled

        activate_checked(app)

        assert shut
        assert active_id() == dearer
        assert "keeps the contract" not in texts(app)
        told = cells(go_to(app, "audit"))
        assert "confirmed: the value of the proposed orders rises by 200.0%" in told

    def test_it_reads_in_portuguese(
        self, open_admin: OpenPage, active: Publisher, dearer: str
    ) -> None:
        app = press(open_admin(), "check")

        told = texts(app).replace("\\", "")
        assert (
            "Pedidos propostos: 2, como antes; somam 9.000 em vez de 3.000, alta de 200,0%" in told
        )

    @pytest.mark.parametrize("places", [1, 2])
    def test_orders_of_the_network_are_told_from_those_of_places(
        self, open_admin: OpenPage, active: Publisher, places: int
    ) -> None:
        tables = active.tables()
        network = tables["dim_location"].to_pylist()
        depot = [network[0] | {"location_id": "CD-1", "parent_location_id": "network"}]
        rows = [*depot, *network][-places:]
        tables["dim_location"] = pa.Table.from_pylist(rows, tables["dim_location"].schema)
        active.publish(tables=tables, lineage={"seed": 7})

        told = texts(press(open_admin(locale="en-US"), "check"))

        assert ("those of the list of what to do are of the places" in told) == (places > 1)

    def test_what_comes_and_goes_is_told_in_the_gender_of_actions(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        tables = active.tables()
        checked = tables["fact_action"].to_pylist()
        for row in checked:
            row["check_first"] = "above_a_year"
        rows = [
            *checked,
            *(
                checked[0] | {"item_id": f"P{part:05d}", "rank": part, "tier": "this_week"}
                for part in range(3, 7)
            ),
        ]
        tables["fact_action"] = pa.Table.from_pylist(rows, tables["fact_action"].schema)
        tables["fact_inventory"] = replace_column(
            tables["fact_inventory"], "order_quantity", [30.0] * 6
        )
        active.publish(tables=tables)

        told = texts(press(open_admin(), "check"))

        assert "0 antes, 6 depois**, as primeiras 5:" in told

    def test_another_candidate_meanwhile_is_refused_in_words(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish()
        app = press(open_admin(locale="en-US"), "check")
        newer = active.publish().publication_id

        activate_checked(app)

        assert f"the store's latest publication is {newer} by now" in app.error[0].value.replace(
            "\\", ""
        )
        assert "Nothing was switched" in app.toast[0].value
        assert active_id() == active.published[0].publication_id

    def test_an_effect_beside_what_is_active_no_more_is_not_offered(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish()
        portal = runtime.portal()
        portal.activate(ADMIN)
        active.publish()
        app = press(open_admin(locale="en-US"), "check")
        portal.roll_back(ADMIN)

        app.run()

        assert "Another publication became active since this one was checked" in texts(app)
        assert "activate" not in buttons(app)

    def test_it_says_how_many_parts_only_one_of_the_two_has(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish(items=8)

        app = press(open_admin(), "check")

        assert '"Destas, só em uma das duas",0,2,' in cells(app)

    def test_two_that_can_not_be_compared_say_so(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish(lineage={"frequency": "W", "currency": "USD"})

        told = texts(press(open_admin(locale="en-US"), "check"))

        assert "Not everything of the two can be compared" in told
        assert "not of one currency" in told


class TestUndo:
    def test_one_press_goes_back_and_is_then_gone(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        active.publish()
        app = activate(open_admin(locale="en-US"))

        press(app, "undo")

        assert active_id() == active.published[0].publication_id
        assert "undo" not in buttons(app)

    def test_the_first_activation_has_nothing_to_go_back_to(
        self, open_admin: OpenPage, active: Publisher
    ) -> None:
        assert "undo" not in buttons(open_admin())


class TestRollBackChoice:
    @pytest.fixture
    def three(self, open_admin: OpenPage, active: Publisher) -> AppTest:
        """The page, where the third publication is active."""
        for _ in range(2):
            active.publish()
            runtime.portal().activate(ADMIN)
        return open_admin(locale="en-US")

    def test_it_closes_once_it_is_pressed(self, three: AppTest) -> None:
        assert "roll_back" not in buttons(roll_back(three))

    def test_what_was_just_left_is_not_chosen_and_a_choice_is_asked_for(
        self, three: AppTest, active: Publisher
    ) -> None:
        press(roll_back(three), "going_back")

        assert three.selectbox(key="going_back_to").value is None
        press(three, "roll_back")
        assert "Choose first which publication to go back to." in texts(three)
        assert active_id() == active.published[1].publication_id

    def test_what_was_chosen_stays_chosen_while_a_job_ends(
        self, three: AppTest, active: Publisher
    ) -> None:
        first = active.published[0].publication_id
        press(three, "going_back")
        three.selectbox(key="going_back_to").set_value(first).run()

        press(three, "check")
        press(three, "prune")
        press(three, "roll_back")

        assert active_id() == first

    def test_it_can_be_left_without_going_anywhere(self, three: AppTest, active: Publisher) -> None:
        press(press(three, "going_back"), "stay")

        assert "roll_back" not in buttons(three)
        assert active_id() == active.latest.publication_id
