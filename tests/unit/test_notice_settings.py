"""Settings of notices: off unless all is set, one host by name, no secret ever shown."""

from __future__ import annotations

import base64

import pytest

from datalayer.kernel.errors import SettingsError
from datalayer.settings import Settings

KEY = bytes(range(100, 132))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
RIGHT = {
    "FAROL_PUBLIC_ORIGIN": "https://farol.example",
    "FAROL_WEBHOOK_HOSTS": "hooks.example, other.example",
    "FAROL_WEBHOOK_SECRET": SECRET,
    "FAROL_WEBHOOK_URL": "https://hooks.example/token-4711",
}


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FAROL_{name.upper()}", raising=False)


def loaded(monkeypatch: pytest.MonkeyPatch, **changed: str) -> Settings:
    for name, value in {**RIGHT, **changed}.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def fault(monkeypatch: pytest.MonkeyPatch, **changed: str) -> str:
    with pytest.raises(SettingsError) as raised:
        loaded(monkeypatch, **changed)
    (fault,) = raised.value.faults
    return fault


def test_nothing_is_sent_unless_it_is_set() -> None:
    assert Settings.load().webhook() is None


def test_all_that_is_needed_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch, FAROL_PATH_PREFIX="/f")

    assert settings.webhook() == {"url": RIGHT["FAROL_WEBHOOK_URL"], "key": KEY, "timeout_s": 10.0}
    assert settings.links_base == "https://farol.example/f"


def test_secret_and_address_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(monkeypatch)

    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "token-4711" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("name", ["FAROL_WEBHOOK_SECRET", "FAROL_PUBLIC_ORIGIN"])
def test_what_an_address_needs_is_asked_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert fault(monkeypatch, **{name: ""}) == (
        f"FAROL_WEBHOOK_URL is set, and {name}, which it needs, is not"
    )


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://elsewhere.example/", "leads to 'elsewhere.example', which FAROL_WEBHOOK_HOSTS"),
        ("https://sub.hooks.example/", "leads to 'sub.hooks.example'"),
        ("https://hooks.example.elsewhere.example/", "which FAROL_WEBHOOK_HOSTS does not name"),
        ("http://hooks.example/", "must begin with https://, unless FAROL_WEBHOOK_PLAIN_HTTP"),
        ("ftp://hooks.example/", "must be an address such as"),
        ("https:///path", "must be an address such as"),
        ("https://hooks.example:0/", "must be an address such as"),
        ("https://hooks.example:99999/", "must be an address such as"),
        ("https://elsewhere.example\\@hooks.example/", "must be an address such as"),
        ("https://ana:4711@hooks.example/", "has a user, a password"),
        ("https://hooks.example/#part", "has a user, a password"),
    ],
)
def test_an_address_that_is_not_allowed_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, url: str, told: str
) -> None:
    found = fault(monkeypatch, FAROL_WEBHOOK_URL=url)

    assert told in found
    assert "4711" not in found


def test_plain_http_can_be_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = loaded(
        monkeypatch,
        FAROL_WEBHOOK_URL="http://hooks.example:8080/",
        FAROL_WEBHOOK_PLAIN_HTTP="true",
    )

    assert settings.webhook() is not None


@pytest.mark.parametrize(
    "secret",
    [
        base64.b64encode(KEY).decode(),
        "whsec_",
        "whsec_" + base64.b64encode(KEY[:23]).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_not*base64",
    ],
)
def test_a_secret_of_another_form_is_a_fault(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(monkeypatch, FAROL_WEBHOOK_SECRET=secret)

    (found,) = raised.value.faults
    assert "FAROL_WEBHOOK_SECRET must be whsec_ and 24 to 64 random bytes in Base64" in found
    assert secret.removeprefix("whsec_")[:8] not in found or secret == "whsec_"


def test_a_secret_that_can_be_guessed_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="fewer than 8 different characters"):
        loaded(monkeypatch, FAROL_WEBHOOK_SECRET=f"whsec_{base64.b64encode(bytes(32)).decode()}")


@pytest.mark.parametrize("origin", ["farol.example", "https://farol.example/f", "https://Farol.x"])
def test_an_origin_with_a_path_or_without_a_scheme_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    with pytest.raises(SettingsError, match="without a path"):
        loaded(monkeypatch, FAROL_PUBLIC_ORIGIN=origin)


def test_hosts_are_names_and_no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"has '\*\.example'"):
        loaded(monkeypatch, FAROL_WEBHOOK_HOSTS="hooks.example, *.example")
