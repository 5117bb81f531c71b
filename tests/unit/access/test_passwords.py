"""Passwords: how they are compared, and which can be set."""

from __future__ import annotations

import bcrypt
import pytest

from datalayer.access.accounts import Accounts
from datalayer.access.identity import Role
from datalayer.kernel.errors import InvalidSelection, SignInRefused, UnknownUser
from tests.unit.access.conftest import BY, CHEAP


class TestPasswords:
    def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
        self, accounts: Accounts, password: str
    ) -> None:
        with pytest.raises(SignInRefused) as wrong:
            accounts.sign_in("admin", password + "x")
        with pytest.raises(SignInRefused) as unknown:
            accounts.sign_in("nobody", password)

        assert str(wrong.value) == str(unknown.value)
        assert type(wrong.value) is type(unknown.value)

    def test_whatever_is_wrong_one_hash_of_the_same_cost_is_computed(
        self, accounts: Accounts, password: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts.add("second", Role.PLANNER, password, by=BY)
        accounts.disable("second", by=BY)
        compared: dict[str, list[str]] = {}
        check = bcrypt.checkpw

        for name, typed in (("admin", "wrong"), ("nobody", "wrong"), ("second", password)):
            costs = compared.setdefault(name, [])

            def counted(typed: bytes, hashed: bytes, costs: list[str] = costs) -> bool:
                costs.append(hashed.decode().split("$")[2])
                return check(typed, hashed)

            monkeypatch.setattr("bcrypt.checkpw", counted)
            with pytest.raises(SignInRefused):
                accounts.sign_in(name, typed)

        assert compared == {name: [f"{CHEAP:02}"] for name in ("admin", "nobody", "second")}

    @pytest.mark.parametrize("name", ["ADMIN", "  admin ", "Admin"])
    def test_case_and_spaces_around_a_name_do_not_matter(
        self, accounts: Accounts, password: str, name: str
    ) -> None:
        assert accounts.sign_in(name, password).identity.name == "admin"

    def test_every_character_of_a_long_password_counts(
        self, accounts: Accounts, password: str
    ) -> None:
        long_password = "á" * 1000 + "z"
        accounts.set_password("admin", long_password, by=BY)

        assert accounts.sign_in("admin", long_password).identity.name == "admin"
        with pytest.raises(SignInRefused):
            accounts.sign_in("admin", "á" * 1000 + "y")

    def test_composed_and_decomposed_letters_are_one_password(
        self, accounts: Accounts, password: str
    ) -> None:
        accounts.set_password("admin", "ma\u00e7\u00e3 verde 2026", by=BY)

        assert accounts.sign_in("admin", "mac\u0327a\u0303 verde 2026").identity.name == "admin"

    @pytest.mark.parametrize("bad", ["", "short", "x" * 11, "x" * 1025])
    def test_a_password_too_short_or_too_long_is_not_set(
        self, accounts: Accounts, password: str, bad: str
    ) -> None:
        with pytest.raises(InvalidSelection, match="characters long"):
            accounts.set_password("admin", bad, by=BY)

        assert accounts.sign_in("admin", password).identity.name == "admin"

    @pytest.mark.parametrize("typed", ["", "\x00", "x" * 5_000_000, "\ud800", "🔑" * 40])
    def test_anything_typed_is_answered_with_a_refusal(
        self, accounts: Accounts, password: str, typed: str
    ) -> None:
        with pytest.raises(SignInRefused):
            accounts.sign_in("admin", typed)
        with pytest.raises(SignInRefused):
            accounts.sign_in(typed, password)

    def test_an_unknown_user_gets_no_password(self, accounts: Accounts, password: str) -> None:
        with pytest.raises(UnknownUser, match=r"nobody.*admin"):
            accounts.set_password("nobody", "long enough, surely", by=BY)

        assert set(accounts.users()) == {"admin"}
