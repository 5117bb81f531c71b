"""The frame around every page: the publication of this run, its age, and the one error notice."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlencode

import streamlit as st
import structlog

from datalayer.kernel.errors import (
    NothingPublished,
    PortalError,
    SignInRequired,
    UnknownPublication,
)
from datalayer.portal import ANYONE, FreshnessState, Publication, Role
from datalayer.runtime import portal
from pages.components import access, captions, language
from pages.components.language import _, ago, day, error_text, moment

STATIC: Final = Path(__file__).resolve().parent.parent / "static"
SIDEBAR_WIDTH: Final = 240
_PUBLICATION: Final = "farol.publication"
_KEPT: Final = "farol.parameters"
_STAYS: Final = ("lang", "p")
_OF_A_PUBLICATION: Final = ("p", "ticked", "rows")
_PINNED: Final = "farol.pinned"

log = structlog.get_logger(__name__)


def begin() -> None:
    """Fix language and publication for this run, before anything is drawn.

    ``?lang=`` and ``?p=`` stay with a session when it goes from page to page; every other
    parameter belongs to one page.
    """
    kept = st.session_state.setdefault(_KEPT, {})
    for name in _STAYS:
        if name in st.query_params:
            kept[name] = st.query_params[name]
        elif name in kept:
            st.query_params[name] = kept[name]
    language.speak(language.of_address() or language.of_browser())
    st.session_state.pop(_PUBLICATION, None)
    captions.begin()


def publication() -> Publication:
    """Return the publication of this run: every read of one run, and of its fragments, is of it.

    It is opened when first asked for, so that administrators reach their page without one.

    Raises:
        SignInRequired: The portal is for its members, and nobody is signed in.
        NothingPublished: No publication is active.
        UnknownPublication: The link pins one that is not kept here.
    """
    visitor = access.identity()
    if _PUBLICATION not in st.session_state or st.session_state[_PUBLICATION][0] != visitor:
        # A fragment runs long after its page: what is open for a session closes with it.
        st.session_state.pop(_PUBLICATION, None)
        st.session_state[_PUBLICATION] = (visitor, portal().open(st.query_params.get("p"), visitor))
    return cast("Publication", st.session_state[_PUBLICATION][1])


def must_sign_in() -> bool:
    """Return True if the visitor must sign in before anything is shown."""
    return portal().members_only and access.identity() == ANYONE


def may_administer() -> bool:
    """Return True if the visitor is an administrator, or has not signed in yet."""
    visitor = access.identity()
    return visitor == ANYONE or visitor.role is Role.ADMIN


def sign_in_page() -> None:
    """Draw what a portal for members shows to who is not signed in, on whichever page."""
    st.title(_("Sign in"), anchor=False)
    st.write(_("This portal is for its members."))
    access.sign_in_form()


def header(title: str) -> None:
    """Draw a page's title and how old what it shows is; the three clocks are told apart."""
    shown = publication()
    provenance = shown.provenance(("fact_forecast",))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        through = _("Data through **{day}**").format(day=day(provenance.data_through))
        st.markdown(f"{_freshness_badge(worst_freshness(shown))} {through}", width="content")
        generated = _("generated {ago}").format(ago=ago(provenance.generated_at))
        with st.popover(generated, type="tertiary"):
            _clocks(shown)
    _notices(shown)


def worst_freshness(shown: Publication) -> FreshnessState:
    """Return the state of the least fresh data set."""
    return max(shown.freshness().values(), key=list(FreshnessState).index)


def sidebar() -> None:
    """Draw what stands under the navigation: language, and who is signed in."""
    with st.sidebar:
        st.segmented_control(
            _("Language"),
            language.LANGUAGES,
            key=_chosen_language_key(),
            default=language.current(),
            required=True,
            format_func={"pt_BR": "Português", "en": "English"}.__getitem__,
            on_change=_choose_language,
            label_visibility="collapsed",
        )
        signed_in = access.identity()
        if signed_in != ANYONE:
            st.caption(_("Signed in as {name}").format(name=signed_in.name))
            access.sign_out_button()


@contextmanager
def guard(page: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into a notice; nothing of it reaches a user raw."""
    try:
        yield
    except SignInRequired:
        st.rerun()  # the session ended while the page was drawn; the next run asks to sign in
    except NothingPublished as error:
        _nothing_published(error)
    except UnknownPublication as error:
        _unknown_publication(error)
    except PortalError as error:
        log.warning("page.refused", page=page, error=type(error).__name__, problem=str(error))
        st.error(captions.literal(error_text(error)), icon=":material/error:")
    except Exception as error:  # noqa: BLE001 - the edge of every page
        report_failure(error, page=page)


def report_failure(error: Exception, page: str = "") -> bool:
    """Log an unforeseen error under a reference and show the reference; True, for Streamlit."""
    reference = secrets.token_hex(4)
    log.error("page.failed", page=page, reference=reference, exc_info=error)
    st.error(
        _(
            "Something went wrong here. The rest of the portal goes on working. "
            "If it happens again, tell your administrator the reference **{reference}**."
        ).format(reference=reference),
        icon=":material/error:",
    )
    return True


def link(page: str, text: str, /, **parameters: str) -> None:
    """Draw a link to a page of the portal that keeps language and pinned publication."""
    kept = {name: st.query_params[name] for name in _STAYS if name in st.query_params}
    st.page_link(page, label=f":primary[{text}]", query_params={**kept, **parameters})


def _chosen_language_key() -> str:
    """One widget per language spoken, so that the address always wins over what was chosen."""
    return f"farol.language.{language.current()}"


def _choose_language() -> None:
    st.query_params["lang"] = st.session_state[_chosen_language_key()]


def _freshness_badge(state: FreshnessState) -> str:
    wording = {
        FreshnessState.FRESH: (_("Up to date"), "green", "check_circle"),
        FreshnessState.DUE: (_("Update due"), "orange", "schedule"),
        FreshnessState.STALE: (_("Out of date"), "red", "warning"),
        FreshnessState.UNKNOWN: (_("Age unknown"), "gray", "help"),
    }
    return captions.badge(*wording[state])


def _clocks(shown: Publication) -> None:
    manifest = shown.manifest
    rows = (
        (_("Data through"), day(manifest.data_through)),
        (_("Generated"), f"{moment(manifest.generated_at)}, {ago(manifest.generated_at)}"),
        (_("Loaded here"), f"{moment(shown.loaded_at)}, {ago(shown.loaded_at)}"),
        (_("Publication"), f"`{manifest.publication_id}`"),
        (_("Model version"), f"`{manifest.model_version}`"),
        (_("Data set"), f"`{manifest.dataset_id}`"),
    )
    st.markdown("\n".join(f"- {name}: {value}" for name, value in rows))
    address = urlencode({**st.query_params.to_dict(), "p": manifest.publication_id})
    text = _("Link to this view of this very publication")
    st.markdown(f"[{text}](?{address})")
    for sentence in captions.assumptions(manifest):
        st.caption(captions.literal(sentence))


def _notices(shown: Publication) -> None:
    pinned = st.query_params.get("p")
    by_choice = st.session_state.get(_PINNED) != pinned or portal().active_id() != pinned
    if pinned and by_choice:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            text = _("This page is pinned to publication {id}.").format(id=captions.literal(pinned))
            pin = captions.badge(_("Pinned"), "violet", "push_pin")
            st.markdown(f"{pin} {text}", width="content")
            st.button(_("Show the active publication"), on_click=unpin, type="tertiary")
    notice = captions.demonstration(shown.manifest)
    if notice:
        synthetic = captions.is_synthetic(shown.manifest)
        name = _("Synthetic demonstration data") if synthetic else _("Demonstration data")
        badge = captions.badge(name, "blue", "science")
        st.markdown(f"{badge} {notice}")
    if worst_freshness(shown) is FreshnessState.STALE:
        st.warning(
            _(
                "These results were generated {ago} and are out of date. Check with whoever runs "
                "the forecasts before you rely on them."
            ).format(ago=ago(shown.manifest.generated_at)),
            icon=":material/warning:",
        )


def pin(publication_id: str) -> None:
    """Keep the session on a publication, because what was chosen belongs to it.

    Nothing is said of it while that is the active one.
    """
    if "p" not in st.query_params:
        st.session_state[_PINNED] = st.session_state[_KEPT]["p"] = publication_id
        st.query_params["p"] = publication_id


def unpin(*, chosen: bool = True) -> None:
    """Go back to the active publication; unless *chosen*, only from what ``pin`` pinned."""
    if chosen or st.session_state.get(_PINNED) == st.query_params.get("p"):
        st.session_state[_KEPT].pop("p", None)
        for name in _OF_A_PUBLICATION:
            st.query_params.pop(name, None)


def _nothing_published(error: NothingPublished) -> None:
    st.title(_("Nothing to show yet"), anchor=False)
    st.info(error_text(error), icon=":material/inbox:")
    st.markdown(
        _(
            "1. Make a publication where the forecasts are computed: "
            "`python -m ml_jobs forecast --demand FILE --to STORE`\n"
            "2. Sign in on the admin page, look at the candidate and activate it.\n"
            "3. Come back here."
        )
    )
    link("admin.py", _("Go to the admin page"))


def _unknown_publication(error: UnknownPublication) -> None:
    st.warning(captions.literal(error_text(error)), icon=":material/history_toggle_off:")
    st.button(_("Show the active publication"), on_click=unpin)
