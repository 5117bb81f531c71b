"""The users: each with role, state and sessions, and what an administrator changes about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from datalayer.portal import Identity, Role
from datalayer.runtime import Session, User, accounts, new_password, portal
from pages.components import access, captions
from pages.components.administration import deeds, own_account, user_changes
from pages.components.language import NOTHING, _, ago, moment, ngettext, number
from pages.components.words import role_text

PAGE_USERS: Final = 25
_NAME, _ROLE = "user-new-name", "user-new-role"


def show() -> None:
    """Draw the form for a new user, and every user."""
    who = access.identity()
    users = sorted(accounts().users().values(), key=lambda user: (user.disabled, user.name))
    sessions: dict[str, list[Session]] = {}
    for session in accounts().sessions(by=who):
        sessions.setdefault(session.user, []).append(session)
    signed_in = portal().audit_trail(who).last_done("sign_in")
    place = st.container(gap="small")
    pages = -(-len(users) // PAGE_USERS)
    page = st.pagination(pages, key="users-page") if pages > 1 else 1
    with place:
        for user in users[(page - 1) * PAGE_USERS : page * PAGE_USERS]:
            _user(user, sessions.get(user.name, []), signed_in)
    _form()


def _user(user: User, sessions: Sequence[Session], signed_in: Mapping[str, datetime]) -> None:
    is_own = user.name == access.identity().name
    with st.container(border=True, key=f"user-{user.name}", gap="xxsmall"):
        state = "✗ " + _("disabled") if user.disabled else "✓ " + _("may sign in")
        told = [f"**{captions.literal(user.name)}**", role_text(user.role.value), state]
        st.markdown(" · ".join([*told, _("this is you")] if is_own else told))
        st.caption(captions.literal(_facts(user, sessions, signed_in.get(user.name))))
        change = st.popover(
            _("Change {name}").format(name=captions.literal(user.name)),
            icon=":material/manage_accounts:",
            key=f"user-change-{user.name}",
        )
        with change:
            if is_own:
                own_account.show(user, len(sessions))
            else:
                user_changes.show(user, len(sessions))


def _facts(user: User, sessions: Sequence[Session], signed_in: datetime | None) -> str:
    seen = [datetime.fromtimestamp(each.last_seen, UTC) for each in sessions]
    last = max([*seen, *([signed_in] if signed_in else [])], default=None)
    count = ngettext("{count} session", "{count} sessions", len(sessions))
    since = moment(datetime.fromtimestamp(user.made, UTC)) if user.made else NOTHING
    return " · ".join(
        (
            _("since {moment}").format(moment=since),
            _("last seen {ago}").format(ago=ago(last)) if last else _("never signed in"),
            count.format(count=number(len(sessions), 0)),
        )
    )


def _form() -> None:
    with st.form("user-new", width=520):
        st.markdown(_("**Add a user**"))
        st.text_input(
            _("User name"),
            key=_NAME,
            autocomplete="off",
            help=_("Small letters, digits, dot, dash, underscore and @; 64 at most"),
        )
        st.selectbox(_("Role"), list(Role), key=_ROLE, format_func=_role_choices().__getitem__)
        st.form_submit_button(
            _("Add and show the password"), icon=":material/person_add:", on_click=_add
        )


def _role_choices() -> dict[Role, str]:
    may = {
        Role.PLANNER: _("reads, and marks rows of the list"),
        Role.ANALYST: _("the same, and takes whole extracts"),
        Role.ADMIN: _("the same, and this page"),
    }
    return {role: f"{role_text(role.value)}: {text}" for role, text in may.items()}


def _add() -> None:
    name, role = st.session_state[_NAME], st.session_state[_ROLE]
    password = new_password()
    text = _("{name} is a new user ({role}). The password:").format(
        name=name.strip(), role=role_text(role)
    )

    def work(who: Identity) -> str:
        accounts().add(name, Role(role), password, by=who)
        return password

    deeds.do(work, text)
