"""Signing in on a page under test, as a person at the form does."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role, operator

PASSWORD = "a password of the tests"


def add_user(state: Path, name: str, role: Role) -> None:
    """Make a user in the state folder whose password is ``PASSWORD``."""
    Accounts(state, bcrypt_rounds=4).add(name, role, PASSWORD, by=operator())


def sign_in(app: AppTest, name: str = "admin", password: str = PASSWORD) -> AppTest:
    """Fill in the form and send it off."""
    app.text_input(key="sign_in_name").input(name)
    app.text_input(key="sign_in_password").input(password)
    return next(b for b in app.button if b.label in {"Sign in", "Entrar"}).click().run()
