"""An extract is built in the browser and opened in LibreOffice, with the rows that were seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.accessibility import violations
from tests.e2e.visits import Visit
from tests.integration.test_extract_round_trips import opened_in_libreoffice

BRAZILIAN = pytest.mark.parametrize(
    "torres_visit", [{"locale": "pt-BR"}], ids=["pt"], indirect=True
)
INVENTORY = "/data?dataset=fact_inventory&columns=item_id,location_id,order_quantity,order_by"


def choose(visit: Visit, control: str, option: str) -> None:
    """Choose *option* in a control that takes several."""
    visit.page.get_by_role("combobox", name=control).click()
    visit.page.get_by_role("combobox", name=control).fill(option)
    visit.page.get_by_role("option", name=option).first.click()
    visit.page.keyboard.press("Escape")
    visit.settle()


def rows_shown(visit: Visit) -> list[list[str]]:
    """Return the rows of this page as they are read."""
    table = visit.page.locator(".st-key-farol-extract-rows table")
    expect(table).to_be_visible()
    return [
        [cell.strip() for cell in row.locator("td").all_inner_texts()]
        for row in table.locator("tbody tr").all()
    ]


def all_rows_shown(visit: Visit, count: int) -> list[list[str]]:
    """Return the rows of every page, turned one after the other."""
    rows = rows_shown(visit)
    while len(rows) < count:
        first = visit.page.get_by_text(re.compile(f"Linhas {len(rows) + 1} a "))
        visit.page.get_by_role("button", name=re.compile("[Pp]róxima")).click()
        expect(first).to_be_visible()
        visit.settle()
        rows += rows_shown(visit)
    return rows


@BRAZILIAN
def test_an_extract_that_is_built_opens_in_libreoffice_with_the_rows_seen(
    torres_visit: Visit, tmp_path: Path
) -> None:
    page = torres_visit.page
    torres_visit.open(INVENTORY)
    choose(torres_visit, "Filtrar por", "Situação (status)")
    choose(torres_visit, "É um destes", "Pedir")
    choose(torres_visit, "Ordenar por", "Quantidade a pedir (order_quantity), maior primeiro")
    expect(page.get_by_text("Situação é Pedir")).to_be_visible()
    said = page.get_by_text(re.compile(r"linhas de [\d.]+ · 4 de \d+ colunas")).inner_text()
    count = int(said.partition(" ")[0].replace(".", ""))

    with page.expect_download() as download:
        page.get_by_role("link", name="Baixar estas linhas").click()
    name = download.value.suggested_filename
    download.value.save_as(tmp_path / name)

    assert re.fullmatch(r"fact_inventory_[\w-]+_excel-br\.csv", name)
    opened = opened_in_libreoffice(tmp_path / name, tmp_path)
    assert len(opened) == count
    seen = all_rows_shown(torres_visit, count)
    assert [row[:2] for row in seen] == [
        [each["item_id"][1], each["location_id"][1]] for each in opened
    ]
    quantities = [float(row[2].replace(".", "").replace(",", ".")) for row in seen]
    assert quantities == [float(each["order_quantity"][1]) for each in opened]
    assert quantities == sorted(quantities, reverse=True)


@BRAZILIAN
def test_the_address_of_an_extract_opens_the_same_extract(torres_visit: Visit) -> None:
    torres_visit.open(f"{INVENTORY}&status=reorder&order=-order_quantity&page=2")
    rows = rows_shown(torres_visit)
    address = torres_visit.page.url

    torres_visit.page.goto(address)
    torres_visit.settle()

    assert rows_shown(torres_visit) == rows
    assert violations(torres_visit.page) == []


@BRAZILIAN
def test_the_tabs_are_gone_through_by_keyboard(torres_visit: Visit) -> None:
    torres_visit.open("/data")
    torres_visit.page.get_by_role("tab", name="Montar uma extração").focus()

    torres_visit.page.keyboard.press("ArrowRight")
    torres_visit.page.keyboard.press("Enter")

    expect(torres_visit.page).to_have_url(re.compile("tab=dictionary"))
    expect(torres_visit.page.get_by_label("Procurar uma coluna")).to_be_visible()
