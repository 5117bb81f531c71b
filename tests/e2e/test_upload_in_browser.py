"""Uploading a publication in a real browser: refused, then sound, then active, in Portuguese."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from datalayer.kernel.contract.registry import Registry
from datalayer.kernel.storage.object_store import FolderStore
from tests.e2e.accessibility import violations
from tests.e2e.conftest import visiting
from tests.e2e.demonstrations import Served
from tests.e2e.visits import Visit
from tests.publisher import Publisher
from tests.zipping import folder_files, zipped


@pytest.fixture
def administrator(browser: Browser, served_small: Served) -> Iterator[Visit]:
    """A Brazilian's tab, signed in to the administration."""
    with visiting(browser, served_small, {"locale": "pt-BR"}) as visit:
        visit.open("/admin")
        visit.page.get_by_label("Usuário").fill("admin")
        visit.page.get_by_label("Senha", exact=True).fill(served_small.password)
        visit.page.get_by_role("button", name="Entrar").click()
        expect(visit.page.get_by_role("heading", name="Enviar novos resultados")).to_be_visible()
        expect(visit.page.locator("iframe")).to_have_count(0)
        visit.settle()
        yield visit


@pytest.fixture
def sound(publisher: Publisher, tmp_path: Path, registry: Registry) -> Path:
    """A zip of a publication that is newer than the active one, and not in the store."""
    elsewhere = Publisher(FolderStore(tmp_path / "elsewhere"), registry)
    later = publisher.latest.generated_at + timedelta(minutes=1)
    manifest = elsewhere.publish(generated_at=later, items=9)
    path = tmp_path / "resultados.zip"
    path.write_bytes(zipped(folder_files(elsewhere.store, manifest)))
    return path


def uploader(visit: Visit) -> Locator:
    return visit.page.get_by_test_id("stFileUploader")


def choose(visit: Visit, path: Path) -> None:
    visit.page.locator("input[type=file]").set_input_files(path)
    expect(uploader(visit).get_by_text(path.name)).to_be_visible()
    visit.settle()


def check(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Verificar o arquivo").click()
    visit.settle()


def test_a_refused_zip_is_told_and_a_sound_one_is_activated(
    administrator: Visit, sound: Path, tmp_path: Path
) -> None:
    page, bad = administrator.page, tmp_path / "nada.zip"
    bad.write_bytes(b"nothing")

    choose(administrator, bad)
    check(administrator)
    expect(page.get_by_text("O arquivo nada.zip não é um zip")).to_be_visible()
    expect(page.get_by_text("Nada dela ficou guardado")).to_be_visible()
    choose(administrator, sound)
    check(administrator)
    expect(page.get_by_role("heading", name="À espera de ativação")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Ativar", exact=True).click()

    expect(page.get_by_text("está ativa.").first).to_be_visible()
    expect(page.get_by_role("heading", name="À espera de ativação")).to_have_count(0)


def test_the_uploader_and_its_refusals_speak_portuguese(
    administrator: Visit, tmp_path: Path
) -> None:
    note = tmp_path / "nota.txt"
    note.write_text("x", encoding="utf-8")

    expect(uploader(administrator).get_by_text("Escolher o arquivo")).to_be_visible()
    expect(uploader(administrator).get_by_text("128MB no máximo")).to_be_visible()
    choose(administrator, note)

    expect(uploader(administrator).get_by_text("não são aceitos")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "portuguese", "english"),
    [
        (409, "Outro arquivo está chegando.", "Another file is arriving."),
        (413, "O arquivo é maior que o permitido.", "The file is larger than"),
        (408, "O arquivo não foi aceito (código 408).", "The file was not taken (code 408)."),
        (0, "A conexão caiu antes de", "The connection broke before"),
    ],
)
def test_a_file_that_did_not_arrive_is_told_in_our_words_in_both_languages(
    administrator: Visit, sound: Path, status: int, portuguese: str, english: str
) -> None:
    page = administrator.page
    page.route(
        "**/_stcore/upload_file/**",
        lambda route: route.fulfill(status=status) if status else route.abort(),
    )

    page.locator("input[type=file]").set_input_files(sound)

    expect(uploader(administrator).get_by_text(portuguese)).to_be_visible()
    expect(uploader(administrator).get_by_text("AxiosError")).to_have_count(0)
    page.evaluate("history.replaceState(null, '', '?lang=en'); document.body.append('')")
    expect(uploader(administrator).get_by_text(english)).to_be_visible()
    administrator.console_messages.clear()  # the browser's own, of the failure


def test_whoever_signed_out_elsewhere_is_told_to_sign_in_again(
    administrator: Visit, sound: Path
) -> None:
    administrator.page.context.clear_cookies()

    administrator.page.locator("input[type=file]").set_input_files(sound)

    told = uploader(administrator).get_by_text("Só um administrador conectado envia arquivos.")
    expect(told).to_be_visible()
    assert violations(administrator.page) == []
    uploader(administrator).get_by_text(sound.name).hover()
    expect(administrator.page.get_by_role("tooltip")).to_contain_text("Entre de novo.")
    assert told.evaluate("each => each.getBoundingClientRect().width > 200")
    administrator.console_messages.clear()  # the browser's own, of the refusal
