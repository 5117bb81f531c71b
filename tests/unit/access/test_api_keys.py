"""API keys: made, checked, expired, revoked; and what their file holds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from datalayer.access.api_keys import ApiKeys, Scope
from datalayer.access.identity import ANYONE, Identity, Role
from datalayer.kernel.errors import InvalidSelection, KeyRefused, NotAllowed, StateError
from datalayer.kernel.storage.lock import lock_file
from tests.clocks import SecondsClock
from tests.unit.access.conftest import BY


@pytest.fixture
def key(keys: ApiKeys) -> str:
    """A key that reads and does not expire."""
    return keys.add("bi", Scope.READ, by=BY, expires_in_s=None)


def key_id(key: str) -> str:
    return key.split("_")[1]


class TestHoldingKeys:
    @pytest.mark.parametrize(
        ("scope", "role"), [(Scope.READ, Role.ANALYST), (Scope.REFRESH, Role.ADMIN)]
    )
    def test_its_scope_gives_its_role(self, keys: ApiKeys, scope: Scope, role: Role) -> None:
        key = keys.add("etl", scope, by=BY, expires_in_s=None)

        assert keys.check(key) == Identity("key:etl", role)

    def test_it_names_its_form_and_its_id(self, key: str, keys: ApiKeys) -> None:
        assert re.fullmatch("farol_[0-9a-f]{12}_[0-9a-f]{64}", key)
        assert keys.all()[0].id == key_id(key)

    def test_it_tells_who_made_it(self, key: str, keys: ApiKeys) -> None:
        assert keys.all()[0].made_by == BY.name

    def test_one_of_an_earlier_version_does_not_tell_who_made_it(
        self, key: str, keys: ApiKeys, tmp_path: Path
    ) -> None:
        path = tmp_path / "api_keys.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        del content["keys"][0]["made_by"]
        path.write_text(json.dumps(content), encoding="utf-8")

        assert keys.check(key).name == "key:bi"
        assert keys.all()[0].made_by == ""

    def test_it_holds_after_a_restart(self, key: str, tmp_path: Path, clock: SecondsClock) -> None:
        assert ApiKeys(tmp_path, clock=clock).check(key).name == "key:bi"

    def test_one_name_may_hold_several(self, key: str, keys: ApiKeys) -> None:
        second = keys.add("bi", Scope.REFRESH, by=BY, expires_in_s=None)

        assert keys.check(key).role is Role.ANALYST
        assert keys.check(second).role is Role.ADMIN


class TestRefusingKeys:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda key: key[:-1],
            lambda key: key + "0",
            lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
            lambda key: key.upper(),
            lambda key: key + "\n",
            lambda key: " " + key,
            lambda key: "farol_" + "0" * 12 + key[18:],
            key_id,
        ],
    )
    def test_what_is_not_the_key_is_refused(
        self, keys: ApiKeys, key: str, spoil: Callable[[str], str]
    ) -> None:
        with pytest.raises(KeyRefused):
            keys.check(spoil(key))

    @pytest.mark.parametrize("garbage", ["", "farol", "farol__", "x" * 100_000, "\ud800\x00é"])
    def test_garbage_is_refused(self, keys: ApiKeys, key: str, garbage: str) -> None:
        with pytest.raises(KeyRefused):
            keys.check(garbage)

    def test_the_stored_hash_is_no_key(self, keys: ApiKeys, key: str) -> None:
        with pytest.raises(KeyRefused):
            keys.check(f"farol_{key_id(key)}_{keys.all()[0].secret_sha256}")

    def test_it_is_good_to_the_last_second_and_no_longer(
        self, keys: ApiKeys, clock: SecondsClock
    ) -> None:
        key = keys.add("bi", Scope.READ, by=BY, expires_in_s=60)
        clock.now_s += 59
        last = keys.check(key)
        clock.now_s += 1

        with pytest.raises(KeyRefused):
            keys.check(key)

        assert last.name == "key:bi"

    def test_a_revoked_one_is_refused_at_once_in_every_process(
        self, keys: ApiKeys, key: str, tmp_path: Path, clock: SecondsClock
    ) -> None:
        other = ApiKeys(tmp_path, clock=clock)
        before = other.check(key)

        keys.revoke(key_id(key), by=BY)

        assert before.name == "key:bi"
        for each in (keys, other):
            with pytest.raises(KeyRefused):
                each.check(key)

    def test_revoking_again_keeps_the_first_moment(
        self, keys: ApiKeys, key: str, clock: SecondsClock
    ) -> None:
        first = keys.revoke(key_id(key), by=BY).revoked
        clock.now_s += 60

        assert keys.revoke(key_id(key), by=BY).revoked == first

    def test_the_answer_does_not_say_what_is_wrong(
        self, keys: ApiKeys, key: str, clock: SecondsClock
    ) -> None:
        expiring = keys.add("bi", Scope.READ, by=BY, expires_in_s=1)
        keys.revoke(key_id(key), by=BY)
        clock.now_s += 2

        answers = set()
        for refused in (key, expiring, "farol_" + "0" * 12 + "_" + "0" * 64, "nothing"):
            with pytest.raises(KeyRefused) as caught:
                keys.check(refused)
            answers.add(str(caught.value))

        assert len(answers) == 1


class TestManaging:
    @pytest.mark.parametrize("by", [ANYONE, Identity("x", Role.ANALYST)])
    def test_only_an_administrator_makes_or_revokes(
        self, keys: ApiKeys, key: str, by: Identity
    ) -> None:
        with pytest.raises(NotAllowed):
            keys.add("eva", Scope.REFRESH, by=by, expires_in_s=None)
        with pytest.raises(NotAllowed):
            keys.revoke(key_id(key), by=by)

        assert len(keys.all()) == 1
        assert keys.check(key).name == "key:bi"

    def test_an_unknown_id_is_answered_with_those_there_are(self, keys: ApiKeys, key: str) -> None:
        with pytest.raises(InvalidSelection, match=f"'nothing'; it must be one of {key_id(key)}"):
            keys.revoke("nothing", by=BY)

    @pytest.mark.parametrize("name", ["", "a:b", "x y", "x" * 65])
    def test_a_name_that_is_none_is_refused(self, keys: ApiKeys, name: str) -> None:
        with pytest.raises(InvalidSelection, match="name is"):
            keys.add(name, Scope.READ, by=BY, expires_in_s=None)

        assert keys.all() == ()

    @pytest.mark.parametrize("expires_in_s", [0.0, -1.0])
    def test_a_time_that_is_over_is_refused(self, keys: ApiKeys, expires_in_s: float) -> None:
        with pytest.raises(InvalidSelection, match="a time to come"):
            keys.add("bi", Scope.READ, by=BY, expires_in_s=expires_in_s)

        assert keys.all() == ()


class TestTheFile:
    def test_it_holds_no_secret_and_only_its_owner_reads_it(self, key: str, tmp_path: Path) -> None:
        secret = key.split("_")[2]

        stored = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())

        assert secret not in stored
        assert (tmp_path / "api_keys.json").stat().st_mode & 0o777 == 0o600

    def test_the_last_use_is_written_at_most_once_a_minute(
        self, keys: ApiKeys, key: str, clock: SecondsClock
    ) -> None:
        noted = []
        for _ in range(121):
            keys.check(key)
            noted.append(keys.all()[0].last_used)
            clock.now_s += 1

        began = 1_800_000_000.0
        assert sorted(set(noted), key=noted.index) == [began, began + 60, began + 120]

    def test_a_key_never_used_has_no_last_use(self, keys: ApiKeys, key: str) -> None:
        assert keys.all()[0].last_used is None

    def test_a_use_that_cannot_be_written_fails_nobody(
        self, keys: ApiKeys, key: str, tmp_path: Path
    ) -> None:
        (tmp_path / "api_keys.lock").unlink()
        (tmp_path / "api_keys.lock").mkdir()

        assert keys.check(key).name == "key:bi"
        assert keys.all()[0].last_used is None

    def test_an_unchanged_file_is_not_read_again(
        self, keys: ApiKeys, key: str, tmp_path: Path
    ) -> None:
        keys.check(key)
        stored = keys.all()[0]

        keys.check(key)

        assert keys.all()[0] is stored

    def test_a_check_does_not_wait_for_who_writes_the_file(
        self, keys: ApiKeys, key: str, tmp_path: Path
    ) -> None:
        with lock_file(tmp_path / "api_keys.lock"):
            holder = keys.check(key)

        assert holder.name == "key:bi"

    @pytest.mark.parametrize(
        "content",
        ["", "{", "[]", '{"keys": [{}]}', '{"keys": [{"id": "x", "secret_sha256": "y"}]}'],
    )
    def test_a_damaged_one_is_named_and_not_replaced(
        self, keys: ApiKeys, key: str, tmp_path: Path, content: str
    ) -> None:
        path = tmp_path / "api_keys.json"
        path.write_text(content, encoding="utf-8")

        with pytest.raises(StateError, match=r"api_keys\.json is damaged"):
            keys.check(key)
        with pytest.raises(StateError, match=r"api_keys\.json is damaged"):
            keys.add("bi", Scope.READ, by=BY, expires_in_s=None)

        assert path.read_text(encoding="utf-8") == content

    def test_a_key_with_an_unknown_scope_damages_the_file(
        self, keys: ApiKeys, key: str, tmp_path: Path
    ) -> None:
        path = tmp_path / "api_keys.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content["keys"][0]["scope"] = "everything"
        path.write_text(json.dumps(content), encoding="utf-8")

        with pytest.raises(StateError, match="everything"):
            keys.check(key)
