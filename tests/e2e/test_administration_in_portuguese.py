"""What an administrator reads in Portuguese is Portuguese: candidates, faults, audit trail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.leftovers import codes, leftovers, portuguese
from tests.e2e.visits import Visit
from tests.publisher import Publisher, replace_column, set_value

VALUES: Final = frozenset({"null", "inf", "oracle", "yesterday", "lineage", "version", "notes"})
"""What was published is told as it is: values and columns of tables, and what a manifest has."""


@pytest.fixture
def administrator(browser: Browser, served_small: Served) -> Iterator[Visit]:
    """A Brazilian's tab, signed in to the administration."""
    with visiting(browser, served_small, {"locale": "pt-BR"}) as visit:
        visit.open("/admin")
        visit.page.get_by_label("Usuário").fill("admin")
        visit.page.get_by_label("Senha", exact=True).fill(served_small.password)
        visit.page.get_by_role("button", name="Entrar").click()
        expect(visit.page.get_by_role("heading", name="Publicações guardadas")).to_be_visible()
        expect(visit.page.locator("iframe")).to_have_count(0)
        visit.settle()
        yield visit


def english_in(visit: Visit) -> dict[str, str]:
    """Return the words of the page that no Portuguese page may have."""
    visit.settle()
    store = visit.served.store
    return leftovers(visit.page, portuguese(store) | codes() | VALUES)


def press(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()


def go_to(visit: Visit, section: str) -> None:
    """Go to a section of the page, as who looks for it does."""
    visit.page.get_by_role("radio", name=section).click()
    expect(visit.page.get_by_role("heading", name=section)).to_be_visible()
    visit.settle()


def activate(visit: Visit) -> None:
    """Check the candidate, confirm what stands out, and activate it."""
    press(visit, "Verificar")
    expect(visit.page.get_by_role("heading", name="O que muda ao ativá-la")).to_be_visible()
    visit.settle()
    for box in visit.page.get_by_text("Olhei isso, e está certo").all():
        box.click()
    visit.settle()
    press(visit, "Ativar")


def look_again(visit: Visit, publisher: Publisher) -> None:
    """Ask the store anew, until the page shows what was published last."""
    press(visit, "Consultar de novo")
    published = publisher.published[-1].publication_id
    expect(visit.page.get_by_text(published).first).to_be_visible()
    visit.settle()


def publish_with_faults(publisher: Publisher) -> None:
    """Publish what breaks the contract in as many ways as it can be broken at once."""
    tables = publisher.tables()
    forecast = tables["fact_forecast"]
    forecast = set_value(forecast, "forecast", 3, -5.0)
    forecast = set_value(forecast, "forecast", 4, float("inf"))
    tables["fact_forecast"] = set_value(forecast, "source", 5, "oracle")
    tables["fact_demand"] = set_value(tables["fact_demand"], "item_id", 2, "nowhere")
    items = tables["dim_item"]
    items = set_value(items, "item_id", 1, items["item_id"][0].as_py())
    items = items.append_column("notes", [["?"] * items.num_rows])
    tables["dim_item"] = set_value(items, "name", 2, "\t" * 3)
    tables["fact_inventory"] = tables["fact_inventory"].drop_columns(["lead_time_days"])
    exceptions = tables["fact_exception"]
    tables["fact_exception"] = replace_column(exceptions, "rank", [None] * exceptions.num_rows)
    publisher.publish(tables=tables)


def test_what_a_check_finds_and_expects_is_told_in_portuguese(
    administrator: Visit, publisher: Publisher
) -> None:
    publish_with_faults(publisher)
    look_again(administrator, publisher)

    press(administrator, "Verificar")

    expect(administrator.page.get_by_text(re.compile("quebra o contrato em"))).to_be_visible()
    assert english_in(administrator) == {}


@pytest.mark.parametrize("spoil", ["truncate", "corrupt", "withhold"])
def test_why_a_file_is_refused_is_told_in_portuguese(
    administrator: Visit, publisher: Publisher, spoil: str
) -> None:
    publisher.publish()
    getattr(publisher, spoil)("fact_forecast")
    look_again(administrator, publisher)

    press(administrator, "Verificar")

    expect(administrator.page.get_by_test_id("stAlertContentError")).to_be_visible()
    assert english_in(administrator) == {}
    go_to(administrator, "Trilha de auditoria")
    expect(administrator.page.get_by_text(re.compile("verificar · ✗"))).to_be_visible()
    assert english_in(administrator) == {}


def _other_contract(fields: dict[str, Any]) -> None:
    fields["contract"]["version"] = "9.0.0"
    fields["rows"] = -1
    fields["generated_at"] = "yesterday"
    del fields["lineage"]
    del fields["files"][0]["sha256"]


def test_what_is_wrong_with_a_manifest_is_told_in_portuguese(
    administrator: Visit, publisher: Publisher
) -> None:
    publisher.publish()
    publisher.rewrite_manifest(_other_contract)

    press(administrator, "Consultar de novo")

    expect(administrator.page.get_by_text(re.compile("O manifesto .+ falha"))).to_be_visible()
    assert english_in(administrator) == {}


def test_the_audit_trail_tells_in_portuguese_what_was_done_refused_and_undone(
    administrator: Visit, publisher: Publisher
) -> None:
    page = administrator.page
    first = publisher.latest.publication_id
    second = publisher.publish().publication_id
    look_again(administrator, publisher)
    activate(administrator)
    expect(page.get_by_text(re.compile(f"{second} está ativa desde"))).to_be_visible()
    press(administrator, "Reverter")
    press(administrator, "Reverter agora")
    expect(page.get_by_text(re.compile(f"{first} está ativa desde"))).to_be_visible()
    publish_with_faults(publisher)
    look_again(administrator, publisher)

    press(administrator, "Verificar")

    expect(page.get_by_text(re.compile("quebra o contrato em"))).to_be_visible()
    go_to(administrator, "Trilha de auditoria")
    for told in ("ativar · ✓ ativada", "verificar · ✗ rejeitada", "reverter · ✓", "entrar · ✓"):
        expect(page.get_by_text(re.compile(told)).first).to_be_visible()
    assert english_in(administrator) == {}


def test_no_figure_of_an_effect_is_cut_off_on_a_narrow_phone(
    administrator: Visit, publisher: Publisher
) -> None:
    page = administrator.page
    for cost in (1_570_000.0, 834_000.0):
        tables = publisher.tables()
        tables["dim_item"] = set_value(tables["dim_item"], "unit_cost", 0, cost)
        published = publisher.publish(tables=tables, lineage={"currency": "BRL"}).publication_id
        look_again(administrator, publisher)
        if cost > 1_000_000:
            activate(administrator)
            expect(page.get_by_text(re.compile(f"{published} está ativa desde"))).to_be_visible()
    press(administrator, "Verificar")
    expect(page.get_by_text("Quanto somam")).to_be_visible()
    administrator.settle()

    page.set_viewport_size({"width": 340, "height": 844})
    administrator.settle()

    table = page.get_by_role("table").filter(has_text="Quanto somam")
    within = table.locator("xpath=ancestor::*[@data-testid='stTable']")
    assert table.evaluate("e => e.scrollWidth") <= within.evaluate("e => e.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 320])
def test_the_administration_breaks_no_rule_of_accessibility(
    administrator: Visit, publisher: Publisher, scheme: Literal["light", "dark"], width: int
) -> None:
    page = administrator.page
    page.emulate_media(color_scheme=scheme)
    publish_with_faults(publisher)
    look_again(administrator, publisher)
    press(administrator, "Verificar")
    expect(page.get_by_text(re.compile("quebra o contrato em"))).to_be_visible()
    administrator.settle()
    page.set_viewport_size({"width": width, "height": 4000})

    assert violations(page) == []
