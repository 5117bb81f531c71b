"""The proof on the administration page: the last one, and another made from there."""

from __future__ import annotations

import gettext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalayer import runtime
from datalayer.access.identity import Identity, Role
from datalayer.compliance.checks import checks
from datalayer.compliance.place import Place
from datalayer.compliance.report import ProofReport, latest_report, write_report
from datalayer.compliance.verifier import CheckResult
from datalayer.kernel.errors import NotAllowed
from datalayer.settings import Settings
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.pages.signing_in import add_user, sign_in
from tests.publisher import Publisher

LOCALE = Path(__file__).parents[2] / "pages/locale"
PASSED = CheckResult("image-is-small", "The image has less than 600 MB", "passed", "556 MB")
FAILED = CheckResult("no-way-out", "-", "failed", "routes", ("A route leads out through eth0",))
REPORT = ProofReport(datetime(2026, 11, 26, 12, tzinfo=UTC), "", None, {}, (PASSED,))


@pytest.fixture
def open_admin(open_page: OpenPage, state: Path) -> OpenPage:
    """Open the proof on the administration page, signed in."""
    add_user(state, "admin", Role.ADMIN)
    return lambda **how: sign_in(open_page("admin.py", section="health", **how))


def test_before_the_first_proof_there_is_none(open_admin: OpenPage) -> None:
    assert "No proof of this deployment was made here yet." in texts(open_admin(locale="en-US"))


def test_the_last_proof_is_shown_in_the_readers_language(open_admin: OpenPage, state: Path) -> None:
    write_report(REPORT, state / "proof")

    app = open_admin()

    assert "1 verificações passaram, 0 falharam" in texts(app)
    assert any("A imagem tem menos de 600 MB" in table.value.to_csv() for table in app.table)


def test_what_failed_is_shown_with_its_findings(open_admin: OpenPage, state: Path) -> None:
    write_report(replace(REPORT, results=(PASSED, FAILED)), state / "proof")

    app = open_admin(locale="en-US")

    assert any("1 checks passed, 1 failed" in error.value for error in app.error)
    assert any("A route leads out through eth0" in t.value.to_csv() for t in app.table)


def test_a_report_that_was_changed_is_not_shown(open_admin: OpenPage, state: Path) -> None:
    written = write_report(REPORT, state / "proof")
    written.json.write_bytes(written.json.read_bytes().replace(b"556", b"656"))

    app = open_admin(locale="en-US")

    assert any("was changed" in error.value for error in app.error)
    assert "556 MB" not in texts(app)


def test_a_proof_is_made_from_the_page(
    open_admin: OpenPage, active: Publisher, state: Path
) -> None:
    app = open_admin(locale="en-US")

    app.button(key="prove").click().run(timeout=300)

    path = latest_report(state / "proof")
    assert path
    assert not app.exception
    assert "checks passed" in texts(app)
    (found,) = [t.value.to_csv() for t in app.table if "Promise" in t.value.to_csv()]
    assert f"of publication {active.latest.publication_id}" in found


def test_only_administrators_see_and_make_it(state: Path) -> None:
    with pytest.raises(NotAllowed, match="see and make the proof"):
        runtime.portal().proofs(Identity("paulo", Role.PLANNER))

    assert runtime.portal().proofs(ADMIN).latest() is None


def test_every_promise_is_translated() -> None:
    catalogue = gettext.translation("farol", LOCALE, ["pt_BR"])

    assert [
        c.promise for c in checks(Place(Settings())) if catalogue.gettext(c.promise) == c.promise
    ] == []
