"""The API keys: what each opens, who made it, when it was used, and until when it holds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final

import streamlit as st

from datalayer.portal import Identity
from datalayer.runtime import ApiKey, Scope, api_keys
from pages.components import captions
from pages.components.administration import deeds
from pages.components.language import _, ago, moment, ngettext, number
from pages.components.words import scope_text, who_text

_NAME, _SCOPE, _DAYS = "key-new-name", "key-new-scope", "key-new-days"
_LASTS: Final = (30, 90, 365, 0)
"""Days; 0 for a key that never expires."""
_DAY_S: Final = 86_400.0


def show() -> None:
    """Draw the form for a new key, those that hold, and those that hold no more."""
    keys = sorted(api_keys().all(), key=lambda key: key.created, reverse=True)
    now = time.time()
    holding = [key for key in keys if key.state(now) == "valid"]
    past = [key for key in keys if key.state(now) != "valid"]
    if not holding:
        st.markdown(_("No key holds."))
    for key in holding:
        _key(key, now)
    if past:
        count = ngettext(
            "{count} key that holds no more", "{count} keys that hold no more", len(past)
        )
        with st.expander(count.format(count=number(len(past), 0))):
            for key in past:
                _key(key, now)
    _form()


def _key(key: ApiKey, now: float) -> None:
    state = {
        "valid": "✓ " + _("holds"),
        "expired": "✗ " + _("expired"),
        "revoked": "✗ " + _("revoked"),
    }[key.state(now)]
    with st.container(border=True, key=f"key-{key.id}", gap="xxsmall"):
        name = captions.literal(key.name)
        st.markdown(f"**{name}** · {scope_text(key.scope.value)} · {state}")
        st.caption(captions.literal(" · ".join(_facts(key))))
        if key.state(now) == "valid":
            with st.popover(
                _("Revoke {name}").format(name=f"{name} ({key.id})"),
                icon=":material/key_off:",
                key=f"key-change-{key.id}",
            ):
                _revoking(key)


def _facts(key: ApiKey) -> Iterator[str]:
    yield _("key {value}").format(value=key.id)
    made = _("made {moment} by {name}") if key.made_by else _("made {moment}")
    yield made.format(moment=_moment(key.created), name=who_text(key.made_by))
    last = key.last_used and ago(datetime.fromtimestamp(key.last_used, UTC))
    yield _("last used {ago}").format(ago=last) if last else _("never used")
    if key.revoked is not None:
        yield _("revoked {moment}").format(moment=_moment(key.revoked))
    elif key.expires is None:
        yield _("never expires")
    else:
        yield _("until {moment}").format(moment=_moment(key.expires))


def _revoking(key: ApiKey) -> None:
    st.markdown(
        _(
            "Whoever sends this key is refused from the next call on (401). It can't be undone: "
            "a program that goes on needs a new key."
        )
    )
    st.button(
        _("Revoke it now"),
        key=f"key-revoke-{key.id}",
        icon=":material/key_off:",
        on_click=deeds.do,
        args=(
            partial(_revoke, key.id),
            _("The key {id} of {name} is refused from here on.").format(id=key.id, name=key.name),
        ),
    )


def _revoke(key_id: str, who: Identity) -> None:
    api_keys().revoke(key_id, by=who)


def _form() -> None:
    with st.form("key-new", width=520):
        st.markdown(_("**Make a key**"))
        st.text_input(
            _("For which program or person"),
            key=_NAME,
            autocomplete="off",
            help=_("Small letters, digits, dot, dash, underscore and @; 64 at most"),
        )
        opens = _scope_choices()
        st.selectbox(_("What it opens"), list(opens), key=_SCOPE, format_func=opens.__getitem__)
        lasts = {days: _lasts_text(days) for days in _LASTS}
        st.selectbox(
            _("How long it holds"),
            list(lasts),
            index=1,
            key=_DAYS,
            format_func=lasts.__getitem__,
        )
        st.form_submit_button(_("Make it and show it"), icon=":material/key:", on_click=_make)


def _scope_choices() -> dict[Scope, str]:
    may = {
        Scope.READ: _("reads, and takes whole extracts"),
        Scope.REFRESH: _("the same, and activates publications and goes back"),
    }
    return {scope: f"{scope_text(scope.value)}: {text}" for scope, text in may.items()}


def _lasts_text(days: int) -> str:
    if days == 0:
        return _("until it is revoked")
    return ngettext("{count} day", "{count} days", days).format(count=number(days, 0))


def _make() -> None:
    name, scope = st.session_state[_NAME], Scope(st.session_state[_SCOPE])
    days: int = st.session_state[_DAYS]

    def work(who: Identity) -> str:
        expires_in_s = days * _DAY_S if days else None
        return api_keys().add(name, scope, by=who, expires_in_s=expires_in_s)

    text = _("{name} has a key, to be sent as X-API-Key:").format(name=name.strip())
    deeds.do(work, text)


def _moment(at: float) -> str:
    return moment(datetime.fromtimestamp(at, UTC))
