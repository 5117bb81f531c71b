"""What a planner and an administrator do with the portal, done in a real browser on real data."""

from __future__ import annotations

import csv
import json
import re
import shutil
import urllib.request
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demonstrations import ML_PYTHON, Served
from tests.e2e.visits import Visit
from tests.integration.servers import wait_until

CHART = ".js-plotly-plot .main-svg"
PART = "85123A"


def manifest_of(served: Served) -> dict[str, object]:
    """Return the manifest of the store's latest publication."""
    found: dict[str, object] = json.loads((served.store / "metadata.json").read_bytes())
    return found


def answer(served: Served, path: str) -> dict[str, object]:
    """Return what the API answers."""
    with urllib.request.urlopen(served.address + path, timeout=30) as response:
        found: dict[str, object] = json.load(response)
    return found


def publish_another(served: Served, folder: Path) -> str:
    """Publish the latest results once more, as made an hour later by another model version."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in manifest_of(served)["files"]:  # type: ignore[attr-defined]
        table = pq.read_table(served.store / file["path"])
        hour = pa.scalar(timedelta(hours=1), pa.duration("us"))
        later = pc.add(table["generated_at"], hour)
        table = table.set_column(
            table.schema.get_field_index("generated_at"), "generated_at", later
        )
        if "model_version" in table.column_names:
            column = pa.array(["second"] * table.num_rows)
            place = table.schema.get_field_index("model_version")
            table = table.set_column(place, "model_version", column)
        pq.write_table(table, folder / f"{file['data_set']}.parquet")
    served.command("ml_jobs", "publish", str(folder), "--to", str(served.store), python=ML_PYTHON)
    return str(manifest_of(served)["publication_id"])


def sign_in(visit: Visit, password: str) -> None:
    visit.page.get_by_label("User name").fill("admin")
    visit.page.get_by_label("Password", exact=True).fill(password)
    visit.page.get_by_role("button", name="Sign in").click()


def sign_in_as_administrator(visit: Visit) -> set[str]:
    """Sign in, and return the names of our cookies once nothing is drawn for them any more.

    The page's script has ended before the frames that write them are loaded, and their answers
    draw the page anew: what is clicked meanwhile may be a button that is just being replaced.
    """
    sign_in(visit, visit.served.password)
    expect(visit.page.get_by_role("heading", name="Kept publications")).to_be_visible()
    wait_until(
        lambda: len(our_cookies(visit)) == 2, within_s=30, problem="the cookies were not written"
    )
    expect(visit.page.locator("iframe")).to_have_count(0)
    visit.settle()
    return set(our_cookies(visit))


def our_cookies(visit: Visit) -> dict[str, str]:
    """Return by name to which sites' requests the browser adds each of our cookies."""
    cookies = {each["name"]: each["sameSite"] for each in visit.page.context.cookies()}
    return {name: rule for name, rule in cookies.items() if name.startswith("farol_")}


def has_caption(page: Page, model_version: str) -> None:
    """Expect a caption that names when, by which model and from which data."""
    pattern = rf"Generated .+UTC.+{re.escape(model_version)}.+online-retail-demo"
    expect(page.get_by_text(re.compile(pattern)).first).to_be_visible()


def test_the_first_page_says_what_to_do_and_where_that_comes_from(visit: Visit) -> None:
    visit.open("/")

    expect(visit.page.get_by_role("heading", name="What to do")).to_be_visible()
    has_caption(visit.page, str(manifest_of(visit.served)["model_version"]))
    expect(visit.page.get_by_text("9 Dec 2011").first).to_be_visible()


def test_a_planner_finds_a_part_and_sees_its_forecast_with_a_caption(visit: Visit) -> None:
    visit.open("/forecast")

    box = visit.page.get_by_role("searchbox", name="Find a part")
    box.fill(PART)
    link = visit.page.get_by_role("link", name=re.compile(PART)).first
    expect(link).to_be_visible()
    expect(box).to_have_value(PART)
    link.click()
    expect(visit.page).to_have_url(re.compile(f"item={PART}"))
    visit.settle()

    expect(visit.page.locator(CHART).first).to_be_visible()
    has_caption(visit.page, str(manifest_of(visit.served)["model_version"]))


def test_a_half_remembered_part_is_found_by_keyboard(visit: Visit) -> None:
    visit.open("/forecast")
    box = visit.page.get_by_role("searchbox", name="Find a part")

    box.focus()
    visit.page.keyboard.type("hart  hangign")
    link = visit.page.get_by_role("link", name=re.compile(PART))
    expect(link).to_be_visible()
    expect(visit.page).to_have_url(re.compile("q=hart"))
    for _ in range(3):
        visit.page.keyboard.press("Tab")
        if link.evaluate("each => each === document.activeElement"):
            break
    visit.page.keyboard.press("Enter")

    expect(visit.page).to_have_url(re.compile(f"item={PART}(?!.*q=)"))
    expect(visit.page.get_by_role("heading", name=re.compile(PART))).to_be_visible()
    expect(box).to_have_value("")


def test_the_download_holds_exactly_the_rows_that_are_drawn(visit: Visit, tmp_path: Path) -> None:
    visit.open(f"/forecast?item={PART}&span=all")
    chart = visit.page.locator(".st-key-farol-chart-use")
    expect(chart.locator(CHART).first).to_be_visible()
    bars = chart.locator(".js-plotly-plot").evaluate(
        "plot => plot.calcdata.find(trace => trace[0].trace.type === 'bar').map(bar => bar.s)"
    )

    chart.get_by_text("Table, files and call").click()
    with visit.page.expect_download() as download:
        chart.get_by_role("link", name="These rows (CSV)").click()
    download.value.save_as(tmp_path / "use.csv")

    with (tmp_path / "use.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    used = {row["date"]: float(row["actual"]) for row in rows if row["actual"]}
    assert [used[date] for date in sorted(used)] == pytest.approx(bars, rel=1e-6)
    sources = "&".join(f"source={source}" for source in sorted({row["source"] for row in rows}))
    path = f"/api/v1/datasets/fact_period/rows?item_id={PART}&{sources}&limit=10000"
    served = answer(visit.served, path)["data"]
    assert [(row["date"], row["source"]) for row in rows] == [
        (row["date"], row["source"])
        for row in served  # type: ignore[attr-defined]
    ]
    assert str(manifest_of(visit.served)["publication_id"]) in download.value.suggested_filename


def test_a_link_to_an_unknown_part_is_answered_with_parts_that_exist(visit: Visit) -> None:
    visit.open("/forecast?item=85123")

    visit.page.get_by_role("link", name=PART).click()

    expect(visit.page).to_have_url(re.compile(f"item={PART}"))
    expect(visit.page.locator(CHART).first).to_be_visible()


@pytest.mark.parametrize("page", ["", "forecast", "data", "admin"])
@pytest.mark.parametrize(
    "visit",
    [
        {"locale": "pt-BR", "color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
        {"locale": "en-GB", "color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    ],
    ids=["pt-dark", "en-light"],
    indirect=True,
)
def test_a_page_fits_a_narrow_screen(visit: Visit, page: str) -> None:
    visit.open(f"/{page}")

    expect(visit.page.locator("[data-testid=stHeading]").first).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("visit", [{"locale": "pt-BR"}], ids=["pt"], indirect=True)
def test_a_brazilian_browser_is_spoken_to_in_portuguese(visit: Visit) -> None:
    visit.open(f"/forecast?item={PART}")

    expect(visit.page.get_by_role("heading", name="Peça")).to_be_visible()
    expect(visit.page.get_by_text(re.compile("Gerado em .+UTC−3")).first).to_be_visible()
    expect(visit.page.get_by_text("09/12/2011").first).to_be_visible()


def test_the_data_page_offers_the_whole_data_set(visit: Visit, tmp_path: Path) -> None:
    visit.open("/data?dataset=fact_inventory")

    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download these rows").click()
    download.value.save_as(tmp_path / "extract.csv")

    files = {file["data_set"]: file for file in manifest_of(visit.served)["files"]}  # type: ignore[attr-defined]
    with (tmp_path / "extract.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == files["fact_inventory"]["rows"]


def test_a_wrong_password_is_refused(visit: Visit) -> None:
    visit.open("/admin")

    sign_in(visit, "not the password")

    expect(visit.page.get_by_text(re.compile("name or (the )?password", re.I))).to_be_visible()
    expect(visit.page.get_by_role("button", name="Activate")).to_have_count(0)


def test_signing_in_leaves_cookies_that_go_to_this_site_alone(visit: Visit) -> None:
    visit.open("/admin")

    names = sign_in_as_administrator(visit)

    assert "farol_session" in names
    assert set(our_cookies(visit).values()) == {"Strict"}


def confirm_what_stands_out(visit: Visit) -> None:
    """Tick that what stands out in the effect was looked at, if anything does."""
    visit.settle()
    for box in visit.page.get_by_text("I have looked at that").all():
        box.click()
    visit.settle()


def test_an_admin_activates_a_second_publication_and_rolls_back(
    visit: Visit, tmp_path: Path
) -> None:
    served = visit.served
    first = str(answer(served, "/health")["publication_id"])
    second = publish_another(served, tmp_path / "second")
    visit.open("/admin")
    sign_in_as_administrator(visit)

    visit.page.get_by_role("button", name="Check it").click()
    expect(visit.page.get_by_text(re.compile("The candidate keeps the contract"))).to_be_visible()
    confirm_what_stands_out(visit)
    visit.page.get_by_role("button", name="Activate").click()
    expect(visit.page.get_by_text(re.compile(f"{second}.* is active since"))).to_be_visible()
    activated = answer(served, "/health")["publication_id"]

    visit.page.get_by_role("button", name="Roll back").click()
    visit.page.get_by_role("button", name="Roll back now").click()
    expect(visit.page.get_by_text(re.compile(f"{first}.* is active since"))).to_be_visible()
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.get_by_label("User name")).to_be_visible()

    assert activated == second
    assert answer(served, "/health")["publication_id"] == first


def test_a_switch_on_the_command_line_reaches_the_open_portal(visit: Visit) -> None:
    served = visit.served
    before = answer(served, "/health")["publication_id"]
    visit.open("/")

    served.command("datalayer", "activate")
    visit.page.reload()
    visit.settle()

    latest = manifest_of(served)
    has_caption(visit.page, str(latest["model_version"]))
    assert answer(served, "/health")["publication_id"] == latest["publication_id"] != before


def test_the_server_met_no_error_all_the_while(served: Served) -> None:
    assert "Traceback" not in served.log.read_text()
    assert '"level": "error"' not in served.log.read_text()
