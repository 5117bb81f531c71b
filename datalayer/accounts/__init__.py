"""Who may do what here: users, passwords, sessions, API keys.

``python -m datalayer.accounts`` manages them.
"""

from datalayer.accounts.accounts import (
    FIRST_ADMIN,
    SESSION_COOKIE,
    Accounts,
    SignedIn,
    open_accounts,
)
from datalayer.accounts.api_keys import ApiKey, ApiKeys, Scope
from datalayer.accounts.first_admin import first_admin_notice, password_hint
from datalayer.accounts.sign_in_throttle import household
from datalayer.accounts.users import User

__all__ = [
    "FIRST_ADMIN",
    "SESSION_COOKIE",
    "Accounts",
    "ApiKey",
    "ApiKeys",
    "Scope",
    "SignedIn",
    "User",
    "first_admin_notice",
    "household",
    "open_accounts",
    "password_hint",
]
