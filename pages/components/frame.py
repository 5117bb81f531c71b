"""The frame around every page: the publication of this run, its age, and the one error notice."""

from __future__ import annotations

import ast
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import streamlit as st
import structlog

from datalayer.kernel.errors import (
    CallerError,
    InvalidSelection,
    NothingPublished,
    PortalError,
    SignInRequired,
    UnknownPublication,
)
from datalayer.portal import ANYONE, Publication, Role
from datalayer.runtime import portal
from pages.components import access, captions, language, publication_state
from pages.components.language import _, error_text

STATIC: Final = Path(__file__).resolve().parent.parent / "static"
SIDEBAR_WIDTH: Final = 240
_PUBLICATION: Final = "farol.publication"
_KEPT: Final = "farol.parameters"
_STAYS: Final = ("lang", "p")
_OF_A_PUBLICATION: Final = ("p", "ticked", "rows", "before", "after")
_PINNED: Final = "farol.pinned"
_DRAWN: Final = "farol.drawn"
_LOADING_HEIGHT: Final = 240

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


def learn_rules() -> None:
    """Learn what the contract says of its own rules, so that faults are told in every language.

    Raises:
        SettingsError: The portal can't be made from its settings.
    """
    language.learn(portal().registry)


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
    publication_state.header(title, publication(), leave=unpin)


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
        _refused(error, page)
    except Exception as error:  # noqa: BLE001 - the edge of every page
        report_failure(error, page=page)


@contextmanager
def loading(page: str) -> Iterator[None]:
    """Show that a page is on its way, where its first reads take longer than a moment.

    Later runs change what is drawn already, and leave it in its place until they are done.
    """
    if st.session_state.get(_DRAWN) == page:
        st.empty()
        yield
        return
    with st.skeleton(height=_LOADING_HEIGHT):
        yield
    st.session_state[_DRAWN] = page


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


def _refused(error: PortalError, page: str) -> None:
    """Say what ended a page, and under what the log has it unless that is for who asked to mend."""
    reference = secrets.token_hex(4)
    kind, problem = type(error).__name__, str(error)
    log.warning("page.refused", page=page, reference=reference, error=kind, problem=problem)
    text = captions.literal(error_text(error))
    if not isinstance(error, CallerError):
        text = _("{problem}. Your administrator finds more in the log: **{reference}**.").format(
            problem=text, reference=reference
        )
    st.error(text, icon=":material/error:")


def refuse(error: PortalError) -> None:
    """Say which part of the address can't be used and what would be right; the page goes on.

    For a value of the address that a page leaves out; ``guard`` is for what ends a page.
    """
    log.info("page.left_out", error=type(error).__name__, problem=str(error))
    if isinstance(error, InvalidSelection):
        text = _("In the address, {parameter} is {found}; it must be {expected}. It was left out.")
        expected = language.sentence_text(error.expected)
        found = language.sentence_text(_as_typed(error.found))
        text = text.format(parameter=error.parameter, found=found, expected=expected)
    else:
        text = error_text(error)
    st.warning(captions.literal(text), icon=":material/link_off:")


def language_notice() -> None:
    """Say so where the address asks for a language that the portal does not speak."""
    asked = st.query_params.get("lang")
    if asked and language.of_address() is None:
        known = " / ".join(language.LANGUAGES)
        refuse(InvalidSelection(parameter="lang", found=ascii(asked[:80]), expected=known))


def link(page: str, text: str, /, **parameters: str) -> None:
    """Draw a link to a page of the portal that keeps language and pinned publication."""
    kept = {name: st.query_params[name] for name in _STAYS if name in st.query_params}
    st.page_link(page, label=f":primary[{text}]", query_params={**kept, **parameters})


def _chosen_language_key() -> str:
    """One widget per language spoken, so that the address always wins over what was chosen."""
    return f"farol.language.{language.current()}"


def _choose_language() -> None:
    st.query_params["lang"] = st.session_state[_chosen_language_key()]


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


def _as_typed(found: object) -> str:
    """Return the text behind Python's way of writing it, in quotes; any other text as it is."""
    if not isinstance(found, str):
        return str(found)
    try:
        text = ast.literal_eval(found)
    except (ValueError, SyntaxError):
        return found
    return f"“{text}”" if isinstance(text, str) and text.isprintable() else found


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
    """Say which publication is gone, and offer what comes nearest to it and the active one."""
    st.title(_("This publication is no longer here"), anchor=False)
    st.warning(captions.literal(error_text(error)), icon=":material/history_toggle_off:")
    active = portal().active_id()
    with st.container(horizontal=True):
        if error.nearest in portal().snapshots.kept_ids() and error.nearest != active:
            st.button(
                _("Show the nearest, {id}").format(id=error.nearest),
                on_click=_pin,
                args=(error.nearest,),
            )
        st.button(_("Show the active publication"), on_click=unpin, type="primary")


def _pin(publication_id: str) -> None:
    # The ranks that the address names are other rows there.
    unpin()
    st.query_params["p"] = publication_id
