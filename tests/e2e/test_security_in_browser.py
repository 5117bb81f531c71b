"""What a browser is told and made to load: every page and the API's documentation."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.visits import Visit

PAGES = ["/", "/forecast", "/orders", "/changes", "/data", "/admin"]
THEMES = [{"color_scheme": "light"}, {"color_scheme": "dark"}]


@pytest.mark.parametrize(
    "visit", [{}, {"color_scheme": "dark"}], ids=["light", "dark"], indirect=True
)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_drawn_within_its_policy(visit: Visit, path: str) -> None:
    """The tab itself fails the test for an error in the console or a request elsewhere."""
    answer = visit.page.goto(visit.served.address + path)
    visit.settle()

    assert answer is not None
    headers = answer.all_headers()
    assert "default-src 'self'; script-src 'self'; " in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    expect(visit.page.get_by_role("heading").first).to_be_visible()


def test_the_documentation_is_drawn_within_its_policy(visit: Visit) -> None:
    answer = visit.page.goto(f"{visit.served.address}/api/v1/docs")

    assert answer is not None
    policy = answer.all_headers()["content-security-policy"]
    assert "script-src 'self';" in policy
    expect(visit.page.get_by_role("heading", name="Farol")).to_be_visible()
    expect(visit.page.locator(".opblock").first).to_be_visible()


def test_the_documentation_sends_a_call_and_shows_the_answer(visit: Visit) -> None:
    visit.page.goto(f"{visit.served.address}/api/v1/docs#/items/list_items")
    call = visit.page.locator("#operations-items-list_items")
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()

    expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("200")


@pytest.mark.parametrize(
    ("attempt", "directive"),
    [
        ("add('script', {src: 'http://127.0.0.2:9/elsewhere.js'})", "script-src-elem"),
        ("add('script', {text: '1'})", "script-src-elem"),
        ("add('img', {src: 'http://127.0.0.2:9/elsewhere.png'})", "img-src"),
        ("new WebSocket('ws://127.0.0.2:9/')", "connect-src"),
        ("fetch('http://127.0.0.2:9/').catch(() => {})", "connect-src"),
    ],
)
def test_what_is_not_the_portal_s_own_is_kept_out(
    visit: Visit, attempt: str, directive: str
) -> None:
    visit.open("/")

    blocked = visit.page.evaluate(
        f"""() => new Promise((found) => {{
            document.addEventListener("securitypolicyviolation",
                (event) => found(event.effectiveDirective));
            setTimeout(() => found("nothing"), 5000);
            const add = (name, more) =>
                document.head.append(Object.assign(document.createElement(name), more));
            try {{ {attempt} }} catch {{}}
        }})"""
    )

    assert blocked == directive
    # What the attempt itself left behind is what was to be shown.
    visit.console_messages.clear()
    visit.foreign_requests.clear()
