"""The order list, its paper and every form of file have what is published, row by row."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from datalayer import runtime
from datalayer.access.identity import ANYONE
from datalayer.kernel.contract.manifest import Manifest
from datalayer.portal import OrdersOfTiers
from tests.extracted import content
from tests.pages.conftest import OpenPage, texts
from tests.pages.orders.conftest import AS_OF, Proposed, PublishOrders

ORDERS: Final = 64
"""More of each tier than a page of the list has."""
TIERS: Final = ("late", "this_week", "will_run_out")

Row = tuple[str, float, date, float | None]
"""Part, quantity, the day that the form has, and value where the form has one."""


@pytest.fixture
def published(publish_orders: PublishOrders) -> Manifest:
    """Orders of three tiers, of several suppliers and none, some of no known cost."""
    rows = [
        Proposed(
            part,
            TIERS[(part - 1) // ORDERS],
            quantity=part * 3.5,
            due=AS_OF + timedelta(days=part % 9),
            more={"arrives": AS_OF + timedelta(days=part % 9 + 14)},
        )
        for part in range(1, len(TIERS) * ORDERS + 1)
    ]
    parts: dict[int, Mapping[str, Any]] = {
        row.part: {
            "supplier": None if row.part % 7 == 0 else f"S{row.part % 5}",
            "unit_cost": None if row.part % 11 == 0 else row.part / 7,
        }
        for row in rows
    }
    return publish_orders(rows, parts=parts)


def in_parquet(manifest: Manifest, state: Path, tier: str, day: str) -> list[Row]:
    """What the published files say of the orders of a *tier*, with one of their days."""
    folder = state.parent / "store/publications" / manifest.publication_id
    sql = f"""
        select
            action.item_id, action.quantity, action.{day},
            round(action.quantity * item.unit_cost, 6)
        from read_parquet('{folder}/fact_action.parquet') as action
        join read_parquet('{folder}/dim_item.parquet') as item using (item_id)
        where action.action = 'order' and action.tier = '{tier}'
        order by action.item_id
    """
    return duckdb.execute(sql).fetchall()


def taken(profile: str, tier: str) -> list[dict[str, str]]:
    """The rows of a file, of all its places."""
    portal = runtime.portal()
    publication = portal.open()
    wanted = OrdersOfTiers((tier,), (), portal.marks.standing(publication))
    made = content(portal.order_files.of_tiers(publication, profile, wanted, ANYONE, form="zip"))
    encoding = publication.registry.order_profiles[profile].encoding
    delimiter = publication.registry.order_profiles[profile].delimiter
    rows: list[dict[str, str]] = []
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        for name in archive.namelist():
            lines = io.StringIO(archive.read(name).decode(encoding))
            rows += csv.DictReader(lines, delimiter=delimiter)
    return rows


def plain(text: str) -> str:
    """What a spreadsheet shows of a text that is kept from it."""
    return text.removeprefix('="').removesuffix('"')


def amount(text: str) -> float | None:
    """A number of a file."""
    return float(text.replace(",", ".")) if text else None


@dataclass(frozen=True)
class ProfileForm:
    """The headings of a file, how its dates are written, and which day of an order it has."""

    profile: str
    part: str
    quantity: str
    day: str
    written: str
    published_day: str
    value: str = ""


FORMS: Final = (
    ProfileForm("generic", "item_id", "quantity", "order_by", "%d/%m/%Y", "due", "value"),
    ProfileForm("plain", "item_id", "quantity", "order_by", "%Y-%m-%d", "due", "value"),
    ProfileForm("sap-pr", "MATERIAL", "QUANTITY", "DELIV_DATE", "%Y%m%d", "arrives"),
    ProfileForm("protheus-sc", "C1_PRODUTO", "C1_QUANT", "C1_DATPRF", "%d/%m/%Y", "arrives"),
)


def told(form: ProfileForm, row: Mapping[str, str]) -> tuple[object, ...]:
    """What a row of a file says."""
    day = datetime.strptime(row[form.day], form.written).date()  # noqa: DTZ007 - of no zone
    said = (plain(row[form.part]), amount(row[form.quantity]), day)
    return (*said, amount(row[form.value])) if form.value else said


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.profile)
def test_every_form_of_file_has_the_orders_published(
    published: Manifest, state: Path, form: ProfileForm
) -> None:
    for tier in TIERS:
        expected = in_parquet(published, state, tier, form.published_day)

        rows = sorted((told(form, row) for row in taken(form.profile, tier)), key=str)

        assert len(rows) == ORDERS
        assert rows == [row if form.value else row[:3] for row in expected]


def paper(app: AppTest) -> list[list[str]]:
    """The rows of the page on paper, cell by cell."""
    (body,) = (each.proto.body for each in app.get("html") if "farol-paper" in each.proto.body)
    rows = re.findall(r"<tr>(<td>.*?)</tr>", body)
    return [[unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", row)] for row in rows]


@pytest.mark.parametrize("tier", TIERS)
def test_the_page_has_the_orders_published_on_its_pages_and_on_paper(
    published: Manifest, state: Path, open_orders: OpenPage, tier: str
) -> None:
    expected = in_parquet(published, state, tier, "due")

    app = open_orders(tier=tier)

    known = [value for *_, value in expected if value is not None]
    total = f"**{ORDERS} orders, {math.fsum(known):,.0f}, the cost of {ORDERS - len(known)} is"
    assert total in texts(app)
    assert f"Orders 1 to 50 of {ORDERS}" in texts(app)
    on_paper = sorted((row[0].split(" ")[0], row[2], row[5]) for row in paper(app))
    assert on_paper == sorted(
        (
            item.replace("P0", "NC-P0"),
            f"{quantity:,.1f}".removesuffix(".0"),
            "–" if value is None else f"{value:,.2f}",
        )
        for item, quantity, _, value in expected
    )
