"""The frame: language, the publication of a run, its age, and what a user sees of an error."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from streamlit.web.server.app_discovery import discover_asgi_app

from datalayer import runtime
from datalayer.portal import FreshnessState, Publication
from pages.components import index_page
from tests.pages.conftest import ADMIN, OpenPage, texts
from tests.publisher import Publisher

ROOT = Path(__file__).parents[2]


def documents(*paths: str) -> list[str]:
    """Return what a server with the pages' routes answers, compressed on the way."""
    routes = index_page.routes(lambda _: False)
    app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])

    async def asked() -> list[str]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return [(await client.get(path)).raise_for_status().text for path in paths]

    return asyncio.run(asked())


def activate(publisher: Publisher, **options: object) -> str:
    manifest = publisher.publish(**options)
    runtime.portal().activate(ADMIN)
    return manifest.publication_id


def test_nothing_published_tells_how_to_publish(open_page: OpenPage) -> None:
    app = open_page()

    assert not app.exception
    assert "Ainda não há o que mostrar" in texts(app)
    assert "python -m ml_jobs forecast" in texts(app)


@pytest.mark.usefixtures("active")
def test_the_browsers_language_is_spoken(open_page: OpenPage) -> None:
    assert open_page(locale="pt-PT").title[0].value == "O que fazer"
    assert open_page(locale="de-DE").title[0].value == "What to do"


@pytest.mark.usefixtures("active")
def test_the_address_has_the_last_word_on_language(open_page: OpenPage) -> None:
    assert open_page(locale="pt-BR", lang="en").title[0].value == "What to do"
    assert open_page(locale="en-US", lang="pt-BR").title[0].value == "O que fazer"


@pytest.mark.usefixtures("active")
def test_a_chosen_language_stays_from_page_to_page(open_page: OpenPage) -> None:
    app = open_page(locale="pt-BR", lang="en")

    app.switch_page("forecast.py").run()

    assert app.title[0].value == "Part"
    assert app.query_params["lang"] == "en"


@pytest.mark.usefixtures("active")
def test_choosing_a_language_puts_it_into_the_address(open_page: OpenPage) -> None:
    app = open_page(locale="pt-BR")

    app.sidebar.segmented_control[0].set_value("en").run()

    assert app.title[0].value == "What to do"
    assert app.query_params["lang"] == "en"


@pytest.mark.usefixtures("active")
def test_fresh_results_say_so(open_page: OpenPage) -> None:
    app = open_page()

    assert "Atualizado" in texts(app)
    assert not app.warning


def test_stale_results_warn(open_page: OpenPage, publisher: Publisher, fresh: datetime) -> None:
    activate(publisher, generated_at=fresh - timedelta(days=400))

    app = open_page()

    assert "Desatualizado" in texts(app)
    assert "estão desatualizados" in app.warning[0].value


@pytest.mark.usefixtures("active")
def test_the_three_clocks_are_told_apart(open_page: OpenPage) -> None:
    clocks = texts(open_page())

    assert "Dados até:" in clocks
    assert "Gerado em:" in clocks
    assert "Carregado aqui em:" in clocks


def test_demonstration_data_are_called_that(
    open_page: OpenPage, publisher: Publisher, fresh: datetime
) -> None:
    activate(publisher, generated_at=fresh, lineage={"demonstration": True})

    app = open_page()

    assert "Dados de demonstração" in texts(app)


def test_synthetic_data_are_called_that(
    open_page: OpenPage, publisher: Publisher, fresh: datetime
) -> None:
    lineage = {"demonstration": True, "synthetic": True}
    activate(publisher, generated_at=fresh, lineage=lineage)

    app = open_page()

    assert "Dados de demonstração sintéticos" in texts(app)
    assert "Nada aqui é real" in texts(app)


@pytest.mark.usefixtures("active")
def test_other_data_are_not_called_a_demonstration(open_page: OpenPage) -> None:
    assert "demonstração" not in texts(open_page())


def test_a_pinned_link_shows_its_publication_after_a_switch(
    open_page: OpenPage, active: Publisher, fresh: datetime
) -> None:
    pinned = active.published[0].publication_id
    newer = activate(active, generated_at=fresh + timedelta(minutes=5), salt="other")

    app = open_page(p=pinned)

    assert f"fixada na publicação {pinned}" in texts(app)
    assert newer not in texts(app)


def test_leaving_a_pin_shows_the_active_publication(
    open_page: OpenPage, active: Publisher, fresh: datetime
) -> None:
    pinned = active.published[0].publication_id
    newer = activate(active, generated_at=fresh + timedelta(minutes=5), salt="other")
    app = open_page(p=pinned)

    next(b for b in app.button if b.label == "Mostrar a publicação ativa").click().run()

    assert newer in texts(app)
    assert "p" not in app.query_params


def test_a_page_that_is_drawn_anew_after_a_switch_says_so_once(
    open_page: OpenPage, active: Publisher, fresh: datetime
) -> None:
    app = open_page()
    newer = activate(active, generated_at=fresh + timedelta(minutes=5), salt="other")

    after_the_switch = texts(app.run())
    later = texts(app.run())

    assert newer in after_the_switch
    assert "Chegou uma nova publicação" in after_the_switch
    assert "Chegou uma nova publicação" not in later


def test_a_page_that_shows_the_active_publication_is_not_called_pinned(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page(p=active.published[0].publication_id)

    assert "fixada" not in texts(app)


def test_a_link_to_a_publication_not_kept_offers_the_active_one(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page(p="20200101T000000Z-00000000")

    assert "não está guardada aqui" in app.warning[0].value
    assert [button.label for button in app.main.button] == ["Mostrar a publicação ativa"]
    shown = app.main.button[0].click().run()
    assert active.published[0].publication_id in texts(shown)


def test_a_link_to_a_publication_not_kept_offers_the_nearest_one(
    open_page: OpenPage, active: Publisher, fresh: datetime
) -> None:
    nearest = active.published[0].publication_id
    activate(active, generated_at=fresh + timedelta(minutes=5), salt="other")
    app = open_page(p="20200101T000000Z-00000000")

    shown = app.main.button[0].click().run()

    assert shown.query_params["p"] == nearest
    assert f"fixada na publicação {nearest}" in texts(shown)


@pytest.mark.usefixtures("active")
@pytest.mark.parametrize("wanted", ["klingon", "português", "<b>x</b>", "*a* $b$"])
def test_a_language_that_is_not_spoken_is_named_and_the_page_is_shown(
    open_page: OpenPage, wanted: str
) -> None:
    app = open_page(lang=wanted)

    said = re.sub(r"\\(.)", r"\1", app.warning[0].value)
    assert f"No endereço, lang é “{wanted}”; deveria ser en / pt_BR" in said
    assert app.title[0].value == "O que fazer"


def test_the_link_that_shares_a_view_names_its_publication_and_keeps_the_rest(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("forecast.py", item="P00002", lang="en")

    pinned = active.published[0].publication_id
    body = app.get("html")[0].proto.body
    assert f'href="?item=P00002&amp;lang=en&amp;p={pinned}"' in body


def test_a_link_that_shares_a_view_lets_nothing_of_the_address_become_markup(
    open_page: OpenPage, active: Publisher
) -> None:
    app = open_page("forecast.py", item='"><script>alert(1)</script>')

    shared = [each.proto.body for each in app.get("html") if "farol-share" in each.proto.body]
    assert shared
    assert not any("<script" in body for body in shared)


@pytest.mark.usefixtures("active")
def test_a_recent_run_on_old_demand_is_not_called_up_to_date(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Publication, "data_freshness", lambda _: FreshnessState.STALE)

    app = open_page()

    assert "Atualizado" not in texts(app)
    assert "o que foi usado desde então não está contado" in app.warning[0].value


def test_data_sets_that_a_publication_leaves_out_are_named(
    open_page: OpenPage, publisher: Publisher, fresh: datetime
) -> None:
    tables = publisher.tables(generated_at=fresh)
    del tables["fact_action"]
    activate(publisher, generated_at=fresh, tables=tables)

    app = open_page()

    assert "Não está nesta publicação:" in texts(app)


@pytest.mark.parametrize("path", index_page.PATHS)
def test_every_page_starts_with_its_server_and_chart_code_named(path: str) -> None:
    document = documents(path)[0]

    assert '<script src="./app/static/start.js"></script>' in document
    assert "/PlotlyChart." in document.split("modulepreload")[1]


def test_the_same_page_is_answered_again_and_again() -> None:
    answers = documents("/forecast", "/forecast", "/forecast")

    assert len(set(answers)) == 1


def test_streamlit_and_uvicorn_both_find_the_application() -> None:
    found = discover_asgi_app(ROOT / "app.py")

    assert found.import_string == "app:app"


@pytest.mark.usefixtures("active")
def test_an_unforeseen_error_shows_a_reference_that_the_log_has_and_no_trace(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError("secret inner workings")

    monkeypatch.setattr("datalayer.reading.questions.actions.ranks", broken)

    app = open_page()

    shown = app.error[0].value
    reference = shown.split("**")[1]
    assert not app.exception
    assert "secret inner workings" not in texts(app)
    logged = capsys.readouterr()
    assert reference in logged.out + logged.err


@pytest.mark.parametrize("page", ["monday.py", "forecast.py", "data.py"])
def test_damaged_files_show_a_reference_that_the_log_has_and_nothing_of_the_database(
    active: Publisher,
    state: Path,
    open_page: OpenPage,
    capsys: pytest.CaptureFixture[str],
    page: str,
) -> None:
    for file in state.rglob("*.parquet"):
        file.chmod(0o600)
        file.write_bytes(b"PAR1 and no more")

    app = open_page(page, locale="en-US")

    shown = app.error[0].value
    assert "to fetch it anew" in shown
    assert "magic bytes" not in shown
    logged = capsys.readouterr()
    assert shown.split("**")[1] in logged.out + logged.err


@pytest.mark.usefixtures("active")
def test_what_who_asked_can_mend_alone_needs_no_reference(open_page: OpenPage) -> None:
    app = open_page("data.py", locale="en-US", dataset="fact_0")

    told = [each.value for each in (*app.error, *app.warning)]
    assert told
    assert not any("the log" in each for each in told)


def test_settings_that_are_wrong_are_told_in_a_sentence(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAROL_CACHE_BYTES", "plenty")
    monkeypatch.setattr("datalayer.runtime._portal", None)

    app = open_page()

    assert not app.exception
    assert "FAROL_CACHE_BYTES" in app.error[0].value.replace("\\", "")


@pytest.mark.usefixtures("active")
def test_a_page_whose_reads_take_long_shows_that_it_is_on_its_way(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    begun = st.skeleton

    def noted(height: int) -> object:
        shown.append(height)
        return begun(height=height)

    monkeypatch.setattr(st, "skeleton", noted)

    app = open_page()
    assert len(shown) == 1
    app.run()
    assert len(shown) == 1
    app.switch_page("data.py").run()
    assert len(shown) == 2
