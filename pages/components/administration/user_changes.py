"""What an administrator changes about another user: each press under what comes of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from datalayer.portal import Identity, Role
from datalayer.runtime import User, accounts, new_password
from pages.components.administration import deeds
from pages.components.language import _, ngettext, number
from pages.components.words import role_text


def show(user: User, sessions: int) -> None:
    """Draw the changes; *sessions* of the user go on."""
    _role(user)
    _password(user)
    if sessions:
        _sessions(user, sessions)
    _disabling(user, sessions)


def _role(user: User) -> None:
    key = f"user-role-{user.name}"
    others = {role: role_text(role.value) for role in Role if role is not user.role}
    st.markdown(_("Another role holds from the next click on, in running sessions too."))
    st.selectbox(_("Role"), list(others), key=key, format_func=others.__getitem__)
    st.button(
        _("Give this role"), key=f"user-role-give-{user.name}", on_click=_give, args=(user.name,)
    )


def _give(name: str) -> None:
    role = Role(st.session_state[f"user-role-{name}"])
    text = _("{name} has the role {role}.").format(name=name, role=role_text(role.value))
    deeds.do(lambda who: accounts().set_role(name, role, by=who), text)


def _password(user: User) -> None:
    st.markdown(
        _("A new password makes the old one useless, and {name} is signed out everywhere.").format(
            name=f"**{user.name}**"
        )
    )
    st.button(
        _("Make a new password"),
        key=f"user-password-{user.name}",
        icon=":material/key:",
        on_click=deeds.do,
        args=(partial(_renew, user.name), _("The new password of {name}:").format(name=user.name)),
    )


def _renew(name: str, who: Identity) -> str:
    password = new_password()
    accounts().set_password(name, password, by=who)
    return password


def _sessions(user: User, count: int) -> None:
    text = ngettext(
        "{count} session ends at once; {name} may sign in again.",
        "{count} sessions end at once; {name} may sign in again.",
        count,
    )
    st.markdown(text.format(count=number(count, 0), name=f"**{user.name}**"))
    st.button(
        _("End the sessions"),
        key=f"user-sessions-{user.name}",
        icon=":material/logout:",
        on_click=deeds.do,
        args=(
            lambda who: accounts().end_sessions(user.name, by=who),
            _("{name} is signed out everywhere.").format(name=user.name),
        ),
    )


def _disabling(user: User, sessions: int) -> None:
    if user.disabled:
        st.markdown(_("With the same password as before, and the same role."))
        _switch(user, _("Let {name} sign in again"), on=True)
        return
    text = _("{name} can't sign in any more.")
    if sessions:
        text += " " + ngettext(
            "{count} session ends at once.", "{count} sessions end at once.", sessions
        ).format(count=number(sessions, 0))
    st.markdown(text.format(name=f"**{user.name}**"))
    st.caption(_("A name is never given to somebody else: the audit trail tells of it for good."))
    _switch(user, _("Disable {name}"), on=False)


def _switch(user: User, label: str, *, on: bool) -> None:
    change = accounts().enable if on else accounts().disable
    done = _("{name} may sign in again.") if on else _("{name} can't sign in any more.")
    st.button(
        label.format(name=user.name),
        # A key each: the second press of a double click doesn't undo the first.
        key=f"user-{'enable' if on else 'disable'}-{user.name}",
        icon=":material/person_check:" if on else ":material/person_off:",
        on_click=deeds.do,
        args=(lambda who: change(user.name, by=who), done.format(name=user.name)),
    )
