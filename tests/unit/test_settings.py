"""Settings: read from the environment, every fault at once, secrets kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalayer.kernel.errors import SettingsError
from datalayer.settings import Settings
from tests.signing import KEY, write_trusted


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FAROL_{name.upper()}", raising=False)


def faults(monkeypatch: pytest.MonkeyPatch, **variables: str) -> tuple[str, ...]:
    """Return what is wrong with these settings."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as raised:
        Settings.load()
    return raised.value.faults


def test_nothing_has_to_be_set() -> None:
    settings = Settings.load()

    assert settings.store == "exports/ml_results"
    assert settings.state == Path("var")
    assert settings.redis_url is None


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_REDIS_URL", "")
    monkeypatch.setenv("FAROL_KEEP_SNAPSHOTS", "")

    settings = Settings.load()

    assert settings.redis_url is None
    assert settings.keep_snapshots == 5


def test_every_fault_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults(
        monkeypatch,
        FAROL_STORE="s3://farol/x",
        FAROL_KEEP_SNAPSHOTS="1",
        FAROL_CACHE_BYTES="much",
        FAROL_MEMORY_LIMIT="lots",
        FAROL_LOG_LEVEL="LOUD",
        FAROL_REDIS_URL="localhost:6379",
    )

    assert {fault.split()[0] for fault in found} == {
        "FAROL_S3_ENDPOINT",
        "FAROL_S3_ACCESS_KEY",
        "FAROL_S3_SECRET_KEY",
        "FAROL_KEEP_SNAPSHOTS",
        "FAROL_CACHE_BYTES",
        "FAROL_MEMORY_LIMIT",
        "FAROL_LOG_LEVEL",
        "FAROL_REDIS_URL",
    }


def test_a_fault_names_what_was_found_and_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert faults(monkeypatch, FAROL_MEMORY_LIMIT="lots") == (
        "FAROL_MEMORY_LIMIT is 'lots'; it must be an amount such as 512MiB or 2GB",
    )


def test_too_little_memory_to_work_with_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults(monkeypatch, FAROL_MEMORY_LIMIT="1KB") == (
        "FAROL_MEMORY_LIMIT is '1KB'; it must be an amount such as 512MiB or 2GB, 64MiB or more",
    )


@pytest.mark.parametrize("store", ["http://store/x", "gs://bucket", "s3:///x"])
def test_a_store_of_an_unknown_kind_is_a_fault(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    (fault,) = faults(monkeypatch, FAROL_STORE=store)

    assert fault == f"FAROL_STORE is {store!r}; it must be a folder or s3://bucket/prefix"


def test_an_endpoint_with_a_scheme_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults(monkeypatch, FAROL_S3_ENDPOINT="https://store:9000")

    assert "must be host:port, without https://" in fault


def test_an_authority_that_is_no_file_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults(monkeypatch, FAROL_S3_CA_FILE="/nowhere/ca.pem")

    assert fault == "FAROL_S3_CA_FILE is '/nowhere/ca.pem', which is no file; it must be a PEM file"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_S3_ACCESS_KEY", "hush-access")
    monkeypatch.setenv("FAROL_S3_SECRET_KEY", "hush-f2a8630e7c1d94")
    monkeypatch.setenv("FAROL_REDIS_URL", "redis://:hush-94f2a8630e7c1d@cache:6379/0")

    shown = f"{Settings.load()!r} {Settings.load()} {Settings.load().model_dump_json()}"

    assert "hush" not in shown


def test_secrets_are_not_shown_in_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = faults(monkeypatch, FAROL_REDIS_URL="http://:hush@cache")

    assert fault == "FAROL_REDIS_URL must begin with redis://, rediss:// or unix://"


@pytest.mark.parametrize("port", ["none", "0", "99999"])
def test_a_port_of_the_cache_that_is_none_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    (fault,) = faults(monkeypatch, FAROL_REDIS_URL=f"redis://:hush@cache:{port}/0")

    assert fault == "FAROL_REDIS_URL has a port that is not a number from 1 to 65535"


@pytest.mark.parametrize(
    "address",
    [
        "redis://127.0.0.1:6379/0",
        "redis://[::1]:6379/0",
        "redis://localhost/0",
        "unix:///run/redis.sock",
        "redis://:94f2a8630e7c1d5b@cache:6379/0",
        "rediss://portal:94f2a8630e7c1d5b@cache:6379/0",
        "redis://cache:6379/0?password=94f2a8630e7c1d5b",
    ],
)
def test_a_redis_with_a_strong_password_or_on_this_host_is_accepted(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("FAROL_REDIS_URL", address)

    assert Settings.load().redis_url


@pytest.mark.parametrize(
    "address", ["redis://cache:6379/0", "redis://portal:@cache/0", "redis://10.0.0.7/0"]
)
def test_a_redis_of_another_host_needs_a_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    (fault,) = faults(monkeypatch, FAROL_REDIS_URL=address)

    assert fault.startswith("FAROL_REDIS_URL has no password, and whoever reaches Redis may switch")


@pytest.mark.parametrize(
    "address",
    ["redis://:redis@cache/0", "redis://127.0.0.1/0?password=pw", "unix:///r?password=ab"],
)
def test_a_weak_password_of_redis_is_refused_wherever_it_is(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    (fault,) = faults(monkeypatch, FAROL_REDIS_URL=address)

    assert fault.startswith("FAROL_REDIS_URL has a password that has fewer than 16 characters;")


def test_an_address_of_redis_that_is_no_single_word_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (fault,) = faults(monkeypatch, FAROL_REDIS_URL="redis://:94f2a8630e7c1d5b@cache/0\nmore")

    assert fault.startswith("FAROL_REDIS_URL has a blank, a line break")
    assert "94f2a8630e7c1d5b" not in fault


def test_secrets_are_read_from_the_folder_of_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "farol_redis_url").write_text("redis://:94f2a8630e7c1d5b@cache:6379/0\n")
    monkeypatch.setenv("FAROL_SECRETS", str(tmp_path))

    redis_url = Settings.load().redis_url

    assert redis_url
    assert redis_url.get_secret_value() == "redis://:94f2a8630e7c1d5b@cache:6379/0"


def test_an_s3_store_with_its_keys_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_STORE", "s3://farol/ml_results")
    monkeypatch.setenv("FAROL_S3_ENDPOINT", "store:9000")
    monkeypatch.setenv("FAROL_S3_ACCESS_KEY", "a")
    monkeypatch.setenv("FAROL_S3_SECRET_KEY", "5b0e7c1d94f2a863")
    monkeypatch.setenv("FAROL_S3_SECURE", "false")

    settings = Settings.load()

    assert settings.s3_secret_key is not None
    assert settings.s3_secret_key.get_secret_value() == "5b0e7c1d94f2a863"
    assert settings.s3_secure is False


@pytest.mark.parametrize("prefix", ["/farol", "farol", "/farol/", "farol/"])
def test_a_prefix_is_the_same_however_its_slashes_are_written(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv("FAROL_PATH_PREFIX", prefix)

    assert Settings.load().path_prefix == "/farol"


def test_a_slash_alone_is_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_PATH_PREFIX", "/")

    assert Settings.load().path_prefix == ""


@pytest.mark.parametrize(
    "prefix",
    [
        "https://farol.example/x",
        "/a b",
        "/a?b",
        "/a//b",
        "/a/../b",
        "/.",
        "/ação",
        "/api",
        "/data/x",
    ],
)
def test_what_can_be_no_prefix_is_a_fault(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    (fault,) = faults(monkeypatch, FAROL_PATH_PREFIX=prefix)

    assert fault.startswith(f"FAROL_PATH_PREFIX is {prefix!r}")
    assert "/farol" in fault


@pytest.mark.parametrize("hosts", ["https://farol.example", "farol.example:8501", "a, b/c", "*x"])
def test_a_name_with_more_than_a_name_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, hosts: str
) -> None:
    (fault,) = faults(monkeypatch, FAROL_ALLOWED_HOSTS=hosts)

    assert "names by comma, without scheme and port" in fault


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        ("https://bi.example.com/", "origins by comma"),
        ("bi.example.com", "origins by comma"),
        ("https://BI.example.com", "origins by comma"),
        ("https://*.example.com", "origins by comma"),
        ("null", "origins by comma"),
        ("ftp://bi.example.com", "origins by comma"),
        ("https://bi.example.com\nX: y", "origins by comma"),
    ],
)
def test_what_is_no_origin_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, origins: str, expected: str
) -> None:
    (fault,) = faults(monkeypatch, FAROL_CORS_ORIGINS=origins)

    assert fault.startswith("FAROL_CORS_ORIGINS has ")
    assert expected in fault


def test_a_portal_for_members_is_not_open_to_pages_of_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (fault,) = faults(monkeypatch, FAROL_CORS_ORIGINS="*", FAROL_ACCESS="members")

    assert "FAROL_ACCESS is members" in fault


def test_origins_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAROL_CORS_ORIGINS", " https://a.example , http://[::1]:3000,")

    assert Settings.load().shared_origins == ("https://a.example", "http://[::1]:3000")


def test_trusted_keys_are_read_at_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAROL_TRUSTED_KEYS", str(write_trusted(tmp_path / "keys.pem", KEY)))

    read = Settings.load().trusted_keys_reader()
    trusted = read() if read else None

    assert trusted is not None
    assert trusted.keyids == (KEY.keyid,)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "which can't be read: No such file or directory"),
        ("", "which is empty; it must be the PEM file of an Ed25519 public key"),
        (
            KEY.private_pem(),
            "which holds PRIVATE KEY; it must be the PEM file of an Ed25519 public",
        ),
        ("ssh-ed25519 AAAA", "which holds no PEM block; it must be the PEM file of an Ed25519"),
    ],
)
def test_what_holds_no_public_keys_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "keys.pem"
    if content is not None:
        path.write_text(content)

    (fault,) = faults(monkeypatch, FAROL_TRUSTED_KEYS=str(path))

    assert fault.startswith(f"FAROL_TRUSTED_KEYS names '{path}', {said}")
